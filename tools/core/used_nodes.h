/* Which stacks of a profile its cells have: a selection leaves out many. */
#ifndef TOOLS_CORE_USED_NODES_H
#define TOOLS_CORE_USED_NODES_H

#include "tools/core/profile.h"

/*
 * [node]: whether a cell of these classes (bits 1 << enum ptf_class) has the
 * node in its stack; [0]: whether one has no stack. The caller frees it.
 */
bool *used_nodes(const struct profile *p, unsigned class_mask);
/* Another stack, of what is no time. */
void used_nodes_add(bool *used, const struct profile *p, uint32_t node);

#endif
