/* What goes on from one part of a recording to the next is one: core/parts.h. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <ptf/ptf.h>

#include "tools/core/merge.h"
#include "tools/core/profile.h"
#include "tools/core/recordings.h"
#include "tools/core/replay.h"
#include "tools/core/runs.h"

#define SECOND    INT64_C(1000000000)
#define BOOTED_NS (INT64_C(1767225600) * SECOND)

/* A service and its worker, by CLOCK_MONOTONIC; what of them lies in a part. */
#define SERVICE_BEGIN_S 100
#define WORKER_BEGIN_S  101

/* More than one Block holds. */
#define ROWS_MAX 200000

struct trace {
	uint8_t recording;
	int64_t begin_s, end_s;
	int64_t service_end_s, worker_end_s; /* 0 = later, or in another part */
	int64_t worker_begin_s;              /* 0 = as ever */
	const char *name;                    /* of the service's thread from here on */
	size_t row_count;                    /* of each thread; 0 = one */
	bool has_ownerless;                  /* rows of a thread of no process, too */
	bool is_merged; /* of one recording, which the service does not descend from */
};

struct file {
	char path[40];
	int fd;
};

static void must(int rc)
{
	assert_return_code(rc, 0);
}

static uint32_t text(struct ptf_writer *w, const char *text)
{
	uint32_t id;

	must(ptf_writer_string(w, (struct ptf_text){text, strlen(text)}, &id, NULL));
	return id;
}

/* Rows of a thread that runs from a time on, to another, all alike. */
static void put_rows(struct ptf_writer *w, const struct trace *t, uint32_t thread,
	int64_t from_s, int64_t to_s)
{
	static int64_t time_ns[ROWS_MAX], value[ROWS_MAX];
	static uint32_t node[ROWS_MAX], class_id[ROWS_MAX];
	struct ptf_value_column column = {PTF_TIME_METRIC, 0, value};
	struct ptf_samples samples = {.thread = thread,
		.count = t->row_count ? t->row_count : 1,
		.time_ns = time_ns,
		.node = node,
		.class_id = class_id,
		.columns = &column,
		.column_count = 1};
	int64_t step_ns = (to_s - from_s) * SECOND / (int64_t)samples.count;

	for (size_t i = 0; i < samples.count; i++) {
		time_ns[i] = (from_s - t->begin_s) * SECOND + ((int64_t)i + 1) * step_ns;
		value[i] = step_ns;
		class_id[i] = PTF_CLASS_NATIVE;
	}
	must(ptf_writer_samples(w, &samples, NULL));
}

/* A process with one thread that runs all the time; the thread. */
static uint32_t put_process(struct ptf_writer *w, const struct trace *t, uint32_t pid,
	uint32_t parent, int64_t begin_s, int64_t end_s, const char *executable)
{
	uint32_t process, thread;
	struct ptf_process p = {.pid = pid,
		.parent = parent,
		.start_ns = (begin_s - t->begin_s) * SECOND,
		.executable = text(w, executable)};
	struct ptf_process_end end = {.time_ns = (end_s - t->begin_s) * SECOND,
		.exit_status = 3};

	must(ptf_writer_process(w, &p, &process, NULL));
	must(ptf_writer_thread(w, &(struct ptf_thread){process, pid, true, p.start_ns},
		&thread, NULL));
	put_rows(w, t, thread, begin_s > t->begin_s ? begin_s : t->begin_s,
		end_s ? end_s : t->end_s);
	end.process = process;
	if (end_s)
		must(ptf_writer_facts(w,
			&(struct ptf_facts){.process_ends = &end, .process_end_count = 1},
			NULL));
	return thread;
}

static struct file write_trace(const struct trace *t)
{
	struct file f = {.fd = memfd_create("part", 0)};
	struct ptf_section_start start = {.trace_id = {t->recording},
		.origin_monotonic_ns = t->begin_s * SECOND,
		/* Its time of day was set meanwhile, which moves nothing. */
		.origin_realtime_ns = BOOTED_NS + t->begin_s * (SECOND + 1000),
		.time_resolution_ns = 1};
	struct ptf_writer *w;
	struct ptf_thread_name name = {.time_ns = 0};

	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	must(ptf_writer_open(&w, f.fd, NULL, &start, NULL));
	if (t->is_merged) {
		const struct ptf_attribute id = {PTF_TEXT("recording.id"),
			PTF_TEXT("33333333333333333333333333333333")};
		uint32_t unused;

		must(ptf_writer_process(w, &(struct ptf_process){.attributes = {&id, 1}},
			&unused, NULL));
	}
	name.thread = put_process(w, t, 70, 0, SERVICE_BEGIN_S, t->service_end_s,
		t->begin_s == SERVICE_BEGIN_S ? "sh" : "service");
	name.name = text(w, t->name);
	must(ptf_writer_facts(w,
		&(struct ptf_facts){.thread_names = &name, .thread_name_count = 1},
		NULL));
	put_process(w, t, 71, 1, t->worker_begin_s ? t->worker_begin_s : WORKER_BEGIN_S,
		t->worker_end_s, "worker");
	if (t->has_ownerless) {
		uint32_t thread;

		must(ptf_writer_thread(w, &(struct ptf_thread){.tid = 9}, &thread, NULL));
		put_rows(w, t, thread, t->begin_s, t->end_s);
	}
	must(ptf_writer_close(w, (t->end_s - t->begin_s) * SECOND, NULL));
	return f;
}

/* Three parts of one recording; the worker ends in the second. */
static const struct trace parts[] = {
	{1, 100, 102, 0, 0, 0, "early", 0, false, false},
	{1, 102, 104, 0, 103, 0, "middle", 0, false, false},
	/* another worker, of the same number */
	{1, 104, 106, 105, 105, 104, "late", 0, false, false},
};

static struct profile *read_files(const struct file *files, const size_t *order,
	size_t count)
{
	struct profile *p = profile_new();

	for (size_t i = 0; i < count; i++)
		must(profile_add_file(p, files[order ? order[i] : i].path, NULL, NULL));
	profile_finish(p);
	return p;
}

static struct file merge_with(const struct merge_options *options,
	const struct file *files, size_t count)
{
	struct merge *m = merge_new(options, NULL);
	struct file out = {.fd = memfd_create("merged", 0)};
	struct ptf_error err = {0};
	struct merge_plan plan;
	const char *path;

	snprintf(out.path, sizeof(out.path), "/proc/self/fd/%d", out.fd);
	for (size_t i = 0; i < count; i++)
		must(merge_add(m, files[i].path, &err));
	must(merge_plan(m, &plan, &err));
	must(merge_write(m, out.fd, &path, &err));
	merge_free(m);
	return out;
}

static struct file merge_files(const struct file *files, size_t count)
{
	return merge_with(&(struct merge_options){0}, files, count);
}

static const struct profile_process *process_at(const struct profile *p, uint32_t pid,
	int64_t begin_s)
{
	const struct profile_process *found = NULL;

	for (uint32_t id = 1; id <= p->processes.count; id++) {
		const struct profile_process *process = &p->processes.item[id - 1];
		const struct part *part = &p->parts.of.item[process->part];

		if (process->pid != pid ||
			part->zero_ns + process->start_ns != begin_s * SECOND)
			continue;
		assert_null(found);
		found = process;
	}
	assert_non_null(found);
	return found;
}

static int64_t end_s(const struct profile *p, const struct profile_process *process)
{
	assert_true(process->has_end);
	return (p->parts.of.item[process->part].zero_ns + process->end.time_ns) / SECOND;
}

static void check_whole_life(const struct profile *p)
{
	const struct profile_process *service = process_at(p, 70, 100);
	const struct profile_process *worker = process_at(p, 71, 101);
	const struct profile_process *another = process_at(p, 71, 104);
	int64_t ns[PTF_CLASS_KIND_COUNT];
	size_t thread_count = 0;
	struct recordings all;
	struct runs runs = {0};

	assert_int_equal(profile_process_count(p), 3);
	assert_int_equal(end_s(p, service), 105);
	assert_int_equal(end_s(p, worker), 103);
	assert_int_equal(end_s(p, another), 105);
	assert_int_equal(worker->end.exit_status, 3);
	assert_int_equal(p->processes.item[worker->parent - 1].pid, 70);
	/* What it runs, and is called, is what was so at last. */
	assert_string_equal(profile_string(p, service->executable).data, "service");
	for (size_t i = 0; i < p->threads.count; i++) {
		const struct profile_thread *t = &p->threads.item[i];

		thread_count += t->tid != 0;
		if (t->tid == 70)
			assert_string_equal(profile_string(p, t->name).data, "late");
	}
	assert_int_equal(thread_count, 3);
	profile_class_times(p, ns);
	assert_int_equal(ns[PTF_CLASS_NATIVE], (5 + 2 + 1) * SECOND);
	assert_int_equal(profile_elapsed_ns(p), 6 * SECOND);
	recordings_find(&all, p);
	assert_int_equal(all.of.count, 1);
	assert_int_equal(all.of.item[0].part_count, 3);
	assert_int_equal(all.of.item[0].process_count, 3);
	assert_int_equal(all.of.item[0].sample_count, 6);
	assert_true(all.of.item[0].has_end);
	recordings_free(&all);
	runs_find(&runs, p);
	assert_int_equal(runs.of.count, 1);
	assert_int_equal(runs.double_count, 0);
	runs_free(&runs);
}

static void make_parts(struct file files[3])
{
	for (size_t i = 0; i < 3; i++)
		files[i] = write_trace(&parts[i]);
}

static void close_files(const struct file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(files[i].fd);
}

/* Rows of a thread come in order. */
static void check_order(void *context, const struct replay_rows *rows)
{
	int64_t *last = context;

	for (size_t i = 0; i < rows->count; i++) {
		assert_true(rows->time_ns[i] > last[rows->thread]);
		last[rows->thread] = rows->time_ns[i];
	}
}

static void files_are_parts_in_any_order(void **state)
{
	static const size_t orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {1, 2, 0}};
	struct file files[3];

	(void)state;
	make_parts(files);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct profile *p = profile_new();
		int64_t last[8] = {0};
		const struct replay_hooks hooks = {.context = last, .rows = check_order};

		for (size_t k = 0; k < 3; k++)
			must(profile_add_file(p, files[orders[i][k]].path, NULL, NULL));
		profile_finish(p);
		/* A parent that comes behind its child is not known to be one. */
		if (i == 0 || i == 2)
			check_whole_life(p);
		assert_int_equal(profile_process_count(p), 3);
		assert_int_equal(end_s(p, process_at(p, 71, 101)), 103);
		must(profile_replay(p, &hooks, NULL));
		profile_free(p);
	}
	close_files(files, 3);
}

static void merged_parts_are_one_recording(void **state)
{
	struct file files[3], all, two[2];
	struct profile *p;

	(void)state;
	make_parts(files);
	all = merge_files(files, 3);
	p = read_files(&all, NULL, 1);
	check_whole_life(p);
	profile_free(p);
	/* Some of them merged, beside the rest. */
	two[0] = merge_files(files, 2);
	two[1] = files[2];
	p = read_files(two, NULL, 2);
	check_whole_life(p);
	profile_free(p);
	close_files(files, 3);
	close(all.fd);
	close(two[0].fd);
}

/* Also where a later part fills Blocks of its own before an earlier one does. */
static void rows_stay_in_order_over_parts(void **state)
{
	struct trace few = parts[0], many = parts[1];
	struct file files[2], all, again;
	struct profile *p;

	(void)state;
	few.row_count = 10;
	many.row_count = ROWS_MAX;
	files[0] = write_trace(&few);
	files[1] = write_trace(&many);
	all = merge_files(files, 2);
	again = merge_files(&all, 1);
	for (int i = 0; i < 2; i++) {
		int64_t last[8] = {0};
		const struct replay_hooks hooks = {.context = last, .rows = check_order};

		p = read_files(i ? &again : &all, NULL, 1);
		must(profile_replay(p, &hooks, NULL));
		assert_int_equal(p->sample_count, 2 * (10 + ROWS_MAX));
		profile_free(p);
	}
	close_files(files, 2);
	close(all.fd);
	close(again.fd);
}

static void other_recordings_stay_apart(void **state)
{
	struct trace other = parts[1];
	struct file files[2];
	struct profile *p;
	struct runs runs = {0};

	(void)state;
	other.recording = 2;
	files[0] = write_trace(&parts[0]);
	files[1] = write_trace(&other);
	p = read_files(files, NULL, 2);
	assert_int_equal(profile_process_count(p), 4);
	assert_int_equal(p->threads.count, 4);
	runs_find(&runs, p);
	assert_int_equal(runs.of.count, 2);
	runs_free(&runs);
	profile_free(p);
	close_files(files, 2);
}

/* A trace beside what was made of it: the same once more, not more of it. */
static void a_part_that_comes_twice_stays_apart(void **state)
{
	struct file files[3], all, both[2];
	struct runs runs = {0};
	struct profile *p;
	size_t of_run;

	(void)state;
	make_parts(files);
	for (int as_runs = 0; as_runs < 2; as_runs++) {
		all = merge_with(&(struct merge_options){.as_runs = as_runs}, files, 3);
		both[0] = all;
		both[1] = files[1];
		p = read_files(both, NULL, 2);
		assert_int_equal(profile_process_count(p), 5);
		runs_find(&runs, p);
		assert_int_equal(runs.of.count, 1);
		assert_int_equal(runs.double_count, 1);
		of_run = 0;
		for (uint32_t id = 1; id <= p->threads.count; id++)
			of_run += p->threads.item[id - 1].tid && runs.of_thread.item[id];
		assert_int_equal(of_run, 3);
		runs_free(&runs);
		runs = (struct runs){0};
		profile_free(p);
		close(all.fd);
	}
	close_files(files, 3);
}

/* What a part has of no process is of the recording, in a merged section, too. */
static void ownerless_rows_stay_in_their_recording(void **state)
{
	struct trace first = parts[0], second = parts[1];
	struct file files[2], two[2];
	struct recordings all;
	struct profile *p;

	(void)state;
	first.has_ownerless = second.has_ownerless = true;
	files[0] = write_trace(&first);
	files[1] = write_trace(&second);
	two[0] = files[0];
	two[1] = merge_files(&files[1], 1);
	for (int merged_first = 0; merged_first < 2; merged_first++) {
		static const size_t orders[][2] = {{0, 1}, {1, 0}};

		p = read_files(two, orders[merged_first], 2);
		recordings_find(&all, p);
		assert_int_equal(all.of.count, 1);
		assert_int_equal(all.of.item[0].sample_count, p->sample_count);
		recordings_free(&all);
		profile_free(p);
	}
	close_files(files, 2);
	close(two[1].fd);
}

/* What descends from no recording of a merged section is of one of its own. */
static void processes_stay_in_their_section(void **state)
{
	struct trace merged = parts[1];
	struct file files[2];
	struct recordings all;
	struct profile *p;

	(void)state;
	merged.recording = 2;
	merged.is_merged = true;
	files[0] = write_trace(&parts[0]);
	files[1] = write_trace(&merged);
	p = read_files(files, NULL, 2);
	recordings_find(&all, p);
	assert_int_equal(all.of.count, 2);
	assert_int_equal(all.of.item[0].sample_count, 2);
	assert_int_equal(all.of.item[1].sample_count, 2);
	assert_int_equal(all.of.item[0].process_count, 2);
	assert_int_equal(all.of.item[1].process_count, 2);
	recordings_free(&all);
	profile_free(p);
	close_files(files, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_parts_in_any_order),
		cmocka_unit_test(merged_parts_are_one_recording),
		cmocka_unit_test(rows_stay_in_order_over_parts),
		cmocka_unit_test(other_recordings_stay_apart),
		cmocka_unit_test(a_part_that_comes_twice_stays_apart),
		cmocka_unit_test(ownerless_rows_stay_in_their_recording),
		cmocka_unit_test(processes_stay_in_their_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
