/*
 * The tasks of asyncio in the target, of its main interpreter.
 *
 * To 3.13 they are in a set of weak references, since 3.14 in a list of each
 * thread. Only tasks of the C type (asyncio.Task and its subclasses, also under
 * uvloop) can be read.
 */
#ifndef PREC_ASYNCIO_TASKS_H
#define PREC_ASYNCIO_TASKS_H

#include "recorder/cpython/walk.h"

struct asyncio_tasks {
	uintptr_t task_type; /* 0 = not found yet */
	uintptr_t weak_set;
	uint64_t count;           /* of a linked list, at the last look */
	uintptr_t reference_type; /* of weak references, 0 = not met yet */
};

/* A look takes so many tasks; of more, each time others. */
#define TASKS_PER_LOOK 1024u

struct task_list {
	uintptr_t coroutine[TASKS_PER_LOOK]; /* of each task */
	size_t count;
	double stands_for; /* one task of the list, for so many */
	size_t torn_count; /* tasks that could not be read */
};

/* False while the program has not imported asyncio. */
bool asyncio_tasks_find(struct python_memory *memory,
	const struct python_process *process, struct asyncio_tasks *tasks);

/* random: chooses among too many. */
void asyncio_tasks_list(struct python_memory *memory,
	const struct python_process *process, struct asyncio_tasks *tasks,
	uint32_t random, struct task_list *list);

#endif
