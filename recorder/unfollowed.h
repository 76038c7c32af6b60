/* Processes that cannot be recorded: what the agents tell of them. */
#ifndef PREC_UNFOLLOWED_H
#define PREC_UNFOLLOWED_H

#include "recorder/ring.h"

struct recording;

/* In words that complete "PROGRAM ...". */
const char *unfollowed_words(enum prec_unfollowed_reason reason);

/*
 * Takes in what was told: seen before the rings are drained, and taken then if
 * it is of a new process; else after it, so that what the process did before is
 * in the trace already. Such processes have their CPU time there.
 */
void unfollowed_see(struct recording *r);
void unfollowed_take(struct recording *r);

#endif
