/*
 * Text that came from a trace, shown on a terminal.
 *
 * Such text is untrusted: control characters (an escape sequence, a carriage
 * return, marks that reverse the order of letters) would let a file name or a
 * source line repaint the terminal. They are shown as \n, \x1b or \u202e, and
 * bytes that are not UTF-8 as \xff.
 */
#ifndef TOOLS_CLI_TEXT_H
#define TOOLS_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct text_style {
	bool unicode;         /* false: only ASCII is written, é as \u00e9 */
	bool tabs;            /* tabs go to the next multiple of 8 columns;
				 false: shown as \t */
	unsigned max_columns; /* cut there, with "…" or ">"; 0 = no limit */
};

/* Writes the text; returns the columns it takes. out may be NULL to measure. */
unsigned text_put(FILE *out, const char *text, size_t size,
	const struct text_style *style);

/*
 * Bytes to leave out at the front so that the rest takes at most so many
 * columns: what matters of a path is its end.
 */
size_t text_skip(const char *text, size_t size, const struct text_style *style,
	unsigned columns);

/*
 * Prose of the program, broken between words so that lines end before
 * style->max_columns (0 = never); goes on at column, later lines begin with
 * indent blanks. No newline at the end. The text may hold text of a trace.
 */
void text_wrap(FILE *out, const char *text, const struct text_style *style,
	unsigned column, unsigned indent);

/*
 * One character of UTF-8: its length in bytes, or 0 when the bytes are not
 * valid UTF-8 (overlong forms and surrogates are not). size must not be 0.
 */
size_t text_decode(const char *text, size_t size, uint32_t *character);

/*
 * A copy that is valid UTF-8 without NULs, for formats that take nothing else:
 * U+FFFD stands for what is not. The caller frees it.
 */
char *text_utf8(const char *text, size_t size);

/* Columns of a character on a terminal: 0, 1 or 2. */
unsigned text_width(uint32_t character);

/* Whether a terminal would do something else with it than show it. */
bool text_is_control(uint32_t character);

#endif
