/*
 * memcpy and the like. libc's own copies, and those that a compiler has put in place,
 * do not come here.
 */
#include "recorder/agent/memory/sampled_memory.h"

#include <dlfcn.h>
#include <string.h>

/* Of programs that are compiled to watch the room there is. */
void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size,
	size_t room);
void *__mempcpy_chk(void *restrict to, const void *restrict from, size_t size,
	size_t room);
void *__memmove_chk(void *to, const void *from, size_t size, size_t room);
_Noreturn void __chk_fail(void); /* libc's */

/* Until libc's have been found. */
static void *move_bytes(void *to, const void *from, size_t size)
{
	char *target = to;
	const char *source = from;

	if ((uintptr_t)target - (uintptr_t)source >= size)
		for (size_t i = 0; i < size; i++)
			target[i] = source[i];
	else
		for (size_t i = size; i-- > 0;)
			target[i] = source[i];
	return to;
}

static void *copy_bytes(void *restrict to, const void *restrict from, size_t size)
{
	return move_bytes(to, from, size);
}

static void *copy_bytes_past(void *restrict to, const void *restrict from, size_t size)
{
	return (char *)move_bytes(to, from, size) + size;
}

/* What is called next. */
static struct {
	void *(*memcpy)(void *restrict to, const void *restrict from, size_t size);
	void *(*mempcpy)(void *restrict to, const void *restrict from, size_t size);
	void *(*memmove)(void *to, const void *from, size_t size);
} real = {copy_bytes, copy_bytes_past, move_bytes};

void memory_look_up_copies(void)
{
	void *(*found)(void *, const void *, size_t);

	found = (__typeof__(found))dlsym(RTLD_NEXT, "memcpy");
	if (found)
		real.memcpy = found;
	found = (__typeof__(found))dlsym(RTLD_NEXT, "mempcpy");
	if (found)
		real.mempcpy = found;
	found = (__typeof__(found))dlsym(RTLD_NEXT, "memmove");
	if (found)
		real.memmove = found;
}

typedef void *copy_function(void *to, const void *from, size_t size);

__attribute__((noinline)) static void *copy_at_point(void *to, const void *from,
	size_t size, copy_function *copy, const void *pc)
{
	if (memory_meets_point(&memory_thread.copy_left, size))
		memory_copied(size, pc);
	return copy(to, from, size);
}

static inline void *count(void *to, const void *from, size_t size, copy_function *copy,
	const void *pc)
{
	if (memory_passes(&memory_thread.copy_left, size))
		return copy_at_point(to, from, size, copy, pc);
	return copy(to, from, size);
}

AGENT_EXPORT void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	return count(to, from, size, real.memcpy, __builtin_return_address(0));
}

AGENT_EXPORT void *mempcpy(void *restrict to, const void *restrict from, size_t size)
{
	return count(to, from, size, real.mempcpy, __builtin_return_address(0));
}

AGENT_EXPORT void *memmove(void *to, const void *from, size_t size)
{
	return count(to, from, size, real.memmove, __builtin_return_address(0));
}

AGENT_EXPORT void *__memcpy_chk(void *restrict to, const void *restrict from, size_t size,
	size_t room)
{
	if (size > room)
		__chk_fail();
	return count(to, from, size, real.memcpy, __builtin_return_address(0));
}

AGENT_EXPORT void *__mempcpy_chk(void *restrict to, const void *restrict from,
	size_t size, size_t room)
{
	if (size > room)
		__chk_fail();
	return count(to, from, size, real.mempcpy, __builtin_return_address(0));
}

AGENT_EXPORT void *__memmove_chk(void *to, const void *from, size_t size, size_t room)
{
	if (size > room)
		__chk_fail();
	return count(to, from, size, real.memmove, __builtin_return_address(0));
}

/* ------------------------------------------------------ the agent's own */

/* Calls of the agent itself, which the linker leads here (--wrap). */
void *__wrap_memcpy(void *restrict to, const void *restrict from, size_t size);
void *__wrap_memmove(void *to, const void *from, size_t size);

void *__wrap_memcpy(void *restrict to, const void *restrict from, size_t size)
{
	return real.memcpy(to, from, size);
}

void *__wrap_memmove(void *to, const void *from, size_t size)
{
	return real.memmove(to, from, size);
}
