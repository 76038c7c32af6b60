/*
 * Many traces into one section, in which what tells them apart is kept:
 * schemas/FORMAT.md, "Merged sections".
 *
 * Two passes. merge_add() reads an input to its end to learn what it holds (its
 * recordings, their clocks, damage); merge_write() then knows where every
 * recording lies on the common time axis and streams the rows, the input that
 * is furthest behind in time first. Memory grows with what the inputs define
 * (strings, stacks, sources, threads), not with their rows. Of many inputs that
 * were recorded at the same time only some are open at once: they are then merged
 * in groups, into temporary files, and these into one.
 *
 * Parts of one recording (prec --rotate) stay recordings that can be told apart, so
 * that any of them may come twice, in any merged trace; who reads the result sees
 * their processes and threads as one (parts.h).
 *
 *     struct merge *m = merge_new(&options, &hooks);
 *     merge_add(m, path, &err);                    for each input
 *     merge_plan(m, &plan, &err);
 *     merge_write(m, fd, &err);
 *     merge_free(m);
 *
 * The content of the result (digest.h) depends on the set of the recordings and
 * on the options only: not on the order of the inputs, nor on how they were
 * merged before. For that, all that is chosen is chosen from the recordings
 * themselves, never from the order in which they came.
 */
#ifndef TOOLS_CORE_MERGE_H
#define TOOLS_CORE_MERGE_H

#include <stdbool.h>

#include <ptf/error.h>

#include "tools/core/memory.h"

struct merge;

enum merge_align {
	MERGE_ALIGN_CLOCK, /* by what the clocks of their hosts said */
	MERGE_ALIGN_START, /* all begin at 0, but for what goes on from another */
	MERGE_ALIGN_NONE,  /* as they lie in their inputs */
};

/* Names of the enum as in the trace and on the command line, ending with NULL. */
extern const char *const merge_align_names[];

struct merge_options {
	enum merge_align align;
	bool as_runs;                     /* every input that has no run yet is one */
	bool aggregate;                   /* sums in place of rows */
	VEC(struct ptf_attribute) labels; /* key and value; borrowed */
};

/* What happens on the way; each may be NULL. */
struct merge_hooks {
	void *context;
	/* An input that was cut: all that is there is taken. */
	void (*damage)(void *context, const char *path, const struct ptf_error *note);
	/* Something to know about the result. path is NULL for all of it. */
	void (*note)(void *context, const char *path, const char *text);
	void (*progress)(void *context, const char *path, uint64_t done, uint64_t total);
};

/* What the result will be, after merge_plan(). */
struct merge_plan {
	size_t recording_count;
	size_t double_count;     /* recordings that came more than once */
	size_t overlap_count;    /* parts of one that begin before another ends */
	size_t run_count;        /* distinct run.id */
	size_t boot_count;       /* distinct boots of hosts, unknown ones each */
	size_t clockless_count;  /* recordings of which no clock is known */
	uint64_t uncertainty_ns; /* between recordings of different boots */
};

struct merge *merge_new(const struct merge_options *options,
	const struct merge_hooks *hooks);
/*
 * Takes in a file ("-" is standard input). One that cannot be read, or is
 * damaged other than by having been cut, is refused as a whole: nothing of it is
 * taken in.
 */
int merge_add(struct merge *m, const char *path, struct ptf_error *err);
/* No input was taken in so far. */
bool merge_is_empty(const struct merge *m);
/* After the last input. */
int merge_plan(struct merge *m, struct merge_plan *plan, struct ptf_error *err);
/* *path is then the input that failed, NULL when it is the output. */
int merge_write(struct merge *m, int fd, const char **path, struct ptf_error *err);
void merge_free(struct merge *m);

#endif
