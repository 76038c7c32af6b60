#include "tools/cli/xml.h"

#include <stdbool.h>
#include <stdint.h>

#include "tools/cli/text.h"

/* "Char" of XML 1.0 */
static bool is_xml_character(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' ||
		(c >= 0x20 && c != 0xfffe && c != 0xffff);
}

void xml_text(FILE *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		uint32_t c;
		size_t length = text_decode(text + i, size - i, &c);

		if (length == 0 || !is_xml_character(c))
			fputs("\xef\xbf\xbd", out);
		else if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else if (c == '\'')
			fputs("&#39;", out);
		/* Readers would turn these into blanks, or into one another. */
		else if (c == '\t' || c == '\n' || c == '\r')
			fprintf(out, "&#%u;", (unsigned)c);
		else
			fwrite(text + i, 1, length, out);
		i += length ? length : 1;
	}
}
