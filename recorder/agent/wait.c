/*
 * A parent learns how its child ended and what that has used: it is told to
 * prec, which is nobody's parent and may come too late to look. Interposes the
 * wait functions; each does just what it did.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static uint64_t time_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

static bool can_tell(void)
{
	return agent_is_here() && agent_thread.slot && !agent_thread.in_handler;
}

/* The child is gone; exit_status as shells have it. */
static void tell(pid_t pid, int exit_status, const struct rusage *usage)
{
	int saved_errno = errno;
	struct prec_child_end end = {
		.record = {sizeof end / 8, PREC_RECORD_CHILD_END, 0},
		.pid = (uint32_t)pid,
		.exit_status = exit_status,
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
	if (can_tell() && WIFEXITED(status))
		tell(ended, WEXITSTATUS(status), &used);
	else if (can_tell() && WIFSIGNALED(status))
		tell(ended, 128 + WTERMSIG(status), &used);
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

/* The system call, which says what the child has used; libc's waitid leaves that
   out, but may be cancelled, as this one. */
static int wait_for_usage(idtype_t type, id_t id, siginfo_t *info, int options,
	struct rusage *used)
{
	int cancel_type;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &cancel_type);
	int result = (int)syscall(SYS_waitid, type, id, info, options, used);
	pthread_setcanceltype(cancel_type, NULL);
	return result;
}

AGENT_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	AGENT_REAL(waitid);
	siginfo_t own;
	siginfo_t *ended = info ? info : &own;
	struct rusage used;

	/* Who only looks leaves the child where it is. */
	if ((options & WNOWAIT) || !can_tell())
		return real(type, id, info, options);
	int result = wait_for_usage(type, id, ended, options, &used);
	/* With WNOHANG there may be none that has changed. */
	if (result < 0 || ended->si_pid == 0)
		return result;
	if (ended->si_code == CLD_EXITED)
		tell(ended->si_pid, ended->si_status, &used);
	else if (ended->si_code == CLD_KILLED || ended->si_code == CLD_DUMPED)
		tell(ended->si_pid, 128 + ended->si_status, &used);
	return result;
}
