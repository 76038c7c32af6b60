#include "format/sizes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KINDS      16
#define FIELDS     PTF_PART_FIELDS_MAX
#define PART_COUNT (KINDS * FIELDS * FIELDS)
#define NAME_BYTES 64

struct part {
	uint64_t raw_bytes, packed_bytes;
};

struct piece {
	uint32_t part;
	uint32_t order;
	struct ptf_view bytes;
};

struct ptf_sizes {
	struct part parts[PART_COUNT];
	struct ptf_size_part *list;
	char (*names)[NAME_BYTES];
	/* Of the Block being measured. */
	struct piece *pieces;
	size_t piece_count, piece_capacity;
	bool is_measuring;
	struct ptf_buf joined;
};

struct ptf_sizes *ptf_sizes_create(void)
{
	return calloc(1, sizeof(struct ptf_sizes));
}

void ptf_sizes_destroy(struct ptf_sizes *s)
{
	if (!s)
		return;
	free(s->list);
	free(s->names);
	free(s->pieces);
	ptf_buf_finish(&s->joined);
	free(s);
}

static void add_part(void *context, uint32_t kind, uint32_t field, uint32_t sub,
	struct ptf_view bytes)
{
	struct ptf_sizes *s = context;
	uint32_t part;

	if (kind >= KINDS || field >= FIELDS || sub >= FIELDS)
		return;
	part = (kind * FIELDS + field) * FIELDS + sub;
	s->parts[part].raw_bytes += bytes.size;
	if (!s->is_measuring)
		return;
	if (s->piece_count == s->piece_capacity) {
		size_t capacity = s->piece_capacity ? 2 * s->piece_capacity : 256;
		struct piece *pieces = realloc(s->pieces, capacity * sizeof(*pieces));

		if (!pieces)
			return;
		s->pieces = pieces;
		s->piece_capacity = capacity;
	}
	s->pieces[s->piece_count] = (struct piece){part, (uint32_t)s->piece_count, bytes};
	s->piece_count++;
}

static int by_part(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

void ptf_sizes_add(struct ptf_sizes *s, struct ptf_view block, struct ptf_codec *codec)
{
	s->is_measuring = codec != NULL;
	s->piece_count = 0;
	ptf_payload_parts(block, add_part, s);
	if (!codec || !s->piece_count)
		return;
	qsort(s->pieces, s->piece_count, sizeof(*s->pieces), by_part);
	for (size_t i = 0; i < s->piece_count;) {
		uint32_t part = s->pieces[i].part;

		ptf_buf_clear(&s->joined);
		for (; i < s->piece_count && s->pieces[i].part == part; i++)
			ptf_buf_put(&s->joined, s->pieces[i].bytes.data,
				s->pieces[i].bytes.size);
		if (!s->joined.failed)
			s->parts[part].packed_bytes +=
				ptf_codec_measure(codec, ptf_buf_view(&s->joined));
	}
}

static int by_size(const void *a, const void *b)
{
	const struct ptf_size_part *x = a, *y = b;

	if (x->raw_bytes != y->raw_bytes)
		return x->raw_bytes < y->raw_bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

const struct ptf_size_part *ptf_sizes_list(struct ptf_sizes *s, size_t *count)
{
	size_t n = 0;

	*count = 0;
	for (size_t i = 0; i < PART_COUNT; i++)
		n += s->parts[i].raw_bytes != 0;
	free(s->list);
	free(s->names);
	s->list = calloc(n ? n : 1, sizeof(*s->list));
	s->names = calloc(n ? n : 1, sizeof(*s->names));
	if (!s->list || !s->names || n == 0)
		return NULL;
	n = 0;
	for (uint32_t i = 0; i < PART_COUNT; i++) {
		struct ptf_part_name name;

		if (!s->parts[i].raw_bytes)
			continue;
		name = ptf_payload_part_name(i / FIELDS / FIELDS, i / FIELDS % FIELDS,
			i % FIELDS);
		snprintf(s->names[n], NAME_BYTES, "%s.%s%s%s",
			name.kind ? name.kind : "?", name.field ? name.field : "?",
			name.sub ? "." : "", name.sub ? name.sub : "");
		s->list[n] = (struct ptf_size_part){s->names[n], s->parts[i].raw_bytes,
			s->parts[i].packed_bytes};
		n++;
	}
	qsort(s->list, n, sizeof(*s->list), by_size);
	*count = n;
	return s->list;
}
