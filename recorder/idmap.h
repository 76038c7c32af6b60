/* A growing map from 64-bit keys to ids. Key 0 is not allowed. */
#ifndef PREC_IDMAP_H
#define PREC_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct idmap_entry {
	uint64_t key; /* 0 = empty */
	uint32_t id;
};

struct idmap {
	struct idmap_entry *entry; /* open addressing; heap */
	size_t capacity, count;
};

/* The id of a key, or NULL. Lives until the next idmap_set. */
uint32_t *idmap_get(const struct idmap *map, uint64_t key);

/* Adds or replaces; 0, or -1 when memory is out. */
int idmap_set(struct idmap *map, uint64_t key, uint32_t id);

void idmap_finish(struct idmap *map);

/* A key made of two. */
static inline uint64_t idmap_join(uint64_t a, uint64_t b)
{
	uint64_t hash =
		(a ^ b * UINT64_C(0xff51afd7ed558ccd)) * UINT64_C(0x9e3779b97f4a7c15);
	hash ^= hash >> 31;
	return hash ? hash : 1;
}

/* A key made of a text. */
static inline uint64_t idmap_text_key(const char *text)
{
	uint64_t hash = UINT64_C(1469598103934665603);

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash | 1;
}

#endif
