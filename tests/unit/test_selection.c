/* Parts of a profile, and its rows once more: tools/core/selection, replay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/walk_profile.h"
#include "tools/core/replay.h"
#include "tools/core/report.h"

static void files_match_by_their_ends(void **state)
{
	struct selection s = {0};
	const struct ptf_text path = PTF_TEXT("/home/me/src/walk.py");

	(void)state;
	assert_true(selection_has_file(&s, path));
	vec_push(&s.file_globs, "walk.p?");
	assert_true(selection_has_file(&s, path));
	assert_false(selection_has_file(&s, (struct ptf_text)PTF_TEXT("/x/talk.py")));
	assert_false(selection_has_file(&s, (struct ptf_text)PTF_TEXT("/x/sidewalk.py")));
	s.file_globs.count = 0;
	vec_push(&s.file_globs, "src/*");
	assert_true(selection_has_file(&s, path));
	selection_free(&s);
}

static void times_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t from_ns, to_ns;
	} good[] = {
		{"2s..5s", 2000 * MS, 5000 * MS},
		{"2..5", 2000 * MS, 5000 * MS},
		{"1.5..1.75s", 1500 * MS, 1750 * MS},
		{"250ms..", 250 * MS, INT64_MAX},
		{"..1m", 0, 60000 * MS},
		{"10us..1h", MS / 100, 3600000 * MS},
		{"..", 0, INT64_MAX},
		{"0..7ns", 0, 7},
	};
	static const char *const bad[] = {"", "2", "2s", "5s..2s", "2..2", "2x..3",
		"a..b", "1..2..3", "1...2", "-1..2", "1..2s ", "99999999999h.."};

	(void)state;
	for (size_t i = 0; i < WALK_COUNT(good); i++) {
		struct selection s = {0};

		if (selection_add_time(&s, good[i].text))
			fail_msg("'%s' is refused", good[i].text);
		assert_int_equal(s.from_ns, good[i].from_ns);
		assert_int_equal(s.to_ns, good[i].to_ns);
		assert_non_null(selection_add_time(&s, "1..2"));
	}
	for (size_t i = 0; i < WALK_COUNT(bad); i++) {
		struct selection s = {0};

		if (!selection_add_time(&s, bad[i]))
			fail_msg("'%s' is taken", bad[i]);
	}
}

static void classes_are_read(void **state)
{
	struct selection s = {0};

	(void)state;
	assert_null(selection_add_class(&s, "python,gil"));
	assert_int_equal(s.class_mask, 1 << PTF_CLASS_PYTHON | 1 << PTF_CLASS_GIL);
	assert_null(selection_add_class(&s, "cpu"));
	assert_int_equal(s.class_mask,
		1 << PTF_CLASS_PYTHON | 1 << PTF_CLASS_NATIVE | 1 << PTF_CLASS_KERNEL |
			1 << PTF_CLASS_UNKNOWN | 1 << PTF_CLASS_GIL);
	assert_non_null(selection_add_class(&s, "Python"));
	assert_non_null(selection_add_class(&s, "python,"));
	assert_non_null(selection_add_class(&s, ""));
}

static int64_t time_of(const struct selection *s)
{
	struct profile *p = walk_profile_of(s);
	int64_t ns[PTF_CLASS_KIND_COUNT], sum = 0;

	profile_class_times(p, ns);
	for (int i = 0; i < PTF_CLASS_KIND_COUNT; i++)
		sum += ns[i];
	profile_free(p);
	return sum / MS;
}

static void parts_add_up(void **state)
{
	struct selection s = {0}, other = {0};

	(void)state;
	assert_int_equal(time_of(&s), 1500);
	assert_null(selection_add_time(&s, "0.004..0.006"));
	assert_int_equal(time_of(&s), 300); /* kernel, wait */
	s = (struct selection){.class_mask = 1 << PTF_CLASS_NATIVE};
	assert_int_equal(time_of(&s), 210);
	s = (struct selection){0};
	vec_push(&s.thread_globs, "work*");
	assert_int_equal(time_of(&s), 540);
	s.thread_globs.item[0] = "main";
	assert_int_equal(time_of(&s), 960);
	s.thread_globs.item[0] = "100";
	assert_int_equal(time_of(&s), 960);
	s.thread_globs.count = 0;
	vec_push(&s.process_globs, "walk.py");
	assert_int_equal(time_of(&s), 1500);
	s.process_globs.item[0] = "101";
	assert_int_equal(time_of(&s), 0);
	s.process_globs.count = 0;
	vec_push(&s.function_globs, "walk");
	assert_int_equal(time_of(&s), 1440);
	s.function_globs.item[0] = "JSON*";
	assert_int_equal(time_of(&s), 50);
	/* Files: reports by line count all, where stacks are shown they are cut. */
	vec_push(&other.file_globs, "decoder.py");
	assert_int_equal(time_of(&other), 1500);
	other.keep_stacks_of_files = true;
	assert_int_equal(time_of(&other), 50);
	selection_free(&s);
	selection_free(&other);
}

static void rows_lie_in_spans(void **state)
{
	static const int64_t times[] = {1, 2, 2, 3, 5, 8, 8, 9};
	struct time_spans spans = {0};
	size_t at = 0, first, end;

	(void)state;
	vec_push(&spans.span, (struct time_span){8, 9});
	vec_push(&spans.span, (struct time_span){2, 3});
	vec_push(&spans.span, (struct time_span){0, 2});
	vec_push(&spans.span, (struct time_span){6, 6});
	vec_push(&spans.span, (struct time_span){4, 5});
	spans_settle(&spans, 1, 100);
	assert_int_equal(spans.span.count, 3); /* [1, 3) [4, 5) [8, 9) */
	assert_true(spans_have(&spans, 2));
	assert_false(spans_have(&spans, 3));
	assert_false(spans_have(&spans, 0));
	assert_true(spans_next_rows(&spans, times, 8, &at, &first, &end));
	assert_int_equal(first, 0);
	assert_int_equal(end, 3);
	assert_true(spans_next_rows(&spans, times, 8, &at, &first, &end));
	assert_int_equal(first, 5);
	assert_int_equal(end, 7);
	assert_false(spans_next_rows(&spans, times, 8, &at, &first, &end));
	at = 0;
	assert_true(spans_next_rows(NULL, times, 8, &at, &first, &end));
	assert_int_equal(end - first, 8);
	assert_false(spans_next_rows(NULL, times, 8, &at, &first, &end));
	spans_free(&spans);
}

/* The walk has the phase "phase one" of the whole run from 2 ms on. */
static void a_region_is_its_time(void **state)
{
	struct selection s = {0};

	(void)state;
	vec_push(&s.region_globs, "phase*");
	assert_int_equal(time_of(&s), 1500 - 300); /* all but the row at 1 ms */
	s.from_ns = 0;
	s.to_ns = 4 * MS;
	s.has_time = true;
	assert_int_equal(time_of(&s), 200 + 100 + 40);
	s.region_globs.item[0] = "no such";
	assert_int_equal(time_of(&s), 0);
	selection_free(&s);
}

static void counts_follow(void **state)
{
	struct selection s = {.class_mask = 1 << PTF_CLASS_NATIVE};
	struct profile *p = walk_profile_of(&s);

	(void)state;
	assert_int_equal(p->sample_count, 2);
	assert_int_equal(p->threads.item[0].sample_count, 2);
	assert_int_equal(p->threads.item[1].sample_count, 0);
	profile_free(p);
}

static void paths_are_mapped(void **state)
{
	struct selection s = {0};
	struct profile *p;
	struct ptf_text path, line;
	uint32_t file;

	(void)state;
	assert_non_null(selection_add_map(&s, "no"));
	assert_non_null(selection_add_map(&s, "=x"));
	assert_null(selection_add_map(&s, "/home/me/=src/"));
	p = walk_profile_of(&s);
	file = profile_get_function(p, 1).file;
	path = profile_string(p, file);
	assert_int_equal(path.size, strlen("src/walk.py"));
	assert_memory_equal(path.data, "src/walk.py", path.size);
	/* The text went with its name. */
	assert_true(profile_source_line(profile_source_of(p, file), 4, &line));
	profile_free(p);
	selection_free(&s);
}

static void selections_are_told(void **state)
{
	struct selection s = {0};
	char *text = selection_text(&s);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	assert_null(selection_add_time(&s, "2..5"));
	assert_null(selection_add_class(&s, "python,native"));
	vec_push(&s.thread_globs, "a*");
	vec_push(&s.thread_globs, "b");
	text = selection_text(&s);
	assert_string_equal(text,
		"time from 2.000 s to 5.000 s, thread a* or b, class python or native");
	free(text);
	selection_free(&s);
}

struct sums {
	int64_t weight_ns, last_ns[3];
	size_t rows;
};

static void on_rows(void *context, const struct replay_rows *rows)
{
	struct sums *sums = context;

	for (size_t i = 0; i < rows->count; i++) {
		assert_true(rows->time_ns[i] >= sums->last_ns[rows->thread]);
		sums->last_ns[rows->thread] = rows->time_ns[i];
		sums->weight_ns += rows->weight_ns[i];
	}
	sums->rows += rows->count;
}

static struct sums sums_of(const struct selection *s)
{
	struct profile *p = walk_profile_of(s);
	struct sums sums = {0};
	const struct replay_hooks hooks = {.context = &sums, .rows = on_rows};

	/* Twice: a replay leaves nothing behind. */
	assert_int_equal(profile_replay(p, &hooks, NULL), 0);
	sums = (struct sums){0};
	assert_int_equal(profile_replay(p, &hooks, NULL), 0);
	assert_int_equal(sums.rows, p->sample_count);
	profile_free(p);
	return sums;
}

static void a_replay_gives_the_same_rows(void **state)
{
	struct selection s = {0};

	(void)state;
	assert_int_equal(sums_of(NULL).weight_ns, 1500 * MS);
	assert_int_equal(sums_of(NULL).rows, 9);
	vec_push(&s.function_globs, "walk");
	s.class_mask = 1 << PTF_CLASS_PYTHON;
	assert_null(selection_add_time(&s, "2ms..1s"));
	assert_int_equal(sums_of(&s).weight_ns, time_of(&s) * MS);
	assert_int_equal(sums_of(&s).weight_ns, 140 * MS);
	selection_free(&s);
}

static void a_changed_file_is_told(void **state)
{
	char path[] = "/tmp/ptf-replay.XXXXXX";
	int fd = mkstemp(path), walk = walk_trace();
	struct profile *p = profile_new();
	struct ptf_error err = {0};
	const struct replay_hooks hooks = {0};
	char bytes[4096];
	ssize_t size = pread(walk, bytes, sizeof(bytes), 0);

	(void)state;
	assert_true(size > 0 && size < (ssize_t)sizeof(bytes));
	assert_int_equal(write(fd, bytes, (size_t)size), size);
	walk_must(profile_add_file(p, path, NULL, NULL));
	profile_finish(p);
	assert_int_equal(profile_replay(p, &hooks, &err), 0);
	assert_int_equal(ftruncate(fd, size / 2), 0);
	assert_true(profile_replay(p, &hooks, &err) < 0);
	assert_memory_equal(err.message, path, strlen(path));
	unlink(path);
	assert_true(profile_replay(p, &hooks, &err) < 0);
	assert_memory_equal(err.message, path, strlen(path));
	profile_free(p);
	close(fd);
	close(walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_match_by_their_ends),
		cmocka_unit_test(times_are_read),
		cmocka_unit_test(classes_are_read),
		cmocka_unit_test(parts_add_up),
		cmocka_unit_test(rows_lie_in_spans),
		cmocka_unit_test(a_region_is_its_time),
		cmocka_unit_test(counts_follow),
		cmocka_unit_test(paths_are_mapped),
		cmocka_unit_test(selections_are_told),
		cmocka_unit_test(a_replay_gives_the_same_rows),
		cmocka_unit_test(a_changed_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
