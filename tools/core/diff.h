/*
 * What two sides, each of some runs of a program, took: line by line, function
 * by function, and so on, and whether they differ by more than chance.
 *
 *     struct diff d;
 *     diff_make(&d, base, new, &options);      profiles, finished
 *     diff_judge(&d);
 *     ... d.nodes ...
 *     diff_free(&d);
 *
 * The run is the replicate: samples of one run depend on each other, runs do
 * not. With several runs a side there is a permutation test of each node, with
 * regard to all that were tested. With one run a side
 * nothing can be said of other runs: the interval is then that of the sampling
 * alone, from blocks of time that might as well have been sampled otherwise.
 *
 * All that is compared is numbers that add up over stacks, for each run and
 * node. As yet these are times; only add_side() knows where they come from, so
 * that other metrics which add up (bytes allocated, bytes copied) are read there.
 */
#ifndef TOOLS_CORE_DIFF_H
#define TOOLS_CORE_DIFF_H

#include "tools/core/diff_match.h"
#include "tools/core/report.h"
#include "tools/core/runs.h"
#include "tools/core/statistics.h"

enum diff_view {
	DIFF_PROGRAM, /* one node: everything */
	DIFF_LINE,
	DIFF_FUNCTION,
	DIFF_FILE,
	DIFF_STACK, /* of functions; a tree */
	DIFF_THREAD,
	DIFF_MODULE, /* package of Python, library of native code */
	DIFF_CLASS,
	DIFF_VIEW_COUNT,
};

/* "line" and so on; NULL past the last. */
const char *diff_view_name(enum diff_view view);

enum diff_scale {
	DIFF_ABSOLUTE, /* nanoseconds a run */
	DIFF_SHARE,    /* of the time of the run */
	DIFF_PER_UNIT, /* nanoseconds for each mark of a name */
	/* Nanoseconds a run, had all runs been equally fast (diff_speed.h). */
	DIFF_EQUAL_SPEED,
};

enum diff_statistic {
	DIFF_MEAN,   /* means, permutation test, Welch's interval */
	DIFF_MEDIAN, /* medians, Mann and Whitney's test, Hodges and Lehmann's interval */
};

struct diff_options {
	const struct selection *selection; /* that of the profiles */
	bool wait_all, cpu_only, runnable; /* what counts (report_options) */
	unsigned views; /* bits 1 << enum diff_view; program and class are always there */
	enum diff_scale scale;
	const char *unit; /* DIFF_PER_UNIT */
	enum diff_statistic statistic;
	double alpha;
	double min_ns; /* a run, in absolute time: what takes less is not tested */
};

struct diff_run {
	double unit_count;  /* marks of options.unit */
	double time_ns;     /* all that counts */
	double runnable_ns; /* left out */
};

struct diff_runs {
	struct runs which;
	VEC(struct diff_run) runs; /* as many */
	/* Rows of no thread in a section of several runs. */
	int64_t unplaced_ns;
};

enum diff_verdict {
	DIFF_SMALL,        /* too little time to be tested */
	DIFF_INSUFFICIENT, /* too few runs, or samples, to tell a difference */
	DIFF_UNCLEAR,      /* no difference was found; .detectable would have been */
	DIFF_SLOWER,
	DIFF_FASTER,
};

const char *diff_verdict_name(enum diff_verdict verdict);

/* One measure of a node: numbers are nanoseconds, or shares of 1. */
struct diff_measured {
	double base, new; /* means or medians of the runs */
	double difference;
	double base_ns, new_ns; /* means in absolute time, whatever the scale */
	struct statistics_interval interval; /* of the difference, at 1 - alpha */
	/* Of several runs a side: */
	double p, q;       /* of the test; among all that were tested */
	double effect;     /* Hedges' g */
	double detectable; /* the smallest difference that would have been found */
	enum diff_verdict verdict;
	/* One run a side: zero is not in the interval. Says nothing of other runs. */
	bool beyond_sampling;
};

struct diff_node {
	enum diff_view view;
	enum diff_fate fate;
	/* What it is on each side; 0 = not there. */
	uint32_t function[DIFF_SIDE_COUNT];
	uint32_t file[DIFF_SIDE_COUNT];
	uint32_t line[DIFF_SIDE_COUNT];
	uint32_t name;   /* of a thread, module or class: in diff.texts */
	uint32_t parent; /* of a stack: index in nodes; 0 = outermost */
	double *self;    /* [column * PTF_CLASS_KIND_COUNT + class] */
	double *total;   /* [column] */
	struct diff_measured self_measured, total_measured;
};

/* Why numbers are at equal speed, or are not. */
enum diff_speed_use {
	DIFF_SPEED_NOT_ASKED,
	DIFF_SPEED_USED,
	DIFF_SPEED_FEW_RUNS, /* too few to name anything */
	DIFF_SPEED_UNKNOWN,  /* too little time in code that did not change */
	DIFF_SPEED_DIFFERS,  /* that code is slower or faster itself */
};

/* How fast the runs were, as code shows it that is the same on both sides. */
struct diff_speed {
	enum diff_speed_use use;
	VEC(uint32_t) functions; /* nodes of that code */
	double *slowness;        /* [column] 0.1 = it took 10 % longer than on average */
	double spread;           /* standard deviation of that among the runs of a side */
	/* What intervals must be wider for as the runs of a side are slow by chance. */
	double widening;
	struct diff_measured measured; /* the time of that code */
};

struct diff {
	struct diff_options options;
	struct diff_runs side[DIFF_SIDE_COUNT];
	struct diff_match *match;
	struct intern texts;
	VEC(struct diff_node) nodes; /* item[0] is the program; parents first */
	/*
	 * Values stand in columns: the runs of the base, then the new ones; or,
	 * with one run a side, blocks of time dealt out to groups.
	 */
	size_t columns[DIFF_SIDE_COUNT];
	bool is_grouped; /* columns are groups of blocks of one run */
	struct diff_speed speed;
	struct statistics_test test; /* of the nodes */
	size_t tested_count;         /* places with numbers of their own */
	struct arena arena;
	struct intern keys;
	VEC(uint32_t) node_of_key;
};

/*
 * base and new may be one and the same profile (self-check). Both must outlive
 * the result. 0, or negative when an input cannot be read a second time, which
 * is needed for one run a side.
 */
int diff_make(struct diff *d, const struct profile *base, const struct profile *new,
	const struct diff_options *options, struct ptf_error *err);
void diff_judge(struct diff *d);
void diff_free(struct diff *d);

/* The sampling period, of the slowest recording; 0 = unknown. */
int64_t diff_period_ns(const struct profile *p);

/* Mean of a node's own time of one class over the runs of a side. */
double diff_class_mean(const struct diff *d, const struct diff_node *node,
	enum diff_side side, uint32_t class_kind);

/*
 * Self-check: all runs are one side, the other one is empty. They are split at
 * random, again and again, so that whatever is found is a false alarm.
 */
struct diff_self_check {
	size_t split_count;
	size_t program_alarms; /* splits in which the program's time was named */
	size_t node_alarms;    /* splits in which any node was */
	size_t any_alarms;     /* splits with either */
	/*
	 * What 95 % of the splits stay below: |difference| in relation to the
	 * base, of the program, and the largest of all nodes tested.
	 */
	double program_floor, node_floor;
	/* Standard deviation of the runs, of their mean; and at equal speed. */
	double program_spread, program_even_spread;
};
void diff_check_itself(struct diff *d, size_t split_count,
	struct diff_self_check *result);

/* Whether anything can be named at all. */
bool diff_has_enough_runs(const struct diff *d);

/* In relation to the base; infinite where there was nothing. */
double diff_relative(const struct diff_measured *m);

/* Whether a verdict names a difference. */
static inline bool diff_is_found(const struct diff_measured *m)
{
	return m->verdict == DIFF_SLOWER || m->verdict == DIFF_FASTER;
}

static inline bool diff_has_replicates(const struct diff *d)
{
	return !d->is_grouped;
}

#endif
