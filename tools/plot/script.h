/*
 * Parts of gnuplot scripts.
 *
 * Names come from traces, and gnuplot runs commands: text goes into a script
 * only as a string in which all but harmless characters are octal escapes, and
 * is drawn only where "enhanced" markup is off. (In single quotes nothing is
 * expanded either, but 5.4 does not take a quote that stands before a semicolon.)
 * Control characters are shown, not sent.
 */
#ifndef TOOLS_PLOT_SCRIPT_H
#define TOOLS_PLOT_SCRIPT_H

#include <stdint.h>

#include "tools/plot/plot.h"

/* "text", cut to so many columns (0 = at 200). */
void script_text(FILE *script, const char *text, size_t size, unsigned columns);
/* The same of printf's result. */
void script_format(FILE *script, unsigned columns, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The end of a path that takes at most so many columns, as a string. */
void script_path(FILE *script, const char *text, size_t size, unsigned columns);

/*
 * One of a list of tics, their number being its position; also a path's end.
 * Tics are formats: percent signs are doubled.
 */
void script_tic(FILE *script, const char *text, size_t size, unsigned columns,
	size_t position);

/* "#rrggbb" of a class on the page. */
const char *script_color(const struct plot_request *request, uint32_t class_kind);
/* Of the page itself. */
const char *script_page(const struct plot_request *request);
/* Of what is drawn over the page: axes, marks, curves. */
const char *script_ink(const struct plot_request *request);
/* Curves that are no class: the i-th of several. */
const char *script_curve(const struct plot_request *request, size_t i);
/* A colour as a thin coat of it looks on the page; the ink is readable upon it. */
const char *script_tint(char text[8], const struct plot_request *request,
	const char *color);

/* Colours and fonts; the same for all kinds. */
void script_begin(FILE *script, const struct plot_request *request);

/*
 * The headline: what was recorded, and below it what is shown, as labels 1001
 * and 1002.
 */
/* "CPU time and waits of main threads": what the 100 % of bars is. */
const char *script_what_counts(const struct plot_request *request);

/* The unit of an axis, in nanoseconds or bytes. */
struct script_unit {
	double size;
	const char *name; /* "milliseconds", "MiB" */
};

/* The largest one of which what is drawn has at least one. */
struct script_unit script_unit_of(const struct plot_request *request, double largest);

void script_headline(FILE *script, const struct plot_request *request, const char *shown);

/* Lines across for bars that lie. */
void script_grid_of_bars(FILE *script, const struct plot_request *request);

/*
 * A legend of our own, in the right margin from `top` (of the screen) down, of
 * the classes that have time: gnuplot's does not stay beside a low panel. For
 * pictures, not for characters.
 */
void script_legend(FILE *script, const struct plot_request *request,
	const struct class_times *times, double top);
/* Behind the first panel of a multiplot: no headline and legend once more. */
void script_end_margins(FILE *script);

/* At most so many steps of 1, 2 or 5 on the axis up to the largest value. */
double script_ytics(FILE *script, double largest, unsigned count);

/*
 * Times by class as columns of a data block, in the order that they are stacked
 * in: their names (behind what the line begins with), a row of them (ns is by
 * enum ptf_class), and the sum of the first so many as an expression, when the
 * first of them is column `from`.
 */
void script_class_names(FILE *script);
void script_class_row(FILE *script, const int64_t ns[PTF_CLASS_KIND_COUNT]);
void script_class_sum(FILE *script, unsigned from, unsigned count);

/*
 * Bars that lie, one part for each class that has time, as parts of a plot command
 * that end with a comma. The data block has the bar's number in column 1 and its
 * times from column 2 on; `unit_ns` is one of the axis.
 */
void script_class_bars(FILE *script, const struct plot_request *request,
	const char *block, const struct class_times *times, double unit_ns);

#endif
