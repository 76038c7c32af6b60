/* Which definitions of a section are needed by what is left of it. */
#include <stdlib.h>

#include "tools/core/filter.h"
#include "tools/core/rewrite_parts.h"

static void want(struct merge_id_map *map, uint32_t id)
{
	if (!id)
		return;
	vec_cover(&map->id, id - 1);
	map->id.item[id - 1] = 1;
}

static void want_run(struct rewrite_use *use, struct rewrite_run run)
{
	for (size_t i = 0; i < run.count; i++)
		want(&use->wanted.string, use->strings.item[run.first + i]);
}

static struct rewrite_run keep_ids(struct rewrite_use *use, struct ptf_ids ids)
{
	struct rewrite_run run = {use->strings.count, ids.count};

	for (size_t i = 0; i < ids.count; i++)
		vec_push(&use->strings, ids.item[i]);
	return run;
}

/* Keys, then values, as many. */
static struct rewrite_run keep_labels(struct rewrite_use *use,
	const struct ptf_label_set *set)
{
	struct rewrite_run run = keep_ids(use, set->keys);

	run.count += keep_ids(use, set->values).count;
	return run;
}

/* --------------------------------------------------------- definitions */

/* Parents too: without them nobody could tell which recording a process is of. */
static void want_process(struct rewrite_use *use, uint32_t id)
{
	while (id && id <= use->process_parents.count &&
		!merge_id(&use->wanted.process, id)) {
		want(&use->wanted.process, id);
		id = use->process_parents.item[id - 1];
	}
}

static void take_people(struct rewrite_use *use, const struct section_maps *maps,
	const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->process_count; i++) {
		uint32_t id = d->first_process + (uint32_t)i;

		vec_push(&use->process_parents, d->processes[i].parent);
		if (filter_keeps_process(use->p->filter, id_mapped(&maps->process, id)))
			want_process(use, id);
	}
	for (size_t i = 0; i < d->thread_count; i++) {
		uint32_t id = d->first_thread + (uint32_t)i;

		if (!filter_keeps_thread(use->p->filter, id_mapped(&maps->thread, id)))
			continue;
		want(&use->wanted.thread, id);
		want_process(use, d->threads[i].process);
	}
}

static void take_definitions(struct rewrite_use *use, const struct section_maps *maps,
	const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->module_count; i++)
		vec_push(&use->module_paths, d->modules[i].path);
	for (size_t i = 0; i < d->function_count; i++)
		vec_push(&use->functions, d->functions[i]);
	for (size_t i = 0; i < d->frame_count; i++)
		vec_push(&use->frames, d->frames[i]);
	for (size_t i = 0; i < d->node_count; i++)
		vec_push(&use->nodes, d->nodes[i]);
	for (size_t i = 0; i < d->metric_count; i++)
		vec_push(&use->metrics, d->metrics[i]);
	for (size_t i = 0; i < d->class_count; i++)
		vec_push(&use->class_details, d->classes[i].detail);
	for (size_t i = 0; i < d->label_set_count; i++)
		vec_push(&use->label_sets, keep_labels(use, &d->label_sets[i]));
	take_people(use, maps, d);
	for (size_t i = 0; i < d->process_count; i++) {
		const struct ptf_process *process = &d->processes[i];
		struct rewrite_said said = {d->first_process + (uint32_t)i,
			process->executable, keep_ids(use, process->arguments)};

		vec_push(&use->said, said);
	}
}

/* ---------------------------------------------------------------- rows */

static void want_class(struct rewrite_use *use, uint32_t class_id)
{
	if (class_id >= PTF_CLASS_KIND_COUNT)
		want(&use->wanted.class_id, class_id - PTF_CLASS_KIND_COUNT + 1);
}

static void take_samples(struct rewrite_use *use, const struct ptf_samples *s)
{
	for (size_t i = 0; i < s->count; i++) {
		want(&use->wanted.node, s->node[i]);
		want_class(use, s->class_id[i]);
	}
	for (size_t i = 0; s->labels && i < s->count; i++)
		want(&use->wanted.label_set, s->labels[i]);
	for (size_t i = 0; s->task && i < s->count; i++)
		want(&use->wanted.string, s->task[i]);
	for (size_t k = 0; k < s->column_count; k++)
		want(&use->wanted.metric, s->columns[k].metric);
}

static void take_rows(struct rewrite_use *use, const struct ptf_block *b)
{
	const struct ptf_aggregates *a = &b->aggregates;
	const struct ptf_edges *e = &b->edges;

	if (b->kind == PTF_BLOCK_AGGREGATES) {
		want(&use->wanted.metric, a->metric);
		for (size_t i = 0; i < a->count; i++) {
			want(&use->wanted.node, a->rows[i].node);
			want_class(use, a->rows[i].class_id);
			want(&use->wanted.label_set, a->rows[i].labels);
		}
	} else if (b->kind == PTF_BLOCK_EDGES) {
		want(&use->wanted.metric, e->metric);
		for (size_t i = 0; i < e->count; i++) {
			want(&use->wanted.frame, e->rows[i].caller);
			want(&use->wanted.frame, e->rows[i].callee);
		}
	} else if (b->kind == PTF_BLOCK_COUNTERS) {
		want(&use->wanted.metric, b->counters.metric);
		want(&use->wanted.string, b->counters.instance);
	} else if (b->kind == PTF_BLOCK_MARKS) {
		for (size_t i = 0; i < b->marks.count; i++)
			want(&use->wanted.string, b->marks.rows[i].name);
	} else if (b->kind == PTF_BLOCK_LOSSES) {
		for (size_t i = 0; i < b->losses.count; i++)
			want(&use->wanted.string, b->losses.rows[i].kind);
	}
}

static void take_facts(struct rewrite_use *use, const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->symbol_count; i++)
		vec_push(&use->symbols, f->symbols[i]);
	for (size_t i = 0; i < f->thread_name_count; i++)
		if (merge_id(&use->wanted.thread, f->thread_names[i].thread))
			want(&use->wanted.string, f->thread_names[i].name);
	for (size_t i = 0; i < f->process_image_count; i++) {
		const struct ptf_process_image *image = &f->process_images[i];
		struct rewrite_said said = {image->process, image->executable,
			keep_ids(use, image->arguments)};

		vec_push(&use->said, said);
	}
	/* A source is wanted when its file is, for another reason. */
}

void rewrite_use_block(struct rewrite_use *use, const struct section_maps *maps,
	const struct ptf_block *b)
{
	if (b->kind == PTF_BLOCK_DEFINITIONS)
		take_definitions(use, maps, &b->definitions);
	else if (b->kind == PTF_BLOCK_SAMPLES)
		take_samples(use, &b->samples);
	else if (b->kind == PTF_BLOCK_FACTS)
		take_facts(use, &b->facts);
	else
		take_rows(use, b);
}

/* -------------------------------------------------------------- closing */

static void close_code(struct rewrite_use *use)
{
	struct merge_ids *w = &use->wanted;

	/* What a thing refers to stands before it. */
	for (size_t id = use->nodes.count; id > 0; id--)
		if (merge_id(&w->node, (uint32_t)id)) {
			want(&w->node, use->nodes.item[id - 1].parent);
			want(&w->frame, use->nodes.item[id - 1].frame);
		}
	for (size_t id = 1; id <= use->frames.count; id++)
		if (merge_id(&w->frame, (uint32_t)id)) {
			want(&w->function, use->frames.item[id - 1].function);
			want(&w->module, use->frames.item[id - 1].module);
		}
	for (size_t id = 1; id <= use->functions.count; id++)
		if (merge_id(&w->function, (uint32_t)id)) {
			want(&w->string, use->functions.item[id - 1].name);
			want(&w->string, use->functions.item[id - 1].file);
			want(&w->module, use->functions.item[id - 1].module);
		}
	for (size_t id = 1; id <= use->module_paths.count; id++)
		if (merge_id(&w->module, (uint32_t)id))
			want(&w->string, use->module_paths.item[id - 1]);
	for (size_t i = 0; i < use->symbols.count; i++)
		if (merge_id(&w->frame, use->symbols.item[i].frame)) {
			want(&w->string, use->symbols.item[i].name);
			want(&w->string, use->symbols.item[i].file);
		}
}

void rewrite_use_finish(struct rewrite_use *use)
{
	struct merge_ids *w = &use->wanted;

	close_code(use);
	for (size_t id = 1; id <= use->metrics.count; id++)
		if (merge_id(&w->metric, (uint32_t)id)) {
			want(&w->string, use->metrics.item[id - 1].name);
			want(&w->string, use->metrics.item[id - 1].unit);
			want(&w->string, use->metrics.item[id - 1].description);
		}
	for (size_t id = 1; id <= use->class_details.count; id++)
		if (merge_id(&w->class_id, (uint32_t)id))
			want(&w->string, use->class_details.item[id - 1]);
	for (size_t id = 1; id <= use->label_sets.count; id++)
		if (merge_id(&w->label_set, (uint32_t)id))
			want_run(use, use->label_sets.item[id - 1]);
	for (size_t i = 0; i < use->said.count; i++)
		if (merge_id(&w->process, use->said.item[i].process)) {
			want(&w->string, use->said.item[i].executable);
			want_run(use, use->said.item[i].arguments);
		}
}

void rewrite_use_free(struct rewrite_use *use)
{
	merge_ids_free(&use->wanted);
	vec_free(&use->module_paths);
	vec_free(&use->functions);
	vec_free(&use->frames);
	vec_free(&use->nodes);
	vec_free(&use->metrics);
	vec_free(&use->class_details);
	vec_free(&use->label_sets);
	vec_free(&use->process_parents);
	vec_free(&use->symbols);
	vec_free(&use->said);
	vec_free(&use->strings);
}
