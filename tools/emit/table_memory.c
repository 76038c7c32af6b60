#include "tools/emit/table_memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/text.h"
#include "tools/core/units.h"
#include "tools/emit/memory_words.h"
#include "tools/emit/table_header.h"

#define MIB 1048576.0

/* Below that, the source text beside it says more than another column. */
#define TEXT_COLUMNS_WIDE   30
#define TEXT_COLUMNS_NARROW 20

#define HOT_PERCENT 33.0

/* How many of the lines that held most are named. */
#define LINES_NAMED 5
/* Of a line's text in those lists. */
#define LISTED_TEXT_COLUMNS     60
#define LISTED_TEXT_COLUMNS_MIN 10
/* Narrower terminals need their room for where a leak is. */
#define COLUMNS_OF_DETAILS 80

/* ------------------------------------------------------------- columns */

struct shape {
	enum memory_column columns[MEMORY_COLUMNS_MAX];
	size_t column_count;
	unsigned spark_columns;
	unsigned text_columns; /* that must be left */
};

/* The widest first. */
static const struct shape shapes[] = {
	{{MEMORY_PYTHON, MEMORY_PEAK, MEMORY_TIMELINE, MEMORY_COPIED}, 4,
		MEMORY_SPARK_COLUMNS, TEXT_COLUMNS_WIDE},
	{{MEMORY_PYTHON, MEMORY_PEAK, MEMORY_TIMELINE, MEMORY_COPIED}, 4, 5,
		TEXT_COLUMNS_WIDE},
	{{MEMORY_PEAK, MEMORY_TIMELINE, MEMORY_COPIED}, 3, 5, TEXT_COLUMNS_WIDE},
	{{MEMORY_PEAK, MEMORY_SHARE, MEMORY_COPIED}, 3, 0, TEXT_COLUMNS_NARROW},
	{{MEMORY_PEAK, MEMORY_SHARE}, 2, 0, TEXT_COLUMNS_NARROW},
	{{MEMORY_PEAK}, 1, 0, TEXT_COLUMNS_NARROW},
	{{0}, 0, 0, 0},
};

static struct table_column heading(enum memory_column column, unsigned spark_columns)
{
	switch (column) {
	case MEMORY_PYTHON:
		return (struct table_column){"", "Python", 6, PAINT_PYTHON};
	case MEMORY_PEAK:
		return (struct table_column){"", "peak", 6, PAINT_PLAIN};
	case MEMORY_TIMELINE:
		return (struct table_column){"", "timeline/%", spark_columns + 5,
			PAINT_PLAIN};
	case MEMORY_SHARE:
		return (struct table_column){"", "alloc", 6, PAINT_PLAIN};
	case MEMORY_COPIED:
		break;
	}
	return (struct table_column){"Copy", "MiB/s", 6, PAINT_PLAIN};
}

/* Without time there are only sums. */
static void take_shape(struct table_memory *m, const struct shape *shape)
{
	m->column_count = shape->column_count;
	m->spark_columns = m->heap->has_time ? shape->spark_columns : 0;
	for (size_t i = 0; i < shape->column_count; i++)
		m->columns[i] = shape->columns[i] == MEMORY_TIMELINE && !m->heap->has_time
			? MEMORY_SHARE
			: shape->columns[i];
}

void table_memory_begin(struct table_memory *m, const struct profile *p,
	const struct emit_options *options, const struct heap *heap, unsigned taken)
{
	unsigned columns = options->terminal.columns;

	/* Of a thread there may be none. */
	if (heap && !heap_allocated(&heap->all) && !heap->all.copied_bytes)
		heap = NULL;
	*m = (struct table_memory){.p = p,
		.options = options,
		.heap = heap,
		.seconds = (double)profile_elapsed_ns(p) / NS_PER_SECOND};
	for (size_t s = 0; heap && s < sizeof(shapes) / sizeof(shapes[0]); s++) {
		unsigned used = taken + shapes[s].text_columns;

		take_shape(m, &shapes[s]);
		for (size_t i = 0; i < m->column_count; i++)
			used += table_memory_column(m, i).width + 2;
		if (!columns || used <= columns)
			break;
	}
}

struct table_column table_memory_column(const struct table_memory *m, size_t index)
{
	struct table_column column = heading(m->columns[index], m->spark_columns);

	if (index == 0)
		column.upper = "Memory";
	return column;
}

/* --------------------------------------------------------------- cells */

static double share(const struct table_memory *m, const struct heap_use *use)
{
	return units_percent((double)heap_allocated(use),
		(double)heap_allocated(&m->heap->all));
}

static void put_percent(char text[MEMORY_CELL_SIZE], double percent)
{
	text[0] = '\0';
	if (percent >= 1)
		snprintf(text, MEMORY_CELL_SIZE, "%.0f%%", percent);
}

static void put_size(char text[MEMORY_CELL_SIZE], int64_t bytes)
{
	double mib = (double)bytes / MIB;

	text[0] = '\0';
	if (mib >= 999.5 * 1024)
		snprintf(text, MEMORY_CELL_SIZE, "%.2fT", mib / 1024 / 1024);
	else if (mib >= 1023.5)
		snprintf(text, MEMORY_CELL_SIZE, "%.*fG", mib < 99.5 * 1024 ? 2 : 0,
			mib / 1024);
	else if (mib > 0.5)
		snprintf(text, MEMORY_CELL_SIZE, "%.0fM", mib);
}

static void put_timeline(const struct table_memory *m, char text[MEMORY_CELL_SIZE],
	const struct heap_use *use)
{
	char spark[SPARKLINE_SIZE] = "", percent[MEMORY_CELL_SIZE];
	size_t used;

	put_percent(percent, share(m, use));
	if (use->levels && use->maximum_bytes >= MIB / 2)
		sparkline(spark, use->levels, HEAP_LEVEL_COUNT, m->spark_columns,
			use->maximum_bytes, m->options->terminal.unicode);
	used = strlen(spark) < MEMORY_CELL_SIZE ? strlen(spark) : 0;
	memcpy(text, spark, used);
	text[used] = '\0';
	if (*spark || *percent)
		snprintf(text + used, MEMORY_CELL_SIZE - used, " %4s", percent);
}

void table_memory_cell(const struct table_memory *m, size_t index,
	const struct heap_use *use, char text[MEMORY_CELL_SIZE])
{
	double copied = m->seconds > 0 ? (double)use->copied_bytes / MIB / m->seconds : 0;

	switch (m->columns[index]) {
	case MEMORY_PYTHON:
		/* Of next to nothing a share says nothing. */
		put_percent(text,
			share(m, use) < 1
				? 0
				: units_percent((double)use->allocated_bytes[HEAP_PYTHON],
					  (double)heap_allocated(use)));
		break;
	case MEMORY_PEAK:
		put_size(text, use->maximum_bytes);
		break;
	case MEMORY_TIMELINE:
		put_timeline(m, text, use);
		break;
	case MEMORY_SHARE:
		put_percent(text, share(m, use));
		break;
	case MEMORY_COPIED:
		text[0] = '\0';
		if (copied >= 0.5)
			snprintf(text, MEMORY_CELL_SIZE, "%.0f",
				copied < 999999 ? copied : 999999);
		break;
	}
}

bool table_memory_is_active(const struct table_memory *m, const struct heap_use *use)
{
	return use && (share(m, use) >= 1 || (double)use->maximum_bytes >= MIB);
}

bool table_memory_is_busy(const struct table_memory *m, const struct heap_use *use)
{
	return use &&
		(share(m, use) >= 1 ||
			units_percent((double)use->maximum_bytes,
				(double)m->heap->all.peak_bytes) >= 1);
}

bool table_memory_is_hot(const struct table_memory *m, const struct heap_use *use)
{
	return use && share(m, use) >= HOT_PERCENT;
}

/* ----------------------------------------------------------- sentences */

void table_memory_basis(FILE *out, const struct table_memory *m)
{
	const struct terminal *terminal = &m->options->terminal;
	char spark[SPARKLINE_SIZE] = "", facts[MEMORY_WORDS_SIZE], *text;
	bool has_timeline = false, has_python = false, has_copied = false;

	if (!m->heap)
		return;
	if (m->heap->all.levels)
		sparkline(spark, m->heap->all.levels, HEAP_LEVEL_COUNT, 27,
			m->heap->all.peak_bytes, terminal->unicode);
	memory_words(facts, m->heap, terminal->unicode);
	if (asprintf(&text, "Memory: %s%s%s.", spark, *spark ? " " : "", facts) >= 0) {
		table_prose(out, terminal, text);
		free(text);
	}
	for (size_t i = 0; i < m->column_count; i++) {
		has_timeline |= m->columns[i] == MEMORY_TIMELINE;
		has_python |= m->columns[i] == MEMORY_PYTHON;
		has_copied |= m->columns[i] == MEMORY_COPIED;
	}
	if (!m->column_count) {
		table_prose(out, terminal, "(Columns of it need a wider terminal.)");
		return;
	}
	if (asprintf(&text, "%speak: %s; %s%s: share of all bytes allocated%s.",
		    has_python ? "Python: what of its bytes Python's own "
				 "allocators gave; "
			       : "",
		    m->heap->has_time ? "the most held at a time"
				      : "what was held when the program held most",
		    has_timeline ? "timeline: what was held, each line to its own peak; "
				 : "",
		    has_timeline ? "%" : "alloc",
		    has_copied ? "; Copy: in a second of the run" : "") >= 0) {
		table_prose(out, terminal, text);
		free(text);
	}
}

/* ---------------------------------------------------------------- lists */

struct listed_line {
	const struct report_file *file;
	const struct report_line *line;
	struct heap_leak leak;
};

typedef VEC(struct listed_line) listed_lines;

static int compare_held(const void *a, const void *b)
{
	const struct listed_line *x = a, *y = b;
	int64_t s = x->line->memory->maximum_bytes, t = y->line->memory->maximum_bytes;

	return s != t ? (s > t ? -1 : 1) : (x->line > y->line) - (x->line < y->line);
}

static int compare_leaks(const void *a, const void *b)
{
	const struct listed_line *x = a, *y = b;
	double s = x->leak.bytes_per_s, t = y->leak.bytes_per_s;

	return s != t ? (s > t ? -1 : 1) : compare_held(a, b);
}

/* Where it is, and as much of its text as the line of the terminal has room for. */
static void put_place(FILE *out, const struct table_memory *m,
	const struct file_names *names, const struct listed_line *l, unsigned column)
{
	struct text_style style = {.unicode = m->options->terminal.unicode};
	struct ptf_text name = file_name(names, m->p, l->file), text = {"", 0};
	unsigned columns = m->options->terminal.columns;

	column += text_put(out, name.data, name.size, &style);
	column += (unsigned)fprintf(out, ":%" PRIu32, l->line->line);
	profile_source_line(profile_source_of(m->p, l->file->file), l->line->line, &text);
	while (text.size && (*text.data == ' ' || *text.data == '\t')) {
		text.data++;
		text.size--;
	}
	style.max_columns = LISTED_TEXT_COLUMNS;
	if (columns && column + 2 + style.max_columns > columns)
		style.max_columns = columns > column + 2 ? columns - column - 2 : 0;
	if (style.max_columns >= LISTED_TEXT_COLUMNS_MIN) {
		fputs("  ", out);
		text_put(out, text.data, text.size, &style);
	}
	fputc('\n', out);
}

static void put_held(FILE *out, const struct table_memory *m,
	const struct file_names *names, listed_lines *lines)
{
	char peak[UNITS_SIZE], average[UNITS_SIZE];

	if (!lines->count)
		return;
	qsort(lines->item, lines->count, sizeof(*lines->item), compare_held);
	fputs("Lines that held most:\n", out);
	for (size_t i = 0; i < lines->count && i < LINES_NAMED; i++) {
		const struct heap_use *use = lines->item[i].line->memory;

		unsigned column = (unsigned)fprintf(out, "%10s",
			units_bytes(peak, (uint64_t)use->maximum_bytes));

		if (m->heap->has_time)
			column += (unsigned)fprintf(out, ", %9s on average",
				units_bytes(average, (uint64_t)use->average_bytes));
		column += (unsigned)fprintf(out, "  ");
		put_place(out, m, names, &lines->item[i], column);
	}
	fputc('\n', out);
}

static void put_leaks(FILE *out, const struct table_memory *m,
	const struct file_names *names, listed_lines *lines)
{
	unsigned columns = m->options->terminal.columns;
	char rate[UNITS_SIZE];

	if (!lines->count)
		return;
	qsort(lines->item, lines->count, sizeof(*lines->item), compare_leaks);
	fputs("Possible leaks:\n", out);
	for (size_t i = 0; i < lines->count && i < LINES_NAMED; i++) {
		const struct heap_leak *leak = &lines->item[i].leak;

		unsigned column = (unsigned)fprintf(out, "%10s/s, %3.0f %% likely",
			units_bytes(rate, (uint64_t)leak->bytes_per_s),
			leak->likelihood * 100);

		if (!columns || columns >= COLUMNS_OF_DETAILS)
			column += (unsigned)fprintf(out, " by %" PRIu64 " blocks",
				leak->observation_count);
		column += (unsigned)fprintf(out, "  ");
		put_place(out, m, names, &lines->item[i], column);
	}
	fputc('\n', out);
}

void table_memory_lists(FILE *out, const struct table_memory *m,
	const struct report *report, const struct file_names *names)
{
	listed_lines held = {0}, leaks = {0};

	for (size_t i = 0; m->heap && i < report->files.count; i++) {
		const struct report_file *f = &report->files.item[i];

		for (size_t k = 0; f->is_selected && k < f->lines.count; k++) {
			struct listed_line l = {.file = f, .line = &f->lines.item[k]};

			if (!l.line->memory)
				continue;
			if ((double)l.line->memory->maximum_bytes > MIB)
				vec_push(&held, l);
			if (!m->heap->has_time)
				continue;
			l.leak = heap_leak_of(m->heap, l.line->memory);
			if (l.leak.is_likely)
				vec_push(&leaks, l);
		}
	}
	put_held(out, m, names, &held);
	put_leaks(out, m, names, &leaks);
	vec_free(&held);
	vec_free(&leaks);
}
