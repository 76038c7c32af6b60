/* The inverse of the chance to be sampled; see block_value.h. */
#include "recorder/memory/block_value.h"

#include <math.h>
#include <stdbool.h>

/* No address space is larger; what a record says may be anything. */
#define SIZE_MAX_BYTES (UINT64_C(1) << 48)

/* At least 0, below 1. */
static double draw(struct random_bits *random)
{
	/* splitmix64 */
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return (double)(z >> 11) * 0x1p-53;
}

uint64_t block_value_step(uint64_t interval_bytes)
{
	uint64_t step = interval_bytes / BLOCK_VALUE_STEPS;

	return step ? step : 1;
}

static double bounded(uint64_t bytes)
{
	return (double)(bytes < SIZE_MAX_BYTES ? bytes : SIZE_MAX_BYTES);
}

int64_t block_value(uint64_t size_bytes, uint64_t interval_bytes,
	struct random_bits *random)
{
	double size = bounded(size_bytes), interval = bounded(interval_bytes);
	bool is_certain = size >= BLOCK_VALUE_CERTAIN * interval;
	double step = is_certain ? 1 : (double)block_value_step((uint64_t)interval);
	double value = size > 0 ? size / -expm1(-size / interval) : interval;

	return (int64_t)(floor(value / step + draw(random)) * step);
}
