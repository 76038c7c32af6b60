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
 * The same for a source that counts kernel ticks, where the count is exact and
 * the stamp is not: one period and one for each overrun.
 */
uint64_t ticks_weigh_count(struct ticks *ticks, uint32_t overrun_count);

/* CPU time of a thread's whole life that no sample stands for. */
uint64_t ticks_rest(const struct ticks *ticks, uint64_t cpu_ns);

#endif
