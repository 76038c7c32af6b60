#include "format/intern.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

void ptf_intern_init(struct ptf_intern *d, size_t key_size)
{
	*d = (struct ptf_intern){.key_size = key_size};
}

void ptf_intern_finish(struct ptf_intern *d)
{
	free(d->slots);
	free(d->end);
	ptf_buf_finish(&d->heap);
	*d = (struct ptf_intern){0};
}

struct ptf_view ptf_intern_key(const struct ptf_intern *d, uint32_t id)
{
	size_t begin, end;

	if (d->key_size)
		return (struct ptf_view){d->heap.data + (id - 1) * d->key_size,
			d->key_size};
	begin = id > 1 ? d->end[id - 2] : 0;
	end = d->end[id - 1];
	if (begin == end)
		return (struct ptf_view){0};
	return (struct ptf_view){d->heap.data + begin, end - begin};
}

static bool grow(struct ptf_intern *d)
{
	size_t slot_count = d->slot_count ? 2 * d->slot_count : 64;
	struct ptf_intern_slot *slots = calloc(slot_count, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < d->slot_count; i++) {
		size_t at = d->slots[i].hash & (slot_count - 1);

		if (!d->slots[i].id)
			continue;
		while (slots[at].id)
			at = (at + 1) & (slot_count - 1);
		slots[at] = d->slots[i];
	}
	free(d->slots);
	d->slots = slots;
	d->slot_count = slot_count;
	return true;
}

static bool append(struct ptf_intern *d, const void *key, size_t size)
{
	if (!d->key_size && d->count == d->end_capacity) {
		size_t capacity = d->end_capacity ? 2 * d->end_capacity : 64;
		size_t *end = realloc(d->end, capacity * sizeof(*end));

		if (!end)
			return false;
		d->end = end;
		d->end_capacity = capacity;
	}
	ptf_buf_put(&d->heap, key, size);
	if (d->heap.failed) {
		d->heap.failed = false;
		return false;
	}
	if (!d->key_size)
		d->end[d->count] = d->heap.size;
	d->count++;
	return true;
}

uint32_t ptf_intern_id(struct ptf_intern *d, const void *key, size_t size)
{
	uint32_t hash = (uint32_t)XXH3_64bits(key, size);
	size_t at;

	/* At most half full, so that probes stay short. */
	if (2 * (size_t)d->count >= d->slot_count && !grow(d))
		return 0;
	for (at = hash & (d->slot_count - 1); d->slots[at].id;
		at = (at + 1) & (d->slot_count - 1)) {
		struct ptf_view known;

		if (d->slots[at].hash != hash)
			continue;
		known = ptf_intern_key(d, d->slots[at].id);
		if (known.size == size &&
			(size == 0 || memcmp(known.data, key, size) == 0))
			return d->slots[at].id;
	}
	if (d->count == PTF_IDS_MAX || !append(d, key, size))
		return 0;
	d->slots[at] = (struct ptf_intern_slot){d->count, hash};
	return d->count;
}
