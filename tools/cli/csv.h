/*
 * Comma-separated values (RFC 4180, but for lines that end as Unix has them).
 *
 * Texts are of a trace and untrusted. They become UTF-8 and are quoted where
 * they must be. What is no UTF-8, or would make a terminal do something (but for
 * newlines), is replaced by U+FFFD. A text that a spreadsheet would take for a
 * formula, as it begins with = + - or @, gets an apostrophe before it, and so does
 * one that begins with an apostrophe: a reader who takes one leading apostrophe
 * away has the text as it was. Numbers stay numbers.
 */
#ifndef TOOLS_CLI_CSV_H
#define TOOLS_CLI_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct csv {
	FILE *out;
	bool has_cells;
};

void csv_begin(struct csv *c, FILE *out);
void csv_text(struct csv *c, const char *text, size_t size);
void csv_literal(struct csv *c, const char *text); /* NUL-terminated */
void csv_integer(struct csv *c, int64_t value);
void csv_end_row(struct csv *c);

#endif
