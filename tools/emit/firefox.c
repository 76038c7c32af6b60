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
#include "tools/core/tracks.h"
#include "tools/core/units.h"
#include "tools/emit/origin.h"
#include "tools/emit/registry.h"

#define LAYOUT_VERSION 70
/* Times are milliseconds there. */
#define MS_DECIMALS 6
/* Longer files than that are damage. */
#define LINES_BEFORE_MAX 10000000u

/* Categories have the numbers of the classes; the last one is for no class. */
enum { CATEGORY_OTHER = PTF_CLASS_KIND_COUNT };

struct frame {
	uint32_t place; /* 0 = "[no stack]" */
	uint32_t category, subcategory;
};

struct stack {
	uint32_t frame;  /* index */
	uint32_t prefix; /* index + 1; 0 = none */
};

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
	bool no_lines;
	/* Tables; the index of an entry is its id - 1. */
	struct intern strings;   /* bytes */
	struct intern frames;    /* struct frame */
	struct intern functions; /* id in the profile */
	struct intern sources;   /* string in the profile */
	struct intern resources; /* module in the profile */
	VEC(struct stack) stacks;
	struct id_list stack_of_node; /* [node] = index + 1, its frame's own class */
	struct intern leaves;         /* {node, class} */
	struct id_list stack_of_leaf; /* [leaf - 1] = index */
	struct id_list subcategory;   /* [class id] */
	VEC(size_t) thread_of_track;  /* [track] = index + 1 in the file, 0 = none */
	VEC(struct placed_mark) marks;
};

static uint32_t string_index(struct firefox *f, const char *text, size_t size)
{
	return intern_bytes(&f->strings, text, size) - 1;
}

static uint32_t index_of(struct intern *table, uint32_t id)
{
	return intern_bytes(table, &id, sizeof(id)) - 1;
}

static uint32_t id_at(const struct intern *table, size_t index)
{
	return *(const uint32_t *)(const void *)intern_get(table, (uint32_t)index + 1)
			.data;
}

/* -------------------------------------------------------------- stacks */

static uint32_t frame_index(struct firefox *f, struct frame frame)
{
	return intern_bytes(&f->frames, &frame, sizeof(frame)) - 1;
}

static uint32_t new_stack(struct firefox *f, uint32_t frame, uint32_t prefix)
{
	vec_push(&f->stacks, (struct stack){frame, prefix});
	return (uint32_t)f->stacks.count;
}

static struct frame own_frame(const struct firefox *f, uint32_t place)
{
	uint32_t function = profile_get_place(f->p, place).function;

	return (struct frame){.place = place,
		.category = report_function_class(profile_get_function(f->p, function))};
}

/* The places of a node, innermost first; a node without any has "[no stack]". */
static const uint32_t *places_of(const struct firefox *f, uint32_t node, size_t *count)
{
	static const uint32_t no_place;
	uint32_t frame = profile_get_node(f->p, node).frame;

	*count = 1;
	return frame ? profile_frame_places(f->p, frame, count) : &no_place;
}

/* Everything of a node but its innermost place. */
static uint32_t outer_stack(struct firefox *f, uint32_t node)
{
	uint32_t parent = profile_get_node(f->p, node).parent;
	uint32_t stack = parent ? f->stack_of_node.item[parent] : 0;
	size_t count;
	const uint32_t *place = places_of(f, node, &count);

	for (size_t i = count; i-- > 1;)
		stack = new_stack(f, frame_index(f, own_frame(f, place[i])), stack);
	return stack;
}

/* From the root on, without recursion: stacks may be very deep. */
static void cover_node(struct firefox *f, uint32_t node, struct id_list *path)
{
	path->count = 0;
	for (; node && !f->stack_of_node.item[node];
		node = profile_get_node(f->p, node).parent)
		vec_push(path, node);
	while (path->count) {
		uint32_t next = path->item[--path->count];
		size_t count;
		uint32_t innermost = places_of(f, next, &count)[0];
		uint32_t stack = outer_stack(f, next);

		f->stack_of_node.item[next] =
			new_stack(f, frame_index(f, own_frame(f, innermost)), stack);
	}
}

struct leaf {
	uint32_t node, class_id;
};

static void add_leaf(struct firefox *f, struct leaf leaf)
{
	struct profile_class class = profile_get_class(f->p, leaf.class_id);
	uint32_t id = intern_bytes(&f->leaves, &leaf, sizeof(leaf)), own, prefix;
	size_t count;
	struct frame frame;

	if (id <= f->stack_of_leaf.count)
		return;
	frame = own_frame(f, places_of(f, leaf.node, &count)[0]);
	own = f->stack_of_node.item[leaf.node];
	if (!own || frame.category != class.kind || class.detail) {
		frame.category = class.kind;
		frame.subcategory = f->subcategory.item[leaf.class_id];
		prefix = own ? f->stacks.item[own - 1].prefix : 0;
		own = new_stack(f, frame_index(f, frame), prefix);
	}
	vec_push(&f->stack_of_leaf, own - 1);
}

static void make_stacks(struct firefox *f)
{
	struct id_list path = {0};

	vec_cover(&f->stack_of_node, f->p->nodes.items.count);
	for (size_t i = 0; i < f->p->cells.count; i++) {
		const struct profile_cell *c = &f->p->cells.item[i];

		if (!(f->class_mask & 1u << profile_get_class(f->p, c->class_id).kind))
			continue;
		cover_node(f, c->node, &path);
		add_leaf(f, (struct leaf){c->node, c->class_id});
	}
	vec_free(&path);
}

/* ---------------------------------------------------------- categories */

/* The nearest that Firefox has to core/class_style.h. */
static const char *category_color(uint32_t class_kind)
{
	static const char *const colors[PTF_CLASS_KIND_COUNT] = {
		[PTF_CLASS_UNKNOWN] = "darkgrey",
		[PTF_CLASS_PYTHON] = "blue",
		[PTF_CLASS_NATIVE] = "green",
		[PTF_CLASS_KERNEL] = "magenta",
		[PTF_CLASS_RUNNABLE] = "yellow",
		[PTF_CLASS_GIL] = "orange",
		[PTF_CLASS_WAIT] = "lightblue",
	};

	return colors[class_kind];
}

static void put_category(struct firefox *f, uint32_t kind, const char *name,
	const char *color)
{
	struct json *j = &f->j;
	uint32_t next = 1;

	json_inline_object(j, NULL);
	json_literal(j, "name", name);
	json_literal(j, "color", color);
	json_array(j, "subcategories");
	json_literal(j, NULL, "Other");
	for (uint32_t id = 0; id < f->subcategory.count; id++) {
		struct profile_class class = profile_get_class(f->p, id);
		struct ptf_text detail = profile_string(f->p, class.detail);

		if (class.kind != kind || !class.detail || kind == CATEGORY_OTHER)
			continue;
		json_string(j, NULL, detail.data, detail.size);
		f->subcategory.item[id] = next++;
	}
	json_end(j);
	json_end(j);
}

static void put_categories(struct firefox *f)
{
	vec_cover(&f->subcategory, f->p->classes.items.count);
	json_array(&f->j, "categories");
	for (uint32_t kind = 0; kind < PTF_CLASS_KIND_COUNT; kind++)
		put_category(f, kind, class_label(kind), category_color(kind));
	/* Firefox wants a grey one, for where different ones come together. */
	put_category(f, CATEGORY_OTHER, "Other", "grey");
	json_end(&f->j);
}

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
	const struct leaf leaf = {row->node, row->class_id};
	uint32_t id;

	if (!(f->class_mask & 1u << kind))
		return;
	switch (w->column) {
	case COLUMN_STACK:
		id = intern_lookup(&f->leaves, &leaf, sizeof(leaf));
		if (id)
			json_unsigned(&f->j, NULL, f->stack_of_leaf.item[id - 1]);
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

/* Firefox has no markers without a thread: the first of the recording stands in. */
static size_t track_of_mark(const struct firefox *f, const struct profile_mark *mark)
{
	size_t track;

	if (mark->thread)
		return tracks_index(f->p, mark->section, mark->thread);
	for (track = 0; track < f->tracks.items.count; track++)
		if (f->tracks.items.item[track].is_shown &&
			f->tracks.items.item[track].section == mark->section)
			break;
	return track;
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
		json_unsigned(j, NULL, string_index(f, name.data, name.size));
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
		json_unsigned(j, NULL, CATEGORY_OTHER);
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

/* On the axis of all sections. */
static int64_t shifted(const struct firefox *f, const struct track *track,
	int64_t time_ns)
{
	return (int64_t)((uint64_t)time_ns +
		(uint64_t)f->p->sections.item[track->section].shift_ns);
}

static void put_life(struct firefox *f, const struct track *track)
{
	const struct profile_thread *thread =
		track->thread ? &f->p->threads.item[track->thread - 1] : NULL;
	const struct profile_process *process =
		track->process ? &f->p->processes.item[track->process - 1] : NULL;
	struct json *j = &f->j;

	json_decimal(j, "processStartupTime",
		process ? shifted(f, track, process->start_ns) : 0, MS_DECIMALS);
	if (process && process->has_end)
		json_decimal(j, "processShutdownTime",
			shifted(f, track, process->end.time_ns), MS_DECIMALS);
	else
		json_null(j, "processShutdownTime");
	json_decimal(j, "registerTime", thread ? shifted(f, track, thread->start_ns) : 0,
		MS_DECIMALS);
	if (thread && thread->has_end)
		json_decimal(j, "unregisterTime", shifted(f, track, thread->end_ns),
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
		json_integer(&w->f->j, NULL,
			(int64_t)((uint64_t)value - (uint64_t)w->last));
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
	bool is_bytes = unit.size == 5 && !memcmp(unit.data, "bytes", 5);
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

/* -------------------------------------------------------------- tables */

/* One column of a table: put() for each of count entries. */
static void put_column(struct firefox *f, const char *name, size_t count,
	void (*put)(struct firefox *f, size_t index))
{
	json_inline_array(&f->j, name);
	for (size_t i = 0; i < count; i++)
		put(f, i);
	json_end(&f->j);
}

static void put_null(struct firefox *f, size_t index)
{
	(void)index;
	json_null(&f->j, NULL);
}

static void put_zero(struct firefox *f, size_t index)
{
	(void)index;
	json_unsigned(&f->j, NULL, 0);
}

static void put_one(struct firefox *f, size_t index)
{
	(void)index;
	json_unsigned(&f->j, NULL, 1);
}

static void put_minus_one(struct firefox *f, size_t index)
{
	(void)index;
	json_integer(&f->j, NULL, -1);
}

static void put_false(struct firefox *f, size_t index)
{
	(void)index;
	json_bool(&f->j, NULL, false);
}

static void put_stack_frame(struct firefox *f, size_t index)
{
	json_unsigned(&f->j, NULL, f->stacks.item[index].frame);
}

/* How many entries before the entry its caller's stands; 0 = it is a root. */
static void put_stack_prefix(struct firefox *f, size_t index)
{
	uint32_t prefix = f->stacks.item[index].prefix;

	json_unsigned(&f->j, NULL, prefix ? index + 1 - prefix : 0);
}

static void put_stack_table(struct firefox *f)
{
	size_t count = f->stacks.count;

	json_object(&f->j, "stackTable");
	put_column(f, "frame", count, put_stack_frame);
	put_column(f, "prefixOffset", count, put_stack_prefix);
	json_unsigned(&f->j, "length", count);
	json_end(&f->j);
}

static struct frame frame_at(const struct firefox *f, size_t index)
{
	return *(const struct frame *)(const void *)intern_get(&f->frames,
		(uint32_t)index + 1)
			.data;
}

static void put_frame_category(struct firefox *f, size_t index)
{
	json_unsigned(&f->j, NULL, frame_at(f, index).category);
}

static void put_frame_subcategory(struct firefox *f, size_t index)
{
	json_unsigned(&f->j, NULL, frame_at(f, index).subcategory);
}

static void put_frame_function(struct firefox *f, size_t index)
{
	uint32_t place = frame_at(f, index).place;

	json_unsigned(&f->j, NULL,
		index_of(&f->functions, profile_get_place(f->p, place).function));
}

static void put_frame_line(struct firefox *f, size_t index)
{
	uint32_t line = profile_get_place(f->p, frame_at(f, index).place).line;

	if (line && !f->no_lines)
		json_unsigned(&f->j, NULL, line);
	else
		json_null(&f->j, NULL);
}

static void put_frame_table(struct firefox *f)
{
	size_t count = f->frames.items.count;

	json_object(&f->j, "frameTable");
	put_column(f, "address", count, put_minus_one);
	put_column(f, "lib", count, put_minus_one);
	put_column(f, "inlineDepth", count, put_zero);
	put_column(f, "category", count, put_frame_category);
	put_column(f, "subcategory", count, put_frame_subcategory);
	put_column(f, "func", count, put_frame_function);
	put_column(f, "nativeSymbol", count, put_null);
	put_column(f, "innerWindowID", count, put_null);
	put_column(f, "line", count, put_frame_line);
	put_column(f, "column", count, put_null);
	put_column(f, "originalLocation", count, put_null);
	json_unsigned(&f->j, "length", count);
	json_end(&f->j);
}

static struct profile_function function_at(const struct firefox *f, size_t index)
{
	return profile_get_function(f->p, id_at(&f->functions, index));
}

static void put_function_name(struct firefox *f, size_t index)
{
	uint32_t id = id_at(&f->functions, index);
	struct ptf_text name = profile_string(f->p, function_at(f, index).name);

	if (!id)
		name = literal("[no stack]");
	json_unsigned(&f->j, NULL, string_index(f, name.data, name.size));
}

static void put_function_resource(struct firefox *f, size_t index)
{
	struct profile_function function = function_at(f, index);
	/* Names that were made up name the module themselves. */
	uint32_t module = function.kind == PTF_FUNCTION_SYNTHETIC ? 0 : function.module;

	json_integer(&f->j, NULL, module ? (int64_t)index_of(&f->resources, module) : -1);
}

static void put_function_source(struct firefox *f, size_t index)
{
	uint32_t file = function_at(f, index).file;

	if (file)
		json_unsigned(&f->j, NULL, index_of(&f->sources, file));
	else
		json_null(&f->j, NULL);
}

static void put_function_line(struct firefox *f, size_t index)
{
	uint32_t line = function_at(f, index).first_line;

	if (line)
		json_unsigned(&f->j, NULL, line);
	else
		json_null(&f->j, NULL);
}

static void put_function_table(struct firefox *f)
{
	size_t count = f->functions.items.count;

	json_object(&f->j, "funcTable");
	put_column(f, "name", count, put_function_name);
	put_column(f, "isJS", count, put_false);
	put_column(f, "relevantForJS", count, put_false);
	put_column(f, "resource", count, put_function_resource);
	put_column(f, "source", count, put_function_source);
	put_column(f, "lineNumber", count, put_function_line);
	put_column(f, "columnNumber", count, put_null);
	put_column(f, "originalLocation", count, put_null);
	json_unsigned(&f->j, "length", count);
	json_end(&f->j);
}

static void put_resource_name(struct firefox *f, size_t index)
{
	uint32_t module = id_at(&f->resources, index);
	struct ptf_text path =
		profile_string(f->p, profile_get_module(f->p, module).path);
	const char *slash = path.size ? memrchr(path.data, '/', path.size) : NULL;
	size_t skip = slash ? (size_t)(slash + 1 - path.data) : 0;

	json_unsigned(&f->j, NULL, string_index(f, path.data + skip, path.size - skip));
}

static void put_resource_table(struct firefox *f)
{
	size_t count = f->resources.items.count;

	json_object(&f->j, "resourceTable");
	put_column(f, "name", count, put_resource_name);
	put_column(f, "host", count, put_null);
	put_column(f, "type", count, put_one); /* a library */
	json_unsigned(&f->j, "length", count);
	json_end(&f->j);
}

static void put_source_name(struct firefox *f, size_t index)
{
	struct ptf_text path = profile_string(f->p, id_at(&f->sources, index));

	json_unsigned(&f->j, NULL, string_index(f, path.data, path.size));
}

/* The text of a file, which the viewer shows beside the times of its lines. */
static void put_source_text(struct firefox *f, size_t index)
{
	const struct profile_source *source =
		profile_source_of(f->p, id_at(&f->sources, index));
	size_t before = source ? source->first_line - 1 : 0;
	char *text;

	if (!source || before > LINES_BEFORE_MAX) {
		json_null(&f->j, NULL);
		return;
	}
	/* An excerpt begins where it stood. */
	text = memory_zeroed(before + source->text.size, 1);
	memset(text, '\n', before);
	memcpy(text + before, source->text.data, source->text.size);
	json_string(&f->j, NULL, text, before + source->text.size);
	free(text);
}

static void put_source_table(struct firefox *f)
{
	size_t count = f->sources.items.count;

	json_object(&f->j, "sources");
	put_column(f, "id", count, put_null);
	put_column(f, "filename", count, put_source_name);
	put_column(f, "startLine", count, put_one);
	put_column(f, "startColumn", count, put_one);
	put_column(f, "sourceMapURL", count, put_null);
	put_column(f, "content", count, put_source_text);
	json_unsigned(&f->j, "length", count);
	json_end(&f->j);
}

static void put_empty_table(struct firefox *f, const char *name,
	const char *const *columns)
{
	json_object(&f->j, name);
	for (size_t i = 0; columns[i]; i++)
		put_column(f, columns[i], 0, put_null);
	json_unsigned(&f->j, "length", 0);
	json_end(&f->j);
}

static void put_string(struct firefox *f, size_t index)
{
	struct ptf_text text = intern_get(&f->strings, (uint32_t)index + 1);

	json_string(&f->j, NULL, text.data, text.size);
}

/* Each table adds to those after it; the strings come last. */
static void put_shared(struct firefox *f)
{
	static const char *const symbols[] = {"libIndex", "address", "name",
		"functionSize", NULL};
	static const char *const locations[] = {"source", "line", "column", NULL};

	json_object(&f->j, "shared");
	put_stack_table(f);
	put_frame_table(f);
	put_function_table(f);
	put_resource_table(f);
	put_source_table(f);
	put_empty_table(f, "nativeSymbols", symbols);
	put_empty_table(f, "sourceLocationTable", locations);
	put_column(f, "stringArray", f->strings.items.count, put_string);
	json_end(&f->j);
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
	put_categories(f);
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

static void free_tables(struct firefox *f)
{
	intern_free(&f->strings);
	intern_free(&f->frames);
	intern_free(&f->functions);
	intern_free(&f->sources);
	intern_free(&f->resources);
	intern_free(&f->leaves);
	vec_free(&f->stacks);
	vec_free(&f->stack_of_node);
	vec_free(&f->stack_of_leaf);
	vec_free(&f->subcategory);
	vec_free(&f->thread_of_track);
	vec_free(&f->marks);
	tracks_free(&f->tracks);
}

static int write_firefox(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct firefox f = {.p = p,
		.class_mask = emit_class_mask(&emit_firefox, options),
		.no_lines = options->no_lines};
	int rc = row_spool_make(&f.spool, p, err);

	if (rc < 0)
		return rc;
	tracks_make(&f.tracks, p);
	json_begin(&f.j, out);
	json_object(&f.j, NULL);
	put_meta(&f);
	json_inline_array(&f.j, "libs");
	json_end(&f.j);
	make_stacks(&f);
	place_marks(&f);
	rc = put_threads(&f, err);
	if (rc >= 0)
		rc = put_counters(&f, err);
	put_shared(&f);
	json_end(&f.j);
	json_finish(&f.j);
	free_tables(&f);
	row_spool_free(f.spool);
	return rc;
}

const struct emit_format emit_firefox = {
	.name = "firefox",
	.suffix = ".firefox.json",
	.description =
		"profile for the Firefox Profiler: samples, classes, counters, marks",
	.cannot_carry = "processors, losses, aggregates",
	.options = EMIT_OPTION_METRIC | EMIT_OPTION_NO_LINES,
	.metric = EMIT_METRIC_WALL,
	.write = write_firefox,
};
