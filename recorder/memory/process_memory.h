/*
 * The memory of a process: what its agent tells of allocations, copies and ends of
 * blocks, as rows.
 *
 *     drain.c            records
 *     block_value.c      size -> what a sample stands for
 *     kept_stacks.c      frames -> nodes, now and in later sections
 *     held_blocks.c      what is held, until its end is told
 *     memory_rows.c      rows -> Blocks;  footprint.c  rows -> points
 *
 * A thread that frees a block may be read before the one that allocated it: ends of
 * blocks wait until all rings have been read.
 */
#ifndef PREC_PROCESS_MEMORY_H
#define PREC_PROCESS_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/memory/block_value.h"
#include "recorder/memory/footprint.h"
#include "recorder/memory/held_blocks.h"
#include "recorder/memory/kept_stacks.h"
#include "recorder/memory/memory_rows.h"
#include "recorder/ring.h"

struct recorded_thread;

/* The end of a block whose beginning is not known yet. */
struct freed_block {
	uint64_t id, time_ns;
	uint32_t thread;      /* in the trace; 0 = it was in an older section */
	uint32_t drain_count; /* that have not brought it */
};

struct process_memory {
	struct held_blocks held;   /* of the image, as all but the rows */
	struct kept_stacks stacks; /* of those, and of others in this section */
	struct freed_block *freed; /* heap */
	size_t freed_count, freed_capacity;
	struct memory_rows rows;
	struct footprint footprint;
	struct random_bits random;
};

/* Records of a thread's ring; frames innermost first. */
void process_memory_take_block(struct recording *r, struct recorded_thread *thread,
	const struct prec_block *block, const struct prec_frame *frame, size_t count);
void process_memory_take_freed(struct recording *r, struct recorded_thread *thread,
	const struct prec_block_freed *freed);

/* All rings have been read: ends of blocks become rows. */
void process_memory_settle(struct recording *r, struct recorded_process *process);

/* Writes the rows up to a time of the section. */
void process_memory_write(struct recording *r, struct recorded_process *process,
	int64_t until_ns);

/*
 * The program was replaced at time_ns of CLOCK_MONOTONIC: what it held is gone, so
 * that what is held after it is what the new one allocates.
 */
void process_memory_leave_image(struct recording *r, struct recorded_process *process,
	uint64_t time_ns);

void process_memory_leave_section(struct recording *r, struct recorded_process *process);
void process_memory_enter_section(struct recording *r, struct recorded_process *process);

void process_memory_finish(struct process_memory *memory);

#endif
