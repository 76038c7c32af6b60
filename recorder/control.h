/*
 * Control of a recording while it runs: `prec ctl`, --delay, --duration,
 * --max-size, and the program itself (ptf_stop).
 *
 * Off means: threads go on ticking, but a tick only says how much CPU time has
 * passed, which is counted as not recorded (switched_off). So nothing has to be
 * known of any thread at the moment of the switch, and sums stay exact.
 */
#ifndef PREC_CONTROL_H
#define PREC_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct recording;
struct trace_output;

struct control_options {
	uint64_t delay_ns;       /* off until then */
	uint64_t duration_ns;    /* of being on at first; 0 = to the end */
	uint64_t max_size_bytes; /* of the trace; 0 = any */
};

struct control {
	const struct control_options *options;
	struct trace_output *output;
	pid_t pid;                 /* of the program */
	int listen_fd;             /* -1 = nobody can ask */
	uint64_t start_ns, end_ns; /* when to switch by itself; 0 = not */
	bool is_finished;          /* the trace is to be completed now */
};

/* The address that a prec listens at, in the abstract namespace of sockets. */
#define CONTROL_ADDRESS        "ptf.prec.%d"
#define CONTROL_ADDRESS_PREFIX "ptf.prec."

/* A line with a path in it. */
#define CONTROL_QUESTION_MAX (4096u + 16u)

/* Before the program starts: off if there is a delay. Listens on the address. */
void control_begin(struct control *control, struct recording *r,
	const struct control_options *options, struct trace_output *output);

/* Does what is due and, when something may have come, answers who asks. */
void control_poll(struct control *control, struct recording *r, bool is_woken);

void control_end(struct control *control);

#endif
