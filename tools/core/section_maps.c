#include "tools/core/section_maps.h"

#include <stdlib.h>

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
	vec_free(&maps->kind);
	vec_free(&maps->heap_metrics.of);
	free(maps);
}
