#include "tools/core/merge_ids.h"

#include <stdlib.h>
#include <xxhash.h>

#include "tools/core/merge_peaks.h"

/*
 * After a failure the ids are 0 and everything goes on to its end without
 * effect, so that no caller has to look.
 */
#define DEFINE(ids, list, call)                                                          \
	do {                                                                             \
		uint32_t id_ = 0;                                                        \
		uint32_t *id = &id_;                                                     \
		if (out->rc == 0 && merge_wants_next(ids, list) &&                       \
			!merge_did(out, (call)))                                         \
			id_ = 0;                                                         \
		vec_push(&(ids)->list.id, id_);                                          \
	} while (0)

/* Longer than the name of any metric of memory. */
#define SHORT_TEXT_BYTES 16

static void define_string(struct merge_output *out, struct merge_ids *ids,
	struct ptf_text text)
{
	uint32_t defined;

	DEFINE(ids, string, ptf_writer_string(out->w, text, id, &out->err));
	if (out->m->options.aggregate)
		vec_push(&ids->short_texts,
			text.size <= SHORT_TEXT_BYTES ? arena_text(&ids->arena, text)
						      : PTF_TEXT(""));
	defined = ids->string.id.item[ids->string.id.count - 1];
	if (!defined)
		return;
	vec_cover(&out->string_hash, defined - 1);
	out->string_hash.item[defined - 1] = XXH3_64bits(text.data, text.size);
}

static void define_code(struct merge_output *out, struct merge_ids *ids,
	const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->module_count; i++) {
		struct ptf_module m = {merge_id(&ids->string, d->modules[i].path),
			d->modules[i].build_id};

		DEFINE(ids, module, ptf_writer_module(out->w, &m, id, &out->err));
	}
	for (size_t i = 0; i < d->function_count; i++) {
		struct ptf_function f = d->functions[i];

		f.name = merge_id(&ids->string, f.name);
		f.file = merge_id(&ids->string, f.file);
		f.module = merge_id(&ids->module, f.module);
		DEFINE(ids, function, ptf_writer_function(out->w, &f, id, &out->err));
	}
	for (size_t i = 0; i < d->frame_count; i++) {
		struct ptf_frame f = d->frames[i];

		f.function = merge_id(&ids->function, f.function);
		f.module = merge_id(&ids->module, f.module);
		DEFINE(ids, frame, ptf_writer_frame(out->w, &f, id, &out->err));
	}
	for (size_t i = 0; i < d->node_count; i++) {
		uint32_t parent = merge_id(&ids->node, d->nodes[i].parent);
		uint32_t frame = merge_id(&ids->frame, d->nodes[i].frame);

		DEFINE(ids, node, ptf_writer_node(out->w, parent, frame, id, &out->err));
	}
}

static struct ptf_text short_text(const struct merge_ids *ids, uint32_t string)
{
	return string && string <= ids->short_texts.count
		? ids->short_texts.item[string - 1]
		: PTF_TEXT("");
}

static void learn_heap_metric(struct merge_output *out, struct merge_ids *ids,
	const struct ptf_metric *m)
{
	struct heap_metrics *known = &ids->heap_metrics;

	heap_metrics_add(known, short_text(ids, m->name), short_text(ids, m->unit));
	if (known->of.item[known->of.count - 1] == HEAP_METRIC_PEAK)
		merge_peak_metric(out);
}

static void define_metrics(struct merge_output *out, struct merge_ids *ids,
	const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->metric_count; i++) {
		struct ptf_metric m = d->metrics[i];

		learn_heap_metric(out, ids, &m);
		/* The writer has a metric of time of its own. */
		if (d->first_metric + i == ids->time_metric) {
			vec_push(&ids->metric.id, PTF_TIME_METRIC);
			continue;
		}
		m.name = merge_id(&ids->string, m.name);
		m.unit = merge_id(&ids->string, m.unit);
		m.description = merge_id(&ids->string, m.description);
		DEFINE(ids, metric, ptf_writer_metric(out->w, &m, id, &out->err));
	}
}

struct ptf_ids merge_strings(struct merge_output *out, const struct merge_ids *ids,
	struct ptf_ids strings)
{
	out->tasks.count = 0;
	for (size_t i = 0; i < strings.count; i++)
		vec_push(&out->tasks, merge_id(&ids->string, strings.item[i]));
	return (struct ptf_ids){out->tasks.item, strings.count};
}

static void define_label_sets(struct merge_output *out, struct merge_ids *ids,
	const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->label_set_count; i++) {
		const struct ptf_label_set *from = &d->label_sets[i];
		size_t count = from->keys.count < from->values.count ? from->keys.count
								     : from->values.count;
		struct ptf_label_set set;

		out->labels.count = 0;
		for (size_t k = 0; k < count; k++)
			vec_push(&out->labels,
				merge_id(&ids->string, from->keys.item[k]));
		set.keys = (struct ptf_ids){out->labels.item, count};
		set.values = merge_strings(out, ids,
			(struct ptf_ids){from->values.item, count});
		DEFINE(ids, label_set, ptf_writer_label_set(out->w, &set, id, &out->err));
	}
}

void merge_define(struct merge_output *out, struct merge_ids *ids,
	const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->string_count; i++)
		define_string(out, ids, d->strings[i]);
	define_code(out, ids, d);
	define_metrics(out, ids, d);
	for (size_t i = 0; i < d->class_count; i++) {
		struct ptf_class_descriptor c = {d->classes[i].kind,
			merge_id(&ids->string, d->classes[i].detail)};

		DEFINE(ids, class_id, ptf_writer_class(out->w, &c, id, &out->err));
	}
	define_label_sets(out, ids, d);
}

void merge_ids_free(struct merge_ids *ids)
{
	struct merge_id_map *const all[] = {&ids->string, &ids->module, &ids->function,
		&ids->frame, &ids->node, &ids->metric, &ids->class_id, &ids->label_set,
		&ids->process, &ids->thread};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		vec_free(&all[i]->id);
	vec_free(&ids->heap_metrics.of);
	vec_free(&ids->short_texts);
	arena_free(&ids->arena);
}
