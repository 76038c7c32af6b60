/*
 * Levels of the process that are read now and then: its resident memory.
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

struct gauges {
	int statm_fd; /* of the process, 0 = not open yet */
	uint64_t read_ns;
	size_t count; /* points not written yet */
	int64_t time_ns[GAUGE_POINTS_MAX], rss_bytes[GAUGE_POINTS_MAX];
	int64_t last_bytes, maximum_bytes;
};

/* Reads those of all processes, at most ten times a second. */
void gauges_poll(struct recording *r);

/* Writes what was read of a process. */
void gauges_write(struct recording *r, struct recorded_process *process);

/* In another section the level is told anew. */
void gauges_enter_section(struct gauges *gauges);

void gauges_finish(struct gauges *gauges);

#endif
