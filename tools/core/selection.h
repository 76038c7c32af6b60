/* Which part of a profile is asked for. Empty lists mean "all". */
#ifndef TOOLS_CORE_SELECTION_H
#define TOOLS_CORE_SELECTION_H

#include "tools/core/profile.h"

struct selection {
	VEC(const char *) file_globs;
	VEC(const char *) thread_globs; /* of names, or thread ids as digits */
};

/*
 * A shell pattern matches a whole path, or its end from a '/' on: "walk.py",
 * "w*.py" and "src/w*.py" all match "/home/me/src/walk.py".
 */
bool selection_has_file(const struct selection *s, struct ptf_text path);
bool selection_has_thread(const struct selection *s, const struct profile *p,
	uint32_t thread);
void selection_free(struct selection *s);

#endif
