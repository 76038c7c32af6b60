/* What names are shown as, once they must not tell where they are from. */
#ifndef TOOLS_CORE_STRIP_NAMES_H
#define TOOLS_CORE_STRIP_NAMES_H

#include "tools/core/intern_table.h"
#include "tools/core/path_roots.h"

struct strip_names {
	struct path_roots roots;
	struct intern users;        /* whose homes are in the inputs */
	struct intern paths;        /* those of the inputs */
	VEC(struct ptf_text) shown; /* [id of path - 1] */
	struct arena arena;
};

void strip_names_find(struct strip_names *names, const struct profile *p);
/* A text with every path in it as it is shown; new texts are in the arena. */
struct ptf_text strip_paths(const struct strip_names *names, struct ptf_text text,
	struct arena *arena);
void strip_names_free(struct strip_names *names);

/*
 * A text in which a word is another one wherever it stands alone; the text itself
 * where it does not.
 */
struct ptf_text strip_word(struct ptf_text text, struct ptf_text word, const char *by,
	struct arena *arena);

#endif
