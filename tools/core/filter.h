/*
 * A selection on a profile whose names are all known: which threads, classes
 * and stacks are in it. Asked once for each cell, and for each row of a replay.
 */
#ifndef TOOLS_CORE_FILTER_H
#define TOOLS_CORE_FILTER_H

#include "tools/core/profile.h"

struct profile_filter;

struct profile_filter *filter_new(const struct profile *p, const struct selection *s);
/* NULL keeps everything. Ids of the profile. */
bool filter_keeps(const struct profile_filter *f, uint32_t node, uint32_t class_id,
	uint32_t thread);
/* For what belongs to a thread or a process as such. Process 0 is the host. */
bool filter_keeps_thread(const struct profile_filter *f, uint32_t thread);
bool filter_keeps_process(const struct profile_filter *f, uint32_t process);
void filter_free(struct profile_filter *f);

#endif
