/*
 * Threads enter and leave the recording: a slot of the shared memory, a source
 * of ticks. Interposes pthread_create, so that a thread opens its own source.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__thread struct agent_thread agent_thread = {.event_fd = -1};

static pthread_key_t end_key;

static void end_at_exit_of_thread(void *unused)
{
	(void)unused;
	agent_thread_end();
}

bool agent_threads_init(void)
{
	return pthread_key_create(&end_key, end_at_exit_of_thread) == 0;
}

/* Before the slot is active: whoever sees what it leads to sees the slot. */
static void tell_used(uint32_t index)
{
	uint32_t used = atomic_load(&agent.shm->used_slot_count);

	while (used <= index &&
		!atomic_compare_exchange_weak(&agent.shm->used_slot_count, &used,
			index + 1))
		;
}

static struct prec_slot *claim_slot(void)
{
	bool may_map = true;

	for (uint32_t i = 0; i < agent.shm->slot_count; i++) {
		struct prec_slot *slot = &agent.shm->slot[i];
		uint32_t expected = PREC_SLOT_FREE;
		if (!atomic_compare_exchange_strong(&slot->state, &expected,
			    PREC_SLOT_CLAIMED))
			continue;
		tell_used(i);
		/* prec frees it should we be killed before it is active. */
		atomic_store(&slot->pid, (uint32_t)agent.owner_pid);
		agent_thread.words = agent_ring(i, may_map);
		if (agent_thread.words)
			return slot;
		atomic_store(&slot->pid, 0);
		atomic_store(&slot->state, PREC_SLOT_FREE);
		/* Out of reach by now (chroot), or a limit: what is mapped will do. */
		may_map = false;
	}
	return NULL;
}

bool agent_thread_claim(const char *python_name)
{
	struct prec_slot *slot = claim_slot();

	if (!slot)
		return false;
	slot->tid = (uint32_t)syscall(SYS_gettid);
	slot->process = agent.process;
	slot->generation = agent.python.generation;
	slot->begins_image = 0;
	slot->has_python_name = python_name && *python_name;
	if (slot->has_python_name)
		memcpy(slot->name, python_name, PREC_THREAD_NAME_MAX);
	else
		prctl(PR_GET_NAME, slot->name);
	slot->pthread = (uint64_t)pthread_self();
	slot->start_time_ns = agent_clock_ns(CLOCK_MONOTONIC);
	slot->start_cpu_ns = agent_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	atomic_store(&slot->lost_full_count, 0);
	atomic_store(&slot->lost_torn_count, 0);
	atomic_store(&slot->throttled_count, 0);
	atomic_store(&slot->lost_mark_count, 0);
	atomic_store(&slot->lost_block_count, 0);
	atomic_store(&slot->event_fd, -1);
	atomic_store(&slot->event_is_taken, 0);
	atomic_store(&slot->is_paused, 0);
	atomic_store(&slot->unload_count, 0);
	agent_thread.slot = slot;
	return true;
}

void agent_thread_activate(void)
{
	atomic_store_explicit(&agent_thread.slot->state, PREC_SLOT_ACTIVE,
		memory_order_release);
	int refused = agent_source_open(&agent_thread);
	if (refused) {
		atomic_fetch_add(&agent.shm->unarmed_count, 1);
		atomic_store(&agent.shm->unarmed_errno, refused);
	}
}

void agent_thread_end(void)
{
	struct prec_slot *slot = agent_thread.slot;

	if (!slot || !agent.shm)
		return;
	if (atomic_load(&agent.is_sealed)) {
		/* Not a single system call any more: prec finds out the rest. */
		agent_thread.slot = NULL;
		atomic_store_explicit(&slot->state, PREC_SLOT_ENDED,
			memory_order_release);
		return;
	}
	agent_source_close(&agent_thread);
	agent_thread.slot = NULL;
	struct prec_cursor cursor = prec_ring_begin(slot, agent_thread.words);
	struct prec_thread_end end = {
		.record = {sizeof end / 8, PREC_RECORD_THREAD_END, 0},
		.time_ns = agent_clock_ns(CLOCK_MONOTONIC),
		.thread_cpu_ns = agent_clock_ns(CLOCK_THREAD_CPUTIME_ID),
	};
	if (prec_ring_has_room(&cursor, sizeof end / 8)) {
		prec_ring_store(&cursor, 0, &end, sizeof end);
		cursor.next += sizeof end / 8;
		prec_ring_commit(&cursor);
	}
	atomic_store_explicit(&slot->state, PREC_SLOT_ENDED, memory_order_release);
}

/* Of the parent's threads, copied by fork before prec had taken their events. */
static void close_copied_events(void)
{
	for (uint32_t i = 0; i < atomic_load(&agent.shm->used_slot_count); i++) {
		const struct prec_slot *slot = &agent.shm->slot[i];
		if (atomic_load(&slot->pid) == (uint32_t)agent.owner_pid)
			agent_source_close_copy(slot);
	}
}

void agent_thread_forget(void)
{
	/* Neither timers nor the mapping of the event are inherited, and the
	   clock of CPU time begins anew. */
	struct agent_thread fresh = {
		.event_fd = -1,
		.blocks_signal = agent_thread.blocks_signal,
	};

	close_copied_events();
	agent_thread = fresh;
}

struct start {
	void *(*routine)(void *);
	void *argument;
	bool blocks_signal; /* inherited from the creating thread */
	char python_name[PREC_THREAD_NAME_MAX];
};

static void *run_recorded(void *data)
{
	struct start start = *(struct start *)data;

	free(data);
	agent_thread.blocks_signal = start.blocks_signal;
	if (agent_is_on() && pthread_setspecific(end_key, &agent_thread) == 0) {
		if (agent_thread_claim(start.python_name))
			agent_thread_activate();
		else
			atomic_fetch_add(&agent.shm->no_slot_count, 1);
	}
	return start.routine(start.argument);
}

AGENT_EXPORT int pthread_create(pthread_t *restrict thread,
	const pthread_attr_t *restrict attributes, void *(*routine)(void *),
	void *restrict argument)
{
	AGENT_REAL(pthread_create);
	struct start *start;

	if (!agent_handles_signal() || !(start = malloc(sizeof *start)))
		return real(thread, attributes, routine, argument);
	start->routine = routine;
	start->argument = argument;
	start->blocks_signal = agent_thread.blocks_signal;
	start->python_name[0] = '\0';
	if (agent_is_on())
		agent_name_of_new_thread(start->python_name);
	int failed = real(thread, attributes, run_recorded, start);
	if (failed)
		free(start);
	return failed;
}
