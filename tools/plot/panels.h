/*
 * Panels of a picture, one below the other over one axis of time; what their curves
 * are called stands beside them.
 */
#ifndef TOOLS_PLOT_PANELS_H
#define TOOLS_PLOT_PANELS_H

#include "tools/plot/plot.h"

#define PANEL_GAP 0.035 /* above each, for its title; of the screen */

/* Heights and places are parts of the screen's, from the top on. */
struct panels {
	FILE *out;
	const struct plot_request *request;
	double right;        /* where panels end, and names begin */
	double bottom;       /* of the last panel: the next begins below */
	unsigned left_count; /* still to be drawn */
};

/* The margins of a panel. */
void panels_next(struct panels *panels, double height);
/* How many steps of an axis have room in a panel. */
unsigned panels_tics(const struct panels *panels, double height);
/* What an axis shows; in two lines where one would be longer than the axis. */
void panels_axis(const struct panels *panels, const char *first, const char *separator,
	struct ptf_text second, double height);
/* Names of curves beside the panel that is drawn, in gnuplot's legend. */
void panels_names(const struct panels *panels, double height);
/* So many characters of a name have room there. */
unsigned panels_name_columns(const struct panels *panels);

#endif
