#include "tools/plot/plot_kinds.h"

#include <string.h>

#include "tools/emit/registry.h"

/* Drawn by pconv's own format, which zooms and searches. */
const struct plot_kind plot_flame = {
	.name = "flame",
	.description = "the flame graph, as an SVG that zooms and searches",
	.options = PLOT_OPTION_METRIC | PLOT_OPTION_MEMORY | PLOT_OPTION_THREADS,
	.emits = &emit_flamegraph,
};

static const struct plot_kind *const kinds[] = {
	&plot_timeline,
	&plot_lines,
	&plot_functions,
	&plot_threads,
	&plot_heatmap,
	&plot_runs,
	&plot_memory,
	&plot_diff,
	&plot_flame,
};

const struct plot_kind *plot_kind_at(size_t index)
{
	return index < sizeof(kinds) / sizeof(kinds[0]) ? kinds[index] : NULL;
}

const struct plot_kind *plot_kind_named(const char *name)
{
	for (size_t i = 0; plot_kind_at(i); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}
