/*
 * The parts of --to perfetto, which together write one trace:
 *
 *     perfetto.c           the format: begins, replays, ends; samples
 *     perfetto_packets.c   packets to bytes
 *     perfetto_names.c     interned data: stacks, frames, texts, contexts
 *     perfetto_tracks.c    processes and threads; what hangs below them
 *     perfetto_states.c    the class of each thread over time
 *     perfetto_counters.c  counters of the trace; CPU time by class
 *     perfetto_memory.c    what stacks allocated and hold, as heap profiles
 *     perfetto_marks.c     marks, and the facts of the recording
 *
 * Each part writes what belongs to a row when the row comes, and keeps one entry
 * for each thing that a profile keeps anyway (stacks, threads, ...), or for each
 * of a bounded number of steps of time.
 */
#ifndef TOOLS_EMIT_PERFETTO_PARTS_H
#define TOOLS_EMIT_PERFETTO_PARTS_H

#include <stdbool.h>

#include "tools/core/intern_table.h"
#include "tools/core/replay.h"
#include "tools/core/tracks.h"
#include "tools/emit/emit.h"
#include "tools/emit/perfetto_packets.h"

/* What was told already: a bit for each use of a thing; all zero is nothing. */
typedef VEC(uint8_t) pf_told;

struct pf_names {
	pf_told string, module, place, node, class_id;
	struct intern tasks;    /* (track, task) */
	struct intern contexts; /* (cpu, mode) */
	uint32_t tasks_told, contexts_told;
};

/* Of a process: host, rank. */
#define PF_LABEL_COUNT 2

struct pf_state {
	uint32_t class_id;
	bool is_open, is_told; /* its track */
	int64_t end_ns;
};

struct perfetto {
	const struct profile *p;
	const struct emit_options *options;
	bool compat; /* what versions before 58 read */
	bool wall;   /* the main weight of a sample is all its time */
	bool has_begun;
	/* Readings at time 0 of the profile; boottime is that of the output. */
	int64_t monotonic_ns, boottime_ns, realtime_ns;
	int64_t clock_told_ns;
	/* Weights by class: [kind] = place among the followers + 1, 0 = none */
	uint32_t follower_of_class[PTF_CLASS_KIND_COUNT];
	size_t follower_count;

	struct pf_packets packets;
	struct pf_names names;
	struct tracks tracks;
	pf_told process_told, thread_told;
	bool shows_label[PF_LABEL_COUNT];
	VEC(struct pf_state) states; /* [track] */
	struct intern counters;      /* struct counter_key */
};

/* Time of the output. */
uint64_t pf_time(const struct perfetto *pf, int64_t time_ns);
static inline int64_t pf_section_end(const struct profile *p, uint32_t section)
{
	return profile_axis_time(p, section, p->sections.item[section].end_ns);
}

/* ---------------------------------------------------- perfetto_names.c */

/* A text of the profile as text_utf8 makes it; the caller frees it. */
char *pf_string(const struct perfetto *pf, uint32_t id);

/* Whether the thing is told for the first time in this use of it. */
bool pf_is_new(pf_told *told, uint32_t id, uint8_t use);

/* Each tells the thing when it is new. 0 = there is none. */
uint64_t pf_callstack(struct perfetto *pf, uint32_t node);
uint64_t pf_task_context(struct perfetto *pf, size_t track, uint32_t task);
uint64_t pf_execution_context(struct perfetto *pf, uint32_t cpu, uint32_t class_kind);
/* The name of a class with its detail: "wait: futex". */
uint64_t pf_class_name(struct perfetto *pf, uint32_t class_id);

void pf_names_free(struct pf_names *names);

/* --------------------------------------------------- perfetto_tracks.c */

/* Tracks are told apart by a number of this kind and an id. */
enum pf_track {
	PF_TRACK_PROCESS = 1,
	PF_TRACK_THREAD,
	PF_TRACK_STATE,     /* of a thread */
	PF_TRACK_COUNTER,   /* of perfetto.counters */
	PF_TRACK_CPU_GROUP, /* of a process */
	PF_TRACK_CPU,       /* process and class */
	PF_TRACK_SECTION,
	PF_TRACK_MARKS, /* counted */
};

static inline uint64_t pf_uuid(enum pf_track kind, uint64_t id)
{
	return (uint64_t)kind << 40 | id;
}

/* Threads are told by their index in perfetto.tracks. */
void pf_tell_threads(struct perfetto *pf);
/* "walk.py"; the caller frees it. */
char *pf_process_title(const struct perfetto *pf, uint32_t process);
uint32_t pf_process_pid(const struct perfetto *pf, uint32_t process);
uint32_t pf_pid(const struct perfetto *pf, size_t track);
uint32_t pf_tid(const struct perfetto *pf, size_t track);
/* Both tell what is new; process 0 is made up. */
uint64_t pf_process_uuid(struct perfetto *pf, uint32_t process);
uint64_t pf_thread_uuid(struct perfetto *pf, size_t track);

void pf_put_track(struct perfetto *pf, PF(TrackDescriptor) * track);
void pf_put_event(struct perfetto *pf, int64_t time_ns, PF(TrackEvent) * event);
/* The name may be NULL. */
void pf_put_slice(struct perfetto *pf, int64_t time_ns, int type, uint64_t track,
	char *name);

/* --------------------------------------------------- perfetto_states.c */

void pf_states_row(struct perfetto *pf, size_t track, const struct replay_rows *rows,
	size_t i);
void pf_states_end(struct perfetto *pf);

/* ------------------------------------------------- perfetto_counters.c */

void pf_put_points(struct perfetto *pf, const struct replay_points *points);
void pf_end_gauges(struct perfetto *pf);
/* 0, or negative as profile_replay. */
int pf_put_cpu_time(struct perfetto *pf, struct ptf_error *err);

/* --------------------------------------------------- perfetto_memory.c */

/* 0, or negative as heap_make. */
int pf_put_memory(struct perfetto *pf, struct ptf_error *err);

/* ---------------------------------------------------- perfetto_marks.c */

void pf_put_marks(struct perfetto *pf);
void pf_put_facts(struct perfetto *pf);

#endif
