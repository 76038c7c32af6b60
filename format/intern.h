/*
 * Dictionaries: equal keys get equal ids, counted from 1.
 *
 * Open addressing over XXH3; the keys lie in one growing heap, in order of
 * their ids, so that what is new since a point can be written out.
 */
#ifndef PTF_FORMAT_INTERN_H
#define PTF_FORMAT_INTERN_H

#include "format/bytes.h"

#define PTF_IDS_MAX (UINT32_C(1) << 28)

struct ptf_intern_slot {
	uint32_t id; /* 0 = free */
	uint32_t hash;
};

struct ptf_intern {
	struct ptf_intern_slot *slots;
	size_t slot_count;
	struct ptf_buf heap;
	size_t *end; /* of each key in the heap; unused with key_size */
	size_t end_capacity;
	size_t key_size; /* of all keys, or 0 when they differ */
	uint32_t count;
};

void ptf_intern_init(struct ptf_intern *d, size_t key_size);
void ptf_intern_finish(struct ptf_intern *d);

/* The id of the key, made when new; 0 when memory or PTF_IDS_MAX is exhausted. */
uint32_t ptf_intern_id(struct ptf_intern *d, const void *key, size_t size);

/* The key of an id that exists; lives until the next new key. */
struct ptf_view ptf_intern_key(const struct ptf_intern *d, uint32_t id);

#endif
