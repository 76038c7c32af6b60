/*
 * Threads and processes that are made past pthread_create and fork are not
 * recorded: they are counted. Interposes clone; syscall is in seccomp.c. And
 * _Fork, which is a fork without handlers: there the child is followed.
 */
#include "recorder/agent/agent.h"

#include <sched.h>
#include <stdarg.h>
#include <unistd.h>

void agent_count_clone(unsigned long flags)
{
	if (!agent_is_here())
		return;
	if (flags & CLONE_THREAD)
		atomic_fetch_add(&agent.shm->raw_thread_count, 1);
	else if (!(flags & CLONE_VFORK))
		atomic_fetch_add(&agent.shm->unfollowed_child_count, 1);
}

AGENT_EXPORT int clone(int (*function)(void *), void *stack, int flags, void *argument,
	...)
{
	AGENT_REAL(clone);
	va_list list;

	va_start(list, argument);
	pid_t *parent_tid = va_arg(list, pid_t *);
	void *tls = va_arg(list, void *);
	pid_t *child_tid = va_arg(list, pid_t *);
	va_end(list);
	int result = real(function, stack, flags, argument, parent_tid, tls, child_tid);
	if (result > 0)
		agent_count_clone((unsigned long)flags);
	return result;
}

AGENT_EXPORT pid_t _Fork(void)
{
	AGENT_REAL(_Fork);
	pid_t pid = real();

	if (pid == 0)
		agent_process_follow_fork();
	return pid;
}
