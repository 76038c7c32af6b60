/* Which code is the user's own, and which came with Python, the system or a package. */
#ifndef TOOLS_CORE_OWN_CODE_H
#define TOOLS_CORE_OWN_CODE_H

#include "tools/core/profile.h"

/* Installed code, as its path says: Python's library, site-packages. */
bool path_is_library(struct ptf_text path);

/*
 * For each file that functions name whether it is the user's own: [string], 0 or 1.
 * A path tells it of Python files. Sources of native code are as their library is:
 * those of the interpreter or of a system library are relative names
 * ("Objects/dictobject.c"). Of texts without a file, "<string>" and the like, only
 * what the user typed is own: python -c, the prompt, a notebook's cells; others are
 * made by libraries. The caller frees it.
 */
unsigned char *own_files(const struct profile *p);

#endif
