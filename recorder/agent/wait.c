/*
 * A parent learns how its child ended and what that has used: it is told to
 * prec, which is nobody's parent and may come too late to look. Interposes the
 * wait functions; each does just what it did.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

static uint64_t time_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

static void tell(pid_t pid, int wait_status, const struct rusage *usage)
{
	int saved_errno = errno;

	if (pid <= 0 || !(WIFEXITED(wait_status) || WIFSIGNALED(wait_status)) ||
		!agent_is_here() || !agent_thread.slot || agent_thread.in_handler)
		return;
	struct prec_child_end end = {
		.record = {sizeof end / 8, PREC_RECORD_CHILD_END, 0},
		.pid = (uint32_t)pid,
		.exit_status = WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
							: WEXITSTATUS(wait_status),
		.tree_user_ns = time_ns(&usage->ru_utime),
		.tree_system_ns = time_ns(&usage->ru_stime),
	};
	agent_write_record(&end, sizeof end, NULL, 0);
	errno = saved_errno;
}

AGENT_EXPORT pid_t wait4(pid_t pid, int *wait_status, int options, struct rusage *usage)
{
	AGENT_REAL(wait4);
	int status = 0;
	struct rusage used;
	pid_t ended = real(pid, &status, options, &used);

	if (ended <= 0)
		return ended;
	if (wait_status)
		*wait_status = status;
	if (usage)
		*usage = used;
	tell(ended, status, &used);
	return ended;
}

AGENT_EXPORT pid_t wait3(int *wait_status, int options, struct rusage *usage)
{
	return wait4(-1, wait_status, options, usage);
}

AGENT_EXPORT pid_t waitpid(pid_t pid, int *wait_status, int options)
{
	return wait4(pid, wait_status, options, NULL);
}

AGENT_EXPORT pid_t wait(int *wait_status)
{
	return wait4(-1, wait_status, 0, NULL);
}
