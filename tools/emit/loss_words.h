/* What was not recorded, in words: the kinds of loss of schemas/FORMAT.md. */
#ifndef TOOLS_EMIT_LOSS_WORDS_H
#define TOOLS_EMIT_LOSS_WORDS_H

#include <stddef.h>

#include "tools/core/profile.h"

struct loss_told {
	char text[256]; /* what was lost, and what to do about it where it is much */
	/* Worth a line in a summary: more than a few rows. */
	bool matters;
};

/*
 * Tells the losses of all sections, those of one kind together: index 0, 1, ...
 * until false. The text holds a name from the trace when the kind is unknown.
 */
bool loss_tell(const struct profile *p, size_t index, struct loss_told *told);

#endif
