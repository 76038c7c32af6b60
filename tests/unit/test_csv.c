/* Comma-separated values: cli/csv.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cli/csv.h"

static char *row_of(const char *const *texts, size_t count)
{
	struct csv c;
	char *row;
	size_t size;
	FILE *out = open_memstream(&row, &size);

	csv_begin(&c, out);
	for (size_t i = 0; i < count; i++)
		csv_literal(&c, texts[i]);
	csv_integer(&c, -5);
	csv_end_row(&c);
	fclose(out);
	return row;
}

static void expect(const char *text, const char *wanted)
{
	char *row = row_of(&text, 1), *line;

	assert_int_not_equal(asprintf(&line, "%s,-5\n", wanted), -1);
	assert_string_equal(row, line);
	free(row);
	free(line);
}

static void cells_are_quoted_where_they_must_be(void **state)
{
	const char *const texts[] = {"a", "", "b"};
	char *row = row_of(texts, 3);

	(void)state;
	assert_string_equal(row, "a,,b,-5\n");
	free(row);
	expect("plain text; größer", "plain text; größer");
	expect("a,b", "\"a,b\"");
	expect("say \"x\"", "\"say \"\"x\"\"\"");
	expect("two\nlines", "\"two\nlines\"");
}

static void no_text_is_a_formula(void **state)
{
	(void)state;
	expect("=1+1", "'=1+1");
	expect("+1", "'+1");
	expect("-[NSView draw]", "'-[NSView draw]");
	expect("@sum", "'@sum");
	expect("'=1", "''=1");
	expect("=\"a\",b", "\"'=\"\"a\"\",b\"");
	expect("a=1", "a=1");
}

static void text_becomes_utf_8_for_any_terminal(void **state)
{
	struct csv c;
	char *row;
	size_t size;
	FILE *out = open_memstream(&row, &size);

	(void)state;
	csv_begin(&c, out);
	csv_text(&c, "a\xff\xc3ö\033[0m\r", 10);
	csv_end_row(&c);
	fclose(out);
	assert_string_equal(row,
		"a\xef\xbf\xbd\xef\xbf\xbdö\xef\xbf\xbd[0m\xef\xbf\xbd\n");
	free(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_quoted_where_they_must_be),
		cmocka_unit_test(no_text_is_a_formula),
		cmocka_unit_test(text_becomes_utf_8_for_any_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
