/* Polling for time off the processor; see offcpu.h. */
#include "recorder/offcpu.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/descriptors.h"
#include "recorder/recording.h"
#include "recorder/stacks.h"
#include "recorder/wait_kind.h"

/*
 * On a busy host every poll finds some delay. Rows of whole quanta give each
 * stack its share as well, in the mean, and are a fraction of the rows.
 */
#define RUNNABLE_QUANTUM_NS 20000000

/*
 * Where a thread waits is looked for when it has waited, in all, for so long.
 * Of one that runs the kernel tells the time as of its last tick, 4 ms ago.
 */
#define LOOK_NS 5000000

static int open_task_file(const struct recorded_thread *thread, const char *name)
{
	char path[96];

	snprintf(path, sizeof path, "/proc/%d/task/%u/%s", (int)thread->process->pid,
		thread->tid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Kept open if limits allow; *fd: 0 = not tried yet, -1 = opened at each time. */
static ssize_t read_task_file(const struct recorded_thread *thread, const char *name,
	int *kept_fd, char *text, size_t size)
{
	int fd = *kept_fd;

	if (fd <= 0) {
		fd = open_task_file(thread, name);
		*kept_fd = *kept_fd == 0 && descriptors_may_keep(fd) ? fd : -1;
	}
	ssize_t length = fd < 0 ? -1 : pread(fd, text, size - 1, 0);
	if (fd >= 0 && fd != *kept_fd)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length;
}

static bool read_schedstat(struct recorded_thread *thread, uint64_t *run_ns,
	uint64_t *queue_ns)
{
	char text[96], *end;

	if (read_task_file(thread, "schedstat", &thread->offcpu.schedstat_fd, text,
		    sizeof text) <= 0)
		return false;
	*run_ns = strtoull(text, &end, 10);
	*queue_ns = strtoull(end, NULL, 10);
	return true;
}

static void close_files(struct offcpu *off)
{
	if (off->schedstat_fd > 0)
		close(off->schedstat_fd);
	if (off->syscall_fd > 0)
		close(off->syscall_fd);
	off->schedstat_fd = off->syscall_fd = -1;
}

/* What /proc/PID/task/TID/syscall says of a blocked thread. */
struct blocked_call {
	long number; /* -1: in no system call */
	uint64_t first_argument;
	uint64_t pc;
};

/* False when the thread runs or is ready to. */
static bool read_blocked_call(struct recorded_thread *thread, struct blocked_call *call)
{
	char text[256];
	char *at = text;
	const char *last;

	if (read_task_file(thread, "syscall", &thread->offcpu.syscall_fd, text,
		    sizeof text) <= 0 ||
		!strncmp(text, "running", 7))
		return false;
	call->number = strtol(at, &at, 10);
	call->first_argument = strtoull(at, NULL, 16);
	last = strrchr(text, ' ');
	call->pc = last ? strtoull(last, NULL, 16) : 0;
	return true;
}

static uint32_t class_of(struct recording *r, const struct recorded_process *process,
	const struct blocked_call *call)
{
	const struct python_process *python = &process->python;
	uint64_t runtime_end = python->runtime + process->space.runtime_bytes;

	if (python->version && call->number == SYS_futex &&
		call->first_argument >= python->runtime &&
		call->first_argument < runtime_end)
		return PTF_CLASS_GIL;
	return recording_wait_class(r, wait_kind(call->number));
}

/* A stack of any depth, with its middle elided as the agent does it (ring.h). */
struct frame_window {
	struct prec_frame frame[PREC_LEAF_FRAMES + PREC_ROOT_FRAMES];
	size_t entry_count; /* runs of equal frames, also those elided */
	uint32_t elided_count;
};

static struct prec_frame *window_place(struct frame_window *w, size_t entry)
{
	return &w->frame[entry < PREC_LEAF_FRAMES ? entry
						  : PREC_LEAF_FRAMES +
				(entry - PREC_LEAF_FRAMES) % PREC_ROOT_FRAMES];
}

static void window_add(struct frame_window *w, const struct python_frame *frame)
{
	struct prec_frame *last =
		w->entry_count ? window_place(w, w->entry_count - 1) : NULL;

	if (last && last->key == frame->key && last->instruction == frame->instruction) {
		last->repeat_count++;
		return;
	}
	struct prec_frame *place = window_place(w, w->entry_count);
	if (w->entry_count >= PREC_LEAF_FRAMES + PREC_ROOT_FRAMES)
		w->elided_count += place->repeat_count;
	*place = (struct prec_frame){frame->key, frame->instruction, 1};
	w->entry_count++;
}

/* Into frames, in their order; returns how many. */
static size_t window_unroll(struct frame_window *w,
	struct prec_frame frames[PREC_LEAF_FRAMES + PREC_ROOT_FRAMES])
{
	size_t kept = w->entry_count;

	if (kept > PREC_LEAF_FRAMES + PREC_ROOT_FRAMES)
		kept = PREC_LEAF_FRAMES + PREC_ROOT_FRAMES;
	for (size_t i = 0; i < kept; i++) {
		size_t entry = i < PREC_LEAF_FRAMES ? i : w->entry_count - kept + i;
		frames[i] = *window_place(w, entry);
	}
	return kept;
}

/* The PyThreadState of the thread, remembered while it is the same; 0 = none. */
static uintptr_t find_thread_state(struct recording *r, struct recorded_thread *thread)
{
	const struct python_process *python = &thread->process->python;
	struct python_memory *memory = &r->memory.memory;
	uintptr_t *known = &thread->offcpu.thread_state;
	uint64_t id = 0;

	if (*known &&
		(!memory->read(memory, *known + python->version->thread_id, &id,
			 sizeof id) ||
			id != thread->slot->pthread))
		*known = 0;
	if (!*known)
		*known = python_find_thread(memory, python, thread->slot->pthread);
	return *known;
}

/* The thread's Python stack as it lies in the target's memory now; 0 = none. */
static uint32_t read_python_node(struct recording *r, struct recorded_thread *thread)
{
	static struct frame_window window; /* one walk at a time, too large for a stack */
	static struct prec_frame frames[PREC_LEAF_FRAMES + PREC_ROOT_FRAMES];
	struct recorded_process *process = thread->process;
	struct python_walk walk;
	struct python_frame frame;

	if (!process->python.version)
		return 0;
	remote_memory_init(&r->memory, process->pid);
	uintptr_t state = find_thread_state(r, thread);
	if (!state)
		return 0;
	window.entry_count = 0;
	window.elided_count = 0;
	python_walk_begin(&walk, &r->memory.memory, &process->python, state);
	while (python_walk_next(&walk, &frame)) {
		if (!codes_find(&process->codes, frame.key) &&
			!codes_add_remote(r, process, frame.key, frame.code))
			return 0;
		window_add(&window, &frame);
	}
	if (walk.torn)
		return 0;
	if (window.elided_count)
		r->lost.stack_elided++;
	return stacks_python_node(r, process, frames, window_unroll(&window, frames),
		window.elided_count);
}

static void add_row(struct recording *r, struct recorded_thread *thread, uint64_t time_ns,
	int64_t weight_ns, uint32_t node, uint32_t class_id)
{
	struct row row = {recording_time(r, time_ns), weight_ns, node, class_id};

	if (weight_ns > 0 && rows_add(&thread->rows, row) < 0)
		recording_no_memory(r);
}

static void settle_wait(struct recording *r, struct recorded_thread *thread,
	uint64_t time_ns)
{
	struct offcpu *off = &thread->offcpu;

	if (off->class_id && off->wait_ns > 0) {
		add_row(r, thread, time_ns, off->wait_ns, off->node, off->class_id);
		off->wait_ns = 0;
	}
}

static void settle_runnable(struct recording *r, struct recorded_thread *thread,
	uint64_t time_ns)
{
	struct offcpu *off = &thread->offcpu;

	add_row(r, thread, time_ns, off->runnable_ns,
		thread->last_node ? thread->last_node : off->node, PTF_CLASS_RUNNABLE);
	off->runnable_ns = 0;
}

void offcpu_settle(struct recording *r, struct recorded_thread *thread, uint64_t time_ns)
{
	if (thread->offcpu.is_blocked)
		settle_wait(r, thread, time_ns);
}

/*
 * All that is left, nothing more comes. Wait that no look has found is where the
 * thread was last seen blocked, else where it last ran: time that the host has
 * stolen from a busy thread is never seen, as it is neither run nor queue.
 */
static void settle_all(struct recording *r, struct recorded_thread *thread,
	uint64_t time_ns)
{
	struct offcpu *off = &thread->offcpu;

	if (!off->class_id) {
		off->class_id = PTF_CLASS_WAIT;
		off->node =
			thread->last_node ? thread->last_node : r->section.unsampled_node;
	}
	settle_wait(r, thread, time_ns);
	settle_runnable(r, thread, time_ns);
}

/* Sees where the thread is blocked now, if it is. */
static void look(struct recording *r, struct recorded_thread *thread, uint64_t run_ns)
{
	struct offcpu *off = &thread->offcpu;
	struct blocked_call call, again;
	uint64_t run_after_ns, queue_ns;

	off->is_blocked = false;
	if (!read_blocked_call(thread, &call))
		return;
	uint32_t node = read_python_node(r, thread);
	if (!read_schedstat(thread, &run_after_ns, &queue_ns) || run_after_ns != run_ns ||
		!read_blocked_call(thread, &again) || again.number != call.number ||
		again.pc != call.pc)
		return;
	if (!node) {
		const struct mapping *mapping =
			address_space_find(&thread->process->space, call.pc);
		if (!mapping) /* its memory is gone: it is about to end */
			return;
		node = stacks_native_node(r, mapping, call.pc);
	}
	off->node = node;
	off->class_id = class_of(r, thread->process, &call);
	off->is_blocked = true;
}

static void poll_thread(struct recording *r, struct recorded_thread *thread)
{
	struct offcpu *off = &thread->offcpu;
	uint64_t run_ns, queue_ns, now_ns;

	if (!off->polled_ns) {
		/* The delays of a task begin at 0 with it: the first interval has
		   its own. */
		off->polled_ns = thread->slot->start_time_ns;
		off->run_ns = thread->slot->start_cpu_ns;
	}
	if (!read_schedstat(thread, &run_ns, &queue_ns))
		return;
	now_ns = clock_now_ns();
	bool was_blocked = off->is_blocked, has_run = run_ns != off->run_ns;
	int64_t waited_ns = (int64_t)(now_ns - off->polled_ns) -
		(int64_t)(run_ns - off->run_ns) - (int64_t)(queue_ns - off->queue_ns);
	/* While recording is off waits are followed, but not kept. */
	if (r->was_off)
		waited_ns = 0;
	else
		off->runnable_ns += (int64_t)(queue_ns - off->queue_ns);
	if (off->runnable_ns >= RUNNABLE_QUANTUM_NS)
		settle_runnable(r, thread, now_ns);
	uint64_t before_ns = off->polled_ns;
	off->polled_ns = now_ns;
	off->run_ns = run_ns;
	off->queue_ns = queue_ns;
	off->credited_ns = thread->ticks.credited_ns;
	if (was_blocked && !has_run) {
		off->wait_ns += waited_ns;
		return;
	}
	int64_t old_share_ns = 0;
	if (was_blocked) {
		uint32_t node = off->node, class_id = off->class_id;
		settle_wait(r, thread, before_ns);
		look(r, thread, run_ns);
		old_share_ns = off->is_blocked ? waited_ns / 2 : waited_ns;
		/* A row is never negative: what is missing is kept. */
		if (old_share_ns < 0)
			old_share_ns = 0;
		add_row(r, thread, now_ns, old_share_ns, node, class_id);
	} else if (off->wait_ns + waited_ns >= LOOK_NS) {
		look(r, thread, run_ns);
	}
	off->wait_ns += waited_ns - old_share_ns;
	/* Each time a thread is found blocked anew the wait since the last time
	   is its: threads that pass the GIL around run at every poll. */
	if (off->is_blocked)
		settle_wait(r, thread, now_ns);
}

void offcpu_poll(struct recording *r)
{
	bool is_off = atomic_load(&r->shm->is_off);

	for (size_t i = 0; i < r->thread_count && recording_is_sound(r); i++) {
		struct recorded_thread *thread = r->thread[i];
		/* What image it runs must have been read from its ring before. */
		if (thread->slot && !thread->is_ended &&
			thread->generation == thread->process->generation)
			poll_thread(r, thread);
		/* What was waited for until now is not to be mixed with what follows. */
		if (is_off && !r->was_off)
			offcpu_settle(r, thread, clock_now_ns());
	}
	r->was_off = is_off;
}

void offcpu_end(struct recording *r, struct recorded_thread *thread, uint64_t time_ns,
	uint64_t cpu_ns)
{
	struct offcpu *off = &thread->offcpu;

	if (off->polled_ns == 0) {
		off->polled_ns = thread->slot ? thread->slot->start_time_ns : time_ns;
		off->run_ns = thread->slot ? thread->slot->start_cpu_ns : cpu_ns;
	}
	uint64_t run_ns, queue_ns;
	/* Of a zombie the last delays can still be read, of a thread not. */
	if (!read_schedstat(thread, &run_ns, &queue_ns))
		queue_ns = off->queue_ns;
	if (!r->was_off) {
		off->runnable_ns += (int64_t)(queue_ns - off->queue_ns);
		off->wait_ns += (int64_t)(time_ns - off->polled_ns) -
			(int64_t)(cpu_ns - off->run_ns) -
			(int64_t)(queue_ns - off->queue_ns);
	}
	settle_all(r, thread, time_ns);
	close_files(off);
}

void offcpu_leave_section(struct recording *r, struct recorded_thread *thread)
{
	struct offcpu *off = &thread->offcpu;

	/* What is less may be run time that the kernel has not told yet. */
	bool has_waited = off->is_blocked || off->wait_ns >= LOOK_NS;

	if (off->polled_ns && has_waited)
		settle_all(r, thread, off->polled_ns);
	else if (off->polled_ns)
		settle_runnable(r, thread, off->polled_ns);
}

void offcpu_enter_section(struct recorded_thread *thread)
{
	thread->offcpu.is_blocked = false;
	thread->offcpu.node = thread->offcpu.class_id = 0;
}

void offcpu_forget_image(struct recorded_thread *thread)
{
	thread->offcpu.thread_state = 0;
	thread->offcpu.is_blocked = false;
}
