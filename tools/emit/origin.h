/* Where a file comes from, as pairs of words for whichever place a format has. */
#ifndef TOOLS_EMIT_ORIGIN_H
#define TOOLS_EMIT_ORIGIN_H

#include "tools/core/profile.h"

/* "ptf 0.1.0" */
extern const char origin_exporter[];

/*
 * The command, the host, the sampling of the first recording, how many more
 * there are, what was selected; those that are known.
 */
void origin_facts(const struct profile *p,
	void (*fact)(void *context, const char *label, struct ptf_text text),
	void *context);

#endif
