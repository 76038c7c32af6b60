/*
 * The handler of ticks, and what the program may believe about its signal.
 *
 * The program's own use of it goes on: its handler gets every such signal that
 * is not a tick, and its mask is told as it set it; only the kernel never sees
 * the signal blocked or handled by somebody else.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "recorder/arch/perf_event.h"

static struct sigaction program_action; /* what the program asked for */

static void deliver_to_program(int signal_number, siginfo_t *info, void *context)
{
	if (program_action.sa_flags & SA_SIGINFO) {
		program_action.sa_sigaction(signal_number, info, context);
	} else if (program_action.sa_handler == SIG_DFL) {
		AGENT_REAL(sigaction);
		struct sigaction fatal = {.sa_handler = SIG_DFL};
		real(agent.signal_number, &fatal, NULL);
		raise(agent.signal_number);
	} else if (program_action.sa_handler != SIG_IGN) {
		program_action.sa_handler(signal_number);
	}
}

/*
 * Very deep stacks take long to walk. After each sample the thread is left
 * alone for SPARE_FACTOR times as long as it took, so that samples never take
 * more than a quarter of its time, whatever the rate. The ticks between merge
 * into the next sample's weight.
 */
#define SPARE_FACTOR 3u

static void take_sample(const void *context)
{
	uint64_t start_ns = agent_clock_ns(CLOCK_THREAD_CPUTIME_ID);

	if (start_ns < agent_thread.quiet_until_cpu_ns) {
		atomic_fetch_add_explicit(&agent_thread.slot->throttled_count, 1,
			memory_order_relaxed);
		return;
	}
	if (atomic_load_explicit(&agent.shm->is_off, memory_order_relaxed)) {
		agent_sample_off(start_ns);
		return;
	}
	/* Meeting code for the first time takes long, but only once. */
	if (agent_sample(context, start_ns))
		return;
	uint64_t end_ns = agent_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	agent_thread.quiet_until_cpu_ns = end_ns + SPARE_FACTOR * (end_ns - start_ns);
}

static void handle(int signal_number, siginfo_t *info, void *context)
{
	bool is_perf = info->si_code == TRAP_PERF;
	bool is_timer = info->si_code == SI_TIMER && info->si_value.sival_ptr == &agent;
	int saved_errno = errno;

	if (!is_perf && !is_timer) {
		if (agent_thread.blocks_signal)
			agent_thread.holds_signal = true;
		else
			deliver_to_program(signal_number, info, context);
		return;
	}
	if (agent.shm && atomic_load(&agent.shm->stop)) {
		agent_source_pause(&agent_thread);
	} else if (agent_thread.slot && !agent_thread.in_handler && agent_is_on() &&
		agent_source_is_due(&agent_thread)) {
		agent_thread.in_handler = true;
		take_sample(context);
		agent_thread.in_handler = false;
	}
	if (!atomic_load_explicit(&agent.is_sealed, memory_order_relaxed))
		agent_keep_interrupted(context);
	errno = saved_errno;
}

static void make_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, agent.signal_number);
}

int agent_install_handler(void)
{
	AGENT_REAL(sigaction);
	struct sigaction action = {
		.sa_sigaction = handle,
		.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK,
	};
	sigset_t ours, inherited;
	struct sigaction before;

	sigfillset(&action.sa_mask);
	if (real(agent.signal_number, &action, &before) != 0)
		return -1;
	/* After a failed exec it may be ours already. */
	if (before.sa_sigaction != handle)
		program_action = before;
	/* Whoever started the program may have blocked the signal. */
	make_set(&ours);
	if (pthread_sigmask(SIG_UNBLOCK, &ours, &inherited) == 0)
		agent_thread.blocks_signal =
			sigismember(&inherited, agent.signal_number) == 1;
	return 0;
}

/* Of the calling thread: as the program believes it to be. */
static void restore_mask(void)
{
	AGENT_REAL(pthread_sigmask);
	sigset_t ours;

	make_set(&ours);
	if (agent_thread.blocks_signal)
		real(SIG_BLOCK, &ours, NULL);
}

void agent_signals_before_exec(void)
{
	AGENT_REAL(sigaction);

	/* Handlers end with the image, what is ignored goes on. Never to the
	   default here: other threads still tick, and one tick would kill. */
	if (agent_ignores_signal())
		real(agent.signal_number, &program_action, NULL);
	restore_mask();
}

bool agent_real_action(int signal_number, struct sigaction *action)
{
	AGENT_REAL(sigaction);

	return real(signal_number, NULL, action) == 0;
}

bool agent_ignores_signal(void)
{
	return !(program_action.sa_flags & SA_SIGINFO) &&
		program_action.sa_handler == SIG_IGN;
}

void agent_inherit_signal(bool is_blocked, bool is_ignored)
{
	AGENT_REAL(sigaction);
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t ours;

	make_set(&ours);
	if (is_ignored)
		real(agent.signal_number, &ignore, NULL);
	if (is_blocked)
		pthread_sigmask(SIG_BLOCK, &ours, NULL);
}

void agent_uninstall_handler(void)
{
	AGENT_REAL(sigaction);

	real(agent.signal_number, &program_action, NULL);
	restore_mask();
}

AGENT_EXPORT int sigaction(int signal_number, const struct sigaction *restrict action,
	struct sigaction *restrict old)
{
	AGENT_REAL(sigaction);

	/* A vfork child shares our memory, but its handlers are its own. */
	if (signal_number != agent.signal_number || !agent_handles_signal())
		return real(signal_number, action, old);
	struct sigaction before = program_action;
	if (action)
		program_action = *action;
	if (old)
		*old = before;
	return 0;
}

/* The four names of signal(2) in libc; flags are what each promises. */
static __sighandler_t set_handler(int signal_number, __sighandler_t handler, int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags}, old;

	sigemptyset(&action.sa_mask);
	return sigaction(signal_number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

AGENT_EXPORT __sighandler_t signal(int signal_number, __sighandler_t handler)
{
	AGENT_REAL(signal);

	if (!agent.shm || signal_number != agent.signal_number)
		return real(signal_number, handler);
	return set_handler(signal_number, handler, SA_RESTART);
}

AGENT_EXPORT __sighandler_t ssignal(int signal_number, __sighandler_t handler)
{
	return signal(signal_number, handler);
}

__sighandler_t bsd_signal(int signal_number, __sighandler_t handler);
AGENT_EXPORT __sighandler_t bsd_signal(int signal_number, __sighandler_t handler)
{
	return signal(signal_number, handler);
}

AGENT_EXPORT __sighandler_t __sysv_signal(int signal_number, __sighandler_t handler)
{
	AGENT_REAL(__sysv_signal);

	if (!agent.shm || signal_number != agent.signal_number)
		return real(signal_number, handler);
	return set_handler(signal_number, handler, (int)(SA_RESETHAND | SA_NODEFER));
}

/* Sets the mask without our signal in it, and tells it as if it were. */
static int set_mask(int (*real)(int, const sigset_t *, sigset_t *), int how,
	const sigset_t *set, sigset_t *old)
{
	sigset_t without;
	bool blocked_before = agent_thread.blocks_signal;

	if (set && agent_handles_signal()) {
		bool is_member = sigismember(set, agent.signal_number) == 1;
		if (is_member && how != SIG_UNBLOCK) {
			without = *set;
			sigdelset(&without, agent.signal_number);
			set = &without;
		}
		int failed = real(how, set, old);
		if (failed)
			return failed;
		if (how == SIG_SETMASK)
			agent_thread.blocks_signal = is_member;
		else if (is_member)
			agent_thread.blocks_signal = how == SIG_BLOCK;
		if (agent_thread.holds_signal && !agent_thread.blocks_signal) {
			agent_thread.holds_signal = false;
			raise(agent.signal_number);
		}
	} else {
		int failed = real(how, set, old);
		if (failed)
			return failed;
	}
	if (old && blocked_before)
		sigaddset(old, agent.signal_number);
	return 0;
}

AGENT_EXPORT int pthread_sigmask(int how, const sigset_t *restrict set,
	sigset_t *restrict old)
{
	AGENT_REAL(pthread_sigmask);
	return set_mask((int (*)(int, const sigset_t *, sigset_t *))real, how, set, old);
}

AGENT_EXPORT int sigprocmask(int how, const sigset_t *restrict set,
	sigset_t *restrict old)
{
	AGENT_REAL(sigprocmask);
	return set_mask((int (*)(int, const sigset_t *, sigset_t *))real, how, set, old);
}

AGENT_EXPORT int sigpending(sigset_t *set)
{
	AGENT_REAL(sigpending);
	int result = real(set);

	if (result == 0 && agent_thread.holds_signal)
		sigaddset(set, agent.signal_number);
	return result;
}
