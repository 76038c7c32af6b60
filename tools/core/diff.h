/*
 * What two sides, each of some runs of a program, took of time or memory: line by
 * line, function by function, and so on, and whether they differ by more than chance.
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
 * alone.
 *
 * All that is compared is amounts that add up over stacks, for each run and node;
 * only diff_amounts.h knows where they come from.
 */
#ifndef TOOLS_CORE_DIFF_H
#define TOOLS_CORE_DIFF_H

#include "tools/core/diff_match.h"
#include "tools/core/heap.h"
#include "tools/core/report.h"
#include "tools/core/runs.h"
#include "tools/core/statistics.h"

/* What is compared, in nanoseconds or bytes. */
enum diff_metric {
	DIFF_TIME,
	DIFF_ALLOCATED,
	DIFF_LIVE,   /* held at the end */
	DIFF_PEAK,   /* held when the process held most */
	DIFF_LEAKED, /* held at the end by places that leak on either side */
	DIFF_COPIED,
	DIFF_METRIC_COUNT,
};

/* "time", "alloc", "live", "peak", "leaked", "copy"; NULL past the last. */
const char *diff_metric_name(enum diff_metric metric);

/* What a thread allocated, another one may have freed: what each holds is not known. */
bool diff_metric_has_threads(enum diff_metric metric);

enum diff_view {
	DIFF_PROGRAM, /* one node: everything */
	DIFF_LINE,
	DIFF_FUNCTION,
	DIFF_FILE,
	DIFF_STACK, /* of functions; a tree */
	DIFF_THREAD,
	DIFF_MODULE, /* package of Python, library of native code */
	DIFF_CLASS,  /* of memory: whose allocator */
	DIFF_VIEW_COUNT,
};

/* "line" and so on; NULL past the last. */
const char *diff_view_name(enum diff_view view);

enum diff_scale {
	DIFF_ABSOLUTE, /* a run */
	DIFF_SHARE,    /* of the run's whole amount */
	DIFF_PER_UNIT, /* for each mark of a name */
	/* A run, had all runs been equally fast (diff_speed.h); of time. */
	DIFF_EQUAL_SPEED,
};

enum diff_statistic {
	DIFF_MEAN,   /* means, permutation test, Welch's interval */
	DIFF_MEDIAN, /* medians, Mann and Whitney's test, Hodges and Lehmann's interval */
};

struct diff_options {
	enum diff_metric metric;
	const struct selection *selection; /* that of the profiles */
	bool wait_all, cpu_only, runnable; /* what counts of time (report_options) */
	unsigned views; /* bits 1 << enum diff_view; program and class are always there */
	enum diff_scale scale;
	const char *unit; /* DIFF_PER_UNIT */
	enum diff_statistic statistic;
	double alpha;
	double min_amount; /* a run, whatever the scale: what has less is not tested */
};

struct diff_run {
	double unit_count;  /* marks of options.unit */
	double amount;      /* all that counts */
	double runnable_ns; /* left out of time */
};

struct diff_runs {
	struct runs which;
	VEC(struct diff_run) runs; /* as many */
	/* Of no thread, or process, in a section of several runs. */
	double unplaced_amount;
};

enum diff_verdict {
	DIFF_SMALL,        /* too little to be tested */
	DIFF_INSUFFICIENT, /* too few runs, or samples, to tell a difference */
	DIFF_UNCLEAR,      /* no difference was found; .detectable would have been */
	DIFF_MORE,
	DIFF_LESS,
};

/* "slower" and "faster" of time, "larger" and "smaller" of memory. */
const char *diff_verdict_name(enum diff_metric metric, enum diff_verdict verdict);

/* One measure of a node: numbers are in the unit of the metric, or shares of 1. */
struct diff_measured {
	double base, new; /* means or medians of the runs */
	double difference;
	double base_amount,
		new_amount; /* means in the metric's unit, whatever the scale */
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
	/* Of the sampling, of memory with one run a side. */
	double self_variance[DIFF_SIDE_COUNT], total_variance[DIFF_SIDE_COUNT];
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
	struct heap *heap;                /* [side], of memory */
	bool borrows_match, borrows_heap; /* of another diff (diff_make_beside) */
	struct intern texts;
	VEC(struct diff_node) nodes; /* item[0] is the program; parents first */
	/*
	 * Values stand in columns: the runs of the base, then the new ones; or,
	 * with one run a side, blocks of its time dealt out to groups, or one of its
	 * memory.
	 */
	size_t columns[DIFF_SIDE_COUNT];
	bool is_grouped; /* one run a side: the columns of a side add up to it */
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
/*
 * Another metric of the same sides, for less work: what is known of them is
 * borrowed of the other diff, which must outlive the result.
 */
int diff_make_beside(struct diff *d, const struct diff *other,
	const struct diff_options *options, struct ptf_error *err);
void diff_judge(struct diff *d);
/*
 * Several diffs of memory of the same runs: chance names anything in any of them in at
 * most a share alpha of comparisons. tested_count is that of all.
 */
void diff_judge_together(struct diff *d, size_t count);
void diff_free(struct diff *d);

/*
 * What a sample stands for, of the coarsest recording: the sampling period, or the
 * interval of bytes; 0 = unknown.
 */
int64_t diff_sample_amount(const struct profile *p, enum diff_metric metric);

/* Mean of a node's own amount of one class over the runs of a side. */
double diff_class_mean(const struct diff *d, const struct diff_node *node,
	enum diff_side side, uint32_t class_kind);

/*
 * Self-check: all runs are one side, the other one is empty. They are split at
 * random, again and again, so that whatever is found is a false alarm.
 */
struct diff_self_check {
	size_t split_count;
	size_t program_alarms; /* splits in which the program's amount was named */
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
	return m->verdict == DIFF_MORE || m->verdict == DIFF_LESS;
}

static inline bool diff_has_replicates(const struct diff *d)
{
	return !d->is_grouped;
}

#endif
