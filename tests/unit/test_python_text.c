/* Characters of str objects as UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "recorder/python_text.h"

static void expect(const void *characters, size_t size, unsigned kind, const char *utf8)
{
	char *text = text_to_utf8(characters, size, kind);

	assert_string_equal(text, utf8);
	free(text);
}

static void all_kinds_become_utf8(void **state)
{
	static const uint16_t two[] = {'a', 0xe9, 0x4e2d, 0x20ac};
	static const uint32_t four[] = {'a', 0x1f600, 0x10ffff};

	(void)state;
	expect("abc", 3, 0, "abc");
	expect("na\xefve", 5, 1, "na\xc3\xafve");
	expect(two, sizeof two, 2, "a\xc3\xa9\xe4\xb8\xad\xe2\x82\xac");
	expect(four, sizeof four, 4, "a\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf");
	expect("", 0, 0, "");
}

static void escaped_bytes_come_back(void **state)
{
	static const uint16_t name[] = {'x', 0xdcff, 0xdc80, 'y'};

	(void)state;
	expect(name, sizeof name, 2, "x\xff\x80y");
}

static void what_is_no_character_is_replaced(void **state)
{
	static const uint16_t lone[] = {0xd800};
	static const uint32_t large[] = {0x110000, 0xffffffff};

	(void)state;
	expect(lone, sizeof lone, 2, "\xef\xbf\xbd");
	expect(large, sizeof large, 4, "\xef\xbf\xbd\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_become_utf8),
		cmocka_unit_test(escaped_bytes_come_back),
		cmocka_unit_test(what_is_no_character_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
