/* Time by file, line and function: core/profile.h, report.h, selection.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/walk_profile.h"
#include "tools/core/report.h"

static struct profile *p;
static struct report r;

static int begin(void **state)
{
	(void)state;
	p = walk_profile();
	return 0;
}

static int end(void **state)
{
	(void)state;
	report_free(&r);
	profile_free(p);
	return 0;
}

static const struct report_file *file_named(const char *name)
{
	for (size_t i = 0; i < r.files.count; i++) {
		struct ptf_text t = profile_string(p, r.files.item[i].file);

		if (t.size == strlen(name) && !memcmp(t.data, name, t.size))
			return &r.files.item[i];
	}
	fail_msg("no file %s", name);
	return NULL;
}

static const struct report_line *line_of(const struct report_file *f, uint32_t line)
{
	for (size_t i = 0; i < f->lines.count; i++)
		if (f->lines.item[i].line == line)
			return &f->lines.item[i];
	fail_msg("no line %u", line);
	return NULL;
}

static const struct report_function *function_of(const struct report_file *f,
	const char *name)
{
	for (size_t i = 0; i < f->functions.count; i++) {
		uint32_t id = profile_get_function(p, f->functions.item[i].function).name;
		struct ptf_text t = profile_string(p, id);

		if (t.size == strlen(name) && !memcmp(t.data, name, t.size))
			return &f->functions.item[i];
	}
	fail_msg("no function %s", name);
	return NULL;
}

static void what_counts_is_cpu_and_waits_of_main_threads(void **state)
{
	const struct report_options o = {0};

	(void)state;
	report_make(&r, p, &o);
	assert_int_equal(r.all_ns, 1000 * MS);
	assert_int_equal(r.all.ns[PTF_CLASS_PYTHON], 490 * MS);
	assert_int_equal(r.all.ns[PTF_CLASS_NATIVE], 210 * MS);
	assert_int_equal(r.all.ns[PTF_CLASS_KERNEL], 50 * MS);
	assert_int_equal(r.all.ns[PTF_CLASS_WAIT], 250 * MS);
	assert_int_equal(r.all.ns[PTF_CLASS_GIL], 0);
	assert_int_equal(r.other_waits_ns, 500 * MS);
}

static void all_waits_count_when_asked_for(void **state)
{
	const struct report_options o = {.wait_all = true};

	(void)state;
	report_make(&r, p, &o);
	assert_int_equal(r.all_ns, 1500 * MS);
	assert_int_equal(r.other_waits_ns, 0);
	assert_int_equal(line_of(file_named("/home/me/walk.py"), 2)
				 ->self.ns[PTF_CLASS_GIL],
		500 * MS);
}

static void no_waits_count_when_CPU_time_is_asked_for(void **state)
{
	const struct report_options o = {.cpu_only = true};

	(void)state;
	report_make(&r, p, &o);
	assert_int_equal(r.all_ns, 750 * MS);
	assert_int_equal(class_times_cpu(&r.all), 750 * MS);
	assert_int_equal(r.other_waits_ns, 750 * MS);
}

static void time_without_samples_is_CPU_time(void **state)
{
	struct class_times t = {{0}};

	(void)state;
	assert_false(class_times_lack_samples(&t));
	t.ns[PTF_CLASS_UNKNOWN] = 700 * MS;
	t.ns[PTF_CLASS_WAIT] = 100 * MS;
	assert_int_equal(class_times_cpu(&t), 700 * MS);
	assert_true(class_times_lack_samples(&t));
	t.ns[PTF_CLASS_PYTHON] = 69300 * MS;
	assert_false(class_times_lack_samples(&t));
}

static void one_thread(void **state)
{
	const struct report_options o = {.only_thread = 2};

	(void)state;
	report_make(&r, p, &o);
	assert_int_equal(r.all_ns, 540 * MS);
	assert_int_equal(r.files.count, 1);
}

static void lines_have_self_and_total(void **state)
{
	const struct report_options o = {0};
	const struct report_file *f;

	(void)state;
	report_make(&r, p, &o);
	f = file_named("/home/me/walk.py");
	assert_ptr_equal(f, &r.files.item[0]); /* the busiest first */
	assert_int_equal(line_of(f, 2)->self.ns[PTF_CLASS_PYTHON], 340 * MS);
	assert_int_equal(line_of(f, 2)->self.ns[PTF_CLASS_NATIVE], 200 * MS);
	assert_int_equal(line_of(f, 6)->self.ns[PTF_CLASS_WAIT], 250 * MS);
	assert_int_equal(line_of(f, 6)->total_ns, 940 * MS);
	assert_int_equal(class_times_sum(&line_of(f, 8)->self), 0);
	assert_int_equal(line_of(f, 8)->total_ns, 990 * MS);
	assert_int_equal(class_times_sum(&f->self), 940 * MS);
	assert_int_equal(function_of(f, "walk")->total_ns, 940 * MS);
	assert_int_equal(class_times_system(&function_of(f, "walk")->self), 300 * MS);
	assert_int_equal(function_of(f, "walk")->line, 4);
}

static void all_time_is_somewhere(void **state)
{
	const struct report_options options[] = {{0}, {.wait_all = true},
		{.charge = CHARGE_USER}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int64_t files = 0, functions = 0;

		report_make(&r, p, &options[i]);
		for (size_t k = 0; k < r.files.count; k++) {
			files += class_times_sum(&r.files.item[k].self);
			for (size_t n = 0; n < r.files.item[k].functions.count; n++)
				functions += class_times_sum(
					&r.files.item[k].functions.item[n].self);
		}
		assert_int_equal(files, r.all_ns);
		assert_int_equal(functions, r.all_ns);
		if (i < 2)
			report_free(&r);
	}
}

static void library_time_can_go_to_who_called_it(void **state)
{
	const struct report_options o = {.charge = CHARGE_USER};
	const struct report_file *f;

	(void)state;
	report_make(&r, p, &o);
	f = file_named("/home/me/walk.py");
	assert_int_equal(line_of(f, 8)->self.ns[PTF_CLASS_PYTHON], 50 * MS);
	assert_int_equal(class_times_sum(
				 &file_named("/usr/lib/python3.11/json/decoder.py")
					  ->self),
		0);
}

static void recursion_counts_once(void **state)
{
	/* step calls itself. */
	static const struct ptf_node nodes[] = {{3, 3}, {5, 3}};
	static const int64_t at[] = {20 * MS}, time[] = {7 * MS};
	static const struct ptf_kind kinds[] = {{6, PTF_CLASS_PYTHON}};
	static const uint32_t kind[] = {WALK_KIND_COUNT + 1};
	const struct ptf_value_column column = {1, 1, time};
	const struct ptf_block more[] = {
		{.kind = PTF_BLOCK_DEFINITIONS,
			.definitions = {.first_node = 5,
				.node_count = 2,
				.nodes = nodes,
				.first_kind = WALK_KIND_COUNT + 1,
				.kind_count = 1,
				.kinds = kinds}},
		{.kind = PTF_BLOCK_SAMPLES,
			.samples = {.thread = 1,
				.count = 1,
				.time_ns = at,
				.columns = &column,
				.column_count = 1,
				.kind = kind}},
	};
	const struct report_options o = {0};
	struct profile_feed *feed;

	(void)state;
	profile_free(p);
	p = profile_new();
	feed = profile_feed_new(p, "walk.ptf");
	for (int i = 0; i < WALK_BLOCK_COUNT; i++)
		profile_feed_block(feed, &walk_blocks[i]);
	profile_feed_block(feed, &more[0]);
	profile_feed_block(feed, &more[1]);
	profile_feed_free(feed);
	profile_finish(p);
	report_make(&r, p, &o);
	assert_int_equal(line_of(file_named("/home/me/walk.py"), 2)->total_ns, 547 * MS);
	assert_int_equal(function_of(file_named("/home/me/walk.py"), "step")->total_ns,
		547 * MS);
}

static void two_inputs_share_code_but_not_threads(void **state)
{
	const struct report_options o = {0};
	struct profile_feed *feed;

	(void)state;
	profile_free(p);
	p = profile_new();
	for (int n = 0; n < 2; n++) {
		feed = profile_feed_new(p, "walk.ptf");
		for (int i = 0; i < WALK_BLOCK_COUNT; i++)
			profile_feed_block(feed, &walk_blocks[i]);
		profile_feed_free(feed);
	}
	profile_finish(p);
	assert_int_equal(p->sections.count, 2);
	assert_int_equal(p->processes.count, 2);
	assert_int_equal(p->threads.count, 4);
	assert_int_equal(p->nodes.items.count, 4);
	assert_int_equal(p->sample_count, 18);
	assert_int_equal(p->losses.count, 2);
	report_make(&r, p, &o);
	assert_int_equal(r.all_ns, 2000 * MS);
	assert_int_equal(line_of(file_named("/home/me/walk.py"), 6)
				 ->self.ns[PTF_CLASS_KERNEL],
		100 * MS);
}

static void native_frames_show_symbols_or_modules(void **state)
{
	static const struct ptf_text strings[] = {PTF_TEXT("/usr/lib/libm.so.6"),
		PTF_TEXT("sin"), PTF_TEXT("do_sin"), PTF_TEXT("s_sin.c")};
	static const struct ptf_module modules[] = {{14, {"", 0}}};
	static const struct ptf_frame frames[] = {{.module = 1, .module_offset = 0x1234},
		{.module = 1, .module_offset = 0x99},
		{.module = 1, .module_offset = 0x77}};
	static const struct ptf_symbol symbols[] = {{.frame = 5,
							    .name = 15,
							    .file = 17,
							    .line = 80,
							    .inline_depth = 1},
		{.frame = 5, .name = 16, .file = 17, .line = 12, .inline_depth = 0}};
	const struct ptf_block more[] = {
		{.kind = PTF_BLOCK_DEFINITIONS,
			.definitions = {.first_string = 14,
				.string_count = 4,
				.strings = strings,
				.first_module = 1,
				.module_count = 1,
				.modules = modules,
				.first_frame = 5,
				.frame_count = 3,
				.frames = frames}},
		{.kind = PTF_BLOCK_FACTS,
			.facts = {.symbols = symbols, .symbol_count = 2}},
	};
	struct profile_feed *feed;
	const uint32_t *place;
	struct ptf_text name;
	size_t count;

	(void)state;
	profile_free(p);
	p = profile_new();
	feed = profile_feed_new(p, "walk.ptf");
	for (int i = 0; i < WALK_BLOCK_COUNT; i++)
		profile_feed_block(feed, &walk_blocks[i]);
	profile_feed_block(feed, &more[0]);
	profile_feed_block(feed, &more[1]);
	profile_feed_free(feed);
	profile_finish(p);
	place = profile_frame_places(p, 5, &count);
	assert_int_equal(count, 2); /* do_sin inlined into sin */
	assert_int_equal(profile_get_place(p, place[0]).line, 12);
	name = profile_string(p,
		profile_get_function(p, profile_get_place(p, place[1]).function).name);
	assert_memory_equal(name.data, "sin", 3);
	place = profile_frame_places(p, 6, &count);
	assert_int_equal(count, 1);
	name = profile_string(p,
		profile_get_function(p, profile_get_place(p, place[0]).function).name);
	assert_int_equal(name.size, strlen("libm.so.6 (no symbols)"));
	assert_memory_equal(name.data, "libm.so.6 (no symbols)", name.size);
	/* One place for all of a module, whatever the address. */
	assert_int_equal(place[0], *profile_frame_places(p, 7, &count));
}

static void source_lines(void **state)
{
	const struct profile_source *s;
	struct ptf_text text;

	(void)state;
	s = profile_source_of(p, intern_lookup(&p->strings, "/home/me/walk.py", 16));
	assert_non_null(s);
	assert_true(profile_source_line(s, 1, &text));
	assert_memory_equal(text.data, "def step():", text.size);
	assert_int_equal(text.size, 11);
	assert_true(profile_source_line(s, 3, &text));
	assert_int_equal(text.size, 0);
	assert_true(profile_source_line(s, 8, &text));
	assert_false(profile_source_line(s, 9, &text));
	assert_false(profile_source_line(s, 0, &text));
	assert_false(profile_source_line(NULL, 1, &text));
}

#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_counts_is_cpu_and_waits_of_main_threads),
		T(all_waits_count_when_asked_for),
		T(no_waits_count_when_CPU_time_is_asked_for),
		T(time_without_samples_is_CPU_time),
		T(one_thread),
		T(lines_have_self_and_total),
		T(all_time_is_somewhere),
		T(library_time_can_go_to_who_called_it),
		T(recursion_counts_once),
		T(two_inputs_share_code_but_not_threads),
		T(native_frames_show_symbols_or_modules),
		T(source_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
