/*
 * Stacks of blocks that are held, by what does not change at a seam: code objects,
 * and places in modules. A block may be freed in another section than the one it was
 * allocated in; then its stack is made there anew.
 *
 * Also the fast way from frames to a node: a stack that was seen in this section costs
 * a look-up for each of its frames.
 */
#ifndef PREC_KEPT_STACKS_H
#define PREC_KEPT_STACKS_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/idmap.h"
#include "recorder/memory/held_blocks.h"
#include "recorder/ring.h"

struct mapping;
struct recorded_process;
struct recording;

struct kept_frame;

struct kept_stacks {
	struct kept_frame *item; /* stack - 1: its innermost frame; heap */
	size_t count, capacity;
	struct idmap index; /* frame and callers -> stack */
	char **path;        /* of modules; heap */
	size_t path_count;
	struct idmap path_index; /* text -> place in path */
};

/* The stack of frames of the process's image, innermost first; 0 = none. */
uint32_t kept_stacks_python(struct kept_stacks *stacks, struct recording *r,
	const struct prec_frame *frame, size_t count, uint32_t elided_count);

/* That of a place in native code; mapping NULL = nobody knows where. */
uint32_t kept_stacks_native(struct kept_stacks *stacks, struct recording *r,
	const struct mapping *mapping, uint64_t address);

/* Its node in the section. */
uint32_t kept_stacks_node(struct kept_stacks *stacks, struct recording *r,
	struct recorded_process *process, uint32_t stack);

/* In another section: stacks of no held block are forgotten, others have new ids. */
void kept_stacks_enter_section(struct kept_stacks *stacks, struct recording *r,
	struct held_blocks *held);

void kept_stacks_finish(struct kept_stacks *stacks);

#endif
