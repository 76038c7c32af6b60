/*
 * --to speedscope: the JSON of https://www.speedscope.app.
 *
 * One profile for each thread and metric: CPU time, where each row is one
 * sample, and time with waits, where the samples are the pieces that rows take
 * on a time line (core/row_layout.h: a wait in which the thread ran now and then
 * is several). Samples have the weights of their rows exactly; what no row
 * stands for is an empty stack, so that all profiles have the same axis. Of memory
 * each process has a profile for each of its metrics, whose axis is bytes: sums of
 * stacks, in no order of time.
 *
 * The samples of a profile come before all its weights, so each thread is gone
 * through twice (core/row_spool.h).
 */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/json.h"
#include "tools/core/class_names.h"
#include "tools/core/row_layout.h"
#include "tools/core/row_spool.h"
#include "tools/core/tracks.h"
#include "tools/core/used_nodes.h"
#include "tools/emit/origin.h"
#include "tools/emit/registry.h"

struct speedscope {
	struct json j;
	const struct profile *p;
	struct row_spool *spool;
	struct tracks tracks;
	bool no_lines;
	int64_t start_ns, end_ns;      /* of the axis, which all profiles share */
	struct intern frames;          /* struct profile_place; 0 is "[no stack]" */
	struct id_list frame_of_place; /* [place] = id of frames, 0 = not asked yet */
	struct id_list places;
	struct heap heap; /* empty where memory is not shown */
};

/* The profile that is being written. */
struct column {
	struct speedscope *s;
	unsigned class_mask;
	bool is_weights;
	bool is_empty;
	int64_t start_ns, end_ns; /* of what is written */
	struct row_layout layout;
};

static uint32_t frame_index(struct speedscope *s, uint32_t place_id)
{
	struct profile_place place;

	vec_cover(&s->frame_of_place, place_id);
	if (s->frame_of_place.item[place_id])
		return s->frame_of_place.item[place_id];
	place = profile_get_place(s->p, place_id);
	if (s->no_lines)
		place.line = 0;
	s->frame_of_place.item[place_id] =
		intern_bytes(&s->frames, &place, sizeof(place));
	return s->frame_of_place.item[place_id];
}

/* Of time and memory. */
static bool *find_used_nodes(const struct speedscope *s)
{
	bool *used = used_nodes(s->p, CLASS_MASK_CPU | CLASS_MASK_OFF_CPU);

	for (size_t i = 0; i < s->heap.cells.count; i++)
		used_nodes_add(used, s->p, s->heap.cells.item[i].node);
	return used;
}

/* Frame 0 is for rows without a stack. */
static void put_frames(struct speedscope *s)
{
	bool *used = find_used_nodes(s);

	for (uint32_t node = 1; node <= s->p->nodes.items.count; node++) {
		uint32_t frame = profile_get_node(s->p, node).frame;
		const uint32_t *places;
		size_t count = 0;

		if (!used[node] || !frame)
			continue;
		places = profile_frame_places(s->p, frame, &count);
		for (size_t i = 0; i < count; i++)
			frame_index(s, places[i]);
	}
	free(used);
	json_array(&s->j, "frames");
	for (uint32_t id = 0; id <= s->frames.items.count; id++) {
		struct profile_place place = {0};
		struct profile_function f;
		struct ptf_text file;
		char *title;

		if (id)
			memcpy(&place, intern_get(&s->frames, id).data, sizeof(place));
		f = profile_get_function(s->p, place.function);
		file = profile_string(s->p, f.file);
		title = report_function_title(s->p, place.function);
		json_inline_object(&s->j, NULL);
		json_literal(&s->j, "name", title);
		free(title);
		if (f.file)
			json_string(&s->j, "file", file.data, file.size);
		if (s->no_lines)
			place.line = f.first_line;
		if (place.line)
			json_unsigned(&s->j, "line", place.line);
		json_end(&s->j);
	}
	json_end(&s->j);
}

static void put_stack(struct speedscope *s, uint32_t node)
{
	profile_stack(s->p, node, &s->places);
	json_inline_array(&s->j, NULL);
	for (size_t i = s->places.count; i-- > 0;)
		json_unsigned(&s->j, NULL, frame_index(s, s->places.item[i]));
	if (s->places.count == 0)
		json_unsigned(&s->j, NULL, 0);
	json_end(&s->j);
}

static void put_gap(struct column *c, int64_t until_ns)
{
	struct json *j = &c->s->j;

	if (until_ns <= c->end_ns)
		return;
	if (c->is_weights) {
		json_integer(j, NULL, until_ns - c->end_ns);
	} else {
		json_array(j, NULL);
		json_end(j);
	}
	c->end_ns = until_ns;
}

static void on_piece(void *context, const struct row_piece *piece)
{
	struct column *c = context;

	if (c->is_empty && piece->start_ns < c->start_ns)
		c->start_ns = c->end_ns = piece->start_ns;
	c->is_empty = false;
	put_gap(c, piece->start_ns);
	if (c->is_weights)
		json_integer(&c->s->j, NULL, piece->end_ns - piece->start_ns);
	else
		put_stack(c->s, piece->node);
	c->end_ns = piece->end_ns;
}

static void on_row(void *context, const struct spool_row *row)
{
	struct column *c = context;
	uint32_t kind = profile_get_class(c->s->p, row->class_id).kind;

	if (c->class_mask & 1u << kind)
		row_layout_add(&c->layout, row->time_ns, row->weight_ns, row->node,
			row->class_id,
			kind == PTF_CLASS_UNKNOWN || profile_is_off_cpu(kind));
}

static int put_column(struct column *c, const struct track *track, bool is_weights,
	struct ptf_error *err)
{
	struct speedscope *s = c->s;
	int rc;

	c->is_weights = is_weights;
	c->is_empty = true;
	c->start_ns = c->end_ns = s->start_ns;
	c->layout = (struct row_layout){.give = on_piece,
		.context = c,
		.tolerance_ns =
			(int64_t)s->p->sections.item[track->section].resolution_ns};
	json_inline_array(&s->j, is_weights ? "weights" : "samples");
	rc = row_spool_rows(s->spool, (size_t)(track - s->tracks.items.item), on_row, c,
		err);
	row_layout_finish(&c->layout);
	put_gap(c, s->end_ns);
	json_end(&s->j);
	return rc;
}

static void put_name(struct speedscope *s, const struct track *track, const char *metric)
{
	char *process = tracks_process_title(s->p, track->process);
	char *thread = report_thread_title(s->p, track->thread), *name;
	int size;

	/* The title of the window names the only process. */
	if (s->p->processes.count > 1)
		size = asprintf(&name, "%s: %s, %s", process, thread, metric);
	else
		size = asprintf(&name, "%s, %s", thread, metric);
	if (size >= 0) {
		json_literal(&s->j, "name", name);
		free(name);
	}
	free(process);
	free(thread);
}

static int put_profile(struct speedscope *s, const struct track *track,
	unsigned class_mask, const char *metric, struct ptf_error *err)
{
	struct column column = {.s = s, .class_mask = class_mask};
	int rc;

	json_object(&s->j, NULL);
	json_literal(&s->j, "type", "sampled");
	put_name(s, track, metric);
	json_literal(&s->j, "unit", "nanoseconds");
	rc = put_column(&column, track, false, err);
	if (rc >= 0)
		rc = put_column(&column, track, true, err);
	json_integer(&s->j, "startValue", column.start_ns);
	json_integer(&s->j, "endValue", column.end_ns);
	json_end(&s->j);
	return rc;
}

/* ------------------------------------------------------------- memory */

static int64_t cell_bytes(const struct heap_cell *cell, enum heap_measure metric)
{
	int64_t bytes = heap_measure_of(&cell->use, metric);

	/* Less than nothing is only in damaged traces. */
	return bytes > 0 ? bytes : 0;
}

/* Of a process: these cells. */
static void put_memory_profile(struct speedscope *s, const struct heap_cell *cell,
	size_t count, enum heap_measure metric)
{
	char *title = tracks_process_title(s->p, cell->process), *name;
	struct json *j = &s->j;
	int64_t sum = 0;

	json_object(j, NULL);
	json_literal(j, "type", "sampled");
	if (asprintf(&name, "%s: %s", title, heap_measure_title(metric)) >= 0) {
		json_literal(j, "name", name);
		free(name);
	}
	free(title);
	json_literal(j, "unit", "bytes");
	json_inline_array(j, "samples");
	for (size_t i = 0; i < count; i++)
		if (cell_bytes(&cell[i], metric))
			put_stack(s, cell[i].node);
	json_end(j);
	json_inline_array(j, "weights");
	for (size_t i = 0; i < count; i++) {
		if (cell_bytes(&cell[i], metric))
			json_integer(j, NULL, cell_bytes(&cell[i], metric));
		sum += cell_bytes(&cell[i], metric);
	}
	json_end(j);
	json_integer(j, "startValue", 0);
	json_integer(j, "endValue", sum);
	json_end(j);
}

static int by_process(const void *left, const void *right)
{
	const struct heap_cell *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return a->class_id < b->class_id ? -1 : a->class_id > b->class_id;
}

static bool has_bytes(const struct heap_cell *cell, size_t count,
	enum heap_measure metric)
{
	for (size_t i = 0; i < count; i++)
		if (cell_bytes(&cell[i], metric))
			return true;
	return false;
}

static void put_memory_profiles(struct speedscope *s, enum emit_metric asked)
{
	const struct heap_cell *cell = s->heap.cells.item;
	size_t count;

	for (size_t at = 0; at < s->heap.cells.count; at += count) {
		for (count = 1; at + count < s->heap.cells.count; count++)
			if (cell[at + count].process != cell[at].process)
				break;
		for (int metric = 0; metric < HEAP_MEASURE_COUNT; metric++)
			if ((asked == EMIT_METRIC_DEFAULT ||
				    (int)emit_heap_measure(asked) == metric) &&
				has_bytes(cell + at, count, (enum heap_measure)metric))
				put_memory_profile(s, cell + at, count,
					(enum heap_measure)metric);
	}
}

/* Where it is asked for, and where nothing is and there is some. */
static int find_memory(struct speedscope *s, enum emit_metric asked,
	struct ptf_error *err)
{
	static const struct heap_options options = {0};
	int rc;

	if (asked != EMIT_METRIC_DEFAULT && !emit_is_memory(asked))
		return 0;
	if (!profile_has_memory(s->p))
		return 0;
	rc = heap_make(&s->heap, s->p, &options, err);
	if (rc >= 0 && s->heap.cells.count)
		qsort(s->heap.cells.item, s->heap.cells.count,
			sizeof(*s->heap.cells.item), by_process);
	return rc;
}

/* --------------------------------------------------------------- time */

static bool has_rows(const struct track *track, unsigned class_mask)
{
	return track->cpu_row_count ||
		(class_mask != CLASS_MASK_CPU && track->off_cpu_row_count);
}

/* Speedscope shows one profile at a time: first the one with most CPU time. */
static uint64_t put_profiles(struct speedscope *s, enum emit_metric metric, int *rc,
	struct ptf_error *err)
{
	static const struct {
		enum emit_metric metric;
		unsigned class_mask;
		const char *title;
	} kinds[] = {
		{EMIT_METRIC_CPU, CLASS_MASK_CPU, "CPU time"},
		{EMIT_METRIC_WALL, CLASS_MASK_CPU | CLASS_MASK_OFF_CPU,
			"time with waits"},
	};
	struct class_times *times = report_thread_times(s->p);
	uint64_t count = 0, active = 0;
	int64_t most_ns = -1;

	for (size_t i = 0; i < s->tracks.items.count; i++) {
		const struct track *track = &s->tracks.items.item[i];
		int64_t cpu_ns = class_times_cpu(&times[track->thread]);

		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]) && *rc >= 0;
			k++) {
			if ((metric && metric != kinds[k].metric) ||
				!has_rows(track, kinds[k].class_mask))
				continue;
			if (cpu_ns > most_ns) {
				most_ns = cpu_ns;
				active = count;
			}
			*rc = put_profile(s, track, kinds[k].class_mask, kinds[k].title,
				err);
			count++;
		}
	}
	free(times);
	return active;
}

static int write_speedscope(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct speedscope s = {.p = p, .no_lines = options->no_lines};
	int rc = row_spool_make(&s.spool, p, err);
	char *command = profile_command(p);

	if (rc >= 0)
		rc = find_memory(&s, options->metric, err);
	if (rc >= 0) {
		uint64_t active;

		tracks_make(&s.tracks, p);
		tracks_span(p, &s.start_ns, &s.end_ns);
		json_begin(&s.j, out);
		json_object(&s.j, NULL);
		json_literal(&s.j, "$schema",
			"https://www.speedscope.app/file-format-schema.json");
		json_literal(&s.j, "exporter", origin_exporter);
		json_literal(&s.j, "name", command);
		json_object(&s.j, "shared");
		put_frames(&s);
		json_end(&s.j);
		json_array(&s.j, "profiles");
		active = put_profiles(&s, options->metric, &rc, err);
		put_memory_profiles(&s, options->metric);
		json_end(&s.j);
		json_unsigned(&s.j, "activeProfileIndex", active);
		json_end(&s.j);
		json_finish(&s.j);
		tracks_free(&s.tracks);
	}
	free(command);
	row_spool_free(s.spool);
	intern_free(&s.frames);
	vec_free(&s.frame_of_place);
	vec_free(&s.places);
	heap_free(&s.heap);
	return rc;
}

const struct emit_format emit_speedscope = {
	.name = "speedscope",
	.suffix = ".speedscope.json",
	.description = "stacks over time for speedscope, a profile for each thread",
	.cannot_carry = "classes, source text, counters, marks, losses, aggregates, "
			"time awaited, memory over time",
	.options = EMIT_OPTION_METRIC | EMIT_OPTION_MEMORY | EMIT_OPTION_NO_LINES,
	.metric = EMIT_METRIC_DEFAULT,
	.write = write_speedscope,
};
