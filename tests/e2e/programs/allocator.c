/*
 * A program that brings an allocator of its own, under libc's names: it gives bytes
 * out and takes nothing back. Prints what it did.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_BYTES (64u << 20)

static _Alignas(max_align_t) char room[ROOM_BYTES];
static _Atomic size_t used;
static _Atomic unsigned long malloc_count, strange_count;

/* The size stands in front of a block. */
void *malloc(size_t size)
{
	size_t step = sizeof(max_align_t), all = (size + step - 1) / step * step + step,
	       at;

	malloc_count++;
	if (size > ROOM_BYTES || (at = atomic_fetch_add(&used, all)) + all > ROOM_BYTES) {
		errno = ENOMEM;
		return NULL;
	}
	*(size_t *)(void *)(room + at) = size;
	return room + at + step;
}

void free(void *block)
{
	/* One that we have not given out. */
	if (block && ((char *)block < room || (char *)block >= room + ROOM_BYTES))
		strange_count++;
}

void *calloc(size_t count, size_t size)
{
	return malloc(count * size);
}

void *realloc(void *old, size_t size)
{
	void *block = malloc(size);

	if (block && old) {
		size_t old_size = *(size_t *)(void *)((char *)old - sizeof(max_align_t));

		memcpy(block, old, old_size < size ? old_size : size);
		free(old);
	}
	return block;
}

int main(void)
{
	char *text = NULL;
	size_t room_bytes = 0;
	FILE *file = open_memstream(&text, &room_bytes);

	for (int i = 0; i < 20000; i++)
		fprintf(file, "%d ", i);
	fclose(file);
	printf("%zu bytes, %s calls of malloc, %lu strange blocks\n", room_bytes,
		malloc_count > 1 ? "several" : "no", (unsigned long)strange_count);
	free(text);
	return 0;
}
