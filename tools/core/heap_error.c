#include "tools/core/heap_error.h"

#include <math.h>

double heap_variance(int64_t value_bytes, double interval_bytes)
{
	double value = (double)value_bytes;
	double ratio, p = 1;

	if (!(interval_bytes > 0))
		return NAN;
	/*
	 * Only s / p is known: p is the solution above 0 of p = 1 - exp(-ratio p). From
	 * 1 on, Newton's method comes down to it without passing it, as the difference
	 * of both sides is convex. Values at the interval are of the smallest blocks,
	 * which are hardly ever met.
	 */
	ratio = value / interval_bytes;
	if (ratio <= 1)
		return value * value;
	/* So large that it is met for sure. */
	if (ratio > 700)
		return 0;
	for (int i = 0; i < 16; i++) {
		double missed = exp(-ratio * p);
		double step = (p - 1 + missed) / (1 - ratio * missed);

		p -= step;
		if (step < 1e-6)
			break;
	}
	return (1 - p) * value * value;
}
