/*
 * Where the trace goes: into one file (or pipe), with --rotate into many, with
 * --last into memory, of which dumps are made.
 */
#ifndef PREC_TRACE_OUTPUT_H
#define PREC_TRACE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "recorder/output/flight.h"
#include "recorder/output/output_file.h"
#include "recorder/output/output_series.h"
#include "recorder/output/rotation.h"

struct recording;

struct trace_output_options {
	struct rotation_options rotation;
	struct flight_options flight;
	/* By trace_output_name. */
	char *path;                  /* heap; of the file, or of the last dump */
	struct output_series series; /* of files, or of dumps */
};

/*
 * Names the trace: by a pattern (output_name.h, output_series.h), or by a name in
 * which nothing stands for anything else. 0, or -1 after a complaint: the user's
 * fault.
 */
int trace_output_name(struct trace_output_options *options, const char *name,
	bool is_pattern);
void trace_output_forget_name(struct trace_output_options *options);

enum trace_output_kind {
	TRACE_OUTPUT_FILE,
	TRACE_OUTPUT_ROTATION,
	TRACE_OUTPUT_FLIGHT,
};

struct trace_output {
	const struct trace_output_options *options;
	enum trace_output_kind kind;
	struct output_file file;
	struct rotation rotation;
	struct flight flight;
};

/* Before the program starts: is there a place to write to? 0, or -1 as told. */
int trace_output_open(struct trace_output *out,
	const struct trace_output_options *options);

/* The program has started. Returns the descriptor for the first section. */
int trace_output_begin(struct trace_output *out);

/* It has not: nothing is left behind. */
void trace_output_drop(struct trace_output *out);

/* Behind a drain: what is due. */
void trace_output_poll(struct trace_output *out, struct recording *r);

/* The file that is written, or will be. */
const char *trace_output_path(const struct trace_output *out);

/* In words: where the trace goes. */
void trace_output_describe(const struct trace_output *out, const struct recording *r,
	char *text, size_t size);

/*
 * On demand: a dump, to the next of the numbered names when path is NULL; another
 * file of a rotation. An answer of one line, "error: ..." when it was not done.
 */
void trace_output_dump(struct trace_output *out, struct recording *r, const char *path,
	char *answer, size_t size);
void trace_output_rotate(struct trace_output *out, struct recording *r, char *answer,
	size_t size);

/*
 * The recording has ended. 0, or -1 after a complaint: then there is nothing whole.
 */
int trace_output_end(struct trace_output *out, struct recording *r);

/* The files that there are then, on the heap, NULL behind the last. */
char **trace_output_files(const struct trace_output *out);

void trace_output_finish(struct trace_output *out);

#endif
