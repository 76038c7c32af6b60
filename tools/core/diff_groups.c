#include "tools/core/diff_groups.h"

#include <stdlib.h>

#include "tools/core/kind_cells.h"
#include "tools/core/replay.h"

/* Where the next time of a thread goes. */
struct turn {
	size_t group;
	int64_t rest_ns; /* of the block */
};

/* Groups are asked of memory so many rows before they are needed. */
#define AHEAD 8

struct grouping {
	const struct profile *p;
	const bool *counts; /* [cell] */
	struct kind_cells kind_cells;
	size_t group_count;
	int64_t block_ns;
	struct turn *turns; /* [thread] */
	double *group_ns;
};

static double *groups_of(const struct grouping *g, uint32_t cell)
{
	return g->group_ns + (size_t)(cell - 1) * g->group_count;
}

/* A row's time belongs to the blocks that it stretches over. */
static void deal_out(const struct grouping *g, struct turn *turn, double *group_ns,
	int64_t ns)
{
	int64_t round_ns = g->block_ns * (int64_t)g->group_count;

	if (ns >= round_ns) {
		for (size_t i = 0; i < g->group_count; i++)
			group_ns[i] += (double)(ns / round_ns * g->block_ns);
		ns %= round_ns;
	}
	while (ns >= turn->rest_ns) {
		group_ns[turn->group] += (double)turn->rest_ns;
		ns -= turn->rest_ns;
		turn->rest_ns = g->block_ns;
		turn->group = turn->group + 1 == g->group_count ? 0 : turn->group + 1;
	}
	group_ns[turn->group] += (double)ns;
	turn->rest_ns -= ns;
}

static void group_rows(void *context, const struct replay_rows *rows)
{
	struct grouping *g = context;
	struct turn *turn = &g->turns[rows->thread];
	const struct section_maps *maps = g->p->section_maps.item[rows->section];
	const uint32_t *cells = NULL;
	size_t n = 0;

	for (size_t i = 0; i < rows->count; i++) {
		size_t at = i % KIND_CELLS_ROWS;

		if (at == 0) {
			n = rows->count - i;
			cells = kind_cells_find(&g->kind_cells, maps, &g->p->cells,
				rows->thread, rows->kind + i, n);
		}
		if (at + AHEAD < n && at + AHEAD < KIND_CELLS_ROWS && cells[at + AHEAD])
			__builtin_prefetch(groups_of(g, cells[at + AHEAD]) + turn->group,
				1);
		/* A damaged trace may have times below zero. */
		if (cells[at] && g->counts[cells[at] - 1] && rows->weight_ns[i] > 0)
			deal_out(g, turn, groups_of(g, cells[at]), rows->weight_ns[i]);
	}
}

double *diff_groups_read(const struct profile *p, const bool *counts, size_t group_count,
	int64_t block_ns, struct ptf_error *err)
{
	struct grouping g = {.p = p,
		.counts = counts,
		.group_count = group_count,
		.block_ns = block_ns > 0 ? block_ns : 1,
		.turns = memory_zeroed(p->threads.count + 1, sizeof(struct turn)),
		.group_ns = memory_zeroed(p->cells.count * group_count, sizeof(double))};
	const struct replay_hooks hooks = {.context = &g, .rows = group_rows};

	for (size_t i = 0; i <= p->threads.count; i++)
		g.turns[i].rest_ns = g.block_ns;
	if (profile_replay(p, &hooks, err) < 0) {
		free(g.group_ns);
		g.group_ns = NULL;
	}
	kind_cells_free(&g.kind_cells);
	free(g.turns);
	return g.group_ns;
}
