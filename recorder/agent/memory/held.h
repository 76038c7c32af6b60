/*
 * The sampled blocks that the program holds, by address.
 *
 * Each free() of the program asks here, and nearly always about a block that was not
 * sampled: a filter of few bytes in front of the table says so. Neighbours of the
 * heap are neighbours in the filter, so that it costs no cache that the program does
 * not touch anyway.
 *
 * No locks, no allocation: any thread may ask at any time, also in a signal handler.
 */
#ifndef PREC_AGENT_SAMPLED_MEMORY_HELD_H
#define PREC_AGENT_SAMPLED_MEMORY_HELD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HELD_FILTER_SIZE 32768u /* power of two */

/* How many held blocks have an address that leads here. */
extern _Atomic uint8_t held_filter[HELD_FILTER_SIZE]
	__attribute__((visibility("hidden")));

static inline uint32_t held_filter_place(const void *address)
{
	uintptr_t granule = (uintptr_t)address >> 4; /* of malloc */

	return (uint32_t)(granule ^ granule >> 15) % HELD_FILTER_SIZE;
}

/* Whether held_take may find it. */
static inline bool held_may_contain(const void *address)
{
	return atomic_load_explicit(&held_filter[held_filter_place(address)],
		       memory_order_relaxed) != 0;
}

/*
 * Before anybody but the caller knows the address. id is not 0. False when there is no
 * room for it.
 */
bool held_add(const void *address, uint64_t id);

/* Its id, and it is held no longer; 0 = it is not here. While the block is still the
   caller's: once it is free another thread may get the same address. */
uint64_t held_take(const void *address);

/* In a forked child: these were its parent's. */
void held_clear(void);

#endif
