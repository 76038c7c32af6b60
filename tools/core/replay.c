#include "tools/core/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/reader.h>

#include "tools/core/filter.h"
#include "tools/core/section_maps.h"
#include "tools/core/wrapping.h"

/* Rows as they are handed over; each column is as long as the longest Block. */
struct replay {
	const struct profile *p;
	const struct replay_hooks *hooks;
	const struct section_maps *maps;
	int64_t shift_ns;
	VEC(int64_t) time_ns;
	VEC(int64_t) value;
	VEC(uint32_t) node;
	VEC(uint32_t) class_id;
	VEC(uint32_t) cpu;
	VEC(uint32_t) task;
};

static const int64_t *time_column(const struct replay *r, const struct ptf_samples *s)
{
	for (size_t i = 0; i < s->column_count; i++)
		if (s->columns[i].metric == r->maps->time_metric)
			return s->columns[i].values;
	return NULL;
}

static void push_row(struct replay *r, const struct ptf_samples *s, uint32_t thread,
	size_t i, int64_t weight_ns)
{
	uint32_t node = id_mapped(&r->maps->node, s->node[i]);
	uint32_t class_id = section_class(r->maps, s->class_id[i]);

	if (!filter_keeps(r->p->filter, node, class_id, thread))
		return;
	vec_push(&r->time_ns, add_wrapping(s->time_ns[i], r->shift_ns));
	vec_push(&r->value, weight_ns);
	vec_push(&r->node, node);
	vec_push(&r->class_id, class_id);
	if (s->cpu)
		vec_push(&r->cpu, s->cpu[i]);
	if (s->task)
		vec_push(&r->task, id_mapped(&r->maps->string, s->task[i]));
}

static void give_rows(struct replay *r, const struct ptf_samples *s)
{
	const int64_t *weight = time_column(r, s);
	struct replay_rows rows = {.section = r->maps->section,
		.thread = id_mapped(&r->maps->thread, s->thread)};
	size_t at = 0, first, end;

	r->time_ns.count = r->value.count = r->node.count = r->class_id.count = 0;
	r->cpu.count = r->task.count = 0;
	while (spans_next_rows(profile_spans(r->p, rows.section, rows.thread), s->time_ns,
		s->count, &at, &first, &end))
		for (size_t i = first; i < end; i++)
			push_row(r, s, rows.thread, i, weight ? weight[i] : 0);
	rows.count = r->time_ns.count;
	rows.time_ns = r->time_ns.item;
	rows.node = r->node.item;
	rows.class_id = r->class_id.item;
	rows.weight_ns = r->value.item;
	rows.cpu = s->cpu ? r->cpu.item : NULL;
	rows.task = s->task ? r->task.item : NULL;
	if (rows.count)
		r->hooks->rows(r->hooks->context, &rows);
}

/* Of a process: what its main thread's time is. */
const struct time_spans *replay_points_spans(const struct profile *p, uint32_t section,
	uint32_t process, uint32_t thread)
{
	/* Where all threads have the same, none is looked for. */
	if (thread || !p->selection || !p->selection->region_globs.count)
		return profile_spans(p, section, thread);
	for (uint32_t id = 1; process && id <= p->threads.count; id++)
		if (p->threads.item[id - 1].process == process &&
			p->threads.item[id - 1].is_main)
			return profile_spans(p, section, id);
	return profile_spans(p, section, 0);
}

static void give_points(struct replay *r, const struct ptf_counters *c)
{
	struct replay_points points = {
		.section = r->maps->section,
		.metric = id_mapped(&r->maps->metric, c->metric),
		.process = id_mapped(&r->maps->process, c->process),
		.thread = id_mapped(&r->maps->thread, c->thread),
		.instance = id_mapped(&r->maps->string, c->instance),
	};
	const struct time_spans *spans;
	size_t at = 0, first, end;

	if (!filter_keeps_process(r->p->filter, points.process) ||
		(points.thread && !filter_keeps_thread(r->p->filter, points.thread)))
		return;
	spans = replay_points_spans(r->p, points.section, points.process, points.thread);
	r->time_ns.count = r->value.count = 0;
	while (spans_next_rows(spans, c->time_ns, c->count, &at, &first, &end))
		for (size_t i = first; i < end; i++) {
			vec_push(&r->time_ns, add_wrapping(c->time_ns[i], r->shift_ns));
			vec_push(&r->value, c->values[i]);
		}
	points.count = r->time_ns.count;
	points.time_ns = r->time_ns.item;
	points.values = r->value.item;
	if (points.count)
		r->hooks->points(r->hooks->context, &points);
}

static void give_block(struct replay *r, const struct ptf_block *b)
{
	const struct replay_hooks *hooks = r->hooks;

	if (hooks->block)
		hooks->block(hooks->context, r->maps->section, b);
	if (b->kind == PTF_BLOCK_SAMPLES && hooks->rows)
		give_rows(r, &b->samples);
	else if (b->kind == PTF_BLOCK_COUNTERS && hooks->points)
		give_points(r, &b->counters);
	else if (b->kind == PTF_BLOCK_CLOCK && hooks->clock)
		hooks->clock(hooks->context, r->maps->section, &b->clock);
}

static int changed(struct ptf_error *err)
{
	if (err) {
		*err = (struct ptf_error){.code = PTF_ERR_CORRUPT};
		snprintf(err->message, sizeof(err->message), "changed while it was read");
	}
	return PTF_ERR_CORRUPT;
}

static int replay_reader(struct replay *r, const struct profile_input *input,
	struct ptf_reader *reader, struct ptf_error *err)
{
	struct ptf_block block;
	uint32_t next = input->first_section;
	int rc;

	r->maps = NULL;
	/* What was appended meanwhile is in no cell. */
	for (uint64_t i = 0; i < input->block_count; i++) {
		if ((rc = ptf_reader_next(reader, &block, err)) < 0)
			return rc;
		if (rc == 0)
			return changed(err);
		/* As profile_read.c tells sections apart. */
		if (block.kind == PTF_BLOCK_SECTION_START || !r->maps) {
			if (next >= r->p->section_maps.count)
				return changed(err);
			r->maps = r->p->section_maps.item[next];
			r->shift_ns = r->p->sections.item[next++].shift_ns;
		}
		give_block(r, &block);
	}
	return 0;
}

/* Who asked for the replay does not know which of the inputs failed. */
static void name_input(struct ptf_error *err, const char *path)
{
	char message[sizeof(err->message)];

	snprintf(message, sizeof(message), "%.120s: %.120s", path, err->message);
	memcpy(err->message, message, sizeof(message));
}

static int replay_one(struct replay *r, const struct profile_input *input,
	struct ptf_error *err)
{
	struct ptf_reader *reader = input->reader;
	int rc = 0;

	if (reader)
		ptf_reader_rewind(reader);
	else
		rc = ptf_reader_open(&reader, input->path, NULL, err);
	if (rc >= 0)
		rc = replay_reader(r, input, reader, err);
	if (!input->reader)
		ptf_reader_close(reader);
	if (rc < 0 && err)
		name_input(err, input->path);
	return rc;
}

static void replay_free(struct replay *r)
{
	vec_free(&r->time_ns);
	vec_free(&r->value);
	vec_free(&r->node);
	vec_free(&r->class_id);
	vec_free(&r->cpu);
	vec_free(&r->task);
}

int replay_input(const struct profile *p, const struct profile_input *input,
	const struct replay_hooks *hooks, struct ptf_error *err)
{
	struct replay r = {.p = p, .hooks = hooks};
	int rc = replay_one(&r, input, err);

	replay_free(&r);
	return rc;
}

/* An input and when it begins, on the axis of all. */
struct turn {
	const struct profile_input *input;
	int64_t begin_ns;
};

static int compare_turns(const void *x, const void *y)
{
	const struct turn *a = x, *b = y;

	if (a->begin_ns != b->begin_ns)
		return a->begin_ns < b->begin_ns ? -1 : 1;
	return (a->input > b->input) - (a->input < b->input);
}

int profile_replay(const struct profile *p, const struct replay_hooks *hooks,
	struct ptf_error *err)
{
	struct replay r = {.p = p, .hooks = hooks};
	VEC(struct turn) turns = {0};
	int rc = 0;

	for (size_t i = 0; i < p->inputs.count; i++) {
		const struct profile_input *input = &p->inputs.item[i];

		if (input->first_section < p->sections.count)
			vec_push(&turns,
				(struct turn){input,
					p->sections.item[input->first_section].shift_ns});
	}
	/* A thread may go on from one input to another. */
	if (turns.count)
		qsort(turns.item, turns.count, sizeof(*turns.item), compare_turns);
	for (size_t i = 0; i < turns.count && rc >= 0; i++)
		rc = replay_one(&r, turns.item[i].input, err);
	vec_free(&turns);
	replay_free(&r);
	return rc;
}
