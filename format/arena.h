/*
 * Memory for one decoded Block: a bump allocator with an upper limit, so that
 * no Block can make the reader take more, whatever it claims. Nothing is
 * freed one by one; a reset keeps the memory for the next Block.
 */
#ifndef PTF_FORMAT_ARENA_H
#define PTF_FORMAT_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct ptf_arena_chunk;

struct ptf_arena {
	struct ptf_arena_chunk *first, *current;
	size_t used_bytes;  /* handed out since the last reset */
	size_t limit_bytes; /* of used_bytes */
	bool over_limit;    /* an allocation failed for the limit */
	bool no_memory;     /* an allocation failed for the system */
};

void ptf_arena_init(struct ptf_arena *arena, size_t limit_bytes);
void ptf_arena_reset(struct ptf_arena *arena);
/* Also gives the memory back. */
void ptf_arena_trim(struct ptf_arena *arena);
void ptf_arena_finish(struct ptf_arena *arena);

/* Aligned to 16; NULL when over the limit or out of memory. Not cleared. */
void *ptf_arena_alloc(struct ptf_arena *arena, size_t size);
void *ptf_arena_array(struct ptf_arena *arena, size_t count, size_t item_size);

#endif
