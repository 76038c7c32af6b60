#include <ptf/writer.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ptf/version.h>

#include "format/codec.h"
#include "format/dictionary.h"
#include "format/error.h"
#include "format/gather.h"
#include "format/header.h"
#include "format/index.h"
#include "format/payload.h"
#include "format/rows.h"

#define DEFAULT_FRAME_BYTES ((size_t)1 << 20)
/* Rows of all threads together that wait for their Blocks. */
#define GATHERED_ROWS_MAX ((size_t)1 << 20)
/* Scratch for one Block; what a caller gives is not hostile, only large. */
#define SCRATCH_BYTES_MAX ((size_t)1 << 30)
#define FACTS_BYTES_MAX	  ((size_t)4 << 20)
#define RESOLUTION_MAX_NS (UINT64_C(1) << 40)

struct ptf_writer {
	int fd;
	size_t frame_size_bytes;
	uint64_t written_bytes; /* also the offset in the section */
	struct ptf_error failed; /* the failure that ended the writing */

	struct ptf_samples_context context;
	struct ptf_dictionary dictionary;
	struct ptf_index_builder index;
	struct ptf_codec *codec;
	struct ptf_samples_encoder *samples;
	struct ptf_row_encoder rows;
	struct ptf_arena arena;
	struct ptf_buf payload; /* of the open frame */
	struct ptf_buf out;	/* a frame on its way to the file */

	struct ptf_gather *gather; /* of thread id - 1 */
	size_t gather_capacity;
	uint32_t *waiting; /* threads with gathered rows */
	size_t waiting_count, gathered_rows;
};

/* --------------------------------------------------------- bytes to fd */

static int write_all(
	struct ptf_writer *w, const uint8_t *data, size_t size, struct ptf_error *err)
{
	while (size) {
		ssize_t n = write(w->fd, data, size);

		if (n >= 0) {
			data += n;
			size -= (size_t)n;
			w->written_bytes += (uint64_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd p = {w->fd, POLLOUT, 0};

			if (poll(&p, 1, -1) < 0 && errno != EINTR)
				return ptf_fail_errno(err, "poll");
		} else if (errno != EINTR) {
			return ptf_fail_errno(err, "write");
		}
	}
	return 0;
}

/* What the file or memory refused stays refused; misuse has no effect. */
static int finish_call(struct ptf_writer *w, int rc, struct ptf_error *err)
{
	if (rc == PTF_ERR_IO || rc == PTF_ERR_NOMEM) {
		if (err)
			w->failed = *err;
		w->failed.code = rc;
	}
	return rc;
}

static int check_alive(const struct ptf_writer *w, struct ptf_error *err)
{
	if (w->failed.code && err)
		*err = w->failed;
	return w->failed.code;
}

/*
 * Public calls that can fail are wrapped so: refuse after a failure, and
 * remember one. The error is kept even for callers that do not want it.
 */
#define GUARDED(w, err, call)                                                            \
	do {                                                                             \
		struct ptf_error own_, *e_ = (err) ? (err) : &own_;                      \
		int rc_ = check_alive((w), e_);                                          \
		if (rc_ == 0) {                                                          \
			err = e_;                                                        \
			rc_ = finish_call((w), (call), e_);                              \
		}                                                                        \
		return rc_;                                                              \
	} while (0)

/* -------------------------------------------------------------- frames */

static int close_frame(struct ptf_writer *w, struct ptf_error *err)
{
	uint64_t offset = w->written_bytes;
	int rc;

	if (w->payload.size == 0)
		return 0;
	if (w->payload.failed)
		return ptf_fail_nomem(err);
	ptf_buf_clear(&w->out);
	rc = ptf_codec_compress(w->codec, ptf_buf_view(&w->payload), &w->out, err);
	if (rc == 0)
		rc = write_all(w, w->out.data, w->out.size, err);
	if (rc < 0)
		return rc;
	ptf_index_add_frame(&w->index, offset, w->out.size, w->payload.size);
	ptf_buf_clear(&w->payload);
	return 0;
}

/* A Block was appended to the payload. */
static int end_block(
	struct ptf_writer *w, const struct ptf_index_block *block, struct ptf_error *err)
{
	ptf_arena_reset(&w->arena);
	if (w->payload.failed)
		return ptf_fail_nomem(err);
	ptf_index_add_block(&w->index, block);
	return w->payload.size >= w->frame_size_bytes ? close_frame(w, err) : 0;
}

static int end_untimed(
	struct ptf_writer *w, uint32_t kind, size_t rows, struct ptf_error *err)
{
	struct ptf_index_block block = {.kind = kind, .rows = (uint32_t)rows};

	return end_block(w, &block, err);
}

/* What the next Block may refer to. */
static int put_definitions(
	struct ptf_writer *w, const struct ptf_process *process, struct ptf_error *err)
{
	while (process || ptf_dictionary_is_pending(&w->dictionary)) {
		uint32_t items;
		int rc = ptf_dictionary_put(&w->dictionary, &process, &w->payload, &w->arena,
			&items, err);

		if (rc == 0)
			rc = end_untimed(w, PTF_BLOCK_DEFINITIONS, items, err);
		else
			ptf_arena_reset(&w->arena);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int put_samples(struct ptf_writer *w, struct ptf_gather *g, struct ptf_error *err)
{
	const struct ptf_samples *rows = &g->rows;
	struct ptf_index_block block = {.kind = PTF_BLOCK_SAMPLES,
		.rows = (uint32_t)rows->count,
		.thread = rows->thread,
		.is_timed = true,
		.first_time_ns = rows->time_ns[0],
		.last_time_ns = rows->time_ns[rows->count - 1]};
	uint32_t class_count = PTF_CLASS_KIND_COUNT + w->dictionary.count[PTF_ID_CLASS];
	int64_t first_step = g->has_step ? g->last_step : INT64_MIN;
	struct ptf_samples_wire wire;
	int rc = put_definitions(w, NULL, err);

	if (rc == 0)
		rc = ptf_samples_encode(w->samples, rows, &w->context, class_count,
			first_step, &wire, &g->last_step, err);
	if (rc == 0)
		rc = ptf_payload_samples(&w->payload, &w->arena, &wire, err);
	if (rc < 0)
		return rc;
	g->has_step = true;
	/* The index promises bounds, and stamps are rounded. */
	block.first_time_ns -= (int64_t)w->context.resolution_ns - 1;
	block.last_time_ns += (int64_t)w->context.resolution_ns - 1;
	w->gathered_rows -= rows->count;
	ptf_gather_clear(g);
	return end_block(w, &block, err);
}

static int put_waiting(struct ptf_writer *w, struct ptf_error *err)
{
	for (size_t i = 0; i < w->waiting_count; i++) {
		struct ptf_gather *g = &w->gather[w->waiting[i] - 1];
		int rc = g->rows.count ? put_samples(w, g, err) : 0;

		if (rc < 0)
			return rc;
		g->is_waiting = false;
	}
	w->waiting_count = 0;
	return 0;
}

/* ---------------------------------------------------------- life cycle */

static int put_start(struct ptf_writer *w, const struct ptf_section_start *given,
	struct ptf_error *err)
{
	struct ptf_section_start start = *given;
	struct ptf_header header = {.format_major = PTF_FORMAT_MAJOR,
		.format_minor = PTF_FORMAT_MINOR,
		.features_compatible = given->features_compatible,
		.features_read_only = given->features_read_only,
		.features_incompatible = given->features_incompatible};
	struct ptf_metric time = {
		.kind = PTF_METRIC_WEIGHT, .addition = PTF_ADD_SUM};
	uint8_t frame[PTF_HEADER_BYTES];
	uint32_t id;
	int rc;

	memcpy(header.trace_id, given->trace_id, sizeof(header.trace_id));
	rc = ptf_header_check(&header, err);
	if (rc < 0)
		return rc;
	start.format_major = PTF_FORMAT_MAJOR;
	start.format_minor = PTF_FORMAT_MINOR;
	start.time_resolution_ns = w->context.resolution_ns;
	start.time_metric = PTF_TIME_METRIC;
	ptf_header_encode(&header, frame);
	rc = ptf_payload_section_start(&w->payload, &w->arena, &start, err);
	if (rc == 0)
		rc = write_all(w, frame, sizeof(frame), err);
	if (rc == 0)
		rc = end_untimed(w, PTF_BLOCK_SECTION_START, 1, err);
	/* In a frame of its own: it is the Block that no other can do without. */
	if (rc == 0)
		rc = close_frame(w, err);
	if (rc == 0)
		rc = ptf_dictionary_string(&w->dictionary, PTF_TEXT("time"), &time.name, err);
	if (rc == 0)
		rc = ptf_dictionary_string(&w->dictionary, PTF_TEXT("ns"), &time.unit, err);
	if (rc == 0)
		rc = ptf_dictionary_metric(&w->dictionary, &time, &id, err);
	return rc;
}

int ptf_writer_open(struct ptf_writer **writer, int fd,
	const struct ptf_writer_options *options, const struct ptf_section_start *start,
	struct ptf_error *err)
{
	struct ptf_writer *w;
	int rc;

	*writer = NULL;
	if (start->time_resolution_ns > RESOLUTION_MAX_NS)
		return ptf_fail(err, PTF_ERR_USAGE, "a time resolution is over 2^40 ns");
	w = calloc(1, sizeof(*w));
	if (!w)
		return ptf_fail_nomem(err);
	w->fd = fd;
	w->frame_size_bytes = options && options->frame_size_bytes
		? options->frame_size_bytes
		: DEFAULT_FRAME_BYTES;
	w->context.resolution_ns =
		start->time_resolution_ns ? start->time_resolution_ns : 1;
	w->context.time_metric = PTF_TIME_METRIC;
	ptf_dictionary_init(&w->dictionary);
	ptf_arena_init(&w->arena, SCRATCH_BYTES_MAX);
	w->codec = ptf_codec_create(options ? options->compression_level : 0);
	w->samples = ptf_samples_encoder_create();
	rc = w->codec && w->samples ? put_start(w, start, err) : ptf_fail_nomem(err);
	if (rc < 0) {
		ptf_writer_destroy(w);
		return rc;
	}
	*writer = w;
	return 0;
}

void ptf_writer_destroy(struct ptf_writer *w)
{
	if (!w)
		return;
	ptf_dictionary_finish(&w->dictionary);
	ptf_index_builder_finish(&w->index);
	ptf_codec_destroy(w->codec);
	ptf_samples_encoder_destroy(w->samples);
	ptf_row_encoder_finish(&w->rows);
	ptf_arena_finish(&w->arena);
	ptf_buf_finish(&w->payload);
	ptf_buf_finish(&w->out);
	for (size_t i = 0; i < w->gather_capacity; i++)
		ptf_gather_finish(&w->gather[i]);
	free(w->gather);
	free(w->waiting);
	free(w);
}

static int flush(struct ptf_writer *w, struct ptf_error *err)
{
	int rc = put_definitions(w, NULL, err);

	if (rc == 0)
		rc = put_waiting(w, err);
	return rc < 0 ? rc : close_frame(w, err);
}

int ptf_writer_flush(struct ptf_writer *w, struct ptf_error *err)
{
	GUARDED(w, err, flush(w, err));
}

static int put_index(struct ptf_writer *w, struct ptf_error *err)
{
	struct ptf_index_thread *threads =
		calloc(w->gather_capacity + 1, sizeof(*threads));
	size_t count = 0;
	int rc;

	if (!threads)
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < w->gather_capacity; i++)
		if (w->gather[i].row_count)
			threads[count++] = (struct ptf_index_thread){(uint32_t)i + 1,
				w->gather[i].row_count, w->gather[i].time_sum_ns};
	ptf_buf_clear(&w->out);
	rc = ptf_index_encode(
		&w->index, threads, count, w->written_bytes, &w->out, err);
	free(threads);
	return rc < 0 ? rc : write_all(w, w->out.data, w->out.size, err);
}

static int end_section(struct ptf_writer *w, int64_t end_ns, struct ptf_error *err)
{
	struct ptf_section_end end = {.time_ns = end_ns};
	int rc = put_definitions(w, NULL, err);

	if (rc == 0)
		rc = put_waiting(w, err);
	if (rc < 0)
		return rc;
	end.block_count = w->index.block_count;
	end.sample_count = w->index.sample_count;
	rc = ptf_payload_section_end(&w->payload, &w->arena, &end, err);
	if (rc == 0)
		rc = end_untimed(w, PTF_BLOCK_SECTION_END, 1, err);
	if (rc == 0)
		rc = close_frame(w, err);
	return rc < 0 ? rc : put_index(w, err);
}

int ptf_writer_close(struct ptf_writer *w, int64_t end_ns, struct ptf_error *err)
{
	int rc = check_alive(w, err);

	if (rc == 0)
		rc = end_section(w, end_ns, err);
	ptf_writer_destroy(w);
	return rc;
}

uint64_t ptf_writer_bytes(const struct ptf_writer *w)
{
	return w->written_bytes;
}

/* --------------------------------------------------------- definitions */

int ptf_writer_string(
	struct ptf_writer *w, struct ptf_text text, uint32_t *id, struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_string(&w->dictionary, text, id, err));
}

int ptf_writer_module(struct ptf_writer *w, const struct ptf_module *module, uint32_t *id,
	struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_module(&w->dictionary, module, id, err));
}

int ptf_writer_function(struct ptf_writer *w, const struct ptf_function *function,
	uint32_t *id, struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_function(&w->dictionary, function, id, err));
}

int ptf_writer_frame(struct ptf_writer *w, const struct ptf_frame *frame, uint32_t *id,
	struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_frame(&w->dictionary, frame, id, err));
}

int ptf_writer_node(struct ptf_writer *w, uint32_t parent, uint32_t frame, uint32_t *id,
	struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_node(&w->dictionary, parent, frame, id, err));
}

int ptf_writer_metric(struct ptf_writer *w, const struct ptf_metric *metric, uint32_t *id,
	struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_metric(&w->dictionary, metric, id, err));
}

int ptf_writer_class(struct ptf_writer *w, const struct ptf_class_descriptor *cls,
	uint32_t *id, struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_class(&w->dictionary, cls, id, err));
}

int ptf_writer_label_set(struct ptf_writer *w, const struct ptf_label_set *set,
	uint32_t *id, struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_label_set(&w->dictionary, set, id, err));
}

int ptf_writer_thread(struct ptf_writer *w, const struct ptf_thread *thread, uint32_t *id,
	struct ptf_error *err)
{
	GUARDED(w, err, ptf_dictionary_thread(&w->dictionary, thread, id, err));
}

static int no_such(const char *what, uint32_t id, struct ptf_error *err)
{
	return ptf_fail(err, PTF_ERR_USAGE, "there is no %s %u", what, id);
}

#define NEED(kind, what, id)                                                             \
	do {                                                                             \
		if (!ptf_dictionary_has(&w->dictionary, (kind), (id)))                   \
			return no_such((what), (id), err);                               \
	} while (0)

static int check_arguments(
	struct ptf_writer *w, const struct ptf_ids *arguments, struct ptf_error *err)
{
	for (size_t i = 0; i < arguments->count; i++)
		NEED(PTF_ID_STRING, "string", arguments->item[i]);
	return 0;
}

/* Attributes are borrowed, so a process is written at once. */
static int put_process(struct ptf_writer *w, const struct ptf_process *process,
	uint32_t *id, struct ptf_error *err)
{
	int rc;

	NEED(PTF_ID_PROCESS, "process", process->parent);
	NEED(PTF_ID_STRING, "string", process->executable);
	rc = check_arguments(w, &process->arguments, err);
	if (rc == 0 && w->dictionary.count[PTF_ID_PROCESS] == PTF_IDS_MAX)
		rc = ptf_fail(err, PTF_ERR_LIMIT, "too many processes");
	if (rc == 0)
		rc = put_definitions(w, process, err);
	if (rc == 0)
		*id = w->dictionary.count[PTF_ID_PROCESS];
	return rc;
}

int ptf_writer_process(struct ptf_writer *w, const struct ptf_process *process,
	uint32_t *id, struct ptf_error *err)
{
	GUARDED(w, err, put_process(w, process, id, err));
}

/* ------------------------------------------------------------- samples */

static int check_rows(struct ptf_writer *w, const struct ptf_samples *s,
	const struct ptf_gather *g, struct ptf_error *err)
{
	uint32_t classes = PTF_CLASS_KIND_COUNT + w->dictionary.count[PTF_ID_CLASS];
	uint32_t nodes = w->dictionary.count[PTF_ID_NODE];
	int64_t previous = g->has_rows ? g->last_time_ns : -PTF_TIME_LIMIT_WRITING;

	if (s->column_count > PTF_VALUE_COLUMNS_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT, "over %d value columns",
			PTF_VALUE_COLUMNS_MAX);
	for (size_t i = 0; i < s->column_count; i++) {
		if (!s->columns[i].metric)
			return no_such("metric", 0, err);
		NEED(PTF_ID_METRIC, "metric", s->columns[i].metric);
		for (size_t j = 0; j < i; j++)
			if (s->columns[j].metric == s->columns[i].metric)
				return ptf_fail(err, PTF_ERR_USAGE,
					"metric %u has two columns", s->columns[i].metric);
	}
	for (size_t i = 0; i < s->count; i++) {
		if (s->time_ns[i] < previous || s->time_ns[i] > PTF_TIME_LIMIT_WRITING)
			return ptf_fail(err, PTF_ERR_USAGE,
				"time of sample %zu of thread %u decreases or is out of range",
				i, s->thread);
		previous = s->time_ns[i];
		if (s->node[i] > nodes)
			return no_such("node", s->node[i], err);
		if (s->class_id[i] >= classes)
			return no_such("class", s->class_id[i], err);
	}
	for (size_t i = 0; s->labels && i < s->count; i++)
		NEED(PTF_ID_LABEL_SET, "label set", s->labels[i]);
	for (size_t i = 0; s->task && i < s->count; i++)
		NEED(PTF_ID_STRING, "string", s->task[i]);
	return 0;
}

static struct ptf_gather *gather_of(struct ptf_writer *w, uint32_t thread)
{
	size_t capacity = w->gather_capacity ? w->gather_capacity : 16;
	struct ptf_gather *gather;
	uint32_t *waiting;

	if (thread <= w->gather_capacity)
		return &w->gather[thread - 1];
	while (capacity < thread)
		capacity *= 2;
	waiting = realloc(w->waiting, capacity * sizeof(*waiting));
	if (!waiting)
		return NULL;
	w->waiting = waiting;
	gather = realloc(w->gather, capacity * sizeof(*gather));
	if (!gather)
		return NULL;
	memset(gather + w->gather_capacity, 0,
		(capacity - w->gather_capacity) * sizeof(*gather));
	w->gather = gather;
	w->gather_capacity = capacity;
	return &w->gather[thread - 1];
}

static void count_time(struct ptf_gather *g, const struct ptf_samples *s)
{
	uint64_t sum = (uint64_t)g->time_sum_ns;

	for (size_t c = 0; c < s->column_count; c++) {
		if (s->columns[c].metric != PTF_TIME_METRIC)
			continue;
		for (size_t i = 0; i < s->count; i++)
			sum += (uint64_t)s->columns[c].values[i];
	}
	g->time_sum_ns = (int64_t)sum;
	g->row_count += s->count;
	g->has_rows = true;
	g->last_time_ns = s->time_ns[s->count - 1];
}

static int add_samples(
	struct ptf_writer *w, const struct ptf_samples *s, struct ptf_error *err)
{
	struct ptf_gather *g;
	size_t from = 0;
	int rc;

	if (!s->thread)
		return no_such("thread", 0, err);
	NEED(PTF_ID_THREAD, "thread", s->thread);
	if (s->count == 0)
		return 0;
	g = gather_of(w, s->thread);
	if (!g)
		return ptf_fail_nomem(err);
	rc = check_rows(w, s, g, err);
	if (rc < 0)
		return rc;
	if (!ptf_gather_fits(g, s)) {
		rc = put_samples(w, g, err);
		if (rc < 0)
			return rc;
	}
	while (from < s->count) {
		size_t room = PTF_BLOCK_ROWS_MAX - g->rows.count;
		size_t n = s->count - from < room ? s->count - from : room;
		bool was_empty = g->rows.count == 0;

		if (!ptf_gather_add(g, s, from, n))
			return ptf_fail_nomem(err);
		from += n;
		w->gathered_rows += n;
		if (g->rows.count == PTF_BLOCK_ROWS_MAX) {
			rc = put_samples(w, g, err);
			if (rc < 0)
				return rc;
		} else if (was_empty && !g->is_waiting) {
			w->waiting[w->waiting_count++] = s->thread;
			g->is_waiting = true;
		}
	}
	count_time(g, s);
	return w->gathered_rows >= GATHERED_ROWS_MAX ? put_waiting(w, err) : 0;
}

int ptf_writer_samples(
	struct ptf_writer *w, const struct ptf_samples *samples, struct ptf_error *err)
{
	GUARDED(w, err, add_samples(w, samples, err));
}

/* ------------------------------------------- profiles without time axis */

static size_t rows_in_block(size_t count, size_t from)
{
	return count - from < PTF_BLOCK_ROWS_MAX ? count - from : PTF_BLOCK_ROWS_MAX;
}

static int put_aggregates(
	struct ptf_writer *w, const struct ptf_aggregates *in, struct ptf_error *err)
{
	int rc = 0;

	NEED(PTF_ID_METRIC, "metric", in->metric);
	for (size_t i = 0; i < in->count; i++) {
		NEED(PTF_ID_NODE, "node", in->rows[i].node);
		NEED(PTF_ID_CLASS, "class", in->rows[i].class_id);
		NEED(PTF_ID_THREAD, "thread", in->rows[i].thread);
		NEED(PTF_ID_LABEL_SET, "label set", in->rows[i].labels);
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_aggregates part = *in;

		part.rows += from;
		part.count = rows_in_block(in->count, from);
		from += part.count;
		rc = put_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_aggregates(
				&w->payload, &w->arena, &w->rows, &part, err);
		if (rc == 0)
			rc = end_untimed(w, PTF_BLOCK_AGGREGATES, part.count, err);
	}
	return rc;
}

int ptf_writer_aggregates(struct ptf_writer *w, const struct ptf_aggregates *aggregates,
	struct ptf_error *err)
{
	GUARDED(w, err, put_aggregates(w, aggregates, err));
}

static int put_edges(
	struct ptf_writer *w, const struct ptf_edges *in, struct ptf_error *err)
{
	int rc = 0;

	NEED(PTF_ID_METRIC, "metric", in->metric);
	for (size_t i = 0; i < in->count; i++) {
		NEED(PTF_ID_FRAME, "frame", in->rows[i].caller);
		NEED(PTF_ID_FRAME, "frame", in->rows[i].callee);
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_edges part = *in;

		part.rows += from;
		part.count = rows_in_block(in->count, from);
		from += part.count;
		rc = put_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_edges(
				&w->payload, &w->arena, &w->rows, &part, err);
		if (rc == 0)
			rc = end_untimed(w, PTF_BLOCK_EDGES, part.count, err);
	}
	return rc;
}

int ptf_writer_edges(
	struct ptf_writer *w, const struct ptf_edges *edges, struct ptf_error *err)
{
	GUARDED(w, err, put_edges(w, edges, err));
}

/* ----------------------------------------------- series, marks, clocks */

static int check_time(int64_t time_ns, const char *what, struct ptf_error *err)
{
	if (time_ns < -PTF_TIME_LIMIT_WRITING || time_ns > PTF_TIME_LIMIT_WRITING)
		return ptf_fail(err, PTF_ERR_USAGE, "time of a %s is out of range", what);
	return 0;
}

static int put_counters(
	struct ptf_writer *w, const struct ptf_counters *in, struct ptf_error *err)
{
	int rc = 0;

	if (!in->metric)
		return no_such("metric", 0, err);
	NEED(PTF_ID_METRIC, "metric", in->metric);
	NEED(PTF_ID_PROCESS, "process", in->process);
	NEED(PTF_ID_THREAD, "thread", in->thread);
	NEED(PTF_ID_STRING, "string", in->instance);
	for (size_t i = 0; i < in->count; i++) {
		rc = check_time(in->time_ns[i], "counter", err);
		if (rc < 0)
			return rc;
		if (i && in->time_ns[i] < in->time_ns[i - 1])
			return ptf_fail(err, PTF_ERR_USAGE, "time of a counter decreases");
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_counters part = *in;
		struct ptf_index_block block = {.kind = PTF_BLOCK_COUNTERS,
			.thread = in->thread,
			.is_timed = true};

		part.time_ns += from;
		part.values += from;
		part.count = rows_in_block(in->count, from);
		from += part.count;
		block.rows = (uint32_t)part.count;
		block.first_time_ns =
			part.time_ns[0] - ((int64_t)w->context.resolution_ns - 1);
		block.last_time_ns = part.time_ns[part.count - 1];
		rc = put_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_counters(&w->payload, &w->arena, &w->rows, &part,
				w->context.resolution_ns, err);
		if (rc == 0)
			rc = end_block(w, &block, err);
	}
	return rc;
}

int ptf_writer_counters(
	struct ptf_writer *w, const struct ptf_counters *counters, struct ptf_error *err)
{
	GUARDED(w, err, put_counters(w, counters, err));
}

static int put_marks(
	struct ptf_writer *w, const struct ptf_marks *in, struct ptf_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < in->count; i++) {
		NEED(PTF_ID_THREAD, "thread", in->rows[i].thread);
		NEED(PTF_ID_STRING, "string", in->rows[i].name);
		if ((unsigned)in->rows[i].kind > PTF_MARK_RECORDING_OFF)
			return ptf_fail(err, PTF_ERR_USAGE, "bad kind of mark");
		rc = check_time(in->rows[i].time_ns, "mark", err);
		if (rc < 0)
			return rc;
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_marks part = {in->rows + from, rows_in_block(in->count, from)};
		struct ptf_index_block block = {.kind = PTF_BLOCK_MARKS,
			.rows = (uint32_t)part.count,
			.is_timed = true,
			.first_time_ns = part.rows[0].time_ns,
			.last_time_ns = part.rows[0].time_ns};

		for (size_t i = 1; i < part.count; i++) {
			int64_t t = part.rows[i].time_ns;

			if (t < block.first_time_ns)
				block.first_time_ns = t;
			if (t > block.last_time_ns)
				block.last_time_ns = t;
		}
		from += part.count;
		rc = put_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_marks(&w->payload, &w->arena, &part, err);
		if (rc == 0)
			rc = end_block(w, &block, err);
	}
	return rc;
}

int ptf_writer_marks(
	struct ptf_writer *w, const struct ptf_marks *marks, struct ptf_error *err)
{
	GUARDED(w, err, put_marks(w, marks, err));
}

static int put_clock(
	struct ptf_writer *w, const struct ptf_clock *clock, struct ptf_error *err)
{
	int rc;

	if (clock->boot_id.size != 0 && clock->boot_id.size != 16)
		return ptf_fail(err, PTF_ERR_USAGE, "a boot id has 16 bytes or none");
	rc = ptf_payload_clock(&w->payload, &w->arena, clock, err);
	return rc < 0 ? rc : end_untimed(w, PTF_BLOCK_CLOCK, 1, err);
}

int ptf_writer_clock(
	struct ptf_writer *w, const struct ptf_clock *clock, struct ptf_error *err)
{
	GUARDED(w, err, put_clock(w, clock, err));
}

/* ------------------------------------------------------ facts, losses */

static int check_facts(
	struct ptf_writer *w, const struct ptf_facts *f, struct ptf_error *err)
{
	for (size_t i = 0; i < f->source_count; i++) {
		NEED(PTF_ID_STRING, "string", f->sources[i].file);
		if (f->sources[i].text.size > PTF_BLOCK_BYTES_MAX / 2)
			return ptf_fail(err, PTF_ERR_LIMIT, "a source text is over 8 MiB");
	}
	for (size_t i = 0; i < f->symbol_count; i++) {
		NEED(PTF_ID_FRAME, "frame", f->symbols[i].frame);
		NEED(PTF_ID_STRING, "string", f->symbols[i].name);
		NEED(PTF_ID_STRING, "string", f->symbols[i].file);
	}
	for (size_t i = 0; i < f->thread_name_count; i++) {
		NEED(PTF_ID_THREAD, "thread", f->thread_names[i].thread);
		NEED(PTF_ID_STRING, "string", f->thread_names[i].name);
	}
	for (size_t i = 0; i < f->thread_end_count; i++)
		NEED(PTF_ID_THREAD, "thread", f->thread_ends[i].thread);
	for (size_t i = 0; i < f->process_end_count; i++)
		NEED(PTF_ID_PROCESS, "process", f->process_ends[i].process);
	for (size_t i = 0; i < f->process_image_count; i++) {
		int rc;

		NEED(PTF_ID_PROCESS, "process", f->process_images[i].process);
		NEED(PTF_ID_STRING, "string", f->process_images[i].executable);
		rc = check_arguments(w, &f->process_images[i].arguments, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Moves up to `max` items of a list from one set of facts to another. */
#define MOVE(list, count, max)                                                           \
	do {                                                                             \
		part.list = rest.list;                                                   \
		part.count = rest.count < (max) ? rest.count : (max);                    \
		if (part.count)                                                          \
			rest.list += part.count;                                         \
		rest.count -= part.count;                                                \
	} while (0)

static int put_facts(
	struct ptf_writer *w, const struct ptf_facts *facts, struct ptf_error *err)
{
	struct ptf_facts rest = *facts;
	int rc = check_facts(w, facts, err);

	while (rc == 0) {
		struct ptf_facts part = {0};
		size_t sources = 0, bytes = 0, items;

		/* Few large ones or many small ones, but always one. */
		while (sources < rest.source_count &&
			(sources == 0 || bytes < FACTS_BYTES_MAX))
			bytes += rest.sources[sources++].text.size + 64;
		MOVE(sources, source_count, sources);
		MOVE(symbols, symbol_count, PTF_BLOCK_ROWS_MAX);
		MOVE(thread_names, thread_name_count, PTF_BLOCK_ROWS_MAX / 8);
		MOVE(thread_ends, thread_end_count, PTF_BLOCK_ROWS_MAX / 8);
		MOVE(process_ends, process_end_count, PTF_BLOCK_ROWS_MAX / 8);
		MOVE(process_images, process_image_count, 1);
		items = part.source_count + part.symbol_count + part.thread_name_count +
			part.thread_end_count + part.process_end_count +
			part.process_image_count;
		if (items == 0)
			break;
		rc = put_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_facts(&w->payload, &w->arena, &part, err);
		if (rc == 0)
			rc = end_untimed(w, PTF_BLOCK_FACTS, items, err);
	}
	return rc;
}

int ptf_writer_facts(
	struct ptf_writer *w, const struct ptf_facts *facts, struct ptf_error *err)
{
	GUARDED(w, err, put_facts(w, facts, err));
}

static int put_losses(
	struct ptf_writer *w, const struct ptf_losses *in, struct ptf_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < in->count; i++) {
		NEED(PTF_ID_STRING, "string", in->rows[i].kind);
		NEED(PTF_ID_PROCESS, "process", in->rows[i].process);
		NEED(PTF_ID_THREAD, "thread", in->rows[i].thread);
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_losses part = {in->rows + from, rows_in_block(in->count, from)};

		from += part.count;
		rc = put_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_losses(&w->payload, &w->arena, &part, err);
		if (rc == 0)
			rc = end_untimed(w, PTF_BLOCK_LOSSES, part.count, err);
	}
	return rc;
}

int ptf_writer_losses(
	struct ptf_writer *w, const struct ptf_losses *losses, struct ptf_error *err)
{
	GUARDED(w, err, put_losses(w, losses, err));
}
