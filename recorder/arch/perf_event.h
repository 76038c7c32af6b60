/*
 * The one perf event that prec uses, for the agent and for prec's self-test.
 */
#ifndef PREC_ARCH_PERF_EVENT_H
#define PREC_ARCH_PERF_EVENT_H

#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* si_code of the signal (linux 5.13, asm-generic/siginfo.h). */
#ifndef TRAP_PERF
#define TRAP_PERF 6
#endif

/*
 * A disabled task-clock event of the calling thread that raises SIGTRAP in it
 * every period_ns of its CPU time. A descriptor, or -1 with errno.
 * Async-signal-safe.
 */
static inline int perf_open_sigtrap(uint64_t period_ns)
{
	struct perf_event_attr attributes = {
		.size = sizeof attributes,
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.sample_period = period_ns,
		.disabled = 1,
		.sigtrap = 1,
		.remove_on_exec = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1,
		PERF_FLAG_FD_CLOEXEC);
}

#endif
