/* One tick: where the thread stands, as one record in its ring. */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <time.h>

#include "recorder/agent/stack.h"
#include "recorder/arch/arch.h"

#define SAMPLE_WORDS (sizeof(struct prec_sample) / 8)

/* prec has not drained for long: is it gone? Then this thread stops ticking. */
static void count_full(void)
{
	uint64_t heartbeat =
		atomic_load_explicit(&agent.shm->heartbeat_ns, memory_order_relaxed);

	agent_thread.has_lost = true;
	atomic_fetch_add_explicit(&agent_thread.slot->lost_full_count, 1,
		memory_order_relaxed);
	if (agent_clock_ns(CLOCK_MONOTONIC) - heartbeat > 5000000000u &&
		kill((pid_t)agent.shm->prec_pid, 0) == -1 && errno == ESRCH) {
		atomic_store(&agent.shm->stop, 1);
		agent_source_pause(&agent_thread);
	}
}

void agent_sample_off(uint64_t cpu_ns)
{
	struct prec_cursor cursor =
		prec_ring_begin(agent_thread.slot, agent_thread.words);
	struct prec_sample sample = {
		.record = {(uint32_t)SAMPLE_WORDS, PREC_RECORD_SAMPLE, PREC_SAMPLE_OFF},
		.time_ns = agent_clock_ns(CLOCK_MONOTONIC),
		.thread_cpu_ns = cpu_ns,
	};

	if (!prec_ring_has_room(&cursor, SAMPLE_WORDS)) {
		count_full();
		return;
	}
	prec_ring_store(&cursor, 0, &sample, sizeof sample);
	cursor.next += SAMPLE_WORDS;
	/* It stands for the time of lost ones, too. */
	agent_thread.has_lost = false;
	prec_ring_commit(&cursor);
}

bool agent_sample(const void *context, uint64_t cpu_ns)
{
	struct stack_writer stack;
	struct prec_sample sample = {
		.time_ns = agent_clock_ns(CLOCK_MONOTONIC),
		.thread_cpu_ns = cpu_ns,
		.pc = arch_context_pc(context),
	};
	uint8_t before[ARCH_SYSCALL_BYTES];
	uint16_t flags = 0;

	if (!stack_begin(&stack, sizeof sample)) {
		count_full();
		return false;
	}
	if (agent_thread.has_lost)
		flags |= PREC_SAMPLE_AFTER_LOSS;
	agent_thread.has_lost = false;
	struct python_memory *memory = &stack.guard.memory;
	if (memory->read(memory, sample.pc - sizeof before, before, sizeof before) &&
		arch_is_syscall(before))
		flags |= PREC_SAMPLE_AFTER_SYSCALL;
	if (stack_walk(&stack, &sample.opcode))
		flags |= PREC_SAMPLE_HAS_OPCODE;
	if (!stack.has_python)
		flags |= PREC_SAMPLE_NO_PYTHON;
	if (stack.is_torn) {
		flags |= PREC_SAMPLE_TORN;
		atomic_fetch_add_explicit(&agent_thread.slot->lost_torn_count, 1,
			memory_order_relaxed);
	}
	sample.frame_count = stack.frame_count;
	sample.elided_frame_count = stack.elided_frame_count;
	sample.root_rotation = stack.root_rotation;
	sample.record = (struct prec_record){stack.size_words, PREC_RECORD_SAMPLE, flags};
	return stack_commit(&stack, &sample, sizeof sample);
}
