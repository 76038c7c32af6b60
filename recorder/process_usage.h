/* What a process has used and how it ended, as the system tells. */
#ifndef PREC_PROCESS_USAGE_H
#define PREC_PROCESS_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <ptf/types.h>

/*
 * Of a process that has died: CPU time and faults while it is a zombie, the
 * exit status also later where the kernel keeps it. What cannot be known stays
 * as it was. children_cpu_ns is of those it waited for, to a tick; may be NULL.
 */
void process_usage_read(pid_t pid, int pid_fd, struct ptf_process_end *end,
	uint64_t *children_cpu_ns);

/* The same of our own child, which stays to be waited for; with its status and
   largest resident memory. */
void process_usage_read_child(pid_t pid, struct ptf_process_end *end);

/* The name that the kernel has of it; empty when it is gone. */
void read_process_name(pid_t pid, char name[16]);

/* Whether it has died; pid_fd may be -1. */
bool process_is_dead(pid_t pid, int pid_fd);

#endif
