/* Running gnuplot. */
#ifndef TOOLS_PLOT_GNUPLOT_H
#define TOOLS_PLOT_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Major and minor version as 504 for 5.4. 0 after a message: there is none. */
unsigned gnuplot_version(void);

/* Whether it was built with a terminal. */
bool gnuplot_has_terminal(const char *name);

/*
 * Runs a script; what it draws goes to `out`. False after a message, which has
 * gnuplot's own first line of complaint in it.
 */
bool gnuplot_run(const char *script, size_t size, FILE *out);

#endif
