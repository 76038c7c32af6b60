/*
 * Which cells rows belong to, without looking for the cell of each row: a
 * section's kinds are dense, and a Block is of one thread.
 */
#ifndef TOOLS_CORE_KIND_CELLS_H
#define TOOLS_CORE_KIND_CELLS_H

#include "tools/core/cells.h"
#include "tools/core/section_maps.h"

/* So few at a time that what they need stays in the processor's caches. */
#define KIND_CELLS_ROWS 1024

struct kind_cell {
	uint32_t owner; /* thread + 1 whose cell it is; 0 = nobody's */
	uint32_t cell;  /* index + 1 */
};

/* All zero to begin with. */
struct kind_cells {
	const struct section_maps *maps; /* of the section that they are of */
	VEC(struct kind_cell) of_kind;   /* [kind] */
	uint32_t row_kind[KIND_CELLS_ROWS], missing[KIND_CELLS_ROWS],
		cell[KIND_CELLS_ROWS];
	struct cell_key keys[KIND_CELLS_ROWS];
};

/*
 * Index + 1 of the cells of a thread's rows, of the first KIND_CELLS_ROWS at most; 0
 * where there is none. Until the next call.
 */
const uint32_t *kind_cells_find(struct kind_cells *k, const struct section_maps *maps,
	const struct profile_cells *cells, uint32_t thread, const uint32_t *kind,
	size_t count);

void kind_cells_free(struct kind_cells *k);

#endif
