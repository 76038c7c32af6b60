/* Levels as text: cli/sparkline.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cli/sparkline.h"

static char buffer[SPARKLINE_SIZE];

static void all_steps(void **state)
{
	static const int64_t levels[] = {0, 10, 20, 30, 40, 50, 60, 70, 80};

	(void)state;
	assert_string_equal(sparkline(buffer, levels, 9, 9, 80, true), " ▁▂▃▄▅▆▇█");
	assert_string_equal(sparkline(buffer, levels, 9, 9, 80, false), " ._-~=+*#");
}

static void a_column_has_its_highest(void **state)
{
	static const int64_t levels[] = {0, 80, 0, 0, 0, 40};

	(void)state;
	assert_string_equal(sparkline(buffer, levels, 6, 3, 80, false), "# ~");
	assert_string_equal(sparkline(buffer, levels, 1, 3, 80, false), "   ");
	assert_string_equal(sparkline(buffer, levels + 1, 1, 3, 80, false), "###");
}

static void little_is_not_nothing(void **state)
{
	static const int64_t levels[] = {1, 0, -5, INT64_MAX};

	(void)state;
	assert_string_equal(sparkline(buffer, levels, 4, 4, 1000000, false), ".  #");
	assert_string_equal(sparkline(buffer, levels, 4, 4, 0, false), "    ");
	assert_string_equal(sparkline(buffer, levels, 0, 4, 10, false), "");
}

static void it_never_outgrows_its_buffer(void **state)
{
	int64_t levels[1000];

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		levels[i] = 1000;
	assert_int_equal(strlen(sparkline(buffer, levels, 1000, 1000, 1, true)),
		SPARKLINE_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_steps),
		cmocka_unit_test(a_column_has_its_highest),
		cmocka_unit_test(little_is_not_nothing),
		cmocka_unit_test(it_never_outgrows_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
