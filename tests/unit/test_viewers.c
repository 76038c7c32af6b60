/* What the formats of viewers say of one small profile: tools/emit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/walk_profile.h"
#include "tools/core/tracks.h"

/* clang-format off: JSON stands as it is written. */

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' in:\n%s", part, text);
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	while ((text = strstr(text, part)) != NULL) {
		count++;
		text += strlen(part);
	}
	return count;
}

static void chrome_slices_are_nested_and_merged(void **state)
{
	struct emit_options o = {0};
	char *text = walk_as("chrome", &o);

	(void)state;
	has(text,
		"{\"ph\": \"M\", \"name\": \"thread_name\", \"pid\": 100, \"tid\": 101, "
		"\"args\": {\"name\": \"worker, thread 101\"}}");
	/* 500 ms of step, 200 ms of them native, in 900 ms of walk: a row of 300 ms
	   ends at 1 ms, what follows finds no room before. */
	has(text,
		"{\"ph\": \"X\", \"ts\": -299000, \"dur\": 499999.984375, \"pid\": 100, "
		"\"tid\": 100, \"name\": \"step\", \"cat\": \"python\", "
		"\"args\": {\"file\": \"/home/me/walk.py\", \"line\": 2}}");
	has(text,
		"{\"ph\": \"X\", \"ts\": 1000, \"dur\": 199999.984375, \"pid\": 100, "
		"\"tid\": 100, \"name\": \"[native]\", \"cat\": \"native\"}");
	has(text,
		"\"ts\": -549000, \"dur\": 899999.984375, \"pid\": 100, \"tid\": 100, "
		"\"name\": \"walk\"");
	has(text, "\"name\": \"[no stack]\"");
	has(text,
		"{\"ph\": \"b\", \"cat\": \"mark\", \"name\": \"phase one\", \"ts\": "
		"2000");
	has_not(text, "stackFrames");
	free(text);
}

static void chrome_outer_slices_come_first(void **state)
{
	struct emit_options o = {.metric = EMIT_METRIC_CPU};
	char *text = walk_as("chrome", &o);
	char *inner = strstr(text, "JSONDecoder.decode");

	(void)state;
	/* The worker's three slices begin and end together. */
	has(text, "\"tid\": 101, \"name\": \"\\u003cmodule\\u003e\"");
	has_not(text, "[wait]");
	assert_non_null(inner);
	inner = strstr(text, "\"tid\": 101, \"name\": \"step\"");
	assert_true(strstr(text, "\"tid\": 101, \"name\": \"\\u003cmodule") < inner);
	assert_true(strstr(text, "\"tid\": 101, \"name\": \"walk\"") < inner);
	free(text);
}

static void chrome_without_lines_merges_functions(void **state)
{
	struct emit_options o = {.no_lines = true};
	char *text = walk_as("chrome", &o);

	(void)state;
	has(text,
		"\"name\": \"walk\", \"cat\": \"python\", "
		"\"args\": {\"file\": \"/home/me/walk.py\", \"line\": 4}");
	free(text);
}

static void chrome_samples_are_an_option(void **state)
{
	struct emit_options o = {.stack_samples = true};
	char *text = walk_as("chrome", &o);

	(void)state;
	has(text,
		"\"stackFrames\": {\n  \"1\": {\"name\": \"\\u003cmodule\\u003e\", "
		"\"category\": \"/home/me/walk.py:8\"},\n");
	has(text,
		"\"3\": {\"name\": \"step\", \"category\": \"/home/me/walk.py:2\", "
		"\"parent\": \"2\"}");
	has(text,
		"{\"cpu\": 0, \"pid\": 100, \"tid\": 100, \"ts\": 1000, "
		"\"name\": \"python\", \"sf\": \"3\", \"weight\": 300000}");
	assert_int_equal(count_of(text, "\"weight\": "), 9);
	free(text);
}

static void speedscope_has_a_profile_for_each_thread_and_metric(void **state)
{
	struct emit_options o = {0};
	char *text = walk_as("speedscope", &o);

	(void)state;
	has(text,
		"   \"name\": \"thread 100, CPU time\",\n"
		"   \"unit\": \"nanoseconds\",\n"
		"   \"samples\": [[1, 2, 3], [1, 2, 3], [1, 2], [1, 2], [1, 4], [0], "
		"[]],\n"
		"   \"weights\": [300000000, 200000000, 100000000, 50000000, 50000000, "
		"10000000, 589000000],\n"
		"   \"startValue\": -299000000,\n"
		"   \"endValue\": 1000000000\n");
	has(text,
		"   \"name\": \"worker, thread 101, time with waits\",\n"
		"   \"unit\": \"nanoseconds\",\n"
		"   \"samples\": [[1, 2, 3], [1, 2, 3], [1, 2, 3], []],\n"
		"   \"weights\": [494000000, 40000000, 6000000, 992000000],\n");
	has(text, "{\"name\": \"step\", \"file\": \"/home/me/walk.py\", \"line\": 2}");
	has(text, "\"activeProfileIndex\": 0");
	assert_int_equal(count_of(text, "\"type\": \"sampled\""), 4);
	free(text);
	o.metric = EMIT_METRIC_CPU;
	o.no_lines = true;
	text = walk_as("speedscope", &o);
	assert_int_equal(count_of(text, "\"type\": \"sampled\""), 2);
	has(text, "{\"name\": \"walk\", \"file\": \"/home/me/walk.py\", \"line\": 4}");
	free(text);
}

static void firefox_has_a_sample_for_each_row(void **state)
{
	struct emit_options o = {0};
	char *text = walk_as("firefox", &o);

	(void)state;
	has(text,
		"    \"stack\": [2, 3, 1, 4, 5, 6, 7],\n"
		"    \"time\": [1, 2, 3, 4, 5, 6, 7],\n"
		"    \"weight\": [300, 200, 100, 50, 250, 50, 10],\n"
		"    \"threadCPUDelta\": [300000000, 200000000, 100000000, 50000000, 0, "
		"50000000, 10000000],\n");
	/* <module>, walk, step, step native, walk kernel, walk waiting, decode,
	   [no stack], step waiting for the GIL */
	has(text, "   \"prefixOffset\": [0, 1, 1, 2, 4, 5, 6, 0, 7],\n");
	has(text, "   \"category\": [1, 1, 1, 2, 3, 6, 1, 2, 5],\n");
	has(text, "   \"line\": [8, 6, 2, 2, 6, 6, 10, null, 2],\n");
	has(text,
		"{\"name\": \"GIL\", \"color\": \"orange\", \"subcategories\": "
		"[\"Other\"]}");
	has(text,
		"    \"name\": [0],\n    \"startTime\": [2],\n    \"endTime\": [null],\n"
		"    \"phase\": [2],\n");
	has(text,
		"   \"content\": [\"def step():\\n\\treturn random.random() "
		"\\u003e 0.5  # gr\xc3\xb6\xc3\x9f"
		"er\\n");
	free(text);
	o.metric = EMIT_METRIC_CPU;
	text = walk_as("firefox", &o);
	has(text, "    \"weight\": [300, 200, 100, 50, 50, 10],\n");
	free(text);
}

/* A part of a recording that began at 0: a row of its one thread, a mark of the run. Its
   file, which is read again. */
static int add_part(struct profile *p, int64_t begin_ns, const char *mark_name)
{
	const int64_t time_ns = 10, weight_ns = 10;
	const uint32_t node = 0, class_id = PTF_CLASS_NATIVE;
	const struct ptf_value_column column = {PTF_TIME_METRIC, 0, &weight_ns};
	const struct ptf_section_start start = {.trace_id = "id",
		.origin_monotonic_ns = begin_ns,
		.origin_realtime_ns = begin_ns};
	struct ptf_samples samples = {.count = 1,
		.time_ns = &time_ns,
		.node = &node,
		.class_id = &class_id,
		.columns = &column,
		.column_count = 1};
	struct ptf_thread thread = {.tid = 7, .is_main = true, .start_ns = -begin_ns};
	const struct ptf_process process = {.pid = 7, .start_ns = -begin_ns};
	struct ptf_mark mark = {.time_ns = 5};
	int fd = memfd_create("part", 0);
	struct ptf_writer *w;
	char path[40];

	walk_must(ptf_writer_open(&w, fd, NULL, &start, NULL));
	walk_must(ptf_writer_process(w, &process, &thread.process, NULL));
	walk_must(ptf_writer_thread(w, &thread, &samples.thread, NULL));
	walk_must(ptf_writer_samples(w, &samples, NULL));
	walk_must(ptf_writer_string(w, (struct ptf_text){mark_name, strlen(mark_name)},
		&mark.name, NULL));
	walk_must(ptf_writer_marks(w, &(struct ptf_marks){&mark, 1}, NULL));
	walk_must(ptf_writer_close(w, 1000, NULL));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	walk_must(profile_add_file(p, path, NULL, NULL));
	return fd;
}

static void firefox_has_the_marks_of_all_parts(void **state)
{
	struct emit_options o = {0};
	struct profile *p = profile_new();
	int files[2];
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	files[0] = add_part(p, 0, "early");
	files[1] = add_part(p, 1000, "late");
	profile_finish(p);
	assert_int_equal(p->threads.count, 1);
	walk_must(emit_format_named("firefox")->write(out, p, &o, NULL));
	fclose(out);
	has(text, "\"early\"");
	has(text, "\"late\"");
	free(text);
	profile_free(p);
	close(files[0]);
	close(files[1]);
}

static void csv_has_a_row_for_each_line_and_class(void **state)
{
	struct emit_options o = {0};
	char *text = walk_as("csv", &o);

	(void)state;
	assert_string_equal(text,
		"file,line,function,class,self_ns,total_ns\n"
		",,[no stack],native,10000000,10000000\n"
		"/home/me/walk.py,2,step,python,340000000,340000000\n"
		"/home/me/walk.py,2,step,native,200000000,200000000\n"
		"/home/me/walk.py,6,walk,python,100000000,440000000\n"
		"/home/me/walk.py,6,walk,native,0,200000000\n"
		"/home/me/walk.py,6,walk,kernel,50000000,50000000\n"
		"/home/me/walk.py,6,walk,wait,250000000,250000000\n"
		"/home/me/walk.py,8,<module>,python,0,490000000\n"
		"/home/me/walk.py,8,<module>,native,0,200000000\n"
		"/home/me/walk.py,8,<module>,kernel,0,50000000\n"
		"/home/me/walk.py,8,<module>,wait,0,250000000\n"
		"/usr/lib/python3.11/json/"
		"decoder.py,10,JSONDecoder.decode,python,50000000,"
		"50000000\n");
	free(text);
	o.threads = true;
	text = walk_as("csv", &o);
	has(text, "process,thread,file,line,function,class,self_ns,total_ns\n");
	has(text,
		"python3 100,thread "
		"100,/home/me/walk.py,2,step,python,300000000,300000000\n");
	has(text,
		"python3 100,\"worker, thread "
		"101\",/home/me/walk.py,2,step,gil,500000000,"
		"500000000\n");
	free(text);
}

/* Two recordings of the same process id, each with a thread of the same id. */
static void ids_of_tracks_are_unique(void **state)
{
	struct profile *p = profile_new();
	struct tracks tracks;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct profile_feed *feed = profile_feed_new(p, "walk.ptf");

		for (int block = 0; block < WALK_BLOCK_COUNT; block++)
			profile_feed_block(feed, &walk_blocks[block]);
		profile_feed_free(feed);
	}
	profile_finish(p);
	tracks_make(&tracks, p);
	assert_int_equal(tracks.items.item[0].pid, 100);
	assert_int_equal(tracks.items.item[0].tid, 100);
	assert_int_equal(tracks.items.item[1].pid, 100);
	assert_int_equal(tracks.items.item[1].tid, 101);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(tracks.items.item[i].tid,
				tracks.items.item[k].tid);
	assert_true(tracks.items.item[2].pid > 4194304);
	assert_int_equal(tracks.items.item[2].tid, tracks.items.item[2].pid);
	assert_int_equal(tracks.items.item[3].pid, tracks.items.item[2].pid);
	tracks_free(&tracks);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chrome_slices_are_nested_and_merged),
		cmocka_unit_test(chrome_outer_slices_come_first),
		cmocka_unit_test(chrome_without_lines_merges_functions),
		cmocka_unit_test(chrome_samples_are_an_option),
		cmocka_unit_test(speedscope_has_a_profile_for_each_thread_and_metric),
		cmocka_unit_test(firefox_has_a_sample_for_each_row),
		cmocka_unit_test(firefox_has_the_marks_of_all_parts),
		cmocka_unit_test(csv_has_a_row_for_each_line_and_class),
		cmocka_unit_test(ids_of_tracks_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
