/*
 * --to csv: one row for each line and class of time, for spreadsheets, R and
 * pandas:
 *
 *     file,line,function,class,self_ns,total_ns
 *     /home/me/walk.py,12,step,python,812345678,812345678
 *
 * self_ns is the time that the line is charged with, total_ns that of all stacks
 * with the line in them. With --threads each thread has rows of its own, and the
 * columns process and thread before the others. Sums of self_ns are the totals
 * of the table; unknown lines are empty. With --metric await it is the time that
 * tasks were suspended, and the class is "await".
 *
 * Where memory was recorded, there are its bytes behind the time, but not by thread:
 * the class is that of the allocator.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/csv.h"
#include "tools/core/class_names.h"
#include "tools/core/heap_measure.h"
#include "tools/core/texts.h"
#include "tools/core/tracks.h"
#include "tools/emit/registry.h"

struct csv_row {
	struct report_place place;
	/* What it is charged with, [enum heap_measure]; by class. */
	struct class_times bytes[HEAP_MEASURE_COUNT];
};

struct csv_writer {
	struct csv csv;
	const struct profile *p;
	bool by_thread, awaits, has_memory;
	VEC(struct csv_row) rows;
};

/* The same input always gives the same order. */
static int compare_rows(const void *a, const void *b, void *context)
{
	const struct profile *p = context;
	const struct report_place *s = &((const struct csv_row *)a)->place;
	const struct report_place *t = &((const struct csv_row *)b)->place;
	struct profile_place x = profile_get_place(p, s->place);
	struct profile_place y = profile_get_place(p, t->place);
	struct profile_function f = profile_get_function(p, x.function);
	struct profile_function g = profile_get_function(p, y.function);
	int order;

	if (s->thread != t->thread)
		return s->thread < t->thread ? -1 : 1;
	order = text_order(profile_string(p, f.file), profile_string(p, g.file));
	if (order)
		return order;
	if (x.line != y.line)
		return x.line < y.line ? -1 : 1;
	order = text_order(profile_string(p, f.name), profile_string(p, g.name));
	return order ? order : s->place < t->place ? -1 : s->place > t->place;
}

static void put_title(struct csv_writer *w, char *title)
{
	csv_literal(&w->csv, title);
	free(title);
}

static void put_class(struct csv_writer *w, const struct csv_row *row,
	uint32_t class_kind)
{
	const struct report_place *place = &row->place;
	const struct profile *p = w->p;
	struct profile_place at = profile_get_place(p, place->place);
	struct ptf_text file =
		profile_string(p, profile_get_function(p, at.function).file);
	uint32_t thread = place->thread;

	if (w->by_thread) {
		put_title(w, tracks_process_title(p, profile_process_of(p, thread)));
		put_title(w, report_thread_title(p, thread));
	}
	csv_text(&w->csv, file.data, file.size);
	if (at.line)
		csv_integer(&w->csv, at.line);
	else
		csv_literal(&w->csv, "");
	put_title(w, report_function_title(p, at.function));
	csv_literal(&w->csv, w->awaits ? "await" : class_name(class_kind));
	csv_integer(&w->csv, place->self.ns[class_kind]);
	csv_integer(&w->csv, place->total.ns[class_kind]);
	for (int m = 0; w->has_memory && m < HEAP_MEASURE_COUNT; m++)
		csv_integer(&w->csv, row->bytes[m].ns[class_kind]);
	csv_end_row(&w->csv);
}

static bool has_class(const struct csv_row *row, uint32_t class_kind)
{
	bool any = row->place.total.ns[class_kind] != 0;

	for (int m = 0; m < HEAP_MEASURE_COUNT && !any; m++)
		any = row->bytes[m].ns[class_kind] != 0;
	return any;
}

/* ----------------------------------------------------------------- rows */

static void take_time(struct csv_writer *w, const struct report_options *counted)
{
	struct report_places places;

	report_places_make(&places, w->p, counted, w->by_thread);
	for (size_t i = 0; i < places.items.count; i++)
		vec_push(&w->rows, (struct csv_row){.place = places.items.item[i]});
	report_places_free(&places);
}

/*
 * What no thread is told of: by place alone. Of a selection in which nothing of it is
 * left there is none, as in a trace of that alone.
 */
static int take_memory(struct csv_writer *w, const struct report_options *counted,
	struct ptf_error *err)
{
	struct profile_cells cells[HEAP_MEASURE_COUNT];
	VEC(uint32_t) row_of = {0}; /* [place] = index + 1 */
	int rc = heap_all_measures(cells, w->p, err);

	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < w->rows.count; i++) {
		vec_cover(&row_of, w->rows.item[i].place.place);
		row_of.item[w->rows.item[i].place.place] = i + 1;
	}
	for (int m = 0; m < HEAP_MEASURE_COUNT; m++) {
		struct report_options of_bytes = *counted;
		struct report_places places;

		of_bytes.bytes = &cells[m];
		report_places_make(&places, w->p, &of_bytes, false);
		for (size_t i = 0; i < places.items.count; i++) {
			const struct report_place *place = &places.items.item[i];

			vec_cover(&row_of, place->place);
			if (!row_of.item[place->place]) {
				vec_push(&w->rows,
					(struct csv_row){.place.place = place->place});
				row_of.item[place->place] = (uint32_t)w->rows.count;
			}
			w->rows.item[row_of.item[place->place] - 1].bytes[m] =
				place->self;
			w->has_memory = true;
		}
		report_places_free(&places);
		cells_free(&cells[m]);
	}
	vec_free(&row_of);
	return 0;
}

/* ----------------------------------------------------------------- all */

static bool is_asked(const struct csv_writer *w, const struct emit_options *options,
	const struct report_place *place)
{
	uint32_t function = profile_get_place(w->p, place->place).function;

	return selection_has_file(&options->selection,
		profile_string(w->p, profile_get_function(w->p, function).file));
}

static void put_header(struct csv_writer *w)
{
	static const char *const names[] = {"process", "thread", "file", "line",
		"function", "class", "self_ns", "total_ns"};

	for (size_t i = w->by_thread ? 0 : 2; i < sizeof(names) / sizeof(names[0]); i++)
		csv_literal(&w->csv, names[i]);
	for (int m = 0; w->has_memory && m < HEAP_MEASURE_COUNT; m++) {
		char name[32];

		snprintf(name, sizeof(name), "%s_bytes",
			heap_measure_name((enum heap_measure)m));
		csv_literal(&w->csv, name);
	}
	csv_end_row(&w->csv);
}

static int write_csv(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct csv_writer w = {.p = p,
		.by_thread = options->threads,
		.awaits = emit_metric(&emit_csv, options) == EMIT_METRIC_AWAIT};
	const struct report_options counted = {.selection = &options->selection,
		.wait_all = options->wait_all || options->threads,
		.cpu_only = emit_metric(&emit_csv, options) == EMIT_METRIC_CPU,
		.awaits = w.awaits,
		.charge = options->charge};
	int rc = 0;

	take_time(&w, &counted);
	if (!w.by_thread && !w.awaits && profile_has_memory(p))
		rc = take_memory(&w, &counted, err);
	if (w.rows.count)
		qsort_r(w.rows.item, w.rows.count, sizeof(*w.rows.item), compare_rows,
			(void *)(uintptr_t)p);
	csv_begin(&w.csv, out);
	put_header(&w);
	for (size_t i = 0; i < w.rows.count; i++)
		for (uint32_t kind = 0; kind < PTF_CLASS_KIND_COUNT; kind++)
			if (has_class(&w.rows.item[i], kind) &&
				is_asked(&w, options, &w.rows.item[i].place))
				put_class(&w, &w.rows.item[i], kind);
	vec_free(&w.rows);
	return rc;
}

const struct emit_format emit_csv = {
	.name = "csv",
	.suffix = ".csv",
	.description =
		"a row for each line and class of time, for spreadsheets and scripts",
	.cannot_carry =
		"stacks, times of the samples, source text, counters, marks, losses; "
		"time awaited without --metric await; memory with --threads",
	.options = EMIT_OPTION_BY_FILE | EMIT_OPTION_THREADS | EMIT_OPTION_WAIT |
		EMIT_OPTION_CHARGE | EMIT_OPTION_METRIC | EMIT_OPTION_AWAIT,
	.metric = EMIT_METRIC_WALL,
	.write = write_csv,
};
