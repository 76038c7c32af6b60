#include "tools/core/cells.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/memory.h"

static size_t hash(struct cell_key key)
{
	uint64_t h = ((uint64_t)key.thread << 32 | key.node) * 0x9e3779b97f4a7c15u;

	h ^= h >> 29;
	h = (h + key.class_id) * 0xbf58476d1ce4e5b9u;
	return (size_t)(h ^ h >> 32);
}

/* Where a cell is, or would be: at `at` or behind it. */
static uint32_t *slot_from(const struct profile_cells *cells, size_t at,
	struct cell_key key)
{
	size_t mask = cells->slot_count - 1;

	for (at &= mask; cells->slots[at]; at = (at + 1) & mask) {
		const struct profile_cell *c = &cells->item[cells->slots[at] - 1];

		if (c->node == key.node && c->class_id == key.class_id &&
			c->thread == key.thread)
			break;
	}
	return &cells->slots[at];
}

static uint32_t *slot_of(const struct profile_cells *cells, struct cell_key key)
{
	return slot_from(cells, hash(key), key);
}

void cells_settle(struct profile_cells *cells)
{
	if (!cells->slot_count)
		return;
	memset(cells->slots, 0, cells->slot_count * sizeof(*cells->slots));
	for (size_t i = 0; i < cells->count; i++) {
		const struct profile_cell *c = &cells->item[i];

		*slot_of(cells, (struct cell_key){c->node, c->class_id, c->thread}) =
			(uint32_t)i + 1;
	}
}

static void grow(struct profile_cells *cells)
{
	cells->slot_count = cells->slot_count ? cells->slot_count * 2 : 1024;
	cells->slots =
		memory_resized(cells->slots, cells->slot_count, sizeof(*cells->slots));
	cells_settle(cells);
}

uint32_t cells_add(struct profile_cells *cells, struct cell_key key)
{
	uint32_t *slot;

	if ((cells->count + 1) * 4 > cells->slot_count * 3)
		grow(cells);
	slot = slot_of(cells, key);
	if (!*slot) {
		vec_push(cells,
			(struct profile_cell){key.node, key.class_id, key.thread, 0, 0});
		*slot = (uint32_t)cells->count;
	}
	return *slot;
}

void cells_find(const struct profile_cells *cells, const struct cell_key *keys,
	size_t count, uint32_t *found)
{
	enum { TOGETHER = 32 };
	size_t at[TOGETHER], n;

	if (!cells->slot_count) {
		memset(found, 0, count * sizeof(*found));
		return;
	}
	for (; count; keys += n, found += n, count -= n) {
		n = count < TOGETHER ? count : TOGETHER;
		for (size_t i = 0; i < n; i++) {
			at[i] = hash(keys[i]) & (cells->slot_count - 1);
			__builtin_prefetch(&cells->slots[at[i]]);
		}
		for (size_t i = 0; i < n; i++)
			if (cells->slots[at[i]])
				__builtin_prefetch(&cells->item[cells->slots[at[i]] - 1]);
		for (size_t i = 0; i < n; i++)
			found[i] = *slot_from(cells, at[i], keys[i]);
	}
}

void cells_free(struct profile_cells *cells)
{
	vec_free(cells);
	free(cells->slots);
}
