/*
 * The program to record: found as a user expects, started with the agent.
 */
#ifndef PREC_TARGET_H
#define PREC_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#include "recorder/ring.h"
#include "recorder/wrapper.h"

/* Exit codes of shells for a program that cannot be started. */
#define TARGET_NOT_EXECUTABLE 126
#define TARGET_NOT_FOUND      127

struct target {
	char *executable;       /* path to execute; heap */
	char **arguments;       /* NULL-terminated; heap, the words are borrowed */
	struct wrapped wrapped; /* of a script that stood for the interpreter */
	const char *subject;    /* what a user calls it: the script, module, program */
	bool is_module;         /* subject is a Python module */
	enum prec_unfollowed_reason no_agent; /* why the agent cannot be loaded */
};

/*
 * What to run: the program and its arguments, or a module (-m) or code (-c) for
 * Python with just the arguments.
 */
struct target_request {
	char *const *words; /* NULL-terminated */
	char *module, *code;
	char *python; /* the interpreter; NULL = python3 of PATH, for scripts */
};

/* Returns 0, or the exit code for prec after complaining. */
int target_resolve(struct target *target, const struct target_request *request);

void target_finish(struct target *target);

/*
 * Starts the program, with the agent and the path of the shared memory in its
 * environment where the agent can be loaded; output_to_stderr gives it our
 * standard error as its output. Returns its pid, or -1 after complaining with *exit_code
 * set.
 */
pid_t target_start(const struct target *target, const char *agent, const char *shm_path,
	struct prec_shm *shm, bool output_to_stderr, int *exit_code);

#endif
