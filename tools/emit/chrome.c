/*
 * --to chrome: Trace Event JSON, for Perfetto, chrome://tracing and speedscope.
 *
 * Stacks are nested slices ("X" events): equal frames of rows that follow one
 * another are one slice. Perfetto ignores samples in JSON. Slices hold exactly
 * the time of the rows (core/row_layout.h): where the class of the time does not
 * go without saying, a slice of its own, such as "[wait: read]", stands inside.
 * With --stack-samples the rows are there too, as "samples" and "stackFrames".
 *
 * Everything is written as it comes: memory grows with threads only.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/json.h"
#include "tools/core/class_names.h"
#include "tools/core/filter.h"
#include "tools/core/replay.h"
#include "tools/core/row_layout.h"
#include "tools/core/tracks.h"
#include "tools/core/used_nodes.h"
#include "tools/emit/origin.h"
#include "tools/emit/registry.h"

/* Times are microseconds there. */
#define US_DECIMALS 3
/*
 * Viewers add start and length of a slice as floating-point numbers of
 * microseconds. In steps of a 64th that is exact, so that what ends together
 * ends together for them too. And a slice ends one step before the next may
 * begin: speedscope, which has to sort ends and starts of the same time, takes a
 * recursive function for one that goes on.
 */
#define STEPS_PER_US      64
#define PS_PER_STEP       (1000000 / STEPS_PER_US)
#define PS_IN_US_DECIMALS 6

/* What a slice stands for: a line of a function, or a class. */
struct slice_key {
	uint32_t function; /* 0 = "[no stack]" */
	uint32_t line;     /* 0 = unknown, or not wanted */
	uint32_t class_plus_1;
};

struct slice {
	struct slice_key key;
	int64_t start; /* in steps */
};

struct lane {
	struct chrome *chrome;
	const struct track *track;
	struct row_layout layout;
	int64_t end; /* of what is open, in steps */
	VEC(struct slice) open;
};

struct chrome {
	struct json j;
	const struct profile *p;
	bool no_lines;
	unsigned class_mask;
	struct tracks tracks;
	struct lane **lanes; /* [track] */
	struct id_list places;
	VEC(struct slice_key) stack; /* root first */
};

static void put_ids(struct chrome *c, const struct track *track)
{
	json_unsigned(&c->j, "pid", track->pid);
	json_unsigned(&c->j, "tid", track->tid);
}

static void put_text(struct chrome *c, const char *key, uint32_t string)
{
	struct ptf_text text = profile_string(c->p, string);

	json_string(&c->j, key, text.data, text.size);
}

/* -------------------------------------------------------------- slices */

static void put_class_slice(struct chrome *c, uint32_t class_id)
{
	struct profile_class class = profile_get_class(c->p, class_id);
	struct ptf_text detail = profile_string(c->p, class.detail);
	char name[80];
	int size = snprintf(name, sizeof(name), "[%s%s%.*s]", class_label(class.kind),
		detail.size ? ": " : "", (int)(detail.size < 40 ? detail.size : 40),
		detail.data);

	json_string(&c->j, "name", name, (size_t)size);
	json_literal(&c->j, "cat", class_name(class.kind));
}

static void put_function_slice(struct chrome *c, const struct slice_key *key)
{
	struct profile_function f = profile_get_function(c->p, key->function);
	char *title = report_function_title(c->p, key->function);
	uint32_t line = c->no_lines ? f.first_line : key->line;

	json_literal(&c->j, "name", title);
	free(title);
	json_literal(&c->j, "cat", class_name(report_function_class(f)));
	if (!f.file)
		return;
	json_inline_object(&c->j, "args");
	put_text(c, "file", f.file);
	if (line)
		json_unsigned(&c->j, "line", line);
	json_end(&c->j);
}

static int64_t to_steps(int64_t time_ns)
{
	int64_t us = time_ns / 1000, rest_ns = time_ns % 1000;

	if (rest_ns < 0) {
		us--;
		rest_ns += 1000;
	}
	return us * STEPS_PER_US + rest_ns * STEPS_PER_US / 1000;
}

static void put_steps(struct chrome *c, const char *key, int64_t steps)
{
	/* Only damage lasts longer than 106 days. */
	int64_t ps = (int64_t)((uint64_t)steps * PS_PER_STEP);

	json_decimal(&c->j, key, ps, PS_IN_US_DECIMALS);
}

static void put_slice(struct lane *lane, const struct slice *s)
{
	struct chrome *c = lane->chrome;

	json_inline_object(&c->j, NULL);
	json_literal(&c->j, "ph", "X");
	put_steps(c, "ts", s->start);
	put_steps(c, "dur", lane->end - 1 - s->start);
	put_ids(c, lane->track);
	if (s->key.class_plus_1)
		put_class_slice(c, s->key.class_plus_1 - 1);
	else
		put_function_slice(c, &s->key);
	json_end(&c->j);
}

/* Of slices with the same start and end, viewers take the first as the outer. */
static void close_slices(struct lane *lane, size_t depth)
{
	for (size_t i = depth; i < lane->open.count; i++)
		put_slice(lane, &lane->open.item[i]);
	if (lane->open.count > depth)
		lane->open.count = depth;
}

/* A class that goes without saying in the function needs no slice. */
static bool needs_class_slice(const struct chrome *c, uint32_t function,
	uint32_t class_id)
{
	struct profile_class class = profile_get_class(c->p, class_id);

	return !function || class.detail ||
		report_function_class(profile_get_function(c->p, function)) != class.kind;
}

static void make_stack(struct chrome *c, const struct row_piece *piece)
{
	struct slice_key key = {0};

	profile_stack(c->p, piece->node, &c->places);
	c->stack.count = 0;
	for (size_t i = c->places.count; i-- > 0;) {
		struct profile_place place = profile_get_place(c->p, c->places.item[i]);

		key.function = place.function;
		key.line = c->no_lines ? 0 : place.line;
		vec_push(&c->stack, key);
	}
	if (c->stack.count == 0)
		vec_push(&c->stack, key);
	if (needs_class_slice(c, key.function, piece->class_id))
		vec_push(&c->stack,
			(struct slice_key){.class_plus_1 = piece->class_id + 1});
}

static bool is_same(const struct slice_key *a, const struct slice_key *b)
{
	return a->function == b->function && a->line == b->line &&
		a->class_plus_1 == b->class_plus_1;
}

static void on_piece(void *context, const struct row_piece *piece)
{
	struct lane *lane = context;
	struct chrome *c = lane->chrome;
	int64_t start = to_steps(piece->start_ns), end = to_steps(piece->end_ns);
	size_t same = 0;

	/* Too short to be seen. */
	if (end - start < 2)
		return;
	make_stack(c, piece);
	if (start == lane->end)
		while (same < lane->open.count && same < c->stack.count &&
			is_same(&lane->open.item[same].key, &c->stack.item[same]))
			same++;
	close_slices(lane, same);
	for (size_t i = same; i < c->stack.count; i++)
		vec_push(&lane->open, (struct slice){c->stack.item[i], start});
	lane->end = end;
}

static struct lane *lane_of(struct chrome *c, uint32_t section, uint32_t thread)
{
	size_t index = tracks_index(c->p, section, thread);

	if (!c->lanes[index]) {
		struct lane *lane = memory_zeroed(1, sizeof(*lane));

		lane->chrome = c;
		lane->track = &c->tracks.items.item[index];
		lane->layout.give = on_piece;
		lane->layout.context = lane;
		lane->layout.tolerance_ns =
			(int64_t)c->p->sections.item[section].resolution_ns;
		c->lanes[index] = lane;
	}
	return c->lanes[index];
}

static void on_rows(void *context, const struct replay_rows *rows)
{
	struct chrome *c = context;
	struct lane *lane = lane_of(c, rows->section, rows->thread);

	for (size_t i = 0; i < rows->count; i++) {
		uint32_t kind = profile_get_class(c->p, rows->class_id[i]).kind;

		if (c->class_mask & 1u << kind)
			row_layout_add(&lane->layout, rows->time_ns[i],
				rows->weight_ns[i], rows->node[i], rows->class_id[i],
				kind == PTF_CLASS_UNKNOWN || profile_is_off_cpu(kind));
	}
}

static void finish_lanes(struct chrome *c)
{
	for (size_t i = 0; i < c->tracks.items.count; i++) {
		struct lane *lane = c->lanes[i];

		if (!lane)
			continue;
		row_layout_finish(&lane->layout);
		close_slices(lane, 0);
		vec_free(&lane->open);
		free(lane);
	}
}

/* ------------------------------------------------ counters, marks, names */

static void on_points(void *context, const struct replay_points *points)
{
	struct chrome *c = context;
	struct profile_metric metric = profile_get_metric(c->p, points->metric);
	struct ptf_text name = profile_string(c->p, metric.name);
	struct ptf_text unit = profile_string(c->p, metric.unit);
	struct ptf_text instance = profile_string(c->p, points->instance);
	char of[32] = "", *title;

	/* Viewers tell counters of a process apart by their names. */
	if (points->thread)
		snprintf(of, sizeof(of), ", thread %u",
			c->tracks.items.item[points->thread - 1].tid);
	if (asprintf(&title, "%.*s%s%.*s%s%s", (int)name.size, name.data,
		    unit.size ? " (" : "", (int)unit.size, unit.data,
		    unit.size ? ")" : "", of) < 0)
		return;
	for (size_t i = 0; i < points->count; i++) {
		json_inline_object(&c->j, NULL);
		json_literal(&c->j, "ph", "C");
		json_decimal(&c->j, "ts", points->time_ns[i], US_DECIMALS);
		json_unsigned(&c->j, "pid", c->tracks.pid_of_process[points->process]);
		json_literal(&c->j, "name", title);
		json_inline_object(&c->j, "args");
		if (instance.size)
			json_key(&c->j, instance.data, instance.size);
		json_integer(&c->j, instance.size ? NULL : "value", points->values[i]);
		json_end(&c->j);
		json_end(&c->j);
	}
	free(title);
}

static void put_mark(struct chrome *c, const struct profile_mark *mark)
{
	const char *phase = mark->kind == PTF_MARK_BEGIN ? "b"
		: mark->kind == PTF_MARK_END             ? "e"
							 : "i";
	const struct track *track =
		mark->thread ? &c->tracks.items.item[mark->thread - 1] : NULL;
	int64_t time_ns;
	char id[32];

	if (!tracks_mark_time(c->p, mark, &time_ns))
		return;
	json_inline_object(&c->j, NULL);
	json_literal(&c->j, "ph", phase);
	json_literal(&c->j, "cat", "mark");
	if (mark->kind == PTF_MARK_RECORDING_ON)
		json_literal(&c->j, "name", "recording on");
	else if (mark->kind == PTF_MARK_RECORDING_OFF)
		json_literal(&c->j, "name", "recording off");
	else
		put_text(c, "name", mark->name);
	json_decimal(&c->j, "ts", time_ns, US_DECIMALS);
	json_unsigned(&c->j, "pid", track ? track->pid : 0);
	json_unsigned(&c->j, "tid", track ? track->tid : 0);
	if (*phase == 'i') {
		json_literal(&c->j, "s", track ? "t" : "g");
	} else {
		/* Phases may overlap: begin and end find each other by this. */
		snprintf(id, sizeof(id), "%u.%u.%u", mark->section, mark->thread,
			mark->name);
		json_literal(&c->j, "id", id);
	}
	json_end(&c->j);
}

static void put_name(struct chrome *c, const char *event, const struct track *track,
	const char *key, const char *name)
{
	json_inline_object(&c->j, NULL);
	json_literal(&c->j, "ph", "M");
	json_literal(&c->j, "name", event);
	put_ids(c, track);
	json_inline_object(&c->j, "args");
	json_literal(&c->j, key, name);
	json_end(&c->j);
	json_end(&c->j);
}

static void put_names(struct chrome *c)
{
	bool *is_named = memory_zeroed(c->p->processes.count + 1, sizeof(*is_named));

	for (size_t i = 0; i < c->tracks.items.count; i++) {
		const struct track *track = &c->tracks.items.item[i];
		char *title;

		if (!track->is_shown)
			continue;
		if (!is_named[track->process]) {
			is_named[track->process] = true;
			title = tracks_process_title(c->p, track->process);
			put_name(c, "process_name", track, "name", title);
			free(title);
		}
		title = report_thread_title(c->p, track->thread);
		put_name(c, "thread_name", track, "name", title);
		free(title);
	}
	free(is_named);
}

/* ------------------------------------------------- --stack-samples */

static void on_samples(void *context, const struct replay_rows *rows)
{
	struct chrome *c = context;
	const struct track *track =
		&c->tracks.items.item[tracks_index(c->p, rows->section, rows->thread)];

	for (size_t i = 0; i < rows->count; i++) {
		uint32_t kind = profile_get_class(c->p, rows->class_id[i]).kind;
		char node[16];

		if (!(c->class_mask & 1u << kind))
			continue;
		json_inline_object(&c->j, NULL);
		json_unsigned(&c->j, "cpu",
			rows->cpu && rows->cpu[i] ? rows->cpu[i] - 1 : 0);
		put_ids(c, track);
		json_decimal(&c->j, "ts", rows->time_ns[i], US_DECIMALS);
		json_literal(&c->j, "name", class_name(kind));
		if (rows->node[i]) {
			snprintf(node, sizeof(node), "%u", rows->node[i]);
			json_literal(&c->j, "sf", node);
		}
		json_decimal(&c->j, "weight", rows->weight_ns[i], US_DECIMALS);
		json_end(&c->j);
	}
}

/* The frames of inlined calls have keys of their own: "12", outside it "12.1". */
static void frame_key(char key[32], uint32_t node, size_t depth)
{
	snprintf(key, 32, depth ? "%u.%zu" : "%u", node, depth);
}

static void put_stack_frame(struct chrome *c, uint32_t node, uint32_t place_id,
	size_t depth, bool has_outer)
{
	struct profile_place place = profile_get_place(c->p, place_id);
	struct profile_function f = profile_get_function(c->p, place.function);
	struct ptf_text file = profile_string(c->p, f.file);
	char *title = report_function_title(c->p, place.function), key[32], line[16] = "";
	char *where;

	frame_key(key, node, depth);
	json_key(&c->j, key, strlen(key));
	json_inline_object(&c->j, NULL);
	json_literal(&c->j, "name", title);
	free(title);
	if (place.line && !c->no_lines)
		snprintf(line, sizeof(line), ":%u", place.line);
	if (asprintf(&where, "%.*s%s", (int)file.size, file.data, line) >= 0) {
		json_literal(&c->j, "category", where);
		free(where);
	}
	if (has_outer) {
		frame_key(key, node, depth + 1);
		json_literal(&c->j, "parent", key);
	} else if (profile_get_node(c->p, node).parent) {
		frame_key(key, profile_get_node(c->p, node).parent, 0);
		json_literal(&c->j, "parent", key);
	}
	json_end(&c->j);
}

static void put_stack_frames(struct chrome *c)
{
	bool *used = used_nodes(c->p, c->class_mask);

	for (uint32_t node = 1; node <= c->p->nodes.items.count; node++) {
		uint32_t frame = profile_get_node(c->p, node).frame;
		const uint32_t *places;
		size_t count = 0;

		if (!used[node])
			continue;
		places = frame ? profile_frame_places(c->p, frame, &count) : NULL;
		for (size_t i = 0; i < count; i++)
			put_stack_frame(c, node, places[i], i, i + 1 < count);
		if (count == 0)
			put_stack_frame(c, node, 0, 0, false);
	}
	free(used);
}

static int put_samples(struct chrome *c, struct ptf_error *err)
{
	const struct replay_hooks hooks = {.context = c, .rows = on_samples};
	int rc;

	json_object(&c->j, "stackFrames");
	put_stack_frames(c);
	json_end(&c->j);
	json_array(&c->j, "samples");
	rc = profile_replay(c->p, &hooks, err);
	json_end(&c->j);
	return rc;
}

/* ------------------------------------------------------------ the file */

static void put_fact(void *context, const char *label, struct ptf_text text)
{
	json_string(context, label, text.data, text.size);
}

static int write_chrome(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct chrome c = {.p = p,
		.no_lines = options->no_lines,
		.class_mask = emit_class_mask(&emit_chrome, options)};
	const struct replay_hooks hooks = {.context = &c,
		.rows = on_rows,
		.points = on_points};
	int rc;

	tracks_make(&c.tracks, p);
	c.lanes = memory_zeroed(c.tracks.items.count, sizeof(struct lane *));
	json_begin(&c.j, out);
	json_object(&c.j, NULL);
	json_literal(&c.j, "displayTimeUnit", "ms");
	json_object(&c.j, "otherData");
	json_literal(&c.j, "exporter", origin_exporter);
	origin_facts(p, put_fact, &c.j);
	json_end(&c.j);
	json_array(&c.j, "traceEvents");
	put_names(&c);
	for (size_t i = 0; i < p->marks.count; i++)
		put_mark(&c, &p->marks.item[i]);
	rc = profile_replay(p, &hooks, err);
	finish_lanes(&c);
	json_end(&c.j);
	/* Without rows an empty list would make speedscope wait for ever. */
	if (rc >= 0 && options->stack_samples && p->sample_count)
		rc = put_samples(&c, err);
	json_end(&c.j);
	json_finish(&c.j);
	free(c.lanes);
	vec_free(&c.places);
	vec_free(&c.stack);
	tracks_free(&c.tracks);
	return rc;
}

const struct emit_format emit_chrome = {
	.name = "chrome",
	.suffix = ".trace.json",
	.description = "Trace Event JSON for Perfetto, chrome://tracing and speedscope",
	.cannot_carry = "source text, losses, aggregates, time awaited, memory by stack; "
			"numbers of "
			"samples without "
			"--stack-samples",
	.options = EMIT_OPTION_METRIC | EMIT_OPTION_NO_LINES | EMIT_OPTION_STACK_SAMPLES,
	.metric = EMIT_METRIC_WALL,
	.write = write_chrome,
};
