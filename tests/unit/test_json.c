/* The JSON writer: cli/json.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cli/json.h"

static struct json j;
static char *text;
static size_t size;
static FILE *out;

static int begin(void **state)
{
	(void)state;
	out = open_memstream(&text, &size);
	json_begin(&j, out);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(text);
	return 0;
}

static void expect(const char *wanted)
{
	json_finish(&j);
	fclose(out);
	assert_string_equal(text, wanted);
}

static void seconds_have_every_digit(void **state)
{
	(void)state;
	json_inline_array(&j, NULL);
	json_seconds(&j, NULL, 1795726990123456789);
	json_seconds(&j, NULL, 5);
	json_seconds(&j, NULL, -1500000000);
	json_seconds(&j, NULL, 0);
	json_end(&j);
	expect("[1795726990.123456789, 0.000000005, -1.500000000, 0.000000000]\n");
}

static void decimals_are_exact_and_short(void **state)
{
	(void)state;
	json_inline_array(&j, NULL);
	json_decimal(&j, NULL, 1234567, 3);
	json_decimal(&j, NULL, 1234500, 6);
	json_decimal(&j, NULL, -5, 6);
	json_decimal(&j, NULL, 3000, 3);
	json_decimal(&j, NULL, 0, 6);
	json_decimal(&j, NULL, INT64_MIN, 9);
	json_decimal(&j, NULL, INT64_MAX, 0);
	json_end(&j);
	expect("[1234.567, 1.2345, -0.000005, 3, 0, -9223372036.854775808, "
	       "9223372036854775807]\n");
}

static void nesting(void **state)
{
	(void)state;
	json_object(&j, NULL);
	json_integer(&j, "a", -5);
	json_array(&j, "b");
	json_bool(&j, NULL, true);
	json_null(&j, NULL);
	json_end(&j);
	json_inline_object(&j, "c");
	json_unsigned(&j, "d", UINT64_MAX);
	json_array(&j, "e");
	json_end(&j);
	json_end(&j);
	json_object(&j, "f");
	json_end(&j);
	json_key(&j, "k\n", 2);
	json_object(&j, NULL);
	json_literal(&j, "g", "h");
	json_end(&j);
	json_end(&j);
	expect("{\n \"a\": -5,\n \"b\": [\n  true,\n  null\n ],\n"
	       " \"c\": {\"d\": 18446744073709551615, \"e\": []},\n \"f\": {},\n"
	       " \"k\\n\": {\n  \"g\": \"h\"\n }\n}\n");
}

static void strings_are_always_valid(void **state)
{
	static const char odd[] = "\"\\\n\t\001\x7f<&>ü\xff\xe2\x82\xe2\x80\xa8\0z";

	(void)state;
	json_string(&j, NULL, odd, sizeof(odd) - 1);
	expect("\"\\\"\\\\\\n\\t\\u0001\\u007f\\u003c\\u0026\\u003eü\\ufffd\\ufffd\\ufffd"
	       "\\u2028\\u0000z\"\n");
}

static void numbers_are_always_valid(void **state)
{
	(void)state;
	json_inline_array(&j, NULL);
	json_number(&j, NULL, 0);
	json_number(&j, NULL, 0.5);
	json_number(&j, NULL, 100);
	json_number(&j, NULL, (double)NAN);
	json_number(&j, NULL, (double)INFINITY);
	json_number(&j, NULL, 1e300);
	json_end(&j);
	expect("[0.0, 0.5, 100.0, 0.0, 0.0, 1e+300]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(seconds_have_every_digit, begin, end),
		cmocka_unit_test_setup_teardown(decimals_are_exact_and_short, begin, end),
		cmocka_unit_test_setup_teardown(nesting, begin, end),
		cmocka_unit_test_setup_teardown(strings_are_always_valid, begin, end),
		cmocka_unit_test_setup_teardown(numbers_are_always_valid, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
