/*
 * --to firefox: the processed profile of the Firefox Profiler
 * (https://profiler.firefox.com), version 70 of its layout.
 *
 * Each row is one sample of its thread: its stamp, its time as weight, its CPU
 * time. Classes are categories, details ("sleep") their subcategories: the
 * innermost frame of a stack carries the class of the row, so that a stack that
 * was seen in several classes stands in the table several times. Counters are
 * tracks of their process, marks are markers, source texts show with the times
 * of their lines.
 *
 * Columns stand one after the other, so each thread is gone through once for
 * each (core/row_spool.h); the tables of stacks are in memory, as the profile.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/json.h"
#include "tools/core/class_names.h"
#include "tools/core/row_spool.h"
#include "tools/core/texts.h"
#include "tools/core/tracks.h"
#include "tools/core/units.h"
#include "tools/core/wrapping.h"
#include "tools/emit/firefox_tables.h"
#include "tools/emit/origin.h"
#include "tools/emit/registry.h"

#define LAYOUT_VERSION 70
/* Times are milliseconds there. */
#define MS_DECIMALS 6

/* A mark and the track whose marker it becomes. */
struct placed_mark {
	size_t track;
	const struct profile_mark *mark;
};

struct firefox {
	struct json j;
	const struct profile *p;
	struct row_spool *spool;
	struct tracks tracks;
	unsigned class_mask;
	struct firefox_tables tables;
	VEC(size_t) thread_of_track; /* [track] = index + 1 in the file, 0 = none */
	VEC(struct placed_mark) marks;
};

/* ------------------------------------------------------------- threads */

enum column {
	COLUMN_STACK,
	COLUMN_TIME,
	COLUMN_WEIGHT,
	COLUMN_CPU,
	COLUMN_COUNT,
};

struct sample_writer {
	struct firefox *f;
	enum column column;
	int64_t last_ns;
	uint64_t count;
};

static void on_row(void *context, const struct spool_row *row)
{
	struct sample_writer *w = context;
	struct firefox *f = w->f;
	uint32_t kind = profile_get_class(f->p, row->class_id).kind;
	uint32_t stack;

	if (!(f->class_mask & 1u << kind))
		return;
	switch (w->column) {
	case COLUMN_STACK:
		if (firefox_stack_index(&f->tables, row->node, row->class_id, &stack))
			json_unsigned(&f->j, NULL, stack);
		else
			json_null(&f->j, NULL);
		break;
	case COLUMN_TIME:
		/* Of threads that are not known rows come in any order. */
		if (w->count == 0 || row->time_ns > w->last_ns)
			w->last_ns = row->time_ns;
		json_decimal(&f->j, NULL, w->last_ns, MS_DECIMALS);
		break;
	case COLUMN_WEIGHT:
		json_decimal(&f->j, NULL, row->weight_ns, MS_DECIMALS);
		break;
	default:
		json_integer(&f->j, NULL, profile_is_off_cpu(kind) ? 0 : row->weight_ns);
	}
	w->count++;
}

static int put_samples(struct firefox *f, size_t track, struct ptf_error *err)
{
	static const char *const names[COLUMN_COUNT] = {"stack", "time", "weight",
		"threadCPUDelta"};
	struct sample_writer w = {.f = f};
	int rc = 0;

	json_object(&f->j, "samples");
	for (int column = 0; column < COLUMN_COUNT && rc >= 0; column++) {
		w = (struct sample_writer){.f = f, .column = (enum column)column};
		json_inline_array(&f->j, names[column]);
		rc = row_spool_rows(f->spool, track, on_row, &w, err);
		json_end(&f->j);
	}
	json_literal(&f->j, "weightType", "tracing-ms");
	json_unsigned(&f->j, "length", w.count);
	json_end(&f->j);
	return rc;
}

static int compare_marks(const void *a, const void *b)
{
	const struct placed_mark *x = a, *y = b;

	if (x->track != y->track)
		return x->track < y->track ? -1 : 1;
	if (x->mark->time_ns != y->mark->time_ns)
		return x->mark->time_ns < y->mark->time_ns ? -1 : 1;
	return x->mark < y->mark ? -1 : x->mark > y->mark;
}

/*
 * Firefox has no markers without a thread: the first of the section stands in, or of
 * all, as those of a recording's later part may all go on from its first.
 */
static size_t track_of_mark(const struct firefox *f, const struct profile_mark *mark)
{
	size_t first = f->tracks.items.count;

	if (mark->thread)
		return tracks_index(f->p, mark->section, mark->thread);
	for (size_t i = 0; i < f->tracks.items.count; i++) {
		const struct track *track = &f->tracks.items.item[i];

		if (!track->is_shown)
			continue;
		if (track->section == mark->section)
			return i;
		if (first == f->tracks.items.count)
			first = i;
	}
	return first;
}

static void place_marks(struct firefox *f)
{
	for (size_t i = 0; i < f->p->marks.count; i++) {
		const struct profile_mark *mark = &f->p->marks.item[i];
		size_t track = track_of_mark(f, mark);
		int64_t time_ns;

		if (tracks_mark_time(f->p, mark, &time_ns))
			vec_push(&f->marks, (struct placed_mark){track, mark});
	}
	if (f->marks.count)
		qsort(f->marks.item, f->marks.count, sizeof(*f->marks.item),
			compare_marks);
}

static struct ptf_text literal(const char *text)
{
	return (struct ptf_text){text, strlen(text)};
}

static struct ptf_text mark_name(const struct firefox *f, const struct profile_mark *mark)
{
	if (mark->kind == PTF_MARK_RECORDING_ON)
		return literal("recording on");
	if (mark->kind == PTF_MARK_RECORDING_OFF)
		return literal("recording off");
	return profile_string(f->p, mark->name);
}

enum marker_column {
	MARKER_NAME,
	MARKER_START,
	MARKER_END,
	MARKER_PHASE,
	MARKER_CATEGORY,
	MARKER_DATA,
	MARKER_COLUMN_COUNT,
};

static void put_marker(struct firefox *f, const struct profile_mark *mark,
	enum marker_column column)
{
	struct ptf_text name = mark_name(f, mark);
	struct json *j = &f->j;
	int64_t time_ns;

	tracks_mark_time(f->p, mark, &time_ns);
	switch (column) {
	case MARKER_NAME:
		json_unsigned(j, NULL, firefox_string(&f->tables, name.data, name.size));
		break;
	case MARKER_START:
	case MARKER_END:
		if ((mark->kind == PTF_MARK_END) == (column == MARKER_END))
			json_decimal(j, NULL, time_ns, MS_DECIMALS);
		else
			json_null(j, NULL);
		break;
	case MARKER_PHASE:
		/* an instant, the start of an interval, the end of one */
		json_unsigned(j, NULL,
			mark->kind == PTF_MARK_BEGIN         ? 2
				: mark->kind == PTF_MARK_END ? 3
							     : 0);
		break;
	case MARKER_CATEGORY:
		json_unsigned(j, NULL, FIREFOX_CATEGORY_OTHER);
		break;
	default:
		json_object(j, NULL);
		json_literal(j, "type", "mark");
		json_end(j);
	}
}

/* Those of the track; *next is the first mark of the next track. */
static void put_markers(struct firefox *f, size_t track, size_t *next)
{
	static const char *const names[MARKER_COLUMN_COUNT] = {"name", "startTime",
		"endTime", "phase", "category", "data"};
	size_t first, end;

	while (*next < f->marks.count && f->marks.item[*next].track < track)
		++*next;
	for (end = first = *next; end < f->marks.count; end++)
		if (f->marks.item[end].track != track)
			break;
	json_object(&f->j, "markers");
	for (int column = 0; column < MARKER_COLUMN_COUNT; column++) {
		json_inline_array(&f->j, names[column]);
		for (size_t i = first; i < end; i++)
			put_marker(f, f->marks.item[i].mark, (enum marker_column)column);
		json_end(&f->j);
	}
	json_unsigned(&f->j, "length", end - first);
	json_end(&f->j);
	*next = end;
}

static void put_pid(struct firefox *f, uint32_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", pid);
	json_literal(&f->j, "pid", text);
}

static void put_life(struct firefox *f, const struct track *track)
{
	const struct profile_thread *thread =
		track->thread ? &f->p->threads.item[track->thread - 1] : NULL;
	const struct profile_process *process =
		track->process ? &f->p->processes.item[track->process - 1] : NULL;
	struct json *j = &f->j;

	json_decimal(j, "processStartupTime",
		process ? profile_axis_time(f->p, track->section, process->start_ns) : 0,
		MS_DECIMALS);
	if (process && process->has_end)
		json_decimal(j, "processShutdownTime",
			profile_axis_time(f->p, track->section, process->end.time_ns),
			MS_DECIMALS);
	else
		json_null(j, "processShutdownTime");
	json_decimal(j, "registerTime",
		thread ? profile_axis_time(f->p, track->section, thread->start_ns) : 0,
		MS_DECIMALS);
	if (thread && thread->has_end)
		json_decimal(j, "unregisterTime",
			profile_axis_time(f->p, track->section, thread->end_ns),
			MS_DECIMALS);
	else
		json_null(j, "unregisterTime");
}

static int put_thread(struct firefox *f, size_t index, size_t *next_mark,
	struct ptf_error *err)
{
	const struct track *track = &f->tracks.items.item[index];
	char *process = tracks_process_title(f->p, track->process);
	char *name = report_thread_title(f->p, track->thread);
	struct json *j = &f->j;
	int rc;

	json_object(j, NULL);
	json_literal(j, "name", name);
	json_bool(j, "isMainThread",
		track->thread && f->p->threads.item[track->thread - 1].is_main);
	json_literal(j, "processName", process);
	json_literal(j, "processType", "default");
	put_pid(f, track->pid);
	json_unsigned(j, "tid", track->tid);
	put_life(f, track);
	json_inline_array(j, "pausedRanges");
	json_end(j);
	json_bool(j, "showMarkersInTimeline", true);
	rc = put_samples(f, index, err);
	put_markers(f, index, next_mark);
	json_end(j);
	free(process);
	free(name);
	return rc;
}

static int put_threads(struct firefox *f, struct ptf_error *err)
{
	size_t next_mark = 0, count = 0;
	int rc = 0;

	vec_cover(&f->thread_of_track, f->tracks.items.count);
	json_array(&f->j, "threads");
	for (size_t i = 0; i < f->tracks.items.count && rc >= 0; i++) {
		if (!f->tracks.items.item[i].is_shown)
			continue;
		f->thread_of_track.item[i] = ++count;
		rc = put_thread(f, i, &next_mark, err);
	}
	json_end(&f->j);
	return rc;
}

/* ------------------------------------------------------------ counters */

struct point_writer {
	struct firefox *f;
	bool is_times;
	int64_t last;
	uint64_t count;
};

/* Firefox adds up: what it is told is by how much the value changed. */
static void on_point(void *context, int64_t time_ns, int64_t value)
{
	struct point_writer *w = context;

	if (w->is_times)
		json_decimal(&w->f->j, NULL, time_ns, MS_DECIMALS);
	else
		json_integer(&w->f->j, NULL, subtract_wrapping(value, w->last));
	w->last = value;
	w->count++;
}

static int put_points(struct firefox *f, size_t counter, struct ptf_error *err)
{
	struct point_writer w = {.f = f, .is_times = true};
	int rc;

	json_object(&f->j, "samples");
	json_inline_array(&f->j, "time");
	rc = row_spool_points(f->spool, counter, on_point, &w, err);
	json_end(&f->j);
	json_inline_array(&f->j, "count");
	w = (struct point_writer){.f = f};
	if (rc >= 0)
		rc = row_spool_points(f->spool, counter, on_point, &w, err);
	json_end(&f->j);
	json_unsigned(&f->j, "length", w.count);
	json_end(&f->j);
	return rc;
}

static void put_display(struct firefox *f, struct profile_metric metric,
	const char *label)
{
	struct ptf_text unit = profile_string(f->p, metric.unit);
	bool is_bytes = text_is(unit, "bytes");
	bool is_total = metric.kind == PTF_METRIC_TOTAL;
	struct json *j = &f->j;

	json_object(j, "display");
	json_literal(j, "graphType", is_total ? "line-rate" : "line-accumulated");
	json_literal(j, "unit", is_bytes ? "bytes" : "");
	json_literal(j, "color", is_bytes ? "purple" : "grey");
	json_null(j, "markerSchemaLocation");
	json_integer(j, "sortWeight", is_bytes ? 20 : 50);
	json_literal(j, "label", label);
	json_array(j, "tooltipRows");
	json_inline_object(j, NULL);
	json_literal(j, "type", "value");
	json_literal(j, "source", is_total ? "count" : "accumulated");
	json_inline_object(j, "format");
	json_literal(j, "unit", is_bytes ? "bytes" : "number");
	json_end(j);
	json_literal(j, "label", label);
	json_end(j);
	json_end(j);
	json_end(j);
}

/* The thread in the file whose process the counter stands below. */
static const struct track *counter_track(const struct firefox *f,
	struct spool_counter counter)
{
	const struct track *first = NULL;

	for (size_t i = 0; i < f->tracks.items.count; i++) {
		const struct track *track = &f->tracks.items.item[i];

		if (!f->thread_of_track.item[i])
			continue;
		if (counter.process ? track->process == counter.process
				    : track->section == counter.section)
			return track;
		if (!first)
			first = track;
	}
	return first;
}

static int put_counter(struct firefox *f, size_t index, struct ptf_error *err)
{
	struct spool_counter counter = row_spool_counter(f->spool, index);
	struct profile_metric metric = profile_get_metric(f->p, counter.metric);
	const struct track *track = counter_track(f, counter);
	struct ptf_text name = profile_string(f->p, metric.name);
	struct ptf_text instance = profile_string(f->p, counter.instance);
	struct ptf_text about = profile_string(f->p, metric.description);
	char of[32] = "", *label;
	struct json *j = &f->j;
	int rc;

	if (counter.thread)
		snprintf(of, sizeof(of), ", thread %u",
			f->p->threads.item[counter.thread - 1].tid);
	if (!track ||
		asprintf(&label, "%.*s%s%.*s%s", (int)name.size, name.data,
			instance.size ? " " : "", (int)instance.size, instance.data,
			of) < 0)
		return 0;
	json_object(j, NULL);
	json_literal(j, "name", label);
	json_literal(j, "category", "ptf");
	json_string(j, "description", about.data, about.size);
	put_pid(f, track->pid);
	json_unsigned(j, "mainThreadIndex",
		f->thread_of_track.item[track - f->tracks.items.item] - 1);
	rc = put_points(f, index, err);
	put_display(f, metric, label);
	json_end(j);
	free(label);
	return rc;
}

static int put_counters(struct firefox *f, struct ptf_error *err)
{
	int rc = 0;

	json_array(&f->j, "counters");
	for (size_t i = 0; i < row_spool_counter_count(f->spool) && rc >= 0; i++)
		rc = put_counter(f, i, err);
	json_end(&f->j);
	return rc;
}

/* ------------------------------------------------------------ the file */

static void put_fact(void *context, const char *label, struct ptf_text text)
{
	struct json *j = context;

	json_inline_object(j, NULL);
	json_literal(j, "label", label);
	json_literal(j, "format", "string");
	json_string(j, "value", text.data, text.size);
	json_end(j);
}

static void put_marker_schema(struct firefox *f)
{
	static const char *const places[] = {"marker-chart", "marker-table",
		"timeline-overview"};
	struct json *j = &f->j;

	json_array(j, "markerSchema");
	json_object(j, NULL);
	json_literal(j, "name", "mark");
	json_inline_array(j, "display");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		json_literal(j, NULL, places[i]);
	json_end(j);
	json_inline_array(j, "fields");
	json_end(j);
	json_end(j);
	json_end(j);
}

static void put_meta(struct firefox *f)
{
	const struct profile *p = f->p;
	int64_t start_ns = 0, period_ns = NS_PER_SECOND / 1000;
	char *command = profile_command(p);
	struct json *j = &f->j;

	/* The section where the axis begins. */
	for (size_t i = 0; i < p->sections.count; i++) {
		const struct profile_section *s = &p->sections.item[i];

		if (s->shift_ns == 0)
			start_ns = s->origin_realtime_ns;
		if (s->period_ns && i == 0)
			period_ns = (int64_t)s->period_ns;
	}
	json_object(j, "meta");
	json_decimal(j, "interval", period_ns, MS_DECIMALS);
	json_decimal(j, "startTime", start_ns, MS_DECIMALS);
	json_unsigned(j, "processType", 0);
	json_literal(j, "product", command);
	json_literal(j, "importedFrom", origin_exporter);
	json_unsigned(j, "stackwalk", 1);
	json_unsigned(j, "version", 34);
	json_unsigned(j, "preprocessedProfileVersion", LAYOUT_VERSION);
	json_bool(j, "symbolicated", true);
	json_inline_object(j, "sampleUnits");
	json_literal(j, "time", "ms");
	json_literal(j, "eventDelay", "ms");
	json_literal(j, "threadCPUDelta", "ns");
	json_end(j);
	firefox_put_categories(&f->tables);
	put_marker_schema(f);
	json_array(j, "extra");
	json_object(j, NULL);
	json_literal(j, "label", "Recording");
	json_array(j, "entries");
	origin_facts(p, put_fact, j);
	json_end(j);
	json_end(j);
	json_end(j);
	json_end(j);
	free(command);
}

static int write_firefox(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct firefox f = {.p = p,
		.class_mask = emit_class_mask(&emit_firefox, options)};
	int rc = row_spool_make(&f.spool, p, err);

	if (rc < 0)
		return rc;
	tracks_make(&f.tracks, p);
	firefox_tables_make(&f.tables, &f.j, p, f.class_mask, options->no_lines);
	json_begin(&f.j, out);
	json_object(&f.j, NULL);
	put_meta(&f);
	json_inline_array(&f.j, "libs");
	json_end(&f.j);
	place_marks(&f);
	rc = put_threads(&f, err);
	if (rc >= 0)
		rc = put_counters(&f, err);
	firefox_put_tables(&f.tables);
	json_end(&f.j);
	json_finish(&f.j);
	firefox_tables_free(&f.tables);
	tracks_free(&f.tracks);
	vec_free(&f.thread_of_track);
	vec_free(&f.marks);
	row_spool_free(f.spool);
	return rc;
}

const struct emit_format emit_firefox = {
	.name = "firefox",
	.suffix = ".firefox.json",
	.description =
		"profile for the Firefox Profiler: samples, classes, counters, marks",
	.cannot_carry = "processors, losses, aggregates, time awaited, memory by stack",
	.options = EMIT_OPTION_METRIC | EMIT_OPTION_NO_LINES,
	.metric = EMIT_METRIC_WALL,
	.write = write_firefox,
};
