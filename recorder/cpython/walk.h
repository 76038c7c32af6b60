/*
 * Reading the Python stack of a thread, from inside (the agent's signal
 * handler, guarded reads of its own memory) or from outside (prec, reads of
 * the target's memory). Both give the same keys for the same code objects.
 *
 * Nothing here allocates or locks; async-signal-safe if the memory's read is.
 */
#ifndef PREC_CPYTHON_WALK_H
#define PREC_CPYTHON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/cpython/versions.h"

/* Where the bytes of the walked process come from. */
struct python_memory {
	/* Copies size bytes at address; false when they cannot be read. */
	bool (*read)(struct python_memory *memory, uintptr_t address, void *to,
		size_t size);
};

/* What a walk needs to know of the interpreter. */
struct python_process {
	const struct python_version *version;
	uintptr_t runtime;   /* address of _PyRuntime */
	uintptr_t code_type; /* address of PyCode_Type, 0 = do not check */
	uint32_t generation; /* of the program image, goes into the keys */
};

struct python_frame {
	uintptr_t code;      /* address of the code object */
	uint64_t key;        /* its identity; never 0 */
	int32_t instruction; /* byte offset in the bytecode, negative = not begun */
};

struct python_walk {
	struct python_memory *memory;
	const struct python_process *process;
	uintptr_t frame;     /* address of the next frame, 0 = at the root */
	uintptr_t last_code; /* the last frame's, for direct recursion */
	uint64_t last_key;
	uint32_t seen_count; /* frames given or skipped, against endless loops */
	bool torn;           /* stopped at something that cannot be true */
};

/* No stack is deeper than this; a longer chain is a loop in torn data. */
#define PYTHON_DEPTH_MAX 200000u

/* Begins with the innermost frame of a thread state. */
void python_walk_begin(struct python_walk *walk, struct python_memory *memory,
	const struct python_process *process, uintptr_t thread_state);

/* The next frame outwards; false at the root or where the walk is torn. */
bool python_walk_next(struct python_walk *walk, struct python_frame *frame);

/* One frame that is in no thread, such as that of a suspended coroutine. */
bool python_read_frame(struct python_memory *memory, const struct python_process *process,
	uintptr_t address, struct python_frame *frame);

/*
 * The opcode that the frame, the innermost of its walk, executes. False when
 * it cannot be read or the frame has not begun.
 */
bool python_current_opcode(struct python_memory *memory,
	const struct python_process *process, const struct python_frame *frame,
	uint8_t *opcode);

/*
 * The thread state, of the main interpreter, whose thread_id (pthread_self)
 * is pthread, or 0. For the outside view; from inside the runtime's TSS key
 * says it.
 */
uintptr_t python_find_thread(struct python_memory *memory,
	const struct python_process *process, uint64_t pthread);

#endif
