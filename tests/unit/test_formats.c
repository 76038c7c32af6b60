/* What the formats say of one small profile: tools/emit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/walk_profile.h"
#include "tools/emit/dump.h"

/* clang-format off: lines of tables and JSON stand as they are written. */

static struct emit_options options(void)
{
	return (struct emit_options){.min_percent = 1, .terminal = {.unicode = true}};
}

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

static void table(void **state)
{
	struct emit_options o = options();
	char *text = walk_as("table", &o);

	(void)state;
	has(text,
		"python3 walk.py\nelapsed 1.00 s, CPU 750 ms, 1 process, 2 threads, 9 "
		"samples\n");
	has(text,
		"100 % is 1.00 s: CPU time of all threads and waits of main threads.\n"
		"Without 500 ms that other threads waited (--wait all, --threads).\n"
		"system: kernel + ready to run + waiting for the GIL + other waits "
		"(--classes "
		"splits it).\n");
	has(text,
		"walk.py: % of time =  94.00% (940 ms) out of 1.00 s.\n"
		"       ╷       ╷       ╷       ╷       ╷\n"
		"       │Time   │–––––– │–––––– │–––––– │\n"
		"  Line │Python │native │system │total  │walk.py\n"
		"╺━━━━━━┿━━━━━━━┿━━━━━━━┿━━━━━━━┿━━━━━━━┿━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━"
		"━━━━━━━━━━━━━╸\n"
		"     1 │       │       │       │       │def step():\n"
		"     2 │   34% │   20% │       │   54% │        return random.random() "
		"> 0.5  # größer\n"
		"     3 │       │       │       │       │\n"
		"     4 │       │       │       │       │def walk(n):\n"
		"     5 │       │       │       │       │    for i in range(n):\n"
		"     6 │   10% │       │   30% │   94% │        step()\n"
		"     7 │       │       │       │       │\n"
		"     8 │       │       │       │   99% │walk(1000); json.loads('日本')\n"
		"╶──────┼───────┼───────┼───────┼───────┼────────────────────────────────"
		"─────────────╴\n"
		"       │       │       │       │       │function summary for "
		"walk.py\n"
		"     1 │   34% │   20% │       │   54% │step\n"
		"     1 │       │       │       │   99% │<module>\n"
		"     4 │   10% │       │   30% │   94% │walk\n"
		"       ╵       ╵       ╵       ╵       ╵\n");
	has(text, "/usr/lib/python3.11/json/decoder.py: % of time =   5.00% (50.0 ms)");
	has(text, "[no stack]");
	has_not(text, "\033");
	free(text);
}

/* What has no file stands among the files, by its time. */
static void time_without_a_file_has_its_place(void **state)
{
	struct profile *p = walk_profile();
	struct emit_options o = options();
	char *text, *first, *second;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < p->cells.count; i++)
		if (p->cells.item[i].node == 0)
			p->cells.item[i].time_ns = 60 * MS;
	walk_must(emit_format_named("table")->write(out, p, &o, NULL));
	fclose(out);
	/* Whatever its time: readers look for their own files. */
	first = strstr(text, "decoder.py: % of time =   4.76% (50.0 ms)");
	second = strstr(text, "(no source file): % of time =   5.71% (60.0 ms)");
	assert_non_null(first);
	assert_non_null(second);
	assert_true(first < second);
	profile_free(p);
	free(text);
}

static void table_in_ascii(void **state)
{
	struct emit_options o = options();
	char *text;

	(void)state;
	o.terminal.unicode = false;
	o.terminal.columns = 70;
	text = walk_as("table", &o);
	has(text,
		"       |Time   |------ |------ |------ |\n"
		"  Line |Python |native |system |total  |walk.py\n"
		"=======+=======+=======+=======+=======+=============================="
		"\n");
	has(text, "|        return random.random(>\n");
	has(text, "/usr/lib/python3.11/json/decoder.py: 5.00% (50.0 ms)\n");
	for (char *c = text; *c; c++)
		assert_true((unsigned char)*c < 0x80);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 70);
	free(text);
}

static void table_reduced(void **state)
{
	struct emit_options o = options();
	char *text;

	(void)state;
	o.reduced = true;
	text = walk_as("table", &o);
	has(text,
		"   ... │       │       │       │       │\n"
		"     2 │   34% │");
	has_not(text, "for i in range");
	free(text);
	o.sort = EMIT_SORT_TOTAL;
	text = walk_as("table", &o);
	has(text,
		"     8 │       │       │       │   99% │walk(1000); json.loads('日本')\n"
		"     6 │   10% │       │   30% │   94% │        step()\n");
	free(text);
}

static void table_of_cpu_time(void **state)
{
	struct emit_options o = options();
	char *text;

	(void)state;
	o.metric = EMIT_METRIC_CPU;
	text = walk_as("table", &o);
	has(text,
		"100 % is 750 ms: CPU time of all threads, without waits.\n"
		"Without 750 ms of waits (--metric wall).\n");
	has(text, "  Line │Python │native │kernel │total  │walk.py\n");
	has(text, "     2 │   45% │   27% │       │   72% │");
	has(text, "     6 │   13% │       │    7% │   92% │");
	free(text);
}

static void a_narrow_table(void **state)
{
	static const unsigned columns[] = {60, 72, 80};
	struct emit_options o = options();

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *text;

		o.terminal = (struct terminal){.columns = columns[i]};
		text = walk_as("table", &o);
		has(text, "son/decoder.py: ");
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			assert_true(strlen(line) <= columns[i]);
		free(text);
	}
}

/* 200 lines of 0.5 % each: the file has its time, no line has 1 %. */
static void a_file_of_many_small_lines(void **state)
{
	struct profile *p = profile_new();
	struct profile_feed *feed = profile_feed_new(p, "walk.ptf");
	struct emit_options o = options();
	struct ptf_frame frames[200];
	struct ptf_node nodes[200];
	int64_t at[200], time[200];
	struct ptf_kind kinds[200];
	uint32_t kind[200];
	struct ptf_value_column column = {1, 1, time};
	struct ptf_block definitions = walk_blocks[1];
	const struct ptf_block samples = {.kind = PTF_BLOCK_SAMPLES,
		.samples = {.thread = 1,
			.count = 200,
			.time_ns = at,
			.columns = &column,
			.column_count = 1,
			.kind = kind}};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		frames[i] = (struct ptf_frame){.function = 4, .line = 100 + i};
		nodes[i] = (struct ptf_node){0, i + 1};
		at[i] = time[i] = MS;
		kinds[i] = (struct ptf_kind){i + 1,
			i == 150 ? PTF_CLASS_NATIVE : PTF_CLASS_PYTHON};
		kind[i] = i + 1;
	}
	time[150] = 3 * MS / 2;
	time[7] = MS / 100;
	definitions.definitions.frame_count = definitions.definitions.node_count = 200;
	definitions.definitions.frames = frames;
	definitions.definitions.kind_count = 200;
	definitions.definitions.kinds = kinds;
	definitions.definitions.nodes = nodes;
	profile_feed_block(feed, &walk_blocks[0]);
	profile_feed_block(feed, &definitions);
	profile_feed_block(feed, &samples);
	profile_feed_free(feed);
	profile_finish(p);
	walk_must(emit_format_named("table")->write(out, p, &o, NULL));
	fclose(out);
	has(text,
		"   250 │       │  0.8% │       │  0.8% │\n"
		"   100 │  0.5% │       │       │  0.5% │\n"
		"   101 │  0.5% │       │       │  0.5% │\n"
		"   102 │  0.5% │       │       │  0.5% │\n"
		"   103 │  0.5% │       │       │  0.5% │\n"
		"   ... │       │       │       │       │(195 more lines with time)\n");
	has(text, "     8 │   99% │       │       │  100% │JSONDecoder.decode\n");
	profile_free(p);
	free(text);
}

static void table_with_hot_lines(void **state)
{
	struct emit_options o = options();
	char *text;

	(void)state;
	o.terminal.color = true;
	text = walk_as("table", &o);
	has(text, "\033[1;31m     2 \033[0m");
	has_not(text, "\033[1;31m     8 ");
	free(text);
}

static void table_by_classes_and_threads(void **state)
{
	struct emit_options o = options();
	char *text;

	(void)state;
	o.classes = true;
	o.threads = true;
	text = walk_as("table", &o);
	has(text, "\nworker, 101\n100 % is");
	has(text,
		"\n    0.040 │          │          │          │    0.500 │          "
		"│worker, 101\n");
	has(text, "100 % is 540 ms: CPU time and waits of this thread.");
	has(text, "  Line │Python │native │kernel │ready  │GIL    │wait   │total  │");
	has(text, "     2 │    7% │       │       │       │   93% │       │  100% │");
	free(text);
}

static void table_of_some_files(void **state)
{
	struct emit_options o = options();
	char *text;

	(void)state;
	vec_push(&o.selection.file_globs, "decoder.py");
	text = walk_as("table", &o);
	has(text, "decoder.py: % of time =   5.00%");
	has(text, "2 files not asked for: 95.00% (950 ms).");
	free(text);
	o.selection.file_globs.count = 0;
	o.min_percent = 10;
	text = walk_as("table", &o);
	has(text, "2 files of less than 10 % not shown, 6.00% (60.0 ms) in all");
	free(text);
	selection_free(&o.selection);
}

static void folded(void **state)
{
	struct emit_options o = options();
	char *text = walk_as("folded", &o);

	(void)state;
	assert_string_equal(text,
		"<module> (/home/me/walk.py:8);JSONDecoder.decode "
		"(/usr/lib/python3.11/json/decoder.py:10) 50000\n"
		"<module> (/home/me/walk.py:8);walk (/home/me/walk.py:6) 150000\n"
		"<module> (/home/me/walk.py:8);walk (/home/me/walk.py:6);step "
		"(/home/me/walk.py:2) 540000\n"
		"[no stack] 10000\n");
	free(text);
	o.metric = EMIT_METRIC_WALL;
	o.threads = true;
	o.no_lines = true;
	text = walk_as("folded", &o);
	has(text,
		"worker, thread 101;<module> (/home/me/walk.py);walk "
		"(/home/me/walk.py);step "
		"(/home/me/walk.py) 540000\n");
	free(text);
	o = options();
	o.metric = EMIT_METRIC_SAMPLES;
	text = walk_as("folded", &o);
	has(text, "walk (/home/me/walk.py:6) 3\n");
	free(text);
}

static void json(void **state)
{
	struct emit_options o = options();
	char *text = walk_as("json", &o);

	(void)state;
	has(text, "\"program\": \"walk.py\"");
	has(text, "\"ptf_weight\": \"wall\",\n \"ptf_waits\": \"main\"");
	has(text, "\"elapsed_time_sec\": 1.000000000");
	has(text, "\"ptf_all_ns\": 1000000000");
	has(text, "\"ptf_other_waits_ns\": 500000000");
	has(text,
		"{\"lineno\": 2, \"line\": \"\\treturn random.random() \\u003e 0.5  # "
		"größer\", "
		"\"start_region_line\": 1, \"end_region_line\": 2, ");
	has(text,
		"\"ptf_wait_ns\": 250000000, \"ptf_unknown_ns\": 0, \"ptf_total_ns\": "
		"940000000, \"ptf_await_ns\": 0, \"ptf_total_await_ns\": 0}");
	has(text,
		"[[\"/home/me/walk.py \\u003cmodule\\u003e:8;\", \"/home/me/walk.py "
		"walk:6;\", "
		"\"/home/me/walk.py step:2;\"], {\"count\": 3, \"python_time\": 0.34, "
		"\"c_time\": 0.2, \"cpu_samples\": 0.54,");
	free(text);
	o.metric = EMIT_METRIC_CPU;
	text = walk_as("json", &o);
	has(text, "\"ptf_weight\": \"cpu\",\n \"ptf_waits\": \"none\"");
	has(text, "\"ptf_all_ns\": 750000000");
	has(text, "\"ptf_other_waits_ns\": 750000000");
	has(text,
		"\"ptf_wait_ns\": 0, \"ptf_unknown_ns\": 0, \"ptf_total_ns\": "
		"690000000, \"ptf_await_ns\": 0, \"ptf_total_await_ns\": 0}");
	free(text);
}

static char *awaiting_walk_as(const char *format, const struct emit_options *o)
{
	struct profile *p = walk_profile();
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	uint32_t walk = 0, step = 0; /* a node whose line is the caller of the other's */

	for (uint32_t id = 1; id <= p->nodes.items.count; id++) {
		struct profile_frame f =
			profile_get_frame(p, profile_get_node(p, id).frame);

		walk = f.line == 6 ? id : walk;
		step = f.line == 2 ? id : step;
	}
	assert_true(walk && step);
	vec_push(&p->awaits,
		(struct profile_cell){walk, PTF_CLASS_WAIT, 1, 1, 3000 * MS});
	vec_push(&p->awaits,
		(struct profile_cell){step, PTF_CLASS_WAIT, 1, 1, 1000 * MS});
	walk_must(emit_format_named(format)->write(out, p, o, NULL));
	fclose(out);
	profile_free(p);
	return text;
}

static void time_awaited_is_apart(void **state)
{
	struct emit_options o = options();
	char *text = awaiting_walk_as("table", &o);

	(void)state;
	has(text, "100 % is 1.00 s: CPU time of all threads and waits of main threads.");
	has(text, "await: of the 4.00 s that tasks of asyncio were suspended");
	has(text, "     6 │   10% │       │   30% │   94% │   75% │        step()\n");
	has(text, "│   54% │   25% │step\n");
	free(text);
	text = awaiting_walk_as("json", &o);
	has(text, "\"ptf_all_ns\": 1000000000");
	has(text, "\"n_async_await_percent\": 75.0");
	has(text, "\"ptf_await_ns\": 3000000000, \"ptf_total_await_ns\": 4000000000");
	has(text, "\"async_profile\": true");
	free(text);
	o.metric = EMIT_METRIC_AWAIT;
	text = awaiting_walk_as("folded", &o);
	assert_string_equal(text,
		"<module> (/home/me/walk.py:8);walk (/home/me/walk.py:6) 3000000\n"
		"<module> (/home/me/walk.py:8);walk (/home/me/walk.py:6);step "
		"(/home/me/walk.py:2) 1000000\n");
	free(text);
	text = awaiting_walk_as("csv", &o);
	has(text, "/home/me/walk.py,6,walk,await,3000000000,4000000000\n");
	has(text, "/home/me/walk.py,2,step,await,1000000000,1000000000\n");
	has_not(text, "python");
	free(text);
}

static void an_empty_profile(void **state)
{
	struct profile *p = profile_new();
	struct emit_options o = options();

	(void)state;
	profile_finish(p);
	for (size_t i = 0; emit_format_at(i); i++) {
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		walk_must(emit_format_at(i)->write(out, p, &o, NULL));
		fclose(out);
		free(text);
	}
	profile_free(p);
}

static void formats_are_found(void **state)
{
	(void)state;
	assert_ptr_equal(emit_format_named("json"), emit_format_of_file("x/y.json"));
	assert_null(emit_format_named("jso"));
	assert_null(emit_format_of_file(".json"));
	assert_null(emit_format_of_file("walk.trace"));
	assert_ptr_equal(emit_format_named("ptf"), emit_format_of_file("walk.ptf"));
	for (size_t i = 0; emit_format_at(i); i++) {
		assert_ptr_equal(emit_format_named(emit_format_at(i)->name),
			emit_format_at(i));
		/* Only a trace is as good as a trace. */
		assert_int_equal(!emit_format_at(i)->cannot_carry,
			emit_format_at(i) == emit_format_named("ptf"));
	}
}

static void dumped(void **state)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct dump *d = dump_new(out);

	(void)state;
	for (int i = 0; i < WALK_BLOCK_COUNT; i++)
		dump_block(d, &walk_blocks[i]);
	dump_free(d);
	fclose(out);
	has(text, "\nstring id=4 text=\"/home/me/walk.py\"\n");
	has(text,
		"\nfunction id=2 kind=python name=\"walk\" file=\"/home/me/walk.py\" "
		"module=0 "
		"first_line=4 line_count=3\n");
	has(text, "\nnode id=3 parent=2 frame=3 \"step\" line=2\n");
	has(text,
		"\nprocess id=1 pid=100 parent=0 start_ns=0 executable=\"python3\" "
		"arguments=[\"python3\" \"walk.py\"]\n");
	has(text,
		"\nsample at_ns=4000000 thread=1 class=kernel node=2 "
		"\"time\"=50000000\n");
	has(text,
		"\nloss kind=\"ring_full\" process=1 thread=0 count=3 "
		"weight_ns=5000000\n");
	has(text,
		"text=\"def step():\\n\\treturn random.random() > 0.5  # "
		"größer\\n\\ndef");
	has(text, "\nsection-end at_ns=1000000000 blocks=7 samples=9\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(time_without_a_file_has_its_place),
		cmocka_unit_test(table_in_ascii),
		cmocka_unit_test(table_reduced),
		cmocka_unit_test(table_of_cpu_time),
		cmocka_unit_test(a_narrow_table),
		cmocka_unit_test(a_file_of_many_small_lines),
		cmocka_unit_test(table_with_hot_lines),
		cmocka_unit_test(table_by_classes_and_threads),
		cmocka_unit_test(table_of_some_files),
		cmocka_unit_test(folded),
		cmocka_unit_test(json),
		cmocka_unit_test(time_awaited_is_apart),
		cmocka_unit_test(an_empty_profile),
		cmocka_unit_test(formats_are_found),
		cmocka_unit_test(dumped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
