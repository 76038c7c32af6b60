/*
 * Traces about memory whose rows are written by hand, as files in memory.
 *
 * There are two processes, with pids 10 and 11; threads 1 and 2 are of the first, 3
 * is of the second. A row's stack is line `line` of a program: lines 1 to 4 are of
 * work() in /home/me/a.py, 5 to 8 of help() in /usr/lib/python3/b.py, and both are called
 * by line 100 of a.py. Lines are found by memory_line, whatever ids are.
 */
#ifndef TESTS_UNIT_MEMORY_TRACE_H
#define TESTS_UNIT_MEMORY_TRACE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ptf/ptf.h>

#include "tools/core/profile.h"

#define MEMORY_LINES   8
#define MEMORY_THREADS 3

enum memory_what {
	MEMORY_TIME, /* no memory: bytes are ns */
	MEMORY_ALLOCATED,
	MEMORY_FREED,
	MEMORY_COPIED,
	MEMORY_PEAK, /* of sums */
	MEMORY_WHATS,
};

/* Of one thread in order of time; of different ones in any. */
struct memory_row {
	int64_t time_ns;
	enum memory_what what;
	uint32_t thread, line;
	int64_t bytes;
	uint32_t class_id; /* 0 = Python */
};

struct memory_plan {
	const struct memory_row *rows, *sums; /* as Aggregates */
	size_t count, sum_count;
	int64_t end_ns;
	int64_t process_end_ns[2], exec_ns[2][2]; /* of each process; 0 = none */
	const char *interval;                     /* NULL = not said */
	int64_t zero_ns;    /* CLOCK_MONOTONIC at time 0: processes began at 0 */
	const char *region; /* a mark of the main thread of process 1 */
	int64_t region_ns[2];
};

#define MEMORY_ROWS(array) .rows = (array), .count = sizeof(array) / sizeof((array)[0])
#define MEMORY_SUMS(array)                                                               \
	.sums = (array), .sum_count = sizeof(array) / sizeof((array)[0])

static inline void memory_must(int rc)
{
	if (rc < 0)
		abort();
}

static inline uint32_t memory_text(struct ptf_writer *w, const char *text)
{
	uint32_t id;

	memory_must(
		ptf_writer_string(w, (struct ptf_text){text, strlen(text)}, &id, NULL));
	return id;
}

/* Stacks 1 is what calls; line L is 1 + L. */
static inline void memory_define(struct ptf_writer *w, const struct memory_plan *plan)
{
	const struct ptf_function functions[] = {
		{.name = memory_text(w, "<module>"),
			.file = memory_text(w, "/home/me/a.py"),
			.kind = PTF_FUNCTION_PYTHON,
			.first_line = 1},
		{.name = memory_text(w, "work"),
			.file = memory_text(w, "/home/me/a.py"),
			.kind = PTF_FUNCTION_PYTHON,
			.first_line = 1},
		{.name = memory_text(w, "help"),
			.file = memory_text(w, "/usr/lib/python3/b.py"),
			.kind = PTF_FUNCTION_PYTHON,
			.first_line = 5},
	};
	uint32_t function[3], frame, node, id;

	for (int i = 0; i < 3; i++)
		memory_must(ptf_writer_function(w, &functions[i], &function[i], NULL));
	for (uint32_t line = 0; line <= MEMORY_LINES; line++) {
		const struct ptf_frame f = {.function =
						    function[line ? 1 + (line > 4) : 0],
			.line = line ? line : 100};

		memory_must(ptf_writer_frame(w, &f, &frame, NULL));
		memory_must(ptf_writer_node(w, line ? 1 : 0, frame, &node, NULL));
	}
	for (uint32_t i = 0; i < 2; i++)
		memory_must(ptf_writer_process(w,
			&(struct ptf_process){.pid = 10 + i,
				.start_ns = -plan->zero_ns,
				.executable = memory_text(w, "/usr/bin/python3")},
			&id, NULL));
	for (uint32_t i = 1; i <= MEMORY_THREADS; i++)
		memory_must(ptf_writer_thread(w,
			&(struct ptf_thread){.process = 1 + i / 3,
				.tid = 100 + i,
				.is_main = i != 2,
				.start_ns = -plan->zero_ns},
			&id, NULL));
}

static inline void memory_metrics(struct ptf_writer *w, uint32_t metric[MEMORY_WHATS])
{
	static const char *const names[MEMORY_WHATS] = {"time", "alloc_bytes",
		"free_bytes", "copy_bytes", "peak_bytes"};

	metric[MEMORY_TIME] = PTF_TIME_METRIC;
	for (int i = MEMORY_ALLOCATED; i < MEMORY_WHATS; i++)
		memory_must(ptf_writer_metric(w,
			&(struct ptf_metric){.name = memory_text(w, names[i]),
				.unit = memory_text(w, "bytes")},
			&metric[i], NULL));
}

static inline uint32_t memory_class(const struct memory_row *row)
{
	return row->class_id ? row->class_id : PTF_CLASS_PYTHON;
}

/* The rows of a thread that are about time, or those that are not. */
static inline void memory_put(struct ptf_writer *w, const struct memory_plan *plan,
	const uint32_t metric[MEMORY_WHATS], uint32_t thread, bool is_time)
{
	size_t size = plan->count + 1, n = 0;
	int64_t *at = calloc(size, sizeof(*at)), *value[MEMORY_WHATS];
	uint32_t *node = calloc(size, sizeof(*node)), *cls = calloc(size, sizeof(*cls));
	struct ptf_value_column columns[MEMORY_WHATS];

	for (int i = 0; i < MEMORY_WHATS; i++) {
		value[i] = calloc(size, sizeof(**value));
		columns[i] = (struct ptf_value_column){metric[i], 1, value[i]};
	}
	for (size_t i = 0; i < plan->count; i++) {
		const struct memory_row *row = &plan->rows[i];

		if (row->thread != thread || (row->what == MEMORY_TIME) != is_time)
			continue;
		at[n] = row->time_ns;
		node[n] = row->line ? 1 + row->line : 0;
		cls[n] = memory_class(row);
		value[row->what][n++] = row->bytes;
	}
	if (n)
		memory_must(ptf_writer_samples(w,
			&(struct ptf_samples){.thread = thread,
				.count = n,
				.time_ns = at,
				.node = node,
				.class_id = cls,
				.columns = columns + !is_time,
				.column_count = is_time ? 1 : MEMORY_COPIED},
			NULL));
	free(at);
	free(node);
	free(cls);
	for (int i = 0; i < MEMORY_WHATS; i++)
		free(value[i]);
}

static inline void memory_put_rest(struct ptf_writer *w, const struct memory_plan *plan,
	const uint32_t metric[MEMORY_WHATS])
{
	for (size_t i = 0; i < plan->sum_count; i++) {
		const struct memory_row *sum = &plan->sums[i];
		const struct ptf_aggregate row = {.node = 1 + sum->line,
			.class_id = memory_class(sum),
			.thread = sum->thread,
			.n = 3,
			.sum = sum->bytes};

		memory_must(ptf_writer_aggregates(w,
			&(struct ptf_aggregates){.metric = metric[sum->what],
				.rows = &row,
				.count = 1},
			NULL));
	}
	for (uint32_t i = 0; i < 2; i++) {
		const struct ptf_process_end end = {.process = 1 + i,
			.time_ns = plan->process_end_ns[i]};
		struct ptf_process_image images[2] = {0};
		size_t image_count = 0;

		for (uint32_t k = 0; k < 2; k++)
			if (plan->exec_ns[i][k])
				images[image_count++] =
					(struct ptf_process_image){.process = 1 + i,
						.time_ns = plan->exec_ns[i][k],
						.executable =
							memory_text(w, "/usr/bin/other")};

		memory_must(ptf_writer_facts(w,
			&(struct ptf_facts){.process_ends = &end,
				.process_end_count = end.time_ns != 0,
				.process_images = images,
				.process_image_count = image_count},
			NULL));
	}
	for (int i = 0; plan->region && i < 2; i++) {
		const struct ptf_mark mark = {plan->region_ns[i], 1,
			i ? PTF_MARK_END : PTF_MARK_BEGIN, memory_text(w, plan->region)};

		memory_must(ptf_writer_marks(w, &(struct ptf_marks){&mark, 1}, NULL));
	}
}

/* A descriptor of a file in memory. */
static inline int memory_trace(const struct memory_plan *plan)
{
	const struct ptf_attribute attribute = {PTF_TEXT("memory.interval_bytes"),
		{plan->interval, plan->interval ? strlen(plan->interval) : 0}};
	const struct ptf_section_start start = {.trace_id = "about memory",
		.time_resolution_ns = 1,
		.origin_monotonic_ns = plan->zero_ns,
		.origin_realtime_ns = INT64_C(1764187200000000000) + plan->zero_ns,
		.attributes = {&attribute, plan->interval != NULL}};
	uint32_t metric[MEMORY_WHATS];
	struct ptf_writer *w;
	int fd = memfd_create("memory.ptf", 0);

	memory_must(fd);
	memory_must(ptf_writer_open(&w, fd, NULL, &start, NULL));
	memory_define(w, plan);
	memory_metrics(w, metric);
	for (uint32_t thread = 1; thread <= MEMORY_THREADS; thread++) {
		memory_put(w, plan, metric, thread, true);
		memory_put(w, plan, metric, thread, false);
	}
	memory_put_rest(w, plan, metric);
	memory_must(ptf_writer_close(w, plan->end_ns, NULL));
	return fd;
}

/* Finished, of one trace or several; both selection and files must outlive it. */
static inline struct profile *memory_profile(const int *fds, size_t count,
	const struct selection *selection)
{
	struct profile *p = profile_new();

	profile_select(p, selection);
	for (size_t i = 0; i < count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[i]);
		memory_must(profile_add_file(p, path, NULL, NULL));
	}
	profile_finish(p);
	return p;
}

/* The line of a stack; as a place of a heap, too. */
static inline uint32_t memory_line(void *profile, uint32_t node)
{
	const struct profile *p = profile;

	return profile_get_frame(p, profile_get_node(p, node).frame).line;
}

#endif
