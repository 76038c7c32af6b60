/*
 * What is about memory in a section, and not about time (schemas/FORMAT.md, "Memory").
 */
#ifndef TOOLS_CORE_HEAP_ROWS_H
#define TOOLS_CORE_HEAP_ROWS_H

#include <stdbool.h>

#include <ptf/types.h>

#include "tools/core/memory.h"

enum heap_metric {
	HEAP_METRIC_ALLOCATED,
	HEAP_METRIC_FREED,
	HEAP_METRIC_COPIED,
	HEAP_METRIC_PEAK, /* of Aggregates */
	HEAP_METRIC_COUNT,
};

/* Of a section; a merged one may have several of a name, described in other words. */
struct heap_metrics {
	VEC(uint8_t) of; /* [metric - 1], enum heap_metric */
};

/* The values of a Block's rows. */
struct heap_columns {
	const int64_t *bytes[HEAP_METRIC_COUNT]; /* NULL = none has such a value */
};

/* Which one that is; HEAP_METRIC_COUNT = none of them. */
enum heap_metric heap_metric_of(struct ptf_text name, struct ptf_text unit);

/* The next metric of the section. */
void heap_metrics_add(struct heap_metrics *metrics, struct ptf_text name,
	struct ptf_text unit);

static inline enum heap_metric heap_metric_at(const struct heap_metrics *metrics,
	uint32_t metric)
{
	return metric && metric <= metrics->of.count
		? (enum heap_metric)metrics->of.item[metric - 1]
		: HEAP_METRIC_COUNT;
}

/* Of a Block with a column of the time metric, false: it is about time. */
bool heap_columns_find(struct heap_columns *columns, const struct heap_metrics *metrics,
	uint32_t time_metric, const struct ptf_samples *samples);

#endif
