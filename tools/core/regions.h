/*
 * Regions that the program marked, as the time selected of each thread.
 *
 * A region of a main thread is a phase of its process: what all its threads did
 * meanwhile counts. One of another thread is that thread's alone; one of no
 * thread is the whole run's. A region that was never ended lasts to the end.
 */
#ifndef TOOLS_CORE_REGIONS_H
#define TOOLS_CORE_REGIONS_H

#include "tools/core/profile.h"

/*
 * Fills region_spans for the threads of the sections from first_section on, by
 * the profile's selection. Leaves it as it was when no region matches.
 */
void regions_find(struct profile *p, uint32_t first_section);

#endif
