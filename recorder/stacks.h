/* From frames of the interpreter to stack nodes of the trace. */
#ifndef PREC_STACKS_H
#define PREC_STACKS_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/ring.h"

struct recording;
struct recorded_process;
struct mapping;

/*
 * The node of a stack whose frames are given innermost first; elided_count
 * frames are missing behind the first PREC_LEAF_FRAMES. 0 after a failure.
 */
uint32_t stacks_python_node(struct recording *r, struct recorded_process *process,
	const struct prec_frame *frame, size_t count, uint32_t elided_count);

/* The node of one frame, whose caller is parent. */
uint32_t stacks_python_call(struct recording *r, struct recorded_process *process,
	uint32_t parent, const struct prec_frame *frame);

/* The node of a place in native code; mapping NULL = nobody knows where. */
uint32_t stacks_native_node(struct recording *r, const struct mapping *mapping,
	uint64_t address);

/* A node of its own with one function that a tool made up, such as "[unsampled]". */
uint32_t stacks_synthetic_frame(struct recording *r, const char *name);
uint32_t stacks_node(struct recording *r, uint32_t parent, uint32_t frame);

#endif
