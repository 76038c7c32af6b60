/* A Block -> what is selected of it. */
#include <stdlib.h>

#include "tools/core/filter.h"
#include "tools/core/replay.h"
#include "tools/core/rewrite_parts.h"

/* Rows of one column that are kept, behind what the list has. */
#define GATHER(to, from)                                                                 \
	do {                                                                             \
		for (size_t i_ = 0; i_ < part->kept.count; i_++)                         \
			vec_push(&part->to, (from)[part->kept.item[i_]]);                \
	} while (0)

static uint32_t thread_of(const struct rewrite_part *part, uint32_t thread)
{
	return id_mapped(&part->maps->thread, thread);
}

static uint32_t process_of(const struct rewrite_part *part, uint32_t process)
{
	return id_mapped(&part->maps->process, process);
}

static bool keeps(const struct rewrite_part *part, uint32_t node, uint32_t class_id,
	uint32_t thread)
{
	return filter_keeps(part->p->filter, id_mapped(&part->maps->node, node),
		section_class(part->maps, class_id), thread);
}

/* ---------------------------------------------------------------- rows */

static void choose_rows(struct rewrite_part *part, const struct ptf_samples *s)
{
	uint32_t thread = thread_of(part, s->thread);
	size_t at = 0, first, end;

	part->kept.count = 0;
	while (spans_next_rows(profile_spans(part->p, part->maps->section, thread),
		s->time_ns, s->count, &at, &first, &end))
		for (size_t i = first; i < end; i++)
			if (keeps(part, s->node[i], s->class_id[i], thread))
				vec_push(&part->kept, i);
}

static void gather_columns(struct rewrite_part *part, struct ptf_samples *s)
{
	part->values.count = part->columns.count = 0;
	for (size_t k = 0; k < s->column_count; k++)
		GATHER(values, s->columns[k].values);
	for (size_t k = 0; k < s->column_count; k++) {
		struct ptf_value_column column = s->columns[k];

		column.values = part->values.item + k * part->kept.count;
		vec_push(&part->columns, column);
	}
	s->columns = part->columns.item;
}

static bool part_of_samples(struct rewrite_part *part, struct ptf_samples *s)
{
	choose_rows(part, s);
	if (part->kept.count == s->count || part->kept.count == 0)
		return part->kept.count != 0;
	part->times.count = part->nodes.count = part->classes.count = 0;
	part->labels.count = part->cpus.count = part->tasks.count = 0;
	GATHER(times, s->time_ns);
	GATHER(nodes, s->node);
	GATHER(classes, s->class_id);
	if (s->labels)
		GATHER(labels, s->labels);
	if (s->cpu)
		GATHER(cpus, s->cpu);
	if (s->task)
		GATHER(tasks, s->task);
	gather_columns(part, s);
	s->count = part->kept.count;
	s->time_ns = part->times.item;
	s->node = part->nodes.item;
	s->class_id = part->classes.item;
	s->labels = s->labels ? part->labels.item : NULL;
	s->cpu = s->cpu ? part->cpus.item : NULL;
	s->task = s->task ? part->tasks.item : NULL;
	return true;
}

static bool part_of_aggregates(struct rewrite_part *part, struct ptf_aggregates *a)
{
	part->aggregates.count = 0;
	/* What has no time is in no part of it. */
	for (size_t i = 0;
		i < a->count && !profile_spans(part->p, part->maps->section, 0); i++)
		if (keeps(part, a->rows[i].node, a->rows[i].class_id,
			    thread_of(part, a->rows[i].thread)))
			vec_push(&part->aggregates, a->rows[i]);
	a->rows = part->aggregates.item;
	a->count = part->aggregates.count;
	return a->count != 0;
}

/* Calls are of no time, class or stack: only those of threads can be chosen. */
static bool part_of_edges(struct rewrite_part *part, struct ptf_edges *e)
{
	const struct selection *s = part->p->selection;
	bool others = s &&
		(s->class_mask || s->function_globs.count || s->file_globs.count ||
			profile_spans(part->p, part->maps->section, 0));

	part->edges.count = 0;
	for (size_t i = 0; i < e->count && !others; i++)
		if (filter_keeps_thread(part->p->filter,
			    thread_of(part, e->rows[i].thread)))
			vec_push(&part->edges, e->rows[i]);
	e->rows = part->edges.item;
	e->count = part->edges.count;
	return e->count != 0;
}

/* -------------------------------------------- series, marks and losses */

static bool part_of_counters(struct rewrite_part *part, struct ptf_counters *c)
{
	uint32_t process = process_of(part, c->process);
	uint32_t thread = thread_of(part, c->thread);
	size_t at = 0, first, end;

	if (!filter_keeps_process(part->p->filter, process) ||
		(thread && !filter_keeps_thread(part->p->filter, thread)))
		return false;
	part->kept.count = part->times.count = part->values.count = 0;
	while (spans_next_rows(replay_points_spans(part->p, part->maps->section, process,
				       thread),
		c->time_ns, c->count, &at, &first, &end))
		for (size_t i = first; i < end; i++)
			vec_push(&part->kept, i);
	GATHER(times, c->time_ns);
	GATHER(values, c->values);
	c->time_ns = part->times.item;
	c->values = part->values.item;
	c->count = part->kept.count;
	return c->count != 0;
}

/*
 * Of all times: a region that began before the part is needed to tell what in
 * the part belongs to it.
 */
static bool part_of_marks(struct rewrite_part *part, struct ptf_marks *m)
{
	part->marks.count = 0;
	for (size_t i = 0; i < m->count; i++) {
		uint32_t thread = thread_of(part, m->rows[i].thread);

		if (!thread || filter_keeps_thread(part->p->filter, thread))
			vec_push(&part->marks, m->rows[i]);
	}
	m->rows = part->marks.item;
	m->count = part->marks.count;
	return m->count != 0;
}

/* Losses have no time: those of what is left of it are those of all its time. */
static bool part_of_losses(struct rewrite_part *part, struct ptf_losses *l)
{
	part->losses.count = 0;
	for (size_t i = 0; i < l->count; i++) {
		uint32_t thread = thread_of(part, l->rows[i].thread);
		uint32_t process = process_of(part, l->rows[i].process);

		if ((!thread || filter_keeps_thread(part->p->filter, thread)) &&
			(!process || filter_keeps_process(part->p->filter, process)))
			vec_push(&part->losses, l->rows[i]);
	}
	l->rows = part->losses.item;
	l->count = part->losses.count;
	return l->count != 0;
}

bool rewrite_part_of(struct rewrite_part *part, struct ptf_block *b)
{
	switch (b->kind) {
	case PTF_BLOCK_SAMPLES:
		return part_of_samples(part, &b->samples);
	case PTF_BLOCK_AGGREGATES:
		return part_of_aggregates(part, &b->aggregates);
	case PTF_BLOCK_EDGES:
		return part_of_edges(part, &b->edges);
	case PTF_BLOCK_COUNTERS:
		return part_of_counters(part, &b->counters);
	case PTF_BLOCK_MARKS:
		return part_of_marks(part, &b->marks);
	case PTF_BLOCK_LOSSES:
		return part_of_losses(part, &b->losses);
	/* What is defined and said stays where it is needed. */
	case PTF_BLOCK_DEFINITIONS:
	case PTF_BLOCK_FACTS:
	case PTF_BLOCK_SECTION_START:
	case PTF_BLOCK_CLOCK:
	case PTF_BLOCK_SECTION_END:
		break;
	}
	return true;
}

void rewrite_part_free(struct rewrite_part *part)
{
	vec_free(&part->kept);
	vec_free(&part->times);
	vec_free(&part->values);
	vec_free(&part->nodes);
	vec_free(&part->classes);
	vec_free(&part->labels);
	vec_free(&part->cpus);
	vec_free(&part->tasks);
	vec_free(&part->columns);
	vec_free(&part->aggregates);
	vec_free(&part->edges);
	vec_free(&part->marks);
	vec_free(&part->losses);
}
