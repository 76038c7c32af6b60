/* Clocks and sleeping. */
#ifndef PREC_CLOCKS_H
#define PREC_CLOCKS_H

#include <stdint.h>
#include <sys/types.h>

#include <ptf/types.h>

/* CLOCK_MONOTONIC. */
uint64_t clock_now_ns(void);

/* CPU time of the calling thread. */
uint64_t clock_thread_cpu_ns(void);

/*
 * CPU time of a whole process, also while it is a zombie; without its
 * children's. 0 when it cannot be had.
 */
uint64_t clock_process_cpu_ns(pid_t pid);

/* Reads all clocks together; boot_id must hold 16 bytes and lives as clock. */
void clock_read_all(struct ptf_clock *clock, char boot_id[16]);

#endif
