/* Who is charged with the time of a stack. */
#ifndef TOOLS_CORE_OWNER_H
#define TOOLS_CORE_OWNER_H

#include "tools/core/profile.h"

/*
 * The index in a stack (as profile_stack gives it, not empty) of its innermost
 * Python line, else of its innermost line of a source file, else 0.
 */
size_t stack_owner(const struct profile *p, const struct id_list *places);

#endif
