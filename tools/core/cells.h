/* Time by (stack, class, thread): what a profile adds up while it reads. */
#ifndef TOOLS_CORE_CELLS_H
#define TOOLS_CORE_CELLS_H

#include <stddef.h>
#include <stdint.h>

struct cell_key {
	uint32_t node, class_id, thread;
};

struct profile_cell {
	uint32_t node, class_id, thread;
	uint64_t count;
	int64_t time_ns;
};

/* Cells that differ, in order of first sight, and where to find them. */
struct profile_cells {
	struct profile_cell *item;
	size_t count, capacity;
	uint32_t *slots; /* index + 1; 0 = free */
	size_t slot_count;
};

/* Index + 1 of a cell, which is made when there is none. */
uint32_t cells_add(struct profile_cells *cells, struct cell_key key);
/*
 * The same of several, without making them: 0 = there is none. Faster than one by
 * one, as memory is waited for only once.
 */
void cells_find(const struct profile_cells *cells, const struct cell_key *keys,
	size_t count, uint32_t *found);
/* After items were taken out. */
void cells_settle(struct profile_cells *cells);
void cells_free(struct profile_cells *cells);

#endif
