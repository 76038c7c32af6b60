/* Ids of a section -> ids of the section that it is copied into. */
#ifndef PREC_REJOIN_IDS_H
#define PREC_REJOIN_IDS_H

#include <stddef.h>
#include <stdint.h>

#include <ptf/ptf.h>

#include "recorder/idmap.h"

enum rejoin_kind {
	REJOIN_STRING,
	REJOIN_MODULE,
	REJOIN_FUNCTION,
	REJOIN_FRAME,
	REJOIN_NODE,
	REJOIN_METRIC,
	REJOIN_CLASS, /* those that are described; see rejoin_class */
	REJOIN_LABEL_SET,
	REJOIN_PROCESS,
	REJOIN_THREAD,
	REJOIN_KIND_COUNT
};

/* [id in the section - 1] = id in the other. */
struct rejoin_map {
	uint32_t *item; /* heap */
	size_t count, capacity;
};

struct rejoin_ids {
	struct ptf_writer *writer; /* of the other; borrowed */
	int64_t shift_ns;          /* what its times are later than the section's */
	int64_t origin_ns;         /* of the section, CLOCK_MONOTONIC */
	struct rejoin_map map[REJOIN_KIND_COUNT];
	/* What several sections have is one: by number and absolute start. */
	struct idmap processes, threads;
};

/* Another section begins: what it defines is not known yet. */
void rejoin_ids_enter(struct rejoin_ids *ids, int64_t origin_ns, int64_t shift_ns);

/* Defines what the section defines. 0 or an error. */
int rejoin_ids_define(struct rejoin_ids *ids, const struct ptf_definitions *d,
	struct ptf_error *err);

static inline uint32_t rejoin_id(const struct rejoin_ids *ids, enum rejoin_kind kind,
	uint32_t id)
{
	const struct rejoin_map *map = &ids->map[kind];

	return id && id <= map->count ? map->item[id - 1] : 0;
}

static inline uint32_t rejoin_class(const struct rejoin_ids *ids, uint32_t class_id)
{
	return class_id < PTF_CLASS_KIND_COUNT
		? class_id
		: rejoin_id(ids, REJOIN_CLASS, class_id - PTF_CLASS_KIND_COUNT + 1);
}

/* A heap copy of many, NULL when memory is out. */
uint32_t *rejoin_many(const struct rejoin_ids *ids, enum rejoin_kind kind,
	const uint32_t *id, size_t count);

void rejoin_ids_finish(struct rejoin_ids *ids);

#endif
