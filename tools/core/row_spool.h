/*
 * The rows and counters of a profile, one thread after the other.
 *
 * Replay (replay.h) gives the rows of all threads mixed; formats that want each
 * thread by itself, and every column of it by itself, get them here. The inputs
 * are read once, into a temporary file without a name (in TMPDIR, else /var/tmp),
 * in which every thread and every counter is a chain of chunks. So memory does
 * not grow with the number of rows.
 *
 *     struct row_spool *spool;
 *     if (row_spool_make(&spool, p, &err) < 0) ...
 *     row_spool_rows(spool, tracks_index(p, section, thread), on_row, &mine, &err);
 *     row_spool_free(spool);
 *
 * Functions return 0, or negative when an input could not be read again or the
 * temporary file not be written (a full disk).
 */
#ifndef TOOLS_CORE_ROW_SPOOL_H
#define TOOLS_CORE_ROW_SPOOL_H

#include "tools/core/profile.h"

struct row_spool;

struct spool_row {
	int64_t time_ns, weight_ns;
	uint32_t node, class_id;
};

/* What tells counters apart. */
struct spool_counter {
	uint32_t section; /* index */
	uint32_t metric;
	uint32_t process, thread; /* 0 = of the host; of the process */
	uint32_t instance;        /* string, 0 = the only one */
};

int row_spool_make(struct row_spool **spool, const struct profile *p,
	struct ptf_error *err);
void row_spool_free(struct row_spool *spool);

/* The rows of a track (tracks.h) in order of time; may be asked again. */
int row_spool_rows(struct row_spool *spool, size_t track,
	void (*row)(void *context, const struct spool_row *row), void *context,
	struct ptf_error *err);

size_t row_spool_counter_count(const struct row_spool *spool);
struct spool_counter row_spool_counter(const struct row_spool *spool, size_t counter);
int row_spool_points(struct row_spool *spool, size_t counter,
	void (*point)(void *context, int64_t time_ns, int64_t value), void *context,
	struct ptf_error *err);

#endif
