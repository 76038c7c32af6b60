/*
 * The time of one run's cells in groups of blocks, for its sampling error.
 *
 * The time of each thread is cut into blocks, which are dealt out to groups in
 * turn, so that each group has its part of every phase of the program. The time
 * is that of the rows, not the clock's: what a busy machine did in between is no
 * error of the sampling.
 */
#ifndef TOOLS_CORE_DIFF_GROUPS_H
#define TOOLS_CORE_DIFF_GROUPS_H

#include "tools/core/profile.h"

/*
 * [cell * group_count + group] in nanoseconds, of the cells that count; the
 * caller frees it. NULL when an input cannot be read again.
 */
double *diff_groups_read(const struct profile *p, const bool *counts, size_t group_count,
	int64_t block_ns, struct ptf_error *err);

#endif
