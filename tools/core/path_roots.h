/*
 * Where the paths of a profile begin: what is in front of that differs between
 * two checkouts, virtual environments or versions of Python, and says nothing.
 */
#ifndef TOOLS_CORE_PATH_ROOTS_H
#define TOOLS_CORE_PATH_ROOTS_H

#include "tools/core/profile.h"

struct path_roots {
	VEC(struct ptf_text) folders; /* working directories, folders of programs */
};

/* The profile must be finished and outlive the roots. */
void path_roots_find(struct path_roots *roots, const struct profile *p);
void path_roots_free(struct path_roots *roots);

/* The rest of a path below the innermost root; the path itself without one. */
struct ptf_text path_below_root(const struct path_roots *roots, struct ptf_text path);

/* From the last "/lib/python3.11/" or "/site-packages/" on; "" without one. */
struct ptf_text path_in_library(struct ptf_text path);

/* How many names at the end of two paths are the same. */
size_t path_common_end(struct ptf_text a, struct ptf_text b);

#endif
