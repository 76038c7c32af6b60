/* What memory was held where: tools/core/heap.h, and reports of it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/memory_trace.h"
#include "tools/core/heap.h"
#include "tools/core/heap_error.h"
#include "tools/core/heap_events.h"
#include "tools/core/report.h"

#define A MEMORY_ALLOCATED
#define F MEMORY_FREED
#define C MEMORY_COPIED
#define T MEMORY_TIME
#define P MEMORY_PEAK

static struct profile *p;
static struct heap h;
static int fds[2], fd_count;

static int end(void **state)
{
	(void)state;
	heap_free(&h);
	profile_free(p);
	p = NULL;
	while (fd_count)
		close(fds[--fd_count]);
	return 0;
}

/* Lines are places 0, lines 1 to 4 and 5 to 8 are places 1. */
static uint32_t half_of(void *profile, uint32_t node)
{
	return 1 + (memory_line(profile, node) > 4);
}

static void open_plan(const struct memory_plan *plan, const struct selection *selection)
{
	fds[fd_count++] = memory_trace(plan);
	profile_free(p);
	p = memory_profile(fds, (size_t)fd_count, selection);
}

static void make_heap(void)
{
	const struct heap_options options = {.places = {{memory_line, p}, {half_of, p}},
		.levels = true};

	heap_free(&h);
	assert_true(profile_has_memory(p));
	assert_return_code(heap_make(&h, p, &options, NULL), 0);
}

static void make(const struct memory_plan *plan, const struct selection *selection)
{
	open_plan(plan, selection);
	make_heap();
}

static const struct heap_use *line_use(uint32_t line)
{
	static const struct heap_use nothing;

	return line < h.places[0].count ? &h.places[0].item[line] : &nothing;
}

static const struct heap_cell *cell_of(uint32_t line, uint32_t process)
{
	for (size_t i = 0; i < h.cells.count; i++)
		if (memory_line(p, h.cells.item[i].node) == line &&
			h.cells.item[i].process == process)
			return &h.cells.item[i];
	fail_msg("line %u has no cell", line);
	return NULL;
}

static void threads_of_a_process_have_one_heap(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 100, 0},
		{20, A, 2, 2, 50, PTF_CLASS_NATIVE},
		{30, F, 2, 1, 100, 0}, /* that thread 1 allocated */
		{40, A, 1, 3, 80, 0},
		{45, C, 1, 3, 7, PTF_CLASS_NATIVE},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100}, NULL);
	assert_true(h.has_time);
	assert_false(h.lacks_frees);
	assert_int_equal(h.all.peak_bytes, 150);
	assert_int_equal(h.peak_ns, 20);
	assert_int_equal(h.all.live_bytes, 130);
	assert_int_equal(h.all.allocated_bytes[HEAP_PYTHON], 180);
	assert_int_equal(h.all.allocated_bytes[HEAP_NATIVE], 50);
	assert_int_equal(heap_allocated(&h.all), 230);
	assert_int_equal(h.all.copied_bytes, 7);
	assert_int_equal(h.all.allocation_count, 3);
	assert_int_equal(h.all.free_count, 1);
	assert_int_equal(h.all.copy_count, 1);
	assert_int_equal(h.all.first_ns, 10);
	assert_int_equal(h.all.last_ns, 40);
	assert_int_equal(line_use(1)->peak_bytes, 100);
	assert_int_equal(line_use(1)->live_bytes, 0);
	assert_int_equal(line_use(1)->maximum_bytes, 100);
	assert_int_equal(line_use(1)->average_bytes, 20); /* 100 for 20 of 100 */
	assert_int_equal(line_use(2)->peak_bytes, 50);
	assert_int_equal(line_use(2)->live_bytes, 50);
	assert_int_equal(line_use(2)->average_bytes, 40);
	assert_int_equal(line_use(3)->peak_bytes, 0); /* came after the peak */
	assert_int_equal(line_use(3)->maximum_bytes, 80);
	assert_int_equal(h.processes.item[1].peak_bytes, 150);
	assert_int_equal(h.processes.item[1].average_bytes, 20 + 40 + 48);
}

static void memory_is_no_time(void **state)
{
	const struct memory_row rows[] = {
		{10, T, 1, 1, 1000, 0},
		{20, A, 1, 2, 100, 0},
		{30, F, 1, 2, 100, 0},
		{40, A, 2, 3, 50, 0},
	};
	uint32_t alloc = 0;

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100}, NULL);
	assert_int_equal(p->sample_count, 1);
	assert_int_equal(p->memory_count, 3);
	assert_int_equal(p->sections.item[0].sample_count, 1);
	assert_int_equal(p->sections.item[0].memory_count, 3);
	assert_int_equal(p->sections.item[0].ownerless_count, 0);
	assert_int_equal(p->threads.item[0].sample_count, 1);
	assert_int_equal(p->threads.item[1].sample_count, 0);
	assert_int_equal(p->cells.count, 1);
	assert_int_equal(p->cells.item[0].time_ns, 1000);
	for (uint32_t id = 1; id < p->metric_use.count; id++) {
		struct ptf_text name = profile_string(p, profile_get_metric(p, id).name);

		if (name.size == 11 && !memcmp(name.data, "alloc_bytes", 11))
			alloc = id;
	}
	assert_int_not_equal(alloc, 0);
	assert_int_equal(p->metric_use.item[alloc].sample_count, 2);
	assert_int_equal(p->metric_use.item[alloc].sum, 150);
}

static void the_highest_of_a_place_is_no_sum(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 100, 0},
		{20, F, 1, 1, 100, 0},
		{30, A, 1, 2, 90, 0},
		{40, F, 1, 2, 90, 0},
		{50, A, 1, 5, 120, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 64}, NULL);
	assert_int_equal(h.places[1].item[1].maximum_bytes, 100);
	assert_int_equal(h.places[1].item[1].peak_bytes, 0);
	assert_int_equal(h.places[1].item[2].maximum_bytes, 120);
	assert_int_equal(h.places[1].item[2].peak_bytes, 120);
	assert_int_equal(line_use(1)->maximum_bytes + line_use(2)->maximum_bytes, 190);
	assert_int_equal(cell_of(1, 1)->place[0], 1);
	assert_int_equal(cell_of(5, 1)->place[1], 2);
}

static void levels_go_on_where_nothing_happens(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 100, 0},
		{13, F, 1, 1, 100, 0},
		{20, A, 1, 1, 30, 0},
		{20, A, 1, 2, 5, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 64}, NULL);
	assert_int_equal(h.start_ns, 0);
	assert_int_equal(h.end_ns, 64);
	for (int i = 0; i < (int)HEAP_LEVEL_COUNT; i++) {
		int held = i < 10 ? 0 : i < 14 ? 100 : i < 20 ? 0 : 30;

		assert_int_equal(line_use(1)->levels[i], held);
		assert_int_equal(h.all.levels[i], held + (i < 20 ? 0 : 5));
		assert_int_equal(h.processes.item[1].levels[i], h.all.levels[i]);
	}
	assert_null(cell_of(1, 1)->use.levels);
}

static void what_a_process_holds_ends_with_it(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 100, 0},
		{60, A, 3, 1, 70, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100,
		     .process_end_ns = {50, 0}},
		NULL);
	assert_int_equal(h.all.peak_bytes, 100);
	assert_int_equal(h.all.live_bytes, 170); /* each at its own end */
	assert_int_equal(h.processes.item[1].peak_bytes, 100);
	assert_int_equal(h.processes.item[2].peak_bytes, 70);
	assert_int_equal(line_use(1)->peak_bytes, 170);
	assert_int_equal(line_use(1)->maximum_bytes, 100);
	assert_int_equal(cell_of(1, 1)->use.average_bytes, 80); /* 40 of 50 */
	assert_int_equal(cell_of(1, 2)->use.average_bytes, 28); /* 40 of 100 */
	assert_int_equal(line_use(1)->average_bytes, 108);
	assert_int_equal(line_use(1)->levels[63], 70);
}

static void processes_together_may_hold_more_than_each(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 100, 0},
		{20, F, 1, 1, 100, 0},
		{30, A, 1, 2, 60, 0},
		{15, A, 3, 3, 10, 0},
		{40, A, 3, 4, 80, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100}, NULL);
	assert_int_equal(h.processes.item[1].peak_bytes, 100);
	assert_int_equal(h.processes.item[2].peak_bytes, 90);
	assert_int_equal(h.all.peak_bytes, 150);
	assert_int_equal(h.all.maximum_bytes, 150);
	assert_int_equal(h.peak_ns, 40);
	assert_int_equal(line_use(2)->peak_bytes, 0);
}

static void another_program_begins_with_nothing(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 100, 0},
		{60, A, 1, 2, 70, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100, .exec_ns = {{50}}},
		NULL);
	assert_int_equal(h.all.peak_bytes, 100);
	assert_int_equal(h.all.live_bytes, 70);
	assert_int_equal(line_use(1)->live_bytes, 0);
}

static void each_program_begins_with_nothing(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 50, 0},
		{40, A, 1, 2, 70, 0},
		{80, A, 1, 3, 60, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100,
		     .exec_ns = {{30, 60}}},
		NULL);
	assert_int_equal(h.all.peak_bytes, 70);
	assert_int_equal(h.all.live_bytes, 60);
	assert_int_equal(line_use(2)->live_bytes, 0);
}

static void one_thread_does_one_thing_after_the_other(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 100, 0},
		{20, F, 1, 1, 100, 0},
		{20, A, 1, 1, 100, 0}, /* within one step of the clock */
		{20, F, 1, 1, 100, 0},
		{20, A, 1, 2, 100, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100}, NULL);
	assert_int_equal(h.all.peak_bytes, 100);
	assert_int_equal(h.all.live_bytes, 100);
	assert_int_equal(line_use(1)->live_bytes, 0);
}

static void a_block_is_freed_after_it_was_allocated(void **state)
{
	const struct memory_row rows[] = {
		/* Thread 1 comes first, and frees what thread 2 allocates. */
		{20, F, 1, 1, 100, 0},
		{20, F, 1, 1, 40, 0},
		{20, A, 2, 1, 100, 0},
		{20, A, 2, 1, 40, 0},
		{20, A, 2, 2, 1, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100, .interval = "10"},
		NULL);
	assert_int_equal(h.all.live_bytes, 1);
	assert_int_equal(line_use(1)->live_bytes, 0);
	assert_true(line_use(1)->live_error_bytes == 0);
	assert_int_equal(line_use(1)->maximum_bytes, 140);
	assert_int_equal(line_use(1)->average_bytes, 0);
}

static void nothing_is_held_below_nothing(void **state)
{
	const struct memory_row rows[] = {
		{10, F, 1, 1, 100, 0}, /* allocated before, or elsewhere */
		{20, A, 1, 1, 30, 0},
		{30, F, 1, 1, 50, 0},
		{40, A, 1, 1, 20, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100}, NULL);
	assert_int_equal(h.all.live_bytes, 20);
	assert_int_equal(h.all.peak_bytes, 30);
	assert_int_equal(h.all.free_count, 2);
	assert_int_equal(line_use(1)->average_bytes, (30 * 10 + 20 * 60) / 100);
}

static void parts_of_a_recording_are_one(void **state)
{
	const struct memory_row first[] = {{10, A, 1, 1, 100, 0}, {20, A, 1, 2, 5, 0}};
	const struct memory_row second[] = {{30, F, 1, 1, 100, 0}, {40, A, 1, 2, 7, 0}};
	const struct memory_plan plans[] = {
		{MEMORY_ROWS(first), .end_ns = 100},
		{MEMORY_ROWS(second), .end_ns = 100, .zero_ns = 100},
	};

	(void)state;
	/* They are put in order of time, whichever is given first. */
	open_plan(&plans[1], NULL);
	make(&plans[0], NULL);
	assert_int_equal(p->processes.count, 2);
	assert_int_equal(h.all.live_bytes, 12);
	assert_int_equal(h.all.peak_bytes, 105);
	assert_int_equal(h.start_ns, 0);
	assert_int_equal(h.end_ns, 200);
	assert_int_equal(line_use(1)->average_bytes, 60); /* 120 of 200 */
	assert_int_equal(line_use(2)->last_ns, 140);
	end(NULL);
	make(&plans[1], NULL);
	assert_int_equal(h.all.live_bytes, 7);
	assert_int_equal(h.end_ns - h.start_ns, 100);
}

static void a_part_of_the_time(void **state)
{
	const struct memory_row rows[] = {
		{10, A, 1, 1, 100, 0},
		{30, A, 1, 2, 50, 0},
		{40, F, 1, 1, 100, 0},
		{50, A, 2, 3, 40, 0},
		{70, A, 1, 4, 500, 0},
	};
	const struct selection time = {.has_time = true, .from_ns = 20, .to_ns = 60};
	const struct memory_plan plan = {MEMORY_ROWS(rows), .end_ns = 100,
		.region = "phase", .region_ns = {35, 80}};
	struct selection region = {0}, threads = {0};

	(void)state;
	make(&plan, &time);
	assert_int_equal(p->memory_count, 3);
	assert_int_equal(h.all.live_bytes, 90);
	assert_int_equal(h.start_ns, 20);
	assert_int_equal(h.end_ns, 60);
	assert_int_equal(line_use(2)->average_bytes, 37); /* 50 for 30 of 40 */
	assert_false(h.lacks_frees);

	end(NULL);
	vec_push(&region.region_globs, "phase");
	make(&plan, &region);
	assert_int_equal(p->memory_count, 3);
	assert_int_equal(h.all.live_bytes, 540);
	assert_true(h.lacks_frees);

	end(NULL);
	vec_push(&threads.thread_globs, "102");
	make(&plan, &threads);
	assert_int_equal(h.all.live_bytes, 40);
	assert_int_equal(h.cells.count, 1);
	assert_true(h.lacks_frees);
	selection_free(&region);
	selection_free(&threads);
}

static bool is_first_thread(void *context, uint32_t process, uint32_t thread)
{
	(void)context;
	return process == 1 && thread == 1;
}

static void rows_can_be_picked(void **state)
{
	const struct memory_row rows[] = {{10, A, 1, 1, 100, 0}, {20, A, 2, 1, 10, 0},
		{30, A, 3, 1, 1, 0}};
	const struct memory_row sums[] = {{0, A, 1, 1, 3000, 0}, {0, A, 3, 1, 500, 0}};
	const struct heap_options options = {.is_wanted = is_first_thread,
		.is_of_threads = true};

	(void)state;
	open_plan(&(struct memory_plan){MEMORY_ROWS(rows), MEMORY_SUMS(sums),
			  .end_ns = 100},
		NULL);
	assert_return_code(heap_make(&h, p, &options, NULL), 0);
	assert_int_equal(heap_allocated(&h.all), 3100);
	assert_true(h.lacks_frees);
	assert_null(h.all.levels);
	assert_int_equal(h.places[0].count, 0);
}

static void sums_have_no_time(void **state)
{
	const struct memory_row sums[] = {
		{0, A, 1, 1, 1000, 0},
		{0, A, 1, 1, 200, PTF_CLASS_NATIVE},
		{0, F, 1, 1, 900, 0},
		{0, C, 1, 2, 77, PTF_CLASS_NATIVE},
		{0, P, 1, 1, 400, 0},
		{0, A, 3, 2, 50, 0},
		{0, P, 3, 2, 30, 0},
	};
	const struct memory_row rows[] = {{10, A, 3, 5, 60, 0}};

	(void)state;
	make(&(struct memory_plan){MEMORY_SUMS(sums), .end_ns = 100, .interval = "512"},
		NULL);
	assert_false(h.has_time);
	assert_null(h.all.levels);
	assert_int_equal(p->memory_count, 0);
	assert_int_equal(h.all.allocated_bytes[HEAP_PYTHON], 1050);
	assert_int_equal(h.all.allocated_bytes[HEAP_NATIVE], 200);
	assert_int_equal(h.all.copied_bytes, 77);
	assert_int_equal(h.all.live_bytes, 100 + 200 + 50);
	assert_int_equal(h.all.peak_bytes, 430);
	assert_int_equal(line_use(1)->peak_bytes, 400);
	assert_int_equal(line_use(1)->maximum_bytes, 400);
	assert_int_equal(h.processes.item[2].maximum_bytes, 30);
	assert_int_equal(line_use(1)->allocation_count, 6);
	assert_true(isnan(h.all.allocated_error_bytes));
	assert_true(isnan(line_use(1)->peak_error_bytes));
	assert_true(heap_leak_of(&h, line_use(1)).observation_count == 0);

	end(NULL);
	make(&(struct memory_plan){MEMORY_ROWS(rows), MEMORY_SUMS(sums), .end_ns = 100},
		NULL);
	assert_true(h.has_time);
	assert_int_equal(h.all.peak_bytes, 490);
	assert_int_equal(line_use(5)->maximum_bytes, 60);
	assert_int_equal(h.processes.item[2].maximum_bytes, 90);
	assert_int_equal(heap_allocated(&h.all), 1310);
}

/* ---------------------------------------------------------------- errors */

static void variance_is_that_of_the_size(void **state)
{
	const double interval = 524288;

	(void)state;
	for (double size = 16; size < 1e9; size *= 1.3) {
		double p_met = -expm1(-size / interval);
		double value = round(size / p_met);
		double variance = (1 - p_met) * value * value;
		double found = heap_variance((int64_t)value, interval);

		/* The value is whole, which hides how small the smallest blocks are. */
		assert_true(fabs(found - variance) <=
			1e-6 * value * value + 2 * value * value / size);
		if (size > 4096)
			assert_true(fabs(found - variance) <= 1e-3 * value * value);
	}
	assert_true(heap_variance(524288, interval) == interval * interval);
	assert_true(heap_variance(1, interval) == 1);
	assert_true(heap_variance(INT64_MAX, interval) < 1);
	assert_true(isnan(heap_variance(1000, 0)));
}

static void errors_are_of_what_is_held(void **state)
{
	/* Blocks of 1000 bytes, one in 1000 bytes: met with 0.632, worth 1582. */
	const struct memory_row rows[] = {
		{10, A, 1, 1, 1582, 0},
		{20, A, 1, 1, 1582, 0},
		{30, F, 1, 1, 1582, 0},
		{40, A, 2, 1, 1582, 0},
		{50, A, 2, 1, 1582, 0},
		{60, F, 2, 1, 1582, 0},
		{70, F, 2, 1, 1582, 0},
		{80, A, 3, 2, 1582, 0},
	};
	const double variance = exp(-1) * 1582 * 1582;
	struct memory_plan plan = {MEMORY_ROWS(rows), .end_ns = 100, .interval = "1000"};

	(void)state;
	make(&plan, NULL);
	assert_true(fabs(line_use(1)->allocated_error_bytes - sqrt(4 * variance)) < 1);
	assert_true(fabs(line_use(1)->live_error_bytes - sqrt(variance)) < 1);
	assert_true(fabs(line_use(1)->peak_error_bytes - sqrt(3 * variance)) < 1);
	assert_true(fabs(h.all.allocated_error_bytes - sqrt(5 * variance)) < 1);
	assert_true(fabs(h.all.peak_error_bytes - sqrt(3 * variance)) < 1);
	end(NULL);
	plan.interval = NULL;
	make(&plan, NULL);
	assert_true(isnan(line_use(1)->allocated_error_bytes));
	assert_true(isnan(h.all.peak_error_bytes));
}

/* ----------------------------------------------------------------- leaks */

#define BLOCKS 40

/* BLOCKS blocks over [from, to) of a run of 8000, all freed but each keep-th. */
static struct heap_leak leak_of(int64_t from_ns, int64_t to_ns, int keep,
	const struct selection *selection)
{
	struct memory_row rows[2 * BLOCKS];
	struct memory_plan plan = {.rows = rows, .end_ns = 8000};
	struct heap_leak leak;

	for (int i = 0; i < BLOCKS; i++) {
		int64_t at = from_ns + (to_ns - from_ns) * i / BLOCKS;

		rows[plan.count++] = (struct memory_row){at, A, 1, 1, 100, 0};
		if (i % keep)
			rows[plan.count++] = (struct memory_row){at + 1, F, 1, 1, 100, 0};
	}
	make(&plan, selection);
	leak = heap_leak_of(&h, line_use(1));
	end(NULL);
	return leak;
}

static void what_is_never_freed_leaks(void **state)
{
	struct selection threads = {0};
	struct heap_leak leak = leak_of(0, 8000, 1, NULL);

	(void)state;
	assert_true(leak.is_likely);
	assert_int_equal(leak.observation_count, BLOCKS);
	assert_true(fabs(leak.likelihood - 41.0 / 42) < 1e-9);
	/* 4000 bytes from 0 to 7800 ns */
	assert_true(fabs(leak.bytes_per_s - 4000 / 7800e-9) < 1);
	/* Half of all, or what a program begins with, is none. */
	assert_false(leak_of(0, 8000, 2, NULL).is_likely);
	assert_false(leak_of(0, 8000, BLOCKS, NULL).is_likely);
	assert_false(leak_of(0, 1000, 1, NULL).is_likely);
	assert_false(leak_of(0, 5000, 1, NULL).is_likely);
	assert_false(leak_of(4000, 8000, 1, NULL).is_likely);
	assert_false(leak_of(6000, 8000, 1, NULL).is_likely);
	assert_true(leak_of(0, 7000, 1, NULL).is_likely);
	/* Other threads may free. */
	vec_push(&threads.thread_globs, "101");
	assert_false(leak_of(0, 8000, 1, &threads).is_likely);
	selection_free(&threads);
}

static void what_is_allocated_at_both_ends_is_no_leak(void **state)
{
	struct memory_row rows[BLOCKS];

	(void)state;
	for (int i = 0; i < BLOCKS; i++)
		rows[i] = (struct memory_row){i < BLOCKS / 2 ? i : 8000 - BLOCKS + i, A,
			1, 1, 100, 0};
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 8000}, NULL);
	assert_int_equal(line_use(1)->eighths, 0x81);
	assert_false(heap_leak_of(&h, line_use(1)).is_likely);
}

/* --------------------------------------------------------- what is hostile */

static void numbers_without_end_do_no_harm(void **state)
{
	const struct memory_row rows[] = {
		{-((int64_t)1 << 60), A, 1, 1, INT64_MAX, 0},
		{0, A, 1, 1, INT64_MIN, 0},
		{5, A, 1, 0, (int64_t)1 << 60, 0},
		{5, A, 2, 2, ((int64_t)1 << 60) + 1, 0}, /* more than all may be */
		{6, A, 2, 2, -5, 0},
		{7, A, 2, 2, 8, 0},
		{(int64_t)1 << 60, F, 2, 2, INT64_MAX, 0},
	};

	(void)state;
	make(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 10, .interval = "1e-300"},
		NULL);
	assert_int_equal(h.all.peak_bytes, ((int64_t)1 << 60) + 8);
	assert_true(h.all.live_bytes >= 0);
	assert_int_equal(h.all.allocation_count, 2);
	assert_true(h.all.allocated_error_bytes == 0);
	for (int i = 0; i < (int)HEAP_LEVEL_COUNT; i++)
		assert_in_range(h.all.levels[i], 0, h.all.peak_bytes);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

static int64_t absurd(uint32_t *random)
{
	static const int64_t values[] = {0, 1, -1, INT64_MAX, INT64_MIN, (int64_t)1 << 60,
		((int64_t)1 << 61) - 1, 1 << 20};
	uint32_t which = next_random(random) % 12;

	return which < 8 ? values[which] : next_random(random) % 1000;
}

static void check_use(const struct heap_use *use)
{
	assert_in_range(use->live_bytes, 0, (int64_t)1 << 61);
	assert_in_range(use->maximum_bytes, 0, (int64_t)1 << 61);
	assert_in_range(use->average_bytes, 0, (int64_t)1 << 61);
	assert_in_range(heap_allocated(use), 0, (int64_t)1 << 61);
	assert_in_range(use->peak_bytes, 0, (int64_t)1 << 61);
	assert_false(use->live_error_bytes < 0);
}

/* Sums stay sums, whatever values are, and none is below 0 or wraps. */
static void sums_hold_whatever_values_are(void **state)
{
	enum { ROWS = 60, SUMS = 10 };
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct memory_row rows[ROWS], sums[SUMS];
		const int64_t end_ns = absurd(&random) / 16;
		const struct selection time = {.has_time = true,
			.from_ns = absurd(&random),
			.to_ns = absurd(&random)};
		int64_t live = 0, peak = 0, now = -((int64_t)1 << 60);

		for (int i = 0; i < ROWS; i++) {
			int64_t step = absurd(&random) & (((int64_t)1 << 54) - 1);

			now += next_random(&random) % 2 ? step : 0;
			rows[i] = (struct memory_row){now, next_random(&random) % 4,
				1 + next_random(&random) % 3, next_random(&random) % 9,
				absurd(&random), next_random(&random) % 7};
		}
		for (int i = 0; i < SUMS; i++) {
			sums[i] = rows[i];
			sums[i].what = 1 + next_random(&random) % 4;
		}
		open_plan(&(struct memory_plan){MEMORY_ROWS(rows), MEMORY_SUMS(sums),
				  .end_ns = end_ns > 0 ? end_ns : 1,
				  .process_end_ns = {absurd(&random) / 16, 0},
				  .exec_ns = {{0},
					  {absurd(&random) / 16, absurd(&random) / 16}},
				  .interval = round % 2 ? "1000000" : NULL},
			next_random(&random) % 2 ? &time : NULL);
		if (profile_has_memory(p))
			make_heap();
		for (size_t i = 0; i < h.cells.count; i++) {
			check_use(&h.cells.item[i].use);
			live += h.cells.item[i].use.live_bytes;
			peak += h.cells.item[i].use.peak_bytes;
		}
		for (size_t i = 0; i < h.processes.count; i++) {
			check_use(&h.processes.item[i]);
			peak -= h.processes.item[i].maximum_bytes;
		}
		check_use(&h.all);
		assert_int_equal(h.all.live_bytes, live);
		assert_int_equal(peak, 0);
		end(NULL);
	}
}

static void a_file_that_is_gone_is_an_error(void **state)
{
	const struct memory_row rows[] = {{10, A, 1, 1, 100, 0}};
	const struct heap_options options = {0};
	struct ptf_error err = {0};

	(void)state;
	open_plan(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100}, NULL);
	close(fds[--fd_count]);
	assert_true(heap_make(&h, p, &options, &err) < 0);
	assert_int_not_equal(err.code, 0);
	assert_int_equal(h.cells.count, 0);
}

/* ---------------------------------------------------------- order of time */

struct given {
	struct heap_event last;
	size_t count;
	uint32_t next[5]; /* by thread, the number that must come */
};

static void take_event(void *context, const struct heap_event *e)
{
	struct given *g = context;

	assert_true(g->count == 0 || e->time_ns > g->last.time_ns ||
		(e->time_ns == g->last.time_ns && e->thread >= g->last.thread));
	assert_int_equal(e->cell, g->next[e->thread]++);
	assert_int_equal(e->bytes, e->cell * 7 + e->thread);
	assert_int_equal(e->kind, e->cell % 3);
	g->last = *e;
	g->count++;
}

/* One thread's rows, then another's, each in order, many at equal times. */
static void sort_events(size_t run_count, uint32_t each)
{
	struct heap_events *events = heap_events_new(run_count);
	struct given g = {0};
	uint32_t random = (uint32_t)run_count;

	for (uint32_t thread = 5; thread-- > 0;) {
		int64_t now = -50;

		for (uint32_t i = 0; i < each; i++) {
			const struct heap_event e = {.time_ns = now,
				.cell = i,
				.bytes = i * 7 + thread,
				.thread = thread,
				.kind = i % 3};

			now += next_random(&random) % 3;
			assert_return_code(heap_events_add(events, &e, NULL), 0);
		}
	}
	assert_return_code(heap_events_give(events, take_event, &g, NULL), 0);
	assert_int_equal(g.count, 5 * each);
	heap_events_free(events);
}

static void events_come_in_order_of_time(void **state)
{
	(void)state;
	sort_events(0, 0);
	sort_events(0, 2000);
	sort_events(1, 50);
	sort_events(7, 1000);
	sort_events(1000, 1000); /* runs that are just full */
	sort_events(3000, 100000);
}

static void without_a_temporary_file_is_an_error(void **state)
{
	struct heap_events *events = heap_events_new(2);
	const struct heap_event e = {0};
	struct ptf_error err = {0};
	int rc = 0;

	(void)state;
	setenv("TMPDIR", "/nowhere", 1);
	for (int i = 0; i < 3 && rc >= 0; i++)
		rc = heap_events_add(events, &e, &err);
	unsetenv("TMPDIR");
	assert_int_equal(rc, PTF_ERR_IO);
	assert_non_null(strstr(err.message, "/nowhere"));
	heap_events_free(events);
}

/* ------------------------------------------------- against a simple model */

#define MANY  4000
#define CELLS (2 * MEMORY_LINES)

/* What is held of [line - 1 + 8 * (process - 1)], and what was at the highest. */
struct model {
	int64_t live[CELLS], peak[CELLS], maximum[CELLS], allocated[CELLS];
	int64_t process_peak[2], all_peak;
};

static int compare_rows(const void *a, const void *b)
{
	const struct memory_row *x = a, *y = b;

	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static int64_t sum_of(const int64_t *bytes, size_t count)
{
	int64_t sum = 0;

	while (count--)
		sum += bytes[count];
	return sum;
}

/* No two rows are of the same time. */
static void model_rows(struct model *m, struct memory_row *rows)
{
	qsort(rows, MANY, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < MANY; i++) {
		const struct memory_row *row = &rows[i];
		size_t process = row->thread == 3;
		int64_t *live = &m->live[MEMORY_LINES * process];
		size_t cell = MEMORY_LINES * process + row->line - 1;

		m->live[cell] += row->what == A ? row->bytes : -row->bytes;
		if (m->live[cell] < 0)
			m->live[cell] = 0;
		if (row->what == A)
			m->allocated[cell] += row->bytes;
		if (m->live[cell] > m->maximum[cell])
			m->maximum[cell] = m->live[cell];
		if (sum_of(live, MEMORY_LINES) > m->process_peak[process]) {
			m->process_peak[process] = sum_of(live, MEMORY_LINES);
			memcpy(&m->peak[MEMORY_LINES * process], live,
				MEMORY_LINES * sizeof(*live));
		}
		if (sum_of(m->live, CELLS) > m->all_peak)
			m->all_peak = sum_of(m->live, CELLS);
	}
}

static void it_is_what_a_simple_model_says(void **state)
{
	static struct memory_row rows[MANY];
	uint32_t random = 4711;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct model m = {0};

		for (size_t i = 0; i < MANY; i++)
			rows[i] = (struct memory_row){(int64_t)i + 1,
				next_random(&random) % 100 < 52 ? A : F,
				1 + next_random(&random) % 3,
				1 + next_random(&random) % MEMORY_LINES,
				1 + next_random(&random) % 1000, 0};
		model_rows(&m, rows);
		make(&(struct memory_plan){.rows = rows,
			     .count = MANY,
			     .end_ns = MANY + 1},
			NULL);
		for (uint32_t i = 0; i < CELLS; i++) {
			const struct heap_use *use =
				&cell_of(1 + i % MEMORY_LINES, 1 + i / MEMORY_LINES)->use;

			assert_int_equal(use->live_bytes, m.live[i]);
			assert_int_equal(use->peak_bytes, m.peak[i]);
			assert_int_equal(use->maximum_bytes, m.maximum[i]);
			assert_int_equal(heap_allocated(use), m.allocated[i]);
		}
		assert_int_equal(h.processes.item[1].peak_bytes, m.process_peak[0]);
		assert_int_equal(h.processes.item[2].peak_bytes, m.process_peak[1]);
		assert_int_equal(h.all.peak_bytes, m.all_peak);
		end(NULL);
	}
}

/* --------------------------------------------------------------- reports */

static const struct report_line *report_line_of(const struct report *r, uint32_t line)
{
	for (size_t f = 0; f < r->files.count; f++)
		for (size_t i = 0; i < r->files.item[f].lines.count; i++)
			if (r->files.item[f].lines.item[i].line == line)
				return &r->files.item[f].lines.item[i];
	return NULL;
}

static void reports_charge_memory_as_time(void **state)
{
	const struct memory_row rows[] = {
		{10, T, 1, 1, 1000, 0}, {11, A, 1, 2, 100, 0}, {12, F, 1, 2, 100, 0},
		{13, A, 1, 3, 60, 0}, {14, A, 1, 5, 900, 0},
		{15, A, 2, 0, 5, PTF_CLASS_NATIVE}, /* no stack */
	};
	struct report_options options = {.memory_levels = true};
	struct report r;
	const struct report_file *own;

	(void)state;
	open_plan(&(struct memory_plan){MEMORY_ROWS(rows), .end_ns = 100}, NULL);
	report_make(&r, p, &options);
	assert_false(r.has_memory);
	assert_null(report_line_of(&r, 1)->memory);
	assert_null(report_line_of(&r, 2));
	report_free(&r);

	assert_return_code(report_make_with_memory(&r, p, &options, NULL), 0);
	assert_true(r.has_memory);
	assert_int_equal(r.all_ns, 1000);
	assert_int_equal(heap_allocated(&r.heap.all), 1065);
	assert_null(report_line_of(&r, 1)->memory);
	assert_int_equal(report_line_of(&r, 2)->memory->maximum_bytes, 100);
	assert_int_equal(report_line_of(&r, 3)->memory->live_bytes, 60);
	assert_non_null(report_line_of(&r, 3)->memory->levels);
	own = &r.files.item[0];
	assert_int_equal(own->memory->maximum_bytes, 100);
	assert_int_equal(heap_allocated(own->memory), 160);
	assert_int_equal(r.files.count, 3);
	assert_int_equal(heap_allocated(r.files.item[1].memory), 900);
	assert_int_equal(heap_allocated(r.files.item[2].memory), 5);
	assert_int_equal(r.files.item[2].file, 0);
	assert_int_equal(r.files.item[2].functions.item[0].function, 0);
	/* No time, but most of the memory. */
	assert_int_equal(class_times_sum(&r.files.item[1].self), 0);
	assert_true(report_shows_file(&r, p, &r.files.item[1], 1));
	assert_false(report_shows_file(&r, p, &r.files.item[1], 99));
	report_free(&r);

	/* The user's own line 100 called help(). */
	options.charge = CHARGE_USER;
	assert_return_code(report_make_with_memory(&r, p, &options, NULL), 0);
	assert_null(report_line_of(&r, 5));
	assert_int_equal(heap_allocated(report_line_of(&r, 100)->memory), 900);
	report_free(&r);

	options.only_thread = 2;
	assert_return_code(report_make_with_memory(&r, p, &options, NULL), 0);
	assert_int_equal(heap_allocated(&r.heap.all), 5);
	assert_true(r.heap.lacks_frees);
	report_free(&r);

	close(fds[--fd_count]);
	assert_true(report_make_with_memory(&r, p, &options, NULL) < 0);
	assert_int_equal(r.files.count, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_teardown(function, end)
	const struct CMUnitTest tests[] = {
		TEST(threads_of_a_process_have_one_heap),
		TEST(memory_is_no_time),
		TEST(the_highest_of_a_place_is_no_sum),
		TEST(levels_go_on_where_nothing_happens),
		TEST(what_a_process_holds_ends_with_it),
		TEST(processes_together_may_hold_more_than_each),
		TEST(another_program_begins_with_nothing),
		TEST(each_program_begins_with_nothing),
		TEST(one_thread_does_one_thing_after_the_other),
		TEST(a_block_is_freed_after_it_was_allocated),
		TEST(nothing_is_held_below_nothing),
		TEST(parts_of_a_recording_are_one),
		TEST(a_part_of_the_time),
		TEST(rows_can_be_picked),
		TEST(sums_have_no_time),
		TEST(variance_is_that_of_the_size),
		TEST(errors_are_of_what_is_held),
		TEST(what_is_never_freed_leaks),
		TEST(what_is_allocated_at_both_ends_is_no_leak),
		TEST(numbers_without_end_do_no_harm),
		TEST(sums_hold_whatever_values_are),
		TEST(a_file_that_is_gone_is_an_error),
		TEST(events_come_in_order_of_time),
		TEST(without_a_temporary_file_is_an_error),
		TEST(it_is_what_a_simple_model_says),
		TEST(reports_charge_memory_as_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
