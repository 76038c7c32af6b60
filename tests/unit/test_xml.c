/* Text inside XML: cli/xml.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/cli/xml.h"

static void check(const char *text, size_t size, const char *wanted)
{
	char *written;
	size_t written_size;
	FILE *out = open_memstream(&written, &written_size);

	xml_text(out, text, size);
	fclose(out);
	assert_string_equal(written, wanted);
	free(written);
}

static void markup_stays_text(void **state)
{
	(void)state;
	check("größer 日本", 15, "größer 日本");
	check("</text><script>", 15, "&lt;/text&gt;&lt;script&gt;");
	check("a&b \"c\" 'd'", 11, "a&amp;b &quot;c&quot; &#39;d&#39;");
	check("]]>", 3, "]]&gt;");
	check("a\tb\nc\rd", 7, "a&#9;b&#10;c&#13;d");
}

static void what_XML_cannot_hold_is_replaced(void **state)
{
	(void)state;
	check("a\0b\x1b", 4,
		"a\xef\xbf\xbd"
		"b\xef\xbf\xbd");
	check("\xff\xc3", 2, "\xef\xbf\xbd\xef\xbf\xbd");
	check("\xef\xbf\xbe\xef\xbf\xbf", 6, "\xef\xbf\xbd\xef\xbf\xbd");
	check("\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(markup_stays_text),
		cmocka_unit_test(what_XML_cannot_hold_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
