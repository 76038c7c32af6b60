/*
 * A debugger attaches to the program.
 *
 * A tracer sees every signal before the program does, and gdb keeps SIGTRAP for
 * itself: each tick would stop the program. While there is a tracer, the perf
 * events are off; the gap is counted. prec can do that from outside because it
 * takes a copy of each event's descriptor.
 */
#ifndef PREC_DEBUGGER_H
#define PREC_DEBUGGER_H

#include <stdbool.h>
#include <stdint.h>

struct recording;
struct recorded_process;
struct recorded_thread;

/* Of one process. */
struct debugger {
	int status_fd; /* its /proc/PID/status, 0 = not open yet */
	bool is_there;
	uint64_t since_ns, looked_ns;
};

/* Of all processes. */
struct debugger_gaps {
	uint64_t count, time_ns;
};

/* Takes a copy of the thread's event when it can be had and we have none. */
void debugger_take_event(struct recorded_thread *thread);
void debugger_drop_event(struct recorded_thread *thread);

/* Looks for tracers, at most ten times a second. */
void debugger_poll(struct recording *r);

/* The process is over: so is its gap. */
void debugger_finish(struct recording *r, struct recorded_process *process);

#endif
