/*
 * The numbers that a diff adds up, of one side: how much of the metric each stack has
 * in each run, by class and thread. What they are of - time, memory - is known here
 * (diff_amounts.c: time; diff_amounts_memory.c) and not behind.
 */
#ifndef TOOLS_CORE_DIFF_AMOUNTS_H
#define TOOLS_CORE_DIFF_AMOUNTS_H

#include "tools/core/diff.h"

struct diff_amount {
	uint32_t node, class_kind;
	uint32_t thread; /* 0 = unknown, or of no thread */
	uint32_t run;    /* index */
	uint32_t cell;   /* of the profile's cells, where there are groups */
	double amount;
	double variance; /* of the sampling, of memory */
};

struct diff_amounts {
	VEC(struct diff_amount) item; /* those of a stack one after the other */
	/*
	 * Of memory by thread: the same once more, without stacks, as those above are
	 * of no thread.
	 */
	VEC(struct diff_amount) threads;
	/*
	 * One run a side, of time: [cell * columns + group], in which group of blocks
	 * it is (diff_groups.h); NULL = in none.
	 */
	double *groups;
};

/* One run a side: how many groups there are on both. */
size_t diff_amounts_group_count(const struct diff *d);

/*
 * Of both sides. Tells the diff's runs what they have of all, and leaves one column a
 * side where groups turn out not to be known. 0, or negative when an input cannot be
 * read a second time.
 */
int diff_amounts_find(struct diff_amounts amounts[DIFF_SIDE_COUNT], struct diff *d,
	struct ptf_error *err);
void diff_amounts_free(struct diff_amounts *amounts);

/* ------------------------------------------------------- parts of that */

int diff_amounts_find_memory(struct diff_amounts amounts[DIFF_SIDE_COUNT], struct diff *d,
	struct ptf_error *err);
/* Another amount of a process (0 = unknown), in the run that it is of. */
void diff_amounts_add(struct diff_amounts *amounts, struct diff_runs *runs,
	uint32_t process, const struct diff_amount *amount);
/* Its kind, one of those that are known. */
uint32_t diff_amounts_class(const struct profile *p, uint32_t class_id);
/* The attribute that says how far samples of memory are apart. */
const char *diff_interval_key(enum diff_metric metric);

#endif
