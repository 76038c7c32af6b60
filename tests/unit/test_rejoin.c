/* Sections of one recording become one again: what goes on is one, sums stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <ptf/ptf.h>

#include "recorder/output/rejoin.h"

#define STEP_NS    100
#define ROW_COUNT  10
#define PART_NS    10000
#define PART_COUNT 3
#define BEGIN_NS   1000000 /* CLOCK_MONOTONIC of the first part's time 0 */

static struct ptf_error err;

#define OK(call) assert_int_equal((call), 0)

static uint32_t string(struct ptf_writer *w, const char *text)
{
	uint32_t id;

	OK(ptf_writer_string(w, (struct ptf_text){text, strlen(text)}, &id, &err));
	return id;
}

/* A stack of one frame, a line of the function. */
static uint32_t node(struct ptf_writer *w, const char *name)
{
	struct ptf_function function = {.name = string(w, name),
		.file = string(w, "a.py"),
		.kind = PTF_FUNCTION_PYTHON,
		.first_line = 1};
	struct ptf_frame frame = {.line = 2};
	uint32_t id;

	OK(ptf_writer_function(w, &function, &frame.function, &err));
	OK(ptf_writer_frame(w, &frame, &id, &err));
	OK(ptf_writer_node(w, 0, id, &id, &err));
	return id;
}

static void write_rows(struct ptf_writer *w, uint32_t thread, const char *name)
{
	int64_t time_ns[ROW_COUNT], weight_ns[ROW_COUNT];
	uint32_t nodes[ROW_COUNT], classes[ROW_COUNT];
	struct ptf_value_column column = {PTF_TIME_METRIC, 1000, weight_ns};
	struct ptf_samples samples = {.thread = thread,
		.count = ROW_COUNT,
		.period_ns = 1000,
		.time_ns = time_ns,
		.node = nodes,
		.class_id = classes,
		.columns = &column,
		.column_count = 1};
	struct ptf_class_descriptor futex = {PTF_CLASS_WAIT, string(w, "futex")};

	for (int i = 0; i < ROW_COUNT; i++) {
		time_ns[i] = (i + 1) * 1000;
		weight_ns[i] = 1000 + i;
		nodes[i] = node(w, name);
		classes[i] = PTF_CLASS_PYTHON;
	}
	OK(ptf_writer_class(w, &futex, &classes[ROW_COUNT - 1], &err));
	OK(ptf_writer_samples(w, &samples, &err));
}

static void write_facts(struct ptf_writer *w, uint32_t thread)
{
	struct ptf_source source = {.file = string(w, "a.py"),
		.text = PTF_TEXT("1\n2\n"),
		.first_line = 1,
		.line_count = 2,
		.size_bytes = 4};
	struct ptf_thread_name name = {thread, 0, string(w, "worker")};

	OK(ptf_writer_facts(w,
		&(struct ptf_facts){.sources = &source,
			.source_count = 1,
			.thread_names = &name,
			.thread_name_count = 1},
		&err));
}

static void write_marks(struct ptf_writer *w, uint32_t thread, int part)
{
	uint32_t all = string(w, "all"), step = string(w, "step");
	struct ptf_mark marks[] = {
		{part ? 0 : 1, thread, PTF_MARK_BEGIN, all},
		{2000, thread, PTF_MARK_BEGIN, step},
		{8000, thread, PTF_MARK_END, step},
		{PART_NS, thread, PTF_MARK_END, all},
	};

	OK(ptf_writer_marks(w,
		&(struct ptf_marks){marks, part == PART_COUNT - 1 ? 3u : 4u}, &err));
}

/* What prec writes: the same process and thread, by other ids and other times. */
static int make_part(int part)
{
	int fd = memfd_create("part", MFD_CLOEXEC);
	int64_t origin_ns = BEGIN_NS + part * PART_NS;
	struct ptf_section_start start = {.trace_id = "the one trace id",
		.producer = PTF_TEXT("test"),
		.origin_monotonic_ns = origin_ns,
		.origin_realtime_ns = origin_ns + 5000000,
		.time_resolution_ns = STEP_NS};
	struct ptf_process process = {.pid = 7, .start_ns = BEGIN_NS - 500 - origin_ns};
	struct ptf_thread thread = {.tid = 7,
		.is_main = true,
		.start_ns = BEGIN_NS - 400 - origin_ns};
	struct ptf_loss loss = {.count = 1};
	struct ptf_writer *w;
	uint32_t id;

	assert_true(fd >= 0);
	OK(ptf_writer_open(&w, fd, NULL, &start, &err));
	/* So that ids differ from part to part. */
	for (int i = 0; i < part; i++)
		node(w, i ? "x" : "y");
	process.executable = string(w, "/bin/program");
	OK(ptf_writer_process(w, &process, &thread.process, &err));
	OK(ptf_writer_thread(w, &thread, &id, &err));
	write_facts(w, id);
	write_rows(w, id, part ? "g" : "f");
	write_marks(w, id, part);
	loss.kind = string(w, "torn");
	OK(ptf_writer_losses(w, &(struct ptf_losses){&loss, 1}, &err));
	OK(ptf_writer_close(w, PART_NS, &err));
	return fd;
}

struct seen {
	size_t sections, processes, threads, nodes, sources, names, rows, losses;
	int64_t weight_ns, first_ns, last_ns, end_ns, origin_ns, process_start_ns;
	char marks[256]; /* kind and time of each */
};

static void see_definitions(struct seen *seen, const struct ptf_definitions *d)
{
	seen->processes += d->process_count;
	seen->threads += d->thread_count;
	seen->nodes += d->node_count;
	if (d->process_count)
		seen->process_start_ns = d->processes[0].start_ns;
}

static void see_block(struct seen *seen, const struct ptf_block *b)
{
	size_t length = strlen(seen->marks);

	if (b->kind == PTF_BLOCK_SECTION_START) {
		seen->sections++;
		seen->origin_ns = b->section_start.origin_monotonic_ns;
		assert_int_equal(b->section_start.origin_realtime_ns,
			seen->origin_ns + 5000000);
	} else if (b->kind == PTF_BLOCK_DEFINITIONS) {
		see_definitions(seen, &b->definitions);
	} else if (b->kind == PTF_BLOCK_FACTS) {
		seen->sources += b->facts.source_count;
		seen->names += b->facts.thread_name_count;
	} else if (b->kind == PTF_BLOCK_LOSSES) {
		seen->losses += b->losses.count;
	} else if (b->kind == PTF_BLOCK_SECTION_END) {
		seen->end_ns = b->section_end.time_ns;
	} else if (b->kind == PTF_BLOCK_SAMPLES) {
		for (size_t i = 0; i < b->samples.count; i++) {
			if (!seen->rows++)
				seen->first_ns = b->samples.time_ns[i];
			seen->last_ns = b->samples.time_ns[i];
			seen->weight_ns += b->samples.columns[0].values[i];
		}
	} else if (b->kind == PTF_BLOCK_MARKS) {
		for (size_t i = 0; i < b->marks.count; i++)
			length += (size_t)snprintf(seen->marks + length,
				sizeof seen->marks - length, "%s%d ",
				b->marks.rows[i].kind == PTF_MARK_BEGIN ? "+" : "-",
				(int)b->marks.rows[i].time_ns);
	}
}

static struct seen rejoined(uint64_t cut_ns)
{
	int fd = memfd_create("joined", MFD_CLOEXEC);
	struct rejoin *join = rejoin_new(fd, cut_ns);
	struct ptf_reader *reader;
	struct ptf_block block;
	struct seen seen = {0};
	char path[32];
	int rc;

	assert_non_null(join);
	for (int part = 0; part < PART_COUNT; part++) {
		int part_fd = make_part(part);
		bool is_last = part == PART_COUNT - 1;
		snprintf(path, sizeof path, "/proc/self/fd/%d", part_fd);
		OK(rejoin_add(join, path,
			is_last ? 0 : BEGIN_NS + (uint64_t)(part + 1) * PART_NS, &err));
		close(part_fd);
	}
	OK(rejoin_end(join, &err));
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	OK(ptf_reader_open(&reader, path, NULL, &err));
	while ((rc = ptf_reader_next(reader, &block, &err)) > 0)
		see_block(&seen, &block);
	assert_int_equal(rc, 0);
	assert_null(ptf_reader_note(reader, 0));
	ptf_reader_close(reader);
	close(fd);
	return seen;
}

static void what_goes_on_is_one(void **state)
{
	struct seen seen = rejoined(0);

	(void)state;
	assert_int_equal(seen.sections, 1);
	assert_int_equal(seen.processes, 1);
	assert_int_equal(seen.threads, 1);
	assert_int_equal(seen.nodes, 4); /* f, g, and x and y that make ids differ */
	assert_int_equal(seen.sources, 1);
	assert_int_equal(seen.names, 1);
	assert_int_equal(seen.losses, PART_COUNT);
	assert_string_equal(seen.marks, "+1 +2000 -8000 +12000 -18000 +22000 -28000 ");
}

static void all_rows_are_there_at_their_times(void **state)
{
	struct seen seen = rejoined(0);

	(void)state;
	assert_int_equal(seen.rows, PART_COUNT * ROW_COUNT);
	assert_int_equal(seen.weight_ns, PART_COUNT * (ROW_COUNT * 1000 + 45));
	assert_int_equal(seen.origin_ns, BEGIN_NS);
	assert_int_equal(seen.process_start_ns, -500);
	assert_int_equal(seen.first_ns, 1000);
	assert_int_equal(seen.last_ns, PART_COUNT * PART_NS);
	assert_int_equal(seen.end_ns, PART_COUNT * PART_NS);
}

/* 4,450 ns into the first part: on a step of 100 that is 4,400. */
static void what_lies_before_the_cut_is_not(void **state)
{
	struct seen seen = rejoined(BEGIN_NS + 4450);

	(void)state;
	assert_int_equal(seen.origin_ns, BEGIN_NS + 4400);
	assert_int_equal(seen.rows, PART_COUNT * ROW_COUNT - 4);
	assert_int_equal(seen.weight_ns,
		PART_COUNT * (ROW_COUNT * 1000 + 45) - 4 * 1000 - 6);
	assert_int_equal(seen.first_ns, 600);
	assert_int_equal(seen.end_ns, PART_COUNT * PART_NS - 4400);
	assert_int_equal(seen.process_start_ns, -500 - 4400);
	/* Both regions had begun. */
	assert_string_equal(seen.marks, "+0 +0 -3600 +7600 -13600 +17600 -23600 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_on_is_one),
		cmocka_unit_test(all_rows_are_there_at_their_times),
		cmocka_unit_test(what_lies_before_the_cut_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
