/*
 * Makes the golden traces of this version of the format:
 *
 *     make_golden FOLDER         into FOLDER/v1 and FOLDER/must-fail
 *
 * Everything in them is fixed: no clock, no random numbers. The committed ones
 * are never made again, so that they keep what this version wrote; this program
 * says how they came to be, and makes those of the next version.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>
#include <zstd.h>

#include <ptf/ptf.h>

static const char *folder;
static struct ptf_error err;

static void must(int rc)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "make_golden: %s\n", err.message);
	exit(1);
}

/* ---------------------------------------------------------------- files */

struct bytes {
	uint8_t data[1 << 17];
	size_t size;
};

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int create(const char *name)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

static void put(const char *name, const void *data, size_t size)
{
	int fd = create(name);

	if (write(fd, data, size) != (ssize_t)size || close(fd) < 0) {
		perror(name);
		exit(1);
	}
}

static struct bytes *get(const char *name)
{
	static struct bytes b;
	FILE *f = fopen(path_of(name), "rb");

	if (!f) {
		perror(name);
		exit(1);
	}
	b.size = fread(b.data, 1, sizeof(b.data), f);
	fclose(f);
	return &b;
}

/* --------------------------------------------------------------- traces */

static struct ptf_writer *begin(int fd, uint64_t resolution_ns, size_t frame_bytes)
{
	static const struct ptf_attribute attributes[] = {{PTF_TEXT("host.name"),
								  PTF_TEXT("golden")},
		{PTF_TEXT("run.command"), PTF_TEXT("python3 caf\xc3\xa9.py \xff")}};
	struct ptf_section_start start = {.trace_id = "golden trace id",
		.producer = PTF_TEXT("make_golden"),
		.origin_monotonic_ns = 1000000000,
		.origin_realtime_ns = 1795651200000000000,
		.time_resolution_ns = resolution_ns,
		.sample_period_ns = 1000000,
		.attributes = {attributes, 2}};
	struct ptf_writer_options options = {.frame_size_bytes = frame_bytes};
	struct ptf_writer *w;

	must(ptf_writer_open(&w, fd, &options, &start, &err));
	return w;
}

struct world {
	uint32_t name, file, process, thread[2], node[1000];
};

static void define(struct ptf_writer *w, struct world *o, uint32_t nodes)
{
	struct ptf_process process = {.pid = 4242};

	must(ptf_writer_string(w, PTF_TEXT("walk.py"), &o->file, &err));
	process.executable = o->file;
	process.arguments = (struct ptf_ids){&o->file, 1};
	must(ptf_writer_process(w, &process, &o->process, &err));
	for (uint32_t i = 0; i < 2; i++)
		must(ptf_writer_thread(w,
			&(struct ptf_thread){o->process, 4242 + i, i == 0,
				(int64_t)i * 5},
			&o->thread[i], &err));
	for (uint32_t i = 0; i < nodes; i++) {
		char text[16];
		struct ptf_text name = {text,
			(size_t)snprintf(text, sizeof(text), "f%u", i / 4)};
		struct ptf_function f = {.file = o->file,
			.kind = PTF_FUNCTION_PYTHON,
			.first_line = 10 * (i / 4) + 1,
			.line_count = 9};
		uint32_t function, frame;

		must(ptf_writer_string(w, name, &f.name, &err));
		must(ptf_writer_function(w, &f, &function, &err));
		must(ptf_writer_frame(w,
			&(struct ptf_frame){.function = function,
				.line = f.first_line + i % 4},
			&frame, &err));
		must(ptf_writer_node(w, i ? o->node[i / 3] : 0, frame, &o->node[i],
			&err));
	}
}

#define ROWS_MAX 6000

/* Rows that use every column. */
static void put_rows(struct ptf_writer *w, const struct world *o, uint32_t thread,
	uint32_t nodes, size_t count, int64_t start_ns, bool with_options, uint32_t extra)
{
	static int64_t time_ns[ROWS_MAX], weight[ROWS_MAX], other[ROWS_MAX];
	static uint32_t node[ROWS_MAX], class_id[ROWS_MAX], cpu[ROWS_MAX], task[ROWS_MAX],
		labels[ROWS_MAX];
	struct ptf_value_column columns[2] = {{PTF_TIME_METRIC, 1000000, weight},
		{extra, 0, other}};
	struct ptf_samples s = {.thread = thread,
		.count = count,
		.period_ns = 1000000,
		.time_ns = time_ns,
		.node = node,
		.class_id = class_id,
		.columns = columns,
		.column_count = extra ? 2 : 1};
	int64_t now = start_ns;

	for (size_t i = 0; i < count; i++) {
		/* A cheap sequence that repeats late enough. */
		uint32_t x = (uint32_t)i * 2654435761u >> 12;

		weight[i] = x % 13 == 0 ? 3000000
			: x % 29 == 0   ? 1234567 + (int64_t)x
					: 1000000;
		if (i)
			now += weight[i];
		if (x % 101 == 0)
			now += 7654321;
		time_ns[i] = now + x % 977 * 40;
		if (i && time_ns[i] < time_ns[i - 1])
			time_ns[i] = time_ns[i - 1];
		node[i] = x % 17 == 0 ? 0 : o->node[x % 5 ? x % 7 % nodes : x % nodes];
		class_id[i] = x % 3 ? PTF_CLASS_PYTHON : x % 7;
		cpu[i] = 1 + (uint32_t)i / 40 % 3;
		task[i] = i < count / 2 ? 0 : o->file;
		labels[i] = i / 7 % 2;
		other[i] = (int64_t)x * x - 1000;
	}
	if (with_options) {
		s.cpu = cpu;
		s.task = task;
		s.labels = labels;
	}
	must(ptf_writer_samples(w, &s, &err));
}

static void make_tiny(void)
{
	int fd = create("v1/tiny.ptf");
	struct ptf_section_start start = {.trace_id = "tiny trace id!!",
		.producer = PTF_TEXT("x"),
		.origin_monotonic_ns = 7,
		.time_resolution_ns = 62500,
		.sample_period_ns = 1000000};
	int64_t time_ns[3] = {2000000, 3000000, 9000000};
	int64_t weight[3] = {1000000, 1000000, 2000000};
	uint32_t class_id[3] = {PTF_CLASS_PYTHON, PTF_CLASS_PYTHON, PTF_CLASS_KERNEL};
	struct ptf_value_column column = {PTF_TIME_METRIC, 1000000, weight};
	struct ptf_samples s = {.count = 3,
		.period_ns = 1000000,
		.time_ns = time_ns,
		.class_id = class_id,
		.columns = &column,
		.column_count = 1};
	struct ptf_function f = {.kind = PTF_FUNCTION_PYTHON, .first_line = 3};
	uint32_t process, function, frame, node[3];
	struct ptf_writer *w;

	must(ptf_writer_open(&w, fd, NULL, &start, &err));
	must(ptf_writer_string(w, PTF_TEXT("main"), &f.name, &err));
	must(ptf_writer_string(w, PTF_TEXT("a.py"), &f.file, &err));
	must(ptf_writer_function(w, &f, &function, &err));
	must(ptf_writer_frame(w, &(struct ptf_frame){.function = function, .line = 4},
		&frame, &err));
	must(ptf_writer_node(w, 0, frame, &node[0], &err));
	node[1] = node[2] = node[0];
	s.node = node;
	must(ptf_writer_process(w, &(struct ptf_process){.pid = 9}, &process, &err));
	must(ptf_writer_thread(w, &(struct ptf_thread){process, 9, true, 0}, &s.thread,
		&err));
	must(ptf_writer_samples(w, &s, &err));
	must(ptf_writer_close(w, 10000000, &err));
	close(fd);
}

static void put_every_kind(struct ptf_writer *w)
{
	struct world o;
	uint32_t module, frame, native, metric, cls, set, kind;
	struct ptf_metric bytes = {.kind = PTF_METRIC_GAUGE, .addition = PTF_ADD_LAST};
	struct ptf_aggregate sums[2] = {{.class_id = 1,
						.n = 3,
						.sum = -5,
						.minimum = -9,
						.maximum = 4,
						.sum_of_squares = 0.1},
		{.class_id = 7,
			.n = UINT64_MAX,
			.sum = INT64_MIN,
			.sum_of_squares = 1e300}};
	struct ptf_edge edges[2] = {{0, 1, 5, 50, 0}, {1, 2, UINT64_MAX, -1, 0}};
	int64_t times[3] = {-2500000, 1, 999999999999},
		values[3] = {INT64_MAX, INT64_MIN, 0};
	struct ptf_mark marks[2] = {{-5, 0, PTF_MARK_INSTANT, 1},
		{7, 1, PTF_MARK_BEGIN, 2}};
	struct ptf_source source = {.text = PTF_TEXT(
					    "def f0():\n\treturn \"\xc3\xa9\"\n"),
		.first_line = 1,
		.line_count = 2,
		.size_bytes = 23,
		.xxh3 = 0x0123456789abcdef,
		.changed_after_start = true};
	struct ptf_symbol symbols[2] = {{.line = 12}, {.line = 90, .inline_depth = 1}};
	struct ptf_thread_name name = {.time_ns = 3};
	struct ptf_thread_end thread_end = {.time_ns = 4, .cpu_ns = 5};
	struct ptf_process_end process_end = {.time_ns = 6,
		.exit_status = 139,
		.cpu_ns = 7,
		.user_ns = 5,
		.system_ns = 2,
		.major_fault_count = 1,
		.minor_fault_count = 1000,
		.maximum_rss_bytes = 1 << 20};
	struct ptf_attribute attribute = {PTF_TEXT("python.version"), PTF_TEXT("3.11.2")};
	struct ptf_process_image image = {.time_ns = 8, .attributes = {&attribute, 1}};
	struct ptf_facts facts = {&source, symbols, &name, &thread_end, &process_end,
		&image, 1, 2, 1, 1, 1, 1};
	struct ptf_loss losses[2] = {{.process = 1, .count = 3},
		{.thread = 2, .count = 1, .weight_ns = 77}};
	struct ptf_process child = {.pid = 4300,
		.start_ns = 99,
		.attributes = {&attribute, 1}};
	uint32_t child_id, child_thread;

	define(w, &o, 6);
	must(ptf_writer_string(w, PTF_TEXT("/lib/libc.so.6"), &module, &err));
	must(ptf_writer_module(w,
		&(struct ptf_module){module, PTF_TEXT("\x01\xfe\x00\x7f")}, &module,
		&err));
	must(ptf_writer_frame(w,
		&(struct ptf_frame){.module = module, .module_offset = 0x123456789},
		&native, &err));
	must(ptf_writer_frame(w,
		&(struct ptf_frame){.module = module, .module_offset = 0x42}, &frame,
		&err));
	must(ptf_writer_node(w, o.node[0], native, &sums[0].node, &err));
	must(ptf_writer_node(w, o.node[0], frame, &sums[1].node, &err));
	must(ptf_writer_string(w, PTF_TEXT("rss"), &bytes.name, &err));
	must(ptf_writer_string(w, PTF_TEXT("bytes"), &bytes.unit, &err));
	must(ptf_writer_metric(w, &bytes, &metric, &err));
	must(ptf_writer_string(w, PTF_TEXT("futex"), &cls, &err));
	must(ptf_writer_class(w, &(struct ptf_class_descriptor){PTF_CLASS_WAIT, cls},
		&cls, &err));
	must(ptf_writer_string(w, PTF_TEXT("ring_full"), &kind, &err));
	must(ptf_writer_label_set(w, &(struct ptf_label_set){{&o.file, 1}, {&kind, 1}},
		&set, &err));
	child.parent = o.process;
	must(ptf_writer_process(w, &child, &child_id, &err));
	must(ptf_writer_thread(w, &(struct ptf_thread){child_id, 4300, true, 100},
		&child_thread, &err));
	must(ptf_writer_clock(w,
		&(struct ptf_clock){1, 2, 1795651200000000000, 40,
			PTF_TEXT("boot id 16 bytes"), -3, 4},
		&err));
	put_rows(w, &o, o.thread[0], 6, 40, -1000, false, metric);
	sums[1].labels = set;
	sums[1].thread = o.thread[1];
	must(ptf_writer_aggregates(w,
		&(struct ptf_aggregates){metric, true, true, sums, 2}, &err));
	must(ptf_writer_aggregates(w,
		&(struct ptf_aggregates){PTF_TIME_METRIC, false, false, sums, 1}, &err));
	must(ptf_writer_edges(w, &(struct ptf_edges){PTF_TIME_METRIC, edges, 2}, &err));
	must(ptf_writer_counters(w,
		&(struct ptf_counters){metric, o.process, 0, kind, 3, times, values},
		&err));
	must(ptf_writer_marks(w, &(struct ptf_marks){marks, 2}, &err));
	source.file = o.file;
	symbols[0].frame = symbols[1].frame = native;
	symbols[0].name = symbols[1].name = kind;
	symbols[1].file = o.file;
	name.thread = o.thread[1];
	name.name = o.file;
	thread_end.thread = o.thread[1];
	process_end.process = child_id;
	image.process = child_id;
	image.executable = o.file;
	must(ptf_writer_facts(w, &facts, &err));
	losses[0].kind = losses[1].kind = kind;
	must(ptf_writer_losses(w, &(struct ptf_losses){losses, 2}, &err));
	must(ptf_writer_close(w, 123456789, &err));
}

static void make_rows(const char *name, uint64_t resolution_ns, size_t frame_bytes,
	size_t count, uint32_t nodes)
{
	int fd = create(name);
	struct ptf_writer *w = begin(fd, resolution_ns, frame_bytes);
	uint32_t key, set;
	struct world o;

	define(w, &o, nodes);
	must(ptf_writer_string(w, PTF_TEXT("rank"), &key, &err));
	must(ptf_writer_label_set(w, &(struct ptf_label_set){{&key, 1}, {&o.file, 1}},
		&set, &err));
	put_rows(w, &o, o.thread[0], nodes, count, 12345, false, 0);
	put_rows(w, &o, o.thread[1], nodes, count / 20, 5000000, true, 0);
	must(ptf_writer_flush(w, &err));
	put_rows(w, &o, o.thread[1], 5, count / 30, 90000000000, true, 0);
	must(ptf_writer_close(w, 100000000000, &err));
	close(fd);
}

/* ---------------------------------------------- files of other makers */

static size_t unpack(const struct bytes *in, uint8_t *out, size_t room)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();
	ZSTD_inBuffer from = {in->data, in->size, 0};
	ZSTD_outBuffer to = {out, room, 0};

	while (from.pos < from.size)
		if (ZSTD_isError(ZSTD_decompressStream(z, &to, &from)))
			exit(1);
	ZSTD_freeDCtx(z);
	return to.pos;
}

static void put_frame(const char *name, const uint8_t *header, const uint8_t *payload,
	size_t size, const uint8_t *more, size_t more_size)
{
	static uint8_t out[1 << 17];
	size_t at = 0;
	ZSTD_CCtx *z = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	if (header) {
		memcpy(out, header, 80);
		at = 80;
	}
	at += ZSTD_compress2(z, out + at, sizeof(out) - at, payload, size);
	if (more_size)
		at += ZSTD_compress2(z, out + at, sizeof(out) - at, more, more_size);
	ZSTD_freeCCtx(z);
	put(name, out, at);
}

/* A header as some other version would write it. */
static void change_header(uint8_t *frame, size_t offset, uint8_t value)
{
	XXH64_hash_t sum;

	frame[offset] = value;
	sum = XXH3_64bits(frame + 8, 64);
	for (int i = 0; i < 8; i++)
		frame[72 + i] = (uint8_t)(sum >> 8 * i);
}

static void make_others(void)
{
	static uint8_t payload[1 << 19], header[80];
	/* A Mark at 5 with the unknown fields 90 (varint) and 91 (bytes) beside it,
	   a Block of the unknown kind 50, and a Block of no kind. */
	static const uint8_t newer[] = {0x0a, 14, 0x3a, 12, 0x0a, 2, 0x08, 10, 0xd0, 0x05,
		1, 0xda, 0x05, 2, 'h', 'i', 0x0a, 5, 0x92, 0x03, 2, 'o', 'k', 0x0a, 0};
	/* A Samples Block (thread 1, 1 row of kind 1) with its lateness twice. */
	static const uint8_t split[] = {0x0a, 15, 0x1a, 13, 0x08, 1, 0x10, 1, 0x3a, 1, 8,
		0x3a, 1, 8, 0x42, 1, 1};
	struct bytes *b = get("v1/rounded.ptf");
	size_t size = unpack(b, payload, sizeof(payload));

	put("v1/payload-alone.ptf", payload, size);
	put_frame("v1/recompressed.ptf", NULL, payload, size, NULL, 0);

	b = get("v1/tiny.ptf");
	memcpy(header, b->data, 80);
	size = unpack(b, payload, sizeof(payload));
	change_header(header, 26, 3);  /* minor version */
	change_header(header, 32, 1);  /* compatible features */
	change_header(header, 40, 64); /* read-only compatible features */
	put_frame("v1/newer-minor.ptf", header, payload, size, newer, sizeof(newer));
	put_frame("v1/split-column.ptf", b->data, payload, size, split, sizeof(split));

	change_header(header, 24, 2);
	put_frame("must-fail/newer-major.ptf", header, payload, size, NULL, 0);
	change_header(header, 24, 1);
	change_header(header, 55, 0x80);
	put_frame("must-fail/unknown-feature.ptf", header, payload, size, NULL, 0);
	put_frame("must-fail/no-trace-inside.ptf", NULL, (const uint8_t *)"hello, world",
		12, NULL, 0);
	put("must-fail/empty.ptf", "", 0);
	put("must-fail/text.ptf", "#!/bin/sh\necho not a trace\n", 27);
	put("must-fail/header-cut.ptf", b->data, 60);
	put("must-fail/header-only.ptf", b->data, 80);
}

static void make_damaged(void)
{
	static struct bytes whole, out;
	struct bytes *b = get("v1/small-frames.ptf");

	whole = *b;
	put("v1/cut.ptf", whole.data, whole.size * 3 / 5);
	/* A cut section, and a whole one behind it. */
	memcpy(out.data, whole.data, whole.size / 3);
	out.size = whole.size / 3;
	b = get("v1/tiny.ptf");
	memcpy(out.data + out.size, b->data, b->size);
	out.size += b->size;
	put("v1/cut-then-whole.ptf", out.data, out.size);
	memcpy(out.data + b->size, b->data, b->size);
	memcpy(out.data, b->data, b->size);
	put("v1/joined.ptf", out.data, 2 * b->size);
	out = whole;
	out.data[out.size / 2] ^= 0x10;
	put("v1/flipped.ptf", out.data, out.size);
	/* LF became CR LF on the way. */
	out.size = 0;
	for (size_t i = 0; i < b->size; i++) {
		if (b->data[i] == '\n')
			out.data[out.size++] = '\r';
		out.data[out.size++] = b->data[i];
	}
	put("must-fail/as-text.ptf", out.data, out.size);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: make_golden FOLDER\n");
		return 2;
	}
	folder = argv[1];
	mkdir(path_of("v1"), 0777);
	mkdir(path_of("must-fail"), 0777);
	make_tiny();
	fd = create("v1/every-kind.ptf");
	put_every_kind(begin(fd, 1, 0));
	close(fd);
	make_rows("v1/exact.ptf", 1, 0, 200, 200);
	make_rows("v1/rounded.ptf", 62500, 0, 200, 200);
	make_rows("v1/many-kinds.ptf", 62500, 0, 5000, 1000);
	make_rows("v1/small-frames.ptf", 1000, 300, 240, 200);
	make_others();
	make_damaged();
	return 0;
}
