#include "tools/core/heap_rows.h"

#include "tools/core/texts.h"

enum heap_metric heap_metric_of(struct ptf_text name, struct ptf_text unit)
{
	static const char *const names[HEAP_METRIC_COUNT] = {
		[HEAP_METRIC_ALLOCATED] = "alloc_bytes",
		[HEAP_METRIC_FREED] = "free_bytes",
		[HEAP_METRIC_COPIED] = "copy_bytes",
		[HEAP_METRIC_PEAK] = "peak_bytes",
	};
	int metric = 0;

	if (!text_is(unit, "bytes"))
		return HEAP_METRIC_COUNT;
	while (metric < HEAP_METRIC_COUNT && !text_is(name, names[metric]))
		metric++;
	return (enum heap_metric)metric;
}

bool heap_columns_find(struct heap_columns *columns, const struct heap_metrics *metrics,
	uint32_t time_metric, const struct ptf_samples *s)
{
	bool found = false;

	*columns = (struct heap_columns){0};
	for (size_t i = 0; i < s->column_count; i++) {
		uint32_t metric = s->columns[i].metric;

		if (metric == time_metric)
			return false;
		for (int m = 0; m < HEAP_METRIC_PEAK; m++)
			if (metric == metrics->id[m]) {
				columns->bytes[m] = s->columns[i].values;
				found = true;
			}
	}
	return found;
}
