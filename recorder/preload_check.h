/* Whether a program can be started with the agent preloaded. */
#ifndef PREC_PRELOAD_CHECK_H
#define PREC_PRELOAD_CHECK_H

/*
 * NULL when it can; else why not, in words that complete "PROGRAM ...". A file
 * that is no ELF program (a script) can: what matters is its interpreter.
 */
const char *preload_check(const char *executable);

#endif
