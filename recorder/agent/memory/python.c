/*
 * CPython's allocators: raw, mem and obj. Ours stand before them as hooks that pass
 * on; they add nothing to a block, so that it does not matter whether a block was
 * allocated before they were there, or is freed without them.
 */
#include "recorder/agent/memory/sampled_memory.h"

#include <dlfcn.h>

/* PyMemAllocatorEx, from CPython 3.5 on. */
struct python_allocator {
	void *context;
	void *(*malloc)(void *context, size_t size);
	void *(*calloc)(void *context, size_t count, size_t size);
	void *(*realloc)(void *context, void *old, size_t size);
	void (*free)(void *context, void *block);
};

/* PyObjectArenaAllocator: where pymalloc has its memory from. */
struct arena_allocator {
	void *context;
	void *(*allocate)(void *context, size_t size);
	void (*free)(void *context, void *arena, size_t size);
};

enum { DOMAIN_RAW, DOMAIN_MEM, DOMAIN_OBJ, DOMAIN_COUNT }; /* PyMemAllocatorDomain */

#define PYMALLOC_BYTES 512 /* larger blocks pymalloc asks the raw domain for */

static void (*get_allocator)(int domain, struct python_allocator *allocator);
static void (*set_allocator)(int domain, struct python_allocator *allocator);
static void (*get_arena_allocator)(struct arena_allocator *allocator);
static void (*set_arena_allocator)(struct arena_allocator *allocator);
static int (*is_initialized)(void);
static int (*is_finalizing)(void);

/* ------------------------------------------------------------- the hooks */

/* What a hook passes on to. */
struct hook {
	struct python_allocator inner;
	/* Requests of up to so many bytes it serves itself, without another allocator
	   being asked for the same: nothing is nested then. */
	size_t served_bytes;
};

/* Calls of the inner one, with the countdown out of its reach. */

__attribute__((noinline)) static void *malloc_slowly(const struct hook *hook, size_t size,
	bool passes, const void *pc)
{
	bool is_met = passes && memory_meets_point(&memory_thread.heap_left, size);
	uint64_t left = memory_suspend();
	void *block = hook->inner.malloc(hook->inner.context, size);

	memory_resume(left);
	if (is_met && block)
		memory_allocated(block, size, PREC_BLOCK_PYTHON, pc);
	return block;
}

static void *hook_malloc(void *context, size_t size)
{
	const struct hook *hook = context;

	if (memory_passes(&memory_thread.heap_left, size))
		return malloc_slowly(hook, size, true, __builtin_return_address(0));
	if (size > hook->served_bytes)
		return malloc_slowly(hook, size, false, __builtin_return_address(0));
	return hook->inner.malloc(hook->inner.context, size);
}

static void *hook_calloc(void *context, size_t count, size_t size)
{
	const struct hook *hook = context;
	size_t all = count * size; /* CPython has checked it */
	bool is_met = memory_passes(&memory_thread.heap_left, all) &&
		memory_meets_point(&memory_thread.heap_left, all);
	uint64_t left = memory_suspend();
	void *block = hook->inner.calloc(hook->inner.context, count, size);

	memory_resume(left);
	if (MEMORY_RARELY(is_met && block))
		memory_allocated(block, all, PREC_BLOCK_PYTHON,
			__builtin_return_address(0));
	return block;
}

static void *hook_realloc(void *context, void *old, size_t size)
{
	const struct hook *hook = context;
	bool is_met = memory_passes(&memory_thread.heap_left, size) &&
		memory_meets_point(&memory_thread.heap_left, size);
	uint64_t id = MEMORY_RARELY(held_may_contain(old)) ? held_take(old) : 0;
	uint64_t left = memory_suspend();
	void *block = hook->inner.realloc(hook->inner.context, old, size);

	memory_resume(left);
	if (MEMORY_RARELY(id != 0))
		memory_resized(old, id, block != NULL);
	if (MEMORY_RARELY(is_met && block))
		memory_allocated(block, size, PREC_BLOCK_PYTHON,
			__builtin_return_address(0));
	return block;
}

__attribute__((noinline)) static void free_slowly(const struct hook *hook, void *block)
{
	memory_release(block);
	hook->inner.free(hook->inner.context, block);
}

static void hook_free(void *context, void *block)
{
	const struct hook *hook = context;

	if (MEMORY_RARELY(held_may_contain(block)))
		free_slowly(hook, block);
	else
		hook->inner.free(hook->inner.context, block);
}

/* The blocks that arenas are given out as count, not the arenas. */
static void *hook_arena(void *context, size_t size)
{
	const struct arena_allocator *inner = context;
	uint64_t left = memory_suspend();
	void *arena = inner->allocate(inner->context, size);

	memory_resume(left);
	return arena;
}

static void hook_arena_free(void *context, void *arena, size_t size)
{
	const struct arena_allocator *inner = context;

	inner->free(inner->context, arena, size);
}

/* ------------------------------------------------- where they are set */

/*
 * Each time anew: an allocator that was taken out for a while is put back as it was,
 * with what stood behind it then.
 */
#define SET_COUNT_MAX 16
static struct hook hooks[SET_COUNT_MAX][DOMAIN_COUNT];
static unsigned set_count;

static bool stands_first(void)
{
	struct python_allocator allocator;

	get_allocator(DOMAIN_OBJ, &allocator);
	return allocator.malloc == hook_malloc;
}

/*
 * Whether what CPython brings is there, all of it, with pymalloc for the small ones:
 * of its allocators only the debug ones have a context, and without pymalloc all
 * domains have the same. (It cannot be asked by name: 3.12 takes a lock then that is
 * not there before it has begun.)
 */
static bool is_pymalloc(const struct hook hook[DOMAIN_COUNT])
{
	const struct python_allocator *raw = &hook[DOMAIN_RAW].inner;
	const struct python_allocator *object = &hook[DOMAIN_OBJ].inner;

	return !raw->context && !object->context && raw->malloc != object->malloc;
}

static void set_hooks(void)
{
	struct hook *hook = hooks[set_count++];

	for (int domain = 0; domain < DOMAIN_COUNT; domain++)
		get_allocator(domain, &hook[domain].inner);
	if (is_pymalloc(hook))
		hook[DOMAIN_MEM].served_bytes = hook[DOMAIN_OBJ].served_bytes =
			PYMALLOC_BYTES;
	for (int domain = 0; domain < DOMAIN_COUNT; domain++) {
		struct python_allocator ours = {&hook[domain], hook_malloc, hook_calloc,
			hook_realloc, hook_free};
		set_allocator(domain, &ours);
	}
}

/* Nobody replaces it but programs that mean to. */
static void set_arena_hook(void)
{
	static struct arena_allocator inner;
	struct arena_allocator ours = {&inner, hook_arena, hook_arena_free};

	get_arena_allocator(&inner);
	set_arena_allocator(&ours);
}

/*
 * The interpreter replaces them when it begins with others than the default
 * (PYTHONMALLOC, -X dev): until it has begun, by its one thread, we look at each
 * allocation. What stands first afterwards (tracemalloc) calls them.
 */
#define LOOK_COUNT_MAX 1000000u

bool memory_watch_python(void)
{
	static unsigned look_count;

	if (++look_count > LOOK_COUNT_MAX || set_count == SET_COUNT_MAX ||
		is_initialized())
		return false;
	if (!stands_first())
		set_hooks();
	return true;
}

static void *find(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

bool memory_begin_python(void)
{
	get_allocator = (__typeof__(get_allocator))find("PyMem_GetAllocator");
	set_allocator = (__typeof__(set_allocator))find("PyMem_SetAllocator");
	get_arena_allocator =
		(__typeof__(get_arena_allocator))find("PyObject_GetArenaAllocator");
	set_arena_allocator =
		(__typeof__(set_arena_allocator))find("PyObject_SetArenaAllocator");
	is_initialized = (__typeof__(is_initialized))find("Py_IsInitialized");
	is_finalizing =
		(__typeof__(is_finalizing))find("Py_IsFinalizing"); /* from 3.13 */
	if (!is_finalizing)
		is_finalizing = (__typeof__(is_finalizing))find("_Py_IsFinalizing");
	if (!agent.python.version || !get_allocator || !set_allocator ||
		!get_arena_allocator || !set_arena_allocator || !is_initialized)
		return false;
	set_hooks();
	set_arena_hook();
	return true;
}

bool memory_python_ends(void)
{
	return is_finalizing && is_finalizing();
}
