/* Numbers as people read them, and back. */
#ifndef TOOLS_CORE_UNITS_H
#define TOOLS_CORE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_SECOND 1000000000LL

/* Enough for everything these functions write. */
#define UNITS_SIZE 48

/*
 * "12.345 ms", "1.933 s", "2m:03.500s", "1h:02m:03.500s"; "0 s" for 0. Each
 * returns its buffer.
 */
char *units_time(char buffer[UNITS_SIZE], int64_t time_ns);
/* Three digits: "12.3 ms", "1.93 s", "2m:03s", "1h:02m"; for summaries. */
char *units_time_brief(char buffer[UNITS_SIZE], int64_t time_ns);
/* "0 bytes", "1 byte", "12.3 KiB", "4.00 MiB" */
char *units_bytes(char buffer[UNITS_SIZE], uint64_t bytes);
/* "1,234,567" */
char *units_count(char buffer[UNITS_SIZE], uint64_t count);
/*
 * Reads a time at the start of *text, which is moved behind it: "2", "2s",
 * "1.5ms"; units ns, us, ms, s, m, h; seconds without one.
 */
bool units_read_time(const char **text, int64_t *time_ns);
/* The same of a size: "512", "512K", "1.5M", "2 GiB" without the blank; of 1024. */
bool units_read_bytes(const char **text, uint64_t *bytes);
/* 100 * part / whole, 0 when whole is not positive; never NaN. */
double units_percent(double part, double whole);

#endif
