/*
 * A process enters the recording: with its program, or as a fork of another;
 * and leaves it. Interposes _exit.
 */
#include "recorder/agent/agent.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static uint64_t time_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

/*
 * Slots of the image that this one replaces: exec ended their threads. Before it
 * has a slot itself, which prec binds only when those are drained.
 */
static void end_replaced_threads(void)
{
	for (uint32_t i = 0; i < atomic_load(&agent.shm->used_slot_count); i++) {
		struct prec_slot *slot = &agent.shm->slot[i];
		if (atomic_load(&slot->state) == PREC_SLOT_ACTIVE &&
			atomic_load(&slot->pid) == (uint32_t)agent.owner_pid)
			atomic_store(&slot->state, PREC_SLOT_ENDED);
	}
}

static bool begin_image(const struct agent_image *image)
{
	agent.python.generation = atomic_fetch_add(&agent.shm->generation, 1) + 1;
	agent.image_slot = NULL;
	if (!agent_thread_claim(NULL))
		return false;
	agent.image_slot = agent_thread.slot;
	agent.image_slot->begins_image = 1;
	agent_write_image(image);
	agent_thread_activate();
	return true;
}

/* The program's path and arguments, each with its NUL, as many as there is room for. */
static size_t collect_words(char text[PREC_COMMAND_MAX], int count,
	char *const arguments[])
{
	ssize_t length = readlink("/proc/self/exe", text, 4095);
	size_t size = length > 0 ? (size_t)length : 0;

	text[size++] = '\0';
	for (int i = 0; i < count; i++) {
		size_t bytes = strlen(arguments[i]) + 1;
		if (bytes > PREC_COMMAND_MAX - size)
			break;
		memcpy(text + size, arguments[i], bytes);
		size += bytes;
	}
	return size;
}

/* The same of a program that has run for long, and may have changed them. */
static size_t read_words(char *text, size_t room)
{
	ssize_t length = readlink("/proc/self/exe", text, room / 2);
	size_t size = length > 0 ? (size_t)length : 0;
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);

	text[size++] = '\0';
	length = fd < 0 ? -1 : read(fd, text + size, room - size);
	if (fd >= 0)
		close(fd);
	size += length > 0 ? (size_t)length : 0;
	text[size - 1] = '\0';
	return size;
}

void agent_process_begin_again(void)
{
	char text[4096];
	struct agent_image image = {.text = text};

	if (!agent_thread.slot)
		return;
	image.text_bytes = read_words(text, sizeof text);
	agent_write_image(&image);
}

/* The last of all that exit() calls: it was asked for first. */
static void at_exit(int exit_status, void *unused)
{
	(void)unused;
	agent_process_end(exit_status);
}

bool agent_process_begin(int argument_count, char *const arguments[], uint32_t parent)
{
	char text[PREC_COMMAND_MAX];
	struct agent_image image = {.parent = parent, .text = text};

	image.text_bytes = collect_words(text, argument_count, arguments);
	if (agent_install_handler() != 0)
		return false;
	end_replaced_threads();
	if (!begin_image(&image)) {
		agent_uninstall_handler();
		agent_tell_unfollowed(PREC_NO_ROOM, agent.owner_pid, 0, text);
		return false;
	}
	agent_write_modules();
	pthread_atfork(NULL, NULL, agent_process_follow_fork);
	on_exit(at_exit, NULL);
	return true;
}

/*
 * In the child, before any code of the program's. The handler, and what the
 * program believes of the signal, are inherited as they are.
 */
void agent_process_follow_fork(void)
{
	const struct agent_image image = {
		.parent = agent.process,
		.parent_generation = agent.python.generation,
	};

	if (!agent.shm)
		return;
	if (atomic_load(&agent.is_sealed)) {
		/* Not a single system call any more. */
		agent_thread.slot = NULL;
		atomic_fetch_add(&agent.shm->unfollowed_child_count, 1);
		return;
	}
	agent_thread_forget();
	if (agent_memory_follow_fork)
		agent_memory_follow_fork();
	agent_popen_unlock();
	agent.owner_pid = getpid();
	if (agent_is_on() && agent.shm->follows_children && !agent_has_other_pids()) {
		agent.process = atomic_fetch_add(&agent.shm->process_count, 1) + 1;
		if (begin_image(&image))
			return;
		agent_tell_unfollowed(PREC_NO_ROOM, agent.owner_pid, 0, NULL);
	} else {
		atomic_fetch_add(&agent.shm->unfollowed_child_count, 1);
	}
	agent_uninstall_handler();
	agent_forget();
}

void agent_process_end(int exit_status)
{
	struct rusage usage;

	if (!agent_is_here() || !agent_thread.slot)
		return;
	getrusage(RUSAGE_SELF, &usage);
	struct prec_process_end end = {
		.record = {sizeof end / 8, PREC_RECORD_PROCESS_END, 0},
		.time_ns = agent_clock_ns(CLOCK_MONOTONIC),
		.cpu_ns = agent_clock_ns(CLOCK_PROCESS_CPUTIME_ID),
		.user_ns = time_ns(&usage.ru_utime),
		.system_ns = time_ns(&usage.ru_stime),
		.minor_fault_count = (uint64_t)usage.ru_minflt,
		.major_fault_count = (uint64_t)usage.ru_majflt,
		.maximum_rss_bytes = (uint64_t)usage.ru_maxrss * 1024,
		.exit_status = exit_status & 255,
	};
	agent_write_record(&end, sizeof end, NULL, 0);
}

AGENT_EXPORT void _exit(int exit_status)
{
	AGENT_REAL(_exit);

	agent_process_end(exit_status);
	real(exit_status);
	__builtin_unreachable();
}

AGENT_EXPORT void _Exit(int exit_status)
{
	_exit(exit_status);
}
