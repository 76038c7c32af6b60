/*
 * How much CPU time a tick stands for.
 *
 * A plain count is wrong, because ticks inside a long system call merge into
 * one at its end; the CPU time since the previous tick is biased, because it
 * charges time before the call to it. Ticks fall on a grid of the thread's CPU
 * time: a sample stands for the grid points passed since the one before. What
 * a tick's delivery is late is below one period and stays in the account, so
 * that the sum never runs away from the thread's real CPU time, and what
 * remains at the end (ticks_rest) is below one period too.
 */
#ifndef PREC_TICKS_H
#define PREC_TICKS_H

#include <stdint.h>

struct ticks {
	uint64_t period_ns;
	uint64_t grid_ns;     /* CPU time of the last grid point passed */
	uint64_t credited_ns; /* given out so far */
};

/* The thread's source begins to tick at cpu_ns of its CPU time. */
void ticks_start(struct ticks *ticks, uint64_t period_ns, uint64_t cpu_ns);

/* The weight of a sample taken at cpu_ns, a multiple of the period, in ns. */
uint64_t ticks_weigh(struct ticks *ticks, uint64_t cpu_ns);

/*
 * The same for a source that fires on the kernel's own ticks, which do not fall
 * on a grid of CPU time: each counts one period, whatever the clock says, since
 * a clock delta would charge what comes before a sleep for what comes after.
 * Only when the sum is off by more than TICKS_DRIFT_MAX periods, it is mended:
 * the sample weighs two, or nothing.
 */
#define TICKS_DRIFT_MAX 4
uint64_t ticks_weigh_count(struct ticks *ticks, uint64_t cpu_ns);

/* CPU time of a thread's whole life that no sample stands for. */
uint64_t ticks_rest(const struct ticks *ticks, uint64_t cpu_ns);

#endif
