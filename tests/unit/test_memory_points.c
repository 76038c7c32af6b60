/*
 * The sampling of memory: distances between points are exponential, and what is held
 * is found again, whoever asks.
 */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "recorder/agent/memory/held.h"
#include "recorder/agent/memory/points.h"

#define MEAN 524288u

/*
 * The greatest distance between the empirical distribution and that of the format
 * (P(met) = 1 - exp(-s / mean)) is 1.95 / sqrt(n) in one of 1000 seeds
 * (Kolmogorov); this seed is always the same.
 */
static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;
	return (*a > *b) - (*a < *b);
}

static void distances_are_exponential(void **state)
{
	enum { COUNT = 200000 };
	struct points points;
	uint64_t *distance = malloc(COUNT * sizeof *distance);
	double sum = 0, worst = 0;

	(void)state;
	assert_non_null(distance);
	points_seed(&points, 7);
	for (size_t i = 0; i < COUNT; i++) {
		distance[i] = points_distance(&points, MEAN);
		sum += (double)distance[i];
	}
	qsort(distance, COUNT, sizeof *distance, compare);
	for (size_t i = 0; i < COUNT; i++) {
		double expected = 1 - exp(-((double)distance[i] + 1) / MEAN);
		double off = fabs((double)(i + 1) / COUNT - expected);
		worst = off > worst ? off : worst;
	}
	free(distance);
	assert_true(worst < 1.95 / sqrt(COUNT));
	/* Whole bytes: half of one is cut off. 4 standard errors. */
	assert_true(fabs(sum / COUNT + 0.5 - MEAN) < 4 * MEAN / sqrt(COUNT));
}

static void neighbours_are_independent(void **state)
{
	enum { COUNT = 200000 };
	struct points points;
	double before, sum = 0;

	(void)state;
	points_seed(&points, 8);
	before = (double)points_distance(&points, MEAN) / MEAN - 1;
	for (size_t i = 0; i < COUNT; i++) {
		double now = (double)points_distance(&points, MEAN) / MEAN - 1;
		sum += before * now;
		before = now;
	}
	assert_true(fabs(sum / COUNT) < 4 / sqrt(COUNT));
}

static void seeds_make_different_points(void **state)
{
	struct points points;
	uint64_t first[64];

	(void)state;
	for (uint64_t seed = 0; seed < 64; seed++) {
		points_seed(&points, seed);
		first[seed] = points_distance(&points, UINT64_C(1) << 50);
		for (uint64_t i = 0; i < seed; i++)
			assert_true(first[i] != first[seed]);
	}
}

static void a_held_block_is_taken_once(void **state)
{
	char heap[256];

	(void)state;
	held_clear();
	assert_false(held_may_contain(heap));
	assert_int_equal(held_take(heap), 0);
	assert_true(held_add(heap, 5));
	assert_true(held_add(heap + 16, 6));
	assert_true(held_may_contain(heap));
	assert_int_equal(held_take(heap), 5);
	assert_int_equal(held_take(heap), 0);
	assert_false(held_may_contain(heap));
	assert_int_equal(held_take(heap + 16), 6);
	assert_false(held_may_contain(NULL));
}

/* Empty places of the table have no address either. */
static void nothing_is_never_held(void **state)
{
	const void *shares_filter = (const void *)(uintptr_t)0x80010; /* with NULL */

	(void)state;
	held_clear();
	assert_int_equal(held_take(NULL), 0);
	assert_false(held_may_contain(NULL));
	assert_true(held_add(shares_filter, 7));
	assert_true(held_may_contain(NULL));
	assert_int_equal(held_take(NULL), 0);
	assert_true(held_may_contain(shares_filter));
	assert_int_equal(held_take(shares_filter), 7);
	assert_false(held_may_contain(NULL));
}

static void clearing_forgets_all(void **state)
{
	char heap[4096];

	(void)state;
	for (size_t i = 0; i < sizeof heap; i += 16)
		assert_true(held_add(heap + i, i + 1));
	held_clear();
	for (size_t i = 0; i < sizeof heap; i += 16) {
		assert_false(held_may_contain(heap + i));
		assert_int_equal(held_take(heap + i), 0);
	}
}

/* Addresses are only numbers here. */
static const void *address(uint64_t number)
{
	return (const void *)(uintptr_t)(UINT64_C(0x500000000000) + number * 48);
}

static void a_full_table_refuses_and_goes_on(void **state)
{
	const uint64_t count = 1000000;
	uint64_t held = 0, found = 0;

	(void)state;
	held_clear();
	for (uint64_t i = 0; i < count; i++)
		held += held_add(address(i), i + 1);
	/* Eight of each of 32768 buckets, when all are full. */
	assert_true(held < count && held > 200000 && held <= 8 * 32768);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t id = held_take(address(i));
		assert_true(id == 0 || id == i + 1);
		found += id != 0;
	}
	assert_int_equal(found, held);
	/* Counters that were full stay so: it is only slower. */
	assert_true(held_add(address(1), 9));
	assert_true(held_may_contain(address(1)));
	assert_int_equal(held_take(address(1)), 9);
	held_clear();
}

#define THREAD_COUNT 4
#define ROUND_COUNT  50000u

/* Each has blocks of its own, that share buckets and counters with the others'. */
static void *hold_and_take(void *number)
{
	uint64_t base = (uint64_t)(uintptr_t)number;

	for (uint64_t i = 0; i < ROUND_COUNT; i++) {
		uint64_t mine = base + i % 64 * THREAD_COUNT;
		if (!held_add(address(mine), mine + 1) ||
			!held_may_contain(address(mine)) ||
			held_take(address(mine)) != mine + 1)
			return number;
	}
	return NULL;
}

static void threads_do_not_lose_each_others(void **state)
{
	pthread_t thread[THREAD_COUNT];
	void *failed;

	(void)state;
	held_clear();
	for (uintptr_t i = 0; i < THREAD_COUNT; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, hold_and_take,
					 (void *)i),
			0);
	for (size_t i = 0; i < THREAD_COUNT; i++) {
		assert_int_equal(pthread_join(thread[i], &failed), 0);
		assert_null(failed);
	}
	for (size_t i = 0; i < HELD_FILTER_SIZE; i++)
		assert_int_equal(held_filter[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_exponential),
		cmocka_unit_test(neighbours_are_independent),
		cmocka_unit_test(seeds_make_different_points),
		cmocka_unit_test(a_held_block_is_taken_once),
		cmocka_unit_test(nothing_is_never_held),
		cmocka_unit_test(clearing_forgets_all),
		cmocka_unit_test(a_full_table_refuses_and_goes_on),
		cmocka_unit_test(threads_do_not_lose_each_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
