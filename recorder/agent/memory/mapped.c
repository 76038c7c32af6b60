/*
 * Anonymous private memory that the program maps itself, as blocks.
 *
 * Not what is only reserved (PROT_NONE), and nothing where the allocator is not libc's:
 * others map what they give out, and all of that would count twice. An allocator of
 * libc's own, and threads, map without coming here.
 */
#include "recorder/agent/memory/sampled_memory.h"

#include <stdarg.h>
#include <sys/mman.h>

#define PAGE          4096u
#define MAPPED_COUNT  512u
#define BEING_WRITTEN 1u /* in place of an address */

/* Mappings that are held blocks: munmap may take many of them, or parts of one. */
static struct {
	_Atomic uintptr_t start; /* 0 = nothing is here */
	_Atomic uintptr_t end;
} mapped[MAPPED_COUNT];
static _Atomic bool has_mapped; /* ever */

static bool is_wanted;

static uintptr_t end_of(const void *start, size_t size)
{
	return (uintptr_t)start + (size + PAGE - 1) / PAGE * PAGE;
}

/* A place in the list; MAPPED_COUNT = it is full. */
static size_t reserve(void)
{
	size_t i = 0;

	for (uintptr_t nothing = 0; i < MAPPED_COUNT; i++, nothing = 0)
		if (atomic_compare_exchange_strong(&mapped[i].start, &nothing,
			    BEING_WRITTEN))
			break;
	return i;
}

static void put(size_t place, const void *start, size_t size)
{
	atomic_store(&mapped[place].end, end_of(start, size));
	atomic_store(&mapped[place].start, (uintptr_t)start);
	atomic_store(&has_mapped, true);
}

static void count(const void *start, size_t size, const void *pc)
{
	size_t place;

	if (!memory_passes(&memory_thread.heap_left, size) ||
		!memory_meets_point(&memory_thread.heap_left, size))
		return;
	place = reserve();
	if (place == MAPPED_COUNT)
		memory_untracked();
	else if (memory_allocated(start, size, PREC_BLOCK_NATIVE, pc))
		put(place, start, size);
	else
		atomic_store(&mapped[place].start, 0);
}

/* All that is there is unmapped. What loses a part only stays as it is. */
static void end_within(const void *from, size_t size)
{
	if (!atomic_load(&has_mapped))
		return;
	for (size_t i = 0; i < MAPPED_COUNT; i++) {
		uintptr_t start = atomic_load(&mapped[i].start);
		if (start < (uintptr_t)from || start <= BEING_WRITTEN ||
			atomic_load(&mapped[i].end) > end_of(from, size) ||
			!atomic_compare_exchange_strong(&mapped[i].start, &start, 0))
			continue;
		memory_release((const void *)start);
	}
}

void memory_begin_mapped(void)
{
	is_wanted = memory_allocator_is_libcs();
}

void memory_forget_mapped(void)
{
	for (size_t i = 0; i < MAPPED_COUNT; i++)
		atomic_store(&mapped[i].start, 0);
}

static void *counted(void *start, size_t size, int protection, int flags, const void *pc)
{
	if (!is_wanted || start == MAP_FAILED)
		return start;
	if (flags & MAP_FIXED)
		end_within(start, size); /* what was there before */
	if ((flags & (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)) ==
			(MAP_PRIVATE | MAP_ANONYMOUS) &&
		(protection & PROT_WRITE))
		count(start, size, pc);
	return start;
}

AGENT_EXPORT void *mmap(void *hint, size_t size, int protection, int flags, int fd,
	off_t offset)
{
	AGENT_REAL(mmap);
	void *start = real(hint, size, protection, flags, fd, offset);

	return counted(start, size, protection, flags, __builtin_return_address(0));
}

AGENT_EXPORT void *mmap64(void *hint, size_t size, int protection, int flags, int fd,
	off64_t offset)
{
	AGENT_REAL(mmap64);
	void *start = real(hint, size, protection, flags, fd, offset);

	return counted(start, size, protection, flags, __builtin_return_address(0));
}

/* It fails only when nothing is mapped as told, or the kernel has no room for parts. */
AGENT_EXPORT int munmap(void *start, size_t size)
{
	AGENT_REAL(munmap);

	/* From the moment it is unmapped another thread may get the address. */
	end_within(start, size);
	return real(start, size);
}

/* A block goes on where it is now, and with the value that it had. */
AGENT_EXPORT void *mremap(void *old, size_t old_size, size_t size, int flags, ...)
{
	AGENT_REAL(mremap);
	size_t place = atomic_load(&has_mapped) ? 0 : MAPPED_COUNT;
	uint64_t id = 0;
	va_list list;

	va_start(list, flags);
	void *target = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
	va_end(list);
	for (; place < MAPPED_COUNT; place++) {
		uintptr_t there = (uintptr_t)old;
		if (atomic_compare_exchange_strong(&mapped[place].start, &there,
			    BEING_WRITTEN))
			break;
	}
	if (place < MAPPED_COUNT)
		id = held_take(old);
	if (flags & MREMAP_FIXED)
		end_within(target, size);
	void *start = real(old, old_size, size, flags, target);
	if (id && start != MAP_FAILED)
		memory_resized(start, id, false);
	else if (id)
		memory_resized(old, id, false);
	if (place < MAPPED_COUNT)
		put(place, start != MAP_FAILED ? start : old,
			start != MAP_FAILED ? size : old_size);
	return start;
}
