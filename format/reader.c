#include <ptf/reader.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/fail.h"
#include "format/frames.h"
#include "format/salvage.h"
#include "format/section.h"
#include "format/sizes.h"

#define DEFAULT_FRAME_BYTES_MAX ((size_t)64 << 20)
#define DEFAULT_IDS_MAX         (UINT32_C(1) << 28)
/* What one decoded Block, or one index, may take. */
#define BLOCK_MEMORY_MAX ((size_t)256 << 20)
/* How far into a file its first section may begin. */
#define LEADING_BYTES_MAX ((uint64_t)1 << 20)
#define SALVAGE_BUDGET    ((uint64_t)4 << 30)

struct ptf_reader {
	struct ptf_reader_options options;
	struct ptf_input in;
	struct ptf_codec *codec;
	struct ptf_notes notes;
	struct ptf_frames frames;
	struct ptf_arena arena, index_arena, skip_arena;
	struct ptf_sizes *sizes;
	uint64_t start_offset; /* of the first frame */
	bool is_raw;

	struct ptf_section section;
	struct ptf_section_info *sections;
	size_t section_count, section_capacity;
	uint32_t next_section; /* index of the next one to begin */
	bool awaits_start;     /* a header was read, its SectionStart was not */
	bool blocks_without_start;

	/* A Block decoded before its turn: first of the file, or behind lost ids. */
	bool is_held;
	struct ptf_block held;

	bool is_seeking;
	uint32_t seek_section;
	int64_t seek_time_ns;

	uint64_t given_count, payload_bytes;
};

/* ------------------------------------------------------------- sections */

static struct ptf_section_info *current_info(struct ptf_reader *r)
{
	return r->next_section ? &r->sections[r->next_section - 1] : NULL;
}

static void end_section(struct ptf_reader *r, uint64_t offset, bool is_end_of_file)
{
	struct ptf_section_info *info = current_info(r);

	if (!info)
		return;
	info->size_bytes = offset - info->offset;
	if (r->section.is_refused || r->section.has_end)
		return;
	if (is_end_of_file)
		ptf_notes_add_provisional(&r->notes, PTF_ERR_TRUNCATED, offset,
			"the recording has no end: it was cut, or still runs");
	else
		ptf_notes_add(&r->notes, PTF_ERR_TRUNCATED, offset,
			"the section before this has no end: it was cut");
}

static int add_info(struct ptf_reader *r, uint64_t offset, struct ptf_error *err)
{
	if (r->section_count == r->section_capacity) {
		size_t capacity = r->section_capacity ? 2 * r->section_capacity : 4;
		struct ptf_section_info *sections =
			realloc(r->sections, capacity * sizeof(*sections));

		if (!sections)
			return ptf_fail_nomem(err);
		r->sections = sections;
		r->section_capacity = capacity;
	}
	r->sections[r->section_count++] = (struct ptf_section_info){.offset = offset};
	return 0;
}

static int begin_section(struct ptf_reader *r, uint64_t offset, struct ptf_error *err)
{
	end_section(r, offset, false);
	if (r->next_section == r->section_count) {
		int rc = add_info(r, offset, err);

		if (rc < 0)
			return rc;
	}
	r->next_section++;
	ptf_section_reset(&r->section);
	r->blocks_without_start = false;
	return 0;
}

static int take_header(struct ptf_reader *r, const struct ptf_item *item,
	struct ptf_error *err)
{
	struct ptf_section_info *info;
	struct ptf_error why = {0};
	int rc = begin_section(r, item->offset, err);

	if (rc < 0)
		return rc;
	info = current_info(r);
	info->features_compatible = item->header.features_compatible;
	info->features_read_only = item->header.features_read_only;
	info->features_incompatible = item->header.features_incompatible;
	r->awaits_start = true;
	rc = ptf_header_check(&item->header, &why);
	if (rc < 0) {
		r->section.is_refused = true;
		ptf_notes_add(&r->notes, why.code, item->offset,
			"%s; the section is left out", why.message);
	}
	return 0;
}

/* The end of the section whose index this is. */
static void take_index(struct ptf_reader *r)
{
	struct ptf_section_info *info = current_info(r);

	if (info) {
		info->has_index = true;
		info->size_bytes = r->frames.at - info->offset;
	}
}

/* --------------------------------------------------------------- Blocks */

static int give_start(struct ptf_reader *r, uint64_t offset, struct ptf_block *block,
	struct ptf_error *err)
{
	const struct ptf_section_start *start = &block->section_start;
	struct ptf_section_info *info;
	struct ptf_error why = {0};
	int rc;

	if (!r->awaits_start) {
		rc = begin_section(r, offset, err);
		if (rc < 0)
			return rc;
	}
	r->awaits_start = false;
	rc = ptf_section_begin(&r->section, start, &why);
	if (rc < 0) {
		ptf_notes_add(&r->notes, rc, offset, "%s; the section is left out",
			why.message);
		return 0;
	}
	r->section.block_count = 1;
	info = current_info(r);
	/* Whoever names a feature, be it the header before this, means it. */
	info->features_compatible |= start->features_compatible;
	info->features_read_only |= start->features_read_only;
	info->features_incompatible |= start->features_incompatible;
	return 1;
}

static int give_definitions(struct ptf_reader *r, struct ptf_block *block,
	struct ptf_error *err)
{
	struct ptf_definitions lost;
	struct ptf_error why = {0};
	int rc =
		ptf_section_lost(&r->section, &block->definitions, &r->arena, &lost, err);

	if (rc < 0)
		return rc;
	if (rc == 1) {
		ptf_notes_add(&r->notes, PTF_ERR_CORRUPT, block->file_offset,
			"definitions before this are lost; \"[lost]\" stands for them");
		rc = ptf_section_define(&r->section, &lost, r->options.max_ids, err);
		if (rc < 0)
			return rc;
		/* From here on the stand-ins count, whatever the Block itself holds. */
		rc = ptf_section_define(&r->section, &block->definitions,
			r->options.max_ids, &why);
		if (rc == PTF_ERR_NOMEM)
			return ptf_fail_nomem(err);
		if (rc < 0)
			ptf_notes_add(&r->notes, rc, block->file_offset,
				"%s; the Block is left out", why.message);
		r->held = *block;
		r->is_held = rc == 0;
		block->definitions = lost;
		return 1;
	}
	rc = ptf_section_define(&r->section, &block->definitions, r->options.max_ids,
		err);
	return rc < 0 ? rc : 1;
}

static void give_end(struct ptf_reader *r, const struct ptf_block *block)
{
	const struct ptf_section_end *end = &block->section_end;
	struct ptf_section *s = &r->section;

	s->has_end = true;
	current_info(r)->has_end = true;
	/* A seek leaves Blocks out. */
	if (r->is_seeking && r->next_section - 1 == r->seek_section)
		return;
	if (end->block_count != s->block_count - 1 ||
		end->sample_count != s->sample_count)
		ptf_notes_add(&r->notes, PTF_ERR_CORRUPT, block->file_offset,
			"%" PRIu64 " of %" PRIu64 " Blocks and %" PRIu64 " of %" PRIu64
			" samples were found",
			s->block_count - 1, end->block_count, s->sample_count,
			end->sample_count);
}

/* Does a seek leave this Block out? */
static bool is_before_seek(const struct ptf_reader *r, const struct ptf_block *b)
{
	const int64_t *time_ns;
	size_t count;

	if (!r->is_seeking || b->section_index != r->seek_section)
		return false;
	if (b->kind == PTF_BLOCK_SAMPLES) {
		time_ns = b->samples.time_ns;
		count = b->samples.count;
	} else if (b->kind == PTF_BLOCK_COUNTERS) {
		time_ns = b->counters.time_ns;
		count = b->counters.count;
	} else {
		return false;
	}
	return time_ns && count && time_ns[count - 1] < r->seek_time_ns;
}

/* 1: *block is to be given; 0: not; an error is about this Block only. */
static int decode_block(struct ptf_reader *r, const struct ptf_item *item, uint32_t kind,
	struct ptf_block *block, struct ptf_error *err)
{
	bool has_lost_kinds = false;
	struct ptf_payload_context context = {r->section.samples,
		{r->section.first_lines, r->section.functions}, r->options.skip_samples,
		&has_lost_kinds};
	size_t dropped;
	int rc;

	context.samples.kinds =
		(struct ptf_kind_table){r->section.kind, r->section.kinds};
	/* A seek must see the times of Blocks to know which to leave out. */
	if (r->is_seeking && r->next_section - 1 == r->seek_section)
		context.skip_samples = false;
	*block = (struct ptf_block){.section_index = r->next_section - 1,
		.file_offset = item->offset};
	rc = ptf_payload_decode(&r->arena, item->block, &context, block, err);
	if (rc < 0)
		return rc;
	if (rc == 0 || block->kind != (enum ptf_block_kind)kind)
		return 0;
	switch (block->kind) {
	case PTF_BLOCK_DEFINITIONS:
		return give_definitions(r, block, err);
	case PTF_BLOCK_SECTION_END:
		give_end(r, block);
		return 1;
	case PTF_BLOCK_SAMPLES:
		r->section.sample_count += block->samples.count;
		break;
	default:
		break;
	}
	if (is_before_seek(r, block))
		return 0;
	rc = ptf_section_check(&r->section, block, has_lost_kinds, &dropped, err);
	if (rc < 0)
		return rc;
	if (dropped)
		ptf_notes_add(&r->notes, PTF_ERR_CORRUPT, item->offset,
			"%zu rows refer to what is not defined; they are left out",
			dropped);
	if (block->kind == PTF_BLOCK_SAMPLES && block->samples.count == 0)
		return 0;
	if (r->options.skip_samples && block->kind == PTF_BLOCK_SAMPLES)
		block->samples = (struct ptf_samples){.thread = block->samples.thread,
			.count = block->samples.count,
			.period_ns = block->samples.period_ns};
	return 1;
}

/* 1: *block is to be given. Errors are of the system or of memory. */
static int take_block(struct ptf_reader *r, const struct ptf_item *item,
	struct ptf_block *block, struct ptf_error *err)
{
	uint32_t kind = ptf_payload_kind(item->block);
	struct ptf_error why = {0};
	int rc;

	r->payload_bytes += item->block_bytes;
	ptf_sizes_add(r->sizes, item->block, r->options.measure_sizes ? r->codec : NULL);
	ptf_arena_reset(&r->arena);
	if (kind == PTF_BLOCK_SECTION_START) {
		struct ptf_payload_context context = {.skip_samples = true};
		bool was_refused = r->awaits_start && r->section.is_refused;

		*block = (struct ptf_block){.file_offset = item->offset};
		rc = ptf_payload_decode(&r->arena, item->block, &context, block, &why);
		if (rc == 1 && !was_refused)
			rc = give_start(r, item->offset, block, &why);
		else if (rc == 1)
			rc = 0;
		block->section_index = r->next_section ? r->next_section - 1 : 0;
		if (was_refused)
			r->awaits_start = false;
	} else if (r->section.is_refused) {
		return 0;
	} else if (!r->section.has_start) {
		r->awaits_start = false;
		if (!r->blocks_without_start)
			ptf_notes_add(&r->notes, PTF_ERR_CORRUPT, item->offset,
				"the start of the section is lost; "
				"its Blocks cannot be understood");
		r->blocks_without_start = true;
		return 0;
	} else {
		r->section.block_count++;
		rc = decode_block(r, item, kind, block, &why);
	}
	if (rc == PTF_ERR_NOMEM)
		return ptf_fail_nomem(err);
	if (rc < 0) {
		ptf_notes_add(&r->notes, rc, item->offset, "%s; the Block is left out",
			why.message);
		return 0;
	}
	return rc;
}

static int next_block(struct ptf_reader *r, struct ptf_block *block,
	struct ptf_error *err)
{
	if (r->is_held) {
		*block = r->held;
		r->is_held = false;
		return 1;
	}
	for (;;) {
		struct ptf_item item;
		int rc = ptf_frames_next(&r->frames, &item, err);

		if (rc < 0)
			return rc;
		switch (item.kind) {
		case PTF_ITEM_END:
			end_section(r, r->in.size, true);
			return 0;
		case PTF_ITEM_HEADER:
			rc = take_header(r, &item, err);
			break;
		case PTF_ITEM_INDEX:
			take_index(r);
			break;
		case PTF_ITEM_BLOCK:
			rc = take_block(r, &item, block, err);
			break;
		}
		if (rc)
			return rc;
	}
}

int ptf_reader_next(struct ptf_reader *r, struct ptf_block *block, struct ptf_error *err)
{
	int rc = next_block(r, block, err);

	if (rc == 1)
		r->given_count++;
	if (rc == 0 && r->given_count == 0)
		return ptf_fail(err, PTF_ERR_EMPTY, "no whole Block in it");
	return rc;
}

/* ------------------------------------------------------------- opening */

static bool looks_like_payload(struct ptf_view bytes)
{
	struct ptf_cursor c = ptf_cursor(bytes);
	uint64_t size, inner;

	/* Trace.block of which the first field is a section_start. */
	if (bytes.size < 4 || *c.at++ != (1 << 3 | PTF_WIRE_LENGTH) ||
		!ptf_cursor_varint(&c, &size) || c.at == c.end ||
		*c.at++ != (PTF_BLOCK_SECTION_START << 3 | PTF_WIRE_LENGTH) ||
		!ptf_cursor_varint(&c, &inner))
		return false;
	return inner < size && size <= PTF_BLOCK_BYTES_MAX && size - inner <= 12;
}

/* The first Block must be a start: else this is no trace of ours. */
static int expect_start(struct ptf_reader *r, struct ptf_error *err)
{
	int rc;

	r->frames.is_strict = true;
	rc = next_block(r, &r->held, err);
	r->frames.is_strict = false;
	if (rc == PTF_ERR_NOMEM || rc == PTF_ERR_IO || rc == PTF_ERR_LIMIT)
		return rc;
	if (r->section.is_refused)
		return ptf_fail(err, r->notes.item[0]->code, "%s",
			r->notes.item[0]->message);
	if (rc != 1 || r->held.kind != PTF_BLOCK_SECTION_START)
		return ptf_fail(err, PTF_ERR_NOT_PTF, "not a ptf trace");
	r->is_held = true;
	return 0;
}

static int fail_as_text(struct ptf_error *err)
{
	return ptf_fail_at(err, PTF_ERR_CORRUPT, 0,
		"its bytes were changed by a transfer as text");
}

static int look_at_start(struct ptf_reader *r, struct ptf_error *err)
{
	bool is_text_damaged = false;
	struct ptf_frame_head head;
	struct ptf_header header;
	struct ptf_view view;
	enum ptf_found found;
	int rc;

	if (r->in.size == 0)
		return ptf_fail(err, PTF_ERR_EMPTY, "the file is empty");
	rc = ptf_input_view(&r->in, 0, PTF_HEADER_BYTES, &view, err);
	if (rc < 0)
		return rc;
	ptf_frames_rewind(&r->frames, 0, false);
	if (ptf_header_is_prefix(view))
		return ptf_fail(err, PTF_ERR_EMPTY, "cut within its first %d bytes",
			PTF_HEADER_BYTES);
	if (ptf_header_is_at(view) && ptf_header_decode(view, &header, NULL) == 0)
		return ptf_header_check(&header, err);
	if (looks_like_payload(view)) {
		r->is_raw = true;
		ptf_frames_rewind(&r->frames, 0, true);
		return expect_start(r, err);
	}
	head = ptf_codec_head(view);
	if (head.kind == PTF_FRAME_NONE || head.magic == PTF_HEADER_MAGIC) {
		rc = ptf_salvage_find(&r->frames, 1,
			r->in.size < LEADING_BYTES_MAX ? r->in.size : LEADING_BYTES_MAX,
			&found, &r->start_offset, err);
		if (rc < 0)
			return rc;
		rc = ptf_input_view(&r->in, 0, PTF_HEADER_BYTES, &view, err);
		if (rc < 0)
			return rc;
		is_text_damaged = ptf_header_is_text_damaged(view);
		if (found == PTF_FOUND_NOTHING && is_text_damaged)
			return fail_as_text(err);
		if (found == PTF_FOUND_NOTHING)
			return ptf_fail(err, PTF_ERR_NOT_PTF, "not a ptf trace");
		ptf_notes_add(&r->notes, PTF_ERR_CORRUPT, 0,
			"the first %" PRIu64 " bytes are no part of a trace",
			r->start_offset);
		ptf_frames_rewind(&r->frames, r->start_offset, false);
	}
	rc = expect_start(r, err);
	/* Some frames may have come through whole, but not the start. */
	return rc == PTF_ERR_NOT_PTF && is_text_damaged ? fail_as_text(err) : rc;
}

static int open_reader(struct ptf_reader **reader, struct ptf_reader *r,
	const struct ptf_reader_options *options, struct ptf_error *err)
{
	int rc;

	if (options)
		r->options = *options;
	if (!r->options.max_frame_bytes)
		r->options.max_frame_bytes = DEFAULT_FRAME_BYTES_MAX;
	if (!r->options.max_block_bytes)
		r->options.max_block_bytes = PTF_BLOCK_BYTES_MAX;
	if (!r->options.max_ids)
		r->options.max_ids = DEFAULT_IDS_MAX;
	ptf_arena_init(&r->arena, BLOCK_MEMORY_MAX);
	ptf_arena_init(&r->index_arena, BLOCK_MEMORY_MAX);
	ptf_arena_init(&r->skip_arena, BLOCK_MEMORY_MAX);
	ptf_section_reset(&r->section);
	r->codec = ptf_codec_create(0);
	r->sizes = ptf_sizes_create();
	r->frames.in = &r->in;
	r->frames.codec = r->codec;
	r->frames.notes = &r->notes;
	r->frames.max_frame_bytes = r->options.max_frame_bytes;
	r->frames.max_block_bytes = r->options.max_block_bytes;
	r->frames.salvage_budget = SALVAGE_BUDGET;
	r->frames.index_arena = &r->index_arena;
	rc = r->codec && r->sizes ? look_at_start(r, err) : ptf_fail_nomem(err);
	if (rc < 0) {
		ptf_reader_close(r);
		return rc;
	}
	*reader = r;
	return 0;
}

int ptf_reader_open(struct ptf_reader **reader, const char *path,
	const struct ptf_reader_options *options, struct ptf_error *err)
{
	struct ptf_reader *r = calloc(1, sizeof(*r));
	int rc;

	*reader = NULL;
	if (!r)
		return ptf_fail_nomem(err);
	rc = ptf_input_open(&r->in, path, err);
	if (rc < 0) {
		free(r);
		return rc;
	}
	return open_reader(reader, r, options, err);
}

int ptf_reader_open_memory(struct ptf_reader **reader, const void *data, size_t size,
	const struct ptf_reader_options *options, struct ptf_error *err)
{
	struct ptf_reader *r = calloc(1, sizeof(*r));

	*reader = NULL;
	if (!r)
		return ptf_fail_nomem(err);
	ptf_input_open_memory(&r->in, data, size);
	return open_reader(reader, r, options, err);
}

void ptf_reader_close(struct ptf_reader *r)
{
	if (!r)
		return;
	ptf_input_close(&r->in);
	ptf_codec_destroy(r->codec);
	ptf_sizes_destroy(r->sizes);
	ptf_notes_finish(&r->notes);
	ptf_buf_finish(&r->frames.buffer);
	ptf_arena_finish(&r->arena);
	ptf_arena_finish(&r->index_arena);
	ptf_arena_finish(&r->skip_arena);
	ptf_section_finish(&r->section);
	free(r->sections);
	free(r);
}

/* ------------------------------------------------------------- moving */

void ptf_reader_rewind(struct ptf_reader *r)
{
	ptf_notes_withdraw_provisional(&r->notes);
	ptf_frames_rewind(&r->frames, r->start_offset, r->is_raw);
	ptf_section_reset(&r->section);
	r->next_section = 0;
	r->awaits_start = r->blocks_without_start = false;
	r->is_held = r->is_seeking = false;
}

void ptf_reader_trim(struct ptf_reader *r)
{
	/* A Block that was decoded before its turn is still to be given. */
	if (!r->is_held)
		ptf_arena_trim(&r->arena);
}

/* The frames of a section that hold nothing at or after time_ns. */
static int plan_skips(struct ptf_reader *r, const struct ptf_index *index,
	uint64_t section_offset, int64_t time_ns, struct ptf_error *err)
{
	struct ptf_skip *skip =
		ptf_arena_array(&r->skip_arena, index->frame_count, sizeof(*skip));
	size_t count = 0;

	if (!skip)
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < index->frame_count; i++) {
		const struct ptf_index_frame *f = &index->frames[i];
		bool needed = false;

		for (uint32_t k = 0; k < f->block_count && !needed; k++) {
			const struct ptf_index_block *b =
				&index->blocks[f->first_block + k];

			needed = (b->kind != PTF_BLOCK_SAMPLES &&
					 b->kind != PTF_BLOCK_COUNTERS) ||
				b->last_time_ns >= time_ns;
		}
		if (!needed)
			skip[count++] = (struct ptf_skip){section_offset + f->offset,
				f->size_bytes};
	}
	r->frames.skip = skip;
	r->frames.skip_count = count;
	r->frames.skip_at = 0;
	return 0;
}

/* The index that ends at `end`: 1 when there is a sound one with its header. */
static int index_before(struct ptf_reader *r, uint64_t end, struct ptf_index *index,
	struct ptf_error *err)
{
	struct ptf_index_trailer trailer;
	struct ptf_header header;
	struct ptf_view view;
	int rc;

	if (end < PTF_INDEX_TRAILER_BYTES)
		return 0;
	rc = ptf_input_view(&r->in, end - PTF_INDEX_TRAILER_BYTES,
		PTF_INDEX_TRAILER_BYTES, &view, err);
	if (rc < 0)
		return rc;
	if (!ptf_index_trailer_decode(view, &trailer) || trailer.section_bytes > end)
		return 0;
	rc = ptf_input_view(&r->in, end - trailer.section_bytes, PTF_HEADER_BYTES, &view,
		err);
	if (rc < 0)
		return rc;
	if (ptf_header_decode(view, &header, NULL) < 0)
		return 0;
	rc = ptf_input_view(&r->in, end - trailer.index_bytes, trailer.index_bytes, &view,
		err);
	if (rc < 0)
		return rc;
	ptf_arena_reset(&r->index_arena);
	rc = ptf_index_decode(&r->index_arena, view, index, err);
	return rc == PTF_ERR_NOMEM ? rc : rc == 0;
}

/*
 * Walks back over the indexes from the end of the file. Only when that leads
 * to its very start are the sections numbered for sure. 1 when the wanted one
 * was found, and the frames are set to read it.
 */
static int find_by_index(struct ptf_reader *r, uint32_t wanted, int64_t time_ns,
	struct ptf_error *err)
{
	uint64_t *start = NULL; /* of each section, last one first */
	size_t count = 0, capacity = 0;
	uint64_t end = r->in.size;
	struct ptf_index index;
	int rc = 1;

	while (end > 0) {
		rc = index_before(r, end, &index, err);
		if (rc <= 0)
			break;
		if (count == capacity) {
			uint64_t *grown;

			capacity = capacity ? 2 * capacity : 16;
			grown = realloc(start, capacity * sizeof(*start));
			if (!grown) {
				rc = ptf_fail_nomem(err);
				break;
			}
			start = grown;
		}
		end -= index.trailer.section_bytes;
		start[count++] = end;
	}
	if (rc == 1 && wanted >= count)
		rc = ptf_fail(err, PTF_ERR_USAGE, "there is no section %u", wanted);
	/* Those before it are known by their extent only. */
	for (size_t i = r->section_count; rc == 1 && i < wanted; i++) {
		size_t back = count - 1 - i;

		rc = add_info(r, start[back], err) < 0 ? PTF_ERR_NOMEM : 1;
		if (rc == 1) {
			r->sections[i].size_bytes = start[back - 1] - start[back];
			r->sections[i].has_index = true;
		}
	}
	if (rc == 1) {
		size_t back = count - 1 - wanted;

		end = back ? start[back - 1] : r->in.size;
		rc = index_before(r, end, &index, err);
	}
	if (rc == 1) {
		end -= index.trailer.section_bytes;
		ptf_frames_rewind(&r->frames, end, false);
		r->next_section = wanted;
		r->section.has_end = true; /* of the one before, which is not read */
		ptf_arena_reset(&r->skip_arena);
		rc = plan_skips(r, &index, end, time_ns, err);
		rc = rc < 0 ? rc : 1;
	}
	free(start);
	return rc;
}

int ptf_reader_seek(struct ptf_reader *r, uint32_t section_index, int64_t time_ns,
	struct ptf_error *err)
{
	int rc = 0;

	ptf_reader_rewind(r);
	r->is_seeking = true;
	r->seek_section = section_index;
	r->seek_time_ns = time_ns;
	if (!r->is_raw && r->start_offset == 0)
		rc = find_by_index(r, section_index, time_ns, err);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	/* Without indexes: read on from the start until the section is there. */
	for (;;) {
		struct ptf_block block;

		rc = next_block(r, &block, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return ptf_fail(err, PTF_ERR_USAGE, "there is no section %u",
				section_index);
		if (block.section_index == section_index) {
			r->held = block;
			r->is_held = true;
			return 0;
		}
	}
}

int ptf_reader_refresh(struct ptf_reader *r, struct ptf_error *err)
{
	int rc = ptf_input_refresh(&r->in, err);

	if (rc == 1) {
		ptf_notes_withdraw_provisional(&r->notes);
		ptf_frames_resume(&r->frames);
	}
	return rc;
}

/* ----------------------------------------------------------- questions */

const struct ptf_error *ptf_reader_note(const struct ptf_reader *r, size_t index)
{
	return index < r->notes.count ? r->notes.item[index] : NULL;
}

const struct ptf_section_info *ptf_reader_section(const struct ptf_reader *r,
	uint32_t section_index)
{
	return section_index < r->section_count ? &r->sections[section_index] : NULL;
}

const struct ptf_size_part *ptf_reader_sizes(struct ptf_reader *r, size_t *count)
{
	return ptf_sizes_list(r->sizes, count);
}

uint64_t ptf_reader_file_bytes(const struct ptf_reader *r)
{
	return r->in.size;
}

uint64_t ptf_reader_payload_bytes(const struct ptf_reader *r)
{
	return r->payload_bytes;
}
