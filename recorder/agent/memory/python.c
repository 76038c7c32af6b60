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

enum { DOMAIN_RAW, DOMAIN_MEM, DOMAIN_OBJ, DOMAIN_COUNT }; /* PyMemAllocatorDomain */

#define PYMALLOC_BYTES 512 /* larger blocks pymalloc asks the raw domain for */

static void (*get_allocator)(int domain, struct python_allocator *allocator);
static void (*set_allocator)(int domain, struct python_allocator *allocator);
static const char *(*get_name)(void); /* of all allocators together */
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

static void set_hooks(void)
{
	const char *name = get_name ? get_name() : NULL;
	bool is_pymalloc = name && !strcmp(name, "pymalloc");
	struct hook *hook = hooks[set_count++];

	for (int domain = 0; domain < DOMAIN_COUNT; domain++) {
		get_allocator(domain, &hook[domain].inner);
		hook[domain].served_bytes =
			is_pymalloc && domain != DOMAIN_RAW ? PYMALLOC_BYTES : 0;
	}
	for (int domain = 0; domain < DOMAIN_COUNT; domain++) {
		struct python_allocator ours = {&hook[domain], hook_malloc, hook_calloc,
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
