/* Merging keeps everything and depends on nothing but what is merged: core/merge.h. */
#include <fcntl.h>

#include "tests/unit/merge_files.h"

/* ------------------------------------------------------------ properties */

/* Of three recordings, of two parts of one and another, and of three parts. */
static void check_order_and_grouping(uint8_t of_first_two, uint8_t of_last)
{
	const struct merge_options *const options[] = {&by_start, &as_runs, &sums,
		&run_sums};

	for (uint8_t n = 1; n < 60; n += 3) {
		const struct merge_options *o = options[n / 3 % 4];
		/* One step, two that divide one another, and two that do not. */
		struct file f[] = {random_part(of_first_two, n, n % 2 ? 62500 : 1000),
			random_part(of_first_two, n + 1, 62500),
			random_part(of_last, n + 2, n % 5 ? 62500 : 1)};
		struct file r[] = {merge_with(o, f, 3),
			merge_with(o, (struct file[]){f[2], f[0], f[1]}, 3),
			merge_two(o, f[0], f[1]), merge_two(o, f[2], f[1]),
			merge_with(o, &f[0], 1), new_file(), new_file(), new_file(),
			new_file()};

		r[5] = merge_two(o, r[2], f[2]);
		r[6] = merge_two(o, f[0], r[3]);
		r[7] = merge_two(o, r[4], r[3]);
		/* What comes twice is taken once. */
		r[8] = merge_two(o, r[3], r[2]);
		for (size_t i = 1; i < 9; i++)
			if (i == 1 || i >= 5)
				assert_same(r[0], r[i]);
		assert_different(r[0], r[2]);
		close_all(f, 3);
		close_all(r, 9);
	}
}

static void order_and_grouping_do_not_matter(void **state)
{
	(void)state;
	check_order_and_grouping(0, 0);
	check_order_and_grouping(200, 0);
	check_order_and_grouping(200, 200);
}

static void merging_once_more_changes_nothing(void **state)
{
	(void)state;
	for (uint8_t n = 1; n < 12; n++) {
		struct file f[] = {random_trace(n, 62500), new_file(), new_file(),
			new_file()};

		f[1] = merge_with(&by_start, f, 1);
		f[2] = merge_with(&by_start, &f[1], 1);
		f[3] = merge_with(&by_start, (struct file[]){f[0], f[0], f[1]}, 3);
		assert_same(f[1], f[2]);
		assert_same(f[1], f[3]);
		close_all(f, 4);
	}
}

/* ---------------------------------------------------------------- totals */

/* Nothing of it is in the rows. */
#define MODEL_PEAK (MODEL_METRICS + 1)

struct totals {
	struct model rows; /* as read: of the threads 100 to 103 */
	uint32_t tid_of[256], thread_count;
	uint32_t string_count, text_of[4096]; /* [string - 1] = the metric of that name */
	uint32_t metric_of[16], metric_count; /* [metric - 1] = that of the model */
	/* [metric of the model], [0] of points, [MODEL_PEAK] of peak_bytes */
	int64_t sum[MODEL_PEAK + 1];
	uint64_t loss_count, mark_count, point_count, edge_calls, aggregate_n;
	uint64_t sample_count;
};

/* Metrics are known by name; of those with another name there is one. */
static uint32_t named(struct ptf_text text)
{
	static const char *const names[] = {[MODEL_TIME] = "time",
		[MODEL_ALLOC] = "alloc_bytes",
		[MODEL_FREE] = "free_bytes",
		[MODEL_COPY] = "copy_bytes",
		[MODEL_PEAK] = "peak_bytes"};

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i] && text.size == strlen(names[i]) &&
			!memcmp(text.data, names[i], text.size))
			return i;
	return MODEL_SECOND;
}

static void count_definitions(struct totals *t, const struct ptf_definitions *d)
{
	for (size_t i = 0; i < d->string_count; i++) {
		assert_in_range(t->string_count, 0, 4095);
		t->text_of[t->string_count++] = named(d->strings[i]);
	}
	for (size_t i = 0; i < d->metric_count; i++) {
		uint32_t name = d->metrics[i].name;

		assert_in_range(t->metric_count, 0, 15);
		t->metric_of[t->metric_count++] =
			name ? t->text_of[name - 1] : MODEL_SECOND;
	}
	for (size_t i = 0; i < d->thread_count; i++) {
		assert_in_range(t->thread_count, 0, 255);
		t->tid_of[t->thread_count++] = d->threads[i].tid;
	}
}

static int64_t plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static void count_samples(struct totals *t, const struct ptf_samples *s)
{
	uint32_t thread = t->tid_of[s->thread - 1] - 100;

	assert_in_range(thread, 0, MODEL_THREADS - 1);
	t->sample_count += s->count;
	for (size_t i = 0; i < s->count; i++) {
		struct row row = {.time_ns = s->time_ns[i],
			.class_id = s->class_id[i],
			.cpu = s->cpu ? s->cpu[i] : 0};

		for (size_t c = 0; c < s->column_count; c++) {
			uint32_t metric = t->metric_of[s->columns[c].metric - 1];

			row.value[metric - 1] = s->columns[c].values[i];
			t->sum[metric] = plus(t->sum[metric], row.value[metric - 1]);
		}
		add_row(&t->rows.rows[run_of(thread, is_timed(s))], row);
	}
}

static void count_block(void *context, const struct ptf_block *b)
{
	struct totals *t = context;

	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		t->thread_count = t->string_count = t->metric_count = 0;
		break;
	case PTF_BLOCK_DEFINITIONS:
		count_definitions(t, &b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		count_samples(t, &b->samples);
		break;
	case PTF_BLOCK_AGGREGATES:
		for (size_t i = 0; i < b->aggregates.count; i++) {
			uint32_t metric = t->metric_of[b->aggregates.metric - 1];

			t->aggregate_n += b->aggregates.rows[i].n;
			t->sum[metric] = plus(t->sum[metric], b->aggregates.rows[i].sum);
		}
		break;
	case PTF_BLOCK_EDGES:
		for (size_t i = 0; i < b->edges.count; i++)
			t->edge_calls += b->edges.rows[i].calls;
		break;
	case PTF_BLOCK_COUNTERS:
		t->point_count += b->counters.count;
		for (size_t i = 0; i < b->counters.count; i++)
			t->sum[0] = plus(t->sum[0], b->counters.values[i]);
		break;
	case PTF_BLOCK_MARKS:
		t->mark_count += b->marks.count;
		break;
	case PTF_BLOCK_LOSSES:
		for (size_t i = 0; i < b->losses.count; i++)
			t->loss_count += b->losses.rows[i].count;
		break;
	default:
		break;
	}
}

static void totals_of(struct totals *t, const struct file *files, size_t count)
{
	*t = (struct totals){0};
	for (size_t i = 0; i < count; i++)
		each_block(files[i], count_block, t);
}

static void nothing_is_lost(void **state)
{
	(void)state;
	for (uint8_t n = 1; n < 30; n += 3) {
		struct file f[] = {random_trace(n, 62500), random_trace(n + 1, 1000),
			random_trace(n + 2, 1)};
		struct file out = merge_with(&by_start, f, 3);
		struct file small = merge_with(&sums, f, 3);
		struct totals before, after, summed;

		totals_of(&before, f, 3);
		totals_of(&after, &out, 1);
		totals_of(&summed, &small, 1);
		assert_true(before.sample_count > 0);
		assert_true(before.sum[MODEL_ALLOC] > 0 && before.sum[MODEL_COPY] > 0);
		assert_in_range(before.sum[MODEL_FREE], 1, before.sum[MODEL_ALLOC]);
		assert_int_equal(after.sample_count, before.sample_count);
		assert_memory_equal(after.sum, before.sum, sizeof(after.sum));
		assert_int_equal(after.loss_count, before.loss_count);
		assert_int_equal(after.mark_count, before.mark_count);
		assert_int_equal(after.point_count, before.point_count);
		assert_int_equal(after.edge_calls, before.edge_calls);
		assert_int_equal(after.aggregate_n, before.aggregate_n);
		/* Sums stand for rows, and points are sums of the same metric. */
		assert_int_equal(summed.sample_count, 0);
		assert_int_equal(summed.point_count, 0);
		assert_int_equal(summed.sum[MODEL_SECOND],
			plus(before.sum[MODEL_SECOND], before.sum[0]));
		for (uint32_t i = 1; i <= MODEL_METRICS; i++)
			if (i != MODEL_SECOND)
				assert_int_equal(summed.sum[i], before.sum[i]);
		assert_int_equal(summed.loss_count, before.loss_count);
		model_finish(&before.rows);
		model_finish(&after.rows);
		model_finish(&summed.rows);
		close_all(f, 3);
		close(out.fd);
		close(small.fd);
	}
}

/* Stamps too: no row moves by a single step, however Blocks are cut anew. */
static void rows_stay_as_they_were(void **state)
{
	const uint64_t resolutions[] = {1, 1000, 62500, 61111};

	(void)state;
	for (uint8_t n = 0; n < 12; n++) {
		struct file in = random_trace(n + 1, resolutions[n % 4]);
		struct file out = merge_with(&by_start, &in, 1);
		struct totals before, after;

		totals_of(&before, &in, 1);
		totals_of(&after, &out, 1);
		for (size_t t = 0; t < MODEL_RUNS; t++) {
			const struct rows *x = &before.rows.rows[t];
			const struct rows *y = &after.rows.rows[t];

			assert_int_equal(x->count, y->count);
			if (x->count)
				assert_memory_equal(x->item, y->item,
					x->count * sizeof(*x->item));
		}
		model_finish(&before.rows);
		model_finish(&after.rows);
		close(in.fd);
		close(out.fd);
	}
}

/* ---------------------------------------------------------------- clocks */

#define SECOND    INT64_C(1000000000)
#define YEAR_2026 (INT64_C(1767225600) * SECOND)

/* One second of one thread, recorded on a host that booted at a known time. */
struct host {
	char boot;
	int64_t booted_ns;    /* REALTIME when MONOTONIC was 0 */
	int64_t namespace_ns; /* its time namespace adds this to MONOTONIC */
	int64_t error_ns;     /* of its last reading of REALTIME */
};

static struct file trace_of(const struct host *host, uint8_t number, int64_t begins_ns)
{
	struct file f = new_file();
	int64_t monotonic_ns = begins_ns - host->booted_ns + host->namespace_ns;
	char boot_id[16] = {host->boot};
	struct ptf_section_start start = {.trace_id = {number},
		.producer = PTF_TEXT("test"),
		.origin_monotonic_ns = monotonic_ns,
		.origin_realtime_ns = begins_ns,
		.time_resolution_ns = 1000,
		.sample_period_ns = 1000000};
	struct ptf_clock clock = {.monotonic_ns = monotonic_ns,
		.realtime_ns = begins_ns,
		.uncertainty_ns = 200,
		.boot_id = {boot_id, host->boot ? 16 : 0},
		.monotonic_offset_ns = host->namespace_ns};
	int64_t time_ns[] = {0, SECOND}, value[] = {SECOND, SECOND};
	uint32_t zero[] = {0, 0}, process, thread;
	struct ptf_value_column column = {PTF_TIME_METRIC, 0, value};
	struct ptf_samples samples = {.count = 2,
		.time_ns = time_ns,
		.node = zero,
		.class_id = zero,
		.columns = &column,
		.column_count = 1};
	struct ptf_mark mark = {.time_ns = SECOND / 2};
	struct ptf_error err = {0};
	struct ptf_writer *w;

	MUST(ptf_writer_open(&w, f.fd, NULL, &start, &err));
	MUST(ptf_writer_clock(w, &clock, &err));
	MUST(ptf_writer_process(w, &(struct ptf_process){.pid = number}, &process, &err));
	MUST(ptf_writer_thread(w, &(struct ptf_thread){process, number, true, 0}, &thread,
		&err));
	samples.thread = thread;
	MUST(ptf_writer_samples(w, &samples, &err));
	MUST(ptf_writer_marks(w, &(struct ptf_marks){&mark, 1}, &err));
	clock.monotonic_ns += SECOND;
	clock.realtime_ns += SECOND + host->error_ns;
	MUST(ptf_writer_clock(w, &clock, &err));
	MUST(ptf_writer_close(w, SECOND, &err));
	return f;
}

struct starts {
	int64_t of[8]; /* [pid] = first row */
	int64_t recording[8];
	int64_t mark_count;
	uint32_t pid_of[16], thread_count;
	struct ptf_section_start start;
	bool has_uncertainty;
};

static void find_starts(void *context, const struct ptf_block *b)
{
	struct starts *s = context;

	if (b->kind == PTF_BLOCK_SECTION_START) {
		s->start = b->section_start;
		for (size_t i = 0; i < b->section_start.attributes.count; i++)
			s->has_uncertainty |=
				b->section_start.attributes.item[i].key.size == 26;
	}
	for (size_t i = 0;
		b->kind == PTF_BLOCK_DEFINITIONS && i < b->definitions.thread_count; i++)
		s->pid_of[++s->thread_count] = b->definitions.threads[i].tid;
	if (b->kind == PTF_BLOCK_SAMPLES)
		s->of[s->pid_of[b->samples.thread]] = b->samples.time_ns[0];
	if (b->kind == PTF_BLOCK_MARKS)
		s->mark_count += (int64_t)b->marks.count;
}

static struct starts starts_of(const struct merge_options *o, const struct file *f,
	size_t count, struct merge_plan *plan)
{
	struct starts s = {0};
	struct ptf_error err = {0};
	struct file out;

	if (try_merge(o, NULL, f, count, &out, plan, &err) < 0)
		fail_msg("%s", err.message);
	each_block(out, find_starts, &s);
	close(out.fd);
	return s;
}

static const struct merge_options by_clock = {.align = MERGE_ALIGN_CLOCK};

static void one_boot_is_aligned_exactly(void **state)
{
	/* The same host, seen from a container with a clock of its own, whose
	   time of day was set in between. */
	const struct host host = {'a', YEAR_2026, 0, 0};
	const struct host container = {'a', YEAR_2026, 5000 * SECOND, 3 * SECOND};
	struct file f[] = {trace_of(&host, 1, YEAR_2026 + 100 * SECOND),
		trace_of(&container, 2, YEAR_2026 + 103 * SECOND),
		trace_of(&host, 3, YEAR_2026 + 90 * SECOND)};
	struct merge_plan plan;
	struct starts s = starts_of(&by_clock, f, 3, &plan);

	(void)state;
	assert_int_equal(s.of[3], 0);
	assert_int_equal(s.of[1], 10 * SECOND);
	assert_int_equal(s.of[2], 13 * SECOND);
	assert_int_equal(plan.boot_count, 1);
	assert_int_equal(plan.uncertainty_ns, 0);
	assert_false(s.has_uncertainty);
	assert_int_equal(s.start.origin_realtime_ns, YEAR_2026 + 90 * SECOND);
	assert_int_equal(s.mark_count, 3);
	close_all(f, 3);
}

static void two_hosts_are_aligned_by_time_of_day(void **state)
{
	const struct host a = {'a', YEAR_2026, 0, 0};
	const struct host b = {'b', YEAR_2026 - 777 * SECOND, 0, 4000};
	struct file f[] = {trace_of(&a, 1, YEAR_2026 + 100 * SECOND),
		trace_of(&b, 2, YEAR_2026 + 102 * SECOND)};
	struct merge_plan plan;
	struct starts s = starts_of(&by_clock, f, 2, &plan);

	(void)state;
	assert_int_equal(s.of[1], 0);
	/* Its clock was read twice, 4 us apart: the middle counts. */
	assert_int_equal(s.of[2], 2 * SECOND + 2000);
	assert_int_equal(plan.boot_count, 2);
	assert_in_range(plan.uncertainty_ns, 2000, 2300);
	assert_true(s.has_uncertainty);

	s = starts_of(&by_start, f, 2, &plan);
	assert_int_equal(s.of[1], 0);
	assert_int_equal(s.of[2], 0);
	assert_false(s.has_uncertainty);
	close_all(f, 2);
}

/* So that moving a recording leaves its stamps where steps are. */
static void starts_on_steps(void *context, const struct ptf_block *b)
{
	(void)context;
	for (size_t i = 0;
		b->kind == PTF_BLOCK_DEFINITIONS && i < b->definitions.process_count; i++)
		assert_int_equal(b->definitions.processes[i].start_ns % 1000, 0);
}

/* What was aligned with some is aligned anew with more. */
static void alignment_does_not_depend_on_grouping(void **state)
{
	const struct host a = {'a', YEAR_2026, 0, 1234567};
	const struct host b = {'b', YEAR_2026 - 777 * SECOND, 0, -7654321};
	const struct host unknown = {0, YEAR_2026 - 3 * SECOND, 0, 0};
	struct file f[] = {trace_of(&a, 1, YEAR_2026 + 100 * SECOND + 333),
		trace_of(&b, 2, YEAR_2026 + 102 * SECOND + 1777),
		trace_of(&a, 3, YEAR_2026 + 20 * SECOND + 999),
		trace_of(&b, 4, YEAR_2026 + 99 * SECOND),
		trace_of(&unknown, 5, YEAR_2026 + 50 * SECOND)};
	struct file all = merge_with(&by_clock, f, 5);
	struct file start = merge_with(&by_start, f, 5), r[8];

	(void)state;
	r[0] = merge_two(&by_clock, f[0], f[1]);
	r[1] = merge_two(&by_clock, f[2], f[3]);
	r[2] = merge_two(&by_clock, r[0], r[1]);
	r[3] = merge_two(&by_clock, f[4], r[2]);
	r[4] = merge_two(&by_clock, r[1], f[4]);
	r[5] = merge_two(&by_clock, r[4], r[0]);
	r[6] = merge_with(&by_clock, &start, 1);
	r[7] = merge_with(&by_clock, (struct file[]){r[3], r[0], f[1]}, 3);
	each_block(all, starts_on_steps, NULL);
	assert_same(all, r[3]);
	assert_same(all, r[5]);
	assert_same(all, r[6]);
	assert_same(all, r[7]);
	assert_different(all, start);
	close_all(f, 5);
	close_all(r, 8);
	close(all.fd);
	close(start.fd);
}

static void times_far_apart_are_refused(void **state)
{
	const struct host a = {'a', YEAR_2026, 0, 0};
	const struct host b = {'b', SECOND, 0, 0};
	struct file f[] = {trace_of(&a, 1, YEAR_2026 + SECOND),
		trace_of(&b, 2, 5 * SECOND)};
	struct ptf_error err = {0};
	struct merge_plan plan;
	struct file out;

	(void)state;
	assert_int_equal(try_merge(&by_clock, NULL, f, 2, &out, &plan, &err),
		PTF_ERR_LIMIT);
	assert_non_null(strstr(err.message, "--align start"));
	close(out.fd);
	assert_return_code(try_merge(&by_start, NULL, f, 2, &out, &plan, &err), 0);
	close(out.fd);
	close_all(f, 2);
}

/* -------------------------------------------------------------- identity */

/* How many processes have an attribute, and with how many values. */
struct search {
	const char *key;
	size_t count, value_count;
	char value[8][64];
	uint32_t process_count;
};

static bool text_is(struct ptf_text text, const char *literal)
{
	return text.size == strlen(literal) && !memcmp(text.data, literal, text.size);
}

static void search_block(void *context, const struct ptf_block *b)
{
	struct search *s = context;

	for (size_t i = 0;
		b->kind == PTF_BLOCK_DEFINITIONS && i < b->definitions.process_count;
		i++) {
		const struct ptf_process *p = &b->definitions.processes[i];

		s->process_count++;
		for (size_t k = 0; k < p->attributes.count; k++) {
			struct ptf_text value = p->attributes.item[k].value;
			bool is_new = true;

			if (!text_is(p->attributes.item[k].key, s->key))
				continue;
			s->count++;
			for (size_t n = 0; n < s->value_count; n++)
				is_new &= !text_is(value, s->value[n]);
			if (is_new && s->value_count < 8)
				snprintf(s->value[s->value_count++], 64, "%.*s",
					(int)value.size, value.data);
		}
	}
}

static struct search search(struct file f, const char *key)
{
	struct search s = {.key = key};

	each_block(f, search_block, &s);
	return s;
}

static void runs_and_labels_stay_apart(void **state)
{
	const struct host host = {'a', YEAR_2026, 0, 0};
	struct file f[] = {trace_of(&host, 1, YEAR_2026 + 1),
		trace_of(&host, 2, YEAR_2026), trace_of(&host, 3, YEAR_2026 + 2)};
	struct ptf_attribute label = {PTF_TEXT("build"), PTF_TEXT("new")};
	struct merge_options labelled = {.labels = {&label, 1, 1}};
	struct file job = merge_two(&by_clock, f[0], f[1]);
	struct file runs = merge_two(&as_runs, job, f[2]);
	struct file one = merge_with(&labelled, &f[2], 1);
	struct file both = merge_two(&by_clock, job, one);
	struct search s;

	(void)state;
	s = search(job, "run.id");
	assert_int_equal(s.count, 0);
	s = search(job, "recording.id");
	assert_int_equal(s.value_count, 2);
	/* Each recording process is the parent of its process. */
	assert_int_equal(s.process_count, 4);
	s = search(runs, "run.id");
	assert_int_equal(s.count, 3);
	assert_int_equal(s.value_count, 2);
	assert_string_equal(s.value[0], "01000000000000000000000000000000");
	s = search(both, "label.build");
	assert_int_equal(s.count, 1);
	assert_string_equal(s.value[0], "new");
	s = search(both, "recording.origin_realtime_ns");
	assert_int_equal(s.value_count, 3);
	close_all(f, 3);
	close(job.fd);
	close(runs.fd);
	close(one.fd);
	close(both.fd);
}

static void of_two_copies_the_longer_counts(void **state)
{
	struct file whole = random_trace(7, 62500), cut = new_file();
	struct plan plan = {.seed = 7,
		.resolution_ns = 62500,
		.period_ns = 1000000,
		.steps = 20,
		.rows_max = 50,
		.frame_bytes = 4096,
		.number = 7,
		.without_end = true};
	struct model m = {0};
	struct file r[5];

	(void)state;
	make_section(cut.fd, &plan, &m);
	model_finish(&m);
	r[0] = merge_with(&by_start, &whole, 1);
	r[1] = merge_two(&by_start, cut, whole);
	r[2] = merge_two(&by_start, whole, cut);
	/* Sums have no rows. */
	r[3] = merge_with(&sums, &whole, 1);
	r[4] = merge_two(&by_start, r[3], whole);
	assert_same(r[0], r[1]);
	assert_same(r[0], r[2]);
	assert_same(r[0], r[4]);
	close(whole.fd);
	close(cut.fd);
	close_all(r, 5);
}

/* ---------------------------------------------------------------- damage */

static void count_damage(void *context, const char *path, const struct ptf_error *note)
{
	assert_non_null(path);
	assert_int_equal(note->code, PTF_ERR_TRUNCATED);
	++*(int *)context;
}

static void cut_is_taken_and_damaged_is_refused(void **state)
{
	struct file f[] = {random_trace(3, 62500), random_trace(4, 62500)}, out;
	off_t size = lseek(f[1].fd, 0, SEEK_END);
	int damage = 0;
	const struct merge_hooks hooks = {.context = &damage, .damage = count_damage};
	struct ptf_error err = {0};
	struct merge_plan plan;
	unsigned char byte;

	(void)state;
	assert_return_code(ftruncate(f[1].fd, size * 2 / 3), 0);
	assert_return_code(try_merge(&by_start, &hooks, f, 2, &out, &plan, &err), 0);
	assert_true(damage > 0);
	assert_int_equal(plan.recording_count, 2);
	close(out.fd);

	assert_int_equal(pread(f[1].fd, &byte, 1, size / 2), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(f[1].fd, &byte, 1, size / 2), 1);
	assert_int_equal(try_merge(&by_start, &hooks, f, 2, &out, &plan, &err),
		PTF_ERR_CORRUPT);
	close(out.fd);
	close_all(f, 2);
}

static void a_refused_input_leaves_nothing(void **state)
{
	struct file good = random_trace(3, 62500), bad = random_trace(4, 62500), out,
		    alone;
	struct merge *m = merge_new(&by_start, NULL);
	struct ptf_error err = {0};
	struct merge_plan plan;
	const char *path;
	unsigned char byte;
	off_t size = lseek(bad.fd, 0, SEEK_END);

	(void)state;
	assert_int_equal(pread(bad.fd, &byte, 1, size / 2), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(bad.fd, &byte, 1, size / 2), 1);
	assert_true(merge_add(m, bad.path, &err) < 0);
	assert_return_code(merge_add(m, good.path, &err), 0);
	assert_return_code(merge_plan(m, &plan, &err), 0);
	assert_int_equal(plan.recording_count, 1);
	out = new_file();
	assert_return_code(merge_write(m, out.fd, &path, &err), 0);
	merge_free(m);
	alone = merge_with(&by_start, &good, 1);
	assert_same(out, alone);
	close(good.fd);
	close(bad.fd);
	close(out.fd);
	close(alone.fd);
}

static void unknown_features_are_not_rewritten(void **state)
{
	struct file f = new_file(), out;
	struct ptf_section_start start = {.features_read_only = 1 << 5};
	struct ptf_error err = {0};
	struct merge_plan plan;
	struct ptf_writer *w;

	(void)state;
	MUST(ptf_writer_open(&w, f.fd, NULL, &start, &err));
	MUST(ptf_writer_close(w, 0, &err));
	assert_int_equal(try_merge(&by_start, NULL, &f, 1, &out, &plan, &err),
		PTF_ERR_FEATURE);
	close(f.fd);
	close(out.fd);
}

static int full_disk(struct merge *m, struct ptf_error *err, const char **path)
{
	struct merge_plan plan;
	int fd = open("/dev/full", O_WRONLY), rc;

	assert_return_code(merge_plan(m, &plan, err), 0);
	rc = merge_write(m, fd, path, err);
	close(fd);
	return rc;
}

static void a_full_disk_is_the_outputs_fault(void **state)
{
	struct file f = random_trace(3, 62500);
	struct merge *m = merge_new(&by_start, NULL);
	struct ptf_error err = {0};
	const char *path = "";

	(void)state;
	assert_return_code(merge_add(m, f.path, &err), 0);
	assert_int_equal(full_disk(m, &err, &path), PTF_ERR_IO);
	assert_null(path);
	merge_free(m);
	close(f.fd);
}

/* ------------------------------------------------------------------ sums */

static struct file values_trace(const int64_t *values, size_t count, bool is_main)
{
	struct file f = new_file();
	struct ptf_section_start start = {.trace_id = {9}};
	struct ptf_value_column column = {PTF_TIME_METRIC, 0, values};
	struct ptf_samples samples = {.count = count,
		.columns = &column,
		.column_count = 1};
	int64_t *times = calloc(count, sizeof(*times));
	uint32_t *zero = calloc(count, sizeof(*zero)), process, thread;
	struct ptf_error err = {0};
	struct ptf_writer *w;

	MUST(ptf_writer_open(&w, f.fd, NULL, &start, &err));
	MUST(ptf_writer_process(w, &(struct ptf_process){.pid = 1}, &process, &err));
	for (int i = 0; i < 2; i++) {
		MUST(ptf_writer_thread(w,
			&(struct ptf_thread){process, 1 + (uint32_t)i, is_main && !i, 0},
			&thread, &err));
		samples.thread = thread;
		samples.time_ns = times;
		samples.node = samples.class_id = zero;
		MUST(ptf_writer_samples(w, &samples, &err));
	}
	MUST(ptf_writer_close(w, 0, &err));
	free(times);
	free(zero);
	return f;
}

struct found {
	struct ptf_aggregate row[4];
	size_t count;
	bool is_main[8];
	size_t thread_count;
};

static void find_sums(void *context, const struct ptf_block *b)
{
	struct found *f = context;

	for (size_t i = 0;
		b->kind == PTF_BLOCK_DEFINITIONS && i < b->definitions.thread_count;
		i++) {
		assert_int_equal(b->definitions.threads[i].tid, 0);
		f->is_main[++f->thread_count] = b->definitions.threads[i].is_main;
	}
	if (b->kind != PTF_BLOCK_AGGREGATES)
		return;
	assert_true(b->aggregates.has_sum_of_squares && b->aggregates.has_range);
	for (size_t i = 0; i < b->aggregates.count; i++)
		f->row[f->count++] = b->aggregates.rows[i];
}

static void sums_are_exact(void **state)
{
	const int64_t values[] = {3, -5, INT64_C(3000000000), 7};
	struct file f = values_trace(values, 4, true), out = merge_with(&sums, &f, 1);
	struct found found = {0};

	(void)state;
	each_block(out, find_sums, &found);
	/* Main threads and others apart: only the waits of main ones count. */
	assert_int_equal(found.count, 2);
	assert_int_equal(found.thread_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(found.row[i].n, 4);
		assert_int_equal(found.row[i].sum, INT64_C(3000000005));
		assert_int_equal(found.row[i].minimum, -5);
		assert_int_equal(found.row[i].maximum, INT64_C(3000000000));
		assert_true(found.row[i].sum_of_squares == 9000000000000000083.0);
	}
	assert_true(
		found.is_main[found.row[0].thread] != found.is_main[found.row[1].thread]);
	close(f.fd);
	close(out.fd);

	f = values_trace(values, 4, false);
	out = merge_with(&sums, &f, 1);
	found = (struct found){0};
	each_block(out, find_sums, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.row[0].n, 8);
	assert_false(found.is_main[found.row[0].thread]);
	close(f.fd);
	close(out.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_grouping_do_not_matter),
		cmocka_unit_test(merging_once_more_changes_nothing),
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(rows_stay_as_they_were),
		cmocka_unit_test(one_boot_is_aligned_exactly),
		cmocka_unit_test(two_hosts_are_aligned_by_time_of_day),
		cmocka_unit_test(alignment_does_not_depend_on_grouping),
		cmocka_unit_test(times_far_apart_are_refused),
		cmocka_unit_test(runs_and_labels_stay_apart),
		cmocka_unit_test(of_two_copies_the_longer_counts),
		cmocka_unit_test(cut_is_taken_and_damaged_is_refused),
		cmocka_unit_test(a_refused_input_leaves_nothing),
		cmocka_unit_test(unknown_features_are_not_rewritten),
		cmocka_unit_test(a_full_disk_is_the_outputs_fault),
		cmocka_unit_test(sums_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
