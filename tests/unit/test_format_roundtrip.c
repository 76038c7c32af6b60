/* What is written is what is read, for random traces of many shapes. */
#include "tests/unit/trace_model.h"

static void check_plan(const struct plan *plan)
{
	struct model written = {0}, read = {0};
	struct bytes b = make_trace(plan, &written);
	struct ptf_error err = {0};
	size_t notes;
	int rc = read_bytes(b.data, b.size, &read, &notes, &err);

	if (rc < 0)
		fail_msg("%s", err.message);
	assert_int_equal(notes, plan->without_end);
	assert_int_equal(read.sections, 1);
	assert_true(rows_agree(&written, &read, false));
	assert_true(lines_agree(&written.others, &read.others, false));
	assert_int_equal(written.strings, read.strings);
	assert_int_equal(written.functions, read.functions);
	assert_int_equal(written.frames, read.frames);
	assert_int_equal(written.nodes, read.nodes);
	model_finish(&written);
	model_finish(&read);
	free(b.data);
}

static void test_random_traces(void **state)
{
	static const uint64_t resolutions[] = {1, 1, 6250, 62500, 7, 1000, 1000000};
	static const uint64_t periods[] = {100000, 1000000, 0, 4000000, 12345};
	static const size_t frames[] = {0, 1, 2000, 50000};

	(void)state;
	for (uint64_t seed = 0; seed < 80; seed++) {
		struct plan plan = {.seed = seed,
			.resolution_ns = resolutions[seed % 7],
			.period_ns = periods[seed % 5],
			.frame_bytes = frames[seed % 4],
			.steps = 10 + (uint32_t)seed % 50,
			.rows_max = seed % 3 ? 300 : 6000,
			.without_end = seed % 9 == 0};

		check_plan(&plan);
	}
}

static void test_blocks_are_split(void **state)
{
	struct plan plan = {.seed = 5,
		.resolution_ns = 6250,
		.period_ns = 100000,
		.steps = 6,
		.rows_max = 200000};

	(void)state;
	check_plan(&plan);
}

static void test_first_definitions(void **state)
{
	/* What the API says of ids, on a trace small enough to name them. */
	struct ptf_section_start start = {.producer = PTF_TEXT("x")};
	int fd = open_scratch();
	struct ptf_writer *w;
	struct ptf_reader *r;
	struct ptf_block b;
	struct ptf_error err = {0};
	uint32_t a, again, empty, node, function, frame;
	struct bytes bytes;

	(void)state;
	MUST(ptf_writer_open(&w, fd, NULL, &start, &err));
	MUST(ptf_writer_string(w, PTF_TEXT("a"), &a, &err));
	MUST(ptf_writer_string(w, PTF_TEXT("a"), &again, &err));
	MUST(ptf_writer_string(w, PTF_TEXT(""), &empty, &err));
	assert_int_equal(a, 3); /* after "time" and "ns" */
	assert_int_equal(again, a);
	assert_int_equal(empty, 4);
	MUST(ptf_writer_function(w, &(struct ptf_function){.name = a, .first_line = 7},
		&function, &err));
	MUST(ptf_writer_frame(w, &(struct ptf_frame){.function = function, .line = 5},
		&frame, &err));
	MUST(ptf_writer_node(w, 0, frame, &node, &err));
	MUST(ptf_writer_node(w, node, frame, &node, &err));
	MUST(ptf_writer_close(w, 0, &err));
	bytes = take_scratch(fd);
	MUST(ptf_reader_open_memory(&r, bytes.data, bytes.size, NULL, &err));
	assert_int_equal(ptf_reader_next(r, &b, &err), 1);
	assert_int_equal(b.kind, PTF_BLOCK_SECTION_START);
	assert_int_equal(b.section_start.format_major, PTF_FORMAT_MAJOR);
	assert_int_equal(b.section_start.time_resolution_ns, 1);
	assert_int_equal(b.section_start.time_metric, PTF_TIME_METRIC);
	assert_int_equal(ptf_reader_next(r, &b, &err), 1);
	assert_int_equal(b.kind, PTF_BLOCK_DEFINITIONS);
	assert_int_equal(b.definitions.first_string, 1);
	assert_int_equal(b.definitions.string_count, 4);
	assert_memory_equal(b.definitions.strings[0].data, "time", 4);
	assert_int_equal(b.definitions.metrics[0].name, 1);
	assert_int_equal(b.definitions.frames[0].line, 5);
	assert_int_equal(b.definitions.nodes[1].parent, 1);
	assert_int_equal(ptf_reader_next(r, &b, &err), 1);
	assert_int_equal(b.kind, PTF_BLOCK_SECTION_END);
	assert_int_equal(b.section_end.block_count, 2);
	assert_int_equal(ptf_reader_next(r, &b, &err), 0);
	assert_int_equal(ptf_reader_next(r, &b, &err), 0);
	assert_true(ptf_reader_section(r, 0)->has_index);
	assert_true(ptf_reader_section(r, 0)->has_end);
	assert_int_equal(ptf_reader_section(r, 0)->size_bytes, bytes.size);
	assert_null(ptf_reader_section(r, 1));
	ptf_reader_close(r);
	free(bytes.data);
}

static void test_misuse_is_refused(void **state)
{
	struct ptf_section_start start = {.producer = PTF_TEXT("x")};
	int fd = open_scratch();
	struct ptf_writer *w;
	struct ptf_error err = {0};
	uint32_t id, process, thread;
	int64_t times[2] = {5, 4}, value[2] = {1, 1};
	uint32_t zero[2] = {0, 0}, nine[2] = {9, 9};
	struct ptf_value_column column = {.metric = PTF_TIME_METRIC, .values = value};
	struct ptf_samples s = {.thread = 1,
		.count = 1,
		.time_ns = times,
		.node = zero,
		.class_id = zero,
		.columns = &column,
		.column_count = 1};
	struct bytes bytes;
	char *large = calloc(1, (1 << 20) + 1);
	struct model read = {0};
	size_t notes;

	(void)state;
	MUST(ptf_writer_open(&w, fd, NULL, &start, &err));
	assert_int_equal(ptf_writer_samples(w, &s, &err), PTF_ERR_USAGE);
	assert_string_equal(err.message, "there is no thread 1");
	MUST(ptf_writer_process(w, &(struct ptf_process){.pid = 1}, &process, &err));
	MUST(ptf_writer_thread(w, &(struct ptf_thread){process, 1, true, 0}, &thread,
		&err));
	MUST(ptf_writer_samples(w, &s, &err));
	s.time_ns = times + 1;
	assert_int_equal(ptf_writer_samples(w, &s, &err), PTF_ERR_USAGE);
	times[1] = INT64_MAX;
	assert_int_equal(ptf_writer_samples(w, &s, &err), PTF_ERR_USAGE);
	times[1] = 6;
	s.node = nine;
	assert_int_equal(ptf_writer_samples(w, &s, &err), PTF_ERR_USAGE);
	s.node = zero;
	s.class_id = nine;
	assert_int_equal(ptf_writer_samples(w, &s, &err), PTF_ERR_USAGE);
	s.class_id = zero;
	s.labels = nine;
	assert_int_equal(ptf_writer_samples(w, &s, &err), PTF_ERR_USAGE);
	s.labels = NULL;
	column.metric = 2;
	assert_int_equal(ptf_writer_samples(w, &s, &err), PTF_ERR_USAGE);
	column.metric = 1;
	assert_int_equal(ptf_writer_node(w, 0, 1, &id, &err), PTF_ERR_USAGE);
	assert_int_equal(ptf_writer_node(w, 1, 0, &id, &err), PTF_ERR_USAGE);
	assert_int_equal(ptf_writer_function(w, &(struct ptf_function){.name = 3}, &id,
				 &err),
		PTF_ERR_USAGE);
	assert_int_equal(ptf_writer_string(w, (struct ptf_text){large, (1 << 20) + 1},
				 &id, &err),
		PTF_ERR_LIMIT);
	/* err may be NULL, and misuse had no effect. */
	assert_int_equal(ptf_writer_node(w, 1, 0, &id, NULL), PTF_ERR_USAGE);
	MUST(ptf_writer_samples(w, &s, &err));
	MUST(ptf_writer_close(w, 10, &err));
	bytes = take_scratch(fd);
	assert_int_equal(read_bytes(bytes.data, bytes.size, &read, &notes, &err), 0);
	assert_int_equal(notes, 0);
	assert_int_equal(read.rows[0].count, 2);
	model_finish(&read);
	free(bytes.data);
	free(large);
}

static void test_many_strings_are_split(void **state)
{
	/* More definitions than one Block may hold. */
	struct ptf_section_start start = {.producer = PTF_TEXT("x")};
	int fd = open_scratch();
	struct ptf_writer *w;
	struct ptf_error err = {0};
	struct model read = {0};
	struct bytes bytes;
	size_t size = 1 << 20, notes;
	char *large = malloc(size);
	uint32_t id;

	(void)state;
	memset(large, 'x', size);
	MUST(ptf_writer_open(&w, fd, NULL, &start, &err));
	for (int i = 0; i < 20; i++) {
		large[0] = (char)i;
		MUST(ptf_writer_string(w, (struct ptf_text){large, size}, &id, &err));
	}
	MUST(ptf_writer_close(w, 0, &err));
	bytes = take_scratch(fd);
	assert_int_equal(read_bytes(bytes.data, bytes.size, &read, &notes, &err), 0);
	assert_int_equal(notes, 0);
	assert_int_equal(read.strings, 22);
	assert_true(read.blocks > 4);
	model_finish(&read);
	free(bytes.data);
	free(large);
}

static void test_sizes(void **state)
{
	struct plan plan = {.seed = 3,
		.resolution_ns = 1,
		.period_ns = 100000,
		.steps = 30,
		.rows_max = 1000};
	struct ptf_reader_options options = {.measure_sizes = true};
	struct model written = {0}, read = {0};
	struct bytes b = make_trace(&plan, &written);
	struct ptf_error err = {0};
	const struct ptf_size_part *part;
	uint64_t sum = 0;
	struct ptf_reader *r;
	size_t count;
	bool low = false;

	(void)state;
	MUST(ptf_reader_open_memory(&r, b.data, b.size, &options, &err));
	assert_int_equal(read_rest(r, &read, &err), 0);
	part = ptf_reader_sizes(r, &count);
	for (size_t i = 0; i < count; i++) {
		if (i)
			assert_true(part[i].raw_bytes <= part[i - 1].raw_bytes);
		assert_true(part[i].packed_bytes > 0);
		assert_null(strchr(part[i].name, '?'));
		sum += part[i].raw_bytes;
		low = low || strcmp(part[i].name, "samples.kind_low") == 0;
	}
	assert_true(low);
	assert_true(sum <= ptf_reader_payload_bytes(r));
	assert_true(sum > ptf_reader_payload_bytes(r) * 8 / 10);
	assert_int_equal(ptf_reader_file_bytes(r), b.size);
	ptf_reader_close(r);
	model_finish(&written);
	model_finish(&read);
	free(b.data);
}

static void test_skip_samples(void **state)
{
	struct plan plan = {.seed = 4,
		.resolution_ns = 1,
		.period_ns = 100000,
		.steps = 30,
		.rows_max = 1000};
	struct ptf_reader_options options = {.skip_samples = true};
	struct model written = {0};
	struct bytes b = make_trace(&plan, &written);
	struct ptf_error err = {0};
	struct ptf_reader *r;
	struct ptf_block block;
	size_t rows = 0, expected = 0;
	int rc;

	(void)state;
	MUST(ptf_reader_open_memory(&r, b.data, b.size, &options, &err));
	while ((rc = ptf_reader_next(r, &block, &err)) > 0) {
		if (block.kind != PTF_BLOCK_SAMPLES)
			continue;
		assert_null(block.samples.time_ns);
		assert_null(block.samples.node);
		assert_int_equal(block.samples.column_count, 0);
		rows += block.samples.count;
	}
	assert_int_equal(rc, 0);
	for (size_t i = 0; i < MODEL_RUNS; i++)
		expected += written.rows[i].count;
	assert_int_equal(rows, expected);
	assert_null(ptf_reader_note(r, 0));
	ptf_reader_close(r);
	model_finish(&written);
	free(b.data);
}

/* What is not about time has an order of its own, and its own place in the index. */
static void test_runs_of_a_thread(void **state)
{
	const struct ptf_section_start start = {.producer = PTF_TEXT("x"),
		.time_resolution_ns = 10};
	struct ptf_metric metric = {.kind = PTF_METRIC_WEIGHT};
	int64_t timed[2] = {100, 200}, other[3] = {50, 120, 190}, value[3] = {1, 2, 3};
	uint32_t zero[3] = {0}, process, thread;
	struct ptf_value_column time_column = {.metric = PTF_TIME_METRIC,
					.values = value},
				column = {.values = value};
	struct ptf_samples s = {.time_ns = timed,
		.count = 2,
		.node = zero,
		.class_id = zero,
		.columns = &time_column,
		.column_count = 1};
	int fd = open_scratch();
	struct ptf_error err = {0};
	struct ptf_writer *w;
	struct ptf_reader *r;
	struct ptf_block block;
	size_t timed_rows = 0, other_rows = 0;
	int rc;

	(void)state;
	MUST(ptf_writer_open(&w, fd, NULL, &start, &err));
	MUST(ptf_writer_string(w, PTF_TEXT("bytes"), &metric.name, &err));
	MUST(ptf_writer_metric(w, &metric, &column.metric, &err));
	MUST(ptf_writer_process(w, &(struct ptf_process){.pid = 1}, &process, &err));
	MUST(ptf_writer_thread(w, &(struct ptf_thread){process, 1, true, 0}, &thread,
		&err));
	s.thread = thread;
	for (int64_t round = 0; round < 2; round++) {
		s.time_ns = timed;
		s.count = 2;
		s.columns = &time_column;
		MUST(ptf_writer_samples(w, &s, &err));
		s.time_ns = other;
		s.count = 3;
		s.columns = &column;
		MUST(ptf_writer_samples(w, &s, &err));
		for (size_t i = 0; i < 3; i++)
			other[i] += 200;
		timed[0] += 200;
		timed[1] += 200;
		if (round == 0)
			MUST(ptf_writer_flush(w, &err));
	}
	other[0] = 100; /* earlier than the last one of its run */
	assert_int_equal(ptf_writer_samples(w, &s, &err), PTF_ERR_USAGE);
	MUST(ptf_writer_close(w, 1000, &err));

	struct bytes b = take_scratch(fd);
	MUST(ptf_reader_open_memory(&r, b.data, b.size, NULL, &err));
	while ((rc = ptf_reader_next(r, &block, &err)) > 0) {
		const struct ptf_samples *read = &block.samples;
		if (block.kind != PTF_BLOCK_SAMPLES)
			continue;
		bool is_timed = read->columns[0].metric == PTF_TIME_METRIC;
		size_t *rows = is_timed ? &timed_rows : &other_rows;
		for (size_t i = 0; i < read->count; i++, ++*rows)
			assert_int_equal(read->time_ns[i],
				is_timed ? (int64_t)(*rows + 1) * 100
					 : (int64_t)(*rows / 3) * 200 +
						(int64_t)(*rows % 3) * 70 + 50);
	}
	assert_int_equal(rc, 0);
	assert_int_equal(timed_rows, 4);
	assert_int_equal(other_rows, 6);
	assert_null(ptf_reader_note(r, 0));
	ptf_reader_close(r);
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_traces),
		cmocka_unit_test(test_blocks_are_split),
		cmocka_unit_test(test_first_definitions),
		cmocka_unit_test(test_misuse_is_refused),
		cmocka_unit_test(test_many_strings_are_split),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_skip_samples),
		cmocka_unit_test(test_runs_of_a_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
