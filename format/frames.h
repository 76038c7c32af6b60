/*
 * From the bytes of a file to Blocks: frames in order, whole ones checked
 * before anything of them is given, cut and large ones as streams, and the
 * next sound place after damage (salvage.h).
 */
#ifndef PTF_FORMAT_FRAMES_H
#define PTF_FORMAT_FRAMES_H

#include <ptf/error.h>

#include "format/codec.h"
#include "format/header.h"
#include "format/index.h"
#include "format/input.h"
#include "format/notes.h"

enum ptf_item_kind {
	PTF_ITEM_END,
	PTF_ITEM_BLOCK,  /* the content of a Trace.block */
	PTF_ITEM_HEADER, /* a sound section header */
	PTF_ITEM_INDEX,  /* a sound index */
};

struct ptf_item {
	enum ptf_item_kind kind;
	uint64_t offset; /* of the frame */
	struct ptf_view block;
	size_t block_bytes; /* with tag and length */
	struct ptf_header header;
};

struct ptf_skip {
	uint64_t offset, size_bytes;
};

struct ptf_frames {
	struct ptf_input *in;
	struct ptf_codec *codec;
	struct ptf_notes *notes;
	size_t max_frame_bytes, max_block_bytes;

	uint64_t at;           /* the next frame */
	uint64_t frame_offset; /* the open one */
	enum {
		PTF_PAYLOAD_NONE,
		PTF_PAYLOAD_WHOLE,
		PTF_PAYLOAD_STREAM,
		PTF_PAYLOAD_RAW
	} mode;

	/* PTF_PAYLOAD_WHOLE: what is left of it. */
	struct ptf_view whole;

	/* PTF_PAYLOAD_STREAM and _RAW. */
	struct ptf_buf buffer;
	size_t buffer_at;
	uint64_t stream_at;   /* next byte of the file to take in */
	uint64_t stream_end;  /* no byte from here on belongs to it */
	bool stream_finished; /* the frame came to its end */
	bool stream_is_cut;   /* known before: it has no end */
	struct ptf_error stream_error;
	uint32_t given_blocks; /* of the open frame */
	uint32_t again_blocks; /* of the next one: were given before a refresh */

	/* The frame that the end of the file cuts. */
	bool has_tail;
	uint64_t tail_offset;
	uint32_t tail_blocks;

	/* Frames to pass over, ascending. */
	const struct ptf_skip *skip;
	size_t skip_count, skip_at;

	/* Bytes that may still be looked at in vain while searching. */
	uint64_t salvage_budget;
	/* Damage is the caller's to judge: PTF_ERR_NOT_PTF instead of a note. */
	bool is_strict;
	struct ptf_arena *index_arena; /* scratch */
};

/* From the start of the file, or of raw payload. */
void ptf_frames_rewind(struct ptf_frames *f, uint64_t offset, bool is_raw);

/* 0 and *item; only an error of the system or of memory ends the reading. */
int ptf_frames_next(struct ptf_frames *f, struct ptf_item *item, struct ptf_error *err);

/* The file has grown: what was cut is looked at again. */
void ptf_frames_resume(struct ptf_frames *f);

/*
 * The whole data frame at offset, decompressed and checked. Returns 1 with its
 * content and size, 0 when it must be streamed, PTF_ERR_TRUNCATED when its end
 * is not in the file, PTF_ERR_CORRUPT or PTF_ERR_LIMIT; *size_bytes is 0 where
 * unknown.
 */
int ptf_frames_load(struct ptf_frames *f, uint64_t offset, struct ptf_view *content,
	uint64_t *size_bytes, struct ptf_error *err);

#endif
