/*
 * From the line table of a code object to line numbers.
 *
 * Facts: InternalDocs/code_objects.md of CPython 3.11+ (location table),
 * Objects/lnotab_notes.txt of 3.8 to 3.10.
 */
#ifndef PREC_CPYTHON_LINETABLE_H
#define PREC_CPYTHON_LINETABLE_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/cpython/versions.h"

/* Instructions from start_byte to the next entry's belong to line. */
struct python_line {
	uint32_t start_byte;
	uint32_t line; /* 0 = the instruction belongs to no line */
};

struct python_lines {
	struct python_line *item; /* ascending start_byte; heap */
	size_t count;
	uint32_t last_line; /* the highest line, at least the first */
};

/*
 * Decodes a whole table. Damaged or cut tables give the entries before the
 * damage. 0, or -1 when memory is out. Free with python_lines_finish.
 */
int python_lines_init(struct python_lines *lines, const struct python_version *version,
	const uint8_t *table, size_t size, uint32_t first_line);

void python_lines_finish(struct python_lines *lines);

/*
 * The line of the instruction at byte; before the first instruction, or where
 * there is no line, that of the nearest instruction before, or first_line.
 */
uint32_t python_lines_find(const struct python_lines *lines, int32_t byte,
	uint32_t first_line);

#endif
