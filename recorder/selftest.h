/*
 * Whether the kernel and our rights give the perf source as we use it.
 *
 * Tried in a child that may be killed: older kernels kill a program that
 * blocks SIGTRAP, or stop delivering; a seccomp filter may kill as well.
 */
#ifndef PREC_SELFTEST_H
#define PREC_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>

/* True when it works; else why gets a short reason. */
bool selftest_perf(char *why, size_t size);

#endif
