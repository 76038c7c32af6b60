/* A lock-free set of 64-bit keys, open addressing; see seen.h. */
#include "recorder/agent/seen.h"

#include <stdatomic.h>
#include <stddef.h>

#define CAPACITY   65536u /* power of two; the pages are touched as needed */
#define FULL_COUNT (CAPACITY / 4 * 3)

static _Atomic uint64_t table[CAPACITY];
static _Atomic uint32_t count;

bool seen_contains(uint64_t key)
{
	for (size_t i = 0; i < CAPACITY; i++) {
		uint64_t there = atomic_load_explicit(&table[(key + i) % CAPACITY],
			memory_order_acquire);
		if (there == key)
			return true;
		if (there == 0)
			return false;
	}
	return false;
}

void seen_add(uint64_t key)
{
	if (atomic_load(&count) >= FULL_COUNT) {
		for (size_t i = 0; i < CAPACITY; i++)
			atomic_store_explicit(&table[i], 0, memory_order_relaxed);
		atomic_store(&count, 0);
	}
	for (size_t i = 0; i < CAPACITY; i++) {
		uint64_t expected = 0;
		_Atomic uint64_t *place = &table[(key + i) % CAPACITY];
		if (atomic_compare_exchange_strong(place, &expected, key)) {
			atomic_fetch_add(&count, 1);
			return;
		}
		if (expected == key)
			return;
	}
}
