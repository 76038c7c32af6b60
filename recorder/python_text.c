/* From Python's representations of str to UTF-8; see python_text.h. */
#include "recorder/python_text.h"

#include <stdlib.h>
#include <string.h>

static uint32_t character_at(const unsigned char *at, unsigned width)
{
	uint16_t two;
	uint32_t four;

	switch (width) {
	case 2:
		memcpy(&two, at, 2);
		return two;
	case 4:
		memcpy(&four, at, 4);
		return four;
	default:
		return *at;
	}
}

static char *put(char *to, uint32_t c)
{
	if (c >= 0xdc80 && c <= 0xdcff) {
		*to++ = (char)(c - 0xdc00);
		return to;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

char *text_to_utf8(const void *characters, size_t size_bytes, unsigned kind)
{
	unsigned width = kind ? kind : 1;
	size_t count = size_bytes / width;
	char *text = malloc(count * 4 + 1), *to = text;

	if (!text)
		return NULL;
	for (size_t i = 0; i < count; i++)
		to = put(to,
			character_at((const unsigned char *)characters + i * width,
				width));
	*to = '\0';
	return text;
}
