/* The command line of pmerge and pmerge-mpi, and what both tell. */
#ifndef TOOLS_EMIT_MERGE_COMMAND_H
#define TOOLS_EMIT_MERGE_COMMAND_H

#include <argp.h>

#include "tools/cli/inputs.h"
#include "tools/core/merge.h"

struct merge_command {
	const char *out; /* NULL = standard output */
	char **names;
	size_t name_count;
	bool keep_going;
	struct merge_options merge;
	bool is_quiet; /* tells nothing but errors: another one tells it */
};

/* A child of the tool's own argp; state->input is a struct merge_command. */
extern const struct argp merge_argp;

/* Hooks that tell what happens in the name of a command. */
struct merge_hooks merge_command_hooks(struct merge_command *c);

/*
 * Takes in the inputs from item `first` on, every `step`th. How many were left
 * out (--keep-going), or -1 after a message.
 */
int merge_command_scan(struct merge_command *c, struct merge *m,
	const struct inputs *inputs, size_t first, size_t step);

/* What there is to know of the result before it is written. */
void merge_command_tell(const struct merge_command *c, const struct merge_plan *plan);

/* Plans and writes to OUT. False after a message. */
bool merge_command_write(struct merge_command *c, struct merge *m);

void merge_command_free(struct merge_command *c);

#endif
