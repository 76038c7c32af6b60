/*
 * One recording: the state that the parts of prec share, and what belongs to
 * each recorded thread.
 *
 *     target.c    starts the program
 *     session.c   the loop: waits, polls, drains, flushes, ends
 *     drain.c     rings -> rows
 *     offcpu.c    /proc and the target's memory -> rows
 *     stacks.c    frames -> nodes;  codes.c  code objects -> functions, lines
 *     thread_rows.c  rows -> sample Blocks
 *     sources.c, symbolize.c, host.c   facts
 */
#ifndef PREC_RECORDING_H
#define PREC_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ptf/ptf.h>

#include "recorder/address_space.h"
#include "recorder/codes.h"
#include "recorder/debugger.h"
#include "recorder/gauges.h"
#include "recorder/idmap.h"
#include "recorder/marks.h"
#include "recorder/offcpu.h"
#include "recorder/remote_memory.h"
#include "recorder/ring.h"
#include "recorder/thread_rows.h"
#include "recorder/sources.h"
#include "recorder/symbolize.h"
#include "recorder/ticks.h"

struct recorded_thread {
	uint32_t tid;
	uint32_t id;            /* in the trace */
	struct prec_slot *slot; /* NULL: not sampled any more */
	int event_fd;           /* our copy of its perf event, -1 = none */
	uint64_t drained;       /* the ring's tail: records before it are done */
	uint64_t codes_drained; /* facts of code objects before it are done */
	uint32_t generation;    /* of the image that the slot belongs to */
	bool is_main, is_ended;
	struct ticks ticks;
	struct rows rows;
	struct offcpu offcpu;
	uint32_t last_node;               /* of its last on-CPU sample */
	uint64_t end_time_ns, end_cpu_ns; /* 0 = not known */
	char name[16];                    /* as the kernel last told it */
};

/* What was not recorded, per kind (FORMAT.md, "Losses"). */
struct recording_losses {
	uint64_t ring_full, mark, torn, throttled, unread_code, stack_elided, unknown_pc;
};

struct recording {
	struct ptf_writer *writer;
	struct prec_shm *shm;
	uint64_t origin_ns; /* CLOCK_MONOTONIC of the section's time 0 */
	uint64_t clock_ns;  /* of the last clock reading that was written */
	bool keep_sources, keep_arguments;

	pid_t pid;
	uint32_t process; /* id in the trace */

	/* Known at the end of the process. */
	int exit_status; /* 0 to 255, or 128 + signal */
	uint64_t user_ns, system_ns, minor_fault_count, major_fault_count;
	uint64_t maximum_rss_bytes;
	uint64_t children_cpu_ns; /* of those it waited for, to a tick */
	char cwd[4096];           /* of the target at its start */

	/* The image that runs. */
	uint32_t generation;
	struct python_process python; /* version NULL: not Python */
	struct address_space space;
	uint32_t unload_count; /* libraries closed when space was begun */

	struct codes codes;
	struct idmap frames;                /* (code object, instruction) -> frame */
	struct idmap modules;               /* hash of a path -> module */
	struct native_frames native_frames; /* to be symbolized */
	struct sources sources;
	struct remote_memory memory;
	struct debugger debugger;
	struct gauges gauges;
	struct marks marks;
	uint32_t unsampled_node, elided_frame, unknown_frame;

	struct recorded_thread **thread; /* those that have not ended */
	size_t thread_count;
	struct recorded_thread *thread_of_slot[PREC_SLOT_COUNT];
	uint64_t ended_cpu_ns; /* of all threads that have ended */
	uint64_t sample_count; /* on-CPU samples */
	struct recording_losses lost;

	/* The first failure to write; after it nothing is recorded any more. */
	struct ptf_error error;
};

/* Time of the section. */
static inline int64_t recording_time(const struct recording *r, uint64_t monotonic_ns)
{
	return (int64_t)(monotonic_ns - r->origin_ns);
}

/*
 * Notes a failure of libptf, or nothing when rc >= 0. Returns whether the
 * recording goes on. recording_no_memory is the same for our own allocations.
 */
bool recording_check(struct recording *r, int rc, const struct ptf_error *err);
void recording_no_memory(struct recording *r);

static inline bool recording_is_sound(const struct recording *r)
{
	return r->error.code == 0;
}

/* Strings, interned; 0 after a failure, which recording_check has noted. */
uint32_t recording_string(struct recording *r, const char *text);
uint32_t recording_text(struct recording *r, struct ptf_text text);

/*
 * The thread of a slot that was claimed, new or known (after exec). NULL while
 * the thread still has the slot of its replaced program, or after a failure.
 */
struct recorded_thread *recording_thread(struct recording *r, struct prec_slot *slot);

/*
 * The same for a thread that ended without a word (exec, the process's end):
 * at the last poll of it, with the CPU time known then.
 */
void recording_end_overtaken_thread(struct recording *r, struct recorded_thread *thread);

/* A new image begins in the process (drain.c read its record). */
void recording_begin_image(struct recording *r, const struct prec_image *image);

/* Adds up what the thread of a slot could not record. */
void recording_count_losses(struct recording *r, const struct prec_slot *slot);

/*
 * Writes the thread's last rows and its end; cpu_ns of its whole life. The
 * thread is freed by the next recording_flush.
 */
void recording_end_thread(struct recording *r, struct recorded_thread *thread,
	uint64_t time_ns, uint64_t cpu_ns);

/*
 * Begins the section on fd: host, run, process. command is the whole command
 * line. False after a failure, which is noted.
 */
struct recording_start {
	int fd;
	const char *executable;
	char *const *command; /* NULL-terminated */
	double rate_hz;
	uint64_t time_resolution_ns; /* of the stamps; 0 = the default */
};
bool recording_begin(struct recording *r, const struct recording_start *start);

/* Writes rows that are complete and hands them to the system. */
void recording_flush(struct recording *r);

/* The process ended at time_ns, having used cpu_ns: all that is left, the end. */
void recording_end(struct recording *r, uint64_t time_ns, uint64_t cpu_ns);

void recording_finish(struct recording *r);

#endif
