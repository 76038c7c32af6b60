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

#define GAUGE_POINTS_MAX 16

struct gauges {
	int statm_fd;    /* of the program, 0 = not open yet */
	uint32_t metric; /* "rss", 0 = not defined yet */
	uint64_t read_ns;
	size_t count; /* points not written yet */
	int64_t time_ns[GAUGE_POINTS_MAX], rss_bytes[GAUGE_POINTS_MAX];
	int64_t last_bytes;
};

/* Reads them, at most ten times a second. */
void gauges_poll(struct recording *r);

/* Writes what was read. */
void gauges_write(struct recording *r);

void gauges_finish(struct gauges *gauges);

#endif
