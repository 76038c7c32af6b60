/*
 * What a process holds over time, by its rows about memory.
 *
 * Ten points a second are enough to draw it, but not to say how much it was at most:
 * beside the level at the end of each tenth, its highest in it is told.
 */
#ifndef PREC_FOOTPRINT_H
#define PREC_FOOTPRINT_H

#include <stdbool.h>
#include <stdint.h>

struct memory_row;
struct recording;
struct recorded_process;

struct footprint {
	bool is_known; /* there was a row */
	int64_t level_bytes;
	int64_t changed_ns;                /* of the section, as all times here */
	int64_t highest_bytes, highest_ns; /* since the last point */
	int64_t told_bytes;                /* the last point */
	int64_t interval_ns;               /* when it began */
};

/* Rows in order of time. */
void footprint_follow(struct footprint *footprint, struct recording *r,
	struct recorded_process *process, const struct memory_row *row);

/* Tells what is not told yet. */
void footprint_tell(struct footprint *footprint, struct recording *r,
	struct recorded_process *process);

/* In another section the level is told anew. */
void footprint_enter_section(struct footprint *footprint, struct recording *r,
	struct recorded_process *process);

#endif
