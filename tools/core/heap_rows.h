/*
 * What is about memory in a section, and not about time (schemas/FORMAT.md, "Memory").
 */
#ifndef TOOLS_CORE_HEAP_ROWS_H
#define TOOLS_CORE_HEAP_ROWS_H

#include <stdbool.h>

#include <ptf/types.h>

enum heap_metric {
	HEAP_METRIC_ALLOCATED,
	HEAP_METRIC_FREED,
	HEAP_METRIC_COPIED,
	HEAP_METRIC_PEAK, /* of Aggregates */
	HEAP_METRIC_COUNT,
};

/* Metrics of a section. */
struct heap_metrics {
	uint32_t id[HEAP_METRIC_COUNT]; /* 0 = it has none */
};

/* The values of a Block's rows. */
struct heap_columns {
	const int64_t *bytes[HEAP_METRIC_COUNT]; /* NULL = none has such a value */
};

/* Which one that is; HEAP_METRIC_COUNT = none of them. */
enum heap_metric heap_metric_of(struct ptf_text name, struct ptf_text unit);

/* Of a Block with a column of the time metric, false: it is about time. */
bool heap_columns_find(struct heap_columns *columns, const struct heap_metrics *metrics,
	uint32_t time_metric, const struct ptf_samples *samples);

#endif
