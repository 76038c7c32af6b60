/* The sampling of memory: points, records, what is held; see sampled_memory.h. */
#include "recorder/agent/memory/sampled_memory.h"

#include <errno.h>
#include <sys/auxv.h>
#include <time.h>

#include "recorder/agent/stack.h"

__thread struct memory_thread memory_thread;

/* Mean distances; 0 = nothing is recorded, or not yet. */
static uint64_t heap_interval_bytes, copy_interval_bytes;
static bool is_decided; /* whether anything will be recorded */

static _Atomic uint64_t block_count; /* the last one's id */

/*
 * Ends of blocks that the thread which freed them could not tell: one without a
 * ring (its end has begun), one whose ring is full, a vfork child. Whoever comes
 * next tells them.
 */
#define UNTOLD_COUNT 256u
static _Atomic uint64_t untold[UNTOLD_COUNT]; /* ids, 0 = none */
static _Atomic bool has_untold;

/* ------------------------------------------------------------- points */

/* Without a system call: the kernel's random bytes for this image, and what differs
   between its threads and between forks. */
static uint64_t make_seed(void)
{
	static _Atomic uint64_t count;
	const void *random = (const void *)getauxval(AT_RANDOM);
	uint64_t seed = agent_clock_ns(CLOCK_MONOTONIC);

	if (random) {
		uint64_t word;
		memcpy(&word, random, sizeof word);
		seed ^= word;
	}
	return seed + (uint64_t)agent.process * UINT64_C(0x9e3779b97f4a7c15) +
		(atomic_fetch_add(&count, 1) << 32);
}

static uint64_t interval_of(const uint64_t *left)
{
	return left == &memory_thread.copy_left ? copy_interval_bytes
						: heap_interval_bytes;
}

static bool watch_python(uint64_t size)
{
	struct memory_thread *thread = &memory_thread;
	bool is_met = memory_passes(&thread->watched_left, size);

	if (is_met)
		thread->watched_left =
			points_distance(&thread->points, heap_interval_bytes);
	thread->watches_python = memory_watch_python();
	thread->heap_left = thread->watches_python ? 0 : thread->watched_left;
	return is_met;
}

bool memory_meets_point(uint64_t *left, uint64_t size)
{
	struct memory_thread *thread = &memory_thread;

	if (!heap_interval_bytes) {
		*left = is_decided ? UINT64_MAX : 0;
		return false;
	}
	if (!thread->points.state) {
		if (!agent_is_on()) { /* nor will it be again: not even a clock is read */
			*left = UINT64_MAX;
			return false;
		}
		int saved_errno = errno;
		points_seed(&thread->points, make_seed());
		errno = saved_errno;
		thread->watched_left =
			points_distance(&thread->points, heap_interval_bytes);
		thread->heap_left = thread->watches_python ? 0 : thread->watched_left;
		thread->copy_left = points_distance(&thread->points, copy_interval_bytes);
		if (!memory_passes(left, size))
			return false;
	}
	if (thread->watches_python && left == &thread->heap_left)
		return watch_python(size);
	*left = points_distance(&thread->points, interval_of(left));
	return true;
}

/* ------------------------------------------------------------ records */

static void keep_untold(uint64_t id)
{
	for (size_t i = 0; i < UNTOLD_COUNT; i++) {
		uint64_t nothing = 0;
		if (atomic_compare_exchange_strong(&untold[i], &nothing, id)) {
			atomic_store(&has_untold, true);
			return;
		}
	}
	atomic_fetch_add(&agent.shm->lost_freed_count, 1);
}

/* By a thread that has a ring, not in its handler. */
static void tell_freed(uint64_t id)
{
	struct prec_block_freed record = {
		.record = {sizeof record / 8, PREC_RECORD_BLOCK_FREED, 0},
		.time_ns = agent_clock_ns(CLOCK_MONOTONIC),
		.id = id,
	};

	if (!agent_write_record(&record, sizeof record, NULL, 0))
		keep_untold(id);
}

static void tell_untold(void)
{
	if (!atomic_exchange(&has_untold, false))
		return;
	for (size_t i = 0; i < UNTOLD_COUNT; i++) {
		uint64_t id = atomic_exchange(&untold[i], 0);
		if (id)
			tell_freed(id);
	}
}

static bool write_block(struct prec_block *block)
{
	struct stack_writer stack;

	if (!stack_begin(&stack, sizeof *block))
		return false;
	stack_walk(&stack, NULL);
	block->record = (struct prec_record){stack.size_words, PREC_RECORD_BLOCK, 0};
	block->time_ns = agent_clock_ns(CLOCK_MONOTONIC);
	block->frame_count = stack.frame_count;
	block->elided_frame_count = stack.elided_frame_count;
	block->root_rotation = stack.root_rotation;
	stack_commit(&stack, block, sizeof *block);
	return true;
}

/* The calling thread can write to its ring. */
static bool can_tell(void)
{
	return agent_thread.slot && !agent_thread.in_handler && agent_is_here();
}

static bool is_recorded(void)
{
	return can_tell() && !memory_python_ends() &&
		!atomic_load_explicit(&agent.shm->is_off, memory_order_relaxed);
}

/* Writes it; address NULL = it is none that could be freed. */
static bool tell_block(struct prec_block *block, const void *address)
{
	int saved_errno = errno;
	bool is_told = false;

	if (!is_recorded())
		return false;
	tell_untold();
	/* The thread's own ticks write to the same ring: they are held back. */
	agent_thread.in_handler = true;
	block->pc = memory_caller(block->pc);
	if (address)
		block->id = atomic_fetch_add(&block_count, 1) + 1;
	if (address && !held_add(address, block->id)) {
		atomic_fetch_add(&agent.shm->memory_untracked_count, 1);
	} else if (!(is_told = write_block(block))) {
		atomic_fetch_add(&agent_thread.slot->lost_block_count, 1);
		if (address)
			held_take(address);
	}
	agent_thread.in_handler = false;
	errno = saved_errno;
	return is_told;
}

bool memory_allocated(const void *block, uint64_t size, enum prec_block_use use,
	const void *pc)
{
	return tell_block(&(struct prec_block){.size_bytes = size,
				  .use = use,
				  .pc = (uintptr_t)pc},
		block);
}

void memory_untracked(void)
{
	if (is_recorded())
		atomic_fetch_add(&agent.shm->memory_untracked_count, 1);
}

void memory_copied(uint64_t size, const void *pc)
{
	tell_block(&(struct prec_block){.size_bytes = size,
			   .use = PREC_BLOCK_COPIED,
			   .pc = (uintptr_t)pc},
		NULL);
}

static void freed(uint64_t id)
{
	if (!agent_is_on() || memory_python_ends())
		return;
	if (can_tell())
		tell_freed(id);
	else
		keep_untold(id);
}

void memory_release(const void *block)
{
	uint64_t id = held_take(block);

	if (id)
		freed(id);
}

void memory_resized(const void *old, uint64_t id, bool is_freed)
{
	if (is_freed || !held_add(old, id))
		freed(id);
}

/* -------------------------------------------------- beginning and end */

/* In the child: what its parent holds is not told again. */
void agent_memory_follow_fork(void)
{
	held_clear();
	memory_forget_mapped();
	for (size_t i = 0; i < UNTOLD_COUNT; i++)
		atomic_store(&untold[i], 0);
	memory_thread = (struct memory_thread){0};
}

static void begin(void)
{
	if (memory_stands_behind())
		atomic_fetch_add(&agent.shm->own_allocator_count, 1);
	memory_thread.watches_python = memory_begin_python();
	copy_interval_bytes = agent.shm->copy_interval_bytes;
	heap_interval_bytes = agent.shm->memory_interval_bytes;
}

void agent_memory_begin(void)
{
	memory_look_up_allocator();
	memory_look_up_copies();
	memory_begin_caller();
	memory_begin_mapped();
	if (agent.shm && agent.shm->memory_interval_bytes)
		begin();
	is_decided = true;
}

__attribute__((destructor)) static void stop(void)
{
	if (can_tell())
		tell_untold();
	/* What found no room even now is told by nobody. */
	for (size_t i = 0; agent.shm && i < UNTOLD_COUNT; i++)
		if (atomic_exchange(&untold[i], 0))
			atomic_fetch_add(&agent.shm->lost_freed_count, 1);
}
