#include "format/salvage.h"

#define SEARCH_BYTES ((size_t)1 << 20)
/* What a candidate must show before anything is decompressed. */
#define OVERLAP_BYTES 24

/* Does a data frame of ours stand here, whole and with the right checksum? */
static int is_sound_frame(struct ptf_frames *f, uint64_t offset, bool *sound,
	struct ptf_error *err)
{
	struct ptf_frame_head head;
	struct ptf_view view;
	uint64_t size, cost;
	int rc;

	*sound = false;
	rc = ptf_input_view(f->in, offset, PTF_FRAME_HEAD_BYTES, &view, err);
	if (rc < 0)
		return rc;
	head = ptf_codec_head(view);
	if (head.kind != PTF_FRAME_DATA || !head.has_checksum ||
		head.content_bytes == 0 || head.content_bytes > f->max_frame_bytes)
		return 0;
	/* Bytes made to look like frames must not cost time without end. */
	cost = head.content_bytes + f->in->size - offset;
	if (cost > head.content_bytes + f->max_frame_bytes)
		cost = head.content_bytes + f->max_frame_bytes;
	if (cost > f->salvage_budget)
		return 0;
	rc = ptf_frames_load(f, offset, &view, &size, err);
	if (rc == PTF_ERR_NOMEM || rc == PTF_ERR_IO)
		return rc;
	*sound = rc == 1 && view.size && view.data[0] == (1 << 3 | PTF_WIRE_LENGTH);
	if (!*sound)
		f->salvage_budget -= cost;
	return 0;
}

int ptf_salvage_find(struct ptf_frames *f, uint64_t from, uint64_t end,
	enum ptf_found *found, uint64_t *offset, struct ptf_error *err)
{
	*found = PTF_FOUND_NOTHING;
	while (from < end) {
		struct ptf_view view;
		size_t i, last;
		int rc = ptf_input_view(f->in, from, SEARCH_BYTES, &view, err);

		if (rc < 0)
			return rc;
		if (view.size < OVERLAP_BYTES)
			return 0;
		last = view.size - OVERLAP_BYTES;
		for (i = 0; i <= last && from + i < end; i++) {
			uint32_t magic;
			bool sound;

			/* Both magics have few bytes in common with text. */
			if (view.data[i] != 0x28 && view.data[i] != 0x5a)
				continue;
			magic = ptf_load32(view.data + i);
			if (magic == PTF_HEADER_MAGIC &&
				ptf_header_is_at((
					struct ptf_view){view.data + i, view.size - i})) {
				*found = PTF_FOUND_HEADER;
				*offset = from + i;
				return 0;
			}
			if (magic != PTF_ZSTD_MAGIC)
				continue;
			rc = is_sound_frame(f, from + i, &sound, err);
			if (rc < 0)
				return rc;
			if (sound) {
				*found = PTF_FOUND_FRAME;
				*offset = from + i;
				return 0;
			}
			/* Looking at it may have moved the window. */
			break;
		}
		from += i <= last ? i + 1 : i;
	}
	return 0;
}
