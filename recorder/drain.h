/* From the rings of the agents to rows. */
#ifndef PREC_DRAIN_H
#define PREC_DRAIN_H

#include <stdbool.h>

struct recording;

/*
 * Takes everything out of the rings that was written before the call. Facts of
 * code objects are taken first, and further than the samples, so that no
 * sample refers to facts that have not been read (see agent/sample.c).
 *
 * True when something waits for another call: after exec a thread's new ring
 * is read only when its old one has been.
 */
bool drain(struct recording *r);

/* Frees slots whose threads were killed while they claimed them. Now and then. */
void drain_free_abandoned(struct recording *r);

#endif
