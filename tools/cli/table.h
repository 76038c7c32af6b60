/*
 * A table on a terminal, drawn row by row: narrow columns with numbers, then
 * one column of text that takes what is left.
 *
 *            ╷       ╷       ╷
 *            │Time   │–––––– │
 *       Line │Python │native │walk.py
 *     ╺━━━━━━┿━━━━━━━┿━━━━━━━┿━━━━━━━━━━╸
 *         10 │    6% │       │def step():
 *            ╵       ╵       ╵
 */
#ifndef TOOLS_CLI_TABLE_H
#define TOOLS_CLI_TABLE_H

#include <stddef.h>

#include "tools/cli/terminal.h"

#define TABLE_COLUMNS_MAX 16

struct table_column {
	const char *upper, *lower; /* the two lines of the heading, ASCII or, for
				      a ditto, "" */
	unsigned width;            /* columns, without the blank behind it */
	enum paint paint;          /* of the heading */
};

struct table {
	FILE *out;
	struct terminal terminal;
	const struct table_column *columns; /* the last one is text, its width unused */
	size_t column_count;
	unsigned text_columns; /* room for the text, 0 = no limit */
	unsigned rule_columns; /* how far rules go into the text */
};

/* So many columns of the terminal these take. */
unsigned table_columns_taken(const struct table_column *columns, size_t column_count);

/* natural_columns: the widest text there will be; rules go as far. */
void table_init(struct table *t, FILE *out, const struct terminal *terminal,
	const struct table_column *columns, size_t column_count,
	unsigned natural_columns);

/* A text that does not fit, which is a path, loses its front. */
void table_heading(struct table *t, const char *text, size_t size);
/* cells: one for each column but the last, the program's own text, set right; no
   character of it is wider than a column. */
void table_row(struct table *t, const char *const *cells, const char *text, size_t size,
	enum paint paint);
/* A row without cells that says what follows, and of which path if there is room. */
void table_caption(struct table *t, const char *text, const char *path, size_t size);
/* A row without cells for what is left out; the text is the program's own. */
void table_gap(struct table *t, const char *text);
void table_rule(struct table *t);
void table_end(struct table *t);

/*
 * A title above the table, in its middle: a path and what is said of it. When
 * they do not fit, it is said in brief, and then the path loses its front.
 */
void table_title(const struct table *t, const char *path, size_t path_size,
	const char *text, const char *brief);

#endif
