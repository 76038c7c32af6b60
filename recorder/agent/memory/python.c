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

#define DOMAIN_COUNT 3 /* PyMemAllocatorDomain: raw, mem, obj */
#define DOMAIN_LAST  (DOMAIN_COUNT - 1)

static void (*get_allocator)(int domain, struct python_allocator *allocator);
static void (*set_allocator)(int domain, struct python_allocator *allocator);
static int (*is_initialized)(void);
static int (*is_finalizing)(void);

/* ------------------------------------------------------------- the hooks */

static bool meets_point(size_t size)
{
	return memory_passes(&memory_thread.heap_left, size) &&
		memory_meets_point(&memory_thread.heap_left, size);
}

static void *hook_malloc(void *context, size_t size)
{
	const struct python_allocator *inner = context;
	bool is_met = meets_point(size);
	uint64_t left = memory_suspend();
	void *block = inner->malloc(inner->context, size);

	memory_resume(left);
	if (MEMORY_RARELY(is_met && block))
		memory_allocated(block, size, PREC_BLOCK_PYTHON,
			__builtin_return_address(0));
	return block;
}

static void *hook_calloc(void *context, size_t count, size_t size)
{
	const struct python_allocator *inner = context;
	bool is_met = meets_point(count * size); /* CPython has checked it */
	uint64_t left = memory_suspend();
	void *block = inner->calloc(inner->context, count, size);

	memory_resume(left);
	if (MEMORY_RARELY(is_met && block))
		memory_allocated(block, count * size, PREC_BLOCK_PYTHON,
			__builtin_return_address(0));
	return block;
}

static void *hook_realloc(void *context, void *old, size_t size)
{
	const struct python_allocator *inner = context;
	bool is_met = meets_point(size);
	uint64_t id = MEMORY_RARELY(held_may_contain(old)) ? held_take(old) : 0;
	uint64_t left = memory_suspend();
	void *block = inner->realloc(inner->context, old, size);

	memory_resume(left);
	if (MEMORY_RARELY(id != 0))
		memory_resized(old, id, block != NULL);
	if (MEMORY_RARELY(is_met && block))
		memory_allocated(block, size, PREC_BLOCK_PYTHON,
			__builtin_return_address(0));
	return block;
}

static void hook_free(void *context, void *block)
{
	const struct python_allocator *inner = context;

	if (MEMORY_RARELY(held_may_contain(block)))
		memory_release(block);
	inner->free(inner->context, block);
}

/* ------------------------------------------------- where they are set */

/*
 * Each time anew: an allocator that was taken out for a while is put back as it was,
 * with what stood behind it then.
 */
#define SET_COUNT_MAX 16
static struct python_allocator inner_of[SET_COUNT_MAX][DOMAIN_COUNT];
static unsigned set_count;

static bool stands_first(void)
{
	struct python_allocator allocator;

	get_allocator(DOMAIN_LAST, &allocator);
	return allocator.malloc == hook_malloc;
}

static void set_hooks(void)
{
	struct python_allocator *inner = inner_of[set_count++];

	for (int domain = 0; domain < DOMAIN_COUNT; domain++) {
		get_allocator(domain, &inner[domain]);
		struct python_allocator ours = {&inner[domain], hook_malloc, hook_calloc,
			hook_realloc, hook_free};
		set_allocator(domain, &ours);
	}
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

bool memory_begin_python(void)
{
	get_allocator =
		(__typeof__(get_allocator))dlsym(RTLD_DEFAULT, "PyMem_GetAllocator");
	set_allocator =
		(__typeof__(set_allocator))dlsym(RTLD_DEFAULT, "PyMem_SetAllocator");
	is_initialized =
		(__typeof__(is_initialized))dlsym(RTLD_DEFAULT, "Py_IsInitialized");
	is_finalizing = (__typeof__(is_finalizing))dlsym(RTLD_DEFAULT,
		"Py_IsFinalizing"); /* from 3.13 */
	if (!is_finalizing)
		is_finalizing = (__typeof__(is_finalizing))dlsym(RTLD_DEFAULT,
			"_Py_IsFinalizing");
	if (!agent.python.version || !get_allocator || !set_allocator || !is_initialized)
		return false;
	set_hooks();
	return true;
}

bool memory_python_ends(void)
{
	return is_finalizing && is_finalizing();
}
