/*
 * The memory of a profile where one number stands for each stack: in flame graphs,
 * bars, lists of lines. What there is to choose from has the same words everywhere.
 */
#ifndef TOOLS_CORE_HEAP_MEASURE_H
#define TOOLS_CORE_HEAP_MEASURE_H

#include "tools/core/heap.h"

enum heap_measure {
	HEAP_MEASURE_ALLOC, /* bytes allocated */
	HEAP_MEASURE_LIVE,  /* held at the end */
	HEAP_MEASURE_PEAK,  /* held when the process held most */
	HEAP_MEASURE_COPY,  /* copied */
	HEAP_MEASURE_COUNT,
};

/* "alloc", "live", "peak", "copy": the words of --metric. */
const char *heap_measure_name(enum heap_measure measure);
/* "memory allocated", "memory held at the end", ... */
const char *heap_measure_title(enum heap_measure measure);
int64_t heap_measure_of(const struct heap_use *use, enum heap_measure measure);

/*
 * Bytes in the place of time, for all that adds up cells (report_options.bytes).
 * Memory has no threads: a cell has a thread of its process, the main one where it is
 * known, so that its process and its run can be told. 0, or negative when an input
 * could not be read again; then there are none.
 */
int heap_measure_cells(struct profile_cells *cells, const struct profile *p,
	enum heap_measure measure, struct ptf_error *err);
/* The same of each measure. */
int heap_all_measures(struct profile_cells cells[HEAP_MEASURE_COUNT],
	const struct profile *p, struct ptf_error *err);

#endif
