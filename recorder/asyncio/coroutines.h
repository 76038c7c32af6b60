/*
 * The chain of awaits of a suspended coroutine: itself, what it awaits, what that
 * awaits, and so on to the innermost. Read from the target's memory.
 */
#ifndef PREC_COROUTINES_H
#define PREC_COROUTINES_H

#include "recorder/cpython/walk.h"

/* What an object is to a chain. */
enum awaitable {
	AWAITABLE_NONE,      /* anything else: the chain ends before it */
	AWAITABLE_GENERATOR, /* coroutine, generator, asynchronous generator */
	AWAITABLE_WRAPPER,   /* passes on to the object that it begins with */
};

/* Types that were met, so that names are read once. Zeroed = none yet. */
#define AWAITABLE_TYPES_MAX 32u
struct awaitable_types {
	struct {
		uintptr_t type;
		enum awaitable awaitable;
	} known[AWAITABLE_TYPES_MAX];
	uint32_t count; /* of all that were met */
};

enum coroutine_state {
	COROUTINE_SUSPENDED,
	COROUTINE_ACTIVE, /* it runs, has not begun, or is over */
	COROUTINE_TORN,   /* it cannot be read, or makes no sense */
};

/* Its frames, outermost first; no chain is longer. */
#define AWAIT_DEPTH_MAX 4096u
struct await_chain {
	struct python_frame frame[AWAIT_DEPTH_MAX];
	size_t count;
};

enum coroutine_state coroutine_read(struct python_memory *memory,
	const struct python_process *process, struct awaitable_types *types,
	uintptr_t coroutine, struct await_chain *chain);

#endif
