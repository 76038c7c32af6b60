/*
 * How much CPU time a tick stands for.
 *
 * A plain count is wrong, because ticks inside a long system call merge into
 * one at its end; the CPU time since the previous tick is biased, because it
 * charges time before the call to it. Ticks fall on a grid of the thread's CPU
 * time whose phase each ordinary sample shows: its own stamp is a tick. A
 * sample behind a system call is late by any part of a period: it stands for
 * the whole periods passed and leaves the phase as it was.
 *
 * Sums stay with the CPU clock: when they are off by a period, the next
 * ordinary sample makes it good; what remains when a thread ends (ticks_rest)
 * is given a row of its own.
 */
#ifndef PREC_TICKS_H
#define PREC_TICKS_H

#include <stdbool.h>
#include <stdint.h>

struct ticks {
	uint64_t period_ns;
	uint64_t origin_ns;   /* CPU time at which the source began */
	uint64_t grid_ns;     /* CPU time of the last tick */
	uint64_t given_ns;    /* since the source began */
	uint64_t credited_ns; /* in the thread's whole life, over exec */
};

/* The thread's source begins to tick at cpu_ns of its CPU time. */
void ticks_start(struct ticks *ticks, uint64_t period_ns, uint64_t cpu_ns);

/* The weight of a sample taken at cpu_ns, a multiple of the period, in ns. */
uint64_t ticks_weigh(struct ticks *ticks, uint64_t cpu_ns, bool is_after_syscall);

/*
 * The same for a source that fires on the kernel's own ticks, which do not fall
 * on a grid of CPU time: each counts one period, whatever the clock says, since
 * a clock delta would charge what comes before a sleep for what comes after.
 * When the sum is ahead of the clock, a sample weighs nothing; when it is
 * behind by more than TICKS_BEHIND_MAX periods (a busy host loses ticks), the
 * sample makes good what is more.
 */
#define TICKS_BEHIND_MAX 2
uint64_t ticks_weigh_count(struct ticks *ticks, uint64_t cpu_ns);

/* Of what was given, so much was not used yet: the ticks that follow give it. */
void ticks_take_back(struct ticks *ticks, uint64_t excess_ns);

/*
 * CPU time of a thread's whole life that no sample stands for; negative: that
 * the samples stand for too much, by less than a period or two.
 */
int64_t ticks_rest(const struct ticks *ticks, uint64_t cpu_ns);

#endif
