#include "tools/core/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/reader.h>

#include "tools/core/filter.h"
#include "tools/core/section_maps.h"
#include "tools/core/wrapping.h"

/* Rows as they are handed over. */
struct replay_columns {
	int64_t *time_ns, *weight_ns;
	int64_t *allocated, *freed, *copied; /* bytes */
	uint32_t *kind, *node, *class_id, *cpu, *task;
	size_t capacity; /* the longest Block's */
};

struct replay {
	const struct profile *p;
	const struct replay_hooks *hooks;
	const struct section_maps *maps;
	int64_t shift_ns;
	struct replay_columns rows;
	/* Points of a counter. */
	VEC(int64_t) time_ns;
	VEC(int64_t) value;
};

static void columns_reserve(struct replay_columns *c, size_t count)
{
	if (count <= c->capacity)
		return;
	c->time_ns = memory_resized(c->time_ns, count, sizeof(*c->time_ns));
	c->weight_ns = memory_resized(c->weight_ns, count, sizeof(*c->weight_ns));
	c->allocated = memory_resized(c->allocated, count, sizeof(*c->allocated));
	c->freed = memory_resized(c->freed, count, sizeof(*c->freed));
	c->copied = memory_resized(c->copied, count, sizeof(*c->copied));
	c->kind = memory_resized(c->kind, count, sizeof(*c->kind));
	c->node = memory_resized(c->node, count, sizeof(*c->node));
	c->class_id = memory_resized(c->class_id, count, sizeof(*c->class_id));
	c->cpu = memory_resized(c->cpu, count, sizeof(*c->cpu));
	c->task = memory_resized(c->task, count, sizeof(*c->task));
	c->capacity = count;
}

static void columns_free(struct replay_columns *c)
{
	free(c->time_ns);
	free(c->weight_ns);
	free(c->allocated);
	free(c->freed);
	free(c->copied);
	free(c->kind);
	free(c->node);
	free(c->class_id);
	free(c->cpu);
	free(c->task);
}

static const int64_t *time_column(const struct replay *r, const struct ptf_samples *s)
{
	for (size_t i = 0; i < s->column_count; i++)
		if (s->columns[i].metric == r->maps->time_metric)
			return s->columns[i].values;
	return NULL;
}

/* Puts rows [first, end) that are selected at `at`; where the next go. */
static size_t take_rows(struct replay *r, const struct ptf_samples *s, uint32_t thread,
	size_t first, size_t end, size_t at)
{
	const struct replay_columns *to = &r->rows;
	const int64_t *weight = time_column(r, s);

	for (size_t i = first; i < end; i++) {
		struct section_kind kind = section_kind(r->maps, s->kind[i]);

		if (!filter_keeps(r->p->filter, kind.node, kind.class_id, thread))
			continue;
		to->time_ns[at] = add_wrapping(s->time_ns[i], r->shift_ns);
		to->weight_ns[at] = weight ? weight[i] : 0;
		to->kind[at] = s->kind[i];
		to->node[at] = kind.node;
		to->class_id[at] = kind.class_id;
		if (s->cpu)
			to->cpu[at] = s->cpu[i];
		if (s->task)
			to->task[at] = id_mapped(&r->maps->string, s->task[i]);
		at++;
	}
	return at;
}

static void give_rows(struct replay *r, const struct ptf_samples *s)
{
	uint32_t thread = id_mapped(&r->maps->thread, s->thread);
	const struct time_spans *spans = profile_spans(r->p, r->maps->section, thread);
	size_t at = 0, first, end, count = 0;

	columns_reserve(&r->rows, s->count);
	while (spans_next_rows(spans, s->time_ns, s->count, &at, &first, &end))
		count = take_rows(r, s, thread, first, end, count);
	if (count)
		r->hooks->rows(r->hooks->context,
			&(struct replay_rows){.section = r->maps->section,
				.thread = thread,
				.count = count,
				.time_ns = r->rows.time_ns,
				.node = r->rows.node,
				.class_id = r->rows.class_id,
				.kind = r->rows.kind,
				.weight_ns = r->rows.weight_ns,
				.cpu = s->cpu ? r->rows.cpu : NULL,
				.task = s->task ? r->rows.task : NULL});
}

static int64_t bytes_at(const int64_t *column, size_t row)
{
	return column && column[row] > 0 ? column[row] : 0;
}

static size_t take_memory(struct replay *r, const struct ptf_samples *s,
	const struct heap_columns *columns, uint32_t thread, size_t first, size_t end,
	size_t at)
{
	const struct replay_columns *to = &r->rows;

	for (size_t i = first; i < end; i++) {
		struct section_kind kind = section_kind(r->maps, s->kind[i]);

		if (!filter_keeps(r->p->filter, kind.node, kind.class_id, thread))
			continue;
		to->time_ns[at] = add_wrapping(s->time_ns[i], r->shift_ns);
		to->node[at] = kind.node;
		to->class_id[at] = kind.class_id;
		to->allocated[at] = bytes_at(columns->bytes[HEAP_METRIC_ALLOCATED], i);
		to->freed[at] = bytes_at(columns->bytes[HEAP_METRIC_FREED], i);
		to->copied[at] = bytes_at(columns->bytes[HEAP_METRIC_COPIED], i);
		at++;
	}
	return at;
}

static void give_memory(struct replay *r, const struct ptf_samples *s,
	const struct heap_columns *columns)
{
	uint32_t thread = id_mapped(&r->maps->thread, s->thread);
	const struct time_spans *spans = profile_spans(r->p, r->maps->section, thread);
	size_t at = 0, first, end, count = 0;

	columns_reserve(&r->rows, s->count);
	while (spans_next_rows(spans, s->time_ns, s->count, &at, &first, &end))
		count = take_memory(r, s, columns, thread, first, end, count);
	if (count)
		r->hooks->memory(r->hooks->context,
			&(struct replay_memory){.section = r->maps->section,
				.thread = thread,
				.count = count,
				.time_ns = r->rows.time_ns,
				.node = r->rows.node,
				.class_id = r->rows.class_id,
				.allocated_bytes = r->rows.allocated,
				.freed_bytes = r->rows.freed,
				.copied_bytes = r->rows.copied});
}

static void give_samples(struct replay *r, const struct ptf_samples *s)
{
	struct heap_columns columns;

	if (!heap_columns_find(&columns, &r->maps->heap_metrics, r->maps->time_metric,
		    s)) {
		if (r->hooks->rows)
			give_rows(r, s);
	} else if (r->hooks->memory) {
		give_memory(r, s, &columns);
	}
}

static void give_sums(struct replay *r, const struct ptf_aggregates *a)
{
	struct replay_sum sum = {.section = r->maps->section,
		.metric = id_mapped(&r->maps->metric, a->metric)};

	/* What has no time is in no part of it. */
	if (profile_spans(r->p, r->maps->section, 0))
		return;
	for (size_t i = 0; i < a->count; i++) {
		sum.node = id_mapped(&r->maps->node, a->rows[i].node);
		sum.class_id = section_class(r->maps, a->rows[i].class_id);
		sum.thread = id_mapped(&r->maps->thread, a->rows[i].thread);
		sum.n = a->rows[i].n;
		sum.sum = a->rows[i].sum;
		if (filter_keeps(r->p->filter, sum.node, sum.class_id, sum.thread))
			r->hooks->sum(r->hooks->context, &sum);
	}
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
	if (b->kind == PTF_BLOCK_SAMPLES)
		give_samples(r, &b->samples);
	else if (b->kind == PTF_BLOCK_AGGREGATES && hooks->sum)
		give_sums(r, &b->aggregates);
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
	columns_free(&r->rows);
	vec_free(&r->time_ns);
	vec_free(&r->value);
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
