/*
 * Levels as they were at a cut: the last point of a counter before it holds from it on,
 * until there is another one.
 */
#ifndef PREC_REJOIN_LEVELS_H
#define PREC_REJOIN_LEVELS_H

#include <stddef.h>
#include <stdint.h>

#include <ptf/ptf.h>

struct rejoin_level {
	uint32_t metric, process, thread, instance; /* of the new section */
	int64_t value;
};

struct rejoin_levels {
	struct rejoin_level *item; /* heap */
	size_t count, capacity;
};

/* Takes a point of the series that lies before the cut. 0 or an error. */
int rejoin_levels_take(struct rejoin_levels *levels, const struct ptf_counters *series,
	int64_t value, struct ptf_error *err);

/* The process has ended before the cut. */
void rejoin_levels_forget(struct rejoin_levels *levels, uint32_t process);

/*
 * Writes the level of a series at time 0, or, series NULL, of all that are there; no
 * longer held then. 0 or an error.
 */
int rejoin_levels_write(struct rejoin_levels *levels, struct ptf_writer *writer,
	const struct ptf_counters *series, struct ptf_error *err);

void rejoin_levels_finish(struct rejoin_levels *levels);

#endif
