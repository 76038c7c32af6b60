/*
 * --rotate: the recording of a service as many traces, one after the other. Each
 * is a section of its own in a file of its own; that it is continued in the next
 * is told by the trace id that they share.
 */
#ifndef PREC_ROTATION_H
#define PREC_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder/output/output_file.h"
#include "recorder/output/output_series.h"
#include "recorder/running_clock.h"

struct recording;

struct rotation_options {
	uint64_t size_bytes; /* of a file; 0 = any */
	uint64_t time_ns;    /* in a file; 0 = any; neither = there is no rotation */
	uint32_t keep_count; /* of the newest files; 0 = all */
};

struct rotation {
	const struct rotation_options *options;
	const struct output_series *series;
	uint32_t first_number, number; /* of this recording's files */
	char *name;                    /* of the file that is written */
	struct output_file file;
	struct running_clock clock;
	uint64_t begun_ns, begun_bytes; /* of that file, by this clock */
	bool has_complained;
};

/* Opens the first file, behind those of the series that there are. 0, or -1 as told. */
int rotation_open(struct rotation *rotation, const struct rotation_options *options,
	const struct output_series *series);

/* Behind a drain: goes on in another file when this one is due. */
void rotation_poll(struct rotation *rotation, struct recording *r);

/* Goes on in another file now; false when it could not, after a complaint. */
bool rotation_next(struct rotation *rotation, struct recording *r);

/* Those that are too many, also of earlier recordings. */
void rotation_remove_old(const struct rotation *rotation);

void rotation_finish(struct rotation *rotation);

#endif
