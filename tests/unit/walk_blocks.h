/*
 * A small trace as Blocks in memory, for tests of what stands on top of the
 * reader: the program walk.py of eight lines, two threads, one second.
 *
 *      main thread:  line 2 of step 300 ms Python, 200 ms native; line 6 of walk
 *                    100 ms Python, 50 ms kernel; 250 ms wait in line 6;
 *                    50 ms in json/decoder.py line 10, called by line 8
 *      worker:       line 2 of step 40 ms Python; 500 ms waiting for the GIL
 *      no stack:     10 ms native on the main thread
 */
#ifndef TESTS_UNIT_WALK_BLOCKS_H
#define TESTS_UNIT_WALK_BLOCKS_H

#include <ptf/types.h>
#include <ptf/writer.h>

#define MS INT64_C(1000000)

static const char walk_source[] = "def step():\n"
				  "\treturn random.random() > 0.5  # größer\n"
				  "\n"
				  "def walk(n):\n"
				  "    for i in range(n):\n"
				  "        step()\n"
				  "\n"
				  "walk(1000); json.loads('日本')\n";

enum walk_string {
	S_STEP = 1,
	S_WALK,
	S_MODULE,
	S_FILE,
	S_LIBRARY,
	S_DECODE,
	S_PYTHON,
	S_SCRIPT,
	S_TIME,
	S_NS,
	S_WORKER,
	S_RING_FULL,
	S_PHASE,
};

static const struct ptf_text walk_strings[] = {
	PTF_TEXT("step"),
	PTF_TEXT("walk"),
	PTF_TEXT("<module>"),
	PTF_TEXT("/home/me/walk.py"),
	PTF_TEXT("/usr/lib/python3.11/json/decoder.py"),
	PTF_TEXT("JSONDecoder.decode"),
	PTF_TEXT("python3"),
	PTF_TEXT("walk.py"),
	PTF_TEXT("time"),
	PTF_TEXT("ns"),
	PTF_TEXT("worker"),
	PTF_TEXT("ring_full"),
	PTF_TEXT("phase one"),
};

/* 1 step, 2 walk, 3 <module>, 4 JSONDecoder.decode */
static const struct ptf_function walk_functions[] = {
	{S_STEP, S_FILE, 0, PTF_FUNCTION_PYTHON, 1, 2},
	{S_WALK, S_FILE, 0, PTF_FUNCTION_PYTHON, 4, 3},
	{S_MODULE, S_FILE, 0, PTF_FUNCTION_PYTHON, 1, 8},
	{S_DECODE, S_LIBRARY, 0, PTF_FUNCTION_PYTHON, 8, 5},
};

/* 1 <module>:8, 2 walk:6, 3 step:2, 4 decode:10 */
static const struct ptf_frame walk_frames[] = {
	{.function = 3, .line = 8},
	{.function = 2, .line = 6},
	{.function = 1, .line = 2},
	{.function = 4, .line = 10},
};

/* 1 <module>, 2 walk, 3 step, 4 decode */
static const struct ptf_node walk_nodes[] = {{0, 1}, {1, 2}, {2, 3}, {1, 4}};

static const struct ptf_kind walk_kinds[] = {{3, PTF_CLASS_PYTHON}, {3, PTF_CLASS_NATIVE},
	{2, PTF_CLASS_PYTHON}, {2, PTF_CLASS_KERNEL}, {2, PTF_CLASS_WAIT},
	{4, PTF_CLASS_PYTHON}, {0, PTF_CLASS_NATIVE}, {3, PTF_CLASS_GIL}};

static const struct ptf_metric walk_metrics[] = {
	{S_TIME, S_NS, PTF_METRIC_WEIGHT, PTF_ADD_SUM, 0}};

static const uint32_t walk_arguments[] = {S_PYTHON, S_SCRIPT};
static const struct ptf_process walk_processes[] = {
	{.pid = 100, .executable = S_PYTHON, .arguments = {walk_arguments, 2}}};
static const struct ptf_thread walk_threads[] = {{1, 100, true, 0},
	{1, 101, false, 5 * MS}};

/* Python, native, Python, kernel, wait, Python in the library, no stack */
static const int64_t walk_main_at[] = {1 * MS, 2 * MS, 3 * MS, 4 * MS, 5 * MS, 6 * MS,
	7 * MS};
static const uint32_t walk_main_node[] = {3, 3, 2, 2, 2, 4, 0};
static const uint32_t walk_main_class[] = {PTF_CLASS_PYTHON, PTF_CLASS_NATIVE,
	PTF_CLASS_PYTHON, PTF_CLASS_KERNEL, PTF_CLASS_WAIT, PTF_CLASS_PYTHON,
	PTF_CLASS_NATIVE};
static const uint32_t walk_main_kind[] = {1, 2, 3, 4, 5, 6, 7};
static const int64_t walk_main_time[] = {300 * MS, 200 * MS, 100 * MS, 50 * MS, 250 * MS,
	50 * MS, 10 * MS};

static const int64_t walk_worker_at[] = {2 * MS, 8 * MS};
static const uint32_t walk_worker_node[] = {3, 3};
static const uint32_t walk_worker_class[] = {PTF_CLASS_PYTHON, PTF_CLASS_GIL};
static const uint32_t walk_worker_kind[] = {1, 8};
static const int64_t walk_worker_time[] = {40 * MS, 500 * MS};

static const struct ptf_value_column walk_main_column = {1, 1, walk_main_time};
static const struct ptf_value_column walk_worker_column = {1, 1, walk_worker_time};

static const struct ptf_source walk_sources[] = {{.file = S_FILE,
	.text = {walk_source, sizeof(walk_source) - 1},
	.first_line = 1,
	.line_count = 8,
	.size_bytes = sizeof(walk_source) - 1}};
static const struct ptf_thread_name walk_thread_names[] = {{2, 0, S_WORKER}};
static const struct ptf_loss walk_losses[] = {{S_RING_FULL, 1, 0, 3, 5 * MS}};
static const struct ptf_mark walk_marks[] = {{2 * MS, 0, PTF_MARK_BEGIN, S_PHASE}};

enum { WALK_BLOCK_COUNT = 8, WALK_KIND_COUNT = 8 };

static const struct ptf_block walk_blocks[WALK_BLOCK_COUNT] = {
	{.kind = PTF_BLOCK_SECTION_START,
		.section_start = {.format_major = 1,
			.producer = PTF_TEXT("prec 0.1.0"),
			.time_resolution_ns = 1,
			.time_metric = 1}},
	{.kind = PTF_BLOCK_DEFINITIONS,
		.definitions = {.first_string = 1,
			.first_function = 1,
			.first_frame = 1,
			.first_node = 1,
			.first_metric = 1,
			.first_kind = 1,
			.first_process = 1,
			.first_thread = 1,
			.string_count = sizeof(walk_strings) / sizeof(walk_strings[0]),
			.strings = walk_strings,
			.function_count = 4,
			.functions = walk_functions,
			.frame_count = 4,
			.frames = walk_frames,
			.node_count = 4,
			.nodes = walk_nodes,
			.metric_count = 1,
			.metrics = walk_metrics,
			.kind_count = WALK_KIND_COUNT,
			.kinds = walk_kinds,
			.process_count = 1,
			.processes = walk_processes,
			.thread_count = 2,
			.threads = walk_threads}},
	{.kind = PTF_BLOCK_SAMPLES,
		.samples = {.thread = 1,
			.count = 7,
			.time_ns = walk_main_at,
			.node = walk_main_node,
			.class_id = walk_main_class,
			.columns = &walk_main_column,
			.column_count = 1,
			.kind = walk_main_kind}},
	{.kind = PTF_BLOCK_SAMPLES,
		.samples = {.thread = 2,
			.count = 2,
			.time_ns = walk_worker_at,
			.node = walk_worker_node,
			.class_id = walk_worker_class,
			.columns = &walk_worker_column,
			.column_count = 1,
			.kind = walk_worker_kind}},
	{.kind = PTF_BLOCK_FACTS,
		.facts = {.sources = walk_sources,
			.source_count = 1,
			.thread_names = walk_thread_names,
			.thread_name_count = 1}},
	{.kind = PTF_BLOCK_LOSSES, .losses = {walk_losses, 1}},
	{.kind = PTF_BLOCK_MARKS, .marks = {walk_marks, 1}},
	{.kind = PTF_BLOCK_SECTION_END, .section_end = {1000 * MS, 7, 9}},
};

#endif
