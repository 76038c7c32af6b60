/* Weights of ticks: merged ticks count, sums follow the CPU clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "recorder/ticks.h"

#define PERIOD 1000000u

static void regular_ticks_weigh_one_period(void **state)
{
	struct ticks ticks = {0};

	(void)state;
	/* The source begins half a period after the clock was read, and each
	   tick is delivered up to 40 microseconds late. */
	ticks_start(&ticks, PERIOD, 5000);
	ticks_weigh(&ticks, 5000 + PERIOD + PERIOD / 2, false);
	for (uint64_t i = 2; i <= 1000; i++)
		assert_int_equal(ticks_weigh(&ticks,
					 5000 + i * PERIOD + PERIOD / 2 +
						 i * 7919 % 40000,
					 false),
			PERIOD);
}

static void ticks_merged_in_a_system_call_count_all(void **state)
{
	struct ticks ticks = {0};

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	assert_int_equal(ticks_weigh(&ticks, PERIOD, false), PERIOD);
	/* One delivery at the end of a call that took 7.9 periods ... */
	assert_int_equal(ticks_weigh(&ticks, 8 * PERIOD + 900000, true), 7 * PERIOD);
	/* ... and the next tick, soon after, is one more. */
	assert_int_equal(ticks_weigh(&ticks, 9 * PERIOD + 10000, false), PERIOD);
}

/*
 * Calls and what follows them are charged what they took, whatever the phase:
 * a program that alternates between a call of 2.31 periods and 1.87 periods of
 * its own, ticks at a fixed phase of its CPU time.
 */
static void calls_and_what_follows_get_their_time(void **state)
{
	(void)state;
	for (uint64_t phase = 0; phase < PERIOD; phase += PERIOD / 7) {
		struct ticks ticks = {0};
		uint64_t cpu_ns = 0, tick_ns = phase, call_ns = 0, own_ns = 0;
		ticks_start(&ticks, PERIOD, 0);
		for (int round = 0; round < 1000; round++) {
			uint64_t call_end_ns = cpu_ns + 2313700;
			uint64_t own_end_ns = call_end_ns + 1873100;
			if (tick_ns < call_end_ns)
				call_ns += ticks_weigh(&ticks, call_end_ns, true);
			while (tick_ns < call_end_ns)
				tick_ns += PERIOD;
			for (; tick_ns < own_end_ns; tick_ns += PERIOD)
				own_ns += ticks_weigh(&ticks, tick_ns + 3000, false);
			cpu_ns = own_end_ns;
		}
		assert_true(llabs((long long)call_ns - 2313700000ll) < 20ll * PERIOD);
		assert_true(llabs((long long)own_ns - 1873100000ll) < 20ll * PERIOD);
	}
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
		ticks_weigh(&ticks, cpu_ns, false);
		assert_true(llabs((long long)(cpu_ns - ticks.credited_ns)) < 2 * PERIOD);
	}
}

static void short_system_calls_do_not_run_away_either(void **state)
{
	struct ticks ticks = {0};
	uint64_t cpu_ns = 0;

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	/* Far more samples than ticks of that clock. */
	for (int i = 0; i < 10000; i++) {
		ticks_weigh(&ticks, cpu_ns += PERIOD / 10, true);
		assert_true(ticks.credited_ns <= cpu_ns + PERIOD);
	}
	assert_true(cpu_ns <= ticks.credited_ns + 2 * PERIOD);
}

static void counted_ticks_weigh_one_period_each(void **state)
{
	struct ticks ticks = {0};

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	assert_int_equal(ticks_weigh_count(&ticks, 2 * PERIOD), PERIOD);
	assert_int_equal(ticks_weigh_count(&ticks, 3 * PERIOD), PERIOD);
	assert_int_equal(ticks_rest(&ticks, 10 * PERIOD), 8 * PERIOD);
	assert_int_equal(ticks_rest(&ticks, PERIOD), -1 * (int64_t)PERIOD);
}

static void counted_ticks_stay_near_the_clock(void **state)
{
	struct ticks ticks = {0};
	uint64_t cpu_ns = 0, seed = 1;

	(void)state;
	ticks_start(&ticks, PERIOD, 0);
	for (int i = 0; i < 100000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		cpu_ns += (seed >> 33) % (2 * PERIOD);
		ticks_weigh_count(&ticks, cpu_ns);
		assert_true(ticks.credited_ns <= cpu_ns + PERIOD);
		assert_true(
			cpu_ns <= ticks.credited_ns + (TICKS_BEHIND_MAX + 3) * PERIOD);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regular_ticks_weigh_one_period),
		cmocka_unit_test(ticks_merged_in_a_system_call_count_all),
		cmocka_unit_test(calls_and_what_follows_get_their_time),
		cmocka_unit_test(sum_never_runs_away),
		cmocka_unit_test(short_system_calls_do_not_run_away_either),
		cmocka_unit_test(counted_ticks_weigh_one_period_each),
		cmocka_unit_test(counted_ticks_stay_near_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
