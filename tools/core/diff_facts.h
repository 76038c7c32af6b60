/*
 * Whether two sides can be compared, and in what they differ besides that.
 *
 * Another program, Python, machine or rate are things that people compare on
 * purpose: they are told. Another metric, much that was lost, or a recording
 * that was cut make the comparison wrong: these refuse it.
 */
#ifndef TOOLS_CORE_DIFF_FACTS_H
#define TOOLS_CORE_DIFF_FACTS_H

#include "tools/core/diff.h"

/* Losses above this share of the samples refuse a comparison. */
#define DIFF_LOSSES_MAX 0.05

struct diff_fact {
	const char *what; /* "Python", "recordings" */
	char *base, *new; /* texts of the traces; new is NULL when it is of one side */
	bool is_refusal;
};

struct diff_facts {
	VEC(struct diff_fact) item; /* refusals first */
	bool refuses;
};

void diff_facts_find(struct diff_facts *facts, const struct diff *d);
void diff_facts_free(struct diff_facts *facts);

/* "work.py 100 (10 runs)": one side for people; the caller frees it. */
char *diff_side_title(const struct diff *d, enum diff_side side);

#endif
