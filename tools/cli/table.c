#include "tools/cli/table.h"

#include <string.h>

#include "tools/cli/text.h"

/* Text narrower than this is of no use: the table then overflows the line. */
#define TEXT_COLUMNS_MIN 15

/* A path cut shorter than this says nothing. */
#define CAPTION_PATH_MIN 10

enum line {
	LINE_TOP,
	LINE_HEAVY,
	LINE_LIGHT,
	LINE_BOTTOM,
	LINE_COUNT,
};

/* Left end, between columns, right end, and what they are joined by. */
struct strokes {
	const char *left, *cross, *right, *stroke;
};

static const struct strokes unicode_strokes[LINE_COUNT] = {
	[LINE_TOP] = {" ", "╷", "", " "},
	[LINE_HEAVY] = {"╺", "┿", "╸", "━"},
	[LINE_LIGHT] = {"╶", "┼", "╴", "─"},
	[LINE_BOTTOM] = {" ", "╵", "", " "},
};

static const struct strokes ascii_strokes[LINE_COUNT] = {
	[LINE_HEAVY] = {"=", "+", "=", "="},
	[LINE_LIGHT] = {"-", "+", "-", "-"},
};

static const char *bar(const struct table *t)
{
	return t->terminal.unicode ? "│" : "|";
}

unsigned table_columns_taken(const struct table_column *columns, size_t column_count)
{
	unsigned taken = 0;

	for (size_t i = 0; i < column_count; i++)
		taken += columns[i].width + 2; /* a blank and a bar */
	return taken;
}

/* Columns before the text. */
static unsigned fixed_columns(const struct table *t)
{
	return table_columns_taken(t->columns, t->column_count - 1);
}

void table_init(struct table *t, FILE *out, const struct terminal *terminal,
	const struct table_column *columns, size_t column_count, unsigned natural_columns)
{
	unsigned fixed, available;

	*t = (struct table){.out = out,
		.terminal = *terminal,
		.columns = columns,
		.column_count = column_count};
	fixed = fixed_columns(t);
	available = terminal->columns > fixed ? terminal->columns - fixed : 0;
	if (available < TEXT_COLUMNS_MIN)
		available = TEXT_COLUMNS_MIN;
	t->text_columns = terminal->columns ? available : 0;
	t->rule_columns = natural_columns > 100 ? 100
		: natural_columns < 30          ? 30
						: natural_columns;
	if (terminal->columns && t->rule_columns > available)
		t->rule_columns = available;
}

static void repeat(FILE *out, const char *text, unsigned count)
{
	while (count--)
		fputs(text, out);
}

/* A path in so many columns (0 = no limit) less those that are taken. */
static void put_path(const struct table *t, const char *path, size_t size,
	unsigned columns, unsigned taken)
{
	struct text_style style = {.unicode = t->terminal.unicode};
	unsigned room = columns > taken + 1 ? columns - taken : 1;
	size_t skip = 0;

	if (columns && text_put(NULL, path, size, &style) > room) {
		skip = text_skip(path, size, &style, room - 1);
		fputs(t->terminal.unicode ? "…" : "<", t->out);
	}
	text_put(t->out, path + skip, size - skip, &style);
}

static void put_line(struct table *t, enum line line)
{
	const struct strokes *s =
		t->terminal.unicode ? &unicode_strokes[line] : &ascii_strokes[line];

	/* In ASCII these would be blank lines. */
	if (!t->terminal.unicode && (line == LINE_TOP || line == LINE_BOTTOM))
		return;
	fputs(terminal_paint(&t->terminal, PAINT_DIM), t->out);
	for (size_t i = 0; i + 1 < t->column_count; i++) {
		if (i == 0)
			fputs(s->left, t->out);
		repeat(t->out, s->stroke, t->columns[i].width + (i > 0));
		fputs(s->cross, t->out);
	}
	if (*s->right) {
		repeat(t->out, s->stroke, t->rule_columns - 1);
		fputs(s->right, t->out);
	}
	fputs(terminal_paint(&t->terminal, PAINT_PLAIN), t->out);
	fputc('\n', t->out);
}

static void put_bar(struct table *t)
{
	fprintf(t->out, "%s%s%s", terminal_paint(&t->terminal, PAINT_DIM), bar(t),
		terminal_paint(&t->terminal, PAINT_PLAIN));
}

static void put_heading_line(struct table *t, bool upper)
{
	for (size_t i = 0; i + 1 < t->column_count; i++) {
		const char *text = upper ? t->columns[i].upper : t->columns[i].lower;
		unsigned width = t->columns[i].width;

		if (t->columns[i].paint != PAINT_PLAIN)
			fputs(terminal_paint(&t->terminal, t->columns[i].paint), t->out);
		if (!*text && upper && i > 0) {
			repeat(t->out, t->terminal.unicode ? "–" : "-", width);
			fputc(' ', t->out);
		} else if (i == 0) { /* the line's number, set right as the rest */
			fprintf(t->out, "%*s ", (int)width, text);
		} else {
			fprintf(t->out, "%-*s ", (int)width, text);
		}
		if (t->columns[i].paint != PAINT_PLAIN)
			fputs(terminal_paint(&t->terminal, PAINT_PLAIN), t->out);
		put_bar(t);
	}
}

void table_heading(struct table *t, const char *text, size_t size)
{
	put_line(t, LINE_TOP);
	put_heading_line(t, true);
	fputc('\n', t->out);
	put_heading_line(t, false);
	fputs(terminal_paint(&t->terminal, PAINT_TITLE), t->out);
	put_path(t, text, size, t->text_columns, 0);
	fputs(terminal_paint(&t->terminal, PAINT_PLAIN), t->out);
	fputc('\n', t->out);
	put_line(t, LINE_HEAVY);
}

/* Of the program's own text: characters that take one column each. */
static int cell_columns(const char *cell)
{
	int columns = 0;

	for (; *cell; cell++)
		columns += ((unsigned char)*cell & 0xc0) != 0x80;
	return columns;
}

void table_row(struct table *t, const char *const *cells, const char *text, size_t size,
	enum paint paint)
{
	struct text_style style = {.unicode = t->terminal.unicode,
		.tabs = true,
		.max_columns = t->text_columns};
	const char *on = paint == PAINT_PLAIN ? "" : terminal_paint(&t->terminal, paint);
	const char *off =
		paint == PAINT_PLAIN ? "" : terminal_paint(&t->terminal, PAINT_PLAIN);

	for (size_t i = 0; i + 1 < t->column_count; i++) {
		int blanks = (int)t->columns[i].width - cell_columns(cells[i]);

		fprintf(t->out, "%s%*s%s %s", on, blanks > 0 ? blanks : 0, "", cells[i],
			off);
		put_bar(t);
	}
	fputs(on, t->out);
	text_put(t->out, text, size, &style);
	fputs(off, t->out);
	fputc('\n', t->out);
}

void table_caption(struct table *t, const char *text, const char *path, size_t size)
{
	struct text_style style = {.unicode = t->terminal.unicode,
		.max_columns = t->text_columns};
	unsigned taken = (unsigned)strlen(text) + (unsigned)strlen(" for ");

	for (size_t i = 0; i + 1 < t->column_count; i++) {
		fprintf(t->out, "%*s ", (int)t->columns[i].width, "");
		put_bar(t);
	}
	fputs(terminal_paint(&t->terminal, PAINT_DIM), t->out);
	text_put(t->out, text, strlen(text), &style);
	if (!t->text_columns || t->text_columns >= taken + CAPTION_PATH_MIN) {
		fputs(" for ", t->out);
		put_path(t, path, size, t->text_columns, taken);
	}
	fprintf(t->out, "%s\n", terminal_paint(&t->terminal, PAINT_PLAIN));
}

void table_gap(struct table *t, const char *text)
{
	const char *cells[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++)
		cells[i] = i ? "" : "...";
	table_row(t, cells, text, strlen(text), PAINT_DIM);
}

void table_rule(struct table *t)
{
	put_line(t, LINE_LIGHT);
}

void table_end(struct table *t)
{
	put_line(t, LINE_BOTTOM);
}

void table_title(const struct table *t, const char *path, size_t path_size,
	const char *text, const char *brief)
{
	const struct terminal *terminal = &t->terminal;
	struct text_style style = {.unicode = terminal->unicode};
	unsigned whole = fixed_columns(t) + t->rule_columns;
	unsigned text_columns = text_put(NULL, text, strlen(text), &style);
	unsigned columns = text_put(NULL, path, path_size, &style) + text_columns;

	if (terminal->columns && columns > terminal->columns) {
		text = brief;
		columns -= text_columns;
		text_columns = text_put(NULL, text, strlen(text), &style);
		columns += text_columns;
	}
	if (terminal->columns && columns > terminal->columns)
		columns = terminal->columns;
	fprintf(t->out, "%*s%s", columns < whole ? (int)((whole - columns) / 2) : 0, "",
		terminal_paint(terminal, PAINT_TITLE));
	put_path(t, path, path_size, terminal->columns, text_columns);
	text_put(t->out, text, strlen(text), &style);
	fprintf(t->out, "%s\n", terminal_paint(terminal, PAINT_PLAIN));
}
