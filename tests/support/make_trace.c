/*
 * Writes a synthetic trace, the same every time, of any size:
 *
 *     make_trace FILE [SAMPLES [THREADS [NUMBER [STACKS [MEMORY]]]]]
 *
 * Two processes of a made-up Python program that calls a library and native
 * code, with symbols, waits, counters, marks, losses and sources. For tests of
 * the tools, and to see how they do with millions of samples. NUMBER makes it
 * one of many that differ: in trace id, start, process ids and chance. With
 * STACKS, most samples are of so many other stacks, up to 60 frames deep, in 40
 * files, few of them often and most of them seldom, as in large programs. With
 * MEMORY, there are so many rows about memory, too: threads free what others of their
 * process allocated, json keeps all that it allocates, and some is copied.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ptf/ptf.h>

#define PERIOD_NS  INT64_C(1000000)
#define BATCH      1000
#define LINE_COUNT 300

static uint32_t trace_number;

static struct ptf_writer *w;
static struct ptf_error err;

static void check(int rc)
{
	if (rc < 0) {
		fprintf(stderr, "make_trace: %s\n", err.message);
		exit(1);
	}
}

static uint32_t string(const char *text)
{
	uint32_t id;

	check(ptf_writer_string(w, (struct ptf_text){text, strlen(text)}, &id, &err));
	return id;
}

static uint32_t python_function(const char *name, const char *file, uint32_t first,
	uint32_t count)
{
	struct ptf_function f = {string(name), string(file), 0, PTF_FUNCTION_PYTHON,
		first, count};
	uint32_t id;

	check(ptf_writer_function(w, &f, &id, &err));
	return id;
}

static uint32_t node(uint32_t parent, struct ptf_frame frame)
{
	uint32_t frame_id, id;

	check(ptf_writer_frame(w, &frame, &frame_id, &err));
	check(ptf_writer_node(w, parent, frame_id, &id, &err));
	return id;
}

static uint32_t line(uint32_t parent, uint32_t function, uint32_t number)
{
	return node(parent, (struct ptf_frame){.function = function, .line = number});
}

/* A file of LINE_COUNT lines: the program's functions, and filling. */
static char *source_text(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (int i = 1; i <= LINE_COUNT; i++)
		switch (i) {
		case 1:
			fputs("\"\"\"A made-up program, größer als nötig: "
			      "日本語.\"\"\"\n",
				f);
			break;
		case 10:
			fputs("def step(x):\n", f);
			break;
		case 11:
			fputs("\tvalue = x * 3 % 65537  # a tab\n", f);
			break;
		case 12:
			fputs("    return math.sin(value)\n", f);
			break;
		case 200:
			fputs("def main():\n", f);
			break;
		case 201:
			fputs("    for x in range(1000):\n", f);
			break;
		case 202:
			fputs("        step(x)\n", f);
			break;
		case 203:
			fputs("    json.loads(TEXT); time.sleep(0.1)\n", f);
			break;
		case LINE_COUNT:
			fputs("main()\n", f);
			break;
		default:
			fprintf(f, "# line %d\n", i);
		}
	fclose(f);
	return text;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

static uint32_t *many, many_count; /* [0] is no stack */

struct stacks {
	uint32_t step_11, step_12, sine, loads, sleep, unsampled;
};

static struct stacks define_stacks(void)
{
	static const char file[] = "/home/me/work/made_up.py";
	struct stacks s;
	struct ptf_module module = {string("/usr/lib/libm.so.6"), {"\1\2\3\4", 4}};
	struct ptf_function unsampled = {.name = string("[unsampled]"),
		.kind = PTF_FUNCTION_SYNTHETIC};
	uint32_t step = python_function("step", file, 10, 3);
	uint32_t main_function = python_function("main", file, 200, 4);
	uint32_t top = python_function("<module>", file, 1, LINE_COUNT);
	uint32_t decode = python_function("JSONDecoder.decode",
		"/usr/lib/python3.11/json/decoder.py", 330, 12);
	uint32_t module_id, function_id;
	uint32_t root = line(0, top, LINE_COUNT);
	uint32_t loop = line(root, main_function, 202);

	check(ptf_writer_module(w, &module, &module_id, &err));
	check(ptf_writer_function(w, &unsampled, &function_id, &err));
	s.step_11 = line(loop, step, 11);
	s.step_12 = line(loop, step, 12);
	s.sine = node(s.step_12,
		(struct ptf_frame){.module = module_id, .module_offset = 0x4f00});
	s.loads = line(line(root, main_function, 203), decode, 337);
	s.sleep = line(root, main_function, 203);
	s.unsampled = line(0, function_id, 0);
	return s;
}

/* Each extends one that was there before. */
static void define_many_stacks(void)
{
	static uint32_t functions[400];
	uint32_t random = 4711;
	uint32_t *depth = calloc(many_count + 1, sizeof(*depth));

	many = calloc(many_count + 1, sizeof(*many));
	if (!many || !depth)
		exit(1);
	for (uint32_t i = 0; i < 400; i++) {
		char name[32], file[64];

		snprintf(name, sizeof(name), "Class%u.method_%u", i / 10, i);
		snprintf(file, sizeof(file), "/home/me/work/package/module_%u.py",
			i / 10);
		functions[i] = python_function(name, file, 1 + i % 10 * 20, 20);
	}
	for (uint32_t i = 1; i <= many_count; i++) {
		uint32_t above = next_random(&random) % i;
		uint32_t f = next_random(&random) % 400;

		if (depth[above] >= 60)
			above = 0;
		depth[i] = depth[above] + 1;
		many[i] = line(many[above], functions[f],
			1 + f % 10 * 20 + next_random(&random) % 20);
	}
	free(depth);
}

static void write_facts(void)
{
	char *text = source_text();
	struct ptf_source source = {.file = string("/home/me/work/made_up.py"),
		.text = {text, strlen(text)},
		.first_line = 1,
		.line_count = LINE_COUNT,
		.size_bytes = strlen(text)};
	struct ptf_frame sine = {.module = 1, .module_offset = 0x4f00};
	struct ptf_symbol symbol = {.name = string("sin"), .inline_depth = 0};
	struct ptf_loss loss = {string("torn"), 1, 0, 2, 2 * (uint64_t)PERIOD_NS};
	struct ptf_mark mark = {5 * PERIOD_NS, 0, PTF_MARK_BEGIN, string("phase one")};
	struct ptf_clock clock = {.monotonic_ns = 1000,
		.boottime_ns = 2000,
		.realtime_ns = 3000};

	check(ptf_writer_frame(w, &sine, &symbol.frame, &err));
	check(ptf_writer_facts(w,
		&(struct ptf_facts){.sources = &source,
			.source_count = 1,
			.symbols = &symbol,
			.symbol_count = 1},
		&err));
	check(ptf_writer_losses(w, &(struct ptf_losses){&loss, 1}, &err));
	check(ptf_writer_marks(w, &(struct ptf_marks){&mark, 1}, &err));
	check(ptf_writer_clock(w, &clock, &err));
	free(text);
}

/*
 * Few often, most seldom; one thread does other things than the next, and later
 * other things than before. A stack is nearly always of one class.
 */
static void pick_of_many(uint32_t thread, int64_t at_ns, uint32_t *random, uint32_t *node,
	uint32_t *class_id)
{
	uint32_t phase = (uint32_t)(at_ns / (PERIOD_NS * 60000)) % 5;
	uint64_t rank = (uint64_t)1 << next_random(random) % 16;

	rank += next_random(random) % rank;
	rank = (rank * many_count >> 16) + thread * 131 + phase * 1009;
	*node = many[1 + rank % many_count];
	if (next_random(random) % 16)
		*class_id = rank % 3 ? PTF_CLASS_PYTHON : PTF_CLASS_NATIVE;
}

static void write_rows(uint32_t thread, size_t count, int64_t start_ns,
	const struct stacks *s)
{
	static int64_t at[BATCH], time[BATCH];
	static uint32_t nodes[BATCH], classes[BATCH];
	const struct {
		uint32_t node, class_id, percent;
	} kinds[] = {
		{s->step_11, PTF_CLASS_PYTHON, 40},
		{s->step_12, PTF_CLASS_PYTHON, 10},
		{s->sine, PTF_CLASS_NATIVE, 25},
		{s->loads, PTF_CLASS_PYTHON, 8},
		{s->loads, PTF_CLASS_KERNEL, 2},
		{s->sleep, PTF_CLASS_WAIT, 8},
		{s->step_11, PTF_CLASS_GIL, 4},
		{s->step_12, PTF_CLASS_RUNNABLE, 2},
		{0, PTF_CLASS_NATIVE, 1},
	};
	uint32_t random =
		thread * 7919 + (uint32_t)(start_ns / PERIOD_NS) + trace_number * 104729;

	for (size_t i = 0; i < count; i++) {
		uint32_t place = next_random(&random) % 100;
		size_t k = 0;

		while (place >= kinds[k].percent)
			place -= kinds[k++].percent;
		at[i] = start_ns + (int64_t)i * PERIOD_NS + next_random(&random) % 1000;
		time[i] = PERIOD_NS + (place == 0 ? next_random(&random) % 1000 : 0);
		nodes[i] = kinds[k].node;
		classes[i] = kinds[k].class_id;
		if (many_count && nodes[i] && next_random(&random) % 8)
			pick_of_many(thread, at[i], &random, &nodes[i], &classes[i]);
	}
	check(ptf_writer_samples(w,
		&(struct ptf_samples){.thread = thread,
			.count = count,
			.period_ns = (uint64_t)PERIOD_NS,
			.time_ns = at,
			.node = nodes,
			.class_id = classes,
			.columns = &(struct ptf_value_column){PTF_TIME_METRIC,
				(uint64_t)PERIOD_NS, time},
			.column_count = 1},
		&err));
}

/* ---------------------------------------------------------------- memory */

#define HELD_MAX 32 /* blocks of a process that are to be freed */

enum memory_kind { ALLOCATED, FREED, COPIED, MEMORY_KINDS };

struct memory_row {
	int64_t time_ns, bytes;
	uint32_t node, class_id;
	enum memory_kind kind;
};

struct memory_rows {
	struct memory_row *item;
	size_t count, capacity;
};

static uint32_t memory_metrics[MEMORY_KINDS], footprint_metric;
/* Of each of the two processes, oldest first. */
static struct memory_row held[2][HELD_MAX];
static size_t held_count[2];
static int64_t footprint[2];

static uint32_t bytes_metric(const char *name, enum ptf_metric_kind kind)
{
	struct ptf_metric metric = {.name = string(name),
		.unit = string("bytes"),
		.kind = kind,
		.addition = kind == PTF_METRIC_WEIGHT ? PTF_ADD_SUM : PTF_ADD_LAST};
	uint32_t id;

	check(ptf_writer_metric(w, &metric, &id, &err));
	return id;
}

static struct memory_row next_memory_row(size_t process, const struct stacks *s,
	uint32_t *random)
{
	/* What blocks of 64 bytes to 40 MB stand for, at an interval of 512 KiB. */
	static const int64_t values[] = {524320, 575876, 829411, 1174362, 5000361,
		40000000};
	/* The same of copies, at 4 MiB. */
	static const int64_t copies[] = {4196352, 4714153, 20171339};
	const uint32_t nodes[] = {s->step_11, s->step_12, s->sine, s->loads};
	uint32_t chance = next_random(random) % 100, which = next_random(random);
	struct memory_row row = {.class_id = PTF_CLASS_NATIVE};

	if (held_count[process] == HELD_MAX || (held_count[process] && chance < 45)) {
		row = held[process][0];
		memmove(held[process], held[process] + 1,
			--held_count[process] * sizeof(row));
		row.kind = FREED;
		footprint[process] -= row.bytes;
	} else if (chance < 55) {
		row.kind = COPIED;
		row.node = which % 2 ? s->loads : s->sine;
		row.bytes = copies[which / 2 % 3];
	} else {
		row.kind = ALLOCATED;
		row.node = nodes[which % 4];
		if (row.node != s->sine && which / 4 % 3)
			row.class_id = PTF_CLASS_PYTHON;
		row.bytes = values[row.node == s->loads ? 0 : which / 16 % 6];
		footprint[process] += row.bytes;
		if (row.node != s->loads)
			held[process][held_count[process]++] = row;
	}
	return row;
}

static void write_memory_rows(uint32_t thread, const struct memory_rows *rows)
{
	static int64_t at[BATCH], values[MEMORY_KINDS][BATCH];
	static uint32_t nodes[BATCH], classes[BATCH];
	struct ptf_value_column columns[MEMORY_KINDS];

	for (int k = 0; k < MEMORY_KINDS; k++)
		columns[k] = (struct ptf_value_column){memory_metrics[k], 1, values[k]};
	for (size_t i = 0; i < rows->count; i++) {
		at[i] = rows->item[i].time_ns;
		nodes[i] = rows->item[i].node;
		classes[i] = rows->item[i].class_id;
		for (int k = 0; k < MEMORY_KINDS; k++)
			values[k][i] =
				k == (int)rows->item[i].kind ? rows->item[i].bytes : 0;
	}
	check(ptf_writer_samples(w,
		&(struct ptf_samples){.thread = thread,
			.count = rows->count,
			.time_ns = at,
			.node = nodes,
			.class_id = classes,
			.columns = columns,
			.column_count = MEMORY_KINDS},
		&err));
}

static void write_footprint(int64_t time_ns)
{
	for (uint32_t i = 0; i < 2; i++)
		check(ptf_writer_counters(w,
			&(struct ptf_counters){.metric = footprint_metric,
				.process = i + 1,
				.count = 1,
				.time_ns = &time_ns,
				.values = &footprint[i]},
			&err));
}

/* `count` rows of all threads together, spread over the time of a batch. */
static void write_memory(size_t count, uint32_t threads, int64_t start_ns,
	const struct stacks *s)
{
	struct memory_rows *rows = calloc(threads, sizeof(*rows));
	uint32_t random = (uint32_t)(start_ns / PERIOD_NS) + trace_number * 104729;

	if (!rows)
		exit(1);
	for (size_t i = 0; i < count; i++) {
		uint32_t thread = (uint32_t)(i % threads);
		struct memory_row row = next_memory_row(thread % 2, s, &random);
		struct memory_rows *of = &rows[thread];

		row.time_ns =
			start_ns + (int64_t)i * (BATCH * PERIOD_NS / (int64_t)count);
		if (of->count == of->capacity) {
			of->capacity = of->capacity ? 2 * of->capacity : 64;
			of->item = realloc(of->item, of->capacity * sizeof(row));
			if (!of->item)
				exit(1);
		}
		of->item[of->count++] = row;
	}
	for (uint32_t i = 0; i < threads; i++) {
		for (size_t at = 0; at < rows[i].count; at += BATCH) {
			size_t left = rows[i].count - at;

			write_memory_rows(i + 1,
				&(struct memory_rows){rows[i].item + at,
					left < BATCH ? left : BATCH, 0});
		}
		free(rows[i].item);
	}
	free(rows);
	write_footprint(start_ns + BATCH * PERIOD_NS);
}

/* All threads take turns with `samples` altogether. */
static int64_t write_run(size_t samples, size_t memory, uint32_t threads,
	const struct stacks *s)
{
	size_t batches = (samples + BATCH - 1) / BATCH;
	size_t rounds = (batches + threads - 1) / threads, written = 0;

	for (size_t round = 0, done = 0; round < rounds; round++) {
		int64_t start_ns = (int64_t)round * BATCH * PERIOD_NS;
		size_t memory_end = memory * (round + 1) / rounds;

		for (uint32_t i = 0; i < threads && done < samples; i++) {
			size_t count = samples - done < BATCH ? samples - done : BATCH;

			write_rows(i + 1, count, start_ns, s);
			done += count;
		}
		if (memory_end > written)
			write_memory(memory_end - written, threads, start_ns, s);
		written = memory_end;
	}
	return (int64_t)rounds * BATCH * PERIOD_NS;
}

static uint32_t define_threads(uint32_t count)
{
	uint32_t arguments[] = {string("python3"), string("made_up.py"),
		string("--fast")};
	uint32_t parent = 0, last = 0, first_pid = 4000 + 100 * trace_number;

	for (uint32_t i = 0; i < 2 && i < count; i++) {
		struct ptf_attribute rank = {PTF_TEXT("run.rank"), {i ? "1" : "0", 1}};
		struct ptf_process process = {.pid = first_pid + i,
			.parent = parent,
			.attributes = {&rank, 1},
			.executable = arguments[0],
			.arguments = {arguments, 3}};

		check(ptf_writer_process(w, &process, &parent, &err));
	}
	for (uint32_t i = 0; i < count; i++) {
		struct ptf_thread thread = {i % 2 + 1, first_pid + i, i < 2, 0};

		check(ptf_writer_thread(w, &thread, &last, &err));
	}
	return last;
}

/* Of two metrics of one unit, and of two other units. */
static void write_counters(int64_t end_ns)
{
	static const struct {
		const char *name, *unit, *instance;
		enum ptf_metric_kind kind;
		int64_t first, step;
	} series[] = {
		{"rss", "bytes", "", PTF_METRIC_GAUGE, 50 << 20, 3 << 20},
		{"shared", "bytes", "", PTF_METRIC_GAUGE, 10 << 20, 1 << 18},
		{"gpu", "%", "card 0", PTF_METRIC_GAUGE, 80, -1},
		{"gpu", "%", "card 1", PTF_METRIC_GAUGE, 5, 1},
		{"faults", "count", "", PTF_METRIC_TOTAL, 0, 1000},
	};
	int64_t times[32], values[32];

	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++) {
		struct ptf_metric metric = {.name = string(series[i].name),
			.unit = string(series[i].unit),
			.kind = series[i].kind,
			.addition = PTF_ADD_LAST};
		struct ptf_counters points = {.process = 1,
			.instance = *series[i].instance ? string(series[i].instance) : 0,
			.count = 32,
			.time_ns = times,
			.values = values};

		check(ptf_writer_metric(w, &metric, &points.metric, &err));
		for (size_t k = 0; k < points.count; k++) {
			times[k] = end_ns / 32 * (int64_t)k;
			values[k] = series[i].first + series[i].step * (int64_t)k;
		}
		check(ptf_writer_counters(w, &points, &err));
	}
}

int main(int argc, char **argv)
{
	size_t samples = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000;
	uint32_t threads = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 3;
	size_t memory = argc > 6 ? strtoull(argv[6], NULL, 10) : 0;
	struct ptf_attribute attributes[] = {{PTF_TEXT("host.name"), PTF_TEXT("nowhere")},
		{PTF_TEXT("run.command"), PTF_TEXT("python3 made_up.py --fast")},
		{PTF_TEXT("memory.interval_bytes"), PTF_TEXT("524288")},
		{PTF_TEXT("memory.copy_interval_bytes"), PTF_TEXT("4194304")}};
	struct ptf_section_start start = {
		.trace_id = "made up",
		.producer = PTF_TEXT("make_trace"),
		.origin_monotonic_ns = 1000,
		.origin_realtime_ns = INT64_C(1764187200000000000),
		.time_resolution_ns = 1000,
		.sample_period_ns = (uint64_t)PERIOD_NS,
		.attributes = {attributes, memory ? 4 : 2},
	};
	struct stacks stacks;
	int64_t now_ns;
	int fd;

	trace_number = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 0;
	memcpy(start.trace_id + 8, &trace_number, sizeof(trace_number));
	start.origin_monotonic_ns += trace_number * PERIOD_NS / 3;
	start.origin_realtime_ns += trace_number * PERIOD_NS / 3;
	if (argc < 2 || threads == 0) {
		fputs("usage: make_trace FILE [SAMPLES [THREADS [NUMBER [STACKS "
		      "[MEMORY]]]]]\n",
			stderr);
		return 2;
	}
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	check(ptf_writer_open(&w, fd, NULL, &start, &err));
	define_threads(threads);
	stacks = define_stacks();
	many_count = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0;
	if (many_count)
		define_many_stacks();
	if (memory) {
		memory_metrics[ALLOCATED] =
			bytes_metric("alloc_bytes", PTF_METRIC_WEIGHT);
		memory_metrics[FREED] = bytes_metric("free_bytes", PTF_METRIC_WEIGHT);
		memory_metrics[COPIED] = bytes_metric("copy_bytes", PTF_METRIC_WEIGHT);
		footprint_metric = bytes_metric("footprint", PTF_METRIC_GAUGE);
	}
	now_ns = write_run(samples, memory, threads, &stacks);
	write_facts();
	write_counters(now_ns);
	check(ptf_writer_close(w, now_ns, &err));
	if (close(fd) < 0) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
