/* The self-test of the perf source; see selftest.h. */
#include "recorder/selftest.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recorder/arch/perf_event.h"
#include "recorder/clocks.h"

#define PERIOD_NS 200000u

enum { WORKS = 0, NO_TICKS = 100, NO_TICKS_AFTER_BLOCK = 101 }; /* else an errno */

static volatile sig_atomic_t tick_count;

static void count_tick(int signal_number, siginfo_t *info, void *context)
{
	(void)signal_number, (void)context;
	tick_count += info->si_code == TRAP_PERF;
}

static void spin(uint64_t time_ns)
{
	uint64_t end_ns = clock_thread_cpu_ns() + time_ns;

	while (clock_thread_cpu_ns() < end_ns)
		;
}

static int try_ticks(void)
{
	struct sigaction action = {.sa_sigaction = count_tick, .sa_flags = SA_SIGINFO};
	sigset_t trap;

	sigaction(SIGTRAP, &action, NULL);
	int fd = perf_open_sigtrap(PERIOD_NS);
	if (fd < 0)
		return errno;
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	spin(5 * PERIOD_NS);
	if (tick_count == 0)
		return NO_TICKS;
	sigemptyset(&trap);
	sigaddset(&trap, SIGTRAP);
	sigprocmask(SIG_BLOCK, &trap, NULL);
	spin(5 * PERIOD_NS);
	sigprocmask(SIG_UNBLOCK, &trap, NULL);
	tick_count = 0;
	spin(5 * PERIOD_NS);
	return tick_count ? WORKS : NO_TICKS_AFTER_BLOCK;
}

bool selftest_perf(char *why, size_t size)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(try_ticks());
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0)
		snprintf(why, size, "%s", strerror(errno));
	else if (WIFSIGNALED(status))
		snprintf(why, size, "killed by %s", strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == NO_TICKS)
		snprintf(why, size, "no ticks");
	else if (WEXITSTATUS(status) == NO_TICKS_AFTER_BLOCK)
		snprintf(why, size, "ticks stop when blocked once");
	else if (WEXITSTATUS(status) != WORKS)
		snprintf(why, size, "%s", strerror(WEXITSTATUS(status)));
	else
		return true;
	return false;
}
