/*
 * One run of prec: shared memory, program, loop, end.
 */
#ifndef PREC_SESSION_H
#define PREC_SESSION_H

#include <stdbool.h>

#include "recorder/control.h"
#include "recorder/ring.h"
#include "recorder/target.h"
#include "recorder/output/trace_output.h"

struct session_options {
	struct trace_output_options output;
	double rate_hz;
	uint64_t time_resolution_ns;    /* of the stamps; 0 = a sixteenth of the period */
	uint64_t memory_interval_bytes; /* between samples of the heap; 0 = none */
	enum prec_source source;        /* 0 = the best that works */
	bool keep_sources, keep_arguments;
	struct control_options control;
	bool follows_children, waits_for_all;
};

/*
 * Records the target. Returns the exit code for prec: the program's own, or
 * 128 + its signal; 1 when the program ended well but its trace could not be
 * written. *files is then a list of the traces that there are, on the heap as they
 * are, NULL behind the last; NULL = there is none to show.
 */
int session_run(const struct target *target, const struct session_options *options,
	char ***files);

#endif
