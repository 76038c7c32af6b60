/*
 * zstd with limits: one data frame at once, or a frame as a stream when it is
 * large, cut, or of unknown size.
 */
#ifndef PTF_FORMAT_CODEC_H
#define PTF_FORMAT_CODEC_H

#include <ptf/error.h>

#include "format/bytes.h"

#define PTF_ZSTD_MAGIC           0xFD2FB528u
#define PTF_SKIPPABLE_MAGIC      0x184D2A50u /* to ...5F */
#define PTF_SKIPPABLE_MASK       0xFFFFFFF0u
#define PTF_DEFAULT_LEVEL        3
#define PTF_WINDOW_LOG_MAX       23 /* 8 MiB */
#define PTF_ZSTD_CONTENT_UNKNOWN UINT64_MAX

/* What the first bytes of a frame say. */
enum ptf_frame_kind {
	PTF_FRAME_NONE,  /* no frame begins here */
	PTF_FRAME_SHORT, /* too few bytes to tell */
	PTF_FRAME_DATA,
	PTF_FRAME_SKIPPABLE,
};

struct ptf_frame_head {
	enum ptf_frame_kind kind;
	uint32_t magic;
	uint64_t size_bytes;    /* whole; of a data frame 0: see ptf_codec_frame_size */
	uint64_t content_bytes; /* PTF_ZSTD_CONTENT_UNKNOWN where not said */
	uint64_t window_bytes;
	bool has_checksum;
	bool has_dictionary;
};

/* Enough bytes for ptf_codec_head never to answer SHORT. */
#define PTF_FRAME_HEAD_BYTES 18

struct ptf_frame_head ptf_codec_head(struct ptf_view bytes);

/*
 * Size of the data frame at the start of bytes: > 0, or 0 when more bytes are
 * needed to tell, or -1 when it is no frame.
 */
int64_t ptf_codec_frame_size(struct ptf_view bytes);

struct ptf_codec;

struct ptf_codec *ptf_codec_create(int level); /* NULL: out of memory */
void ptf_codec_destroy(struct ptf_codec *codec);

/* Appends one data frame with checksum and content size to out. */
int ptf_codec_compress(struct ptf_codec *codec, struct ptf_view payload,
	struct ptf_buf *out, struct ptf_error *err);

/*
 * The content of one whole frame whose head says content_bytes; lives until
 * the next call on the codec.
 */
int ptf_codec_decompress(struct ptf_codec *codec, struct ptf_view frame,
	uint64_t content_bytes, struct ptf_view *payload, struct ptf_error *err);

/* Forgets a stream that was under way. */
int ptf_codec_stream_begin(struct ptf_codec *codec, struct ptf_error *err);

/*
 * Takes from *in (advancing it) and appends at most out_max bytes to out.
 * Returns 1 when the frame is complete and its checksum, if any, was right,
 * 0 when it wants more input or room.
 */
int ptf_codec_stream(struct ptf_codec *codec, struct ptf_view *in, struct ptf_buf *out,
	size_t out_max, struct ptf_error *err);

/* Bytes that data takes when compressed by itself, without frame overhead. */
size_t ptf_codec_measure(struct ptf_codec *codec, struct ptf_view data);

#endif
