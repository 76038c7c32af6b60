#include "format/writing.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ptf/version.h>

#include "format/header.h"

#define DEFAULT_FRAME_BYTES ((size_t)1 << 20)
/* Scratch for one Block; what a caller gives is not hostile, only large. */
#define SCRATCH_BYTES_MAX ((size_t)1 << 30)
#define RESOLUTION_MAX_NS (UINT64_C(1) << 40)

/* --------------------------------------------------------- bytes to fd */

static int write_all(struct ptf_writer *w, const uint8_t *data, size_t size,
	struct ptf_error *err)
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

int ptf_writing_finish_call(struct ptf_writer *w, int rc, const struct ptf_error *err)
{
	if (rc == PTF_ERR_IO || rc == PTF_ERR_NOMEM) {
		w->failed = *err;
		w->failed.code = rc;
	}
	/* A Block that was refused leaves its scratch. */
	if (rc < 0)
		ptf_arena_reset(&w->arena);
	return rc;
}

int ptf_writing_check_alive(const struct ptf_writer *w, struct ptf_error *err)
{
	if (w->failed.code && err)
		*err = w->failed;
	return w->failed.code;
}

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
int ptf_writing_end_block(struct ptf_writer *w, const struct ptf_index_block *block,
	struct ptf_error *err)
{
	ptf_arena_reset(&w->arena);
	if (w->payload.failed)
		return ptf_fail_nomem(err);
	ptf_index_add_block(&w->index, block);
	return w->payload.size >= w->frame_size_bytes ? close_frame(w, err) : 0;
}

int ptf_writing_end_untimed(struct ptf_writer *w, uint32_t kind, size_t rows,
	struct ptf_error *err)
{
	struct ptf_index_block block = {.kind = kind, .rows = (uint32_t)rows};

	return ptf_writing_end_block(w, &block, err);
}

/* What the next Block may refer to. */
int ptf_writing_definitions(struct ptf_writer *w, const struct ptf_process *process,
	struct ptf_error *err)
{
	while (process || ptf_dictionary_is_pending(&w->dictionary)) {
		uint32_t items;
		int rc = ptf_dictionary_put(&w->dictionary, &process, &w->payload,
			&w->arena, &items, err);

		if (rc == 0)
			rc = ptf_writing_end_untimed(w, PTF_BLOCK_DEFINITIONS, items,
				err);
		else
			ptf_arena_reset(&w->arena);
		if (rc < 0)
			return rc;
	}
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
	struct ptf_metric time = {.kind = PTF_METRIC_WEIGHT, .addition = PTF_ADD_SUM};
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
		rc = ptf_writing_end_untimed(w, PTF_BLOCK_SECTION_START, 1, err);
	/* In a frame of its own: it is the Block that no other can do without. */
	if (rc == 0)
		rc = close_frame(w, err);
	if (rc == 0)
		rc = ptf_dictionary_string(&w->dictionary, PTF_TEXT("time"), &time.name,
			err);
	if (rc == 0)
		rc = ptf_dictionary_string(&w->dictionary, PTF_TEXT("ns"), &time.unit,
			err);
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
		for (size_t run = 0; run < PTF_GATHER_RUNS; run++)
			ptf_gather_finish(&w->gather[i][run]);
	free(w->gather);
	free(w->waiting);
	free(w);
}

static int flush(struct ptf_writer *w, struct ptf_error *err)
{
	int rc = ptf_writing_definitions(w, NULL, err);

	if (rc == 0)
		rc = ptf_writing_waiting(w, err);
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
	for (size_t i = 0; i < w->gather_capacity; i++) {
		const struct ptf_gather *timed = &w->gather[i][PTF_GATHER_TIMED];
		uint64_t row_count =
			timed->row_count + w->gather[i][PTF_GATHER_OTHER].row_count;

		if (row_count)
			threads[count++] = (struct ptf_index_thread){(uint32_t)i + 1,
				row_count, timed->time_sum_ns};
	}
	ptf_buf_clear(&w->out);
	rc = ptf_index_encode(&w->index, threads, count, w->written_bytes, &w->out, err);
	free(threads);
	return rc < 0 ? rc : write_all(w, w->out.data, w->out.size, err);
}

static int end_section(struct ptf_writer *w, int64_t end_ns, struct ptf_error *err)
{
	struct ptf_section_end end = {.time_ns = end_ns};
	int rc = ptf_writing_definitions(w, NULL, err);

	if (rc == 0)
		rc = ptf_writing_waiting(w, err);
	if (rc < 0)
		return rc;
	end.block_count = w->index.block_count;
	end.sample_count = w->index.sample_count;
	rc = ptf_payload_section_end(&w->payload, &w->arena, &end, err);
	if (rc == 0)
		rc = ptf_writing_end_untimed(w, PTF_BLOCK_SECTION_END, 1, err);
	if (rc == 0)
		rc = close_frame(w, err);
	return rc < 0 ? rc : put_index(w, err);
}

int ptf_writer_close(struct ptf_writer *w, int64_t end_ns, struct ptf_error *err)
{
	int rc = ptf_writing_check_alive(w, err);

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

int ptf_writer_string(struct ptf_writer *w, struct ptf_text text, uint32_t *id,
	struct ptf_error *err)
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

int ptf_writing_no_such(const char *what, uint32_t id, struct ptf_error *err)
{
	return ptf_fail(err, PTF_ERR_USAGE, "there is no %s %u", what, id);
}

int ptf_writing_check_strings(struct ptf_writer *w, const struct ptf_ids *strings,
	struct ptf_error *err)
{
	for (size_t i = 0; i < strings->count; i++)
		NEED(PTF_ID_STRING, "string", strings->item[i]);
	return 0;
}

/* Attributes are borrowed, so a process is written at once. */
static int put_process(struct ptf_writer *w, const struct ptf_process *process,
	uint32_t *id, struct ptf_error *err)
{
	int rc;

	NEED(PTF_ID_PROCESS, "process", process->parent);
	NEED(PTF_ID_STRING, "string", process->executable);
	rc = ptf_writing_check_strings(w, &process->arguments, err);
	if (rc == 0 && w->dictionary.count[PTF_ID_PROCESS] == PTF_IDS_MAX)
		rc = ptf_fail(err, PTF_ERR_LIMIT, "too many processes");
	if (rc == 0)
		rc = ptf_writing_definitions(w, process, err);
	if (rc == 0)
		*id = w->dictionary.count[PTF_ID_PROCESS];
	return rc;
}

int ptf_writer_process(struct ptf_writer *w, const struct ptf_process *process,
	uint32_t *id, struct ptf_error *err)
{
	GUARDED(w, err, put_process(w, process, id, err));
}
