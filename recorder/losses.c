/* Counting and telling losses; see losses.h. */
#include "recorder/losses.h"

#include "recorder/recording.h"

static const char *const names[LOSS_KIND_COUNT] = {
	[LOSS_SWITCHED_OFF] = "switched_off",
	[LOSS_RING_FULL] = "ring_full",
	[LOSS_MARK] = "mark",
	[LOSS_TORN] = "torn",
	[LOSS_THROTTLED] = "throttled",
	[LOSS_UNREAD_CODE] = "unread_code",
	[LOSS_STACK_ELIDED] = "stack_elided",
	[LOSS_AWAIT_UNREAD] = "await_unread",
	[LOSS_UNKNOWN_PC] = "unknown_pc",
	[LOSS_NO_SLOT] = "no_slot",
	[LOSS_RAW_THREAD] = "raw_thread",
	[LOSS_SOURCE_REFUSED] = "source_refused",
	[LOSS_CHILD_NOT_FOLLOWED] = "child_not_followed",
	[LOSS_SECCOMP] = "seccomp",
	[LOSS_MEMORY_RING_FULL] = "memory_ring_full",
	[LOSS_FREED_RING_FULL] = "freed_ring_full",
	[LOSS_MEMORY_UNTRACKED] = "memory_untracked",
	[LOSS_OWN_ALLOCATOR] = "own_allocator",
	[LOSS_DEBUGGER] = "debugger",
};

void losses_take_slot(struct losses *losses, const struct prec_slot *slot)
{
	losses->ring_full += atomic_load(&slot->lost_full_count);
	losses->mark += atomic_load(&slot->lost_mark_count);
	losses->memory_ring_full += atomic_load(&slot->lost_block_count);
	losses->torn += atomic_load(&slot->lost_torn_count);
	losses->throttled += atomic_load(&slot->throttled_count);
}

/* Some are known by themselves, others by what the first process waited for. */
static uint64_t unfollowed_cpu_ns(const struct recording *r)
{
	uint64_t cpu_ns = r->unfollowed_cpu_ns;

	if (atomic_load(&r->shm->unfollowed_child_count) > r->unfollowed_count &&
		r->children_cpu_ns > r->ended_cpu_ns)
		cpu_ns += r->children_cpu_ns - r->ended_cpu_ns;
	return cpu_ns;
}

/* All there are until now. */
static void sum_up(const struct recording *r, struct loss sum[LOSS_KIND_COUNT])
{
	const struct prec_shm *shm = r->shm;
	struct losses lost = r->lost;

	for (size_t i = 0; i < r->thread_count; i++)
		if (r->thread[i]->slot)
			losses_take_slot(&lost, r->thread[i]->slot);
	sum[LOSS_SWITCHED_OFF] = (struct loss){lost.switched_off, lost.switched_off_ns};
	sum[LOSS_RING_FULL].count = lost.ring_full;
	sum[LOSS_MARK].count = lost.mark;
	sum[LOSS_TORN].count = lost.torn;
	sum[LOSS_THROTTLED].count = lost.throttled;
	sum[LOSS_UNREAD_CODE].count = lost.unread_code;
	sum[LOSS_STACK_ELIDED].count = lost.stack_elided;
	sum[LOSS_AWAIT_UNREAD] = (struct loss){lost.await_unread, lost.await_unread_ns};
	sum[LOSS_UNKNOWN_PC].count = lost.unknown_pc;
	sum[LOSS_NO_SLOT].count = atomic_load(&shm->no_slot_count);
	sum[LOSS_RAW_THREAD].count = atomic_load(&shm->raw_thread_count);
	sum[LOSS_SOURCE_REFUSED].count = atomic_load(&shm->unarmed_count);
	sum[LOSS_CHILD_NOT_FOLLOWED] =
		(struct loss){atomic_load(&shm->unfollowed_child_count),
			unfollowed_cpu_ns(r)};
	sum[LOSS_SECCOMP].count = atomic_load(&shm->sealed_count);
	sum[LOSS_MEMORY_RING_FULL].count = lost.memory_ring_full;
	sum[LOSS_FREED_RING_FULL].count =
		lost.freed_ring_full + atomic_load(&shm->lost_freed_count);
	sum[LOSS_MEMORY_UNTRACKED].count = atomic_load(&shm->memory_untracked_count);
	sum[LOSS_OWN_ALLOCATOR].count = atomic_load(&shm->own_allocator_count);
	sum[LOSS_DEBUGGER] =
		(struct loss){r->debugger_gaps.count, r->debugger_gaps.time_ns};
}

static uint64_t more(uint64_t now, uint64_t told)
{
	return now > told ? now - told : 0;
}

void losses_write(struct recording *r)
{
	struct loss sum[LOSS_KIND_COUNT] = {0};
	struct ptf_loss rows[LOSS_KIND_COUNT];
	struct ptf_losses losses = {.rows = rows};
	struct ptf_error err;

	sum_up(r, sum);
	for (size_t i = 0; i < LOSS_KIND_COUNT; i++) {
		struct loss *told = &r->lost.told[i];
		struct ptf_loss row = {
			.count = more(sum[i].count, told->count),
			.weight_ns = more(sum[i].weight_ns, told->weight_ns),
		};
		*told = sum[i];
		if (!row.count && !row.weight_ns)
			continue;
		row.kind = recording_string(r, names[i]);
		rows[losses.count++] = row;
	}
	if (losses.count && recording_is_sound(r))
		recording_check(r, ptf_writer_losses(r->section.writer, &losses, &err),
			&err);
}
