/*
 * Whether a program can be started with the agent preloaded. Used by prec for
 * the program itself and by the agent for its children, also between vfork and
 * exec: nothing here allocates, locks or writes to memory that others see.
 */
#ifndef PREC_AGENT_PRELOAD_CHECK_H
#define PREC_AGENT_PRELOAD_CHECK_H

#include "recorder/ring.h"

/*
 * PREC_FOLLOWED when it can; else why not. Of a script its interpreter counts;
 * a file of another kind, or one that cannot be read, can.
 */
enum prec_unfollowed_reason preload_check(const char *path);

#endif
