/* What merging leaves of memory; peaks of --aggregate are those of core/heap.h. */
#include "tests/unit/merge_files.h"
#include "tools/core/heap.h"

struct peaks {
	int64_t item[1 << 14];
	size_t count;
};

static int compare_bytes(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

static int compare_cells(const void *x, const void *y)
{
	const struct heap_cell *a = x, *b = y;

	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	return (a->class_id > b->class_id) - (a->class_id < b->class_id);
}

/* Of each stack and class what its processes held at their peaks, by size. */
static void peaks_of(struct file f, struct peaks *peaks)
{
	struct profile *p = profile_new();
	struct ptf_error err = {0};
	struct heap h;

	if (profile_add_file(p, f.path, NULL, &err) < 0)
		fail_msg("%s", err.message);
	profile_finish(p);
	assert_true(profile_has_memory(p));
	if (heap_make(&h, p, &(struct heap_options){0}, &err) < 0)
		fail_msg("%s", err.message);
	qsort(h.cells.item, h.cells.count, sizeof(*h.cells.item), compare_cells);
	peaks->count = 0;
	for (size_t i = 0, n; i < h.cells.count; i += n) {
		int64_t sum = 0;

		for (n = 0; i + n < h.cells.count &&
			!compare_cells(&h.cells.item[i], &h.cells.item[i + n]);
			n++)
			sum += h.cells.item[i + n].use.peak_bytes;
		assert_in_range(peaks->count, 0, (1 << 14) - 1);
		if (sum)
			peaks->item[peaks->count++] = sum;
	}
	if (peaks->count)
		qsort(peaks->item, peaks->count, sizeof(*peaks->item), compare_bytes);
	heap_free(&h);
	profile_free(p);
}

static void assert_equal_peaks(const struct peaks *a, const struct peaks *b)
{
	assert_true(a->count > 0);
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->item, b->item, a->count * sizeof(*a->item));
}

static struct peaks rows, summed;

static void peaks_are_those_of_the_rows(void **state)
{
	(void)state;
	for (uint8_t n = 1; n < 40; n++) {
		struct file f = random_trace(n, n % 3 ? 62500 : 1);
		struct file out = merge_with(&sums, &f, 1);

		peaks_of(f, &rows);
		peaks_of(out, &summed);
		assert_equal_peaks(&rows, &summed);
		close(f.fd);
		close(out.fd);
	}
}

static void peaks_of_merged_recordings_add_up(void **state)
{
	(void)state;
	for (uint8_t n = 1; n < 20; n += 2) {
		struct file f[] = {random_trace(n, 62500), random_trace(n + 1, 62500)};
		struct file r[] = {merge_with(&by_start, f, 2), merge_with(&sums, f, 2),
			new_file()};

		r[2] = merge_with(&sums, r, 1);
		assert_same(r[1], r[2]);
		peaks_of(r[0], &rows);
		peaks_of(r[1], &summed);
		assert_equal_peaks(&rows, &summed);
		close_all(f, 2);
		close_all(r, 3);
	}
}

/* ------------------------------------------------------------- by hand */

struct step {
	uint32_t thread; /* 1 or 2 */
	int64_t time_ns, allocated, freed;
	uint32_t class_id;
};

enum { WAS_EXEC = -1 };

static struct file steps_trace(uint8_t recording, uint8_t part, const struct step *steps,
	size_t count)
{
	struct file f = new_file();
	char interval[] = {(char)('0' + recording), '0', '0'};
	struct ptf_attribute attribute = {PTF_TEXT("memory.interval_bytes"),
		{interval, 3}};
	struct ptf_section_start start = {.trace_id = {recording},
		.origin_monotonic_ns = part * INT64_C(1000),
		.attributes = {&attribute, 1}};
	struct ptf_metric metric = {.kind = PTF_METRIC_WEIGHT, .addition = PTF_ADD_SUM};
	struct ptf_value_column columns[2] = {0};
	uint32_t process, thread[3], zero = 0;
	struct ptf_error err = {0};
	struct ptf_writer *w;

	MUST(ptf_writer_open(&w, f.fd, NULL, &start, &err));
	MUST(ptf_writer_string(w, PTF_TEXT("bytes"), &metric.unit, &err));
	/* Another version of the recorder may describe its metrics in other words. */
	if (recording == 2)
		MUST(ptf_writer_string(w, PTF_TEXT("allocated"), &metric.description,
			&err));
	MUST(ptf_writer_string(w, PTF_TEXT("alloc_bytes"), &metric.name, &err));
	MUST(ptf_writer_metric(w, &metric, &columns[0].metric, &err));
	MUST(ptf_writer_string(w, PTF_TEXT("free_bytes"), &metric.name, &err));
	MUST(ptf_writer_metric(w, &metric, &columns[1].metric, &err));
	MUST(ptf_writer_process(w, &(struct ptf_process){.pid = recording}, &process,
		&err));
	for (uint32_t i = 1; i <= 2; i++)
		MUST(ptf_writer_thread(w, &(struct ptf_thread){process, i, i == 1, 0},
			&thread[i], &err));
	for (size_t i = 0; i < count; i++) {
		struct ptf_process_image image = {.process = process,
			.time_ns = steps[i].time_ns};

		columns[0].values = &steps[i].allocated;
		columns[1].values = &steps[i].freed;
		if (steps[i].allocated == WAS_EXEC)
			MUST(ptf_writer_facts(w,
				&(struct ptf_facts){.process_images = &image,
					.process_image_count = 1},
				&err));
		else
			MUST(ptf_writer_samples(w,
				&(struct ptf_samples){.thread = thread[steps[i].thread],
					.count = 1,
					.time_ns = &steps[i].time_ns,
					.node = &zero,
					.class_id = &steps[i].class_id,
					.columns = columns,
					.column_count = 2},
				&err));
	}
	MUST(ptf_writer_close(w, 100, &err));
	return f;
}

/* Aggregates of one metric. */
struct found {
	struct ptf_text name;
	uint32_t string, metric;
	struct ptf_aggregates block;
	struct ptf_aggregate of[PTF_CLASS_KIND_COUNT]; /* [class] */
	size_t count;
};

static void find_sums(void *context, const struct ptf_block *b)
{
	struct found *f = context;
	const struct ptf_definitions *d = &b->definitions;

	for (size_t i = 0; b->kind == PTF_BLOCK_DEFINITIONS && i < d->string_count; i++)
		if (d->strings[i].size == f->name.size &&
			!memcmp(d->strings[i].data, f->name.data, f->name.size))
			f->string = d->first_string + (uint32_t)i;
	for (size_t i = 0; b->kind == PTF_BLOCK_DEFINITIONS && i < d->metric_count; i++)
		if (d->metrics[i].name == f->string && f->string)
			f->metric = d->first_metric + (uint32_t)i;
	if (b->kind != PTF_BLOCK_AGGREGATES || !f->metric ||
		b->aggregates.metric != f->metric)
		return;
	f->block = b->aggregates;
	for (size_t i = 0; i < b->aggregates.count; i++)
		f->of[b->aggregates.rows[i].class_id] = b->aggregates.rows[i];
	f->count += b->aggregates.count;
}

static struct found sums_in(struct file f, struct ptf_text name)
{
	struct found found = {.name = name};

	each_block(f, find_sums, &found);
	return found;
}

static struct found peaks_in(struct file f)
{
	struct found found = sums_in(f, PTF_TEXT("peak_bytes"));

	assert_true(!found.count || found.block.has_sum_of_squares);
	assert_false(found.block.has_range);
	return found;
}

#define PYTHON PTF_CLASS_PYTHON
#define NATIVE PTF_CLASS_NATIVE

static void one_thread_frees_what_another_allocates(void **state)
{
	/* At 3 a free of thread 1 comes before the allocation of thread 2. */
	const struct step steps[] = {{1, 1, 100, 0, PYTHON}, {1, 2, 30, 0, NATIVE},
		{1, 3, 0, 50, NATIVE}, {2, 3, 50, 0, NATIVE}, {2, 4, 0, 100, PYTHON},
		{2, 5, 60, 0, PYTHON}};
	struct file f = steps_trace(1, 0, steps, 6), out = merge_with(&sums, &f, 1);
	struct found found = peaks_in(out);

	(void)state;
	assert_int_equal(found.count, 2);
	assert_int_equal(found.of[PYTHON].sum, 100);
	assert_int_equal(found.of[PYTHON].n, 1);
	assert_int_equal(found.of[NATIVE].sum, 80);
	assert_int_equal(found.of[NATIVE].n, 2);
	assert_true(found.of[NATIVE].sum_of_squares == 30. * 30 + 50. * 50);
	/* Rows about memory count for the value that they have. */
	found = sums_in(out, PTF_TEXT("alloc_bytes"));
	assert_int_equal(found.count, 4); /* of main threads, and of others */
	assert_int_equal(found.of[NATIVE].n, 1);
	assert_true(found.block.has_range);
	found = sums_in(out, PTF_TEXT("free_bytes"));
	assert_int_equal(found.count, 2);
	assert_int_equal(found.of[NATIVE].n, 1);
	assert_int_equal(found.of[NATIVE].minimum, 50);
	close(f.fd);
	close(out.fd);
}

static void a_program_that_is_replaced_holds_nothing(void **state)
{
	const struct step steps[] = {{1, 1, 100, 0, PYTHON}, {1, 2, WAS_EXEC, 0, 0},
		{1, 3, 70, 0, NATIVE}};
	struct file f = steps_trace(1, 0, steps, 3), out = merge_with(&sums, &f, 1);
	struct found found = peaks_in(out);

	(void)state;
	assert_int_equal(found.count, 1);
	assert_int_equal(found.of[PYTHON].sum, 100);
	close(f.fd);
	close(out.fd);
}

/* What no memory can hold is damage, and left out here as in heap.h. */
static void sizes_without_end_do_not_overflow(void **state)
{
	const struct step steps[] = {{1, 1, INT64_MAX, 0, PYTHON},
		{1, 1, INT64_MIN, INT64_MIN, PYTHON}, {1, 2, 5, INT64_MAX, NATIVE},
		{2, 3, INT64_MAX, 3, NATIVE}, {1, INT64_C(1) << 60, 0, 7, PYTHON}};
	struct file f = steps_trace(1, 0, steps, 5), out = merge_with(&sums, &f, 1);
	struct found found = peaks_in(out);

	(void)state;
	assert_int_equal(found.count, 1);
	assert_int_equal(found.of[NATIVE].sum, 5);
	close(f.fd);
	close(out.fd);
}

/* What parts hold is much of the same; of recordings it is not. */
static void of_parts_the_one_that_held_most_counts(void **state)
{
	const struct step low[] = {{1, 1, 10, 0, PYTHON}, {1, 2, 20, 0, NATIVE}};
	const struct step high[] = {{1, 1, 90, 0, NATIVE}};
	struct file parts[] = {steps_trace(1, 0, low, 2), steps_trace(1, 1, high, 1),
		steps_trace(1, 2, low, 2)};
	struct file others[] = {parts[0], steps_trace(2, 0, high, 1)};
	struct file r[] = {merge_with(&sums, parts, 3), merge_with(&sums, others, 2),
		merge_with(&by_start, others, 2), new_file()};
	struct found found = peaks_in(r[0]);

	(void)state;
	assert_int_equal(found.count, 1);
	assert_int_equal(found.of[NATIVE].sum, 90);
	assert_int_equal(peaks_in(r[1]).count, 3);
	r[3] = merge_with(&sums, &r[2], 1);
	assert_same(r[1], r[3]);
	peaks_of(r[1], &summed);
	peaks_of(r[2], &rows);
	assert_equal_peaks(&rows, &summed);
	close_all(parts, 3);
	close(others[1].fd);
	close_all(r, 4);
}

static void check_intervals(struct file f, size_t expected_count)
{
	struct profile *p = profile_new();
	struct ptf_error err = {0};
	size_t count = 0;

	assert_return_code(profile_add_file(p, f.path, NULL, &err), 0);
	profile_finish(p);
	for (uint32_t id = 1; id <= p->processes.count; id++) {
		struct ptf_text value =
			profile_process_attribute(p, id, "memory.interval_bytes");
		const struct profile_process *process = &p->processes.item[id - 1];

		if (!process->pid)
			continue;
		assert_int_equal(value.size, 3);
		assert_int_equal(value.data[0], process->pid + '0');
		count++;
	}
	assert_int_equal(count, expected_count);
	profile_free(p);
}

/* The error of what is said of a process is known by its own recording's. */
static void intervals_stay_with_their_recordings(void **state)
{
	const struct step steps[] = {{1, 1, 10, 0, PYTHON}};
	struct file f[] = {steps_trace(1, 0, steps, 1), steps_trace(2, 0, steps, 1)};
	struct file one = merge_with(&by_start, f, 1), both = merge_with(&by_start, f, 2);

	(void)state;
	check_intervals(f[1], 1);
	check_intervals(one, 1);
	check_intervals(both, 2);
	close_all(f, 2);
	close(one.fd);
	close(both.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peaks_are_those_of_the_rows),
		cmocka_unit_test(peaks_of_merged_recordings_add_up),
		cmocka_unit_test(one_thread_frees_what_another_allocates),
		cmocka_unit_test(a_program_that_is_replaced_holds_nothing),
		cmocka_unit_test(sizes_without_end_do_not_overflow),
		cmocka_unit_test(intervals_stay_with_their_recordings),
		cmocka_unit_test(of_parts_the_one_that_held_most_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
