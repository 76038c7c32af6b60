/* How far samples of memory are apart, as recordings say it (schemas/FORMAT.md). */
#ifndef TOOLS_CORE_HEAP_INTERVAL_H
#define TOOLS_CORE_HEAP_INTERVAL_H

#include "tools/core/profile.h"

/* Attributes: bytes from one to the next on the average. */
#define HEAP_INTERVAL_KEY      "memory.interval_bytes"
#define HEAP_COPY_INTERVAL_KEY "memory.copy_interval_bytes"

/* By such an attribute, of the coarsest recording; 0 = unknown. */
int64_t heap_interval_bytes(const struct profile *p, const char *key);

#endif
