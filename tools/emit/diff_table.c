/* --to table: a diff on a terminal, like the line table of one trace. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/table.h"
#include "tools/cli/text.h"
#include "tools/core/units.h"
#include "tools/emit/diff_words.h"

/* Of the changes above the tables; the tables have them all. */
#define NAMED_MAX 12
/* ... of each metric of memory, which have no tables. */
#define MEMORY_NAMED_MAX 6

enum {
	COLUMN_COUNT = 8,
};

struct view {
	FILE *out;
	const struct diff_print *print;
	const struct diff *d;
	struct table_column columns[COLUMN_COUNT];
	struct table table;
};

static void set_columns(struct view *v)
{
	/* "+94.1 MiB" is longer than "+94.1 ms"; 80 columns are just enough for each. */
	unsigned more = v->d->options.metric == DIFF_TIME ? 0 : 1;
	const struct table_column columns[COLUMN_COUNT] = {
		{"", "Line", 6, PAINT_PLAIN},
		{diff_metric_title(v->d), "base", 8, PAINT_PLAIN},
		{"", "new", 8, PAINT_PLAIN},
		{"Change", "", 8 + more, PAINT_PLAIN},
		{"", "+-", 7 + more, PAINT_PLAIN},
		{"", "%", 6, PAINT_PLAIN},
		{"", "is", 8, PAINT_PLAIN},
		{"", "", 0, PAINT_PLAIN},
	};

	memcpy(v->columns, columns, sizeof(columns));
}

static double larger(const struct diff_measured *m)
{
	return m->base > m->new ? m->base : m->new;
}

static bool is_named(const struct diff_measured *m)
{
	return diff_is_found(m) || m->beyond_sampling;
}

/* Whether a row is worth its line. */
static bool shows(const struct view *v, const struct diff_measured *m)
{
	double all = larger(&v->d->nodes.item[0].total_measured);

	return is_named(m) || (larger(m) > 0 && larger(m) >= v->print->min_share * all);
}

static void prose(const struct view *v, const char *text, enum paint paint)
{
	struct text_style style = {.unicode = v->print->terminal.unicode,
		.max_columns = v->print->terminal.columns};

	fputs(paint == PAINT_PLAIN ? "" : terminal_paint(&v->print->terminal, paint),
		v->out);
	text_wrap(v->out, text, &style, 0, 0);
	fputs(paint == PAINT_PLAIN ? ""
				   : terminal_paint(&v->print->terminal, PAINT_PLAIN),
		v->out);
	fputc('\n', v->out);
}

static enum paint paint_of(const struct diff_measured *m)
{
	if (is_named(m))
		return m->difference > 0 ? PAINT_HOT : PAINT_GOOD;
	return PAINT_PLAIN;
}

/* -------------------------------------------------------- first screen */

static void put_side(const struct view *v, enum diff_side side)
{
	char *title = diff_side_title(v->d, side), *text;
	const struct diff_runs *r = &v->d->side[side];

	if (asprintf(&text, "%s: %s (%s%s)", side == DIFF_BASE ? "base" : "new ", title,
		    r->runs.count ? r->which.of.item[0].path : "",
		    r->runs.count > 1 ? ", ..." : "") >= 0) {
		prose(v, text, PAINT_PLAIN);
		free(text);
	}
	free(title);
}

static void put_facts(const struct view *v)
{
	for (size_t i = 0; i < v->print->facts->item.count; i++) {
		const struct diff_fact *f = &v->print->facts->item.item[i];
		char *text;
		int size;

		if (f->new)
			size = asprintf(&text, "%s%s: %s -> %s",
				f->is_refusal ? "Forced, not comparable: " : "Differs: ",
				f->what, *f->base ? f->base : "unknown",
				*f->new ? f->new : "unknown");
		else
			size = asprintf(&text, "%s%s",
				f->is_refusal ? "Forced, not comparable: " : "Note: ",
				f->base);
		if (size >= 0) {
			prose(v, text, f->is_refusal ? PAINT_HOT : PAINT_PLAIN);
			free(text);
		}
	}
}

static void put_headlines(const struct view *v)
{
	for (size_t i = 0; i < diff_headline_count(v->print); i++) {
		char *text = diff_sentence(v->print, i);

		prose(v, text ? text : "", i == 0 ? PAINT_TITLE : PAINT_PLAIN);
		free(text);
	}
}

static void put_notes(const struct view *v)
{
	char *text;

	for (size_t i = diff_headline_count(v->print);
		(text = diff_sentence(v->print, i)) != NULL; i++) {
		prose(v, text, PAINT_PLAIN);
		free(text);
	}
	fputc('\n', v->out);
}

/* "  +470 ms    +98 %  step (work.py:10), with what it calls"; of what, or "" */
static void put_name(const struct view *v, const struct diff *d,
	const struct diff_named *named, const char *of_what)
{
	const struct diff_node *node = &d->nodes.item[named->node];
	const struct diff_measured *m = diff_named_measure(d, named);
	char change[DIFF_WORDS_SIZE], percent[DIFF_WORDS_SIZE], half[DIFF_WORDS_SIZE];
	char *title = diff_node_title(d, node), *fate = diff_fate_words(d, node);
	struct ptf_text source = node->view == DIFF_LINE ? diff_line_text(d, node)
							 : (struct ptf_text){"", 0};
	struct text_style style = {.unicode = v->print->terminal.unicode,
		.max_columns = v->print->terminal.columns};
	char *text;
	int size;

	while (source.size && (*source.data == ' ' || *source.data == '\t')) {
		source.data++;
		source.size--;
	}
	diff_half_width(half, d, m);
	size = asprintf(&text, "%10s %s%-8s %8s  %s%s%s%s%s%.*s",
		diff_change(change, d, m->difference), *half ? "+- " : "   ", half,
		diff_percent(percent, m), of_what, title, fate,
		named->is_total ? ", with what it calls" : "", source.size ? "  " : "",
		(int)source.size, source.data);
	if (size >= 0) {
		fputs(terminal_paint(&v->print->terminal, paint_of(m)), v->out);
		text_put(v->out, text, (size_t)size, &style);
		fprintf(v->out, "%s\n", terminal_paint(&v->print->terminal, PAINT_PLAIN));
		free(text);
	}
	free(title);
	free(fate);
}

static void put_names(const struct view *v)
{
	struct diff_names names = {0};
	const struct diff *d = v->d;
	size_t shown = 0;

	diff_name_changes(d, &names);
	fputc('\n', v->out);
	if (names.item.count == 0)
		prose(v,
			diff_has_replicates(d)
				? "No line or function is named: none differs by more "
				  "than "
				  "chance as far as these runs can show."
				: "No line or function differs by more than the sampling "
				  "error.",
			PAINT_PLAIN);
	else
		prose(v,
			diff_has_replicates(d) ? "What changed:"
					       : "What differs by more than the sampling "
						 "error of these two "
						 "runs:",
			PAINT_TITLE);
	for (; shown < names.item.count && shown < NAMED_MAX; shown++)
		put_name(v, d, &names.item.item[shown], "");
	if (shown < names.item.count) {
		char text[64];

		snprintf(text, sizeof(text), "(%zu more in the tables)",
			names.item.count - shown);
		prose(v, text, PAINT_DIM);
	}
	fputc('\n', v->out);
	vec_free(&names.item);
}

/* What became of memory, below what became of time. */
static void put_memory_names(const struct view *v)
{
	bool any = false;

	for (size_t i = 0; i < DIFF_MEMORY_METRICS; i++) {
		struct diff_names names = {0};
		char of_what[32];

		diff_name_memory(v->print, i, &names);
		if (names.item.count && !any)
			prose(v,
				diff_has_replicates(v->d)
					? "What changed of memory:"
					: "What of memory differs by more than the "
					  "sampling error:",
				PAINT_TITLE);
		any = any || names.item.count;
		for (size_t k = 0; k < names.item.count && k < MEMORY_NAMED_MAX; k++) {
			const struct diff *d = &v->print->memory->of[i];

			snprintf(of_what, sizeof(of_what), "%-9s  ",
				diff_metric_title(d));
			put_name(v, d, &names.item.item[k], of_what);
		}
		vec_free(&names.item);
	}
	if (any)
		fputc('\n', v->out);
}

/* --------------------------------------------------------------- tables */

static void put_row(struct view *v, const char *line, const struct diff_measured *m,
	const char *text, size_t size)
{
	char base[DIFF_WORDS_SIZE] = "", new[DIFF_WORDS_SIZE] = "";
	char change[DIFF_WORDS_SIZE], half[DIFF_WORDS_SIZE], percent[DIFF_WORDS_SIZE];
	const char *cell[COLUMN_COUNT] = {line, base, new, change, half, percent,
		diff_verdict_words(v->d, m), ""};

	if (m->base > 0)
		diff_amount(base, v->d, m->base);
	if (m->new > 0)
		diff_amount(new, v->d, m->new);
	diff_change(change, v->d, m->difference);
	diff_half_width(half, v->d, m);
	diff_percent(percent, m);
	table_row(&v->table, cell, text, size, paint_of(m));
}

/* The fate is in front of the number, as in a text diff. */
static void put_line_row(struct view *v, const struct diff_node *node)
{
	static const char mark[] = {' ', '~', ' ', ' ', '+', '-'};
	enum diff_side side = node->line[DIFF_NEW] ? DIFF_NEW : DIFF_BASE;
	struct ptf_text text = diff_line_text(v->d, node);
	char line[24];

	snprintf(line, sizeof(line), "%c%" PRIu32, mark[node->fate], node->line[side]);
	put_row(v, *line == ' ' ? line + 1 : line, &node->self_measured, text.data,
		text.size);
}

static void put_titled_row(struct view *v, const struct diff_node *node,
	const struct diff_measured *m)
{
	enum diff_side side = node->line[DIFF_NEW] ? DIFF_NEW : DIFF_BASE;
	char *fate = diff_fate_words(v->d, node), *text, line[16] = "", *title;
	int size;

	if (node->view == DIFF_FUNCTION && node->file[side]) {
		if (node->line[side])
			snprintf(line, sizeof(line), "%" PRIu32, node->line[side]);
		title = report_function_title(v->d->side[side].which.p,
			node->function[side]);
	} else {
		title = diff_node_title(v->d, node);
	}
	size = asprintf(&text, "%s%s", title, fate);
	if (size >= 0) {
		put_row(v, line, m, text, (size_t)size);
		free(text);
	}
	free(title);
	free(fate);
}

/* What vanished stands in the table of what its file is now. */
static uint32_t file_key(const struct diff *d, const struct diff_node *node,
	enum diff_side *side)
{
	enum diff_fate fate;
	uint32_t file = node->file[DIFF_NEW];

	if (!file)
		file = diff_match_file(d->match, DIFF_BASE, node->file[DIFF_BASE], &fate);
	*side = file ? DIFF_NEW : DIFF_BASE;
	return file ? file : node->file[DIFF_BASE];
}

/* The rows of one file. */
struct file_rows {
	enum diff_side side;
	uint32_t file;                   /* of that side; 0 = what has no file */
	double largest;                  /* difference of a row that is shown */
	bool is_shown;                   /* has time of its own, or is named */
	struct id_list lines, functions; /* nodes */
};

struct all_files {
	struct file_rows *item;
	size_t count, capacity;
};

static struct file_rows *rows_of(const struct diff *d, struct all_files *files,
	struct intern *keys, const struct diff_node *node)
{
	struct {
		uint32_t side, file;
	} key;
	enum diff_side side;
	uint32_t id;

	key.file = file_key(d, node, &side);
	key.side = key.file ? side : 0;
	id = intern_bytes(keys, &key, sizeof(key));
	if (id > files->count)
		vec_push(files, (struct file_rows){.side = key.side, .file = key.file});
	return &files->item[id - 1];
}

static int compare_files(const void *a, const void *b)
{
	const struct file_rows *x = a, *y = b;

	if (x->largest != y->largest)
		return x->largest > y->largest ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

static int compare_lines(const void *a, const void *b, void *context)
{
	const struct diff *d = context;
	const struct diff_node *x = &d->nodes.item[*(const uint32_t *)a],
			       *y = &d->nodes.item[*(const uint32_t *)b];
	uint32_t m = x->line[x->line[DIFF_NEW] ? DIFF_NEW : DIFF_BASE];
	uint32_t n = y->line[y->line[DIFF_NEW] ? DIFF_NEW : DIFF_BASE];

	if (m != n)
		return m < n ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Largest difference first. */
static int compare_totals(const void *a, const void *b, void *context)
{
	const struct diff *d = context;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	double x = fabs(d->nodes.item[i].total_measured.difference);
	double y = fabs(d->nodes.item[k].total_measured.difference);

	if (x != y)
		return x > y ? -1 : 1;
	return i < k ? -1 : i > k;
}

static void sort_rows(const struct view *v, struct id_list *rows, bool by_line)
{
	if (rows->count)
		qsort_r(rows->item, rows->count, sizeof(*rows->item),
			by_line ? compare_lines : compare_totals,
			(void *)(uintptr_t)v->d);
}

static void put_file(struct view *v, struct file_rows *f)
{
	struct ptf_text name = f->file
		? diff_match_short_path(v->d->match, f->side, f->file)
		: (struct ptf_text){"(no source file)", 16};

	table_init(&v->table, v->out, &v->print->terminal, v->columns, COLUMN_COUNT, 40);
	table_heading(&v->table, name.data, name.size);
	sort_rows(v, &f->lines, true);
	for (size_t i = 0; i < f->lines.count; i++)
		put_line_row(v, &v->d->nodes.item[f->lines.item[i]]);
	if (f->functions.count) {
		if (f->lines.count)
			table_rule(&v->table);
		table_caption(&v->table, "functions, with what they call,", name.data,
			name.size);
		sort_rows(v, &f->functions, false);
		for (size_t i = 0; i < f->functions.count; i++) {
			const struct diff_node *node =
				&v->d->nodes.item[f->functions.item[i]];

			put_titled_row(v, node, &node->total_measured);
		}
	}
	table_end(&v->table);
	fputc('\n', v->out);
}

static void put_files(struct view *v)
{
	struct all_files files = {0};
	struct intern keys = {0};

	for (uint32_t i = 0; i < v->d->nodes.count; i++) {
		const struct diff_node *node = &v->d->nodes.item[i];
		bool is_line = node->view == DIFF_LINE;
		const struct diff_measured *m =
			is_line ? &node->self_measured : &node->total_measured;
		struct file_rows *f;
		double change = fabs(node->self_measured.difference);

		if ((!is_line && node->view != DIFF_FUNCTION) ||
			(!shows(v, m) && !shows(v, &node->self_measured)))
			continue;
		f = rows_of(v->d, &files, &keys, node);
		if (is_line)
			vec_push(&f->lines, i);
		else
			vec_push(&f->functions, i);
		f->largest = change > f->largest ? change : f->largest;
		f->is_shown |= shows(v, &node->self_measured) || is_named(m);
	}
	if (files.count)
		qsort(files.item, files.count, sizeof(*files.item), compare_files);
	for (size_t i = 0; i < files.count; i++) {
		if (files.item[i].is_shown)
			put_file(v, &files.item[i]);
		vec_free(&files.item[i].lines);
		vec_free(&files.item[i].functions);
	}
	vec_free(&files);
	intern_free(&keys);
}

/* "main;step;sin" from the outermost on; the caller frees it. */
static char *stack_title(const struct diff *d, uint32_t index)
{
	struct id_list path = {0};
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (; index; index = d->nodes.item[index].parent)
		vec_push(&path, index);
	for (size_t i = path.count; f && i-- > 0;) {
		const struct diff_node *node = &d->nodes.item[path.item[i]];
		enum diff_side side = node->function[DIFF_NEW] ? DIFF_NEW : DIFF_BASE;
		char *title = report_function_title(d->side[side].which.p,
			node->function[side]);

		fprintf(f, "%s%s", title, i ? ";" : "");
		free(title);
	}
	if (f)
		fclose(f);
	vec_free(&path);
	return text ? text : memory_zeroed(1, 1);
}

/* A table of a view that has no lines: files, stacks, threads, modules. */
static void put_view(struct view *v, enum diff_view view, const char *heading,
	bool is_total)
{
	struct id_list rows = {0};

	for (uint32_t i = 0; i < v->d->nodes.count; i++) {
		const struct diff_node *node = &v->d->nodes.item[i];

		if (node->view == view &&
			shows(v, is_total ? &node->total_measured : &node->self_measured))
			vec_push(&rows, i);
	}
	if (rows.count == 0)
		return;
	sort_rows(v, &rows, false);
	table_init(&v->table, v->out, &v->print->terminal, v->columns, COLUMN_COUNT, 40);
	table_heading(&v->table, heading, strlen(heading));
	for (size_t i = 0; i < rows.count; i++) {
		const struct diff_node *node = &v->d->nodes.item[rows.item[i]];

		if (view == DIFF_STACK) {
			char *title = stack_title(v->d, rows.item[i]);

			put_row(v, "", &node->self_measured, title, strlen(title));
			free(title);
		} else {
			put_titled_row(v, node,
				is_total ? &node->total_measured : &node->self_measured);
		}
	}
	table_end(&v->table);
	fputc('\n', v->out);
	vec_free(&rows);
}

/* ------------------------------------------------------------------ all */

static void write_table(FILE *out, const struct diff_print *print)
{
	struct view v = {.out = out, .print = print, .d = print->d};

	set_columns(&v);
	put_side(&v, DIFF_BASE);
	put_side(&v, DIFF_NEW);
	put_facts(&v);
	fputc('\n', out);
	put_headlines(&v);
	put_names(&v);
	put_memory_names(&v);
	put_notes(&v);
	put_files(&v);
	put_view(&v, DIFF_FILE, "files, with what they call", true);
	put_view(&v, DIFF_STACK, "stacks", false);
	put_view(&v, DIFF_THREAD, "threads", true);
	put_view(&v, DIFF_MODULE, "modules", false);
	put_view(&v, DIFF_CLASS, diff_classes_title(print->d), true);
}

const struct diff_format diff_table = {
	.name = "table",
	.suffix = ".txt",
	.description = "what changed, then lines and functions of both sides, for people",
	.tells_memory = true,
	.write = write_table,
};
