/*
 * The options that choose a part of the traces, the same in every tool: a child
 * for struct argp whose input is a struct selection. The parent's parser says
 * which:
 *
 *     case ARGP_KEY_INIT: state->child_inputs[0] = &selection;
 */
#ifndef TOOLS_EMIT_SELECTION_OPTIONS_H
#define TOOLS_EMIT_SELECTION_OPTIONS_H

#include <argp.h>

#include "tools/core/profile.h"

extern const struct argp selection_argp;

/*
 * Whether the finished profile has what was asked for. False after a message:
 * a name that nothing has is a mistake.
 */
bool selection_finds(const struct selection *s, const struct profile *p);

#endif
