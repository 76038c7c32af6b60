/* Panels of counters over time: one for each unit, with its curves. */
#ifndef TOOLS_PLOT_COUNTER_PANELS_H
#define TOOLS_PLOT_COUNTER_PANELS_H

#include "tools/core/timeline.h"
#include "tools/plot/panels.h"

/* Counters of one unit. */
struct counter_panel {
	VEC(const struct timeline_counter *) curves; /* the largest first */
	size_t shown;                                /* so many of them */
	bool has_several;                            /* metrics */
	bool has_several_processes;
};

struct counter_panels {
	const struct profile *p;
	const struct timeline *t;
	VEC(struct counter_panel) item;
};

/* Those that `wanted` names, or all; at most request->top curves in each. */
void counter_panels_find(struct counter_panels *counters,
	const struct plot_request *request, const struct timeline *t,
	const struct metric_option *wanted);
void counter_panels_put(struct counter_panels *counters, struct panels *panels,
	size_t number, double height);
void counter_panels_free(struct counter_panels *counters);

#endif
