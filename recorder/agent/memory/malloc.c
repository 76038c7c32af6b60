/*
 * The malloc family. What is interposed passes on to the next definition, which need
 * not be libc's.
 *
 * The first calls come before our constructor, and before dlsym has found what they
 * stand before; dlsym itself may allocate then, which a small arena of ours serves.
 */
#include "recorder/agent/memory/sampled_memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

static void *first_malloc(size_t size);
static void *first_calloc(size_t count, size_t size);
static void *first_realloc(void *old, size_t size);
static void first_free(void *block);

/* What is called next. */
static struct {
	void *(*malloc)(size_t size);
	void *(*calloc)(size_t count, size_t size);
	void *(*realloc)(void *old, size_t size);
	void (*free)(void *block);
	int (*posix_memalign)(void **block, size_t alignment, size_t size);
	void *(*aligned_alloc)(size_t alignment, size_t size);
	void *(*memalign)(size_t alignment, size_t size);
	void *(*valloc)(size_t size);
	void *(*pvalloc)(size_t size);
} real = {first_malloc, first_calloc, first_realloc, first_free, NULL, NULL, NULL, NULL,
	NULL};

/* ------------------------------------------------------ the first calls */

#define ARENA_BYTES 16384u

static _Alignas(max_align_t) char arena[ARENA_BYTES];
static _Atomic size_t arena_used;

static bool is_in_arena(const void *block)
{
	return (uintptr_t)block - (uintptr_t)arena < ARENA_BYTES;
}

/* Zeroed, and never used again. */
static void *take_from_arena(size_t size)
{
	const size_t step = sizeof(max_align_t);
	size_t rounded = (size + step - 1) / step * step;

	if (size > ARENA_BYTES || atomic_load(&arena_used) + rounded > ARENA_BYTES) {
		errno = ENOMEM;
		return NULL;
	}
	return arena + atomic_fetch_add(&arena_used, rounded);
}

/* In place of free and realloc when the arena has been used. */
static struct {
	void *(*realloc)(void *old, size_t size);
	void (*free)(void *block);
} behind_arena;

static void free_or_forget(void *block)
{
	if (!is_in_arena(block))
		behind_arena.free(block);
}

static void *move_from_arena(void *old, size_t size)
{
	if (!is_in_arena(old))
		return behind_arena.realloc(old, size);
	size_t rest = (size_t)(arena + ARENA_BYTES - (char *)old);
	void *block = real.malloc(size);
	if (block)
		memcpy(block, old, size < rest ? size : rest);
	return block;
}

void memory_look_up_allocator(void)
{
	if (memory_thread.looks_up || real.posix_memalign)
		return;
	memory_thread.looks_up = true;
	__typeof__(real) next = {
		(__typeof__(next.malloc))dlsym(RTLD_NEXT, "malloc"),
		(__typeof__(next.calloc))dlsym(RTLD_NEXT, "calloc"),
		(__typeof__(next.realloc))dlsym(RTLD_NEXT, "realloc"),
		(__typeof__(next.free))dlsym(RTLD_NEXT, "free"),
		(__typeof__(next.posix_memalign))dlsym(RTLD_NEXT, "posix_memalign"),
		(__typeof__(next.aligned_alloc))dlsym(RTLD_NEXT, "aligned_alloc"),
		(__typeof__(next.memalign))dlsym(RTLD_NEXT, "memalign"),
		(__typeof__(next.valloc))dlsym(RTLD_NEXT, "valloc"),
		(__typeof__(next.pvalloc))dlsym(RTLD_NEXT, "pvalloc"),
	};
	if (arena_used) {
		behind_arena.realloc = next.realloc;
		behind_arena.free = next.free;
		next.realloc = move_from_arena;
		next.free = free_or_forget;
	}
	real = next;
	memory_thread.looks_up = false;
}

static void *first_malloc(size_t size)
{
	memory_look_up_allocator();
	return memory_thread.looks_up ? take_from_arena(size) : real.malloc(size);
}

static void *first_calloc(size_t count, size_t size)
{
	size_t all;

	memory_look_up_allocator();
	if (!memory_thread.looks_up)
		return real.calloc(count, size);
	return __builtin_mul_overflow(count, size, &all) ? NULL : take_from_arena(all);
}

static void *first_realloc(void *old, size_t size)
{
	memory_look_up_allocator();
	if (!memory_thread.looks_up)
		return real.realloc(old, size);
	void *block = take_from_arena(size);
	/* What lies behind the old one is ours, too. */
	if (block && old)
		memmove(block, old, size);
	return block;
}

static void first_free(void *block)
{
	memory_look_up_allocator();
	if (!memory_thread.looks_up)
		real.free(block);
}

/* --------------------------------------------------------- interposed */

bool memory_stands_behind(void)
{
	uint64_t before = memory_thread.heap_left;

	/* What libc allocates for the program goes where the program's own goes. */
	memory_thread.heap_left = 64;
	free(strdup("malloc"));
	bool is_called = memory_thread.heap_left != 64;
	memory_thread.heap_left = before;
	return !is_called;
}

bool memory_allocator_is_libcs(void)
{
	return (void *)real.malloc == dlsym(RTLD_NEXT, "__libc_malloc");
}

static bool meets_point(size_t size)
{
	return memory_meets_point(&memory_thread.heap_left, size);
}

static void *allocated(void *block, size_t size, const void *pc)
{
	if (block)
		memory_allocated(block, size, PREC_BLOCK_NATIVE, pc);
	return block;
}

__attribute__((noinline)) static void *malloc_at_point(size_t size, const void *pc)
{
	bool is_met = meets_point(size);
	void *block = real.malloc(size);

	return is_met ? allocated(block, size, pc) : block;
}

AGENT_EXPORT void *malloc(size_t size)
{
	if (memory_passes(&memory_thread.heap_left, size))
		return malloc_at_point(size, __builtin_return_address(0));
	return real.malloc(size);
}

__attribute__((noinline)) static void *calloc_at_point(size_t count, size_t size,
	const void *pc)
{
	bool is_met = meets_point(count * size);
	void *block = real.calloc(count, size);

	return is_met ? allocated(block, count * size, pc) : block;
}

AGENT_EXPORT void *calloc(size_t count, size_t size)
{
	size_t all;

	if (!__builtin_mul_overflow(count, size, &all) &&
		memory_passes(&memory_thread.heap_left, all))
		return calloc_at_point(count, size, __builtin_return_address(0));
	return real.calloc(count, size);
}

AGENT_EXPORT void free(void *block)
{
	if (MEMORY_RARELY(held_may_contain(block)))
		memory_release(block);
	real.free(block);
}

/* For the sampling it is freed, and allocated with its new size. */
__attribute__((noinline)) static void *resize_slowly(void *old, size_t size, bool passes,
	const void *pc)
{
	bool is_met = passes && meets_point(size);
	/* From the moment it is free another thread may get its address. */
	uint64_t id = held_take(old);
	void *block = real.realloc(old, size);

	if (id)
		memory_resized(old, id, block || size == 0);
	return is_met ? allocated(block, size, pc) : block;
}

static inline void *resize(void *old, size_t size, const void *pc)
{
	bool passes = memory_passes(&memory_thread.heap_left, size);

	if (MEMORY_RARELY(passes || held_may_contain(old)))
		return resize_slowly(old, size, passes, pc);
	return real.realloc(old, size);
}

AGENT_EXPORT void *realloc(void *old, size_t size)
{
	return resize(old, size, __builtin_return_address(0));
}

AGENT_EXPORT void *reallocarray(void *old, size_t count, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(count, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(old, all, __builtin_return_address(0));
}

/* Those that are not called often are counted when they are done. */
static void *count(void *block, size_t size, const void *pc)
{
	if (memory_passes(&memory_thread.heap_left, size) && meets_point(size))
		return allocated(block, size, pc);
	return block;
}

AGENT_EXPORT int posix_memalign(void **block, size_t alignment, size_t size)
{
	memory_look_up_allocator();
	int failed = real.posix_memalign(block, alignment, size);
	if (!failed)
		count(*block, size, __builtin_return_address(0));
	return failed;
}

AGENT_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	memory_look_up_allocator();
	return count(real.aligned_alloc(alignment, size), size,
		__builtin_return_address(0));
}

AGENT_EXPORT void *memalign(size_t alignment, size_t size)
{
	memory_look_up_allocator();
	return count(real.memalign(alignment, size), size, __builtin_return_address(0));
}

AGENT_EXPORT void *valloc(size_t size)
{
	memory_look_up_allocator();
	return count(real.valloc(size), size, __builtin_return_address(0));
}

AGENT_EXPORT void *pvalloc(size_t size)
{
	memory_look_up_allocator();
	return count(real.pvalloc(size), size, __builtin_return_address(0));
}
