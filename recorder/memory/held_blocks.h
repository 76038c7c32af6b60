/*
 * The sampled blocks that a program image holds, by their ids.
 *
 * Three words a block. Those that are freed leave nothing behind, and what many took
 * is given back, so that a service which runs for weeks takes what it holds now.
 */
#ifndef PREC_HELD_BLOCKS_H
#define PREC_HELD_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct held_block {
	uint64_t id; /* 0 = an empty place */
	int64_t value_bytes;
	uint32_t stack; /* kept_stacks.h */
	uint32_t class_id;
};

struct held_blocks {
	struct held_block *item; /* capacity places; heap */
	size_t capacity, count;
};

/* 0, or -1 when memory is out. */
int held_blocks_add(struct held_blocks *held, struct held_block block);

/* Takes it out; false when it is not there. */
bool held_blocks_take(struct held_blocks *held, uint64_t id, struct held_block *block);

void held_blocks_finish(struct held_blocks *held);

#endif
