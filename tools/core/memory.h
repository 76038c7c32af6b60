/*
 * Memory of the tools: allocation that cannot fail, vectors, and arenas.
 *
 * A tool that runs out of memory can do nothing better than say so: these
 * functions then print one line and exit with memory_failure_status (which
 * removes a half written output, see cli/output.h).
 */
#ifndef TOOLS_CORE_MEMORY_H
#define TOOLS_CORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include <ptf/types.h>

extern int memory_failure_status; /* 1 */

void *memory_zeroed(size_t count, size_t size);
void *memory_resized(void *old, size_t count, size_t size);

/* ------------------------------------------------------------ vectors */

/* A growing array: `VEC(uint32_t) ids = {0};` then vec_push(&ids, 7). */
#define VEC(type)                                                                        \
	struct {                                                                         \
		type *item;                                                              \
		size_t count, capacity;                                                  \
	}

#define vec_reserve(v, wanted)                                                           \
	((v)->item = (v)->capacity >= (wanted) ? (v)->item                               \
					       : vec_grown((v)->item, &(v)->capacity,    \
							 (wanted), sizeof(*(v)->item)))

#define vec_push(v, ...)                                                                 \
	do {                                                                             \
		vec_reserve(v, (v)->count + 1);                                          \
		(v)->item[(v)->count++] = (__VA_ARGS__);                                 \
	} while (0)

/* Makes item[index] exist; new items are zero. */
#define vec_cover(v, index)                                                              \
	((v)->item = vec_covered((v)->item, &(v)->count, &(v)->capacity,                 \
		 (size_t)(index) + 1, sizeof(*(v)->item)))

#define vec_free(v)                                                                      \
	do {                                                                             \
		free((v)->item);                                                         \
		(v)->item = NULL;                                                        \
		(v)->count = (v)->capacity = 0;                                          \
	} while (0)

void *vec_grown(void *item, size_t *capacity, size_t wanted, size_t size);
void *vec_covered(void *item, size_t *count, size_t *capacity, size_t wanted,
	size_t size);

/* ------------------------------------------------------------- arenas */

/* Many small things that live equally long; all zero is an empty arena. */
struct arena {
	struct arena_chunk *chunk;
	size_t used, size;
};

/* Aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy with a NUL behind it. */
char *arena_copy(struct arena *arena, const void *data, size_t size);
struct ptf_text arena_text(struct arena *arena, struct ptf_text text);
void arena_free(struct arena *arena);

#endif
