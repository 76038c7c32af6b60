#include "tools/core/memory.h"

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK_BYTES ((size_t)64 << 10)

struct arena_chunk {
	struct arena_chunk *next;
	alignas(max_align_t) char data[];
};

int memory_failure_status = EXIT_FAILURE;

static _Noreturn void out_of_memory(void)
{
	fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
	exit(memory_failure_status);
}

void *memory_zeroed(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *memory_resized(void *old, size_t count, size_t size)
{
	void *p = reallocarray(old, count ? count : 1, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *vec_grown(void *item, size_t *capacity, size_t wanted, size_t size)
{
	size_t new_capacity = *capacity < 8 ? 8 : *capacity + *capacity / 2;

	if (new_capacity < wanted)
		new_capacity = wanted;
	*capacity = new_capacity;
	return memory_resized(item, new_capacity, size);
}

void *vec_covered(void *item, size_t *count, size_t *capacity, size_t wanted, size_t size)
{
	if (wanted <= *count)
		return item;
	if (wanted > *capacity)
		item = vec_grown(item, capacity, wanted, size);
	memset((char *)item + *count * size, 0, (wanted - *count) * size);
	*count = wanted;
	return item;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *chunk;
	void *p;

	if (size > SIZE_MAX - sizeof(*chunk) - align)
		out_of_memory();
	size = (size + align - 1) & ~(align - 1);
	if (!arena->chunk || size > arena->size - arena->used) {
		size_t room = size > ARENA_CHUNK_BYTES / 4 ? size : ARENA_CHUNK_BYTES;

		chunk = memory_resized(NULL, 1, sizeof(*chunk) + room);
		if (arena->chunk && room == size) {
			/* A big thing gets a chunk of its own, and the
			   current one stays in use. */
			chunk->next = arena->chunk->next;
			arena->chunk->next = chunk;
			return chunk->data;
		}
		chunk->next = arena->chunk;
		arena->chunk = chunk;
		arena->size = room;
		arena->used = 0;
	}
	p = arena->chunk->data + arena->used;
	arena->used += size;
	return p;
}

char *arena_copy(struct arena *arena, const void *data, size_t size)
{
	char *copy = arena_alloc(arena, size + 1);

	if (size)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

struct ptf_text arena_text(struct arena *arena, struct ptf_text text)
{
	return (struct ptf_text){arena_copy(arena, text.data, text.size), text.size};
}

void arena_free(struct arena *arena)
{
	while (arena->chunk) {
		struct arena_chunk *next = arena->chunk->next;

		free(arena->chunk);
		arena->chunk = next;
	}
	*arena = (struct arena){0};
}
