/* How far off sums over samples of memory may be. */
#ifndef TOOLS_CORE_HEAP_ERROR_H
#define TOOLS_CORE_HEAP_ERROR_H

#include <stdint.h>

/*
 * The variance that a sampled block adds to a sum, by its value and the mean distance
 * of samples. A block of s bytes is met with probability p = 1 - exp(-s / interval)
 * and has the value s / p; the variance is (1 - p) value^2 (schemas/FORMAT.md). NAN
 * without an interval.
 */
double heap_variance(int64_t value_bytes, double interval_bytes);

#endif
