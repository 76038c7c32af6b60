/*
 * One recording: the state that the parts of prec share.
 *
 *     target.c    starts the program
 *     session.c   the loop: waits, polls, drains, flushes, ends
 *     recorded_process.c, recorded_thread.c   come and go
 *     recorded_section.c  begin, leave and complete sections
 *     drain.c     rings -> rows
 *     offcpu.c    /proc and the target's memory -> rows
 *     stacks.c    frames -> nodes;  codes.c  code objects -> functions, lines
 *     thread_rows.c  rows -> sample Blocks;  memory/  the same of memory
 *     sources.c, symbolize.c, host.c   facts
 */
#ifndef PREC_RECORDING_H
#define PREC_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ptf/ptf.h>

#include "recorder/debugger.h"
#include "recorder/losses.h"
#include "recorder/marks.h"
#include "recorder/recorded_process.h"
#include "recorder/recorded_section.h"
#include "recorder/recorded_thread.h"
#include "recorder/remote_memory.h"
#include "recorder/ring.h"
#include "recorder/sources.h"

/* What is to be recorded. Borrowed texts live as long as the recording. */
struct recording_start {
	int fd;
	pid_t pid;
	const char *executable;
	char *const *command; /* NULL-terminated */
	double rate_hz;
	uint64_t time_resolution_ns; /* of the stamps; 0 = the default */
};

struct recording {
	struct prec_shm *shm;
	struct recording_start start;
	uint8_t trace_id[16];       /* of all its sections */
	uint64_t origin_ns;         /* CLOCK_MONOTONIC when it began */
	uint64_t start_realtime_ns; /* CLOCK_REALTIME then */
	struct recorded_section section;
	uint64_t left_bytes; /* written in sections before */
	bool keep_sources, keep_arguments;
	bool was_off; /* recording was switched off at the last poll */
	int wake_fd;  /* epoll: prec wakes up for the ends of processes */

	struct recorded_process **process; /* those that have not ended */
	size_t process_count;
	char cwd[4096]; /* of the program at its start */

	struct remote_memory memory;
	struct debugger_gaps debugger_gaps;
	struct marks marks;

	struct recorded_thread **thread; /* those that have not ended */
	size_t thread_count;
	struct recorded_thread *thread_of_slot[PREC_SLOT_COUNT];
	uint64_t fullest_words;   /* of the rings at the last drain */
	uint64_t children_cpu_ns; /* of what the first process waited for, to a tick */
	uint64_t ended_cpu_ns;    /* of all ended processes but the first */
	uint64_t unfollowed_cpu_ns, unfollowed_count; /* of those without the agent */
	uint64_t sample_count;                        /* on-CPU samples */
	struct losses lost;

	/* The first failure to write; after it nothing is recorded any more. */
	struct ptf_error error;
};

/* Programs say when something was, and may say anything: no trace is 18 years long. */
#define RECORDING_TIME_MAX_NS (INT64_C(1) << 59)

/* Time of the section. */
static inline int64_t recording_time(const struct recording *r, uint64_t monotonic_ns)
{
	int64_t time_ns = (int64_t)(monotonic_ns - r->section.origin_ns);

	return time_ns > RECORDING_TIME_MAX_NS     ? RECORDING_TIME_MAX_NS
		: time_ns < -RECORDING_TIME_MAX_NS ? -RECORDING_TIME_MAX_NS
						   : time_ns;
}

/* The first ones. Counted by the program, which may count as it likes. */
static inline uint32_t recording_used_slots(const struct recording *r)
{
	uint32_t used_count =
		atomic_load_explicit(&r->shm->used_slot_count, memory_order_acquire);

	return used_count < r->shm->slot_count ? used_count : r->shm->slot_count;
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

/* A metric of the section, defined anew; 0 after a failure. */
uint32_t recording_metric(struct recording *r, const struct ptf_metric *metric);

/* The class of waits of a kind; that of all waits after a failure. */
uint32_t recording_wait_class(struct recording *r, const char *kind);

void recording_facts(struct recording *r, const struct ptf_facts *facts);

/* Begins it, with its first section and process. False after a failure, noted. */
bool recording_begin(struct recording *r, const struct recording_start *start);

/* What it has written in all. */
uint64_t recording_bytes(const struct recording *r);

/* Writes rows that are complete and hands them to the system. */
void recording_flush(struct recording *r);

/* All that is left, at time_ns. Processes that still run are left alone. */
void recording_end(struct recording *r, uint64_t time_ns);

void recording_finish(struct recording *r);

#endif
