/*
 * What a program that starts is told by the one that starts it, in two
 * variables of its environment: LD_PRELOAD with our library in front, and
 * PREC_SHM_VARIABLE, "PATH PID NUMBER FLAGS":
 *
 *     PATH     of the shared memory
 *     PID      of the process that tells (0: prec)
 *     NUMBER   of that process
 *     FLAGS    what it believes of our signal: b = blocked, i = ignored
 *
 * Everything here may be called between vfork and exec.
 */
#ifndef PREC_AGENT_HANDOVER_H
#define PREC_AGENT_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct handover {
	char shm_path[64];
	pid_t pid;
	uint32_t number;
	bool blocks_signal, ignores_signal;
};

/* Reads the variable; false when it is not sound. */
bool handover_parse(struct handover *handover, const char *value);

/* Bytes that handover_make needs. */
size_t handover_bytes(char *const environment[]);

/* A copy of an environment with our variables in it, in room. */
char **handover_make(char *const environment[], void *room, bool tells_signal);

/*
 * Makes what was made of environment before say what it would say now. False
 * when environment is not the same any more: nothing has changed then.
 */
bool handover_renew(char **made, char *const environment[]);

#endif
