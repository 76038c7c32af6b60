/*
 * Showing a page to the user of the terminal: in a browser where there is one to
 * be seen, else by saying where the page is.
 *
 * $BROWSER decides where it is set (editors set it to reach the user's own
 * machine); else xdg-open does, when there is a display and no SSH.
 */
#ifndef TOOLS_CLI_BROWSER_H
#define TOOLS_CLI_BROWSER_H

#include <stdbool.h>

/*
 * A name for a file that only this user can read: "walk.html" for the trace
 * "walk.ptf", in a new folder below $TMPDIR. NULL after a message; the caller
 * frees it.
 */
char *browser_temporary_path(const char *trace, const char *suffix);

/*
 * Opens a path or an address, and prints it on standard output. The browser
 * goes on by itself. That there is none is no failure.
 */
void browser_show(const char *target);

#endif
