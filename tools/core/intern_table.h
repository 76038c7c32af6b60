/*
 * Interning: equal bytes get the same dense id, counting from 1.
 *
 * Used for strings and, with fixed-size structs without padding as the bytes,
 * for everything that is made of other ids (functions, frames, stacks).
 */
#ifndef TOOLS_CORE_INTERN_TABLE_H
#define TOOLS_CORE_INTERN_TABLE_H

#include "tools/core/memory.h"

struct intern_slot {
	uint32_t hash;
	uint32_t id; /* 0 = free */
};

/* All zero is an empty table. */
struct intern {
	struct arena arena;
	VEC(struct ptf_text) items; /* item[id - 1]; data is aligned for any type */
	struct intern_slot *slots;
	size_t slot_count; /* a power of two */
};

/* The id of equal bytes. */
uint32_t intern_bytes(struct intern *table, const void *data, size_t size);
/* The same without adding: 0 when there is none. */
uint32_t intern_lookup(const struct intern *table, const void *data, size_t size);
/* Id 0 and ids that were never given yield empty bytes. */
struct ptf_text intern_get(const struct intern *table, uint32_t id);
void intern_free(struct intern *table);

#endif
