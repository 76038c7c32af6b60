/*
 * The code objects whose facts prec has been sent: a lock-free set of keys.
 * When it is full it is emptied, and facts are sent again.
 */
#ifndef PREC_AGENT_SEEN_H
#define PREC_AGENT_SEEN_H

#include <stdbool.h>
#include <stdint.h>

/* Both are async-signal-safe and thread-safe. */
bool seen_contains(uint64_t key);
void seen_add(uint64_t key);

#endif
