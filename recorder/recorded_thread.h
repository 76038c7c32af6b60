/* The threads of a recording, from their slot to their end. */
#ifndef PREC_RECORDED_THREAD_H
#define PREC_RECORDED_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "recorder/marks.h"
#include "recorder/offcpu.h"
#include "recorder/ring.h"
#include "recorder/thread_rows.h"
#include "recorder/ticks.h"

struct recording;
struct recorded_process;

struct recorded_thread {
	struct recorded_process *process;
	uint32_t tid;
	uint32_t id;            /* in the trace */
	struct prec_slot *slot; /* NULL: not sampled any more */
	int event_fd;           /* our copy of its perf event, -1 = none */
	uint64_t drained;       /* the ring's tail: records before it are done */
	uint64_t codes_drained; /* facts of code objects before it are done */
	uint32_t generation;    /* of the image that the slot belongs to */
	bool is_main, is_ended;
	uint64_t start_time_ns;
	struct ticks ticks;
	struct rows rows;
	struct offcpu offcpu;
	uint32_t unload_count;            /* libraries closed, as of the last drain */
	uint32_t last_node;               /* of its last on-CPU sample */
	uint64_t end_time_ns, end_cpu_ns; /* 0 = not known */
	bool has_python_name;
	char name[16]; /* as the kernel last told it; empty = not yet */
	char told_name[PREC_THREAD_NAME_MAX]; /* in the trace; empty = none yet */
	struct open_regions open_regions;
};

/*
 * The thread of a slot that was claimed in this process, new or known (after
 * exec). NULL while the thread still has the slot of its replaced program, or
 * after a failure.
 */
struct recorded_thread *thread_of_slot(struct recording *r,
	struct recorded_process *process, struct prec_slot *slot);

/* Of a process that never loaded the agent: its main thread. */
struct recorded_thread *thread_add(struct recording *r, struct recorded_process *process,
	uint32_t tid, uint64_t start_time_ns);

/*
 * At the seam of two sections: what came so far is written, later it is defined
 * in the next one.
 */
void thread_leave_section(struct recording *r, struct recorded_thread *thread);
void thread_enter_section(struct recording *r, struct recorded_thread *thread);

/*
 * The kernel's name of the thread, told when it is new; of a thread that Python
 * has named, when it changes.
 */
void thread_note_name(struct recording *r, struct recorded_thread *thread);
void thread_take_name(struct recording *r, struct recorded_thread *thread,
	const char *name, uint64_t time_ns);

/* Its CPU time as known from outside and from its samples. */
uint64_t thread_known_cpu_ns(const struct recorded_thread *thread);

/*
 * Writes its rows up to a time of CLOCK_MONOTONIC, but not what its last samples
 * stand for beyond what it has used by now: it may be about to end.
 */
void thread_write_rows(struct recording *r, struct recorded_thread *thread,
	uint64_t until_ns);

/*
 * Writes the thread's last rows and its end; cpu_ns of its whole life. The
 * thread is freed by the next threads_free_ended.
 */
void thread_end(struct recording *r, struct recorded_thread *thread, uint64_t time_ns,
	uint64_t cpu_ns);

/*
 * The same for a thread that ended without a word (exec, the process's end):
 * at the last poll of it, with the CPU time known then.
 */
void thread_end_overtaken(struct recording *r, struct recorded_thread *thread);

/* The same for a thread that runs on when recording stops: it has no end. */
void thread_leave(struct recording *r, struct recorded_thread *thread);

/* Its ring is read to the end and can be used by another thread. */
void thread_release_slot(struct recording *r, struct recorded_thread *thread);

void threads_free_ended(struct recording *r);

void thread_finish(struct recorded_thread *thread);

#endif
