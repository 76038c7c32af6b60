/*
 * Which part of the inputs is asked for: the same choices in every tool.
 *
 * A profile that was told a selection (profile_select) holds nothing else:
 * its cells, its replay (replay.h) and all that is made of them. So a 100 % is
 * that of what was selected. The one exception are files: reports by line show
 * only files that match but count all; where there are only stacks, those are
 * kept whose time is charged to such a file (keep_stacks_of_files).
 *
 * Empty lists mean "all". Texts are borrowed.
 */
#ifndef TOOLS_CORE_SELECTION_H
#define TOOLS_CORE_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ptf/types.h>

#include "tools/core/memory.h"

/* Source paths that begin with `from` are taken as beginning with `to`. */
struct selection_map {
	struct ptf_text from, to;
};

struct selection {
	VEC(const char *) file_globs;
	VEC(const char *) thread_globs;   /* of names, "main", or thread ids as digits */
	VEC(const char *) process_globs;  /* of names (execs' last), or pids as digits */
	VEC(const char *) function_globs; /* of names; anywhere in the stack */
	VEC(struct selection_map) path_maps;
	unsigned class_mask;            /* bits 1 << enum ptf_class; 0 = all */
	VEC(const char *) region_globs; /* of marks: what ran between begin and end */
	bool has_time;
	int64_t from_ns, to_ns; /* since the start of each section, to_ns excluded */
	bool keep_stacks_of_files;
};

/*
 * A shell pattern matches a whole path, or its end from a '/' on: "walk.py",
 * "w*.py" and "src/w*.py" all match "/home/me/src/walk.py".
 */
bool selection_has_file(const struct selection *s, struct ptf_text path);

/* Whether a profile with this selection holds less than its inputs do. */
bool selection_is_partial(const struct selection *s);

/*
 * Readers of option values; each returns NULL, or what is wrong with the text.
 * "2s..5s", "250ms..", "..1.5": units ns, us, ms, s, m, h; seconds without one.
 */
const char *selection_add_time(struct selection *s, const char *text);
/* "python,native"; also the groups "cpu", "system" (of the line table), "waiting" */
const char *selection_add_class(struct selection *s, const char *text);
/* "OLD=NEW" */
const char *selection_add_map(struct selection *s, const char *text);

/* "2 s to 5 s, threads worker*, only Python"; "" for all. The caller frees it. */
char *selection_text(const struct selection *s);

void selection_free(struct selection *s);

#endif
