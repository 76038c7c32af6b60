/* Untrusted text on a terminal: cli/text.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cli/text.h"

static const struct text_style utf8 = {.unicode = true};
static const struct text_style ascii = {.unicode = false};

static void check(const struct text_style *style, const char *text, const char *shown,
	unsigned columns)
{
	char *got;
	size_t size;
	FILE *out = open_memstream(&got, &size);
	unsigned width = text_put(out, text, strlen(text), style);

	fclose(out);
	assert_string_equal(got, shown);
	assert_int_equal(width, columns);
	assert_int_equal(text_put(NULL, text, strlen(text), style), columns);
	free(got);
}

static void plain_text_stays(void **state)
{
	(void)state;
	check(&utf8, "for i in range(3):", "for i in range(3):", 18);
	check(&utf8, "größe 日本", "größe 日本", 10);
	check(&utf8, "", "", 0);
	check(&utf8, "e\xcc\x81", "e\xcc\x81", 1); /* e and a combining accent */
	check(&utf8, "🎉!", "🎉!", 3);
}

static void control_characters_are_shown(void **state)
{
	(void)state;
	check(&utf8, "a\033[2Jb", "a\\x1b[2Jb", 9);
	check(&utf8, "a\nb\rc\td", "a\\nb\\rc\\td", 10);
	check(&utf8, "\x7f", "\\x7f", 4);
	check(&utf8, "\xc2\x9b", "\\u009b", 6); /* C1: CSI in one byte */
	check(&utf8,
		"\xe2\x80\xae"
		"x",
		"\\u202ex", 7); /* right-to-left override */
	check(&utf8, "\xe2\x81\xa6", "\\u2066", 6);
}

static void invalid_bytes_are_shown(void **state)
{
	(void)state;
	check(&utf8, "\xff", "\\xff", 4);
	check(&utf8, "\xe2\x82", "\\xe2\\x82", 8);           /* cut short */
	check(&utf8, "\xc0\xaf", "\\xc0\\xaf", 8);           /* overlong */
	check(&utf8, "\xed\xa0\x80", "\\xed\\xa0\\x80", 12); /* a surrogate */
	check(&utf8, "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 16);
}

static void ascii_loses_nothing(void **state)
{
	(void)state;
	check(&ascii, "größe", "gr\\u00f6\\u00dfe", 15);
	check(&ascii, "🎉", "\\U0001f389", 10);
}

static void tabs_go_to_multiples_of_eight(void **state)
{
	struct text_style tabs = {.unicode = true, .tabs = true};

	(void)state;
	check(&tabs, "\tx", "        x", 9);
	check(&tabs, "ab\tx", "ab      x", 9);
	check(&tabs, "日本語\tx", "日本語  x", 9);
	check(&tabs, "12345678\tx", "12345678        x", 17);
}

static void long_text_is_cut_with_a_mark(void **state)
{
	struct text_style five = {.unicode = true, .max_columns = 5};
	struct text_style five_ascii = {.max_columns = 5};

	(void)state;
	check(&five, "12345", "12345", 5);
	check(&five, "123456", "1234…", 5);
	check(&five, "日本語", "日本…", 5);
	check(&five, "1日本語", "1日…", 4); /* a wide one does not fit by half */
	check(&five_ascii, "123456", "1234>", 5);
}

static void prose_is_broken_between_words(void **state)
{
	static const struct {
		unsigned columns, column, indent;
		const char *text, *shown;
	} cases[] = {
		{0, 0, 0, "as long as it is", "as long as it is"},
		{10, 0, 2, "one two three four", "one two\n  three\n  four"},
		{10, 8, 0, ": one two", ":\none two"},
		{6, 0, 0, "incomprehensible a", "incomprehensible\na"},
		{9, 2, 2, "größe  ab", "größe\n  ab"},
		{20, 0, 0, "a\033[2Jb c", "a\\x1b[2Jb c"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct text_style style = {.unicode = true,
			.max_columns = cases[i].columns};
		char *got;
		size_t size;
		FILE *out = open_memstream(&got, &size);

		text_wrap(out, cases[i].text, &style, cases[i].column, cases[i].indent);
		fclose(out);
		assert_string_equal(got, cases[i].shown);
		free(got);
	}
}

static void the_front_can_be_left_out(void **state)
{
	(void)state;
	assert_int_equal(text_skip("/home/me/walk.py", 16, &utf8, 7), 9);
	assert_int_equal(text_skip("walk.py", 7, &utf8, 7), 0);
	assert_int_equal(text_skip("日本語", 9, &utf8, 3), 6);
	assert_int_equal(text_skip("abc", 3, &utf8, 0), 3);
}

static void text_becomes_utf8(void **state)
{
	static const struct {
		const char *text, *utf8;
		size_t size;
	} cases[] = {
		{"größer", "größer", 8},
		{"a\xff"
		 "b",
			"a\xef\xbf\xbd"
			"b",
			3},
		{"a\0b",
			"a\xef\xbf\xbd"
			"b",
			3},
		{"\xe6\x97", "\xef\xbf\xbd\xef\xbf\xbd", 2},
		{"", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *copy = text_utf8(cases[i].text, cases[i].size);

		assert_string_equal(copy, cases[i].utf8);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays),
		cmocka_unit_test(text_becomes_utf8),
		cmocka_unit_test(control_characters_are_shown),
		cmocka_unit_test(invalid_bytes_are_shown),
		cmocka_unit_test(ascii_loses_nothing),
		cmocka_unit_test(tabs_go_to_multiples_of_eight),
		cmocka_unit_test(long_text_is_cut_with_a_mark),
		cmocka_unit_test(prose_is_broken_between_words),
		cmocka_unit_test(the_front_can_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
