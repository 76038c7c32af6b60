/* Time that passes only while recording is on: a window does not move meanwhile. */
#ifndef PREC_RUNNING_CLOCK_H
#define PREC_RUNNING_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct running_clock {
	uint64_t now_ns;    /* passed so far */
	uint64_t polled_ns; /* CLOCK_MONOTONIC at the last look, 0 = none yet */
};

static inline void running_clock_poll(struct running_clock *clock, uint64_t monotonic_ns,
	bool is_on)
{
	if (is_on && clock->polled_ns)
		clock->now_ns += monotonic_ns - clock->polled_ns;
	clock->polled_ns = monotonic_ns;
}

#endif
