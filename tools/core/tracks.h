/*
 * Tracks: what a viewer shows as one line of time. Every thread is one; rows
 * whose thread is not known are one for each section.
 *
 * Process and thread ids of the system are reused, within a run and all the more
 * between runs that are shown together. Viewers tell processes and threads apart
 * by nothing else, so that here every one has its own: the system's, as long as
 * no other has it, else one beyond those that Linux gives.
 */
#ifndef TOOLS_CORE_TRACKS_H
#define TOOLS_CORE_TRACKS_H

#include "tools/core/profile.h"

struct track {
	uint32_t section; /* index */
	uint32_t thread;  /* 0 = unknown */
	uint32_t process; /* 0 = unknown */
	uint32_t pid;     /* unique; 0 = of no known process */
	uint32_t tid;     /* unique; a main thread's is its process's */
	bool is_shown;    /* it is selected, or has rows */
	/* Of all sections, where the thread is unknown. */
	uint64_t cpu_row_count, off_cpu_row_count;
};

struct tracks {
	VEC(struct track) items;  /* threads in order of id, then sections */
	uint32_t *pid_of_process; /* [process], [0] = 0 */
};

void tracks_make(struct tracks *tracks, const struct profile *p);
void tracks_free(struct tracks *tracks);

/* The index of the track that rows belong to. */
size_t tracks_index(const struct profile *p, uint32_t section, uint32_t thread);

/*
 * The time of a mark on the axis of all sections; false when it is not selected.
 */
bool tracks_mark_time(const struct profile *p, const struct profile_mark *mark,
	int64_t *time_ns);

/* What all sections together span on their axis, or what is selected of it. */
void tracks_span(const struct profile *p, int64_t *start_ns, int64_t *end_ns);

/* "walk.py 100", "[no process]"; the caller frees it. */
char *tracks_process_title(const struct profile *p, uint32_t process);

#endif
