/*
 * The speed of each run. On a machine that is shared, runs of one program differ
 * by a tenth or a half, and all its places alike: a processor's other half is busy
 * or not. Against that, a line that got 20 % slower cannot be seen.
 *
 * Code that is the same on both sides tells how fast a run was: how much more time
 * it took there than on average is that run's slowness. What of a place's time
 * follows the slowness (by least squares) is taken out before runs are compared.
 *
 * Nothing of that knows which side a run is of, so equal runs are told apart as
 * rarely as without it. Where the code itself turns out to differ it is no measure:
 * a function that was named is left out of it, and where all of it differs between
 * the sides times are compared as they are. Both come after something was found, so
 * that they add no false alarm.
 */
#ifndef TOOLS_CORE_DIFF_SPEED_H
#define TOOLS_CORE_DIFF_SPEED_H

#include "tools/core/diff.h"

/* Takes the functions that did not change; sets speed.use. */
void diff_speed_find(struct diff *d);

/*
 * After judging: whether the speed is known otherwise now, and all is to be judged
 * again.
 */
bool diff_speed_reconsider(struct diff *d);

/* [column] the time of the code that did not change */
void diff_speed_columns(const struct diff *d, double *value);

/*
 * Take out of values in all columns what follows the slowness: for a test, in which
 * all runs are alike; for an estimate, in which it is as much in relation to the time
 * of the side, and what the sides differ by is not slowness.
 */
void diff_speed_level_test(const struct diff *d, double *value);
void diff_speed_level(const struct diff *d, double *value);

void diff_speed_free(struct diff_speed *speed);

#endif
