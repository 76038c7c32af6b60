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

void heap_metrics_add(struct heap_metrics *metrics, struct ptf_text name,
	struct ptf_text unit)
{
	vec_push(&metrics->of, (uint8_t)heap_metric_of(name, unit));
}

bool heap_columns_find(struct heap_columns *columns, const struct heap_metrics *metrics,
	uint32_t time_metric, const struct ptf_samples *s)
{
	bool found = false;

	*columns = (struct heap_columns){0};
	for (size_t i = 0; i < s->column_count; i++) {
		enum heap_metric metric = heap_metric_at(metrics, s->columns[i].metric);

		if (s->columns[i].metric == time_metric)
			return false;
		if (metric < HEAP_METRIC_PEAK) {
			columns->bytes[metric] = s->columns[i].values;
			found = true;
		}
	}
	return found;
}
