/*
 * Output that is whole or not there.
 *
 * A file is written under a temporary name in its own folder and gets its name
 * at the commit; until then, whatever happens (an error, exit, Ctrl-C), what
 * had that name stays as it was. Standard output and things that are not
 * regular files (a device, a pipe) are written directly. Either way a write
 * that failed, such as on a full disk, is an error at the commit at the latest;
 * only a reader that went away (`| head`) is not worth a message.
 */
#ifndef TOOLS_CLI_OUTPUT_H
#define TOOLS_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
	FILE *file;
	const char *name; /* for messages */
	char *target;     /* path that is replaced, NULL = written directly */
	char *temporary;
};

/* NULL or "-" is standard output. False after a message. */
bool output_open(struct output *o, const char *path);
/* False after a message; then there is no output. */
bool output_commit(struct output *o);
/* Removes what was written; for the way out after an error. */
void output_abandon(struct output *o);

/*
 * At exit: what stdio still holds for standard output is written, and when
 * that fails the program ends with output_failure_status and a message. For
 * atexit().
 */
void output_close_stdout(void);
extern int output_failure_status; /* 1 */

#endif
