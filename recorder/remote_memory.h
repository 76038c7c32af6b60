/*
 * The memory of the target, read from outside in whole pages that are kept
 * for one walk, or for one look at all tasks of a program.
 */
#ifndef PREC_REMOTE_MEMORY_H
#define PREC_REMOTE_MEMORY_H

#include <sys/types.h>

#include "recorder/cpython/walk.h"

#define MEMORY_PAGE_BYTES 4096u
#define MEMORY_PAGE_COUNT 512u

struct remote_memory {
	struct python_memory memory; /* first: what a walk is given */
	pid_t pid;
	uintptr_t page_number[MEMORY_PAGE_COUNT]; /* 0 = empty */
	unsigned char page[MEMORY_PAGE_COUNT][MEMORY_PAGE_BYTES];
};

/* Begins anew with nothing kept. */
void remote_memory_init(struct remote_memory *remote, pid_t pid);

#endif
