#include "tools/core/diff_groups.h"

#include <stdlib.h>

#include "tools/core/replay.h"

/* Found by one look, as it is asked for each row; cell is index + 1, 0 = free. */
struct place {
	uint32_t node, class_id, thread, cell;
};

/* Where the next time of a thread goes. */
struct turn {
	size_t group;
	int64_t rest_ns; /* of the block */
};

struct grouping {
	struct place *places;
	size_t mask;
	size_t group_count;
	int64_t block_ns;
	struct turn *turns; /* [thread] */
	double *group_ns;
};

static struct place *find(const struct grouping *g, uint32_t node, uint32_t class_id,
	uint32_t thread)
{
	uint64_t h = ((uint64_t)thread << 32 | node) * 0x9e3779b97f4a7c15u;
	size_t at;

	h ^= h >> 29;
	h = (h + class_id) * 0xbf58476d1ce4e5b9u;
	for (at = (size_t)(h ^ h >> 32) & g->mask; g->places[at].cell;
		at = (at + 1) & g->mask) {
		struct place *p = &g->places[at];

		if (p->node == node && p->class_id == class_id && p->thread == thread)
			break;
	}
	return &g->places[at];
}

static void make_places(struct grouping *g, const struct profile *p, const bool *counts)
{
	size_t size = 1024;

	while (size < 2 * p->cells.count)
		size *= 2;
	g->places = memory_zeroed(size, sizeof(*g->places));
	g->mask = size - 1;
	for (size_t i = 0; i < p->cells.count; i++) {
		const struct profile_cell *c = &p->cells.item[i];

		if (counts[i])
			*find(g, c->node, c->class_id, c->thread) =
				(struct place){c->node, c->class_id, c->thread,
					(uint32_t)i + 1};
	}
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

	for (size_t i = 0; i < rows->count; i++) {
		uint32_t cell =
			find(g, rows->node[i], rows->class_id[i], rows->thread)->cell;

		/* A damaged trace may have times below zero. */
		if (cell && rows->weight_ns[i] > 0)
			deal_out(g, turn, g->group_ns + (cell - 1) * g->group_count,
				rows->weight_ns[i]);
	}
}

double *diff_groups_read(const struct profile *p, const bool *counts, size_t group_count,
	int64_t block_ns, struct ptf_error *err)
{
	struct grouping g = {.group_count = group_count,
		.block_ns = block_ns > 0 ? block_ns : 1,
		.turns = memory_zeroed(p->threads.count + 1, sizeof(struct turn)),
		.group_ns = memory_zeroed(p->cells.count * group_count, sizeof(double))};
	const struct replay_hooks hooks = {.context = &g, .rows = group_rows};

	for (size_t i = 0; i <= p->threads.count; i++)
		g.turns[i].rest_ns = g.block_ns;
	make_places(&g, p, counts);
	if (profile_replay(p, &hooks, err) < 0) {
		free(g.group_ns);
		g.group_ns = NULL;
	}
	free(g.places);
	free(g.turns);
	return g.group_ns;
}
