/*
 * Reading memory that may not be there, in a signal handler.
 *
 * A sample can land in the middle of an update of the interpreter's own
 * structures, where pointers are half written. Each page is therefore probed
 * before it is read, with a system call that reads its argument and changes
 * nothing: an unreadable page is EFAULT, not a signal. Pages that answered are
 * remembered for the rest of the sample.
 */
#ifndef PREC_AGENT_GUARD_H
#define PREC_AGENT_GUARD_H

#include "recorder/cpython/walk.h"

#define GUARD_PAGE_COUNT 16u

struct guarded_memory {
	struct python_memory memory;      /* first: what a walk is given */
	uintptr_t page[GUARD_PAGE_COUNT]; /* page numbers that are readable */
};

void guarded_memory_init(struct guarded_memory *guard);

#endif
