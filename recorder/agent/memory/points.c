/* Exponential distances without a logarithm; see points.h. */
#include "recorder/agent/memory/points.h"

/* Spreads seeds that differ in few bits (the finalizer of MurmurHash3). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
	x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

void points_seed(struct points *points, uint64_t seed)
{
	points->state = mix(seed) | 1;
}

/* xorshift64*: a uniform number below 2^64. */
static uint64_t draw(struct points *points)
{
	uint64_t x = points->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	points->state = x;
	return x * UINT64_C(0x2545f4914f6cdd1d);
}

/*
 * Von Neumann's method: of uniform numbers u1 > u2 > ... the descending run has an
 * odd length with probability exp(-u1). Then u1 is the fraction; each run of even
 * length adds one to the whole part. Exact, by comparisons only.
 */
uint64_t points_distance(struct points *points, uint64_t mean)
{
	for (uint64_t whole = 0;; whole++) {
		uint64_t first = draw(points), last = first, next;
		unsigned length = 1;

		for (; (next = draw(points)) < last; last = next)
			length++;
		if (length % 2 == 1)
			return whole * mean +
				(uint64_t)((unsigned __int128)first * mean >> 64);
	}
}
