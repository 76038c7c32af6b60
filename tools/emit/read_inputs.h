/* Reading what the command line names, with notes and progress for people. */
#ifndef TOOLS_EMIT_READ_INPUTS_H
#define TOOLS_EMIT_READ_INPUTS_H

#include "tools/core/profile.h"

/* Damage as notes, progress where there is a terminal. */
extern const struct profile_hooks read_hooks;

/*
 * Reads the files into a new profile that was told the selection (NULL =
 * everything), finishes it, and sees that it has what was asked for. False after
 * a message.
 */
bool read_inputs(struct profile *p, char *const *paths, size_t path_count,
	const struct selection *selection);

#endif
