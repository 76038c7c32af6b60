/*
 * Figures of libptf on made-up stacks with the shape of real ones.
 *
 *     format_speed [SAMPLES [FILE]]
 *
 * Prints bytes per sample, the writer's CPU time per sample, and how fast all
 * columns are decoded beside libzstd alone on the same file.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include <ptf/ptf.h>

#define FUNCTIONS 2000
#define NODES     12000
#define BATCH     256

static struct ptf_error err;

static void must(int rc)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "format_speed: %s\n", err.message);
	exit(1);
}

static uint64_t state = 1;

static uint64_t draw(void)
{
	uint64_t z = (state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Small numbers are much more frequent, as hot stacks are. */
static uint32_t skewed(uint32_t n)
{
	double u = (double)(draw() >> 11) / 9007199254740992.0;

	return (uint32_t)((double)n * u * u * u * u);
}

static uint32_t define(struct ptf_writer *w, uint32_t *node)
{
	uint32_t *frame = calloc(FUNCTIONS * 8, sizeof(*frame)), file, process, thread;

	if (!frame)
		exit(1);
	must(ptf_writer_string(w, PTF_TEXT("/usr/lib/python3/module.py"), &file, &err));
	for (uint32_t i = 0; i < FUNCTIONS; i++) {
		char text[40];
		struct ptf_text name = {text,
			(size_t)snprintf(text, sizeof(text), "Class%u.method_%u", i / 9,
				i)};
		struct ptf_function f = {.file = file,
			.kind = PTF_FUNCTION_PYTHON,
			.first_line = i * 30 + 1};
		uint32_t function;

		must(ptf_writer_string(w, name, &f.name, &err));
		must(ptf_writer_function(w, &f, &function, &err));
		for (uint32_t k = 0; k < 8; k++)
			must(ptf_writer_frame(w,
				&(struct ptf_frame){.function = function,
					.line = f.first_line + k * 3},
				&frame[i * 8 + k], &err));
	}
	for (uint32_t i = 0; i < NODES; i++)
		must(ptf_writer_node(w, i ? node[i - 1 - skewed(i)] : 0,
			frame[draw() % (FUNCTIONS * 8)], &node[i], &err));
	must(ptf_writer_process(w, &(struct ptf_process){.pid = 1}, &process, &err));
	must(ptf_writer_thread(w, &(struct ptf_thread){process, 1, true, 0}, &thread,
		&err));
	free(frame);
	return thread;
}

/* One thread at 10 kHz; returns the CPU seconds that the writer took. */
static double record(const char *path, size_t count, uint64_t resolution_ns, size_t flush)
{
	static uint32_t node[NODES];
	int64_t period = 100000, now = 0, time_ns[BATCH], weight[BATCH];
	uint32_t nodes[BATCH], classes[BATCH], at = 0;
	struct ptf_value_column column = {PTF_TIME_METRIC, (uint64_t)period, weight};
	struct ptf_samples s = {.count = BATCH,
		.period_ns = (uint64_t)period,
		.time_ns = time_ns,
		.node = nodes,
		.class_id = classes,
		.columns = &column,
		.column_count = 1};
	struct ptf_section_start start = {.producer = PTF_TEXT("format_speed"),
		.time_resolution_ns = resolution_ns};
	struct ptf_writer *w;
	double spent = 0, begin;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	state = 1;
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	begin = cpu_seconds();
	must(ptf_writer_open(&w, fd, NULL, &start, &err));
	s.thread = define(w, node);
	spent += cpu_seconds() - begin;
	for (size_t done = 0; done < count; done += BATCH) {
		for (size_t i = 0; i < BATCH; i++) {
			weight[i] = draw() % 100 ? period
						 : period * (int64_t)(2 + draw() % 3);
			now += weight[i];
			if (draw() % 2000 == 0)
				now += (int64_t)(draw() % 3000000);
			time_ns[i] = now + (int64_t)(skewed(4000));
			if (i && time_ns[i] < time_ns[i - 1])
				time_ns[i] = time_ns[i - 1];
			/* A stack stays, moves near, or changes altogether. */
			if (draw() % 3)
				at = draw() % 2 ? skewed(NODES)
						: (at + (uint32_t)(draw() % 5)) % NODES;
			nodes[i] = node[at];
			classes[i] = draw() % 8 ? 1 + at % 2 : 3;
		}
		begin = cpu_seconds();
		must(ptf_writer_samples(w, &s, &err));
		if (flush && done / flush != (done + BATCH) / flush)
			must(ptf_writer_flush(w, &err));
		spent += cpu_seconds() - begin;
	}
	begin = cpu_seconds();
	must(ptf_writer_close(w, now, &err));
	close(fd);
	return spent + cpu_seconds() - begin;
}

static double unpack_alone(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data, *out = malloc(4 << 20);
	ZSTD_DCtx *z = ZSTD_createDCtx();
	double begin;

	if (!f || !out || !z)
		exit(1);
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	data = malloc(*size);
	if (!data || fread(data, 1, *size, f) != *size)
		exit(1);
	fclose(f);
	begin = cpu_seconds();
	for (ZSTD_inBuffer in = {data, *size, 0}; in.pos < in.size;) {
		ZSTD_outBuffer to = {out, 4 << 20, 0};

		if (ZSTD_isError(ZSTD_decompressStream(z, &to, &in)))
			exit(1);
	}
	begin = cpu_seconds() - begin;
	ZSTD_freeDCtx(z);
	free(data);
	free(out);
	return begin;
}

static double read_all(const char *path, uint64_t *sum)
{
	double begin = cpu_seconds();
	struct ptf_reader *r;
	struct ptf_block b;
	int rc;

	must(ptf_reader_open(&r, path, NULL, &err));
	while ((rc = ptf_reader_next(r, &b, &err)) > 0)
		for (size_t i = 0; b.kind == PTF_BLOCK_SAMPLES && i < b.samples.count;
			i++)
			*sum += b.samples.node[i] + (uint64_t)b.samples.time_ns[i] +
				(uint64_t)b.samples.columns[0].values[i];
	must(rc);
	ptf_reader_close(r);
	return cpu_seconds() - begin;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint64_t resolution_ns;
		size_t flush;
	} cases[] = {{"exact", 1, 0}, {"1/16 period", 6250, 0},
		{"exact, flush each 1000", 1, 1000},
		{"1/16, flush each 1000", 6250, 1000},
		{"1/16, flush each 10000", 6250, 10000}};
	size_t count = argc > 1 ? (size_t)atol(argv[1]) : 1000000;
	const char *path = argc > 2 ? argv[2] : "format_speed.tmp";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double written =
			record(path, count, cases[i].resolution_ns, cases[i].flush);
		uint64_t sum = 0;
		size_t size;
		double alone = unpack_alone(path, &size), read = read_all(path, &sum);

		printf("%-24s %.3f bytes/sample, write %.0f ns/sample, "
		       "read %.1f M samples/s, %.0f %% of zstd's speed\n",
			cases[i].name, (double)size / (double)count,
			written / (double)count * 1e9, (double)count / read * 1e-6,
			100 * alone / read);
	}
	if (argc <= 2)
		unlink(path);
	return 0;
}
