#include "tools/cli/text.h"

#include <stdlib.h>
#include <string.h>

#include "tools/cli/message.h"

struct range {
	uint32_t first, last;
};

/*
 * Widths by our own table instead of wcwidth(), so that a table looks the same
 * whatever the locale and the C library of the reader. From Unicode 15: marks
 * and joiners take no column ...
 */
/* clang-format off */
static const struct range zero_width[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05bf},
	{0x05c1, 0x05c2}, {0x05c4, 0x05c5}, {0x0610, 0x061a}, {0x064b, 0x065f},
	{0x0670, 0x0670}, {0x06d6, 0x06dc}, {0x06df, 0x06e4}, {0x0900, 0x0902},
	{0x093a, 0x093a}, {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d},
	{0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1160, 0x11ff},
	{0x1ab0, 0x1ace}, {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20f0},
	{0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
	{0x1f3fb, 0x1f3ff}, {0xe0100, 0xe01ef},
};

/* ... and East Asian wide and full-width characters and emoji take two. */
static const struct range double_width[] = {
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec},
	{0x23f0, 0x23f0}, {0x23f3, 0x23f3}, {0x25fd, 0x25fe}, {0x2614, 0x2615},
	{0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1},
	{0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce},
	{0x26d4, 0x26d4}, {0x26ea, 0x26ea}, {0x26f2, 0x26f3}, {0x26f5, 0x26f5},
	{0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270b},
	{0x2728, 0x2728}, {0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755},
	{0x2757, 0x2757}, {0x2795, 0x2797}, {0x27b0, 0x27b0}, {0x27bf, 0x27bf},
	{0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55}, {0x2e80, 0x303e},
	{0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0xa4c6}, {0xa960, 0xa97c},
	{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6b},
	{0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x18cff}, {0x1aff0, 0x1b2fb},
	{0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
	{0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335},
	{0x1f337, 0x1f37c}, {0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca},
	{0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4},
	{0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc},
	{0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e}, {0x1f550, 0x1f567},
	{0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4},
	{0x1f5fb, 0x1f64f}, {0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc},
	{0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6d7}, {0x1f6dc, 0x1f6df},
	{0x1f6eb, 0x1f6ec}, {0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7eb},
	{0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};
/* clang-format on */

static bool in_ranges(const struct range *range, size_t count, uint32_t c)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > range[middle].last)
			low = middle + 1;
		else if (c < range[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

unsigned text_width(uint32_t c)
{
	if (c < 0x300)
		return 1;
	if (in_ranges(zero_width, sizeof(zero_width) / sizeof(zero_width[0]), c))
		return 0;
	if (in_ranges(double_width, sizeof(double_width) / sizeof(double_width[0]), c))
		return 2;
	return 1;
}

bool text_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) /* C0, DEL, C1 */
		|| c == 0x00ad || c == 0x061c || c == 0xfeff ||
		(c >= 0x200e && c <= 0x200f) /* direction marks */
		|| (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f);
}

size_t text_decode(const char *text, size_t size, uint32_t *character)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *s = (const unsigned char *)text;
	size_t length;
	uint32_t c;

	if (s[0] < 0x80) {
		*character = s[0];
		return 1;
	}
	length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc0 ? 2 : 0;
	if (length == 0 || s[0] > 0xf4 || length > size)
		return 0;
	c = s[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < smallest[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return length;
}

/* What is shown for the character at text; its bytes and its columns. */
static size_t show(const char *text, size_t size, const struct text_style *style,
	unsigned column, char shown[16], unsigned *columns)
{
	uint32_t c;
	size_t length = text_decode(text, size, &c);

	if (length == 0) {
		length = 1;
		snprintf(shown, 16, "\\x%02x", (unsigned char)text[0]);
	} else if (c == '\t' && style->tabs) {
		snprintf(shown, 16, "%*s", (int)(8 - column % 8), "");
	} else if (c == '\n' || c == '\t' || c == '\r') {
		snprintf(shown, 16, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	} else if (text_is_control(c) || (c >= 0x80 && !style->unicode)) {
		snprintf(shown, 16,
			c < 0x80              ? "\\x%02x"
				: c < 0x10000 ? "\\u%04x"
					      : "\\U%08x",
			c);
	} else {
		memcpy(shown, text, length);
		shown[length] = '\0';
		*columns = text_width(c);
		return length;
	}
	*columns = (unsigned)strlen(shown);
	return length;
}

unsigned text_put(FILE *out, const char *text, size_t size,
	const struct text_style *style)
{
	unsigned total = 0, limit = style->max_columns, column = 0;

	/* A cut text ends with a mark, which needs the last column. */
	if (limit) {
		struct text_style whole = *style;

		whole.max_columns = 0;
		total = text_put(NULL, text, size, &whole);
		limit = total > limit ? limit - 1 : 0;
	}
	for (size_t i = 0; i < size;) {
		char shown[16];
		unsigned columns;
		size_t length = show(text + i, size - i, style, column, shown, &columns);

		if (limit && column + columns > limit) {
			if (out)
				fputs(style->unicode ? "…" : ">", out);
			return column + 1;
		}
		if (out)
			fputs(shown, out);
		column += columns;
		i += length;
	}
	return column;
}

void text_wrap(FILE *out, const char *text, const struct text_style *style,
	unsigned column, unsigned indent)
{
	struct text_style whole = *style;

	whole.max_columns = 0;
	while (*text) {
		size_t blanks = strspn(text, " ");
		size_t size = strcspn(text + blanks, " ");
		unsigned width = text_put(NULL, text + blanks, size, &whole);

		if (style->max_columns && column > indent &&
			column + blanks + width > style->max_columns) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else {
			fprintf(out, "%*s", (int)blanks, "");
			column += (unsigned)blanks;
		}
		column += text_put(out, text + blanks, size, &whole);
		text += blanks + size;
	}
}

size_t text_skip(const char *text, size_t size, const struct text_style *style,
	unsigned columns)
{
	unsigned total = text_put(NULL, text, size, style);
	size_t i = 0;

	while (total > columns && i < size) {
		char shown[16];
		unsigned width;

		i += show(text + i, size - i, style, 0, shown, &width);
		total -= width < total ? width : total;
	}
	return i;
}

char *text_utf8(const char *text, size_t size)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *copy = NULL;
	size_t copy_size;
	FILE *out = open_memstream(&copy, &copy_size);

	for (size_t i = 0; out && i < size;) {
		uint32_t c;
		size_t length = text_decode(text + i, size - i, &c);

		if (length && c)
			fwrite(text + i, 1, length, out);
		else
			fputs(replacement, out);
		i += length ? length : 1;
	}
	if (!out || fclose(out) != 0) {
		message_error("", "out of memory");
		exit(EXIT_FAILURE);
	}
	return copy;
}
