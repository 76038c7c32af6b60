#include "format/section.h"

#include <stdlib.h>
#include <string.h>

#include "format/fail.h"
#include "format/header.h"

#define RESOLUTION_MAX_NS (UINT64_C(1) << 40)

void ptf_section_reset(struct ptf_section *s)
{
	uint32_t *first_lines = s->first_lines;
	size_t first_line_capacity = s->first_line_capacity;
	struct ptf_kind *kind = s->kind;
	size_t kind_capacity = s->kind_capacity;

	*s = (struct ptf_section){.first_lines = first_lines,
		.first_line_capacity = first_line_capacity,
		.kind = kind,
		.kind_capacity = kind_capacity,
		.classes = PTF_CLASS_KIND_COUNT - 1,
		.samples.resolution_ns = 1};
}

void ptf_section_finish(struct ptf_section *s)
{
	free(s->first_lines);
	free(s->kind);
	*s = (struct ptf_section){0};
}

int ptf_section_begin(struct ptf_section *s, const struct ptf_section_start *start,
	struct ptf_error *err)
{
	struct ptf_header header = {.format_major = start->format_major,
		.format_minor = start->format_minor,
		.features_incompatible = start->features_incompatible};
	int rc;

	ptf_section_reset(s);
	rc = ptf_header_check(&header, err);
	if (rc == 0 && start->time_resolution_ns > RESOLUTION_MAX_NS)
		rc = ptf_fail(err, PTF_ERR_CORRUPT, "time resolution over 2^40 ns");
	s->has_start = true;
	s->is_refused = rc < 0;
	s->samples.resolution_ns = start->time_resolution_ns;
	s->samples.time_metric = start->time_metric;
	return rc;
}

/* ------------------------------------------------- definitions that are lost */

/* Ids between the highest known and the first of a list; -1: defined again. */
static int64_t missing(uint32_t highest, uint32_t first)
{
	return (int64_t)first - 1 - (int64_t)highest;
}

#define MAKE_UP(list, type, n)                                                           \
	do {                                                                             \
		type *items_ = ptf_arena_array(arena, (size_t)(n), sizeof(type));        \
		if (!items_)                                                             \
			return ptf_fail_nomem(err);                                      \
		memset(items_, 0, (size_t)(n) * sizeof(type));                           \
		lost->list = items_;                                                     \
	} while (0)

static void name_lost_things(struct ptf_definitions *lost, struct ptf_arena *arena)
{
	struct ptf_text *strings =
		ptf_arena_array(arena, lost->string_count, sizeof(*strings));
	struct ptf_function *functions =
		ptf_arena_array(arena, lost->function_count, sizeof(*functions));
	struct ptf_frame *frames =
		ptf_arena_array(arena, lost->frame_count, sizeof(*frames));
	struct ptf_node *nodes = ptf_arena_array(arena, lost->node_count, sizeof(*nodes));
	struct ptf_kind *kinds = ptf_arena_array(arena, lost->kind_count, sizeof(*kinds));

	if (!strings || !functions || !frames || !nodes || !kinds)
		return;
	for (size_t i = 0; i < lost->string_count; i++)
		strings[i] = (struct ptf_text){"[lost]", 6};
	for (size_t i = 0; i < lost->function_count; i++)
		functions[i] = (struct ptf_function){.name = lost->string_count
				? lost->first_string
				: 0,
			.kind = PTF_FUNCTION_SYNTHETIC};
	for (size_t i = 0; i < lost->frame_count; i++)
		frames[i] = (struct ptf_frame){
			.function = lost->function_count ? lost->first_function : 0};
	for (size_t i = 0; i < lost->node_count; i++)
		nodes[i] = (struct ptf_node){
			.frame = lost->frame_count ? lost->first_frame : 0};
	for (size_t i = 0; i < lost->kind_count; i++)
		kinds[i] = (struct ptf_kind){
			.node = lost->node_count ? lost->first_node : 0};
	lost->kinds = kinds;
	lost->strings = strings;
	lost->functions = functions;
	lost->frames = frames;
	lost->nodes = nodes;
}

int ptf_section_lost(const struct ptf_section *s, const struct ptf_definitions *d,
	struct ptf_arena *arena, struct ptf_definitions *lost, struct ptf_error *err)
{
	const int64_t n[] = {missing(s->strings, d->first_string),
		missing(s->modules, d->first_module),
		missing(s->functions, d->first_function),
		missing(s->frames, d->first_frame), missing(s->nodes, d->first_node),
		missing(s->metrics, d->first_metric), missing(s->classes, d->first_class),
		missing(s->kinds, d->first_kind),
		missing(s->label_sets, d->first_label_set),
		missing(s->processes, d->first_process),
		missing(s->threads, d->first_thread)};
	int64_t sum = 0;

	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		if (n[i] < 0)
			return ptf_fail(err, PTF_ERR_CORRUPT,
				"definitions: an id is defined twice");
		sum += n[i];
	}
	if (sum == 0)
		return 0;
	if (sum > PTF_LOST_IDS_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT,
			"definitions: too many before them are lost");
	*lost = (struct ptf_definitions){.first_string = s->strings + 1,
		.first_module = s->modules + 1,
		.first_function = s->functions + 1,
		.first_frame = s->frames + 1,
		.first_node = s->nodes + 1,
		.first_metric = s->metrics + 1,
		.first_class = s->classes + 1,
		.first_kind = s->kinds + 1,
		.first_label_set = s->label_sets + 1,
		.first_process = s->processes + 1,
		.first_thread = s->threads + 1,
		.string_count = (size_t)n[0],
		.module_count = (size_t)n[1],
		.function_count = (size_t)n[2],
		.frame_count = (size_t)n[3],
		.node_count = (size_t)n[4],
		.metric_count = (size_t)n[5],
		.class_count = (size_t)n[6],
		.kind_count = (size_t)n[7],
		.label_set_count = (size_t)n[8],
		.process_count = (size_t)n[9],
		.thread_count = (size_t)n[10]};
	MAKE_UP(modules, struct ptf_module, n[1]);
	MAKE_UP(metrics, struct ptf_metric, n[5]);
	MAKE_UP(classes, struct ptf_class_descriptor, n[6]);
	MAKE_UP(label_sets, struct ptf_label_set, n[8]);
	MAKE_UP(processes, struct ptf_process, n[9]);
	MAKE_UP(threads, struct ptf_thread, n[10]);
	name_lost_things(lost, arena);
	return lost->nodes ? 1 : ptf_fail_nomem(err);
}

/* ----------------------------------------------------------- definitions */

static bool all_within(const struct ptf_ids *ids, uint32_t highest)
{
	for (size_t i = 0; i < ids->count; i++)
		if (ids->item[i] > highest)
			return false;
	return true;
}

static bool are_sound(const struct ptf_section *after, const struct ptf_section *before,
	const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->module_count; i++)
		if (d->modules[i].path > after->strings)
			return false;
	for (size_t i = 0; i < d->function_count; i++) {
		const struct ptf_function *f = &d->functions[i];

		if (f->name > after->strings || f->file > after->strings ||
			f->module > after->modules)
			return false;
	}
	for (size_t i = 0; i < d->frame_count; i++)
		if (d->frames[i].function > after->functions ||
			d->frames[i].module > after->modules)
			return false;
	for (size_t i = 0; i < d->node_count; i++)
		if (d->nodes[i].parent > before->nodes + i ||
			d->nodes[i].frame > after->frames)
			return false;
	for (size_t i = 0; i < d->metric_count; i++)
		if (d->metrics[i].name > after->strings ||
			d->metrics[i].unit > after->strings ||
			d->metrics[i].description > after->strings)
			return false;
	for (size_t i = 0; i < d->class_count; i++)
		if (d->classes[i].detail > after->strings)
			return false;
	for (size_t i = 0; i < d->kind_count; i++)
		if (d->kinds[i].node > after->nodes ||
			d->kinds[i].class_id > after->classes)
			return false;
	for (size_t i = 0; i < d->label_set_count; i++)
		if (!all_within(&d->label_sets[i].keys, after->strings) ||
			!all_within(&d->label_sets[i].values, after->strings))
			return false;
	for (size_t i = 0; i < d->process_count; i++)
		if (d->processes[i].parent > before->processes + i ||
			d->processes[i].executable > after->strings ||
			!all_within(&d->processes[i].arguments, after->strings))
			return false;
	for (size_t i = 0; i < d->thread_count; i++)
		if (d->threads[i].process > after->processes)
			return false;
	return true;
}

static bool add(uint32_t *highest, size_t count, uint32_t max_ids)
{
	if (count > max_ids || *highest > max_ids - count)
		return false;
	*highest += (uint32_t)count;
	return true;
}

static size_t grown(size_t capacity, size_t count)
{
	if (!capacity)
		capacity = 256;
	while (capacity < count)
		capacity *= 2;
	return capacity;
}

static bool reserve(struct ptf_section *s, size_t functions, size_t kinds)
{
	if (functions > s->first_line_capacity) {
		size_t capacity = grown(s->first_line_capacity, functions);
		uint32_t *lines = realloc(s->first_lines, capacity * sizeof(*lines));

		if (!lines)
			return false;
		s->first_lines = lines;
		s->first_line_capacity = capacity;
	}
	if (kinds > s->kind_capacity) {
		size_t capacity = grown(s->kind_capacity, kinds);
		struct ptf_kind *kind = realloc(s->kind, capacity * sizeof(*kind));

		if (!kind)
			return false;
		s->kind = kind;
		s->kind_capacity = capacity;
	}
	return true;
}

int ptf_section_define(struct ptf_section *s, const struct ptf_definitions *d,
	uint32_t max_ids, struct ptf_error *err)
{
	struct ptf_section after = *s;

	if (!add(&after.strings, d->string_count, max_ids) ||
		!add(&after.modules, d->module_count, max_ids) ||
		!add(&after.functions, d->function_count, max_ids) ||
		!add(&after.frames, d->frame_count, max_ids) ||
		!add(&after.nodes, d->node_count, max_ids) ||
		!add(&after.metrics, d->metric_count, max_ids) ||
		!add(&after.classes, d->class_count, max_ids) ||
		!add(&after.kinds, d->kind_count, max_ids) ||
		!add(&after.label_sets, d->label_set_count, max_ids) ||
		!add(&after.processes, d->process_count, max_ids) ||
		!add(&after.threads, d->thread_count, max_ids))
		return ptf_fail(err, PTF_ERR_LIMIT, "definitions: too many ids");
	if (!are_sound(&after, s, d))
		return ptf_fail(err, PTF_ERR_CORRUPT,
			"definitions refer to what is not defined");
	if (!reserve(s, after.functions, after.kinds))
		return ptf_fail_nomem(err);
	after.first_lines = s->first_lines;
	after.first_line_capacity = s->first_line_capacity;
	after.kind = s->kind;
	after.kind_capacity = s->kind_capacity;
	for (size_t i = 0; i < d->function_count; i++)
		after.first_lines[s->functions + i] = d->functions[i].first_line;
	if (d->kind_count)
		memcpy(after.kind + s->kinds, d->kinds,
			d->kind_count * sizeof(*d->kinds));
	*s = after;
	return 0;
}

/* --------------------------------------------------------- other Blocks */

/* Arrays that the reader made itself and shows as const. */
static void *writable(const void *data)
{
	union {
		const void *in;
		void *out;
	} u = {.in = data};

	return u.out;
}

static bool column_within(const uint32_t *column, size_t count, uint32_t highest)
{
	uint32_t seen = 0;

	if (!column)
		return true;
	for (size_t i = 0; i < count; i++)
		seen = column[i] > seen ? column[i] : seen;
	return seen <= highest;
}

static bool row_is_sound(const struct ptf_section *s, const struct ptf_samples *b,
	size_t i)
{
	return b->node[i] != PTF_LOST_KIND_NODE &&
		(!b->labels || b->labels[i] <= s->label_sets) &&
		(!b->task || b->task[i] <= s->strings);
}

static int check_samples(const struct ptf_section *s, struct ptf_samples *b,
	bool has_lost_kinds, size_t *dropped, struct ptf_error *err)
{
	size_t kept = 0;

	if (b->thread == 0 || b->thread > s->threads)
		return ptf_fail(err, PTF_ERR_CORRUPT,
			"samples of thread %u, which is not defined", b->thread);
	for (size_t i = 0; i < b->column_count; i++)
		if (b->columns[i].metric == 0 || b->columns[i].metric > s->metrics)
			return ptf_fail(err, PTF_ERR_CORRUPT,
				"samples of metric %u, which is not defined",
				b->columns[i].metric);
	if (!b->node)
		return 0;
	if (!has_lost_kinds && column_within(b->labels, b->count, s->label_sets) &&
		column_within(b->task, b->count, s->strings))
		return 0;
	for (size_t i = 0; i < b->count; i++) {
		if (!row_is_sound(s, b, i))
			continue;
		((int64_t *)writable(b->time_ns))[kept] = b->time_ns[i];
		((uint32_t *)writable(b->kind))[kept] = b->kind[i];
		((uint32_t *)writable(b->node))[kept] = b->node[i];
		((uint32_t *)writable(b->class_id))[kept] = b->class_id[i];
		if (b->labels)
			((uint32_t *)writable(b->labels))[kept] = b->labels[i];
		if (b->cpu)
			((uint32_t *)writable(b->cpu))[kept] = b->cpu[i];
		if (b->task)
			((uint32_t *)writable(b->task))[kept] = b->task[i];
		for (size_t c = 0; c < b->column_count; c++)
			((int64_t *)writable(b->columns[c].values))[kept] =
				b->columns[c].values[i];
		kept++;
	}
	*dropped = b->count - kept;
	b->count = kept;
	return 0;
}

/*
 * Takes the items that are not sound out of a list; `it` is the item in the
 * condition.
 */
#define KEEP(type, list, list_count, condition)                                          \
	do {                                                                             \
		type *all_ = writable(list);                                             \
		size_t kept_ = 0;                                                        \
		for (size_t i_ = 0; i_ < (list_count); i_++) {                           \
			const type *it = &all_[i_];                                      \
			if (condition)                                                   \
				all_[kept_++] = *it;                                     \
		}                                                                        \
		*dropped += (list_count)-kept_;                                          \
		(list_count) = kept_;                                                    \
	} while (0)

static void check_facts(const struct ptf_section *s, struct ptf_facts *f, size_t *dropped)
{
	KEEP(struct ptf_source, f->sources, f->source_count, it->file <= s->strings);
	KEEP(struct ptf_symbol, f->symbols, f->symbol_count,
		it->frame && it->frame <= s->frames && it->name <= s->strings &&
			it->file <= s->strings);
	KEEP(struct ptf_thread_name, f->thread_names, f->thread_name_count,
		it->thread && it->thread <= s->threads && it->name <= s->strings);
	KEEP(struct ptf_thread_end, f->thread_ends, f->thread_end_count,
		it->thread && it->thread <= s->threads);
	KEEP(struct ptf_process_end, f->process_ends, f->process_end_count,
		it->process && it->process <= s->processes);
	KEEP(struct ptf_process_image, f->process_images, f->process_image_count,
		it->process && it->process <= s->processes &&
			it->executable <= s->strings &&
			all_within(&it->arguments, s->strings));
}

static int check_metric(const struct ptf_section *s, uint32_t metric,
	struct ptf_error *err)
{
	if (metric > 0 && metric <= s->metrics)
		return 0;
	return ptf_fail(err, PTF_ERR_CORRUPT, "metric %u is not defined", metric);
}

int ptf_section_check(const struct ptf_section *s, struct ptf_block *block,
	bool has_lost_kinds, size_t *dropped, struct ptf_error *err)
{
	*dropped = 0;
	switch (block->kind) {
	case PTF_BLOCK_SAMPLES:
		return check_samples(s, &block->samples, has_lost_kinds, dropped, err);
	case PTF_BLOCK_AGGREGATES:
		KEEP(struct ptf_aggregate, block->aggregates.rows,
			block->aggregates.count,
			it->node <= s->nodes && it->class_id <= s->classes &&
				it->thread <= s->threads && it->labels <= s->label_sets);
		return check_metric(s, block->aggregates.metric, err);
	case PTF_BLOCK_EDGES:
		KEEP(struct ptf_edge, block->edges.rows, block->edges.count,
			it->caller <= s->frames && it->callee <= s->frames &&
				it->thread <= s->threads);
		return check_metric(s, block->edges.metric, err);
	case PTF_BLOCK_COUNTERS:
		if (block->counters.process > s->processes ||
			block->counters.thread > s->threads ||
			block->counters.instance > s->strings)
			return ptf_fail(err, PTF_ERR_CORRUPT,
				"counters refer to what is not defined");
		return check_metric(s, block->counters.metric, err);
	case PTF_BLOCK_MARKS:
		KEEP(struct ptf_mark, block->marks.rows, block->marks.count,
			it->thread <= s->threads && it->name <= s->strings);
		return 0;
	case PTF_BLOCK_FACTS:
		check_facts(s, &block->facts, dropped);
		return 0;
	case PTF_BLOCK_LOSSES:
		KEEP(struct ptf_loss, block->losses.rows, block->losses.count,
			it->kind <= s->strings && it->process <= s->processes &&
				it->thread <= s->threads);
		return 0;
	default:
		return 0;
	}
}
