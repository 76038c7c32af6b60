/* Pausing while a debugger is there; see debugger.h. */
#include "recorder/debugger.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/arch/perf_event.h"
#include "recorder/clocks.h"
#include "recorder/descriptors.h"
#include "recorder/recording.h"
#include "recorder/say.h"

#define LOOK_INTERVAL_NS 100000000u

/* Since linux 5.6; glibc 2.36 has a wrapper in a header that older ones lack. */
static int copy_fd(int pid_fd, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, pid_fd, fd, 0);
}

static bool is_perf_event(int fd)
{
	char path[64], target[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(path, target, sizeof target - 1);
	target[length > 0 ? length : 0] = '\0';
	return !strcmp(target, "anon_inode:[perf_event]");
}

void debugger_take_event(struct recorded_thread *thread)
{
	int fd = atomic_load_explicit(&thread->slot->event_fd, memory_order_acquire);
	int pid_fd = thread->process->pid_fd;

	if (fd < 0 || thread->event_fd >= 0 || atomic_load(&thread->slot->event_is_taken))
		return;
	if (pid_fd >= 0) {
		int copy = copy_fd(pid_fd, fd);
		/* The program may have closed it and opened something else. */
		if (descriptors_may_keep(copy) && is_perf_event(copy))
			thread->event_fd = copy;
		else if (copy >= 0)
			close(copy);
	}
	atomic_store_explicit(&thread->slot->event_is_taken, 1, memory_order_release);
}

void debugger_drop_event(struct recorded_thread *thread)
{
	if (thread->event_fd >= 0)
		close(thread->event_fd);
	thread->event_fd = -1;
}

static bool has_tracer(struct recorded_process *process)
{
	struct debugger *debugger = &process->debugger;
	char text[4096];
	const char *line;

	if (!debugger->status_fd) {
		snprintf(text, sizeof text, "/proc/%d/status", (int)process->pid);
		debugger->status_fd = open(text, O_RDONLY | O_CLOEXEC);
	}
	ssize_t length = debugger->status_fd < 0
		? -1
		: pread(debugger->status_fd, text, sizeof text - 1, 0);
	text[length > 0 ? length : 0] = '\0';
	line = strstr(text, "\nTracerPid:");
	return line && strtol(line + 11, NULL, 10) != 0;
}

/* Also new threads of the process keep quiet while there is one. */
static void switch_events(struct recording *r, const struct recorded_process *process,
	bool is_there)
{
	for (size_t i = 0; i < r->thread_count; i++) {
		struct recorded_thread *thread = r->thread[i];
		if (thread->process != process)
			continue;
		if (thread->slot)
			atomic_store(&thread->slot->is_paused, is_there);
		if (thread->event_fd >= 0)
			ioctl(thread->event_fd,
				is_there ? PERF_EVENT_IOC_DISABLE : PERF_EVENT_IOC_ENABLE,
				0);
	}
}

static void end_gap(struct recording *r, struct debugger *debugger, uint64_t now_ns)
{
	debugger->is_there = false;
	r->debugger_gaps.time_ns += now_ns - debugger->since_ns;
}

static void poll_process(struct recording *r, struct recorded_process *process,
	uint64_t now_ns)
{
	struct debugger *debugger = &process->debugger;

	if (now_ns - debugger->looked_ns < LOOK_INTERVAL_NS)
		return;
	debugger->looked_ns = now_ns;
	bool is_there = has_tracer(process);
	if (is_there == debugger->is_there)
		return;
	switch_events(r, process, is_there);
	if (is_there) {
		debugger->is_there = true;
		debugger->since_ns = now_ns;
		r->debugger_gaps.count++;
		note("a debugger is attached: no samples while it is");
	} else {
		end_gap(r, debugger, now_ns);
	}
}

void debugger_poll(struct recording *r)
{
	uint64_t now_ns = clock_now_ns();

	/* The timer's signal passes debuggers by. */
	if (r->shm->source != PREC_SOURCE_PERF)
		return;
	for (size_t i = 0; i < r->process_count; i++)
		if (!r->process[i]->is_dead)
			poll_process(r, r->process[i], now_ns);
}

void debugger_finish(struct recording *r, struct recorded_process *process)
{
	struct debugger *debugger = &process->debugger;

	if (debugger->is_there)
		end_gap(r, debugger, clock_now_ns());
	if (debugger->status_fd > 0)
		close(debugger->status_fd);
	debugger->status_fd = 0;
}
