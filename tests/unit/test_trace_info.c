/* What pinfo tells of files: core/trace_info.h, emit/info.h; through libptf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <ptf/ptf.h>

#include "tools/core/digest.h"
#include "tools/emit/info.h"

#define MS INT64_C(1000000)

static char path[] = "/tmp/ptf-trace-info.XXXXXX";
static struct ptf_error err;

static void must(int rc)
{
	if (rc < 0)
		fail_msg("%s", err.message);
}

static uint32_t string(struct ptf_writer *w, const char *text)
{
	uint32_t id;

	must(ptf_writer_string(w, (struct ptf_text){text, strlen(text)}, &id, &err));
	return id;
}

/* One thread that waits and works; each row by itself when cut. */
static void write_trace(int fd, bool cut, bool other_metric)
{
	const struct ptf_section_start start = {.producer = PTF_TEXT("test"),
		.trace_id = "id",
		.time_resolution_ns = 1};
	const int64_t at[] = {MS, 2 * MS, 3 * MS}, time[] = {7 * MS, MS, 30 * MS},
		      bytes[] = {1, 2, 3};
	const struct ptf_process process = {.pid = 42};
	struct ptf_thread thread = {.tid = 43, .is_main = true};
	struct ptf_function function = {.kind = PTF_FUNCTION_PYTHON, .first_line = 1};
	struct ptf_frame frame = {.line = 5};
	struct ptf_metric metric = {.kind = PTF_METRIC_WEIGHT};
	struct ptf_value_column columns[2] = {{PTF_TIME_METRIC, 1, NULL}, {0, 1, NULL}};
	uint32_t thread_id, frame_id, node_id, class_id;
	struct ptf_class_descriptor futex = {.kind = PTF_CLASS_WAIT};
	struct ptf_writer *w;

	must(ptf_writer_open(&w, fd, NULL, &start, &err));
	must(ptf_writer_process(w, &process, &thread.process, &err));
	must(ptf_writer_thread(w, &thread, &thread_id, &err));
	if (cut)
		string(w, "a string more, so that ids differ");
	function.name = string(w, "work");
	function.file = string(w, "work.py");
	metric.name = string(w, "heap");
	metric.unit = string(w, "bytes");
	futex.detail = string(w, "futex");
	must(ptf_writer_function(w, &function, &frame.function, &err));
	must(ptf_writer_frame(w, &frame, &frame_id, &err));
	must(ptf_writer_node(w, 0, frame_id, &node_id, &err));
	must(ptf_writer_metric(w, &metric, &columns[1].metric, &err));
	must(ptf_writer_class(w, &futex, &class_id, &err));
	for (size_t i = 0; i < (cut ? 3u : 1u); i++) {
		uint32_t nodes[] = {node_id, node_id, 0},
			 classes[] = {PTF_CLASS_PYTHON, PTF_CLASS_KERNEL, class_id};

		columns[0].values = time + i;
		columns[1].values = bytes + i;
		must(ptf_writer_samples(w,
			&(struct ptf_samples){.thread = thread_id,
				.count = cut ? 1 : 3,
				.time_ns = at + i,
				.node = nodes + i,
				.class_id = classes + i,
				.columns = columns,
				.column_count = other_metric ? 2 : 1},
			&err));
		if (cut)
			must(ptf_writer_flush(w, &err));
	}
	must(ptf_writer_close(w, 40 * MS, &err));
}

static void make_file(bool cut, bool other_metric)
{
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	write_trace(fd, cut, other_metric);
	close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void write_summary(FILE *out, const struct trace_info *info,
	const struct info_view *view)
{
	must(info_write_summary(out, info, view, &err));
}

static char *as_text(void (*write)(FILE *, const struct trace_info *,
			     const struct info_view *),
	const struct trace_info *info)
{
	const struct info_view view = {.all = true};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (write)
		write(out, info, &view);
	else
		info_write_json(out, info);
	fclose(out);
	return text;
}

static void a_whole_file(void **state)
{
	const struct ptf_reader_options options = {.measure_sizes = true};
	struct trace_info info;
	char *text;

	(void)state;
	make_file(false, true);
	trace_info_init(&info);
	must(trace_info_add(&info, path, &options, NULL, &err));
	trace_info_finish(&info);
	assert_int_equal(info.files.count, 1);
	assert_true(info.files.item[0].is_whole);
	assert_true(info.has_packed_sizes);
	assert_true(trace_info_packed(&info, "samples.") > 0);
	assert_true(trace_info_packed(&info, "samples.") < trace_info_packed(&info, ""));

	text = as_text(NULL, &info);
	has(text, "\"cpu_ns\": 8000000,");
	has(text, "\"samples\": 3,");
	has(text, "\"elapsed_ns\": 40000000,");
	has(text,
		"{\"class\": \"wait\", \"detail\": \"futex\", \"samples\": 1, "
		"\"time_ns\": 30000000}");
	has(text, "{\"pid\": 42, \"tid\": 43, \"name\": \"\", \"is_main\": true, ");
	has(text,
		"{\"name\": \"heap\", \"unit\": \"bytes\", \"description\": \"\", "
		"\"samples\": 3, "
		"\"points\": 0, \"aggregates\": 0, \"edges\": 0, \"sum\": 6}");
	has(text, "\"is_whole\": true");
	free(text);

	text = as_text(info_write_text, &info);
	has(text, "yes: end and index are there");
	has(text, "kernel");
	free(text);

	text = as_text(write_summary, &info);
	has(text, "Python 18 %; kernel 3 %; wait 79 %\n   21 %  work.py:5  in work\n");
	free(text);
	trace_info_free(&info);
}

static void a_cut_file(void **state)
{
	struct trace_info info;
	char *text;

	(void)state;
	make_file(true, false);
	trace_info_init(&info);
	must(trace_info_add(&info, path, NULL, NULL, &err));
	assert_int_equal(truncate(path, (off_t)info.file_bytes - 1), 0);
	trace_info_free(&info);

	trace_info_init(&info);
	must(trace_info_add(&info, path, NULL, NULL, &err));
	trace_info_finish(&info);
	assert_false(info.files.item[0].is_whole);
	assert_int_equal(info.profile->sample_count, 3);
	text = as_text(info_write_text, &info);
	has(text, "not whole");
	free(text);
	trace_info_free(&info);
}

static void no_file(void **state)
{
	struct trace_info info;

	(void)state;
	trace_info_init(&info);
	assert_int_equal(trace_info_add(&info, "/no/such/file", NULL, NULL, &err),
		PTF_ERR_IO);
	assert_int_equal(info.files.count, 0);
	trace_info_free(&info);
	make_file(false, false); /* for the teardown */
}

static void digest_of_file(char text[33])
{
	struct digest *d = digest_new();
	struct ptf_reader *reader;
	struct ptf_block block;
	int rc;

	must(ptf_reader_open(&reader, path, NULL, &err));
	while ((rc = ptf_reader_next(reader, &block, &err)) > 0)
		digest_block(d, &block);
	must(rc);
	ptf_reader_close(reader);
	digest_finish(d, text);
}

static void the_digest_survives_another_cut_into_blocks(void **state)
{
	char whole[33], cut[33], other[33];

	(void)state;
	make_file(false, false);
	digest_of_file(whole);
	unlink(path);
	make_file(true, false);
	digest_of_file(cut);
	unlink(path);
	make_file(false, true);
	digest_of_file(other);
	assert_string_equal(whole, cut);
	assert_string_not_equal(whole, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_whole_file, end),
		cmocka_unit_test_teardown(a_cut_file, end),
		cmocka_unit_test_teardown(no_file, end),
		cmocka_unit_test_teardown(the_digest_survives_another_cut_into_blocks,
			end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
