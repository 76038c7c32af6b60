/* The ring: whole records only, in order, over its end, from another thread. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "recorder/ring.h"

#define RECORD_COUNT 200000u

struct fixture {
	struct prec_slot slot;
	uint64_t words[PREC_RING_WORDS];
};

/* Record i has a size that depends on i and words that all name it. */
static uint32_t size_of(uint64_t i)
{
	return 1 + (uint32_t)(i * 2654435761u >> 7) % 300;
}

static void *produce(void *data)
{
	struct fixture *f = data;

	for (uint64_t i = 0; i < RECORD_COUNT;) {
		struct prec_cursor cursor = prec_ring_begin(&f->slot, f->words);
		struct prec_record head = {size_of(i), PREC_RECORD_SAMPLE, 0};
		if (!prec_ring_has_room(&cursor, head.size_words))
			continue;
		prec_ring_store(&cursor, 0, &head, sizeof head);
		cursor.next++;
		for (uint32_t word = 1; word < head.size_words; word++)
			prec_ring_put(&cursor, i * 1000 + word);
		prec_ring_commit(&cursor);
		i++;
	}
	return NULL;
}

static void records_arrive_whole_and_in_order(void **state)
{
	struct fixture *f = aligned_alloc(64, (sizeof *f + 63) / 64 * 64);
	pthread_t producer;
	uint64_t tail = 0;

	(void)state;
	assert_non_null(f);
	memset(f, 0, sizeof *f);
	assert_int_equal(pthread_create(&producer, NULL, produce, f), 0);
	for (uint64_t i = 0; i < RECORD_COUNT;) {
		uint64_t head = atomic_load_explicit(&f->slot.head, memory_order_acquire);
		while (tail < head) {
			struct prec_record record;
			uint64_t words[300];
			prec_ring_load(f->words, tail, &record, 1);
			assert_int_equal(record.size_words, size_of(i));
			prec_ring_load(f->words, tail, words, record.size_words);
			for (uint32_t word = 1; word < record.size_words; word++)
				assert_int_equal(words[word], i * 1000 + word);
			tail += record.size_words;
			i++;
		}
		atomic_store_explicit(&f->slot.tail, tail, memory_order_release);
	}
	pthread_join(producer, NULL);
	free(f);
}

static void full_ring_has_no_room(void **state)
{
	struct prec_slot slot = {.head = PREC_RING_WORDS - 10, .tail = 0};
	struct prec_cursor cursor = prec_ring_begin(&slot, NULL);

	(void)state;
	assert_true(prec_ring_has_room(&cursor, 10));
	assert_false(prec_ring_has_room(&cursor, 11));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_arrive_whole_and_in_order),
		cmocka_unit_test(full_ring_has_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
