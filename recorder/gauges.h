/*
 * Levels of the process over time: its resident memory, which is read here, and what
 * it holds (memory/footprint.h).
 *
 * One small read of /proc ten times a second; what did not change is not
 * written again, so that a program at rest costs nothing in the trace.
 */
#ifndef PREC_GAUGES_H
#define PREC_GAUGES_H

#include <stddef.h>
#include <stdint.h>

struct recording;
struct recorded_process;

#define GAUGE_POINTS_MAX 16

enum gauge { GAUGE_RSS, GAUGE_FOOTPRINT, GAUGE_COUNT };

struct gauge_series {
	size_t count; /* points not written yet */
	int64_t time_ns[GAUGE_POINTS_MAX], value[GAUGE_POINTS_MAX];
	int64_t last, maximum; /* last -1 = not told in this section */
};

struct gauges {
	int statm_fd; /* of the process, 0 = not open yet */
	uint64_t read_ns;
	struct gauge_series series[GAUGE_COUNT];
};

/* Reads those of all processes, at most ten times a second. */
void gauges_poll(struct recording *r);

/* A point of one, at a time of the section; in order of time. */
void gauges_add(struct recording *r, struct recorded_process *process, enum gauge gauge,
	int64_t time_ns, int64_t value);

/* Writes the points of a process. */
void gauges_write(struct recording *r, struct recorded_process *process);

/* In another section the level is told anew. */
void gauges_enter_section(struct gauges *gauges);

void gauges_finish(struct gauges *gauges);

#endif
