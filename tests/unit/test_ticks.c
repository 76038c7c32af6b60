/* Weights of ticks: sums follow the CPU clock, merged ticks count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recorder/ticks.h"

#define PERIOD 1000000u

static void regular_ticks_weigh_one_period(void **state)
{
	struct ticks ticks = {0};

	(void)state;
	ticks_start(&ticks, PERIOD, 5000);
	for (uint64_t i = 1; i <= 1000; i++)
		/* Delivered up to 40 microseconds late. */
		assert_int_equal(ticks_weigh(&ticks, 5000 + i * PERIOD + i * 7919 % 40000),
			PERIOD);
	assert_int_equal(ticks.credited_ns, 1000 * PERIOD);
}

static void ticks_merged_in_a_system_call_count_all(void **state)
{
	struct ticks ticks = {0};

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	/* One delivery at the end of a call that took 7.4 periods ... */
	assert_int_equal(ticks_weigh(&ticks, 7 * PERIOD + 400000), 7 * PERIOD);
	/* ... and the next tick stays on the grid. */
	assert_int_equal(ticks_weigh(&ticks, 8 * PERIOD + 20000), PERIOD);
}

static void early_tick_is_its_grid_points(void **state)
{
	struct ticks ticks = {0};

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	assert_int_equal(ticks_weigh(&ticks, PERIOD - PERIOD / 10), PERIOD);
	assert_int_equal(ticks_weigh(&ticks, 2 * PERIOD), PERIOD);
}

static void sum_never_runs_away(void **state)
{
	struct ticks ticks = {0};
	uint64_t cpu_ns = 0, seed = 1;

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	for (int i = 0; i < 100000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		/* Ticks of a clock that is 0.5 % off, with wild delays. */
		cpu_ns += PERIOD + PERIOD / 200 + (seed >> 33) % (3 * PERIOD);
		ticks_weigh(&ticks, cpu_ns);
		assert_true(ticks.credited_ns <= cpu_ns + PERIOD / 8);
		assert_true(cpu_ns - ticks.credited_ns < PERIOD ||
			ticks.credited_ns > cpu_ns);
	}
	assert_int_equal(ticks_rest(&ticks, cpu_ns),
		cpu_ns > ticks.credited_ns ? cpu_ns - ticks.credited_ns : 0);
}

static void counted_ticks_weigh_one_period_each(void **state)
{
	struct ticks ticks = {0};

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	assert_int_equal(ticks_weigh_count(&ticks, 0), PERIOD);
	assert_int_equal(ticks_weigh_count(&ticks, 4 * PERIOD), PERIOD);
	assert_int_equal(ticks_rest(&ticks, 10 * PERIOD), 8 * PERIOD);
	assert_int_equal(ticks_rest(&ticks, PERIOD), 0);
}

static void counted_ticks_follow_the_clock_in_the_long_run(void **state)
{
	struct ticks ticks = {0};
	uint64_t cpu_ns = 0;

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	for (int i = 0; i < 1000; i++)
		ticks_weigh_count(&ticks, cpu_ns += PERIOD + PERIOD / 10);
	assert_true(cpu_ns - ticks.credited_ns <= (TICKS_DRIFT_MAX + 1) * PERIOD);
	for (int i = 0; i < 1000; i++)
		ticks_weigh_count(&ticks, cpu_ns += PERIOD - PERIOD / 10);
	assert_true(ticks.credited_ns - cpu_ns <= (TICKS_DRIFT_MAX + 1) * PERIOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regular_ticks_weigh_one_period),
		cmocka_unit_test(ticks_merged_in_a_system_call_count_all),
		cmocka_unit_test(early_tick_is_its_grid_points),
		cmocka_unit_test(sum_never_runs_away),
		cmocka_unit_test(counted_ticks_weigh_one_period_each),
		cmocka_unit_test(counted_ticks_follow_the_clock_in_the_long_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
