/*
 * The program gives up system calls (seccomp), which may be those that the
 * handler needs: from here on the agent makes none. It is told to prec, which
 * counts the gap; waits are still seen from outside.
 *
 * Interposes prctl and syscall, the two ways to enter seccomp through libc.
 */
#include "recorder/agent/agent.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Before the filter is there; afterwards even pausing could be forbidden. */
static void seal(void)
{
	if (!agent_is_here())
		return;
	agent_source_pause(&agent_thread);
	atomic_store(&agent.is_sealed, true);
	atomic_fetch_add(&agent.shm->sealed_count, 1);
}

/* The filter was refused: nothing has changed. */
static void unseal(void)
{
	if (!agent.shm || !atomic_load(&agent.is_sealed))
		return;
	atomic_store(&agent.is_sealed, false);
	atomic_fetch_sub(&agent.shm->sealed_count, 1);
	agent_source_resume(&agent_thread);
}

AGENT_EXPORT int prctl(int option, ...)
{
	AGENT_REAL(prctl);
	unsigned long argument[4];
	bool seals = option == PR_SET_SECCOMP && agent_is_on();
	va_list list;

	va_start(list, option);
	for (int i = 0; i < 4; i++)
		argument[i] = va_arg(list, unsigned long);
	va_end(list);
	if (seals)
		seal();
	int result = real(option, argument[0], argument[1], argument[2], argument[3]);
	if (seals && result != 0)
		unseal();
	if (option == PR_SET_NAME && result == 0)
		agent_tell_thread_name((const char *)argument[0]);
	return result;
}

/* Of a system call that makes a thread or a process; 0 = none. */
static unsigned long clone_flags(long number, const long argument[6])
{
	if (number == SYS_clone)
		return (unsigned long)argument[0] | SIGCHLD;
	if (number == SYS_clone3)
		return (unsigned long)((const struct clone_args *)argument[0])->flags |
			SIGCHLD;
#ifdef SYS_fork
	if (number == SYS_fork)
		return SIGCHLD;
#endif
	return 0;
}

AGENT_EXPORT long syscall(long number, ...)
{
	AGENT_REAL(syscall);
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	bool seals = number == SYS_seccomp &&
		(argument[0] == SECCOMP_SET_MODE_STRICT ||
			argument[0] == SECCOMP_SET_MODE_FILTER) &&
		agent_is_on();
	if (seals)
		seal();
	if (number == SYS_exit_group)
		agent_process_end((int)argument[0]);
	long result = real(number, argument[0], argument[1], argument[2], argument[3],
		argument[4], argument[5]);
	if (seals && result != 0)
		unseal();
	if (result > 0 && clone_flags(number, argument))
		agent_count_clone(clone_flags(number, argument));
	return result;
}
