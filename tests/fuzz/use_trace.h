/* Uses all that a reader gives, as a tool would that trusts the library. */
#ifndef TESTS_USE_TRACE_H
#define TESTS_USE_TRACE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/ptf.h>

enum {
	STRINGS,
	MODULES,
	FUNCTIONS,
	FRAMES,
	NODES,
	METRICS,
	CLASSES,
	SETS,
	PROCESSES,
	THREADS,
	KINDS
};

/* A byte for each id, grown without slack, so that one too many is seen. */
struct used {
	uint8_t *item[KINDS];
	uint32_t count[KINDS];
	volatile uint64_t sum;
};

static inline void define(struct used *u, int kind, uint32_t first, size_t count)
{
	if (!count)
		return;
	/* Dense and in order is what the API promises. */
	if (first != u->count[kind])
		abort();
	u->count[kind] += (uint32_t)count;
	u->item[kind] = realloc(u->item[kind], u->count[kind]);
	if (!u->item[kind])
		abort();
	memset(u->item[kind] + first, 1, count);
}

static inline void use(struct used *u, int kind, uint32_t id)
{
	u->sum += u->item[kind][id];
}

static inline void use_text(struct used *u, struct ptf_text t)
{
	for (size_t i = 0; i < t.size; i++)
		u->sum += (uint8_t)t.data[i];
}

static inline void use_strings(struct used *u, struct ptf_ids ids)
{
	for (size_t i = 0; i < ids.count; i++)
		use(u, STRINGS, ids.item[i]);
}

static inline void use_attributes(struct used *u, struct ptf_attributes list)
{
	for (size_t i = 0; i < list.count; i++) {
		use_text(u, list.item[i].key);
		use_text(u, list.item[i].value);
	}
}

static inline void used_finish(struct used *u)
{
	for (int k = 0; k < KINDS; k++)
		free(u->item[k]);
	memset(u->item, 0, sizeof(u->item));
	memset(u->count, 0, sizeof(u->count));
}

static inline void use_start(struct used *u, const struct ptf_section_start *s)
{
	used_finish(u);
	for (int k = 0; k < KINDS; k++)
		define(u, k, 0, k == CLASSES ? PTF_CLASS_KIND_COUNT : 1);
	use_text(u, s->producer);
	use_attributes(u, s->attributes);
}

static inline void use_definitions(struct used *u, const struct ptf_definitions *d)
{
	define(u, STRINGS, d->first_string, d->string_count);
	define(u, MODULES, d->first_module, d->module_count);
	define(u, FUNCTIONS, d->first_function, d->function_count);
	define(u, FRAMES, d->first_frame, d->frame_count);
	define(u, METRICS, d->first_metric, d->metric_count);
	define(u, CLASSES, d->first_class, d->class_count);
	define(u, SETS, d->first_label_set, d->label_set_count);
	define(u, PROCESSES, d->first_process, d->process_count);
	define(u, THREADS, d->first_thread, d->thread_count);
	for (size_t i = 0; i < d->string_count; i++)
		use_text(u, d->strings[i]);
	for (size_t i = 0; i < d->module_count; i++) {
		use(u, STRINGS, d->modules[i].path);
		use_text(u, d->modules[i].build_id);
	}
	for (size_t i = 0; i < d->function_count; i++) {
		use(u, STRINGS, d->functions[i].name);
		use(u, STRINGS, d->functions[i].file);
		use(u, MODULES, d->functions[i].module);
	}
	for (size_t i = 0; i < d->frame_count; i++) {
		use(u, FUNCTIONS, d->frames[i].function);
		use(u, MODULES, d->frames[i].module);
	}
	for (size_t i = 0; i < d->node_count; i++) {
		/* A parent is defined before its children: no loops. */
		use(u, NODES, d->nodes[i].parent);
		use(u, FRAMES, d->nodes[i].frame);
		define(u, NODES, d->first_node + (uint32_t)i, 1);
	}
	for (size_t i = 0; i < d->metric_count; i++) {
		use(u, STRINGS, d->metrics[i].name);
		use(u, STRINGS, d->metrics[i].unit);
		use(u, STRINGS, d->metrics[i].description);
	}
	for (size_t i = 0; i < d->class_count; i++)
		use(u, STRINGS, d->classes[i].detail);
	for (size_t i = 0; i < d->kind_count; i++) {
		use(u, NODES, d->kinds[i].node);
		use(u, CLASSES, d->kinds[i].class_id);
	}
	for (size_t i = 0; i < d->label_set_count; i++) {
		use_strings(u, d->label_sets[i].keys);
		use_strings(u, d->label_sets[i].values);
	}
	for (size_t i = 0; i < d->process_count; i++) {
		use(u, PROCESSES, d->processes[i].parent);
		use(u, STRINGS, d->processes[i].executable);
		use_strings(u, d->processes[i].arguments);
		use_attributes(u, d->processes[i].attributes);
	}
	for (size_t i = 0; i < d->thread_count; i++)
		use(u, PROCESSES, d->threads[i].process);
}

static inline void use_samples(struct used *u, const struct ptf_samples *s)
{
	use(u, THREADS, s->thread);
	if (!s->thread)
		abort();
	for (size_t i = 0; i < s->count; i++) {
		if (i && s->time_ns[i] < s->time_ns[i - 1])
			abort();
		use(u, NODES, s->node[i]);
		use(u, CLASSES, s->class_id[i]);
		if (s->labels)
			use(u, SETS, s->labels[i]);
		if (s->task)
			use(u, STRINGS, s->task[i]);
		if (s->cpu)
			u->sum += s->cpu[i];
	}
	for (size_t c = 0; c < s->column_count; c++) {
		use(u, METRICS, s->columns[c].metric);
		for (size_t i = 0; i < s->count; i++)
			u->sum += (uint64_t)s->columns[c].values[i];
	}
}

static inline void use_facts(struct used *u, const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->source_count; i++) {
		use(u, STRINGS, f->sources[i].file);
		use_text(u, f->sources[i].text);
	}
	for (size_t i = 0; i < f->symbol_count; i++) {
		use(u, FRAMES, f->symbols[i].frame);
		use(u, STRINGS, f->symbols[i].name);
		use(u, STRINGS, f->symbols[i].file);
	}
	for (size_t i = 0; i < f->thread_name_count; i++) {
		use(u, THREADS, f->thread_names[i].thread);
		use(u, STRINGS, f->thread_names[i].name);
	}
	for (size_t i = 0; i < f->thread_end_count; i++)
		use(u, THREADS, f->thread_ends[i].thread);
	for (size_t i = 0; i < f->process_end_count; i++)
		use(u, PROCESSES, f->process_ends[i].process);
	for (size_t i = 0; i < f->process_image_count; i++) {
		use(u, PROCESSES, f->process_images[i].process);
		use(u, STRINGS, f->process_images[i].executable);
		use_strings(u, f->process_images[i].arguments);
		use_attributes(u, f->process_images[i].attributes);
	}
}

static inline void use_rows(struct used *u, const struct ptf_block *b)
{
	switch (b->kind) {
	case PTF_BLOCK_AGGREGATES:
		use(u, METRICS, b->aggregates.metric);
		for (size_t i = 0; i < b->aggregates.count; i++) {
			use(u, NODES, b->aggregates.rows[i].node);
			use(u, CLASSES, b->aggregates.rows[i].class_id);
			use(u, THREADS, b->aggregates.rows[i].thread);
			use(u, SETS, b->aggregates.rows[i].labels);
		}
		break;
	case PTF_BLOCK_EDGES:
		use(u, METRICS, b->edges.metric);
		for (size_t i = 0; i < b->edges.count; i++) {
			use(u, FRAMES, b->edges.rows[i].caller);
			use(u, FRAMES, b->edges.rows[i].callee);
			use(u, THREADS, b->edges.rows[i].thread);
		}
		break;
	case PTF_BLOCK_COUNTERS:
		use(u, METRICS, b->counters.metric);
		use(u, PROCESSES, b->counters.process);
		use(u, THREADS, b->counters.thread);
		use(u, STRINGS, b->counters.instance);
		for (size_t i = 0; i < b->counters.count; i++)
			u->sum += (uint64_t)b->counters.time_ns[i] +
				(uint64_t)b->counters.values[i];
		break;
	case PTF_BLOCK_MARKS:
		for (size_t i = 0; i < b->marks.count; i++) {
			use(u, THREADS, b->marks.rows[i].thread);
			use(u, STRINGS, b->marks.rows[i].name);
		}
		break;
	case PTF_BLOCK_CLOCK:
		use_text(u, b->clock.boot_id);
		break;
	case PTF_BLOCK_LOSSES:
		for (size_t i = 0; i < b->losses.count; i++) {
			use(u, STRINGS, b->losses.rows[i].kind);
			use(u, PROCESSES, b->losses.rows[i].process);
			use(u, THREADS, b->losses.rows[i].thread);
		}
		break;
	default:
		break;
	}
}

static inline void use_all(struct ptf_reader *r, struct used *u)
{
	struct ptf_error err;
	struct ptf_block b;
	size_t count;

	while (ptf_reader_next(r, &b, &err) > 0) {
		switch (b.kind) {
		case PTF_BLOCK_SECTION_START:
			use_start(u, &b.section_start);
			break;
		case PTF_BLOCK_DEFINITIONS:
			use_definitions(u, &b.definitions);
			break;
		case PTF_BLOCK_SAMPLES:
			use_samples(u, &b.samples);
			break;
		case PTF_BLOCK_FACTS:
			use_facts(u, &b.facts);
			break;
		default:
			use_rows(u, &b);
			break;
		}
		if (!ptf_reader_section(r, b.section_index))
			abort();
	}
	for (size_t i = 0; ptf_reader_note(r, i); i++)
		u->sum += strlen(ptf_reader_note(r, i)->message);
	ptf_reader_sizes(r, &count);
	u->sum += count;
}

#endif
