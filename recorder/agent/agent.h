/*
 * The agent: the library that prec preloads into its target.
 *
 * What it may do in a signal handler: read the clock, read memory through
 * guard.h, store to its own ring. No locks, no allocation, no stdio.
 * What it may do elsewhere: as little as possible, and nothing that the
 * program can see: errno, signal masks, the environment and descriptors below
 * the top of the range stay as they are.
 */
#ifndef PREC_AGENT_H
#define PREC_AGENT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include "recorder/agent/real.h"
#include "recorder/cpython/walk.h"
#include "recorder/ring.h"

struct agent {
	struct prec_shm *shm; /* its header; NULL: this process is not recorded */
	uint64_t
		*_Atomic chunk[PREC_SLOT_COUNT / PREC_CHUNK_SLOTS]; /* rings, as mapped */
	pid_t owner_pid;              /* a child that shares or copied us has another */
	uint32_t process;             /* its number */
	struct prec_slot *image_slot; /* of the thread that began the image */
	int signal_number;            /* of the ticks: perf's is SIGTRAP; of a timer
					 SIGVTALRM, which debuggers let pass and programs
					 hardly use */
	_Atomic bool is_sealed;       /* seccomp: no system call any more */
	struct python_process python; /* version NULL: not a Python process */
	uint32_t python_hex;          /* PY_VERSION_HEX, as far as it can be known */
	char preload[4096];           /* value to give LD_PRELOAD over an exec */
	char shm_path[64];
};

extern struct agent agent;

/* Of the calling thread. */
struct agent_thread {
	struct prec_slot *slot; /* NULL: not sampled */
	uint64_t *words;
	void *event_page; /* perf source: keeps the event alive; NULL = none */
	int event_fd;     /* until prec has taken a copy; -1 = none */
	bool has_timer;   /* timer source */
	uint32_t tick_count;
	uint64_t quiet_until_cpu_ns; /* no sample before: the last one took long */
	bool has_ticked;             /* the first tick's period was a random one */
	bool has_lost;               /* samples, since the last one that found room */
	volatile bool in_handler;    /* also while records are written outside it */
	bool blocks_signal;          /* what the program believes of its mask */
	bool holds_signal;           /* one came while it did: to be delivered later */
	timer_t timer;
};

extern __thread struct agent_thread agent_thread;

static inline bool agent_is_on(void)
{
	return agent.shm &&
		!atomic_load_explicit(&agent.is_sealed, memory_order_relaxed) &&
		atomic_load_explicit(&agent.shm->stop, memory_order_relaxed) == 0;
}

/* And this is the recorded process, not a child that shares or copied it. */
static inline bool agent_is_here(void)
{
	return agent_is_on() && getpid() == agent.owner_pid;
}

/*
 * Our handler stands in this process, for the program's sake too: when recording
 * is over some thread may still tick, once, whenever it runs next.
 */
static inline bool agent_handles_signal(void)
{
	/* In a sealed process not even getpid() may be called. */
	return agent.shm &&
		(atomic_load_explicit(&agent.is_sealed, memory_order_relaxed) ||
			getpid() == agent.owner_pid);
}

/*
 * thread.c: the calling thread enters, leaves. Between claim and activate it
 * has a ring that prec does not see yet.
 */
bool agent_thread_claim(const char *python_name); /* NULL or empty = none */
void agent_thread_activate(void);
void agent_thread_end(void);

/* In a forked child: it has neither the ring nor the source of its parent. */
void agent_thread_forget(void);

/* thread_name.c: what Python calls the thread that it is starting, or "". */
void agent_name_of_new_thread(char name[PREC_THREAD_NAME_MAX]);
void agent_tell_thread_name(const char *name);

/* clone.c: one was made that is not seen otherwise. */
void agent_count_clone(unsigned long flags);

/* process.c: a program's first image in this process, a fork, the end. */
bool agent_process_begin(int argument_count, char *const arguments[], uint32_t parent);
void agent_process_begin_again(void); /* prec was told that it had gone */
void agent_process_follow_fork(void);
void agent_process_end(int exit_status);

/* agent.c: takes our variables out of the environment of the process. */
void agent_clean_environment(void);

/* agent.c: the whole of it is not recorded, or not any more. */
void agent_forget(void);

/* children.c: in a forked child nobody is in popen(). */
void agent_popen_unlock(void);

/* What the process has for its environment while a thread is in popen(). */
char *const *agent_own_environment(char *const environment[]);

/*
 * reach.c: process pid cannot be recorded; path is its program's, NULL =
 * ours. number is its own, 0 when it had not been recorded. Also between vfork
 * and exec.
 */
void agent_tell_unfollowed(enum prec_unfollowed_reason reason, pid_t pid, uint32_t number,
	const char *path);

/*
 * In a pid namespace that is not prec's (unshare, containers) this process has
 * an id there that prec would take for somebody else's.
 */
bool agent_has_other_pids(void);

/* One more that nobody wants to be followed. */
void agent_count_unfollowed(void);

/*
 * Whether a program can be followed through an exec of path; where PATH is
 * searched, agent_find_program says which file that will be.
 */
enum prec_unfollowed_reason agent_check_program(const char *path);
const char *agent_find_program(const char *name, char path[4096]);

/* source.c: ticks of the calling thread. Return 0 or an errno. */
int agent_source_open(struct agent_thread *thread);
void agent_source_close(struct agent_thread *thread);
void agent_source_drop_fd(struct agent_thread *thread);     /* async-signal-safe */
void agent_source_close_copy(const struct prec_slot *slot); /* in a forked child */
void agent_source_pause(struct agent_thread *thread);
void agent_source_resume(struct agent_thread *thread);
bool agent_source_is_due(struct agent_thread *thread); /* in the handler */

/* sample.c: one tick of the calling thread, from its handler; cpu_ns is its
   CPU time. True when it met code for the first time. */
bool agent_sample(const void *context, uint64_t cpu_ns);
void agent_sample_off(uint64_t cpu_ns); /* while recording is off */

/* interrupted.c: in the handler of a tick, before it returns to context. */
void agent_keep_interrupted(void *context);

/* image.c: tells prec what program this is and what it has loaded. */
struct agent_image {
	uint32_t parent, parent_generation; /* ring.h */
	const char *text;
	size_t text_bytes;
};
void agent_write_image(const struct agent_image *what);
void agent_write_modules(void);

/* thread.c: what must be there before any thread can be recorded. */
bool agent_threads_init(void);

/* agent.c: the ring of a slot, mapped when first asked for; NULL = impossible. */
uint64_t *agent_ring(uint32_t slot_index, bool may_map);

/* signals.c: installs the handler, past our own interposition. */
int agent_install_handler(void);
void agent_uninstall_handler(void); /* in a forked child */
void agent_signals_before_exec(void);
bool agent_real_action(int signal_number, struct sigaction *action);
bool agent_ignores_signal(void);
void agent_inherit_signal(bool is_blocked, bool is_ignored);

/*
 * memory/sampled_memory.c, which only one of the two libraries has: when it is known
 * whether this process is recorded.
 */
__attribute__((weak)) void agent_memory_begin(void);
__attribute__((weak)) void agent_memory_follow_fork(void); /* in the child */

uint64_t agent_clock_ns(clockid_t clock);

/*
 * image.c: writes a record of whole words, and a text that is padded to them, to
 * the calling thread's ring, outside its handler. False without room.
 */
bool agent_write_record(const void *record, size_t size, const char *text,
	size_t text_bytes);

/* In decimal, with a NUL; returns its place. No stdio between vfork and exec. */
char *agent_put_number(char *to, unsigned number);

#define AGENT_EXPORT __attribute__((visibility("default")))

#endif
