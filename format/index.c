#include "format/index.h"

#include <string.h>

#include <xxhash.h>

#include "format/columns.h"
#include "format/fail.h"
#include "format/payload.h"

/* Offsets in the trailer (FORMAT.md, "Index"). */
enum {
	AT_SECTION_BYTES = 0,
	AT_INDEX_BYTES = 8,
	AT_ZERO = 12,
	AT_CHECKSUM = 16,
	AT_TEXT = 24,
};

/* Made like the header's, and different from it. */
static const uint8_t trailer_text[16] = {0x89, 'P', 'T', 'F', '\r', '\n', 0x1a, '\n',
	0x00, 0xff, 'i', 'n', 'd', 'e', 'x', '\n'};

/* Over the frame's content up to the checksum itself. */
static uint64_t checksum(const uint8_t *frame, size_t size)
{
	return XXH3_64bits(frame + 8, size - 8 - PTF_INDEX_TRAILER_BYTES + AT_CHECKSUM);
}

/* ------------------------------------------------------------- writing */

void ptf_index_add_block(struct ptf_index_builder *b, const struct ptf_index_block *block)
{
	int64_t from = block->is_timed ? block->first_time_ns : b->previous_time_ns;
	int64_t to = block->is_timed ? block->last_time_ns : from;

	ptf_buf_varint(&b->block_kind, block->kind);
	ptf_buf_varint(&b->block_rows, block->rows);
	ptf_buf_varint(&b->block_thread, block->thread);
	ptf_buf_signed(&b->block_time, from - b->previous_time_ns);
	ptf_buf_varint(&b->block_span, (uint64_t)to - (uint64_t)from);
	b->previous_time_ns = from;
	if (block->is_timed) {
		if (!b->has_time || from < b->first_time_ns)
			b->first_time_ns = from;
		if (!b->has_time || to > b->last_time_ns)
			b->last_time_ns = to;
		b->has_time = true;
	}
	b->open_blocks++;
	b->block_count++;
	if (block->kind == PTF_BLOCK_SAMPLES)
		b->sample_count += block->rows;
}

void ptf_index_add_frame(struct ptf_index_builder *b, uint64_t offset,
	uint64_t size_bytes, uint64_t content_bytes)
{
	ptf_buf_varint(&b->frame_gap, offset - b->data_end);
	ptf_buf_varint(&b->frame_size, size_bytes);
	ptf_buf_varint(&b->frame_content, content_bytes);
	ptf_buf_varint(&b->frame_blocks, b->open_blocks);
	b->data_end = offset + size_bytes;
	b->open_blocks = 0;
}

static bool builder_failed(const struct ptf_index_builder *b)
{
	return b->frame_gap.failed || b->frame_size.failed || b->frame_content.failed ||
		b->frame_blocks.failed || b->block_kind.failed || b->block_rows.failed ||
		b->block_thread.failed || b->block_time.failed || b->block_span.failed;
}

int ptf_index_encode(const struct ptf_index_builder *b,
	const struct ptf_index_thread *threads, size_t thread_count,
	uint64_t frame_offset, struct ptf_buf *out, struct ptf_error *err)
{
	struct ptf_buf thread = {0}, rows = {0}, time_ns = {0};
	size_t start = out->size;
	int rc = 0;

	for (size_t i = 0; i < thread_count; i++) {
		ptf_buf_varint(&thread, threads[i].thread);
		ptf_buf_varint(&rows, threads[i].rows);
		ptf_buf_signed(&time_ns, threads[i].time_ns);
	}
	ptf_buf_put32(out, PTF_INDEX_MAGIC);
	ptf_buf_put32(out, 0); /* the size, when it is known */
	if (builder_failed(b) || thread.failed || rows.failed || time_ns.failed) {
		rc = ptf_fail_nomem(err);
	} else {
		struct ptf_index_columns columns = {b->sample_count, b->first_time_ns,
			b->last_time_ns, ptf_buf_view(&b->frame_gap),
			ptf_buf_view(&b->frame_size), ptf_buf_view(&b->frame_content),
			ptf_buf_view(&b->frame_blocks), ptf_buf_view(&b->block_kind),
			ptf_buf_view(&b->block_rows), ptf_buf_view(&b->block_thread),
			ptf_buf_view(&b->block_time), ptf_buf_view(&b->block_span),
			ptf_buf_view(&thread), ptf_buf_view(&rows),
			ptf_buf_view(&time_ns)};

		rc = ptf_payload_encode_index(out, &columns, err);
	}
	if (rc == 0) {
		uint64_t size = out->size - start + PTF_INDEX_TRAILER_BYTES;
		uint8_t *at;

		ptf_buf_put64(out, frame_offset + size);
		ptf_buf_put32(out, (uint32_t)size);
		ptf_buf_put32(out, 0);
		at = ptf_buf_reserve(out, 8 + sizeof(trailer_text));
		if (!at) {
			rc = ptf_fail_nomem(err);
		} else if (size > UINT32_MAX) {
			rc = ptf_fail(err, PTF_ERR_LIMIT, "the index is over 4 GiB");
		} else {
			ptf_store32(out->data + start + 4, (uint32_t)size - 8);
			ptf_buf_put64(out, checksum(out->data + start, size));
			ptf_buf_put(out, trailer_text, sizeof(trailer_text));
		}
	}
	ptf_buf_finish(&thread);
	ptf_buf_finish(&rows);
	ptf_buf_finish(&time_ns);
	return rc;
}

void ptf_index_builder_finish(struct ptf_index_builder *b)
{
	struct ptf_buf *all[] = {&b->frame_gap, &b->frame_size, &b->frame_content,
		&b->frame_blocks, &b->block_kind, &b->block_rows, &b->block_thread,
		&b->block_time, &b->block_span};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ptf_buf_finish(all[i]);
}

/* ------------------------------------------------------------- reading */

bool ptf_index_trailer_decode(struct ptf_view bytes, struct ptf_index_trailer *trailer)
{
	if (bytes.size != PTF_INDEX_TRAILER_BYTES ||
		memcmp(bytes.data + AT_TEXT, trailer_text, sizeof(trailer_text)) != 0)
		return false;
	trailer->section_bytes = ptf_load64(bytes.data + AT_SECTION_BYTES);
	trailer->index_bytes = ptf_load32(bytes.data + AT_INDEX_BYTES);
	return trailer->index_bytes >= 8 + PTF_INDEX_TRAILER_BYTES &&
		trailer->section_bytes >= trailer->index_bytes;
}

static bool decode_frames(struct ptf_arena *arena, const struct ptf_index_columns *c,
	struct ptf_index *index)
{
	size_t n = ptf_varint_count(c->frame_gap);
	uint64_t *gap = ptf_column_u64(arena, c->frame_gap, n);
	uint64_t *size = ptf_column_u64(arena, c->frame_size, n);
	uint64_t *content = ptf_column_u64(arena, c->frame_content, n);
	uint32_t *blocks = ptf_column_u32(arena, c->frame_blocks, n);
	struct ptf_index_frame *f = ptf_arena_array(arena, n, sizeof(*f));
	uint64_t end = 0, block = 0, limit = index->trailer.section_bytes;

	if (!gap || !size || !content || !blocks || !f)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (gap[i] > limit - end)
			return false;
		f[i].offset = end + gap[i];
		if (size[i] > limit - f[i].offset)
			return false;
		end = f[i].offset + size[i];
		f[i].size_bytes = size[i];
		f[i].content_bytes = content[i];
		if (blocks[i] > index->block_count - block)
			return false;
		f[i].first_block = (uint32_t)block;
		f[i].block_count = blocks[i];
		block += blocks[i];
	}
	index->frames = f;
	index->frame_count = n;
	return block == index->block_count;
}

static bool decode_blocks(struct ptf_arena *arena, const struct ptf_index_columns *c,
	struct ptf_index *index)
{
	size_t n = ptf_varint_count(c->block_kind);
	uint32_t *kind = ptf_column_u32(arena, c->block_kind, n);
	uint32_t *rows = ptf_column_u32(arena, c->block_rows, n);
	uint32_t *thread = ptf_column_u32(arena, c->block_thread, n);
	int64_t *time_ns = ptf_column_s64(arena, c->block_time, n);
	uint64_t *span = ptf_column_u64(arena, c->block_span, n);
	struct ptf_index_block *b = ptf_arena_array(arena, n, sizeof(*b));
	int64_t from = 0;

	if (!kind || !rows || !thread || !time_ns || !span || !b)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (__builtin_add_overflow(from, time_ns[i], &from))
			return false;
		b[i] = (struct ptf_index_block){.kind = kind[i],
			.rows = rows[i],
			.thread = thread[i],
			.is_timed = kind[i] == PTF_BLOCK_SAMPLES ||
				kind[i] == PTF_BLOCK_COUNTERS ||
				kind[i] == PTF_BLOCK_MARKS,
			.first_time_ns = from};
		if (__builtin_add_overflow(from, span[i], &b[i].last_time_ns))
			return false;
	}
	index->blocks = b;
	index->block_count = n;
	return true;
}

static bool decode_threads(struct ptf_arena *arena, const struct ptf_index_columns *c,
	struct ptf_index *index)
{
	size_t n = ptf_varint_count(c->thread);
	uint32_t *thread = ptf_column_u32(arena, c->thread, n);
	uint64_t *rows = ptf_column_u64(arena, c->thread_rows, n);
	int64_t *time_ns = ptf_column_s64(arena, c->thread_time_ns, n);
	struct ptf_index_thread *t = ptf_arena_array(arena, n, sizeof(*t));

	if (!thread || !rows || !time_ns || !t)
		return false;
	for (size_t i = 0; i < n; i++)
		t[i] = (struct ptf_index_thread){thread[i], rows[i], time_ns[i]};
	index->threads = t;
	index->thread_count = n;
	return true;
}

int ptf_index_decode(struct ptf_arena *arena, struct ptf_view frame,
	struct ptf_index *index, struct ptf_error *err)
{
	struct ptf_index_columns columns;
	struct ptf_view trailer, body;
	int rc;

	*index = (struct ptf_index){0};
	if (frame.size < 8 + PTF_INDEX_TRAILER_BYTES ||
		ptf_load32(frame.data) != PTF_INDEX_MAGIC)
		return ptf_fail(err, PTF_ERR_CORRUPT, "not an index");
	trailer = (struct ptf_view){frame.data + frame.size - PTF_INDEX_TRAILER_BYTES,
		PTF_INDEX_TRAILER_BYTES};
	body = (struct ptf_view){frame.data + 8,
		frame.size - 8 - PTF_INDEX_TRAILER_BYTES};
	if (!ptf_index_trailer_decode(trailer, &index->trailer) ||
		index->trailer.index_bytes != frame.size ||
		ptf_load64(trailer.data + AT_CHECKSUM) !=
			checksum(frame.data, frame.size))
		return ptf_fail(err, PTF_ERR_CORRUPT, "the index is damaged");
	rc = ptf_payload_decode_index(arena, body, &columns, err);
	if (rc < 0)
		return rc;
	index->sample_count = columns.sample_count;
	index->first_time_ns = columns.first_time_ns;
	index->last_time_ns = columns.last_time_ns;
	if (!decode_blocks(arena, &columns, index) ||
		!decode_frames(arena, &columns, index) ||
		!decode_threads(arena, &columns, index)) {
		if (arena->over_limit)
			return ptf_fail(err, PTF_ERR_LIMIT, "the index is too large");
		if (arena->no_memory)
			return ptf_fail_nomem(err);
		return ptf_fail(err, PTF_ERR_CORRUPT, "the index contradicts itself");
	}
	return 0;
}
