/*
 * A system call that a signal of the program's has interrupted must say so.
 *
 * When a tick comes while such a call returns, the kernel delivers the tick
 * first and, as our handler asks for it, sets the call up to be restarted. The
 * program's own handler would then run in vain: the call begins anew and may
 * wait for ever. So, where a call is about to begin and a signal waits whose
 * handler does not ask for restarts, the call returns EINTR instead. Should the
 * call not have begun before, the signal is as if it had come a moment later.
 */
#include "recorder/agent/agent.h"

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "recorder/agent/guard.h"
#include "recorder/arch/arch.h"

#define SIGNAL_COUNT 64

/* What may wait and is restarted after a signal (signal(7)); of all others a
   signal makes EINTR in any case, or never. */
static bool is_restarted(long number)
{
	static const short numbers[] = {
		SYS_read,
		SYS_readv,
		SYS_pread64,
		SYS_write,
		SYS_writev,
		SYS_pwrite64,
		SYS_ioctl,
		SYS_openat,
		SYS_accept,
		SYS_accept4,
		SYS_connect,
		SYS_recvfrom,
		SYS_recvmsg,
		SYS_recvmmsg,
		SYS_sendto,
		SYS_sendmsg,
		SYS_sendmmsg,
		SYS_wait4,
		SYS_waitid,
		SYS_futex,
		SYS_flock,
		SYS_fcntl,
		SYS_mq_timedsend,
		SYS_mq_timedreceive,
		SYS_getrandom,
#ifdef SYS_open
		SYS_open,
#endif
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static bool is_at_syscall(const void *context)
{
	struct guarded_memory guard;
	uint8_t bytes[ARCH_SYSCALL_BYTES];

	guarded_memory_init(&guard);
	return guard.memory.read(&guard.memory, arch_context_pc(context), bytes,
		       sizeof bytes) &&
		arch_is_syscall(bytes);
}

/* The first of the signals that are delivered when our handler returns. */
static int first_waiting(const sigset_t *blocked)
{
	uint64_t pending = 0;

	/* Ours blocks all of them: the kernel's own set, libc's is larger. */
	if (syscall(SYS_rt_sigpending, &pending, sizeof pending) != 0)
		return 0;
	for (int i = 1; i <= SIGNAL_COUNT; i++)
		if ((pending >> (i - 1) & 1) && sigismember(blocked, i) == 0 &&
			i != agent.signal_number)
			return i;
	return 0;
}

void agent_keep_interrupted(void *context)
{
	struct sigaction action;

	if (!is_restarted(arch_context_syscall(context)) || !is_at_syscall(context))
		return;
	int number = first_waiting(&((const ucontext_t *)context)->uc_sigmask);
	if (number && agent_real_action(number, &action) &&
		(action.sa_flags & SA_RESTART) == 0 &&
		((action.sa_flags & SA_SIGINFO) ||
			(action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)))
		arch_context_interrupt(context);
}
