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
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "recorder/arch/perf_event.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* So many descriptors of ours, at most, are open in the program at a time. */
#define HIGH_ROOM  512
#define HIGH_COUNT 256

/*
 * To the top of the range of descriptors, where a program that counts on the
 * lowest free number does not meet it. -1 = there is no room for it.
 */
static int move_high(int fd)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= HIGH_ROOM)
		return -1;
	int top = limit.rlim_cur < 1 << 20 ? (int)limit.rlim_cur : 1 << 20;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, top - HIGH_ROOM);
	if (high >= top - HIGH_ROOM + HIGH_COUNT) {
		close(high);
		high = -1;
	}
	return high;
}

/*
 * Ticks begin at a random phase: threads that live for less than a period
 * would never be met by one that comes a whole period after their start.
 */
static uint64_t first_period_ns(void)
{
	uint64_t random = agent_clock_ns(CLOCK_MONOTONIC) * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t least_ns = 10000; /* the kernel's own limit */

	random ^= random >> 32;
	return least_ns + random % (agent.shm->period_ns - least_ns + 1);
}

/* A debugger is there. prec tells the thread that began the image, and others. */
static bool is_paused(void)
{
	return agent.image_slot && atomic_load(&agent.image_slot->is_paused);
}

/*
 * The event is kept by a mapping of its first page and not by a descriptor,
 * so that there is none which the program could close, or run out of. Only
 * until prec has taken a copy, to be able to pause it, it stays open; not even
 * that where descriptors are few.
 */
static int open_perf(struct agent_thread *thread)
{
	int fd = perf_open_sigtrap(first_period_ns());
	void *page;

	if (fd < 0)
		return errno;
	page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		int failure = errno;
		close(fd);
		return failure;
	}
	thread->event_page = page;
	int high = move_high(fd);
	if (high >= 0) {
		/* Before the first tick can come: its handler sets the real period. */
		thread->event_fd = high;
		thread->slot->event_id = 0;
		ioctl(high, PERF_EVENT_IOC_ID, &thread->slot->event_id);
		atomic_store_explicit(&thread->slot->event_fd, high,
			memory_order_release);
	} else {
		ioctl(fd, PERF_EVENT_IOC_PERIOD, &agent.shm->period_ns);
	}
	int failure = 0;
	if (!is_paused() && ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) != 0)
		failure = errno;
	close(fd);
	return failure;
}

/* The program may have closed it, and opened something else under its number. */
static bool is_event(int fd, uint64_t event_id)
{
	uint64_t id = 0;

	return fd >= 0 && ioctl(fd, PERF_EVENT_IOC_ID, &id) == 0 && id == event_id;
}

void agent_source_drop_fd(struct agent_thread *thread)
{
	int fd = thread->event_fd;

	thread->event_fd = -1;
	atomic_store(&thread->slot->event_fd, -1);
	if (is_event(fd, thread->slot->event_id))
		close(fd);
}

void agent_source_close_copy(const struct prec_slot *slot)
{
	int fd = atomic_load(&slot->event_fd);

	if (is_event(fd, slot->event_id))
		close(fd);
}

/* From the random first period to the one that was asked for. */
static void set_period(struct agent_thread *thread)
{
	uint64_t period_ns = agent.shm->period_ns;

	if (is_event(thread->event_fd, thread->slot->event_id))
		ioctl(thread->event_fd, PERF_EVENT_IOC_PERIOD, &period_ns);
}

static int open_timer(struct agent_thread *thread)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = agent.signal_number,
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
	return agent.shm->source == PREC_SOURCE_PERF ? open_perf(thread)
						     : open_timer(thread);
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
	if (thread->event_page && !thread->has_ticked) {
		set_period(thread);
		thread->has_ticked = true;
	}
	if (thread->event_fd >= 0 &&
		atomic_load_explicit(&thread->slot->event_is_taken, memory_order_acquire))
		agent_source_drop_fd(thread);
	return !thread->has_timer ||
		++thread->tick_count % agent.shm->ticks_per_sample == 0;
}

void agent_source_close(struct agent_thread *thread)
{
	agent_source_drop_fd(thread);
	if (thread->event_page)
		munmap(thread->event_page, (size_t)sysconf(_SC_PAGESIZE));
	if (thread->has_timer)
		timer_delete(thread->timer);
	thread->event_page = NULL;
	thread->has_timer = false;
}
