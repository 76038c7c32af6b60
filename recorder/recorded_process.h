/*
 * The processes of a recording, from their first ring to their end.
 *
 * Agents number processes as they appear (ring.h), so that a process id that
 * the system gives twice is no trouble. All but the first are nobody's business
 * but their parents': prec sees their end by a descriptor of the process, and
 * what they had used from what the agent told at exit, from /proc if the parent
 * has not waited yet, or from the last poll.
 */
#ifndef PREC_RECORDED_PROCESS_H
#define PREC_RECORDED_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <ptf/types.h>

#include "recorder/address_space.h"
#include "recorder/asyncio/awaits.h"
#include "recorder/codes.h"
#include "recorder/cpython/walk.h"
#include "recorder/debugger.h"
#include "recorder/gauges.h"
#include "recorder/idmap.h"
#include "recorder/memory/process_memory.h"
#include "recorder/ring.h"

struct recording;
struct recorded_thread;

#define PROCESS_ARGUMENTS_MAX 4096u

struct recorded_process {
	uint32_t number, parent_number; /* as the agents count */
	pid_t pid;
	uint32_t id;          /* in the trace */
	uint32_t main_thread; /* in the trace, 0 = not seen yet */
	int pid_fd;           /* -1 = none */
	bool is_dead;         /* nothing more comes into its rings */
	bool has_children;
	bool waits; /* it has a ring that waits for another drain */
	uint64_t start_ns;
	bool is_unfollowed; /* the agent is not in it, or not any more */
	enum prec_unfollowed_reason not_followed;

	/* The image that runs. */
	uint32_t generation;
	uint64_t image_ns;            /* when it began */
	struct python_process python; /* version NULL: not Python */
	uint32_t python_version;      /* as the agent told it, 0 = not Python */
	struct address_space space;
	struct codes codes;
	struct idmap frames; /* (code object, instruction) -> frame */
	char *words;         /* path and arguments, a NUL behind each; heap; NULL =
				not known */
	size_t words_bytes;
	char *cwd; /* heap; NULL = not known */

	struct debugger debugger;
	struct gauges gauges;
	struct awaits awaits; /* of the image */
	struct process_memory memory;

	uint64_t ended_cpu_ns;      /* of all its threads that have ended */
	uint64_t cpu_ns;            /* at the last poll */
	uint64_t exit_ns;           /* when it said that it ends, 0 = not yet */
	uint64_t died_ns;           /* when prec saw that it had */
	struct ptf_process_end end; /* exit_status -1 = not known */
};

/* Begins the first process, before it runs: command is what will be run. */
struct recorded_process *process_begin_first(struct recording *r, pid_t pid,
	const char *executable, char *const *command);

/*
 * The process whose thread has this slot, in the image that the slot belongs to:
 * begun with it, when it is new; made to enter it, when all rings of the image
 * before are drained. NULL while it must wait for that or for the image's own
 * ring (process->waits is set), or after a failure.
 */
struct recorded_process *process_of_slot(struct recording *r, struct prec_slot *slot);

/* It goes on in another section, and is defined there as what it is now. */
void process_leave_section(struct recording *r, struct recorded_process *process);
void process_enter_section(struct recording *r, struct recorded_process *process);

/* The one with this number that has not ended, or NULL. */
struct recorded_process *process_find(const struct recording *r, uint32_t number);

/* A record of its rings: it goes on in another image, it says how it ends. */
void process_take_image(struct recording *r, struct recorded_process *process,
	const struct prec_image *image, const char *text);
void process_take_end(struct recorded_process *process,
	const struct prec_process_end *record);

/* A process that the agent cannot go into, new or known, runs a program. */
void process_take_unfollowed(struct recording *r, const struct prec_unfollowed *told);

void process_take_child_end(struct recording *r, const struct prec_child_end *record);

/* Libraries were closed: what is known of its address space is void. */
void process_forget_space(struct recorded_process *process);

/* Sees which have died, and what the others have used. Before a drain. */
void processes_poll(struct recording *r);

/*
 * Writes the ends of those that were dead before the last drain. True when one is
 * kept for another drain: its parent may be about to tell how it ended.
 */
bool processes_end_dead(struct recording *r);

/* Recording stops while it runs on: all rows, no end. */
void process_leave(struct recording *r, struct recorded_process *process);

/* Frees it. */
void process_finish(struct recording *r, struct recorded_process *process);

#endif
