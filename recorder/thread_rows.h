/*
 * Rows of one thread that are not written yet.
 *
 * On-CPU rows come from the thread's ring, off-CPU rows from polls, so that
 * they arrive out of order by a little. Rows are held until a flush, which
 * writes, in order, those that nothing earlier can follow any more.
 */
#ifndef PREC_THREAD_ROWS_H
#define PREC_THREAD_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct recording;

struct row {
	int64_t time_ns;
	int64_t weight_ns;
	uint32_t node;
	uint32_t class_id;
};

struct rows {
	struct row *item;
	size_t count, capacity;
	int64_t written_time_ns; /* nothing earlier may be written */
};

/* 0, or -1 when memory is out. */
int rows_add(struct rows *rows, struct row row);

/*
 * Writes the rows up to until_ns as samples of the thread, all but the last
 * hold_ns of its CPU time: those may still be taken back.
 */
void rows_write(struct rows *rows, struct recording *r, uint32_t thread, int64_t until_ns,
	uint64_t hold_ns);

/*
 * The latest time, at most until_ns, up to which rows leave the last ahead_ns of
 * CPU time behind.
 */
int64_t rows_until(const struct rows *rows, int64_t until_ns, uint64_t ahead_ns);

/*
 * Takes up to excess_ns away from on-CPU rows that are not written yet, the
 * last first: a thread ended before it had used what its last tick stands for.
 * Returns how much it took.
 */
uint64_t rows_take_back(struct rows *rows, uint64_t excess_ns);

void rows_finish(struct rows *rows);

#endif
