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
struct recorded_thread;

struct debugger {
	int pid_fd;    /* of the program, 0 = not open yet */
	int status_fd; /* its /proc/PID/status, 0 = not open yet */
	bool is_there;
	uint64_t since_ns, looked_ns;
	uint64_t gap_count, gap_ns; /* of all so far */
};

/* Takes a copy of the thread's event when it can be had and we have none. */
void debugger_take_event(struct recording *r, struct recorded_thread *thread);
void debugger_drop_event(struct recorded_thread *thread);

/* Looks for a tracer, at most ten times a second. */
void debugger_poll(struct recording *r);

void debugger_finish(struct debugger *debugger, uint64_t now_ns);

#endif
