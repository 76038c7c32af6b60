/*
 * The index: the skippable zstd frame that may end a section.
 *
 * A protobuf message (Index in ptf.proto) and a trailer of fixed size, so that
 * readers walk back from the end of a file, section by section.
 */
#ifndef PTF_FORMAT_INDEX_H
#define PTF_FORMAT_INDEX_H

#include <ptf/error.h>
#include <ptf/types.h>

#include "format/arena.h"
#include "format/bytes.h"

#define PTF_INDEX_MAGIC         0x184D2A5Bu
#define PTF_INDEX_TRAILER_BYTES 40

/* The message with its columns as they stand. */
struct ptf_index_columns {
	uint64_t sample_count;
	int64_t first_time_ns, last_time_ns;
	struct ptf_view frame_gap, frame_size, frame_content, frame_blocks;
	struct ptf_view block_kind, block_rows, block_thread, block_time, block_span;
	struct ptf_view thread, thread_rows, thread_time_ns;
};

/* ------------------------------------------------------------- writing */

/* A Block as the index describes it. */
struct ptf_index_block {
	uint32_t kind;
	uint32_t rows;
	uint32_t thread;
	bool is_timed;
	int64_t first_time_ns, last_time_ns;
};

/* Gathers the index while a section is written; all zero to begin with. */
struct ptf_index_builder {
	struct ptf_buf frame_gap, frame_size, frame_content, frame_blocks;
	struct ptf_buf block_kind, block_rows, block_thread, block_time, block_span;
	uint64_t data_end;    /* of the last data frame, from the section's start */
	uint32_t open_blocks; /* of the frame being filled */
	uint64_t block_count, sample_count;
	int64_t previous_time_ns;
	bool has_time;
	int64_t first_time_ns, last_time_ns;
};

void ptf_index_add_block(struct ptf_index_builder *b,
	const struct ptf_index_block *block);

/* The Blocks added since the last frame make up one at this offset. */
void ptf_index_add_frame(struct ptf_index_builder *b, uint64_t offset,
	uint64_t size_bytes, uint64_t content_bytes);

struct ptf_index_thread {
	uint32_t thread;
	uint64_t rows;
	int64_t time_ns;
};

/*
 * Appends the whole frame, which will stand at frame_offset from the start of
 * the section.
 */
int ptf_index_encode(const struct ptf_index_builder *b,
	const struct ptf_index_thread *threads, size_t thread_count,
	uint64_t frame_offset, struct ptf_buf *out, struct ptf_error *err);

void ptf_index_builder_finish(struct ptf_index_builder *b);

/* ------------------------------------------------------------- reading */

/* What the last bytes of a section say. */
struct ptf_index_trailer {
	uint64_t section_bytes; /* with the index */
	uint32_t index_bytes;   /* the whole skippable frame */
};

/* Does a trailer stand in these PTF_INDEX_TRAILER_BYTES? Its sum is not checked. */
bool ptf_index_trailer_decode(struct ptf_view bytes, struct ptf_index_trailer *trailer);

struct ptf_index_frame {
	uint64_t offset, size_bytes, content_bytes; /* offset from the section's start */
	uint32_t first_block, block_count;
};

struct ptf_index {
	struct ptf_index_trailer trailer;
	uint64_t sample_count;
	int64_t first_time_ns, last_time_ns;
	struct ptf_index_frame *frames;
	size_t frame_count;
	struct ptf_index_block *blocks;
	size_t block_count;
	struct ptf_index_thread *threads;
	size_t thread_count;
};

/*
 * Checks and decodes a whole index frame into the arena. PTF_ERR_CORRUPT when
 * its checksum or what it says is wrong.
 */
int ptf_index_decode(struct ptf_arena *arena, struct ptf_view frame,
	struct ptf_index *index, struct ptf_error *err);

#endif
