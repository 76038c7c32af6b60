/* A profile over time: tools/core/timeline.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/walk_profile.h"
#include "tools/core/timeline.h"

/*
 * One second of one thread: 10 ms of Python at 350 ms, a wait from 400 ms to
 * 900 ms, 100 ms without samples at the end, an aggregate, and a gauge. The thread
 * ends at end_ns; 0 = it is not known.
 */
static int spread_trace(int64_t end_ns)
{
	static const int64_t at[] = {350 * MS, 900 * MS, 1000 * MS};
	static const int64_t weight[] = {10 * MS, 500 * MS, 100 * MS};
	static const uint32_t node[] = {1, 1, 0};
	static const uint32_t class_id[] = {PTF_CLASS_PYTHON, PTF_CLASS_WAIT,
		PTF_CLASS_UNKNOWN};
	static const int64_t level_at[] = {10 * MS, 20 * MS, 30 * MS, 700 * MS};
	static const int64_t level[] = {5, 9, 7, 2};
	const struct ptf_section_start start = {.format_major = 1,
		.time_resolution_ns = 1,
		.time_metric = 1};
	const struct ptf_value_column column = {PTF_TIME_METRIC, 1, weight};
	const struct ptf_aggregate aggregate = {.node = 1,
		.class_id = PTF_CLASS_PYTHON,
		.thread = 1,
		.n = 3,
		.sum = 7 * MS};
	struct ptf_writer *w;
	uint32_t id, metric;
	int fd = memfd_create("spread.ptf", 0);

	walk_must(fd);
	walk_must(ptf_writer_open(&w, fd, NULL, &start, NULL));
	walk_must(ptf_writer_string(w, (struct ptf_text)PTF_TEXT("rss"), &id, NULL));
	walk_must(ptf_writer_metric(w,
		&(struct ptf_metric){.name = id, .kind = PTF_METRIC_GAUGE}, &metric,
		NULL));
	walk_must(ptf_writer_frame(w, &(struct ptf_frame){0}, &id, NULL));
	walk_must(ptf_writer_node(w, 0, id, &id, NULL));
	walk_must(ptf_writer_process(w, &(struct ptf_process){.pid = 7}, &id, NULL));
	walk_must(ptf_writer_thread(w,
		&(struct ptf_thread){.process = id, .tid = 7, .is_main = true}, &id,
		NULL));
	walk_must(ptf_writer_samples(w,
		&(struct ptf_samples){.thread = id,
			.count = WALK_COUNT(at),
			.time_ns = at,
			.node = node,
			.class_id = class_id,
			.columns = &column,
			.column_count = 1},
		NULL));
	walk_must(ptf_writer_aggregates(w,
		&(struct ptf_aggregates){.metric = PTF_TIME_METRIC,
			.rows = &aggregate,
			.count = 1},
		NULL));
	walk_must(ptf_writer_counters(w,
		&(struct ptf_counters){.metric = metric,
			.process = 1,
			.count = WALK_COUNT(level),
			.time_ns = level_at,
			.values = level},
		NULL));
	if (end_ns)
		walk_must(ptf_writer_facts(w,
			&(struct ptf_facts){.thread_ends =
						    &(struct ptf_thread_end){.thread = 1,
							    .time_ns = end_ns},
				.thread_end_count = 1},
			NULL));
	walk_must(ptf_writer_close(w, 1000 * MS, NULL));
	return fd;
}

static struct profile *profile_of(int fd, const struct selection *selection)
{
	struct profile *p = profile_new();
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	profile_select(p, selection);
	walk_must(profile_add_file(p, path, NULL, NULL));
	profile_finish(p);
	return p;
}

static struct profile *spread_profile(const struct selection *selection)
{
	static int fd = -1;

	if (fd < 0)
		fd = spread_trace(0);
	return profile_of(fd, selection);
}

static const struct timeline_series *series_of(const struct timeline *t,
	uint32_t class_id)
{
	for (size_t i = 0; i < t->threads.count; i++)
		if (t->threads.item[i].class_id == class_id)
			return &t->threads.item[i];
	fail_msg("no series of class %u", class_id);
	return NULL;
}

static void assert_points(const struct timeline_series *s, uint32_t first, uint32_t last,
	int64_t each_ns, uint32_t row_in)
{
	assert_int_equal(s->points.count, last - first + 1);
	for (size_t i = 0; i < s->points.count; i++) {
		assert_int_equal(s->points.item[i].bin, first + i);
		assert_int_equal(s->points.item[i].time_ns, each_ns);
		assert_int_equal(s->points.item[i].count, first + i == row_in);
	}
}

static void a_row_is_spread_over_its_time(void **state)
{
	const struct timeline_options options = {.bin_count_max = 10};
	struct profile *p = spread_profile(NULL);
	struct timeline t;

	(void)state;
	assert_int_equal(timeline_make(&t, p, &options, NULL), 0);
	assert_int_equal(t.grid.start_ns, 0);
	assert_int_equal(t.grid.bin_ns, 100 * MS);
	assert_int_equal(t.grid.bin_count, 10);
	assert_int_equal(t.stacks.count, 0);
	assert_points(series_of(&t, PTF_CLASS_PYTHON), 3, 3, 10 * MS, 3);
	assert_points(series_of(&t, PTF_CLASS_WAIT), 4, 8, 100 * MS, 8);
	/* No sample stands for it: it is of the thread's whole life. */
	assert_points(series_of(&t, PTF_CLASS_UNKNOWN), 0, 9, 10 * MS, 9);
	/* The aggregate has no time. */
	assert_int_equal(series_of(&t, PTF_CLASS_PYTHON)->time_ns, (10 + 7) * MS);
	assert_int_equal(series_of(&t, PTF_CLASS_PYTHON)->count, 1 + 3);
	assert_int_equal(series_of(&t, PTF_CLASS_WAIT)->time_ns, 500 * MS);
	assert_int_equal(series_of(&t, PTF_CLASS_WAIT)->count, 1);
	timeline_free(&t);
	profile_free(p);
}

static void time_of_lost_samples_is_just_before_the_next(void **state)
{
	const struct timeline_options options = {.bin_count_max = 10};
	const int64_t ends[] = {1000 * MS, 2000 * MS};

	(void)state;
	for (size_t i = 0; i < WALK_COUNT(ends); i++) {
		int fd = spread_trace(ends[i]);
		struct profile *p = profile_of(fd, NULL);
		struct timeline t;

		assert_int_equal(timeline_make(&t, p, &options, NULL), 0);
		/* At its end it is of its whole life, before it is of its place. */
		assert_points(series_of(&t, PTF_CLASS_UNKNOWN), i ? 9 : 0, 9,
			i ? 100 * MS : 10 * MS, 9);
		timeline_free(&t);
		profile_free(p);
		close(fd);
	}
}

static void counters_keep_their_range(void **state)
{
	const struct timeline_options options = {.bin_count_max = 10};
	struct profile *p = spread_profile(NULL);
	struct timeline t;
	const struct timeline_counter *c;

	(void)state;
	assert_int_equal(timeline_make(&t, p, &options, NULL), 0);
	assert_int_equal(t.counters.count, 1);
	c = &t.counters.item[0];
	assert_int_equal(c->process, 1);
	assert_int_equal(c->levels.count, 2);
	assert_int_equal(c->levels.item[0].bin, 0);
	assert_int_equal(c->levels.item[0].minimum, 5);
	assert_int_equal(c->levels.item[0].maximum, 9);
	assert_int_equal(c->levels.item[0].last, 7);
	assert_int_equal(c->levels.item[1].bin, 7);
	assert_int_equal(c->levels.item[1].last, 2);
	timeline_free(&t);
	profile_free(p);
}

static void a_selected_time_has_bins_of_its_own(void **state)
{
	const struct timeline_options options = {.bin_count_max = 10};
	struct selection s = {0};
	struct profile *p;
	struct timeline t;

	(void)state;
	assert_null(selection_add_time(&s, "300ms..400ms"));
	p = spread_profile(&s);
	assert_int_equal(timeline_make(&t, p, &options, NULL), 0);
	assert_int_equal(t.grid.start_ns, 300 * MS);
	assert_int_equal(t.grid.bin_ns, 10 * MS);
	assert_int_equal(t.grid.bin_count, 10);
	assert_points(series_of(&t, PTF_CLASS_PYTHON), 4, 4, 10 * MS, 4);
	timeline_free(&t);
	profile_free(p);
	selection_free(&s);
}

/*
 * The points of all series of a cell are the cell, however wide the bins, but for
 * what has no time.
 */
static void assert_sums(const struct timeline *t, const struct profile *p,
	int64_t timeless_ns)
{
	for (size_t i = 0; i < p->cells.count; i++) {
		const struct profile_cell *c = &p->cells.item[i];
		const struct timeline_series *s = NULL;
		int64_t time_ns = 0;
		uint64_t count = 0;

		for (size_t k = 0; k < t->stacks.count; k++)
			if (t->stacks.item[k].node == c->node &&
				t->stacks.item[k].thread == c->thread &&
				t->stacks.item[k].class_id == c->class_id)
				s = &t->stacks.item[k];
		assert_non_null(s);
		for (size_t k = 0; k < s->points.count; k++) {
			assert_true(s->points.item[k].bin < t->stack_grid.bin_count);
			assert_true(
				!k || s->points.item[k].bin > s->points.item[k - 1].bin);
			time_ns += s->points.item[k].time_ns;
			count += s->points.item[k].count;
		}
		assert_int_equal(s->time_ns, c->time_ns);
		assert_int_equal(s->count, c->count);
		if (time_ns == c->time_ns)
			assert_int_equal(count, c->count);
		timeless_ns -= c->time_ns - time_ns;
	}
	assert_int_equal(timeless_ns, 0);
}

static void stacks_keep_every_sum(void **state)
{
	static const struct timeline_options options[] = {
		{.bin_count_max = 10, .stack_bin_count_max = 10},
		{.bin_count_max = 1000, .stack_bin_count_max = 3},
		{.bin_count_max = 1000, .stack_bin_count_max = 1000},
		{.bin_count_max = 1000,
			.stack_bin_count_max = 1000,
			.stack_point_max = 4},
	};
	struct profile *profiles[] = {spread_profile(NULL), walk_profile()};
	static const int64_t timeless_ns[] = {7 * MS, 0};
	struct timeline t;

	(void)state;
	for (size_t i = 0; i < WALK_COUNT(profiles); i++) {
		for (size_t k = 0; k < WALK_COUNT(options); k++) {
			size_t points = 0;

			assert_int_equal(timeline_make(&t, profiles[i], &options[k],
						 NULL),
				0);
			assert_sums(&t, profiles[i], timeless_ns[i]);
			assert_true(
				t.stack_grid.bin_count <= options[k].stack_bin_count_max);
			assert_int_equal(t.stack_grid.bin_ns % t.grid.bin_ns, 0);
			assert_int_equal(t.stack_grid.start_ns, t.grid.start_ns);
			for (size_t s = 0; s < t.stacks.count; s++)
				points += t.stacks.item[s].points.count;
			if (options[k].stack_point_max && t.stack_grid.bin_count > 1)
				assert_true(points <= 4 * options[k].stack_point_max + 3);
			timeline_free(&t);
		}
		profile_free(profiles[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_spread_over_its_time),
		cmocka_unit_test(time_of_lost_samples_is_just_before_the_next),
		cmocka_unit_test(counters_keep_their_range),
		cmocka_unit_test(a_selected_time_has_bins_of_its_own),
		cmocka_unit_test(stacks_keep_every_sum),
	};

	return cmocka_run_group_tests_name("timeline", tests, NULL, NULL);
}
