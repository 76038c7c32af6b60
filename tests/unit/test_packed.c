/* Columns of integers inside JSON: emit/packed.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/emit/packed.h"

static char *packed_text(const int64_t *values, size_t count)
{
	struct packed column = {0};
	struct json j;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < count; i++)
		packed_add(&column, values[i]);
	json_begin(&j, out);
	packed_write(&column, &j, NULL);
	fclose(out);
	assert_null(column.bytes.item);
	return text;
}

/* Zigzag 0 1 -1 is 0 2 1; 64 is 128 and takes two bytes. */
static void known_texts(void **state)
{
	static const struct {
		int64_t values[4];
		size_t count;
		const char *text;
	} cases[] = {
		{{0}, 0, "\"\""},
		{{0}, 1, "\"AA==\""},
		{{1, -1}, 2, "\"AgE=\""},
		{{0, 1, -1}, 3, "\"AAIB\""},
		{{64}, 1, "\"gAE=\""},
		{{-64, 63, 0, 0}, 4, "\"f34AAA==\""},
		/* All bits: ten bytes of sevens. */
		{{INT64_MIN}, 1, "\"////////////AQ==\""},
		{{INT64_MAX}, 1, "\"/v//////////AQ==\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = packed_text(cases[i].values, cases[i].count);

		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(known_texts)};

	return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
