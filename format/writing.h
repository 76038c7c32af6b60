/*
 * The writer's inside, shared by the files that make it up: writer.c (life,
 * frames, definitions), write_samples.c and write_rows.c.
 */
#ifndef PTF_FORMAT_WRITING_H
#define PTF_FORMAT_WRITING_H

#include <ptf/writer.h>

#include "format/codec.h"
#include "format/dictionary.h"
#include "format/fail.h"
#include "format/gather.h"
#include "format/index.h"
#include "format/payload.h"
#include "format/rows.h"

struct ptf_writer {
	int fd;
	size_t frame_size_bytes;
	uint64_t written_bytes;    /* also the offset in the section */
	struct ptf_error failed;   /* the failure that ended the writing */
	struct ptf_error unwanted; /* of callers that pass NULL */

	struct ptf_samples_context context;
	struct ptf_dictionary dictionary;
	struct ptf_index_builder index;
	struct ptf_codec *codec;
	struct ptf_samples_encoder *samples;
	struct ptf_row_encoder rows;
	struct ptf_arena arena;
	struct ptf_buf payload; /* of the open frame */
	struct ptf_buf out;     /* a frame on its way to the file */

	/* Of thread id - 1: rows with the time metric, and those without. */
	struct ptf_gather (*gather)[PTF_GATHER_RUNS];
	size_t gather_capacity;         /* threads */
	struct ptf_gather_run *waiting; /* with gathered rows */
	size_t waiting_count, gathered_rows;
};

/* What the file or memory refused stays refused; misuse has no effect. */
int ptf_writing_check_alive(const struct ptf_writer *w, struct ptf_error *err);
int ptf_writing_finish_call(struct ptf_writer *w, int rc, const struct ptf_error *err);

/*
 * Public calls that can fail are wrapped so: refuse after a failure, and
 * remember one. The error is kept even for callers that do not want it.
 */
#define GUARDED(w, err, call)                                                            \
	do {                                                                             \
		struct ptf_error *e_ = (err) ? (err) : &(w)->unwanted;                   \
		int rc_ = ptf_writing_check_alive((w), e_);                              \
		if (rc_ == 0) {                                                          \
			err = e_;                                                        \
			rc_ = ptf_writing_finish_call((w), (call), e_);                  \
		}                                                                        \
		return rc_;                                                              \
	} while (0)

/* Says in the index what Block was appended to the payload; may close the frame. */
int ptf_writing_end_block(struct ptf_writer *w, const struct ptf_index_block *block,
	struct ptf_error *err);
int ptf_writing_end_untimed(struct ptf_writer *w, uint32_t kind, size_t rows,
	struct ptf_error *err);

/* Defines what the next Block may refer to, and a process (NULL = none). */
int ptf_writing_definitions(struct ptf_writer *w, const struct ptf_process *process,
	struct ptf_error *err);

/* Makes Blocks of the samples that are gathered. */
int ptf_writing_waiting(struct ptf_writer *w, struct ptf_error *err);

int ptf_writing_no_such(const char *what, uint32_t id, struct ptf_error *err);
int ptf_writing_check_strings(struct ptf_writer *w, const struct ptf_ids *strings,
	struct ptf_error *err);

/* Refuse an id that was not given out; NEED_ONE also refuses 0. */
#define NEED(kind, what, id)                                                             \
	do {                                                                             \
		if (!ptf_dictionary_has(&w->dictionary, (kind), (id)))                   \
			return ptf_writing_no_such((what), (id), err);                   \
	} while (0)
#define NEED_ONE(kind, what, id)                                                         \
	do {                                                                             \
		if (!(id))                                                               \
			return ptf_writing_no_such((what), 0, err);                      \
		NEED((kind), (what), (id));                                              \
	} while (0)

#endif
