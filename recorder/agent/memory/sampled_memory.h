/*
 * Recording memory: what the functions that stand before the program's allocators
 * and copies share.
 *
 * These functions are called hundreds of millions of times. Each thread counts down
 * the bytes to its next point of the sampling; all else is left to the few calls that
 * meet one. The outermost of nested ones counts: while it calls what it stands before,
 * the countdown is out of reach (memory_suspend).
 */
#ifndef PREC_AGENT_SAMPLED_MEMORY_H
#define PREC_AGENT_SAMPLED_MEMORY_H

#include "recorder/agent/agent.h"
#include "recorder/agent/memory/held.h"
#include "recorder/agent/memory/points.h"

/* Of the calling thread. */
struct memory_thread {
	uint64_t heap_left, copy_left; /* bytes to the next point */
	struct points points;          /* not seeded: it has not begun */
	bool looks_up;                 /* the allocators are being looked up */
	/* While each allocation has a look at Python's allocators the countdown is
	   here, and heap_left is 0. */
	bool watches_python;
	uint64_t watched_left;
};

extern __thread struct memory_thread memory_thread __attribute__((visibility("hidden")));

#define MEMORY_RARELY(condition) __builtin_expect(condition, 0)

/* True when these bytes may meet a point, which memory_meets_point knows. */
static inline bool memory_passes(uint64_t *left, uint64_t size)
{
	return MEMORY_RARELY(__builtin_sub_overflow(*left, size, left));
}

/* Whether they do, after memory_passes; lays the next point. */
bool memory_meets_point(uint64_t *left, uint64_t size);

/* Nested allocations do not count; returns what memory_resume is given. */
static inline uint64_t memory_suspend(void)
{
	uint64_t left = memory_thread.heap_left;

	memory_thread.heap_left = UINT64_MAX;
	return left;
}

static inline void memory_resume(uint64_t left)
{
	memory_thread.heap_left = left;
}

/* A block that met a point has been allocated, by who returns to pc. True when it is
   held from now on. */
bool memory_allocated(const void *block, uint64_t size, enum prec_block_use use,
	const void *pc);
void memory_untracked(void); /* it would have been, but there is no place for it */
void memory_copied(uint64_t size, const void *pc);

/* A block is about to be freed: it is held no longer. */
void memory_release(const void *block);

/* It was to be resized, and held_take has given its id. When that failed it stays. */
void memory_resized(const void *old, uint64_t id, bool is_freed);

/* malloc.c, copies.c: find what they stand before, once. */
void memory_look_up_allocator(void);
void memory_look_up_copies(void);

/* malloc.c: whether the program's own comes before ours, and what comes next. */
bool memory_stands_behind(void);
bool memory_allocator_is_libcs(void);

/* mapped.c: when the allocator is known; in a forked child. */
void memory_begin_mapped(void);
void memory_forget_mapped(void);

/* caller.c: pc, or when that is in the C++ library, where the program called into it. */
void memory_begin_caller(void);
uintptr_t memory_caller(uintptr_t pc);

/* python.c: before the interpreter begins. True when memory_watch_python is to be
   called at each allocation of this thread, for as long as that is true. */
bool memory_begin_python(void);
bool memory_watch_python(void);

/* The interpreter is taking itself down. */
bool memory_python_ends(void);

#endif
