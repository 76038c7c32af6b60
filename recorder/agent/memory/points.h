/*
 * Where the next sample of memory is: distances between points that are laid at
 * random on an axis of bytes, one in so many on the average, each independent of all
 * others (a Poisson process).
 */
#ifndef PREC_AGENT_MEMORY_POINTS_H
#define PREC_AGENT_MEMORY_POINTS_H

#include <stdint.h>

/* A generator of random numbers; never 0 once it is seeded. */
struct points {
	uint64_t state;
};

void points_seed(struct points *points, uint64_t seed);

/* Exponentially distributed: P(distance < s) = 1 - exp(-s / mean) for whole s. */
uint64_t points_distance(struct points *points, uint64_t mean);

#endif
