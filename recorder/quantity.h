/* Times and sizes as people write them on a command line. */
#ifndef PREC_QUANTITY_H
#define PREC_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* "90", "1.5s", "250ms", "10m", "2h": seconds without a unit. Not 0. */
bool quantity_time_ns(const char *text, uint64_t *time_ns);
/* "64K", "200M", "1.5G": powers of 1024, bytes without a unit. Not 0. */
bool quantity_bytes(const char *text, uint64_t *bytes);

#endif
