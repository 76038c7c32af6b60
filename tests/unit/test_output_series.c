/* Numbered names of traces: where the number stands, which are in use, what goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/output/output_series.h"

static void expect_name(const char *pattern, uint32_t number, const char *name)
{
	struct output_series series;
	char *made;

	assert_int_equal(output_series_init(&series, pattern), 0);
	made = output_series_name(&series, number);
	assert_string_equal(made, name);
	free(made);
	output_series_finish(&series);
}

static void the_number_stands_before_the_suffix(void **state)
{
	(void)state;
	expect_name("svc.ptf", 1, "svc.0001.ptf");
	expect_name("a.b/svc", 12, "a.b/svc.0012");
	expect_name(".svc", 3, ".svc.0003");
	expect_name("x.y.ptf", 99999, "x.y.99999.ptf");
}

static void or_where_it_is_wanted(void **state)
{
	(void)state;
	expect_name("%n.ptf", 7, "0007.ptf");
	expect_name("a-%n-b", 7, "a-0007-b");
	expect_name("100%%-%n", 7, "100%-0007");
	expect_name("%%n", 7, "%n.0007");
}

static void not_anywhere(void **state)
{
	struct output_series series;

	(void)state;
	assert_int_equal(output_series_init(&series, "%n/x.ptf"), -1);
	assert_int_equal(output_series_init(&series, "%n%n"), -1);
	assert_int_equal(output_series_init(&series, "%q"), -1);
	assert_int_equal(output_series_init_plain(&series, "%q"), 0);
	output_series_finish(&series);
}

static void touch(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void only_its_own_names_count(void **state)
{
	char folder[] = "/tmp/test_output_series.XXXXXX";
	struct output_series series;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(output_series_init(&series, "svc.ptf"), 0);
	assert_int_equal(output_series_last(&series), 0);
	touch("svc.0002.ptf", "");
	touch("svc.0003.ptf", "a script, by mistake\n");
	touch("svc.0011.ptf", "");
	touch("svc.99.ptf", "");
	touch("svc.0044.ptf.gz", "");
	touch("other.0055.ptf", "");
	touch("svc.00x6.ptf", "");
	assert_int_equal(output_series_last(&series), 11);
	output_series_remove(&series, 10);
	assert_int_not_equal(access("svc.0002.ptf", F_OK), 0);
	assert_int_equal(access("svc.0003.ptf", F_OK), 0);
	assert_int_equal(access("svc.0011.ptf", F_OK), 0);
	assert_int_equal(access("svc.99.ptf", F_OK), 0);
	output_series_finish(&series);
	for (const char *const *name = (const char *const[]){"svc.0003.ptf",
		     "svc.0011.ptf", "svc.99.ptf", "svc.0044.ptf.gz", "other.0055.ptf",
		     "svc.00x6.ptf", NULL};
		*name; name++)
		unlink(*name);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_stands_before_the_suffix),
		cmocka_unit_test(or_where_it_is_wanted),
		cmocka_unit_test(not_anywhere),
		cmocka_unit_test(only_its_own_names_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
