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
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "recorder/arch/perf_event.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/*
 * To the top of the range of descriptors, where a program that counts on the
 * lowest free number does not meet it.
 */
static int move_high(int fd)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 512) {
		int base = limit.rlim_cur > 1 << 20 ? (1 << 20) - 512 : (int)limit.rlim_cur - 512;
		int high = fcntl(fd, F_DUPFD_CLOEXEC, base);
		if (high >= 0) {
			close(fd);
			return high;
		}
	}
	return fd;
}

static int open_perf(struct agent_thread *thread)
{
	int fd = perf_open_sigtrap(agent.shm->period_ns);

	if (fd < 0)
		return errno;
	thread->event_fd = move_high(fd);
	return ioctl(thread->event_fd, PERF_EVENT_IOC_ENABLE, 0) == 0 ? 0 : errno;
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

static void set_timer(struct agent_thread *thread, uint64_t period_ns)
{
	struct timespec period = {(time_t)(period_ns / 1000000000u),
		(long)(period_ns % 1000000000u)};
	struct itimerspec setting = {period, period};

	timer_settime(thread->timer, 0, &setting, NULL);
}

void agent_source_pause(struct agent_thread *thread)
{
	if (thread->event_fd >= 0)
		ioctl(thread->event_fd, PERF_EVENT_IOC_DISABLE, 0);
	if (thread->has_timer)
		set_timer(thread, 0);
}

void agent_source_resume(struct agent_thread *thread)
{
	if (thread->event_fd >= 0)
		ioctl(thread->event_fd, PERF_EVENT_IOC_ENABLE, 0);
	if (thread->has_timer)
		set_timer(thread, agent.shm->period_ns);
}

void agent_source_close(struct agent_thread *thread)
{
	agent_source_pause(thread);
	if (thread->event_fd >= 0)
		close(thread->event_fd);
	if (thread->has_timer)
		timer_delete(thread->timer);
	thread->event_fd = -1;
	thread->has_timer = false;
}
