/*
 * --last: a flight recorder. The trace stays in memory, as sections one after the
 * other, each a tenth of the window, or a second; the oldest is dropped when all of it
 * lies before the window. So memory does not grow, nor does what is known of code,
 * threads and processes that are no more. A dump makes one section of them, from the
 * window's begin on (rejoin.h). Names of native code are looked up for a dump only.
 *
 * The memory is prec's: it is gone when prec is killed, and leaves nothing behind.
 */
#ifndef PREC_FLIGHT_H
#define PREC_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/recorded_section.h"
#include "recorder/running_clock.h"

struct recording;

struct flight_options {
	uint64_t window_ns; /* 0 = there is no flight recorder */
	uint64_t max_bytes; /* of its memory; 0 = any */
};

struct flight_part {
	struct recorded_section section;
	int fd;                    /* of its memory */
	uint64_t begun_ns, end_ns; /* by the clock of the window */
	uint64_t bytes;
};

struct flight {
	const struct flight_options *options;
	struct flight_part *part; /* those that were left, the oldest first */
	size_t count, capacity;
	int fd; /* memory of the section that is written */
	struct running_clock clock;
	uint64_t begun_ns; /* of that section, by this clock */
};

/* 0, or -1 after a complaint. */
int flight_open(struct flight *flight, const struct flight_options *options);

/* Behind a drain: begins a section when one is due, drops what is too old. */
void flight_poll(struct flight *flight, struct recording *r);

/*
 * Writes all that is there to a new file of this name, which appears when it is
 * whole; recording goes on. 0, or -1 with the reason in why.
 */
int flight_dump(struct flight *flight, struct recording *r, const char *path, char *why,
	size_t why_size);

/* The same when the recording has ended. */
int flight_dump_ended(struct flight *flight, struct recording *r, const char *path,
	char *why, size_t why_size);

/* What it holds. */
uint64_t flight_bytes(const struct flight *flight, const struct recording *r);
uint64_t flight_held_ns(const struct flight *flight);

void flight_finish(struct flight *flight);

#endif
