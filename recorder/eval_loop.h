/*
 * Where an interpreter's evaluation loop lies in its file.
 *
 * The compiler splits _PyEval_EvalFrameDefault into a hot part, which the
 * dynamic symbol covers, and cold parts elsewhere, whose symbols are stripped.
 * A cold part is found as what it is: code with an unwind entry of its own that
 * the hot part jumps into, and that begins with the hot part's stack frame
 * already in place.
 *
 * To 3.10 each call of a Python function also goes through functions of its
 * own, outside the loop: these set up frames and belong to it as well.
 */
#ifndef PREC_EVAL_LOOP_H
#define PREC_EVAL_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVAL_RANGE_COUNT 24u

struct eval_range {
	uint64_t start, end; /* offsets in the file */
};

struct eval_loop {
	struct eval_range range[EVAL_RANGE_COUNT]; /* the hot part comes first */
	size_t count;           /* 0: the file has no evaluation loop */
	uint64_t runtime_bytes; /* size of _PyRuntime, 0 = unknown */
};

/* Reads an ELF file; false (and count 0) when it holds no evaluation loop. */
bool eval_loop_find(struct eval_loop *loop, const char *path);

static inline bool eval_loop_contains(const struct eval_loop *loop, uint64_t file_offset)
{
	for (size_t i = 0; i < loop->count; i++)
		if (file_offset >= loop->range[i].start &&
			file_offset < loop->range[i].end)
			return true;
	return false;
}

#endif
