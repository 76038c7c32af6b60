/*
 * The two sources of ticks, both bound to the CPU time of one thread.
 *
 * perf: a task-clock event with sigtrap, opened by the thread itself, because
 * an inherited event moves ticks between sibling threads; exact at 10 kHz,
 * never interrupts a system call. prec chooses it only after a self-test.
 * timer: a POSIX timer on the thread's CPU clock; fires on the kernel's tick
 * and needs no rights.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "recorder/arch/perf_event.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/*
 * The event is kept by a mapping of its first page and not by a descriptor,
 * so that there is none which the program could meet, close, or run out of.
 */
static int open_perf(struct agent_thread *thread)
{
	int fd = perf_open_sigtrap(agent.shm->period_ns);
	int failure = 0;
	void *page;

	if (fd < 0)
		return errno;
	page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) != 0)
		failure = errno;
	if (page != MAP_FAILED)
		thread->event_page = page;
	close(fd);
	return failure;
}

static int open_timer(struct agent_thread *thread)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = AGENT_SIGNAL,
		.sigev_value.sival_ptr = &agent,
	};
	event.sigev_notify_thread_id = (pid_t)thread->slot->tid;
	if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &thread->timer) != 0)
		return errno;
	thread->has_timer = true;
	agent_source_resume(thread);
	return 0;
}

int agent_source_open(struct agent_thread *thread)
{
	return agent.shm->source == PREC_SOURCE_PERF ? open_perf(thread) : open_timer(thread);
}

/*
 * The timer is set to much less than the kernel's tick, on which alone it can
 * fire: then every tick that meets the thread running fires it. Set to the
 * tick itself it would often just miss one, and fire later, elsewhere.
 */
static void set_timer(struct agent_thread *thread, bool is_on)
{
	uint64_t tick_ns = agent.shm->period_ns / agent.shm->ticks_per_sample;
	struct timespec interval = {0, is_on ? (long)(tick_ns / 16) : 0};
	struct itimerspec setting = {interval, interval};

	timer_settime(thread->timer, 0, &setting, NULL);
}

void agent_source_pause(struct agent_thread *thread)
{
	/* Of all events that this thread has made: there is no descriptor. */
	if (thread->event_page)
		prctl(PR_TASK_PERF_EVENTS_DISABLE);
	if (thread->has_timer)
		set_timer(thread, false);
}

void agent_source_resume(struct agent_thread *thread)
{
	if (thread->event_page)
		prctl(PR_TASK_PERF_EVENTS_ENABLE);
	if (thread->has_timer)
		set_timer(thread, true);
}

bool agent_source_is_due(struct agent_thread *thread)
{
	return !thread->has_timer ||
		++thread->tick_count % agent.shm->ticks_per_sample == 0;
}

void agent_source_close(struct agent_thread *thread)
{
	if (thread->event_page)
		munmap(thread->event_page, (size_t)sysconf(_SC_PAGESIZE));
	if (thread->has_timer)
		timer_delete(thread->timer);
	thread->event_page = NULL;
	thread->has_timer = false;
}
