/* Ids of a section of an input -> ids of the output. */
#ifndef TOOLS_CORE_MERGE_IDS_H
#define TOOLS_CORE_MERGE_IDS_H

#include <ptf/types.h>

#include "tools/core/heap_rows.h"
#include "tools/core/memory.h"

struct merge_output;

struct merge_id_map {
	VEC(uint32_t) id; /* [section id - 1] */
};

/*
 * What a section defines is left out where `wanted` has no id for it; NULL wants
 * everything.
 */
struct merge_ids {
	struct merge_id_map string, module, function, frame, node, metric, class_id,
		label_set, process, thread;
	uint32_t time_metric; /* id in the section */
	const struct merge_ids *wanted;
	/* Where rows are summed: what of them is about memory. */
	struct heap_metrics heap_metrics; /* ids in the section */
	VEC(struct ptf_text) short_texts; /* [string - 1]; "" = it is no name of those */
	struct arena arena;
};

static inline uint32_t merge_id(const struct merge_id_map *map, uint32_t id)
{
	return id && id <= map->id.count ? map->id.item[id - 1] : 0;
}

/* Whether what comes next in a list is wanted. */
#define merge_wants_next(ids, list)                                                      \
	(!(ids)->wanted || merge_id(&(ids)->wanted->list, (ids)->list.id.count + 1))

static inline uint32_t merge_class(const struct merge_ids *ids, uint32_t class_id)
{
	return class_id < PTF_CLASS_KIND_COUNT
		? class_id
		: merge_id(&ids->class_id, class_id - PTF_CLASS_KIND_COUNT + 1);
}

/* Many ids of strings; the array lives until the next call. */
struct ptf_ids merge_strings(struct merge_output *out, const struct merge_ids *ids,
	struct ptf_ids strings);

/* All but processes and threads, of which a merge decides itself. */
void merge_define(struct merge_output *out, struct merge_ids *ids,
	const struct ptf_definitions *d);
void merge_ids_free(struct merge_ids *ids);

#endif
