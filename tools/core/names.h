/* Names in traces: texts without an end mark. */
#ifndef TOOLS_CORE_NAMES_H
#define TOOLS_CORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <ptf/types.h>

/* What follows the last '/'; all of it when there is none. Borrowed. */
struct ptf_text name_of_path(struct ptf_text path);

/* Whether one of these shell patterns matches the whole name. */
bool name_matches(struct ptf_text name, const char *const *globs, size_t count);

/* The same for a path, or its end from a '/' on. */
bool path_matches(struct ptf_text path, const char *const *globs, size_t count);

#endif
