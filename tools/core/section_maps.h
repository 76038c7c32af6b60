/*
 * What the ids of a section are in the profile: made while a profile reads,
 * kept for its replay.
 */
#ifndef TOOLS_CORE_SECTION_MAPS_H
#define TOOLS_CORE_SECTION_MAPS_H

#include <ptf/types.h>

#include "tools/core/heap_rows.h"
#include "tools/core/memory.h"

struct id_map {
	VEC(uint32_t) id; /* [section id - 1] */
};

/* What rows are told by: a stack and a class of the profile. */
struct section_kind {
	uint32_t node, class_id;
};

struct section_maps {
	struct id_map string, module, function, frame, node, class_id, metric, process,
		thread;
	VEC(struct section_kind) kind; /* [section kind] */
	uint32_t section;              /* index in the profile */
	uint32_t time_metric;
	struct heap_metrics heap_metrics;
};

static inline uint32_t id_mapped(const struct id_map *map, uint32_t id)
{
	return id && id <= map->id.count ? map->id.item[id - 1] : 0;
}

/* Classes 1 to 6 of the profile are those every trace knows. */
static inline uint32_t section_class(const struct section_maps *maps, uint32_t class_id)
{
	return class_id < PTF_CLASS_KIND_COUNT
		? class_id
		: id_mapped(&maps->class_id, class_id - PTF_CLASS_KIND_COUNT + 1);
}

/* Of a kind that is not defined: no stack, no class. */
static inline struct section_kind section_kind(const struct section_maps *maps,
	uint32_t kind)
{
	return kind < maps->kind.count ? maps->kind.item[kind] : (struct section_kind){0};
}

/* NULL is allowed. */
void section_maps_free(struct section_maps *maps);

#endif
