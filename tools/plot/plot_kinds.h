/* The kinds of pictures; a new one is named here and in plot_kinds.c. */
#ifndef TOOLS_PLOT_PLOT_KINDS_H
#define TOOLS_PLOT_PLOT_KINDS_H

#include "tools/plot/plot.h"

extern const struct plot_kind plot_timeline, plot_lines, plot_functions, plot_threads,
	plot_heatmap, plot_runs, plot_memory, plot_diff, plot_flame;

#endif
