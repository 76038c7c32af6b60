/*
 * Traces of made up runs of a program, for tests of what compares them: a text
 * and how long each of its lines took.
 *
 * Functions are found in the text ("def" at the beginning of a line). Every line
 * with time is called by line 1 of the module, which takes no time itself.
 */
#ifndef TESTS_UNIT_VERSION_TRACE_H
#define TESTS_UNIT_VERSION_TRACE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ptf/writer.h>

#include "tools/core/profile.h"

#define VERSION_LINES_MAX 64

/* Of memory: mean distance of samples, and how long a row takes. */
#define VERSION_INTERVAL_BYTES 1000
#define VERSION_ROW_NS         1000000

struct version {
	const char *folder;  /* of the file, and the working directory */
	const char *file;    /* its name */
	const char *text;    /* NULL = the trace has no source text */
	const char *python;  /* version; NULL = none */
	const char *run_id;  /* of a merged recording; NULL = none */
	uint32_t trace_id;   /* 0 = another each time */
	int64_t origin_ns;   /* of both clocks */
	int64_t period_ns;   /* 0 = 1 ms */
	bool is_cut;         /* has no end */
	unsigned lost;       /* samples that did not fit */
	unsigned unit_count; /* marks named "step" */
	int64_t runnable_ns;
	const struct ptf_metric *metric; /* also in the rows; NULL = none */
	bool has_memory;
	int64_t interval_bytes; /* 0 = VERSION_INTERVAL_BYTES */
	unsigned lost_blocks;   /* samples of memory that did not fit */
};

/* What becomes of the blocks that a line allocates. */
enum version_life {
	VERSION_DROPPED, /* freed at once */
	VERSION_HELD,    /* freed at the end */
	VERSION_KEPT,    /* never freed */
};

/* Sampled blocks of so many bytes each, and bytes copied. */
struct version_blocks {
	double count;
	int64_t bytes, copied;
	enum version_life life;
};

/* Milliseconds and memory of each line, [0] is line 1. */
struct version_times {
	double ms[VERSION_LINES_MAX];
	struct version_blocks blocks[VERSION_LINES_MAX];
};

static inline void version_must(int rc)
{
	if (rc < 0)
		abort();
}

static inline struct ptf_text version_text(const char *text)
{
	return (struct ptf_text){text, strlen(text)};
}

struct version_writer {
	struct ptf_writer *w;
	const struct version *v;
	uint32_t file, thread, module_node;
	uint32_t node[VERSION_LINES_MAX + 1]; /* [line] */
	int64_t now_ns;
};

static inline uint32_t version_string(struct version_writer *k, const char *text)
{
	uint32_t id;

	version_must(ptf_writer_string(k->w, version_text(text), &id, NULL));
	return id;
}

static inline uint32_t version_function(struct version_writer *k, const char *name,
	size_t size, uint32_t first, uint32_t count)
{
	struct ptf_function f = {.file = k->file,
		.kind = PTF_FUNCTION_PYTHON,
		.first_line = first,
		.line_count = count};
	uint32_t id;

	version_must(
		ptf_writer_string(k->w, (struct ptf_text){name, size}, &f.name, NULL));
	version_must(ptf_writer_function(k->w, &f, &id, NULL));
	return id;
}

static inline void version_line(struct version_writer *k, uint32_t function,
	uint32_t line)
{
	uint32_t frame;

	version_must(ptf_writer_frame(k->w,
		&(struct ptf_frame){.function = function, .line = line}, &frame, NULL));
	version_must(ptf_writer_node(k->w, k->module_node, frame, &k->node[line], NULL));
}

/* The lines of the text, each in its function or in the module. */
static inline void version_define(struct version_writer *k)
{
	const char *text = k->v->text ? k->v->text : "", *line;
	uint32_t count = 0, module, frame, number = 1, function = 0;

	for (line = text; *line; line++)
		count += *line == '\n';
	module = version_function(k, "<module>", 8, 1, count);
	version_must(ptf_writer_frame(k->w,
		&(struct ptf_frame){.function = module, .line = 1}, &frame, NULL));
	version_must(ptf_writer_node(k->w, 0, frame, &k->module_node, NULL));
	for (line = text; number <= count; line = strchr(line, '\n') + 1, number++) {
		if (!strncmp(line, "def ", 4)) {
			const char *end = line;
			uint32_t lines = 0;

			do {
				end = strchr(end, '\n') + 1;
				lines++;
			} while (*end == ' ');
			function = version_function(k, line + 4, strcspn(line + 4, "("),
				number, lines);
		} else if (*line != ' ') {
			function = 0;
		}
		version_line(k, function ? function : module, number);
	}
}

static inline void version_row(struct version_writer *k, uint32_t node, uint32_t class_id,
	int64_t ns)
{
	struct ptf_value_column columns[2] = {{PTF_TIME_METRIC, 1, &ns}};
	struct ptf_samples s = {.thread = k->thread,
		.count = 1,
		.time_ns = &k->now_ns,
		.node = &node,
		.class_id = &class_id,
		.columns = columns,
		.column_count = 1};

	if (k->v->metric) {
		uint32_t id;

		version_must(ptf_writer_metric(k->w, k->v->metric, &id, NULL));
		columns[s.column_count++] = (struct ptf_value_column){id, 1, &ns};
	}
	version_must(ptf_writer_samples(k->w, &s, NULL));
	k->now_ns += ns;
}

/* Rows of one period, all lines by turns, as a program's loop has them. */
static inline void version_rows(struct version_writer *k, const struct version_times *t)
{
	int64_t period = k->v->period_ns ? k->v->period_ns : 1000000;
	int64_t left[VERSION_LINES_MAX];
	bool any = true;

	for (int i = 0; i < VERSION_LINES_MAX; i++)
		left[i] = (int64_t)(t->ms[i] * 1e6);
	while (any) {
		any = false;
		for (int i = 0; i < VERSION_LINES_MAX; i++) {
			int64_t ns = left[i] < period ? left[i] : period;

			if (ns <= 0)
				continue;
			version_row(k, k->node[i + 1], PTF_CLASS_PYTHON, ns);
			left[i] -= ns;
			any = true;
		}
	}
	if (k->v->runnable_ns)
		version_row(k, k->module_node, PTF_CLASS_RUNNABLE, k->v->runnable_ns);
}

static inline uint32_t version_bytes_metric(struct version_writer *k, const char *name)
{
	const struct ptf_metric m = {.name = version_string(k, name),
		.unit = version_string(k, "bytes"),
		.kind = PTF_METRIC_WEIGHT};
	uint32_t id;

	version_must(ptf_writer_metric(k->w, &m, &id, NULL));
	return id;
}

static inline void version_memory_row(struct version_writer *k, uint32_t metric,
	uint32_t line, uint32_t class_id, int64_t bytes)
{
	const struct ptf_value_column column = {metric, 1, &bytes};
	const struct ptf_samples s = {.thread = k->thread,
		.count = 1,
		.time_ns = &k->now_ns,
		.node = &k->node[line],
		.class_id = &class_id,
		.columns = &column,
		.column_count = 1};

	version_must(ptf_writer_samples(k->w, &s, NULL));
	k->now_ns += VERSION_ROW_NS;
}

/* One block of each line by turns, and in the end what is held is freed. */
static inline void version_memory(struct version_writer *k, const struct version_times *t)
{
	uint32_t allocated = version_bytes_metric(k, "alloc_bytes"),
		 freed = version_bytes_metric(k, "free_bytes"),
		 copied = version_bytes_metric(k, "copy_bytes");
	bool any = true;

	for (int round = 0; any; round++) {
		any = false;
		for (uint32_t line = 1; line <= VERSION_LINES_MAX; line++) {
			const struct version_blocks *b = &t->blocks[line - 1];

			if (round == 0 && b->copied)
				version_memory_row(k, copied, line, PTF_CLASS_NATIVE,
					b->copied);
			if (round >= (int)(b->count + 0.5))
				continue;
			any = true;
			version_memory_row(k, allocated, line, PTF_CLASS_PYTHON,
				b->bytes);
			if (b->life == VERSION_DROPPED)
				version_memory_row(k, freed, line, PTF_CLASS_PYTHON,
					b->bytes);
		}
	}
	for (uint32_t line = 1; line <= VERSION_LINES_MAX; line++) {
		const struct version_blocks *b = &t->blocks[line - 1];

		for (int i = 0; b->life == VERSION_HELD && i < (int)(b->count + 0.5); i++)
			version_memory_row(k, freed, line, PTF_CLASS_PYTHON, b->bytes);
	}
}

static inline void version_lost(struct version_writer *k, const char *kind,
	unsigned count)
{
	struct ptf_loss loss = {.kind = version_string(k, kind), .count = count};

	if (count)
		version_must(
			ptf_writer_losses(k->w, &(struct ptf_losses){&loss, 1}, NULL));
}

static inline void version_facts(struct version_writer *k)
{
	struct ptf_source source = {.file = k->file,
		.text = version_text(k->v->text ? k->v->text : ""),
		.first_line = 1};

	source.size_bytes = source.text.size;
	if (k->v->text)
		version_must(ptf_writer_facts(k->w,
			&(struct ptf_facts){.sources = &source, .source_count = 1},
			NULL));
	version_lost(k, "ring_full", k->v->lost);
	version_lost(k, "memory_ring_full", k->v->lost_blocks);
	for (unsigned i = 0; i < k->v->unit_count; i++) {
		struct ptf_mark mark = {.time_ns = k->now_ns,
			.thread = k->thread,
			.kind = PTF_MARK_INSTANT,
			.name = version_string(k, "step")};

		version_must(ptf_writer_marks(k->w, &(struct ptf_marks){&mark, 1}, NULL));
	}
}

/* Adds one run to a profile. Its memory file stays open for a replay. */
static inline void version_add(struct profile *p, const struct version *v,
	const struct version_times *t)
{
	struct version_writer k = {.v = v};
	int fd = memfd_create("version.ptf", 0);
	char interval[24];
	int interval_size = snprintf(interval, sizeof(interval), "%lld",
		(long long)(v->interval_bytes ? v->interval_bytes
					      : VERSION_INTERVAL_BYTES));
	struct ptf_attribute start[] = {
		{PTF_TEXT("run.cwd"), version_text(v->folder)},
		{PTF_TEXT("run.command"), PTF_TEXT("python3 program.py")},
		{PTF_TEXT("memory.interval_bytes"), {interval, (size_t)interval_size}},
		{PTF_TEXT("memory.copy_interval_bytes"),
			{interval, (size_t)interval_size}},
	};
	struct ptf_section_start section = {.sample_period_ns =
						    (uint64_t)(v->period_ns ? v->period_ns
									    : 1000000),
		.origin_monotonic_ns = v->origin_ns,
		.origin_realtime_ns = v->origin_ns,
		.attributes = {start, v->has_memory ? 4 : 2}};
	struct ptf_attribute python = {PTF_TEXT("python.version"),
		version_text(v->python ? v->python : "")};
	struct ptf_process process = {.pid = 7};
	static uint32_t number;
	char path[256];

	number++;
	memcpy(section.trace_id, v->trace_id ? &v->trace_id : &number, sizeof(number));
	version_must(fd);
	version_must(ptf_writer_open(&k.w, fd, NULL, &section, NULL));
	snprintf(path, sizeof(path), "%s/%s", v->folder, v->file);
	k.file = version_string(&k, path);
	if (v->run_id) {
		struct ptf_attribute of_run[] = {
			{PTF_TEXT("recording.id"), version_text(v->run_id)},
			{PTF_TEXT("run.id"), version_text(v->run_id)},
		};

		version_must(ptf_writer_process(k.w,
			&(struct ptf_process){.attributes = {of_run, 2}}, &process.parent,
			NULL));
	}
	process.attributes = (struct ptf_attributes){&python, v->python ? 1 : 0};
	version_must(ptf_writer_process(k.w, &process, &process.pid, NULL));
	version_must(ptf_writer_thread(k.w,
		&(struct ptf_thread){.process = process.pid, .tid = 7, .is_main = true},
		&k.thread, NULL));
	version_define(&k);
	version_rows(&k, t);
	if (v->has_memory)
		version_memory(&k, t);
	version_facts(&k);
	if (v->is_cut) {
		version_must(ptf_writer_flush(k.w, NULL));
		ptf_writer_destroy(k.w);
	} else {
		version_must(ptf_writer_close(k.w, k.now_ns, NULL));
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	version_must(profile_add_file(p, path, NULL, NULL));
}

/* One of many runs: times and blocks of all lines vary by some per cent, by its number.
 */
static inline struct version_times version_vary(const struct version_times *t, int run,
	double spread)
{
	struct version_times varied = *t;

	for (int i = 0; i < VERSION_LINES_MAX; i++) {
		uint64_t z = (uint64_t)(run * 1000 + i + 1) * 0x9e3779b97f4a7c15u;

		z = (z ^ z >> 31) * 0xbf58476d1ce4e5b9u;
		z ^= z >> 29;
		varied.ms[i] *=
			1 + spread * ((double)(z >> 11) / 9007199254740992.0 - 0.5);
		z *= 0x9e3779b97f4a7c15u;
		varied.blocks[i].count *=
			1 + spread * ((double)(z >> 11) / 9007199254740992.0 - 0.5);
	}
	return varied;
}

/* A finished profile of so many runs, numbered from `first` on. */
static inline struct profile *version_runs(const struct version *v,
	const struct version_times *t, int first, int count, double spread)
{
	struct profile *p = profile_new();

	for (int run = first; run < first + count; run++) {
		struct version_times varied = version_vary(t, run, spread);

		version_add(p, v, &varied);
	}
	profile_finish(p);
	return p;
}

#endif
