/* What the place that output goes to can show. */
#ifndef TOOLS_CLI_TERMINAL_H
#define TOOLS_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

enum color_mode {
	COLOR_AUTO,
	COLOR_ALWAYS,
	COLOR_NEVER,
};

struct terminal {
	bool color;
	bool unicode;     /* the locale's character set is UTF-8 */
	unsigned columns; /* 0 = no limit: not a terminal, and COLUMNS not set */
};

/*
 * Looks at the file, at NO_COLOR, TERM and COLUMNS, and at the locale, which
 * must have been set. Colour in a file only where it was asked for.
 */
struct terminal terminal_of(FILE *file, enum color_mode color);

enum paint {
	PAINT_PLAIN,
	PAINT_HOT,   /* bold red: where the time goes */
	PAINT_GOOD,  /* bold green: what got better */
	PAINT_TITLE, /* bold */
	PAINT_DIM,
	PAINT_PYTHON,
	PAINT_NATIVE,
	PAINT_SYSTEM,
};

/* The escape sequence that begins a colour (PLAIN ends it), "" without colour. */
const char *terminal_paint(const struct terminal *t, enum paint paint);

#endif
