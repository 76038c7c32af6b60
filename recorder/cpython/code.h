/*
 * Where the name, the file and the line table of a code object lie.
 *
 * Only locates: the caller copies the bytes with the same memory, the agent
 * into its ring, prec into a buffer. Async-signal-safe as walk.h.
 */
#ifndef PREC_CPYTHON_CODE_H
#define PREC_CPYTHON_CODE_H

#include "recorder/cpython/walk.h"

/* The characters of a str object as they lie in memory. */
struct python_text {
	uintptr_t address;
	uint32_t size_bytes;
	uint8_t kind; /* bytes per character: 1 (Latin-1), 2, 4; 0 = ASCII */
};

struct python_code {
	uint32_t first_line;
	struct python_text file, name; /* name: qualified from 3.11 */
	uintptr_t linetable;
	uint32_t linetable_bytes;
};

/* False when something cannot be read or is no code object. */
bool python_code_locate(struct python_memory *memory,
	const struct python_process *process, uintptr_t address,
	struct python_code *code);

#endif
