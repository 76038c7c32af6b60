/* Guarded reads; see guard.h. */
#include "recorder/agent/guard.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE_SHIFT 12

/*
 * rt_sigprocmask with an operation that does not exist: the kernel copies the
 * set in first (EFAULT) and refuses the operation then (EINVAL).
 */
static bool probe(uintptr_t page)
{
	return syscall(SYS_rt_sigprocmask, ~0, page << PAGE_SHIFT, NULL, 8) != -1 ||
		errno != EFAULT;
}

static bool is_readable(struct guarded_memory *guard, uintptr_t page)
{
	uintptr_t *known = &guard->page[page % GUARD_PAGE_COUNT];

	/* Page 0 is what an empty place of the cache looks like. */
	if (page == 0)
		return false;
	if (*known == page)
		return true;
	if (!probe(page))
		return false;
	*known = page;
	return true;
}

static bool read_guarded(struct python_memory *memory, uintptr_t address, void *to,
	size_t size)
{
	struct guarded_memory *guard = (struct guarded_memory *)(void *)memory;

	if (size == 0)
		return true;
	if (address + size < address)
		return false;
	for (uintptr_t page = address >> PAGE_SHIFT;
		page <= (address + size - 1) >> PAGE_SHIFT; page++)
		if (!is_readable(guard, page))
			return false;
	memcpy(to, (const void *)address, size);
	return true;
}

void guarded_memory_init(struct guarded_memory *guard)
{
	*guard = (struct guarded_memory){.memory.read = read_guarded};
}
