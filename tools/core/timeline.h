/*
 * A profile over time, in bins: what a picture of a run is drawn from.
 *
 *     struct timeline_options options = {.bin_count_max = 600};
 *     struct timeline t;
 *     if (timeline_make(&t, p, &options, err) < 0) ...     reads the inputs again
 *     ... t.threads, t.stacks, t.counters ...
 *     timeline_free(&t);
 *
 * A row stands for the time that ends at its stamp: its weight is spread over
 * the bins that this time touches (a wait may be one row of seconds). What no
 * sample stands for is spread over the life of its thread until then. Rows are
 * counted where their stamp is. Sums are exact: a series has the time of the
 * profile's cell, and what of it is in no point has no time (aggregates).
 *
 * There are two grids. Threads have a fine one, for pictures; stacks a coarse
 * one, whose bins are whole numbers of fine bins, so that what is selected along
 * its borders can be summed up exactly by line, function and stack. Memory is
 * bounded by bins times distinct stacks; where these are more points than
 * stack_point_max, the bins of stacks become wider.
 */
#ifndef TOOLS_CORE_TIMELINE_H
#define TOOLS_CORE_TIMELINE_H

#include "tools/core/profile.h"

struct timeline_grid {
	int64_t start_ns; /* of bin 0, on the time axis of the profile */
	int64_t bin_ns;   /* 1, 2 or 5 times a power of ten; for stacks times 2^n */
	uint32_t bin_count;
};

struct timeline_point {
	uint32_t bin;
	uint32_t count; /* rows */
	int64_t time_ns;
};

/* Points in order of bins; bins without any are left out. */
struct timeline_series {
	uint32_t node; /* 0 in timeline.threads */
	uint32_t class_id, thread;
	VEC(struct timeline_point) points;
	int64_t time_ns; /* of the profile's cell: of points and what has no time */
	uint64_t count;
};

struct timeline_level {
	uint32_t bin;
	int64_t minimum, maximum, last;
};

/* A counter; bins without a value are left out. */
struct timeline_counter {
	uint32_t metric, process, thread, instance; /* as in struct replay_points */
	VEC(struct timeline_level) levels;
};

struct timeline_options {
	uint32_t bin_count_max;       /* of threads and counters; 0 = 512 */
	uint32_t stack_bin_count_max; /* 0 = no stacks */
	/* 0 = as many as there are; four times as many before bins are under 32 */
	size_t stack_point_max;
};

struct timeline {
	struct timeline_grid grid, stack_grid;
	VEC(struct timeline_series) threads; /* in order of first sight */
	VEC(struct timeline_series) stacks;
	VEC(struct timeline_counter) counters;
};

/* 0, or negative when an input could not be read again; then *t is empty. */
int timeline_make(struct timeline *t, const struct profile *p,
	const struct timeline_options *options, struct ptf_error *err);
void timeline_free(struct timeline *t);

#endif
