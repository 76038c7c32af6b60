#include "tools/cli/csv.h"

#include <inttypes.h>
#include <string.h>

#include "tools/cli/text.h"

void csv_begin(struct csv *c, FILE *out)
{
	*c = (struct csv){.out = out};
}

static void separate(struct csv *c)
{
	if (c->has_cells)
		fputc(',', c->out);
	c->has_cells = true;
}

void csv_text(struct csv *c, const char *text, size_t size)
{
	bool guarded = size && memchr("=+-@'", text[0], 5);
	bool quoted = false;

	for (size_t i = 0; i < size && !quoted; i++)
		quoted = memchr(",\"\n", text[i], 3) != NULL;
	separate(c);
	if (quoted)
		fputc('"', c->out);
	if (guarded)
		fputc('\'', c->out);
	for (size_t i = 0; i < size;) {
		uint32_t character;
		size_t length = text_decode(text + i, size - i, &character);

		if (length == 0 || (text_is_control(character) && character != '\n')) {
			fputs("\xef\xbf\xbd", c->out);
			length = length ? length : 1;
		} else {
			if (character == '"')
				fputc('"', c->out);
			fwrite(text + i, 1, length, c->out);
		}
		i += length;
	}
	if (quoted)
		fputc('"', c->out);
}

void csv_literal(struct csv *c, const char *text)
{
	csv_text(c, text, strlen(text));
}

void csv_integer(struct csv *c, int64_t value)
{
	separate(c);
	fprintf(c->out, "%" PRId64, value);
}

void csv_end_row(struct csv *c)
{
	fputc('\n', c->out);
	c->has_cells = false;
}
