/*
 * The runs of a profile: repetitions of one experiment. A section is one, with those
 * that go on with its recording, unless recordings in it belong to several (run.id
 * of merged sections, schemas/FORMAT.md).
 */
#ifndef TOOLS_CORE_RUNS_H
#define TOOLS_CORE_RUNS_H

#include "tools/core/profile.h"

struct run {
	const char *path;   /* of the input */
	uint32_t section;   /* index */
	struct ptf_text id; /* run.id, of merged runs; empty = the whole section */
};

struct runs {
	const struct profile *p;
	VEC(struct run) of;
	VEC(uint32_t) of_process; /* [process] = index + 1, 0 = of no run */
	VEC(uint32_t) of_thread;  /* [thread], the same */
	VEC(uint32_t) of_section; /* [section] = index of its first run + 1 */
	size_t double_count;      /* recordings that came before, and are left out */
};

/* The profile must outlive the runs. */
void runs_find(struct runs *runs, const struct profile *p);
/* "all.ptf, run 2": its input, and its number where that has several. Freed. */
char *runs_name(const struct runs *runs, size_t index);
void runs_free(struct runs *runs);

#endif
