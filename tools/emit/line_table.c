/* --to table: the line table on a terminal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/writer.h>

#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/core/class_names.h"
#include "tools/core/file_names.h"
#include "tools/core/filter.h"
#include "tools/core/units.h"
#include "tools/emit/registry.h"
#include "tools/emit/table_header.h"
#include "tools/emit/table_memory.h"

/* A file of no more lines is shown whole. */
#define WHOLE_FILE_LINES 120
/* A function of no more lines is shown whole, of a longer one ... */
#define WHOLE_FUNCTION_LINES 60
/* ... the lines around those with time. */
#define CONTEXT_LINES 4

#define HOT_PERCENT 33.0

/* Shown of a file none of whose lines or functions has 1 %. */
#define BUSIEST 5

/* A damaged trace could name line four billion; nobody scrolls so far. */
#define LINES_MAX 100000

/* On narrower terminals the column of unsampled time, of which the header tells, would
   push the source text over the edge. */
#define UNKNOWN_COLUMNS_MIN 70

#define CELL_SIZE MEMORY_CELL_SIZE /* the widest */

struct view {
	FILE *out;
	const struct profile *p;
	const struct emit_options *options;
	struct report report;
	struct file_names names;
	struct table_column columns[TABLE_COLUMNS_MAX];
	size_t column_count;
	struct table table;
	struct table_memory memory;
	bool cpu_only;
	bool has_unknown;
	bool has_own;  /* some file is the user's own */
	bool is_aside; /* of a library, below the user's own */
	bool brief;    /* only the file's lines with time, without those around */
	bool has_rows; /* of the file's table, so far */
	bool tenths;   /* of per cent, where rows have less than one */
};

/* One row's numbers as text. */
struct cells {
	char text[TABLE_COLUMNS_MAX][CELL_SIZE];
	const char *cell[TABLE_COLUMNS_MAX];
	bool any;
	bool hot;
};

static double percent(const struct view *v, int64_t ns)
{
	return units_percent((double)ns, (double)v->report.all_ns);
}

/* Of its own 100 %. */
static double await_percent(const struct view *v, int64_t ns)
{
	return units_percent((double)ns, (double)v->report.await_ns);
}

/* What a row shows of its line or function. */
struct row_numbers {
	struct class_times self;
	int64_t total_ns, await_ns;
	const struct heap_use *memory; /* NULL = none */
};

static struct row_numbers numbers_of_line(const struct report_line *l)
{
	return (struct row_numbers){l->self, l->total_ns, l->await.self_ns, l->memory};
}

static struct row_numbers numbers_of_function(const struct report_function *g)
{
	return (struct row_numbers){g->self, g->total_ns, g->await.self_ns, g->memory};
}

/* ------------------------------------------------------------- columns */

static void add_column(struct view *v, const char *upper, const char *lower,
	unsigned width, enum paint paint)
{
	v->columns[v->column_count++] = (struct table_column){upper, lower, width, paint};
}

static void make_columns(struct view *v)
{
	v->has_unknown = percent(v, v->report.all.ns[PTF_CLASS_UNKNOWN]) >= 1 &&
		(!v->options->terminal.columns ||
			v->options->terminal.columns >= UNKNOWN_COLUMNS_MIN);
	add_column(v, "", "Line", 6, PAINT_PLAIN);
	add_column(v, "Time", "Python", 6, PAINT_PYTHON);
	add_column(v, "", "native", 6, PAINT_NATIVE);
	if (v->options->classes && !v->cpu_only) {
		for (uint32_t k = PTF_CLASS_KERNEL; k <= PTF_CLASS_WAIT; k++)
			add_column(v, "", class_label(k), 6, PAINT_SYSTEM);
	} else if (v->cpu_only) { /* no waits: nothing to sum up */
		add_column(v, "", "kernel", 6, PAINT_SYSTEM);
	} else {
		add_column(v, "", "system", 6, PAINT_SYSTEM);
	}
	if (v->has_unknown)
		add_column(v, "", class_label(PTF_CLASS_UNKNOWN), 9, PAINT_PLAIN);
	add_column(v, "", "total", 6, PAINT_PLAIN);
	if (v->report.await_ns)
		add_column(v, "", "await", 6, PAINT_PLAIN);
	table_memory_begin(&v->memory, v->p, v->options,
		v->report.has_memory ? &v->report.heap : NULL,
		table_columns_taken(v->columns, v->column_count));
	for (size_t i = 0; i < v->memory.column_count; i++)
		v->columns[v->column_count++] = table_memory_column(&v->memory, i);
	add_column(v, "", "", 0, PAINT_PLAIN);
}

static void put_percent(const struct view *v, struct cells *c, size_t *column,
	double value)
{
	c->cell[*column] = c->text[*column];
	if (value >= 1) {
		snprintf(c->text[*column], CELL_SIZE, "%.0f%%",
			value > 999 ? 999 : value);
		c->any = true;
	} else if (v->tenths && value > 0) {
		snprintf(c->text[*column], CELL_SIZE, value < 0.05 ? "<0.1%%" : "%.1f%%",
			value);
	} else {
		c->text[*column][0] = '\0';
	}
	++*column;
}

static void fill(const struct view *v, struct cells *c, uint32_t line,
	const struct row_numbers *times)
{
	const int64_t *self_ns = times->self.ns;
	size_t column = 0;

	c->any = false;
	c->cell[column] = c->text[column];
	if (line)
		snprintf(c->text[column], CELL_SIZE, "%" PRIu32, line);
	else
		c->text[column][0] = '\0';
	column++;
	put_percent(v, c, &column, percent(v, self_ns[PTF_CLASS_PYTHON]));
	put_percent(v, c, &column, percent(v, self_ns[PTF_CLASS_NATIVE]));
	if (v->options->classes && !v->cpu_only)
		for (int k = PTF_CLASS_KERNEL; k <= PTF_CLASS_WAIT; k++)
			put_percent(v, c, &column, percent(v, self_ns[k]));
	else
		put_percent(v, c, &column, percent(v, class_times_system(&times->self)));
	if (v->has_unknown)
		put_percent(v, c, &column, percent(v, self_ns[PTF_CLASS_UNKNOWN]));
	put_percent(v, c, &column, percent(v, times->total_ns));
	if (v->report.await_ns)
		put_percent(v, c, &column, await_percent(v, times->await_ns));
	c->hot = percent(v, class_times_sum(&times->self)) >= HOT_PERCENT;
	for (size_t i = 0; i < v->memory.column_count; i++, column++) {
		c->cell[column] = c->text[column];
		c->text[column][0] = '\0';
		if (times->memory)
			table_memory_cell(&v->memory, i, times->memory, c->text[column]);
	}
	if (times->memory) {
		c->any |= table_memory_is_active(&v->memory, times->memory);
		c->hot |= table_memory_is_hot(&v->memory, times->memory);
	}
}

static void put_row(struct view *v, uint32_t line, struct row_numbers times,
	struct ptf_text text)
{
	struct cells c;

	v->has_rows = true;
	fill(v, &c, line, &times);
	table_row(&v->table, c.cell, text.data, text.size,
		c.hot ? PAINT_HOT : PAINT_PLAIN);
}

static bool is_busy(const struct view *v, const struct row_numbers *n)
{
	return percent(v, class_times_sum(&n->self)) >= 1 ||
		await_percent(v, n->await_ns) >= 1 ||
		table_memory_is_busy(&v->memory, n->memory);
}

static bool is_active(const struct view *v, const struct report_line *l)
{
	const struct row_numbers times = numbers_of_line(l);
	struct cells c;

	/* What libraries call each other for is no news. */
	if (v->is_aside)
		return is_busy(v, &times);
	fill(v, &c, l->line, &times);
	return c.any;
}

/* --------------------------------------------------------------- lines */

static uint32_t last_line(const struct report_file *f, const struct profile_source *s)
{
	uint32_t last = f->lines.count ? f->lines.item[f->lines.count - 1].line : 0;

	if (s && s->line_starts.count) {
		uint32_t of_text = s->first_line + (uint32_t)s->line_starts.count - 1;

		/* Beyond the end of a whole text there is nothing to show. */
		last = last > of_text && !s->is_excerpt ? of_text : last;
		return last > of_text ? last : of_text;
	}
	return last;
}

static void show_range(unsigned char *shown, uint32_t last, int64_t from, int64_t to)
{
	for (int64_t i = from < 1 ? 1 : from; i <= to && i <= last; i++)
		shown[i] = 1;
}

static bool is_active_function(const struct view *v, const struct report_function *g)
{
	const struct row_numbers numbers = numbers_of_function(g);

	return is_busy(v, &numbers) || (!v->is_aside && percent(v, g->total_ns) >= 1);
}

/* The lines of a long file that are worth showing. */
static void choose_lines(struct view *v, const struct report_file *f,
	unsigned char *shown, uint32_t last)
{
	int64_t context = v->brief ? 0 : CONTEXT_LINES;

	for (size_t i = 0; i < f->lines.count; i++)
		if (is_active(v, &f->lines.item[i]))
			show_range(shown, last, f->lines.item[i].line - context,
				f->lines.item[i].line + context);
	for (size_t i = 0; i < f->functions.count && !v->brief; i++) {
		const struct report_function *g = &f->functions.item[i];
		struct profile_function d = profile_get_function(v->p, g->function);

		if (!is_active_function(v, g) || d.first_line == 0)
			continue;
		if (d.line_count <= WHOLE_FUNCTION_LINES)
			show_range(shown, last, d.first_line,
				(int64_t)d.first_line + d.line_count - 1);
		else if (d.first_line > 1) /* line 1: all of the module */
			show_range(shown, last, d.first_line, d.first_line);
	}
}

static void put_gap(struct view *v, uint32_t count)
{
	char text[40];

	if (v->brief)
		text[0] = '\0';
	else
		snprintf(text, sizeof(text), "(%" PRIu32 " line%s)", count,
			count == 1 ? "" : "s");
	table_gap(&v->table, text);
}

static bool is_shown_whole(const struct view *v, uint32_t last)
{
	return v->options->all_lines || (!v->brief && last <= WHOLE_FILE_LINES);
}

static void put_source_lines(struct view *v, const struct report_file *f,
	const struct profile_source *s, uint32_t last)
{
	static const struct row_numbers none;
	bool whole = is_shown_whole(v, last);
	unsigned char *shown = memory_zeroed((size_t)last + 1, 1);
	uint32_t hidden = 0;
	size_t next = 0;

	if (whole)
		memset(shown, 1, (size_t)last + 1);
	else
		choose_lines(v, f, shown, last);
	for (uint32_t line = 1; line <= last; line++) {
		const struct report_line *l = NULL;
		struct ptf_text text = {"", 0};

		while (next < f->lines.count && f->lines.item[next].line < line)
			next++;
		if (next < f->lines.count && f->lines.item[next].line == line)
			l = &f->lines.item[next];
		if (!shown[line]) {
			hidden++;
			continue;
		}
		if (hidden)
			put_gap(v, hidden);
		hidden = 0;
		profile_source_line(s, line, &text);
		put_row(v, line, l ? numbers_of_line(l) : none, text);
	}
	if (hidden)
		put_gap(v, hidden);
	free(shown);
}

/* Only lines with time: sorted, or where there is no text to show around. */
static int compare_self(const void *a, const void *b)
{
	const struct report_line *x = a, *y = b;
	int64_t s = class_times_sum(&x->self), t = class_times_sum(&y->self);

	return s != t ? (s > t ? -1 : 1) : x->line < y->line ? -1 : x->line > y->line;
}

static int compare_total(const void *a, const void *b)
{
	const struct report_line *x = a, *y = b;

	return x->total_ns != y->total_ns ? (x->total_ns > y->total_ns ? -1 : 1)
					  : compare_self(a, b);
}

static void put_active_lines(struct view *v, const struct report_file *f,
	const struct profile_source *s)
{
	VEC(struct report_line) lines = {0};

	for (size_t i = 0; i < f->lines.count; i++)
		if (is_active(v, &f->lines.item[i]))
			vec_push(&lines, f->lines.item[i]);
	if (v->options->sort != EMIT_SORT_LINE && lines.count)
		qsort(lines.item, lines.count, sizeof(*lines.item),
			v->options->sort == EMIT_SORT_TIME ? compare_self
							   : compare_total);
	for (size_t i = 0; i < lines.count; i++) {
		struct ptf_text text = {"", 0};

		profile_source_line(s, lines.item[i].line, &text);
		put_row(v, lines.item[i].line, numbers_of_line(&lines.item[i]), text);
	}
	vec_free(&lines);
}

/* Where no line has its per cent, so that the time of the file is somewhere. */
static void put_busiest_lines(struct view *v, const struct report_file *f,
	const struct profile_source *s)
{
	VEC(struct report_line) lines = {0};
	uint32_t hidden = 0;

	for (size_t i = 0; i < f->lines.count; i++)
		if (f->lines.item[i].total_ns > 0)
			vec_push(&lines, f->lines.item[i]);
	if (lines.count)
		qsort(lines.item, lines.count, sizeof(*lines.item), compare_self);
	for (size_t i = 0; i < lines.count; i++) {
		struct ptf_text text = {"", 0};

		if (i >= BUSIEST) {
			hidden++;
			continue;
		}
		profile_source_line(s, lines.item[i].line, &text);
		put_row(v, lines.item[i].line, numbers_of_line(&lines.item[i]), text);
	}
	if (hidden) {
		char text[48];

		snprintf(text, sizeof(text), "(%" PRIu32 " more line%s with time)",
			hidden, hidden == 1 ? "" : "s");
		table_gap(&v->table, text);
	}
	vec_free(&lines);
}

static bool has_active_line(const struct view *v, const struct report_file *f)
{
	bool any = false;

	for (size_t i = 0; i < f->lines.count && !any; i++)
		any = is_active(v, &f->lines.item[i]);
	return any;
}

/* ----------------------------------------------------------- functions */

static void put_function(struct view *v, const struct report_function *g)
{
	char *title = report_function_title(v->p, g->function);

	put_row(v, g->line, numbers_of_function(g),
		(struct ptf_text){title, strlen(title)});
	free(title);
}

static int compare_functions(const void *a, const void *b)
{
	const struct report_function *x = a, *y = b;
	int64_t s = class_times_sum(&x->self), t = class_times_sum(&y->self);

	return s != t                        ? (s > t ? -1 : 1)
		: x->total_ns != y->total_ns ? (x->total_ns > y->total_ns ? -1 : 1)
		: x->line != y->line         ? (x->line < y->line ? -1 : 1)
		: x->function < y->function  ? -1
					     : x->function > y->function;
}

static void put_busiest_functions(struct view *v, const struct report_file *f)
{
	VEC(struct report_function) functions = {0};

	for (size_t i = 0; i < f->functions.count; i++)
		vec_push(&functions, f->functions.item[i]);
	if (functions.count)
		qsort(functions.item, functions.count, sizeof(*functions.item),
			compare_functions);
	for (size_t i = 0; i < functions.count && i < BUSIEST; i++)
		put_function(v, &functions.item[i]);
	vec_free(&functions);
}

static void put_functions(struct view *v, const struct report_file *f, bool without_file)
{
	struct row_numbers rest = {0};
	uint32_t rest_count = 0;
	bool any = false;

	for (size_t i = 0; i < f->functions.count && !any; i++)
		any = is_active_function(v, &f->functions.item[i]);
	v->tenths = !any && !without_file;
	if (v->tenths) {
		put_busiest_functions(v, f);
		return;
	}
	for (size_t i = 0; i < f->functions.count; i++) {
		const struct report_function *g = &f->functions.item[i];

		if (is_active_function(v, g)) {
			put_function(v, g);
		} else if (class_times_sum(&g->self)) {
			class_times_add(&rest.self, &g->self);
			rest_count++;
		}
	}
	if (without_file && rest_count) {
		char text[64];

		snprintf(text, sizeof(text), "(%" PRIu32 " more of less than 1 %%)",
			rest_count);
		rest.total_ns = class_times_sum(&rest.self);
		put_row(v, 0, rest, (struct ptf_text){text, strlen(text)});
	}
}

/* --------------------------------------------------------------- files */

static unsigned natural_columns(struct view *v, const struct profile_source *s)
{
	struct text_style style = {.unicode = v->options->terminal.unicode, .tabs = true};
	unsigned widest = 0;

	for (size_t i = 0; s && i < s->line_starts.count; i++) {
		struct ptf_text text;
		unsigned columns;

		profile_source_line(s, s->first_line + (uint32_t)i, &text);
		columns = text_put(NULL, text.data, text.size, &style);
		widest = columns > widest ? columns : widest;
	}
	return widest;
}

static void put_title(struct view *v, struct ptf_text name, int64_t ns)
{
	char part[UNITS_SIZE], whole[UNITS_SIZE];
	char text[3 * UNITS_SIZE], brief[2 * UNITS_SIZE];

	units_time_brief(part, ns);
	snprintf(text, sizeof(text), ": %% of time = %6.2f%% (%s) out of %s.",
		percent(v, ns), part, units_time_brief(whole, v->report.all_ns));
	snprintf(brief, sizeof(brief), ": %.2f%% (%s)", percent(v, ns), part);
	table_title(&v->table, name.data, name.size, text, brief);
}

static void put_file(struct view *v, const struct report_file *f)
{
	static const char changed[] = "(this file was changed after the program started)";
	const struct profile_source *s = profile_source_of(v->p, f->file);
	struct ptf_text name = file_name(&v->names, v->p, f);
	uint32_t last = last_line(f, s);

	table_init(&v->table, v->out, &v->options->terminal, v->columns, v->column_count,
		natural_columns(v, s));
	put_title(v, name, class_times_sum(&f->self));
	if (s && s->changed_after_start)
		table_title(&v->table, "", 0, changed, "(changed since)");
	table_heading(&v->table, name.data, name.size);
	v->has_rows = false;
	v->is_aside = v->has_own && !f->is_own && f->file && !v->options->all_lines;
	v->brief = v->options->reduced || v->is_aside;
	v->tenths = f->file && !has_active_line(v, f);
	if (f->file) {
		bool lists = v->options->sort != EMIT_SORT_LINE || !s || last > LINES_MAX;

		if (v->tenths && v->is_aside)
			; /* the functions of a library are enough then */
		else if (v->tenths && (lists || !is_shown_whole(v, last)))
			put_busiest_lines(v, f, s);
		else if (v->options->sort != EMIT_SORT_LINE || !s || last > LINES_MAX)
			put_active_lines(v, f, s);
		else
			put_source_lines(v, f, s, last);
	}
	if (f->file && f->functions.count) {
		if (v->has_rows)
			table_rule(&v->table);
		table_caption(&v->table, "function summary", name.data, name.size);
	}
	put_functions(v, f, !f->file);
	table_end(&v->table);
	fputc('\n', v->out);
	v->tenths = false;
}

/* What the files below are, of whose code one cannot change much. */
static void put_libraries(struct view *v)
{
	struct class_times all = {0};
	char time[UNITS_SIZE], text[256];

	for (size_t i = 0; i < v->report.files.count; i++) {
		const struct report_file *f = &v->report.files.item[i];

		if (f->file && f->is_selected && !f->is_own)
			class_times_add(&all, &f->self);
	}
	snprintf(text, sizeof(text), "Library code%s: %.2f%% (%s).%s",
		v->options->charge == CHARGE_USER ? " that no line above called" : "",
		percent(v, class_times_sum(&all)),
		units_time_brief(time, class_times_sum(&all)),
		v->options->reduced || v->options->all_lines
			? ""
			: " Only lines with time are shown (--all-lines).");
	table_prose(v->out, &v->options->terminal, text);
	fputc('\n', v->out);
}

static void put_files(struct view *v)
{
	struct class_times small = {0}, unselected = {0};
	unsigned small_count = 0, unselected_count = 0;
	char time[UNITS_SIZE], text[256];
	bool told = false;

	v->has_own = v->report.files.count && v->report.files.item[0].is_own;

	for (size_t i = 0; i < v->report.files.count; i++) {
		const struct report_file *f = &v->report.files.item[i];

		if (!f->is_selected) {
			class_times_add(&unselected, &f->self);
			unselected_count += class_times_sum(&f->self) != 0;
		} else if (!report_shows_file(&v->report, v->p, f,
				   v->options->min_percent)) {
			class_times_add(&small, &f->self);
			small_count += class_times_sum(&f->self) != 0;
		} else {
			if (v->has_own && !f->is_own && f->file && !told) {
				put_libraries(v);
				told = true;
			}
			put_file(v, f);
		}
	}
	if (small_count) {
		snprintf(text, sizeof(text),
			"%u file%s of less than %u %% not shown, %.2f%% (%s) in all:"
			" --min 0",
			small_count, small_count == 1 ? "" : "s", v->options->min_percent,
			percent(v, class_times_sum(&small)),
			units_time_brief(time, class_times_sum(&small)));
		table_prose(v->out, &v->options->terminal, text);
	}
	if (unselected_count) {
		snprintf(text, sizeof(text), "%u file%s not asked for: %.2f%% (%s).",
			unselected_count, unselected_count == 1 ? "" : "s",
			percent(v, class_times_sum(&unselected)),
			units_time_brief(time, class_times_sum(&unselected)));
		table_prose(v->out, &v->options->terminal, text);
	}
}

static void put_text(struct view *v, struct ptf_text text)
{
	struct text_style style = {.unicode = v->options->terminal.unicode};

	text_put(v->out, text.data, text.size, &style);
}

static int put_report(struct view *v, uint32_t only_thread, struct ptf_error *err)
{
	struct report_options o = {
		.selection = &v->options->selection,
		.only_thread = only_thread,
		.wait_all = v->options->wait_all,
		.cpu_only = v->cpu_only,
		.memory_levels = true,
		.charge = v->options->charge,
	};
	int rc = report_make_with_memory(&v->report, v->p, &o, err);

	if (rc < 0)
		return rc;
	file_names_find(&v->names, v->p, &v->report);
	v->column_count = 0;
	make_columns(v);
	table_basis(v->out, v->options, &v->report,
		(struct table_scope){.cpu_only = v->cpu_only,
			.one_thread = only_thread != 0,
			.has_unknown = v->has_unknown});
	table_memory_basis(v->out, &v->memory);
	fputc('\n', v->out);
	if (v->report.all_ns == 0)
		fputs("No time was sampled.\n", v->out);
	if (v->report.all_ns || v->report.has_memory)
		put_files(v);
	table_memory_lists(v->out, &v->memory, &v->report, &v->names);
	report_free(&v->report);
	file_names_free(&v->names);
	return 0;
}

/* ------------------------------------------------------------- threads */

struct thread_row {
	uint32_t thread;
	struct class_times times;
};

static int compare_threads(const void *a, const void *b)
{
	const struct thread_row *x = a, *y = b;
	int64_t s = class_times_sum(&x->times), t = class_times_sum(&y->times);

	return s != t ? (s > t ? -1 : 1) : x->thread < y->thread ? -1 : 1;
}

static char *thread_title(const struct profile *p, uint32_t id)
{
	const struct profile_thread *t = &p->threads.item[id - 1];
	struct ptf_text name = profile_string(p, t->name);
	char of_process[32] = "", *text;

	if (profile_process_count(p) > 1 && t->process)
		snprintf(of_process, sizeof(of_process), " of process %" PRIu32,
			p->processes.item[t->process - 1].pid);
	if (asprintf(&text, "%.*s%s%" PRIu32 "%s%s", (int)name.size, name.data,
		    name.size ? ", " : "thread ", t->tid, of_process,
		    t->is_main ? " (main)" : "") < 0)
		return memory_zeroed(1, 1);
	return text;
}

static void put_thread_overview(struct view *v, const struct thread_row *row,
	size_t count)
{
	static const struct table_column columns[] = {
		{"Seconds", "Python", 9, PAINT_PYTHON},
		{"", "native", 9, PAINT_NATIVE},
		{"", "kernel", 9, PAINT_SYSTEM},
		{"", "ready", 9, PAINT_SYSTEM},
		{"", "GIL", 9, PAINT_SYSTEM},
		{"", "wait", 9, PAINT_SYSTEM},
		{"", "", 0, PAINT_PLAIN},
	};
	static const struct table_column with_unknown[] = {
		{"Seconds", "Python", 9, PAINT_PYTHON},
		{"", "native", 9, PAINT_NATIVE},
		{"", "kernel", 9, PAINT_SYSTEM},
		{"", "ready", 9, PAINT_SYSTEM},
		{"", "GIL", 9, PAINT_SYSTEM},
		{"", "wait", 9, PAINT_SYSTEM},
		{"", "unsampled", 9, PAINT_PLAIN},
		{"", "", 0, PAINT_PLAIN},
	};
	struct class_times all = {{0}};
	bool has_unknown;
	struct table table;

	for (size_t i = 0; i < count; i++)
		class_times_add(&all, &row[i].times);
	has_unknown = class_times_lack_samples(&all);
	table_init(&table, v->out, &v->options->terminal,
		has_unknown ? with_unknown : columns,
		sizeof(columns) / sizeof(columns[0]) + has_unknown, 30);
	table_heading(&table, "thread", 6);
	for (size_t i = 0; i < count; i++) {
		char text[PTF_CLASS_KIND_COUNT][32];
		const char *cell[PTF_CLASS_KIND_COUNT];
		char *title = thread_title(v->p, row[i].thread);

		for (int k = 0; k < PTF_CLASS_KIND_COUNT; k++) {
			/* What no sample stands for (0) comes last. */
			int at = k ? k - 1 : PTF_CLASS_KIND_COUNT - 1;

			cell[at] = text[at];
			text[at][0] = '\0';
			if (row[i].times.ns[k])
				snprintf(text[at], sizeof(text[0]), "%.3f",
					(double)row[i].times.ns[k] / 1e9);
		}
		table_row(&table, cell, title, strlen(title), PAINT_PLAIN);
		free(title);
	}
	table_end(&table);
	fputc('\n', v->out);
}

static int put_threads(struct view *v, struct ptf_error *err)
{
	VEC(struct thread_row) rows = {0};
	struct class_times *times = report_thread_times(v->p);
	struct class_times all = {0}, small = {0};
	unsigned small_count = 0;
	int rc = 0;

	for (uint32_t id = 1; id <= v->p->threads.count; id++) {
		if (!filter_keeps_thread(v->p->filter, id))
			continue;
		class_times_add(&all, &times[id]);
		vec_push(&rows, (struct thread_row){id, times[id]});
	}
	free(times);
	if (rows.count == 0) {
		fputs("No thread to show.\n", v->out);
		return 0;
	}
	qsort(rows.item, rows.count, sizeof(*rows.item), compare_threads);
	put_thread_overview(v, rows.item, rows.count);
	for (size_t i = 0; i < rows.count && rc >= 0; i++) {
		int64_t ns = class_times_sum(&rows.item[i].times);
		char *title;

		if (units_percent((double)ns, (double)class_times_sum(&all)) <
			v->options->min_percent) {
			class_times_add(&small, &rows.item[i].times);
			small_count++;
			continue;
		}
		title = thread_title(v->p, rows.item[i].thread);
		fputs(terminal_paint(&v->options->terminal, PAINT_TITLE), v->out);
		put_text(v, (struct ptf_text){title, strlen(title)});
		fprintf(v->out, "%s\n",
			terminal_paint(&v->options->terminal, PAINT_PLAIN));
		free(title);
		rc = put_report(v, rows.item[i].thread, err);
		fputc('\n', v->out);
	}
	if (small_count) {
		char time[UNITS_SIZE];

		fprintf(v->out,
			"%u thread%s of less than %u %% not shown, %s in all: "
			"--min 0\n",
			small_count, small_count == 1 ? "" : "s", v->options->min_percent,
			units_time_brief(time, class_times_sum(&small)));
	}
	vec_free(&rows);
	return rc;
}

/* ----------------------------------------------------------------- all */

static int write_table(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct view v = {.out = out,
		.p = p,
		.options = options,
		.cpu_only = emit_metric(&emit_table, options) == EMIT_METRIC_CPU};

	table_header(out, p, &options->terminal);
	return options->threads ? put_threads(&v, err) : put_report(&v, 0, err);
}

const struct emit_format emit_table = {
	.name = "table",
	.suffix = ".txt",
	.description = "lines and functions with their share of the time, for people",
	.cannot_carry = "stacks, times of the samples, counters",
	.options = EMIT_OPTION_BY_FILE | EMIT_OPTION_THREADS | EMIT_OPTION_WAIT |
		EMIT_OPTION_CHARGE | EMIT_OPTION_MIN | EMIT_OPTION_REDUCED |
		EMIT_OPTION_ALL_LINES | EMIT_OPTION_SORT | EMIT_OPTION_CLASSES |
		EMIT_OPTION_METRIC,
	.metric = EMIT_METRIC_WALL,
	.write = write_table,
};
