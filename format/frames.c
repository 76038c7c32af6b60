#include "format/frames.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format/fail.h"
#include "format/salvage.h"

#define STREAM_STEP_BYTES ((size_t)128 << 10)
#define FIRST_LOOK_BYTES  ((size_t)64 << 10)
/* An index of more is not believed. */
#define INDEX_BYTES_MAX ((size_t)1 << 30)
#define BLOCK_TAG       (1 << 3 | PTF_WIRE_LENGTH)

void ptf_frames_rewind(struct ptf_frames *f, uint64_t offset, bool is_raw)
{
	f->at = offset;
	f->mode = is_raw ? PTF_PAYLOAD_RAW : PTF_PAYLOAD_NONE;
	f->frame_offset = offset;
	f->stream_at = offset;
	f->stream_end = UINT64_MAX;
	f->stream_finished = f->stream_is_cut = false;
	f->stream_error = (struct ptf_error){0};
	f->given_blocks = f->again_blocks = 0;
	f->has_tail = false;
	ptf_buf_clear(&f->buffer);
	f->buffer_at = 0;
	f->skip = NULL;
	f->skip_count = f->skip_at = 0;
}

/* ------------------------------------------------------- Blocks of bytes */

/* 1 and the Block at the start of the bytes; 0: more are needed; -1: none. */
static int parse_block(struct ptf_view bytes, size_t max_block_bytes,
	struct ptf_view *block, size_t *block_bytes)
{
	struct ptf_cursor c = ptf_cursor(bytes);
	uint64_t size;

	if (bytes.size == 0)
		return 0;
	if (bytes.data[0] != BLOCK_TAG)
		return -1;
	c.at++;
	if (!ptf_cursor_varint(&c, &size))
		return bytes.size < 11 ? 0 : -1;
	if (size > max_block_bytes)
		return -1;
	if (!ptf_cursor_view(&c, size, block))
		return 0;
	*block_bytes = (size_t)(c.at - bytes.data);
	return 1;
}

/* --------------------------------------------------------- whole frames */

int ptf_frames_load(struct ptf_frames *f, uint64_t offset, struct ptf_view *content,
	uint64_t *size_bytes, struct ptf_error *err)
{
	size_t look = FIRST_LOOK_BYTES,
	       most = f->max_frame_bytes + (f->max_frame_bytes >> 4);
	struct ptf_frame_head head;
	struct ptf_view view;
	int64_t size;
	int rc;

	*size_bytes = 0;
	for (;;) {
		rc = ptf_input_view(f->in, offset, look, &view, err);
		if (rc < 0)
			return rc;
		head = ptf_codec_head(view);
		if (head.kind == PTF_FRAME_SHORT)
			return ptf_fail(err, PTF_ERR_TRUNCATED, "frame is cut short");
		if (head.kind != PTF_FRAME_DATA)
			return ptf_fail(err, PTF_ERR_CORRUPT, "no frame");
		if (head.has_dictionary)
			return ptf_fail(err, PTF_ERR_CORRUPT, "frame needs a dictionary");
		/* ZSTD_CONTENTSIZE_UNKNOWN is larger than any limit. */
		if (head.content_bytes > f->max_frame_bytes)
			return 0;
		size = ptf_codec_frame_size(view);
		if (size < 0)
			return ptf_fail(err, PTF_ERR_CORRUPT, "damaged frame");
		if (size > 0)
			break;
		if (view.size < look)
			return ptf_fail(err, PTF_ERR_TRUNCATED, "frame is cut short");
		if (look > most)
			return ptf_fail(err, PTF_ERR_CORRUPT,
				"frame larger than its content");
		look *= 4;
	}
	*size_bytes = (uint64_t)size;
	view.size = (size_t)size;
	rc = ptf_codec_decompress(f->codec, view, head.content_bytes, content, err);
	return rc < 0 ? rc : 1;
}

/* ---------------------------------------------------------------- streams */

static int open_stream(struct ptf_frames *f, uint64_t offset, uint64_t end, bool is_cut,
	struct ptf_error *err)
{
	f->mode = PTF_PAYLOAD_STREAM;
	f->frame_offset = offset;
	f->stream_at = offset;
	f->stream_end = end;
	f->stream_finished = false;
	f->stream_is_cut = is_cut;
	f->stream_error = (struct ptf_error){0};
	f->given_blocks = 0;
	ptf_buf_clear(&f->buffer);
	f->buffer_at = 0;
	return ptf_codec_stream_begin(f->codec, err);
}

/* Takes in more of the stream; *grew says whether there was more. */
static int fill(struct ptf_frames *f, bool *grew, struct ptf_error *err)
{
	uint64_t left = f->stream_end - f->stream_at;
	size_t want = left < STREAM_STEP_BYTES ? (size_t)left : STREAM_STEP_BYTES;
	struct ptf_view view;
	size_t had, before;
	int rc;

	*grew = false;
	if (f->stream_finished || f->stream_error.code)
		return 0;
	if (f->buffer_at) {
		memmove(f->buffer.data, f->buffer.data + f->buffer_at,
			f->buffer.size - f->buffer_at);
		f->buffer.size -= f->buffer_at;
		f->buffer_at = 0;
	}
	rc = ptf_input_view(f->in, f->stream_at, want, &view, err);
	if (rc < 0)
		return rc;
	had = f->buffer.size;
	before = view.size;
	if (f->mode == PTF_PAYLOAD_RAW) {
		ptf_buf_put(&f->buffer, view.data, view.size);
		if (f->buffer.failed)
			return ptf_fail_nomem(err);
		f->stream_at += view.size;
		*grew = view.size > 0;
		return 0;
	}
	rc = ptf_codec_stream(f->codec, &view, &f->buffer, STREAM_STEP_BYTES,
		&f->stream_error);
	f->stream_at += before - view.size;
	if (rc == PTF_ERR_NOMEM)
		return ptf_fail_nomem(err);
	f->stream_finished = rc == 1;
	*grew = f->buffer.size > had || before > view.size;
	/* The same bytes twice would give nothing new. */
	return 0;
}

/* 1 and a Block, or 0 at the end of what can be had. */
static int next_of_stream(struct ptf_frames *f, struct ptf_item *item,
	struct ptf_error *err)
{
	bool grew = true;

	for (;;) {
		struct ptf_view rest = {0};
		int rc = 0;

		if (f->buffer.size > f->buffer_at) {
			rest.data = f->buffer.data + f->buffer_at;
			rest.size = f->buffer.size - f->buffer_at;
			rc = parse_block(rest, f->max_block_bytes, &item->block,
				&item->block_bytes);
		}
		if (rc == 1) {
			f->buffer_at += item->block_bytes;
			return 1;
		}
		if (rc < 0) {
			ptf_fail(&f->stream_error, PTF_ERR_CORRUPT,
				"what is in the frame is not a trace");
			return 0;
		}
		if (!grew)
			return 0;
		rc = fill(f, &grew, err);
		if (rc < 0)
			return rc;
	}
}

/* ---------------------------------------------------------------- damage */

#define CUT_FRAME_TEXT                                                                   \
	"a frame is cut short; %" PRIu32 " whole Blocks of it are given, unchecked"

/* The file ends within the frame at offset; it may grow later. */
static void note_cut_tail(struct ptf_frames *f, uint64_t offset, const char *format, ...)
	PTF_PRINTF(3, 4);

static void note_cut_tail(struct ptf_frames *f, uint64_t offset, const char *format, ...)
{
	char text[128];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ptf_notes_add_provisional(f->notes, PTF_ERR_TRUNCATED, offset, "%s", text);
	f->has_tail = true;
	f->tail_offset = offset;
	f->tail_blocks = f->given_blocks;
	f->at = f->in->size;
}

void ptf_frames_resume(struct ptf_frames *f)
{
	if (f->has_tail) {
		f->at = f->tail_offset;
		f->again_blocks = f->tail_blocks;
	}
	f->has_tail = false;
}

static int fail_strictly(const struct ptf_error *why, struct ptf_error *err)
{
	if (why->code == PTF_ERR_LIMIT)
		return ptf_fail(err, PTF_ERR_LIMIT, "%s", why->message);
	return ptf_fail(err, PTF_ERR_NOT_PTF, "not a ptf trace");
}

/* Notes that the bytes from offset on cannot be used, and goes on behind. */
static int step_over(struct ptf_frames *f, uint64_t offset, const struct ptf_error *why,
	struct ptf_error *err)
{
	enum ptf_found found;
	uint64_t next;
	int rc;

	if (f->is_strict)
		return fail_strictly(why, err);
	rc = ptf_salvage_find(f, offset + 1, f->in->size, &found, &next, err);
	if (rc < 0)
		return rc;
	f->mode = PTF_PAYLOAD_NONE;
	if (found == PTF_FOUND_NOTHING) {
		f->at = f->in->size;
		ptf_notes_add(f->notes, why->code, offset,
			"%s; nothing readable after it (%" PRIu64 " bytes)", why->message,
			f->in->size - offset);
	} else {
		f->at = next;
		ptf_notes_add(f->notes, why->code, offset, "%s; %" PRIu64 " bytes lost",
			why->message, next - offset);
	}
	return 0;
}

/*
 * A data frame that is not whole and sound; size_bytes is 0 where its end is
 * unknown. What a cut one holds can be had, though nothing vouches for it.
 */
static int open_broken(struct ptf_frames *f, uint64_t offset, uint64_t size_bytes,
	const struct ptf_error *why, struct ptf_error *err)
{
	uint64_t end = size_bytes ? offset + size_bytes : f->in->size, next;
	struct ptf_frame_head head;
	struct ptf_view view;
	enum ptf_found found;
	int rc;

	if (f->is_strict)
		return fail_strictly(why, err);
	rc = ptf_salvage_find(f, offset + 1, end, &found, &next, err);
	if (rc < 0)
		return rc;
	if (found == PTF_FOUND_HEADER)
		return open_stream(f, offset, next, true, err);
	if (found == PTF_FOUND_FRAME)
		return step_over(f, offset, why, err);
	if (size_bytes == 0)
		return open_stream(f, offset, end, true, err);
	/* Its extent is known; when a frame follows, only this one is lost. */
	rc = ptf_input_view(f->in, end, PTF_FRAME_HEAD_BYTES, &view, err);
	if (rc < 0)
		return rc;
	head = ptf_codec_head(view);
	if (view.size && head.kind == PTF_FRAME_NONE)
		return step_over(f, offset, why, err);
	ptf_notes_add(f->notes, why->code, offset,
		"%s; a frame of %" PRIu64 " bytes is lost", why->message, size_bytes);
	f->at = end;
	return 0;
}

/* The open stream gives no more Blocks. */
static int end_stream(struct ptf_frames *f, struct ptf_error *err)
{
	size_t rest = f->buffer.size - f->buffer_at;
	bool is_at_end = f->stream_end >= f->in->size;

	if (f->mode == PTF_PAYLOAD_RAW) {
		if (f->stream_error.code)
			ptf_notes_add(f->notes, PTF_ERR_CORRUPT, f->stream_at - rest,
				"not a Block; the rest is left out");
		else if (rest)
			ptf_notes_add_provisional(f->notes, PTF_ERR_TRUNCATED,
				f->stream_at - rest, "the last Block is cut short");
		f->at = f->in->size;
		return 0;
	}
	f->mode = PTF_PAYLOAD_NONE;
	if (f->stream_finished && !f->stream_error.code) {
		f->at = f->stream_at;
		if (rest)
			ptf_notes_add(f->notes, PTF_ERR_CORRUPT, f->frame_offset,
				"the last Block of the frame is cut short");
		return 0;
	}
	if (f->stream_is_cut || (!f->stream_error.code && is_at_end)) {
		if (is_at_end) {
			note_cut_tail(f, f->frame_offset, CUT_FRAME_TEXT,
				f->given_blocks);
		} else {
			f->at = f->stream_end;
			ptf_notes_add(f->notes, PTF_ERR_TRUNCATED, f->frame_offset,
				CUT_FRAME_TEXT, f->given_blocks);
		}
		return 0;
	}
	return step_over(f, f->frame_offset, &f->stream_error, err);
}

/* ----------------------------------------------------------------- frames */

static int open_data(struct ptf_frames *f, uint64_t offset, struct ptf_error *err)
{
	struct ptf_error why = {0};
	uint64_t size;
	int rc = ptf_frames_load(f, offset, &f->whole, &size, &why);

	f->frame_offset = offset;
	f->given_blocks = 0;
	if (rc == 1) {
		f->mode = PTF_PAYLOAD_WHOLE;
		f->at = offset + size;
		return 0;
	}
	if (rc == 0)
		return open_stream(f, offset, f->in->size, false, err);
	if (rc == PTF_ERR_NOMEM || rc == PTF_ERR_IO) {
		if (err)
			*err = why;
		return rc;
	}
	return open_broken(f, offset, size, &why, err);
}

/* An index, or a section header, or somebody else's: 1 when there is an item. */
static int take_skippable(struct ptf_frames *f, uint64_t offset,
	struct ptf_frame_head head, struct ptf_item *item, struct ptf_error *err)
{
	uint64_t left = f->in->size - offset;
	bool is_known = head.magic == PTF_HEADER_MAGIC || head.magic == PTF_INDEX_MAGIC;
	struct ptf_error why = {0};
	struct ptf_view view;
	int rc;

	ptf_fail(&why, PTF_ERR_CORRUPT, "damaged %s",
		head.magic == PTF_HEADER_MAGIC ? "section header" : "index");
	if (head.size_bytes > left) {
		enum ptf_found found;
		uint64_t next;

		rc = ptf_salvage_find(f, offset + 1, f->in->size, &found, &next, err);
		if (rc < 0)
			return rc;
		if (found != PTF_FOUND_NOTHING)
			return step_over(f, offset, &why, err);
		note_cut_tail(f, offset, "the last frame is cut short");
		return 0;
	}
	if (!is_known) {
		f->at = offset + head.size_bytes;
		return 0;
	}
	if (head.magic == PTF_HEADER_MAGIC) {
		rc = ptf_input_view(f->in, offset, PTF_HEADER_BYTES, &view, err);
		if (rc < 0)
			return rc;
		if (head.size_bytes < PTF_HEADER_BYTES ||
			ptf_header_decode(view, &item->header, &why) < 0)
			return step_over(f, offset, &why, err);
		item->kind = PTF_ITEM_HEADER;
	} else {
		struct ptf_index index;

		if (head.size_bytes > INDEX_BYTES_MAX)
			return step_over(f, offset, &why, err);
		rc = ptf_input_view(f->in, offset, (size_t)head.size_bytes, &view, err);
		if (rc < 0)
			return rc;
		ptf_arena_reset(f->index_arena);
		rc = ptf_index_decode(f->index_arena, view, &index, &why);
		if (rc == PTF_ERR_NOMEM)
			return ptf_fail_nomem(err);
		/* Even its size may be wrong. */
		if (rc < 0)
			return step_over(f, offset, &why, err);
		item->kind = PTF_ITEM_INDEX;
	}
	item->offset = offset;
	f->at = offset + head.size_bytes;
	return 1;
}

/* Opens the next data frame, or gives what is not data: 1 when there is an item. */
static int next_frame(struct ptf_frames *f, struct ptf_item *item, struct ptf_error *err)
{
	struct ptf_error why = {0};
	struct ptf_frame_head head;
	struct ptf_view view;
	uint64_t offset;
	int rc;

	while (f->skip_at < f->skip_count && f->skip[f->skip_at].offset <= f->at) {
		if (f->skip[f->skip_at].offset == f->at)
			f->at += f->skip[f->skip_at].size_bytes;
		f->skip_at++;
	}
	offset = f->at;
	rc = ptf_input_view(f->in, offset, PTF_FRAME_HEAD_BYTES, &view, err);
	if (rc < 0)
		return rc;
	if (view.size == 0) {
		item->kind = PTF_ITEM_END;
		return 1;
	}
	head = ptf_codec_head(view);
	switch (head.kind) {
	case PTF_FRAME_DATA:
		return open_data(f, offset, err);
	case PTF_FRAME_SKIPPABLE:
		return take_skippable(f, offset, head, item, err);
	case PTF_FRAME_SHORT:
		f->given_blocks = 0;
		note_cut_tail(f, offset, "the last frame is cut short");
		return 0;
	default:
		ptf_fail(&why, PTF_ERR_CORRUPT, "no frame where one should begin");
		return step_over(f, offset, &why, err);
	}
}

int ptf_frames_next(struct ptf_frames *f, struct ptf_item *item, struct ptf_error *err)
{
	*item = (struct ptf_item){.kind = PTF_ITEM_BLOCK};
	for (;;) {
		int rc;

		switch (f->mode) {
		case PTF_PAYLOAD_WHOLE:
			if (f->whole.size == 0) {
				f->mode = PTF_PAYLOAD_NONE;
				continue;
			}
			rc = parse_block(f->whole, f->max_block_bytes, &item->block,
				&item->block_bytes);
			if (rc != 1) {
				if (f->is_strict)
					return ptf_fail(err, PTF_ERR_NOT_PTF,
						"not a ptf trace");
				ptf_notes_add(f->notes, PTF_ERR_CORRUPT, f->frame_offset,
					"what is in the frame is not whole Blocks");
				f->mode = PTF_PAYLOAD_NONE;
				continue;
			}
			f->whole.data += item->block_bytes;
			f->whole.size -= item->block_bytes;
			rc = 1;
			break;
		case PTF_PAYLOAD_STREAM:
		case PTF_PAYLOAD_RAW:
			rc = next_of_stream(f, item, err);
			if (rc == 0) {
				bool is_raw = f->mode == PTF_PAYLOAD_RAW;

				rc = end_stream(f, err);
				if (rc < 0)
					return rc;
				if (is_raw) {
					item->kind = PTF_ITEM_END;
					return 0;
				}
				continue;
			}
			break;
		default:
			rc = next_frame(f, item, err);
			if (rc == 1)
				return 0;
			if (rc == 0)
				continue;
			break;
		}
		if (rc < 0)
			return rc;
		f->given_blocks++;
		if (f->again_blocks) {
			f->again_blocks--;
			continue;
		}
		item->offset = f->frame_offset;
		return 0;
	}
}
