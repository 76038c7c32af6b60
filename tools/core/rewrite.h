/*
 * Inputs written again, section by section: the same content in large Blocks,
 * less of it (what the profile was told to select), or without texts that are
 * nobody else's business (strip.h).
 *
 * The inputs are read once more, Block by Block; each Block is cut down, stripped
 * and given to the machinery of merges, which knows how ids of a section become
 * those of another. What the rows that are left do not need is not written:
 * that takes one more reading, before. Memory grows with what the inputs define,
 * not with their rows.
 */
#ifndef TOOLS_CORE_REWRITE_H
#define TOOLS_CORE_REWRITE_H

#include "tools/core/profile.h"

/*
 * The profile must be finished. What is damaged other than by having been cut, or
 * has a feature that must not be rewritten, is refused. `strip` has bits of
 * strip.h. A message about an input begins with its path.
 */
int rewrite(const struct profile *p, unsigned strip, int fd, struct ptf_error *err);

#endif
