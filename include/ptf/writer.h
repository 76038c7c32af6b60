/*
 * Writing a trace.
 *
 * A writer appends one section to a file, a pipe or a socket. It never seeks
 * and never reads back. Definitions are interned: asking twice for the same
 * string, frame or stack gives the same id, and what is new is written before
 * the first Block that can refer to it.
 *
 *     struct ptf_writer *w;
 *     if (ptf_writer_open(&w, fd, NULL, &start, &err) < 0) ...
 *     ptf_writer_string(w, PTF_TEXT("time"), &name, &err);
 *     ...
 *     ptf_writer_samples(w, &samples, &err);
 *     ptf_writer_flush(w, &err);      at least once a second while live
 *     ptf_writer_close(w, &err);      index and trailer
 *
 * After PTF_ERR_IO or PTF_ERR_NOMEM every later call but destroy returns the
 * same error. PTF_ERR_USAGE and PTF_ERR_LIMIT refuse one call; the trace stays
 * as it was. Writing to a closed pipe raises SIGPIPE as write(2) does: ignore it
 * to get PTF_ERR_IO.
 * A writer is not safe for use by several threads at once. Nothing here is
 * async-signal-safe.
 */
#ifndef PTF_WRITER_H
#define PTF_WRITER_H

#include <ptf/error.h>
#include <ptf/types.h>

struct ptf_writer;

struct ptf_writer_options {
	int compression_level;   /* zstd's; 0 = the default, 3 */
	size_t frame_size_bytes; /* of payload before a frame is closed by
				    itself; 0 = the default, 1 MiB */
};

/* A text of a string literal. */
#define PTF_TEXT(literal) ((struct ptf_text){"" literal, sizeof(literal) - 1})

/*
 * Begins a section on fd, which stays the caller's: it is neither closed nor
 * made non-blocking. Of start the format version is filled in by the library,
 * as are feature bits that the library itself needs; time_resolution_ns 0
 * means 1; time_metric is ignored: the writer defines the metric "time" (ns)
 * as id 1 and names it. options may be NULL.
 */
PTF_API PTF_MUST_CHECK int ptf_writer_open(struct ptf_writer **writer, int fd,
	const struct ptf_writer_options *options, const struct ptf_section_start *start,
	struct ptf_error *err);

/* The metric of time that every writer defines by itself, as its first. */
#define PTF_TIME_METRIC 1

/*
 * Interning. Each gives the id of an equal thing, defining it when it is new.
 * Ids inside the argument must have been given by this writer.
 * Of these only string, module, function, frame, node, metric, class and
 * label_set are interned; every process and thread is new.
 */
PTF_API PTF_MUST_CHECK int ptf_writer_string(struct ptf_writer *w, struct ptf_text text,
	uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_module(struct ptf_writer *w,
	const struct ptf_module *module, uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_function(struct ptf_writer *w,
	const struct ptf_function *function, uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_frame(struct ptf_writer *w,
	const struct ptf_frame *frame, uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_node(struct ptf_writer *w, uint32_t parent,
	uint32_t frame, uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_metric(struct ptf_writer *w,
	const struct ptf_metric *metric, uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_class(struct ptf_writer *w,
	const struct ptf_class_descriptor *cls, uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_label_set(struct ptf_writer *w,
	const struct ptf_label_set *set, uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_process(struct ptf_writer *w,
	const struct ptf_process *process, uint32_t *id, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_thread(struct ptf_writer *w,
	const struct ptf_thread *thread, uint32_t *id, struct ptf_error *err);

/*
 * Data. Samples must have times that do not decrease within the call and from
 * call to call of one thread (PTF_ERR_USAGE); those of calls without a column of
 * the time metric may be earlier than those of calls with one. Rows are gathered
 * per thread, so that few rows a call cost nothing, and become a Block at a flush or
 * when there are 65,536; a call with more is split. Rows of one Block have the same
 * period and columns: a call that changes them ends the Block. Stamps are rounded to
 * the section's resolution by less than one step; values are kept exactly.
 */
PTF_API PTF_MUST_CHECK int ptf_writer_samples(struct ptf_writer *w,
	const struct ptf_samples *samples, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_aggregates(struct ptf_writer *w,
	const struct ptf_aggregates *aggregates, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_edges(struct ptf_writer *w,
	const struct ptf_edges *edges, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_counters(struct ptf_writer *w,
	const struct ptf_counters *counters, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_marks(struct ptf_writer *w,
	const struct ptf_marks *marks, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_clock(struct ptf_writer *w,
	const struct ptf_clock *clock, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_facts(struct ptf_writer *w,
	const struct ptf_facts *facts, struct ptf_error *err);
PTF_API PTF_MUST_CHECK int ptf_writer_losses(struct ptf_writer *w,
	const struct ptf_losses *losses, struct ptf_error *err);

/* Hands all that was given so far to the system as closed, checksummed frames. */
PTF_API PTF_MUST_CHECK int ptf_writer_flush(struct ptf_writer *w, struct ptf_error *err);

/* Bytes handed to fd so far. */
PTF_API uint64_t ptf_writer_bytes(const struct ptf_writer *w);

/*
 * Ends the section with SectionEnd (at end_ns) and the index, and frees the
 * writer whatever happens.
 */
PTF_API PTF_MUST_CHECK int ptf_writer_close(struct ptf_writer *w, int64_t end_ns,
	struct ptf_error *err);

/* Frees the writer without ending the section; NULL is allowed. */
PTF_API void ptf_writer_destroy(struct ptf_writer *w);

#endif
