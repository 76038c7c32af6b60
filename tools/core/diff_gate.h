/*
 * Whether a diff should stop somebody: the program, or a file, function or line
 * of it, takes more than is allowed.
 *
 * That takes a difference that is found (not chance), that is larger than a part
 * of the base and larger than an amount, all three. Lines that are new or were
 * rewritten have no base: what they cost shows in their function.
 */
#ifndef TOOLS_CORE_DIFF_GATE_H
#define TOOLS_CORE_DIFF_GATE_H

#include "tools/core/diff.h"

enum gate_outcome {
	GATE_PASSED,
	GATE_REGRESSED,
	GATE_INSUFFICIENT, /* the runs could not show it if there were one */
};

struct gate_options {
	double above;      /* 0.05 for 5 % */
	double min_amount; /* a run */
};

struct gate {
	struct gate_options options;
	enum gate_outcome outcome;
	struct id_list nodes; /* those that regressed: indices, largest first */
	/* Why it is insufficient, and what would help; "" otherwise. */
	char why[256];
};

void gate_judge(struct gate *gate, const struct diff *d,
	const struct gate_options *options);
void gate_free(struct gate *gate);

/* The measure of a node that regressed, NULL when none did. */
const struct diff_measured *gate_regression(const struct gate_options *options,
	const struct diff_node *node);
/* Whether a node is asked at all. */
bool gate_asks(const struct diff_node *node);

#endif
