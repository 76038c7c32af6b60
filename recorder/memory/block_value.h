/*
 * How many bytes a sampled block stands for (schemas/FORMAT.md, "Memory").
 *
 * Few different values code small, so that those of blocks whose size is a guess anyway
 * are rounded to multiples of a 64th of the interval: up or down at random, as likely as
 * it is near to either, so that no sum is drawn aside, not even that of one line. Blocks
 * that are all but certain to be sampled, of BLOCK_VALUE_CERTAIN intervals, are not.
 */
#ifndef PREC_BLOCK_VALUE_H
#define PREC_BLOCK_VALUE_H

#include <stdint.h>

#define BLOCK_VALUE_STEPS   64u /* of an interval */
#define BLOCK_VALUE_CERTAIN 8u  /* intervals */

struct random_bits {
	uint64_t state;
};

/* What most values are multiples of; at least 1. */
uint64_t block_value_step(uint64_t interval_bytes);

int64_t block_value(uint64_t size_bytes, uint64_t interval_bytes,
	struct random_bits *random);

#endif
