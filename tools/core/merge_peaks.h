/*
 * --aggregate: what each stack held when its process held most (peak_bytes), found
 * while the rows of one section are summed. heap.h says the same of a profile.
 */
#ifndef TOOLS_CORE_MERGE_PEAKS_H
#define TOOLS_CORE_MERGE_PEAKS_H

#include "tools/core/heap_rows.h"
#include "tools/core/merge_output.h"

struct merge_peaks;

/* A row, with ids of the output but for process and thread, which are the section's. */
struct merge_peak_row {
	struct merge_sum_key key; /* metric is not used */
	uint32_t process, thread;
	int64_t time_ns;
};

/* *peaks is NULL before the first row. Of more than one kind of bytes all count. */
void merge_peaks_take(struct merge_output *out, struct merge_peaks **peaks,
	const struct merge_peak_row *row, int64_t allocated_bytes, int64_t freed_bytes);

/* The process became another program: it holds nothing of what it held. */
void merge_peaks_exec(struct merge_output *out, struct merge_peaks **peaks,
	uint32_t process, int64_t time_ns);

/* The metric of what was held so. */
uint32_t merge_peak_metric(struct merge_output *out);

/* At the end of the section: to the sums; frees the peaks, which may be NULL. */
void merge_peaks_finish(struct merge_output *out, struct merge_peaks **peaks);
void merge_peaks_free(struct merge_peaks *peaks);

#endif
