/* Reading the target's memory; see remote_memory.h. */
#include "recorder/remote_memory.h"

#include <string.h>
#include <sys/uio.h>

static const unsigned char *fetch(struct remote_memory *remote, uintptr_t number)
{
	size_t place = number % MEMORY_PAGE_COUNT;

	if (remote->page_number[place] != number) {
		struct iovec here = {remote->page[place], MEMORY_PAGE_BYTES};
		struct iovec there = {(void *)(number * MEMORY_PAGE_BYTES),
			MEMORY_PAGE_BYTES};
		remote->page_number[place] = 0;
		if (number == 0 ||
			process_vm_readv(remote->pid, &here, 1, &there, 1, 0) !=
				MEMORY_PAGE_BYTES)
			return NULL;
		remote->page_number[place] = number;
	}
	return remote->page[place];
}

static bool read_remote(struct python_memory *memory, uintptr_t address, void *to,
	size_t size)
{
	struct remote_memory *remote = (struct remote_memory *)(void *)memory;
	unsigned char *at = to;

	if (address + size < address)
		return false;
	while (size) {
		size_t offset = address % MEMORY_PAGE_BYTES;
		size_t part = MEMORY_PAGE_BYTES - offset;
		const unsigned char *page = fetch(remote, address / MEMORY_PAGE_BYTES);
		if (!page)
			return false;
		if (part > size)
			part = size;
		memcpy(at, page + offset, part);
		at += part;
		address += part;
		size -= part;
	}
	return true;
}

void remote_memory_init(struct remote_memory *remote, pid_t pid)
{
	remote->memory.read = read_remote;
	remote->pid = pid;
	memset(remote->page_number, 0, sizeof remote->page_number);
}
