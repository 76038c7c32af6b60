/* At the seam of two sections no wait is carried over that belongs before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ptf/ptf.h>

#include "recorder/recording.h"

#define MS             INT64_C(1000000)
#define POLLED_NS      (50 * MS)
#define RAN_NODE       7
#define BLOCKED_NODE   8
#define UNSAMPLED_NODE 9

static struct recording recording; /* too large for a stack */

/* The rows that the thread has behind a seam; the caller frees them. */
static struct rows leave(struct recorded_thread *thread)
{
	recording = (struct recording){.section.unsampled_node = UNSAMPLED_NODE};
	thread->offcpu.polled_ns = POLLED_NS;
	offcpu_leave_section(&recording, thread);
	return thread->rows;
}

static void expect_row(struct rows rows, int64_t weight_ns, uint32_t node,
	uint32_t class_id)
{
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.item[0].time_ns, POLLED_NS);
	assert_int_equal(rows.item[0].weight_ns, weight_ns);
	assert_int_equal(rows.item[0].node, node);
	assert_int_equal(rows.item[0].class_id, class_id);
	rows_finish(&rows);
}

/* Stolen time adds up for as long as a thread computes. */
static void wait_of_a_busy_thread_stays_in_its_section(void **state)
{
	struct recorded_thread thread = {.last_node = RAN_NODE,
		.offcpu.wait_ns = 30 * MS};

	(void)state;
	expect_row(leave(&thread), 30 * MS, RAN_NODE, PTF_CLASS_WAIT);
	assert_int_equal(thread.offcpu.wait_ns, 0);
}

static void wait_is_where_the_thread_was_seen_blocked(void **state)
{
	struct recorded_thread thread = {.last_node = RAN_NODE,
		.offcpu = {.wait_ns = 30 * MS,
			.node = BLOCKED_NODE,
			.class_id = PTF_CLASS_GIL}};

	(void)state;
	expect_row(leave(&thread), 30 * MS, BLOCKED_NODE, PTF_CLASS_GIL);
}

static void wait_of_a_thread_that_was_never_seen_is_shown(void **state)
{
	struct recorded_thread thread = {.offcpu.wait_ns = 30 * MS};

	(void)state;
	expect_row(leave(&thread), 30 * MS, UNSAMPLED_NODE, PTF_CLASS_WAIT);
}

/* The kernel tells run time as of its last tick: so far it may be run time. */
static void little_wait_of_a_thread_that_runs_is_kept(void **state)
{
	struct recorded_thread thread = {.last_node = RAN_NODE, .offcpu.wait_ns = 3 * MS};

	(void)state;
	assert_int_equal(leave(&thread).count, 0);
	assert_int_equal(thread.offcpu.wait_ns, 3 * MS);
}

static void little_wait_of_a_blocked_thread_is_its(void **state)
{
	struct recorded_thread thread = {.last_node = RAN_NODE,
		.offcpu = {.wait_ns = 3 * MS,
			.is_blocked = true,
			.node = BLOCKED_NODE,
			.class_id = PTF_CLASS_WAIT}};

	(void)state;
	expect_row(leave(&thread), 3 * MS, BLOCKED_NODE, PTF_CLASS_WAIT);
}

static void delay_on_the_run_queue_is_never_carried_over(void **state)
{
	struct recorded_thread thread = {.last_node = RAN_NODE,
		.offcpu.runnable_ns = 1 * MS};

	(void)state;
	expect_row(leave(&thread), 1 * MS, RAN_NODE, PTF_CLASS_RUNNABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wait_of_a_busy_thread_stays_in_its_section),
		cmocka_unit_test(wait_is_where_the_thread_was_seen_blocked),
		cmocka_unit_test(wait_of_a_thread_that_was_never_seen_is_shown),
		cmocka_unit_test(little_wait_of_a_thread_that_runs_is_kept),
		cmocka_unit_test(little_wait_of_a_blocked_thread_is_its),
		cmocka_unit_test(delay_on_the_run_queue_is_never_carried_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
