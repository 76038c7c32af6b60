#include "format/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define ALIGNMENT        16
#define FIRST_CHUNK_SIZE (64 * 1024)

struct ptf_arena_chunk {
	struct ptf_arena_chunk *next;
	size_t size, used;
	alignas(ALIGNMENT) unsigned char data[];
};

void ptf_arena_init(struct ptf_arena *arena, size_t limit_bytes)
{
	*arena = (struct ptf_arena){.limit_bytes = limit_bytes};
}

void ptf_arena_reset(struct ptf_arena *arena)
{
	for (struct ptf_arena_chunk *c = arena->first; c; c = c->next)
		c->used = 0;
	arena->current = arena->first;
	arena->used_bytes = 0;
	arena->over_limit = arena->no_memory = false;
}

void ptf_arena_trim(struct ptf_arena *arena)
{
	size_t limit_bytes = arena->limit_bytes;

	ptf_arena_finish(arena);
	ptf_arena_init(arena, limit_bytes);
}

void ptf_arena_finish(struct ptf_arena *arena)
{
	struct ptf_arena_chunk *c = arena->first;

	while (c) {
		struct ptf_arena_chunk *next = c->next;

		free(c);
		c = next;
	}
	*arena = (struct ptf_arena){0};
}

void *ptf_arena_alloc(struct ptf_arena *arena, size_t size)
{
	struct ptf_arena_chunk *c = arena->current;
	void *data;

	if (size > arena->limit_bytes - arena->used_bytes) {
		arena->over_limit = true;
		return NULL;
	}
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (size > arena->limit_bytes - arena->used_bytes)
		size = arena->limit_bytes - arena->used_bytes;
	while (c && c->size - c->used < size && c->next)
		c = c->next;
	if (!c || c->size - c->used < size) {
		size_t want = c ? c->size * 2 : FIRST_CHUNK_SIZE;
		struct ptf_arena_chunk *fresh;

		if (want > arena->limit_bytes)
			want = arena->limit_bytes;
		if (want < size)
			want = size;
		fresh = malloc(sizeof(*fresh) + want);
		if (!fresh) {
			arena->no_memory = true;
			return NULL;
		}
		*fresh = (struct ptf_arena_chunk){.size = want};
		if (c)
			c->next = fresh;
		else
			arena->first = fresh;
		c = fresh;
	}
	arena->current = c;
	data = c->data + c->used;
	c->used += size;
	arena->used_bytes += size;
	return data;
}

void *ptf_arena_array(struct ptf_arena *arena, size_t count, size_t item_size)
{
	if (item_size && count > SIZE_MAX / 2 / item_size) {
		arena->over_limit = true;
		return NULL;
	}
	return ptf_arena_alloc(arena, count * item_size);
}
