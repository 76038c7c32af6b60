/* Names of what a blocked thread waits for, by its system call. */
#ifndef PREC_WAIT_KIND_H
#define PREC_WAIT_KIND_H

/* "sleep", "read", "poll", "futex", ...; never NULL. -1 = in no system call. */
const char *wait_kind(long syscall_number);

#endif
