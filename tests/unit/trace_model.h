/*
 * A random trace, what was given to its writer, and what a reader gave back:
 * shared by the tests of libptf.
 */
#ifndef TESTS_TRACE_MODEL_H
#define TESTS_TRACE_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <ptf/ptf.h>

#define MODEL_THREADS 4
#define MODEL_RUNS    (2 * MODEL_THREADS)
/* Ids of metrics: the writer's own, then as make_start defines them. */
enum { MODEL_TIME = 1, MODEL_SECOND, MODEL_ALLOC, MODEL_FREE, MODEL_COPY };
#define MODEL_METRICS 5
#define MODEL_HELD    64

/* ------------------------------------------------------ random numbers */

struct random {
	uint64_t state;
};

static inline uint64_t draw(struct random *r)
{
	/* splitmix64 */
	uint64_t z = (r->state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static inline uint32_t below(struct random *r, uint32_t n)
{
	return (uint32_t)(draw(r) % n);
}

static inline bool one_in(struct random *r, uint32_t n)
{
	return below(r, n) == 0;
}

/* ------------------------------------------------------------ the model */

struct row {
	int64_t time_ns;
	uint32_t node, class_id, labels, cpu, task,
		unused;               /* no padding: compared as bytes */
	int64_t value[MODEL_METRICS]; /* [metric - 1] */
};

struct rows {
	struct row *item;
	size_t count, capacity;
};

/* Definitions and everything rare, as lines of text in order of file. */
struct lines {
	char *text;
	size_t size, capacity;
};

struct model {
	struct rows rows[MODEL_RUNS]; /* see run_of */
	struct lines definitions;     /* per kind one would be too many: see line() */
	struct lines others;
	uint32_t strings, functions, frames, nodes, classes, label_sets, processes;
	uint64_t resolution_ns;
	size_t blocks, sections;
};

/* Of thread id - 1: rows with the time metric, and those without, have their own order.
 */
static inline size_t run_of(uint32_t thread, bool is_timed)
{
	return is_timed ? thread : MODEL_THREADS + thread;
}

static inline bool is_timed(const struct ptf_samples *s)
{
	for (size_t i = 0; i < s->column_count; i++)
		if (s->columns[i].metric == PTF_TIME_METRIC)
			return true;
	return false;
}

static inline void add_row(struct rows *rows, struct row row)
{
	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? 2 * rows->capacity : 256;
		rows->item = realloc(rows->item, rows->capacity * sizeof(row));
		assert_non_null(rows->item);
	}
	rows->item[rows->count++] = row;
}

static inline void line(struct lines *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline void line(struct lines *l, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < sizeof(text));
	if (l->capacity - l->size < (size_t)n + 2) {
		l->capacity = 2 * l->capacity + (size_t)n + 64;
		l->text = realloc(l->text, l->capacity);
		assert_non_null(l->text);
	}
	memcpy(l->text + l->size, text, (size_t)n);
	l->size += (size_t)n;
	l->text[l->size++] = '\n';
	l->text[l->size] = 0;
}

static inline void model_finish(struct model *m)
{
	for (size_t i = 0; i < MODEL_RUNS; i++)
		free(m->rows[i].item);
	free(m->definitions.text);
	free(m->others.text);
}

/* --------------------------------------------------- making and writing */

#define MUST(call) assert_return_code((call), 0)

struct maker {
	struct random random;
	struct ptf_writer *w;
	struct model *m;
	uint32_t threads[MODEL_THREADS], second_metric, third_class, sets[3], names[4];
	int64_t now[MODEL_RUNS];
	struct row held[MODEL_HELD]; /* blocks that are not freed yet */
	size_t held_count;
	uint64_t period_ns;
};

static inline uint32_t make_string(struct maker *k)
{
	char text[64];
	size_t size = below(&k->random, 40);
	uint32_t id;
	struct ptf_error err = {0};

	for (size_t i = 0; i < size; i++)
		text[i] = "abcxyz._/<>\n\0\377"[below(&k->random, 14)];
	MUST(ptf_writer_string(k->w, (struct ptf_text){text, size}, &id, &err));
	if (id > k->m->strings) {
		k->m->strings++;
		assert_int_equal(id, k->m->strings);
	}
	return id;
}

static inline uint32_t make_node(struct maker *k)
{
	struct model *m = k->m;
	struct random *r = &k->random;
	uint32_t function = 0, frame, node;
	struct ptf_error err = {0};
	struct ptf_frame f = {0};

	if (one_in(r, 3) || m->functions == 0) {
		struct ptf_function fn = {.name = make_string(k),
			.file = make_string(k),
			.kind = (enum ptf_function_kind)below(r, 5),
			.first_line = below(r, 1000),
			.line_count = below(r, 50)};

		MUST(ptf_writer_function(k->w, &fn, &function, &err));
		if (function > m->functions)
			m->functions = function;
	} else {
		function = 1 + below(r, m->functions);
	}
	if (one_in(r, 4)) {
		uint32_t path = make_string(k);
		struct ptf_module module = {path, PTF_TEXT("\1\2\0\3")};

		MUST(ptf_writer_module(k->w, &module, &f.module, &err));
		f.module_offset = draw(r) >> below(r, 60);
	} else {
		f.function = function;
		f.line = below(r, 2000);
	}
	MUST(ptf_writer_frame(k->w, &f, &frame, &err));
	if (frame > m->frames)
		m->frames = frame;
	MUST(ptf_writer_node(k->w, m->nodes ? below(r, m->nodes + 1) : 0, frame, &node,
		&err));
	if (node > m->nodes)
		m->nodes = node;
	return node;
}

/* As FORMAT.md, "Memory", names them. */
static inline void make_memory_metrics(struct maker *k)
{
	static const struct ptf_text names[] = {PTF_TEXT("alloc_bytes"),
		PTF_TEXT("free_bytes"), PTF_TEXT("copy_bytes")};
	struct ptf_metric metric = {.kind = PTF_METRIC_WEIGHT, .addition = PTF_ADD_SUM};
	struct ptf_error err = {0};
	uint32_t id;

	MUST(ptf_writer_string(k->w, PTF_TEXT("bytes"), &metric.unit, &err));
	for (uint32_t i = 0; i < 3; i++) {
		MUST(ptf_writer_string(k->w, names[i], &metric.name, &err));
		MUST(ptf_writer_metric(k->w, &metric, &id, &err));
		assert_int_equal(id, MODEL_ALLOC + i);
	}
	k->m->strings += 4;
}

static inline void make_start(struct maker *k)
{
	struct ptf_error err = {0};
	struct ptf_attribute attribute = {PTF_TEXT("python.version"),
		PTF_TEXT("3.11\xff")};
	struct ptf_process process = {.pid = 77,
		.start_ns = -5,
		.executable = make_string(k),
		.attributes = {&attribute, 1}};
	struct ptf_metric metric = {.name = make_string(k),
		.unit = make_string(k),
		.kind = PTF_METRIC_GAUGE,
		.addition = PTF_ADD_MAX};
	struct ptf_class_descriptor cls = {PTF_CLASS_WAIT, make_string(k)};
	uint32_t arguments[3], id, parent;

	for (size_t i = 0; i < 3; i++)
		arguments[i] = make_string(k);
	for (size_t i = 0; i < 4; i++)
		k->names[i] = make_string(k);
	process.arguments = (struct ptf_ids){arguments, 3};
	MUST(ptf_writer_process(k->w, &process, &parent, &err));
	process.parent = parent;
	MUST(ptf_writer_process(k->w, &process, &id, &err));
	MUST(ptf_writer_metric(k->w, &metric, &k->second_metric, &err));
	assert_int_equal(k->second_metric, MODEL_SECOND);
	make_memory_metrics(k);
	MUST(ptf_writer_class(k->w, &cls, &k->third_class, &err));
	assert_int_equal(k->third_class, PTF_CLASS_KIND_COUNT);
	for (uint32_t i = 0; i < 3; i++) {
		struct ptf_label_set set = {{arguments, i}, {k->names, i}};

		MUST(ptf_writer_label_set(k->w, &set, &k->sets[i], &err));
	}
	for (uint32_t i = 0; i < MODEL_THREADS; i++) {
		struct ptf_thread thread = {id, 100 + i, i == 0, (int64_t)i};

		MUST(ptf_writer_thread(k->w, &thread, &k->threads[i], &err));
		k->now[i] = (int64_t)below(&k->random, 1000000) - 500000;
	}
}

/* Up to max rows of one thread, of one of several kinds of course. */
static inline void make_samples(struct maker *k, uint32_t max)
{
	struct random *r = &k->random;
	uint32_t t = below(r, MODEL_THREADS), count = 1 + below(r, max),
		 kind = below(r, 4);
	size_t run = run_of(t, kind != 3);
	struct row *rows = calloc(count, sizeof(*rows));
	int64_t *time_ns = calloc(count, sizeof(*time_ns)), *values[2];
	uint32_t *u[5];
	struct ptf_value_column columns[] = {{.metric = PTF_TIME_METRIC,
						     .scale = k->period_ns},
		{.metric = k->second_metric}};
	struct ptf_samples s = {.thread = k->threads[t],
		.count = count,
		.period_ns = k->period_ns,
		.columns = columns,
		.column_count = kind == 3 ? 0 : 2};
	struct ptf_error err = {0};
	bool optional = one_in(r, 2);

	assert_non_null(rows);
	for (size_t i = 0; i < 2; i++)
		columns[i].values = values[i] = calloc(count, sizeof(int64_t));
	for (size_t i = 0; i < 5; i++)
		u[i] = calloc(count, sizeof(uint32_t));
	while (k->m->nodes < 30)
		make_node(k);
	for (uint32_t i = 0; i < count; i++) {
		struct row *row = &rows[i];

		row->value[0] = (int64_t)k->period_ns;
		if (one_in(r, 20))
			row->value[0] *= below(r, 5);
		if (kind == 1 && one_in(r, 3))
			row->value[0] = (int64_t)below(r, 50000000);
		if (kind == 2 && one_in(r, 30))
			row->value[0] = -(int64_t)(draw(r) >> 3);
		row->value[1] = kind == 1 ? (int64_t)draw(r) : 0;
		k->now[run] += kind == 2 ? (int64_t)below(r, 3000)
			: row->value[0] > 0 && row->value[0] < 1000000000 ? row->value[0]
									  : 0;
		if (one_in(r, 100))
			k->now[run] += (int64_t)below(r, 100000000);
		row->time_ns = k->now[run];
		if (kind != 2 && one_in(r, 2))
			row->time_ns = k->now[run] += below(r, 900);
		row->node = below(r, k->m->nodes + 1);
		row->class_id = below(r, PTF_CLASS_KIND_COUNT + 1);
		if (optional) {
			row->labels = one_in(r, 10) ? k->sets[below(r, 3)]
				: i                 ? rows[i - 1].labels
						    : 0;
			row->cpu = one_in(r, 10) ? below(r, 65) : i ? rows[i - 1].cpu : 0;
			row->task = one_in(r, 10) ? k->names[below(r, 4)]
				: i               ? rows[i - 1].task
						  : 0;
		}
		if (kind == 3)
			row->value[0] = row->value[1] = 0;
		time_ns[i] = row->time_ns;
		u[0][i] = row->node;
		u[1][i] = row->class_id;
		u[2][i] = row->labels;
		u[3][i] = row->cpu;
		u[4][i] = row->task;
		values[0][i] = row->value[0];
		values[1][i] = row->value[1];
		add_row(&k->m->rows[run], *row);
	}
	s.time_ns = time_ns;
	s.node = u[0];
	s.class_id = u[1];
	if (optional) {
		s.labels = u[2];
		s.cpu = u[3];
		s.task = u[4];
	}
	if (ptf_writer_samples(k->w, &s, &err) < 0)
		fail_msg("%s", err.message);
	free(rows);
	free(time_ns);
	for (size_t i = 0; i < 2; i++)
		free(values[i]);
	for (size_t i = 0; i < 5; i++)
		free(u[i]);
}

/* A block is allocated, or one of those that are held is freed, or bytes are copied. */
static inline struct row make_memory_row(struct maker *k, bool may_copy)
{
	struct random *r = &k->random;
	struct row row = {.node = below(r, k->m->nodes + 1),
		.class_id = one_in(r, 2) ? PTF_CLASS_PYTHON : PTF_CLASS_NATIVE};

	if (may_copy && one_in(r, 6)) {
		row.class_id = PTF_CLASS_NATIVE;
		row.value[MODEL_COPY - 1] = 1 + below(r, 1 << 22);
	} else if (k->held_count && (one_in(r, 3) || k->held_count == MODEL_HELD)) {
		uint32_t which = below(r, (uint32_t)k->held_count);

		row = k->held[which];
		row.value[MODEL_FREE - 1] = row.value[MODEL_ALLOC - 1];
		row.value[MODEL_ALLOC - 1] = 0;
		k->held[which] = k->held[--k->held_count];
	} else {
		row.value[MODEL_ALLOC - 1] = (1 << 19) + below(r, 1 << 20);
		k->held[k->held_count++] = row;
	}
	return row;
}

/* Up to max rows about memory of one thread, with some or all of the columns. */
static inline void make_memory(struct maker *k, uint32_t max)
{
	struct random *r = &k->random;
	uint32_t t = below(r, MODEL_THREADS), count = 1 + below(r, max);
	size_t run = run_of(t, false);
	bool may_copy = one_in(r, 2);
	int64_t *time_ns = calloc(count, sizeof(*time_ns)), *values[3];
	uint32_t *node = calloc(count, sizeof(*node));
	uint32_t *class_id = calloc(count, sizeof(*class_id));
	struct ptf_value_column columns[3];
	struct ptf_samples s = {.thread = k->threads[t],
		.count = count,
		.time_ns = time_ns,
		.node = node,
		.class_id = class_id,
		.columns = columns,
		.column_count = may_copy ? 3 : 2};
	struct ptf_error err = {0};

	for (uint32_t c = 0; c < 3; c++) {
		values[c] = calloc(count, sizeof(int64_t));
		columns[c] = (struct ptf_value_column){MODEL_ALLOC + c, 0, values[c]};
	}
	while (k->m->nodes < 30)
		make_node(k);
	for (uint32_t i = 0; i < count; i++) {
		struct row row = make_memory_row(k, may_copy);

		/* Many at one time: their order is told by the order of rows alone. */
		k->now[run] += one_in(r, 3) ? below(r, 200000) : 0;
		row.time_ns = time_ns[i] = k->now[run];
		node[i] = row.node;
		class_id[i] = row.class_id;
		for (uint32_t c = 0; c < 3; c++)
			values[c][i] = row.value[MODEL_ALLOC + c - 1];
		add_row(&k->m->rows[run], row);
	}
	if (ptf_writer_samples(k->w, &s, &err) < 0)
		fail_msg("%s", err.message);
	for (uint32_t c = 0; c < 3; c++)
		free(values[c]);
	free(time_ns);
	free(node);
	free(class_id);
}

static inline void take_other(struct lines *l, const struct ptf_block *b,
	uint64_t resolution);

/* One Block of the rarer kinds. */
static inline void make_other(struct maker *k)
{
	struct random *r = &k->random;
	struct ptf_error err = {0};
	struct ptf_block b = {.kind = (enum ptf_block_kind)(4 + below(r, 7))};
	struct ptf_aggregate aggregate = {1 + below(r, k->m->nodes), below(r, 7),
		k->threads[0], k->sets[1], draw(r), (int64_t)draw(r), -7, 9, 1.5e300};
	struct ptf_edge edge = {0, 1 + below(r, k->m->frames), draw(r), (int64_t)draw(r),
		one_in(r, 2) ? k->threads[2] : 0};
	struct ptf_mark marks[2] = {{5, k->threads[1], PTF_MARK_BEGIN, k->names[0]},
		{-9, 0, PTF_MARK_RECORDING_OFF, 0}};
	int64_t times[3] = {-1000000, 0, (int64_t)below(r, 1 << 30)};
	int64_t values[3] = {(int64_t)draw(r), INT64_MIN, INT64_MAX};
	struct ptf_source source = {k->names[1], PTF_TEXT("a = 1\n"), 1, 1, 6, draw(r),
		true, false};
	struct ptf_symbol symbol = {1, k->names[2], k->names[3], 12, 1};
	struct ptf_thread_name name = {k->threads[2], 5, k->names[0]};
	struct ptf_thread_end thread_end = {k->threads[2], 6, draw(r)};
	struct ptf_process_end process_end = {1, 7, 137, draw(r), 2, 3, 4, 5, 6};
	struct ptf_process_image image = {.process = 2,
		.time_ns = 8,
		.executable = k->names[0],
		.arguments = {k->names, 4}};
	struct ptf_loss loss = {k->names[0], 1, 2, draw(r), draw(r)};

	switch (b.kind) {
	case PTF_BLOCK_AGGREGATES:
		b.aggregates = (struct ptf_aggregates){k->second_metric, one_in(r, 2),
			one_in(r, 2), &aggregate, 1};
		if (!b.aggregates.has_range)
			aggregate.minimum = aggregate.maximum = 0;
		if (!b.aggregates.has_sum_of_squares)
			aggregate.sum_of_squares = 0;
		MUST(ptf_writer_aggregates(k->w, &b.aggregates, &err));
		break;
	case PTF_BLOCK_EDGES:
		b.edges = (struct ptf_edges){PTF_TIME_METRIC, &edge, 1};
		MUST(ptf_writer_edges(k->w, &b.edges, &err));
		break;
	case PTF_BLOCK_COUNTERS:
		b.counters = (struct ptf_counters){k->second_metric, 1, k->threads[0],
			k->names[3], 3, times, values};
		MUST(ptf_writer_counters(k->w, &b.counters, &err));
		break;
	case PTF_BLOCK_MARKS:
		b.marks = (struct ptf_marks){marks, 2};
		MUST(ptf_writer_marks(k->w, &b.marks, &err));
		break;
	case PTF_BLOCK_CLOCK:
		b.clock = (struct ptf_clock){1, -2, (int64_t)draw(r), 4,
			PTF_TEXT("0123456789abcdef"), 5, -6};
		MUST(ptf_writer_clock(k->w, &b.clock, &err));
		break;
	case PTF_BLOCK_FACTS:
		b.facts = (struct ptf_facts){&source, &symbol, &name, &thread_end,
			&process_end, &image, 1, 1, 1, 1, 1, 1};
		MUST(ptf_writer_facts(k->w, &b.facts, &err));
		break;
	default:
		b.kind = PTF_BLOCK_LOSSES;
		b.losses = (struct ptf_losses){&loss, 1};
		MUST(ptf_writer_losses(k->w, &b.losses, &err));
		break;
	}
	take_other(&k->m->others, &b, k->m->resolution_ns);
}

struct plan {
	uint64_t seed;
	uint64_t resolution_ns;
	uint64_t period_ns;
	uint32_t steps;     /* calls of the writer, roughly */
	uint32_t rows_max;  /* of one call */
	size_t frame_bytes; /* 0 = default */
	bool without_end;   /* a recorder that was killed after a flush */
	uint8_t number;     /* of one of several that differ in trace id and start */
	uint8_t recording;  /* whose part it is: that in place of number in the id */
};

/* Writes a random section to fd and notes in *m what it must read as. */
static inline void make_section(int fd, const struct plan *plan, struct model *m)
{
	struct maker k = {.random = {plan->seed}, .m = m, .period_ns = plan->period_ns};
	struct ptf_section_start start = {.producer = PTF_TEXT("test"),
		.trace_id = "0123456789abcde",
		.origin_realtime_ns = 1700000000000000000,
		.time_resolution_ns = plan->resolution_ns,
		.sample_period_ns = plan->period_ns};
	struct ptf_writer_options options = {.frame_size_bytes = plan->frame_bytes};
	struct ptf_error err = {0};

	start.trace_id[15] = plan->recording ? plan->recording : plan->number;
	start.origin_monotonic_ns = plan->number * INT64_C(1234567891);
	m->resolution_ns = plan->resolution_ns;
	m->strings = 2; /* of the metric that the writer defines */
	MUST(ptf_writer_open(&k.w, fd, &options, &start, &err));
	make_start(&k);
	make_samples(&k, plan->rows_max);
	for (uint32_t i = 0; i < plan->steps; i++) {
		if (one_in(&k.random, 8))
			MUST(ptf_writer_flush(k.w, &err));
		else if (one_in(&k.random, 3))
			make_other(&k);
		else if (one_in(&k.random, 3))
			make_node(&k);
		else if (one_in(&k.random, 3))
			make_memory(&k, plan->rows_max);
		else
			make_samples(&k, plan->rows_max);
	}
	MUST(ptf_writer_flush(k.w, &err));
	m->sections++;
	if (plan->without_end)
		ptf_writer_destroy(k.w);
	else
		MUST(ptf_writer_close(k.w, 12345678, &err));
}

/* A file in memory. */
struct bytes {
	uint8_t *data;
	size_t size;
};

static inline int open_scratch(void)
{
	int fd = memfd_create("test", 0);

	assert_return_code(fd, 0);
	return fd;
}

static inline struct bytes take_scratch(int fd)
{
	struct bytes b = {.size = (size_t)lseek(fd, 0, SEEK_END)};

	b.data = malloc(b.size + 1);
	assert_non_null(b.data);
	assert_int_equal(pread(fd, b.data, b.size, 0), b.size);
	close(fd);
	return b;
}

static inline struct bytes make_trace(const struct plan *plan, struct model *m)
{
	int fd = open_scratch();

	make_section(fd, plan, m);
	return take_scratch(fd);
}

/* ---------------------------------------------------------- reading back */

static inline void take_text(struct lines *l, const char *what, struct ptf_text t)
{
	char hex[129] = "";

	for (size_t i = 0; i < t.size && i < 64; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)t.data[i]);
	line(l, "%s %zu %s", what, t.size, hex);
}

static inline void take_ids(struct lines *l, const char *what, struct ptf_ids ids)
{
	for (size_t i = 0; i < ids.count; i++)
		line(l, "%s %u", what, ids.item[i]);
}

static inline void take_other(struct lines *l, const struct ptf_block *b,
	uint64_t resolution)
{
	const struct ptf_facts *f = &b->facts;

	line(l, "block %d", b->kind);
	switch (b->kind) {
	case PTF_BLOCK_AGGREGATES:
		for (size_t i = 0; i < b->aggregates.count; i++) {
			const struct ptf_aggregate *a = &b->aggregates.rows[i];

			line(l, "%u: %u %u %u %u %lu %ld %ld %ld %g",
				b->aggregates.metric, a->node, a->class_id, a->thread,
				a->labels, a->n, a->sum, a->minimum, a->maximum,
				a->sum_of_squares);
		}
		break;
	case PTF_BLOCK_EDGES:
		for (size_t i = 0; i < b->edges.count; i++)
			line(l, "%u: %u %u %lu %ld %u", b->edges.metric,
				b->edges.rows[i].caller, b->edges.rows[i].callee,
				b->edges.rows[i].calls, b->edges.rows[i].inclusive,
				b->edges.rows[i].thread);
		break;
	case PTF_BLOCK_COUNTERS:
		line(l, "%u %u %u %u", b->counters.metric, b->counters.process,
			b->counters.thread, b->counters.instance);
		for (size_t i = 0; i < b->counters.count; i++) {
			int64_t t = b->counters.time_ns[i], r = (int64_t)resolution;

			/* Counters are rounded down. */
			t = (t / r - (t % r < 0)) * r;
			line(l, "%ld %ld", t, b->counters.values[i]);
		}
		break;
	case PTF_BLOCK_MARKS:
		for (size_t i = 0; i < b->marks.count; i++)
			line(l, "%ld %u %d %u", b->marks.rows[i].time_ns,
				b->marks.rows[i].thread, b->marks.rows[i].kind,
				b->marks.rows[i].name);
		break;
	case PTF_BLOCK_CLOCK:
		line(l, "%ld %ld %ld %lu %ld %ld", b->clock.monotonic_ns,
			b->clock.boottime_ns, b->clock.realtime_ns,
			b->clock.uncertainty_ns, b->clock.monotonic_offset_ns,
			b->clock.boottime_offset_ns);
		take_text(l, "boot", b->clock.boot_id);
		break;
	case PTF_BLOCK_FACTS:
		for (size_t i = 0; i < f->source_count; i++) {
			line(l, "%u %u %u %lu %lx %d %d", f->sources[i].file,
				f->sources[i].first_line, f->sources[i].line_count,
				f->sources[i].size_bytes, f->sources[i].xxh3,
				f->sources[i].is_excerpt,
				f->sources[i].changed_after_start);
			take_text(l, "text", f->sources[i].text);
		}
		for (size_t i = 0; i < f->symbol_count; i++)
			line(l, "%u %u %u %u %u", f->symbols[i].frame, f->symbols[i].name,
				f->symbols[i].file, f->symbols[i].line,
				f->symbols[i].inline_depth);
		for (size_t i = 0; i < f->thread_name_count; i++)
			line(l, "%u %ld %u", f->thread_names[i].thread,
				f->thread_names[i].time_ns, f->thread_names[i].name);
		for (size_t i = 0; i < f->thread_end_count; i++)
			line(l, "%u %ld %lu", f->thread_ends[i].thread,
				f->thread_ends[i].time_ns, f->thread_ends[i].cpu_ns);
		for (size_t i = 0; i < f->process_end_count; i++)
			line(l, "%u %ld %d %lu %lu", f->process_ends[i].process,
				f->process_ends[i].time_ns,
				f->process_ends[i].exit_status, f->process_ends[i].cpu_ns,
				f->process_ends[i].maximum_rss_bytes);
		for (size_t i = 0; i < f->process_image_count; i++) {
			line(l, "%u %ld %u", f->process_images[i].process,
				f->process_images[i].time_ns,
				f->process_images[i].executable);
			take_ids(l, "argument", f->process_images[i].arguments);
		}
		break;
	case PTF_BLOCK_LOSSES:
		for (size_t i = 0; i < b->losses.count; i++)
			line(l, "%u %u %u %lu %lu", b->losses.rows[i].kind,
				b->losses.rows[i].process, b->losses.rows[i].thread,
				b->losses.rows[i].count, b->losses.rows[i].weight_ns);
		break;
	default:
		break;
	}
}

static inline void take_samples(struct model *m, const struct ptf_samples *s)
{
	assert_in_range(s->thread, 1, MODEL_THREADS);
	for (size_t i = 0; i < s->count; i++) {
		struct row row = {s->time_ns[i], s->node[i], s->class_id[i],
			s->labels ? s->labels[i] : 0, s->cpu ? s->cpu[i] : 0,
			s->task ? s->task[i] : 0, 0, {0}};

		for (size_t c = 0; c < s->column_count; c++)
			row.value[s->columns[c].metric - 1] = s->columns[c].values[i];
		add_row(&m->rows[run_of(s->thread - 1, is_timed(s))], row);
	}
}

static inline void take_definitions(struct model *m, const struct ptf_definitions *d)
{
	struct lines *l = &m->definitions;

	assert_int_equal(d->first_string, m->strings + 1);
	for (size_t i = 0; i < d->string_count; i++)
		take_text(l, "string", d->strings[i]);
	for (size_t i = 0; i < d->function_count; i++)
		line(l, "function %u %u %u %d %u %u", d->functions[i].name,
			d->functions[i].file, d->functions[i].module,
			d->functions[i].kind, d->functions[i].first_line,
			d->functions[i].line_count);
	for (size_t i = 0; i < d->frame_count; i++)
		line(l, "frame %u %u %u %lx", d->frames[i].function, d->frames[i].line,
			d->frames[i].module, d->frames[i].module_offset);
	for (size_t i = 0; i < d->node_count; i++) {
		assert_true(d->nodes[i].parent < d->first_node + i);
		line(l, "node %u %u", d->nodes[i].parent, d->nodes[i].frame);
	}
	m->strings += (uint32_t)d->string_count;
	m->functions += (uint32_t)d->function_count;
	m->frames += (uint32_t)d->frame_count;
	m->nodes += (uint32_t)d->node_count;
	m->processes += (uint32_t)d->process_count;
	m->label_sets += (uint32_t)d->label_set_count;
	m->classes += (uint32_t)d->class_count;
}

static inline void take_block(struct model *m, const struct ptf_block *b)
{
	m->blocks++;
	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		m->sections++;
		m->strings = m->functions = m->frames = m->nodes = 0;
		m->resolution_ns = b->section_start.time_resolution_ns;
		break;
	case PTF_BLOCK_DEFINITIONS:
		take_definitions(m, &b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		take_samples(m, &b->samples);
		break;
	case PTF_BLOCK_SECTION_END:
		break;
	default:
		take_other(&m->others, b, m->resolution_ns);
		break;
	}
}

/* Reads to the end; the result of the last call. */
static inline int read_rest(struct ptf_reader *r, struct model *m, struct ptf_error *err)
{
	struct ptf_block block;
	int rc;

	while ((rc = ptf_reader_next(r, &block, err)) > 0)
		take_block(m, &block);
	return rc;
}

static inline size_t count_notes(const struct ptf_reader *r)
{
	size_t n = 0;

	while (ptf_reader_note(r, n))
		n++;
	return n;
}

static inline int read_bytes(const void *data, size_t size, struct model *m,
	size_t *notes, struct ptf_error *err)
{
	struct ptf_reader *r;
	int rc = ptf_reader_open_memory(&r, data, size, NULL, err);

	*notes = 0;
	if (rc < 0)
		return rc;
	rc = read_rest(r, m, err);
	*notes = count_notes(r);
	ptf_reader_close(r);
	return rc;
}

/* Is b what a was written as? Of a cut file b's rows are the first ones. */
static inline bool rows_agree(const struct model *a, const struct model *b,
	bool is_prefix)
{
	int64_t off = (int64_t)a->resolution_ns;

	for (size_t t = 0; t < MODEL_RUNS; t++) {
		const struct rows *x = &a->rows[t], *y = &b->rows[t];

		if (is_prefix ? y->count > x->count : y->count != x->count)
			return false;
		for (size_t i = 0; i < y->count; i++) {
			struct row p = x->item[i], q = y->item[i];

			if (q.time_ns <= p.time_ns - off || q.time_ns >= p.time_ns + off)
				return false;
			if (i && q.time_ns < y->item[i - 1].time_ns)
				return false;
			p.time_ns = q.time_ns = 0;
			if (memcmp(&p, &q, sizeof(p)) != 0)
				return false;
		}
	}
	return true;
}

static inline bool lines_agree(const struct lines *a, const struct lines *b,
	bool is_prefix)
{
	if (is_prefix ? b->size > a->size : b->size != a->size)
		return false;
	return b->size == 0 || memcmp(a->text, b->text, b->size) == 0;
}

#endif
