/*
 * The signal mask and the dispositions that prec was started with, and that
 * the program and the tools it runs must find.
 */
#ifndef PREC_INHERITED_SIGNALS_H
#define PREC_INHERITED_SIGNALS_H

#include <signal.h>

/*
 * Blocks the signals that prec waits for, and ignores those that would end it
 * on a failed write. Once.
 */
void inherited_signals_replace(const sigset_t *waited_for);

/* Everything as it was; nothing if it was not replaced. Async-signal-safe. */
void inherited_signals_restore(void);

#endif
