/* Whether the terminal shows sixel pictures. */
#ifndef TOOLS_PLOT_SIXEL_H
#define TOOLS_PLOT_SIXEL_H

#include <stdbool.h>

/*
 * Asks the terminal on standard output for what it is (primary device
 * attributes), and waits a moment for its answer.
 */
bool sixel_is_known(void);

#endif
