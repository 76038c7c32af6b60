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

static uint32_t metric(struct ptf_writer *w, const char *name, enum ptf_metric_kind kind)
{
	struct ptf_metric metric = {.name = string(w, name), .kind = kind};
	uint32_t id;

	OK(ptf_writer_metric(w, &metric, &id, &err));
	return id;
}

/* Earlier than rows of time that are there already, by metrics whose ids differ. */
static void write_memory(struct ptf_writer *w, uint32_t thread, int part)
{
	const char *first = part % 2 ? "free" : "alloc",
		   *other = part % 2 ? "alloc" : "free";
	uint32_t metrics[2] = {metric(w, first, PTF_METRIC_WEIGHT),
		metric(w, other, PTF_METRIC_WEIGHT)};
	int64_t time_ns[] = {500, 8500}, alloc[] = {100 + part, 0},
		freed[] = {0, 50 + part};
	struct ptf_value_column columns[] = {
		{metrics[0], 0, part % 2 ? freed : alloc},
		{metrics[1], 0, part % 2 ? alloc : freed},
	};
	uint32_t nodes[] = {node(w, "f"), node(w, "g")};
	uint32_t classes[] = {PTF_CLASS_PYTHON, PTF_CLASS_NATIVE};

	OK(ptf_writer_samples(w,
		&(struct ptf_samples){.thread = thread,
			.count = 2,
			.time_ns = time_ns,
			.node = nodes,
			.class_id = classes,
			.columns = columns,
			.column_count = 2},
		&err));
}

static void write_levels(struct ptf_writer *w, uint32_t process, int part)
{
	int64_t time_ns[] = {1000, 4000, 9000};
	int64_t values[] = {10 * part + 1, 10 * part + 2, 10 * part + 3};

	OK(ptf_writer_counters(w,
		&(struct ptf_counters){.metric = metric(w, "level", PTF_METRIC_GAUGE),
			.process = process,
			.count = 3,
			.time_ns = time_ns,
			.values = values},
		&err));
	/* One that does not change is told at the begin of each only. */
	OK(ptf_writer_counters(w,
		&(struct ptf_counters){.metric = metric(w, "still", PTF_METRIC_GAUGE),
			.process = process,
			.count = 1,
			.time_ns = &(int64_t){0},
			.values = &(int64_t){7}},
		&err));
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
	write_memory(w, id, part);
	write_levels(w, thread.process, part);
	write_marks(w, id, part);
	loss.kind = string(w, "torn");
	OK(ptf_writer_losses(w, &(struct ptf_losses){&loss, 1}, &err));
	OK(ptf_writer_close(w, PART_NS, &err));
	return fd;
}

struct seen {
	size_t sections, processes, threads, nodes, sources, names, rows, losses;
	int64_t weight_ns, first_ns, last_ns, end_ns, origin_ns, process_start_ns;
	char marks[256];       /* kind and time of each */
	char memory[256];      /* time, allocated, freed of each row */
	char levels[256];      /* time and value of each point */
	uint32_t alloc, level; /* metrics */
};

__attribute__((format(printf, 2, 3))) static void append(char to[256], const char *format,
	...)
{
	size_t length = strlen(to);
	va_list values;

	va_start(values, format);
	vsnprintf(to + length, 256 - length, format, values);
	va_end(values);
}

static void see_metrics(struct seen *seen, const struct ptf_definitions *d)
{
	/* Texts live as long as their Block: what is asked of them is kept. */
	for (size_t i = 0; i < d->metric_count; i++) {
		const struct ptf_text *name =
			&d->strings[d->metrics[i].name - d->first_string];
		uint32_t id = d->first_metric + (uint32_t)i;
		if (name->size == 5 && !memcmp(name->data, "alloc", 5))
			seen->alloc = id;
		if (name->size == 5 && !memcmp(name->data, "level", 5))
			seen->level = id;
	}
}

static void see_samples(struct seen *seen, const struct ptf_samples *s)
{
	bool is_timed = s->columns[0].metric == PTF_TIME_METRIC;

	for (size_t i = 0; i < s->count && !is_timed; i++) {
		size_t alloc = s->columns[0].metric == seen->alloc ? 0 : 1;
		append(seen->memory, "%d:%d:%d ", (int)s->time_ns[i],
			(int)s->columns[alloc].values[i],
			(int)s->columns[!alloc].values[i]);
	}
	for (size_t i = 0; i < s->count && is_timed; i++) {
		if (!seen->rows++)
			seen->first_ns = s->time_ns[i];
		seen->last_ns = s->time_ns[i];
		seen->weight_ns += s->columns[0].values[i];
	}
}

static void see_definitions(struct seen *seen, const struct ptf_definitions *d)
{
	see_metrics(seen, d);
	seen->processes += d->process_count;
	seen->threads += d->thread_count;
	seen->nodes += d->node_count;
	if (d->process_count)
		seen->process_start_ns = d->processes[0].start_ns;
}

static void see_block(struct seen *seen, const struct ptf_block *b)
{
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
		see_samples(seen, &b->samples);
	} else if (b->kind == PTF_BLOCK_COUNTERS) {
		for (size_t i = 0; i < b->counters.count; i++)
			append(seen->levels, "%s%d=%d ",
				b->counters.metric == seen->level ? "" : "still ",
				(int)b->counters.time_ns[i], (int)b->counters.values[i]);
	} else if (b->kind == PTF_BLOCK_MARKS) {
		for (size_t i = 0; i < b->marks.count; i++)
			append(seen->marks, "%s%d ",
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
	assert_string_equal(seen.memory,
		"500:100:0 8500:0:50 10500:101:0 18500:0:51 20500:102:0 28500:0:52 ");
	assert_string_equal(seen.levels,
		"1000=1 4000=2 9000=3 still 0=7 11000=11 14000=12 19000=13 still 10000=7 "
		"21000=21 24000=22 29000=23 still 20000=7 ");
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
	assert_string_equal(seen.memory,
		"4100:0:50 6100:101:0 14100:0:51 16100:102:0 24100:0:52 ");
	assert_string_equal(seen.levels,
		"0=2 4600=3 still 0=7 6600=11 9600=12 14600=13 still 5600=7 "
		"16600=21 19600=22 24600=23 still 15600=7 ");
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
