#include "tools/core/kind_cells.h"

#include <stdlib.h>

/* Which kinds have no cell of this thread; how many. */
static size_t find_missing(struct kind_cells *k, uint32_t thread, size_t count)
{
	size_t n = 0;

	/* Without a branch for each row. */
	for (size_t i = 0; i < count; i++) {
		k->missing[n] = k->row_kind[i];
		n += k->of_kind.item[k->row_kind[i]].owner != thread + 1;
	}
	return n;
}

static void look_up(struct kind_cells *k, const struct profile_cells *cells,
	uint32_t thread, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct section_kind kind = section_kind(k->maps, k->missing[i]);

		k->keys[i] = (struct cell_key){kind.node, kind.class_id, thread};
	}
	cells_find(cells, k->keys, count, k->cell);
	for (size_t i = 0; i < count; i++)
		k->of_kind.item[k->missing[i]] =
			(struct kind_cell){k->cell[i] ? thread + 1 : 0, k->cell[i]};
}

const uint32_t *kind_cells_find(struct kind_cells *k, const struct section_maps *maps,
	const struct profile_cells *cells, uint32_t thread, const uint32_t *kind,
	size_t count)
{
	count = count < KIND_CELLS_ROWS ? count : KIND_CELLS_ROWS;
	if (k->maps != maps)
		k->of_kind.count = 0;
	k->maps = maps;
	vec_cover(&k->of_kind, maps->kind.count);
	/* A kind that is not defined is as kind 0: no stack. */
	for (size_t i = 0; i < count; i++)
		k->row_kind[i] = kind[i] < maps->kind.count ? kind[i] : 0;
	look_up(k, cells, thread, find_missing(k, thread, count));
	for (size_t i = 0; i < count; i++)
		k->cell[i] = k->of_kind.item[k->row_kind[i]].cell;
	return k->cell;
}

void kind_cells_free(struct kind_cells *k)
{
	vec_free(&k->of_kind);
}
