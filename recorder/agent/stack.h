/*
 * The Python stack of the calling thread, as the end of a record in its ring.
 *
 *     struct stack_writer stack;
 *     if (!stack_begin(&stack, sizeof record)) ... no room ...
 *     if (stack_walk(&stack, NULL)) ...
 *     record.frame_count = stack.frame_count; ...
 *     stack_commit(&stack, &record, sizeof record);
 *
 * The record and the facts of code objects that it is the first to meet become
 * visible to prec at once, with the store of the ring's head; only then are these
 * code objects marked as known, so that no record of another thread can refer to
 * facts that are not there yet.
 *
 * Async-signal-safe. The thread's in_handler must be set: nothing else may write to
 * its ring meanwhile.
 */
#ifndef PREC_AGENT_STACK_H
#define PREC_AGENT_STACK_H

#include "recorder/agent/agent.h"
#include "recorder/agent/guard.h"

struct stack_writer {
	/* What the record says of the frames behind it. */
	uint32_t frame_count, elided_frame_count, root_rotation;
	uint32_t size_words; /* of the record, with them */
	bool has_python;     /* the thread has a Python state */
	bool is_torn;        /* the walk met something that it could not trust */

	struct guarded_memory guard;
	struct prec_cursor cursor;
	uint32_t head_words;
	uintptr_t state;
	struct prec_frame run; /* equal frames on top of each other, so far */
	uint32_t entry_count;  /* entries begun, also those overwritten since */
	bool has_unseen;
};

/* False without room for the largest stack. */
bool stack_begin(struct stack_writer *stack, size_t head_bytes);

/* Writes the frames. True when *opcode is what the innermost executes; opcode NULL =
   not wanted. */
bool stack_walk(struct stack_writer *stack, uint8_t *opcode);

/* Writes the head. True when it met code for the first time. */
bool stack_commit(struct stack_writer *stack, const void *head, size_t head_bytes);

#endif
