#include "tools/core/diff_gate.h"

#include <stdio.h>
#include <stdlib.h>

bool gate_asks(const struct diff_node *node)
{
	switch (node->view) {
	case DIFF_PROGRAM:
		return true;
	case DIFF_LINE:
		return node->fate == DIFF_KEPT;
	case DIFF_FUNCTION:
	case DIFF_FILE:
		return node->fate != DIFF_ADDED && node->fate != DIFF_VANISHED;
	default:
		return false;
	}
}

static bool regressed(const struct gate_options *o, const struct diff_measured *m)
{
	return m->verdict == DIFF_MORE && diff_relative(m) > o->above &&
		m->new_amount - m->base_amount > o->min_amount;
}

const struct diff_measured *gate_regression(const struct gate_options *options,
	const struct diff_node *node)
{
	if (!gate_asks(node))
		return NULL;
	if (regressed(options, &node->self_measured))
		return &node->self_measured;
	return regressed(options, &node->total_measured) ? &node->total_measured : NULL;
}

struct by_size {
	double difference;
	uint32_t node;
};

static int compare_sizes(const void *a, const void *b)
{
	const struct by_size *x = a, *y = b;

	if (x->difference != y->difference)
		return x->difference > y->difference ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static void find_regressions(struct gate *gate, const struct diff *d)
{
	VEC(struct by_size) found = {0};

	for (uint32_t i = 0; i < d->nodes.count; i++) {
		const struct diff_measured *m =
			gate_regression(&gate->options, &d->nodes.item[i]);

		if (m)
			vec_push(&found, (struct by_size){m->difference, i});
	}
	if (found.count)
		qsort(found.item, found.count, sizeof(*found.item), compare_sizes);
	for (size_t i = 0; i < found.count; i++)
		vec_push(&gate->nodes, found.item[i].node);
	vec_free(&found);
}

/* Whether a regression could be there and was not seen. */
static bool is_insufficient(struct gate *gate, const struct diff *d)
{
	const struct diff_measured *all = &d->nodes.item[0].total_measured;
	double alpha = d->options.alpha;

	if (!diff_has_replicates(d)) {
		snprintf(gate->why, sizeof(gate->why),
			"one run a side says nothing of others; %zu a side are needed",
			statistics_runs_needed(alpha));
		return true;
	}
	if (!diff_has_enough_runs(d)) {
		snprintf(gate->why, sizeof(gate->why),
			"%zu and %zu runs are too few to find anything at alpha %g; %zu "
			"a side are needed",
			d->columns[DIFF_BASE], d->columns[DIFF_NEW], alpha,
			statistics_runs_needed(alpha));
		return true;
	}
	if (all->verdict == DIFF_UNCLEAR &&
		all->interval.high > gate->options.above * all->base && all->base > 0 &&
		all->interval.high * all->base_amount / all->base >
			gate->options.min_amount) {
		snprintf(gate->why, sizeof(gate->why),
			"the runs vary so much that %+.1f %% could be there unseen, more "
			"than the %g %% allowed; more or longer runs are needed",
			100 * all->interval.high / all->base, 100 * gate->options.above);
		return true;
	}
	return false;
}

void gate_judge(struct gate *gate, const struct diff *d,
	const struct gate_options *options)
{
	*gate = (struct gate){.options = *options};
	find_regressions(gate, d);
	if (gate->nodes.count)
		gate->outcome = GATE_REGRESSED;
	else if (is_insufficient(gate, d))
		gate->outcome = GATE_INSUFFICIENT;
}

void gate_free(struct gate *gate)
{
	vec_free(&gate->nodes);
}
