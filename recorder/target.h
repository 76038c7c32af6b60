/*
 * The program to record: found as a user expects, started with the agent.
 */
#ifndef PREC_TARGET_H
#define PREC_TARGET_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "recorder/ring.h"

/* Exit codes of shells for a program that cannot be started. */
#define TARGET_NOT_EXECUTABLE 126
#define TARGET_NOT_FOUND      127

struct target {
	char *executable;    /* path to execute; heap */
	char **arguments;    /* NULL-terminated; heap, the words are borrowed */
	const char *subject; /* what a user calls it: the script, module, program */
	bool is_module;      /* subject is a Python module */
};

/*
 * words: the program and its arguments, NULL-terminated, or with module (-m)
 * just the arguments. python: interpreter to use, NULL = python3 of PATH.
 * Returns 0, or the exit code for prec after complaining.
 */
int target_resolve(struct target *target, char *const *words, char *module, char *python);

void target_finish(struct target *target);

/* What prec changed of itself and the program must find as it was. */
struct target_signals {
	sigset_t mask;
	struct sigaction pipe, file_size; /* of SIGPIPE, SIGXFSZ, which prec ignores */
	struct sigaction child; /* of SIGCHLD, which prec must not ignore */
};

/*
 * Starts the program with the agent and the path of the shared memory in its
 * environment. Returns its pid, or -1 after complaining with *exit_code set.
 */
pid_t target_start(const struct target *target, const char *agent, const char *shm_path,
	struct prec_shm *shm, const struct target_signals *signals, int *exit_code);

#endif
