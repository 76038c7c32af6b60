/*
 * Time that tasks of asyncio await, by the chain of awaits they are suspended in.
 *
 * While a process has run code of asyncio, prec looks at its tasks now and then,
 * reading its memory. A task that is suspended, from when it awaits until it goes
 * on, is an observation of its chain; between two looks half of the time counts
 * for what was seen at either. When the process has not run since the last look
 * nothing can have changed; when it ran during one, tasks are read twice, and
 * those that differ are left out and counted. Looks are at most 50 a second, and
 * tasks are read more rarely where that would cost more than 1 % of a processor.
 *
 * The sums are written as Aggregates of the metric "await", with the process's
 * main thread: a suspended task is in no thread.
 */
#ifndef PREC_AWAITS_H
#define PREC_AWAITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recorder/asyncio/asyncio_tasks.h"
#include "recorder/asyncio/coroutines.h"
#include "recorder/idmap.h"

struct recording;
struct recorded_process;

/* A chain of awaits. */
struct awaited {
	uint32_t node;
	double task_count; /* suspended there at the last look */
	double next_count; /* while a look goes on */
	uint64_t n;        /* observations not written yet, and their time */
	double await_ns;
};

struct awaits {
	bool is_wanted;                         /* the process has run code of asyncio */
	uint64_t search_ns, search_interval_ns; /* for the tasks: the next time */
	uint64_t looked_ns;             /* 0 = not yet, or recording was off since */
	uint64_t next_ns, read_next_ns; /* when to look again, when to read again */
	uint64_t cpu_ns;  /* of the process, at the last look; 0 = it ran then */
	uint64_t cost_ns; /* of reading the tasks the last time */
	bool is_at_seam;  /* what is read next has been there since the last look */
	struct asyncio_tasks tasks;
	struct awaitable_types types;
	struct idmap place; /* node -> place in chain */
	struct awaited *chain;
	size_t count, capacity;
};

/* A function of the process is defined in this file. */
void awaits_note_file(struct recorded_process *process, const char *file);

/* Looks at the tasks of all processes that have some and are due. */
void awaits_poll(struct recording *r);

/* Recording of the process ends, as its tasks do. */
void awaits_end(struct recorded_process *process, uint64_t time_ns);

/*
 * At the seam of two sections: what was seen is written to the one; in the other
 * the tasks are read anew, which counts since the seam.
 */
void awaits_leave_section(struct recording *r, struct recorded_process *process,
	uint64_t seam_ns);
void awaits_enter_section(struct awaits *awaits);

/* Writes what was seen in a process. */
void awaits_write(struct recording *r, struct recorded_process *process);

/* The process is over, or runs another program: nothing is known of its tasks. */
void awaits_finish(struct awaits *awaits);

#endif
