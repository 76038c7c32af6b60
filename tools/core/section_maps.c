#include "tools/core/section_maps.h"

#include <stdlib.h>

static size_t first_not_before(const int64_t *time_ns, size_t count, int64_t wanted_ns)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (time_ns[middle] < wanted_ns)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

void selected_rows(const struct selection *s, const int64_t *time_ns, size_t count,
	size_t *first, size_t *end)
{
	*first = 0;
	*end = count;
	if (!s || !s->has_time)
		return;
	*first = first_not_before(time_ns, count, s->from_ns);
	*end = first_not_before(time_ns, count, s->to_ns);
}

void section_maps_free(struct section_maps *maps)
{
	if (!maps)
		return;
	vec_free(&maps->string.id);
	vec_free(&maps->module.id);
	vec_free(&maps->function.id);
	vec_free(&maps->frame.id);
	vec_free(&maps->node.id);
	vec_free(&maps->class_id.id);
	vec_free(&maps->metric.id);
	vec_free(&maps->process.id);
	vec_free(&maps->thread.id);
	free(maps);
}
