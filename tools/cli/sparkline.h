/*
 * Levels over time as a line of text: "▁▂▅█▅▂  ", or "._-=#=-  " where the terminal
 * has ASCII alone.
 */
#ifndef TOOLS_CLI_SPARKLINE_H
#define TOOLS_CLI_SPARKLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPARKLINE_COLUMNS_MAX 64u

/* For that many columns of UTF-8. */
#define SPARKLINE_SIZE (3 * SPARKLINE_COLUMNS_MAX + 1)

/*
 * So many columns of the levels, each the highest of its part; full height is
 * `full`. What is above 0 is never blank. Returns its buffer.
 */
char *sparkline(char buffer[SPARKLINE_SIZE], const int64_t *levels, size_t count,
	unsigned columns, int64_t full, bool unicode);

#endif
