/*
 * What a diff of time has to say of memory besides, where both sides recorded it: the
 * peak, what was allocated and what leaks. Who looks for lost time should not miss
 * memory that grew.
 */
#ifndef TOOLS_CORE_DIFF_MEMORY_H
#define TOOLS_CORE_DIFF_MEMORY_H

#include "tools/core/diff_facts.h"

#define DIFF_MEMORY_METRICS 3

struct diff_memory {
	struct diff of[DIFF_MEMORY_METRICS];
	size_t count;  /* 0 = there is nothing to say */
	char *why_not; /* they are not comparable: in words; else NULL */
};

/*
 * By lines and functions, judged together. is_forced: even if it is not comparable.
 * 0, or negative when an input cannot be read a second time.
 */
int diff_memory_make(struct diff_memory *m, const struct diff *time, bool is_forced,
	struct ptf_error *err);
void diff_memory_free(struct diff_memory *m);

#endif
