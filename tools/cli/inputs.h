/*
 * The traces that a command line names: files, folders (every .ptf below them,
 * by name), patterns that the shell left alone, @list (a file with one of these
 * a line), - (standard input).
 */
#ifndef TOOLS_CLI_INPUTS_H
#define TOOLS_CLI_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

struct inputs {
	char **path;
	size_t count, capacity;
};

/* Appends what an argument names. False after a message. */
bool inputs_add(struct inputs *inputs, const char *argument);
/* Appends a path as it is. False after a message. */
bool inputs_add_path(struct inputs *inputs, const char *path);
void inputs_free(struct inputs *inputs);

#endif
