/* ZSTD_getFrameHeader, to know sizes before memory is taken. */
#define ZSTD_STATIC_LINKING_ONLY
#include "format/codec.h"

#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "format/fail.h"

/* Header, one block header and checksum of a small frame. */
#define FRAME_OVERHEAD_BYTES 13

struct ptf_codec {
	ZSTD_CCtx *compressor;
	ZSTD_DCtx *decompressor;
	int level;
	struct ptf_buf content; /* of the frame decompressed last */
	struct ptf_buf measured;
};

struct ptf_frame_head ptf_codec_head(struct ptf_view bytes)
{
	struct ptf_frame_head head = {.kind = PTF_FRAME_NONE};
	ZSTD_frameHeader z;
	size_t rc;

	if (bytes.size < 8) {
		head.kind = PTF_FRAME_SHORT;
		return head;
	}
	head.magic = ptf_load32(bytes.data);
	if ((head.magic & PTF_SKIPPABLE_MASK) == PTF_SKIPPABLE_MAGIC) {
		head.kind = PTF_FRAME_SKIPPABLE;
		head.size_bytes = 8 + (uint64_t)ptf_load32(bytes.data + 4);
		return head;
	}
	if (head.magic != PTF_ZSTD_MAGIC)
		return head;
	rc = ZSTD_getFrameHeader(&z, bytes.data, bytes.size);
	if (ZSTD_isError(rc))
		return head;
	if (rc > 0) {
		head.kind = PTF_FRAME_SHORT;
		return head;
	}
	head.kind = PTF_FRAME_DATA;
	head.content_bytes = z.frameContentSize == ZSTD_CONTENTSIZE_UNKNOWN
		? PTF_ZSTD_CONTENT_UNKNOWN
		: z.frameContentSize;
	head.window_bytes = z.windowSize;
	head.has_checksum = z.checksumFlag;
	head.has_dictionary = z.dictID != 0;
	return head;
}

int64_t ptf_codec_frame_size(struct ptf_view bytes)
{
	size_t size = ZSTD_findFrameCompressedSize(bytes.data, bytes.size);

	if (!ZSTD_isError(size))
		return (int64_t)size;
	return ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong ? 0 : -1;
}

struct ptf_codec *ptf_codec_create(int level)
{
	struct ptf_codec *codec = calloc(1, sizeof(*codec));

	if (codec)
		codec->level = level ? level : PTF_DEFAULT_LEVEL;
	return codec;
}

void ptf_codec_destroy(struct ptf_codec *codec)
{
	if (!codec)
		return;
	ZSTD_freeCCtx(codec->compressor);
	ZSTD_freeDCtx(codec->decompressor);
	ptf_buf_finish(&codec->content);
	ptf_buf_finish(&codec->measured);
	free(codec);
}

static int fail_zstd(struct ptf_error *err, size_t rc)
{
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_memory_allocation:
		return ptf_fail_nomem(err);
	case ZSTD_error_checksum_wrong:
		return ptf_fail(err, PTF_ERR_CORRUPT, "checksum mismatch");
	case ZSTD_error_frameParameter_windowTooLarge:
		return ptf_fail(err, PTF_ERR_LIMIT, "zstd window is over 8 MiB");
	case ZSTD_error_srcSize_wrong:
		return ptf_fail(err, PTF_ERR_TRUNCATED, "frame is cut short");
	default:
		return ptf_fail(err, PTF_ERR_CORRUPT, "damaged frame (zstd: %s)",
			ZSTD_getErrorName(rc));
	}
}

static int want_compressor(struct ptf_codec *codec, struct ptf_error *err)
{
	ZSTD_CCtx *z;

	if (codec->compressor)
		return 0;
	z = codec->compressor = ZSTD_createCCtx();
	if (!z)
		return ptf_fail_nomem(err);
	if (ZSTD_isError(
		    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, codec->level)) ||
		ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1)) ||
		ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 1)))
		return ptf_fail(err, PTF_ERR_USAGE, "zstd refuses level %d",
			codec->level);
	/* Levels from 20 on would take a larger window than readers allow. */
	if (codec->level > 19 &&
		ZSTD_isError(
			ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, PTF_WINDOW_LOG_MAX)))
		return ptf_fail(err, PTF_ERR_USAGE, "zstd refuses the window size");
	return 0;
}

int ptf_codec_compress(struct ptf_codec *codec, struct ptf_view payload,
	struct ptf_buf *out, struct ptf_error *err)
{
	size_t bound = ZSTD_compressBound(payload.size), size;
	uint8_t *to;
	int rc = want_compressor(codec, err);

	if (rc < 0)
		return rc;
	to = ptf_buf_reserve(out, bound);
	if (!to)
		return ptf_fail_nomem(err);
	size = ZSTD_compress2(codec->compressor, to, bound, payload.data, payload.size);
	if (ZSTD_isError(size))
		return fail_zstd(err, size);
	out->size += size;
	return 0;
}

static int want_decompressor(struct ptf_codec *codec, struct ptf_error *err)
{
	if (codec->decompressor)
		return 0;
	codec->decompressor = ZSTD_createDCtx();
	if (!codec->decompressor)
		return ptf_fail_nomem(err);
	if (ZSTD_isError(ZSTD_DCtx_setParameter(codec->decompressor, ZSTD_d_windowLogMax,
		    PTF_WINDOW_LOG_MAX)))
		return ptf_fail(err, PTF_ERR_USAGE, "zstd refuses the window size");
	return 0;
}

int ptf_codec_decompress(struct ptf_codec *codec, struct ptf_view frame,
	uint64_t content_bytes, struct ptf_view *payload, struct ptf_error *err)
{
	uint8_t *to;
	size_t size;
	int rc = want_decompressor(codec, err);

	if (rc < 0)
		return rc;
	ptf_buf_clear(&codec->content);
	/* One byte more, so that there is a buffer for a frame of nothing. */
	to = ptf_buf_reserve(&codec->content, (size_t)content_bytes + 1);
	if (!to)
		return ptf_fail_nomem(err);
	size = ZSTD_decompressDCtx(codec->decompressor, to, (size_t)content_bytes,
		frame.data, frame.size);
	if (ZSTD_isError(size))
		return fail_zstd(err, size);
	codec->content.size = size;
	*payload = ptf_buf_view(&codec->content);
	return 0;
}

int ptf_codec_stream_begin(struct ptf_codec *codec, struct ptf_error *err)
{
	int rc = want_decompressor(codec, err);

	if (rc < 0)
		return rc;
	ZSTD_DCtx_reset(codec->decompressor, ZSTD_reset_session_only);
	return 0;
}

int ptf_codec_stream(struct ptf_codec *codec, struct ptf_view *in, struct ptf_buf *out,
	size_t out_max, struct ptf_error *err)
{
	ZSTD_inBuffer from = {in->data, in->size, 0};
	ZSTD_outBuffer to;
	size_t rc;

	if (!ptf_buf_reserve(out, out_max))
		return ptf_fail_nomem(err);
	to = (ZSTD_outBuffer){out->data + out->size, out_max, 0};
	rc = ZSTD_decompressStream(codec->decompressor, &to, &from);
	/* Not even 0 may be added to a null pointer. */
	if (from.pos) {
		in->data += from.pos;
		in->size -= from.pos;
	}
	out->size += to.pos;
	if (ZSTD_isError(rc))
		return fail_zstd(err, rc);
	return rc == 0;
}

size_t ptf_codec_measure(struct ptf_codec *codec, struct ptf_view data)
{
	ptf_buf_clear(&codec->measured);
	if (data.size == 0 || ptf_codec_compress(codec, data, &codec->measured, NULL) < 0)
		return 0;
	return codec->measured.size > FRAME_OVERHEAD_BYTES
		? codec->measured.size - FRAME_OVERHEAD_BYTES
		: codec->measured.size;
}
