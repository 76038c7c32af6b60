/* A table of buckets, and a filter of counters before it; see held.h. */
#include "recorder/agent/memory/held.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#define BUCKET_COUNT  32768u /* power of two; the pages are touched as needed */
#define BUCKET_SIZE   8u
#define PAGE          4096u
#define COUNTER_FULL  255u /* it stays so: what leads there is always looked up */
#define BEING_WRITTEN 1u   /* in place of an address */

struct entry {
	_Atomic uintptr_t address; /* 0 = nothing is here */
	_Atomic uint64_t id;
};

/* A bucket is two lines of the cache. */
static struct entry table[BUCKET_COUNT][BUCKET_SIZE] __attribute__((aligned(PAGE)));

_Atomic uint8_t held_filter[HELD_FILTER_SIZE];

static struct entry *bucket_of(const void *address)
{
	uint64_t spread = (uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15);

	return table[spread >> 32 & (BUCKET_COUNT - 1)];
}

static void count(const void *address, int step)
{
	_Atomic uint8_t *counter = &held_filter[held_filter_place(address)];
	uint8_t old = atomic_load_explicit(counter, memory_order_relaxed);

	while (old != COUNTER_FULL &&
		!atomic_compare_exchange_weak(counter, &old, (uint8_t)(old + step)))
		;
}

bool held_add(const void *address, uint64_t id)
{
	struct entry *bucket = bucket_of(address);

	for (size_t i = 0; i < BUCKET_SIZE; i++) {
		uintptr_t nothing = 0;
		if (!atomic_compare_exchange_strong(&bucket[i].address, &nothing,
			    BEING_WRITTEN))
			continue;
		atomic_store_explicit(&bucket[i].id, id, memory_order_relaxed);
		atomic_store_explicit(&bucket[i].address, (uintptr_t)address,
			memory_order_release);
		count(address, 1);
		return true;
	}
	return false;
}

uint64_t held_take(const void *address)
{
	struct entry *bucket = bucket_of(address);

	if (!address) /* as free and realloc are often given: empty places have it */
		return 0;
	for (size_t i = 0; i < BUCKET_SIZE; i++) {
		uintptr_t there =
			atomic_load_explicit(&bucket[i].address, memory_order_acquire);
		if (there != (uintptr_t)address)
			continue;
		uint64_t id = atomic_load_explicit(&bucket[i].id, memory_order_relaxed);
		/* A program may free twice, at the same time. */
		if (!atomic_compare_exchange_strong(&bucket[i].address, &there, 0))
			return 0;
		count(address, -1);
		return id;
	}
	return 0;
}

void held_clear(void)
{
	/* Of memory that the program has locked the pages stay. */
	if (madvise(table, sizeof table, MADV_DONTNEED) != 0)
		memset(table, 0, sizeof table);
	memset(held_filter, 0, sizeof held_filter);
}
