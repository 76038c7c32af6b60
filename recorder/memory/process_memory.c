/* Records to rows; see process_memory.h. */
#include "recorder/memory/process_memory.h"

#include <stdlib.h>

#include "recorder/recording.h"

/* The beginning of a block is in a ring before its end is, and is read with it or a
   drain later, or two when its thread is new: longer waits are for lost ones. */
#define FREED_DRAINS_MAX 50

static void add_row(struct recording *r, struct process_memory *memory,
	struct memory_row row)
{
	if (memory_rows_add(&memory->rows, row) < 0)
		recording_no_memory(r);
}

/* ---------------------------------------------------------------- records */

static uint32_t stack_of(struct recording *r, struct recorded_process *process,
	const struct prec_block *block, const struct prec_frame *frame, size_t count)
{
	struct kept_stacks *stacks = &process->memory.stacks;

	if (block->elided_frame_count)
		r->lost.stack_elided++;
	if (count)
		return kept_stacks_python(stacks, r, frame, count,
			block->elided_frame_count);
	return kept_stacks_native(stacks, r,
		address_space_find(&process->space, block->pc), block->pc);
}

void process_memory_take_block(struct recording *r, struct recorded_thread *thread,
	const struct prec_block *block, const struct prec_frame *frame, size_t count)
{
	struct recorded_process *process = thread->process;
	struct process_memory *memory = &process->memory;
	bool is_copy = block->use == PREC_BLOCK_COPIED;
	uint64_t interval_bytes =
		is_copy ? r->shm->copy_interval_bytes : r->shm->memory_interval_bytes;

	if (!interval_bytes)
		return;
	struct held_block held = {
		.id = block->id,
		.value_bytes =
			block_value(block->size_bytes, interval_bytes, &memory->random),
		.stack = stack_of(r, process, block, frame, count),
		.class_id = block->use == PREC_BLOCK_PYTHON ? PTF_CLASS_PYTHON
							    : PTF_CLASS_NATIVE,
	};
	add_row(r, memory,
		(struct memory_row){
			.time_ns = recording_time(r, block->time_ns),
			.value_bytes = held.value_bytes,
			.thread = thread->id,
			.node = kept_stacks_node(&memory->stacks, r, process, held.stack),
			.class_id = (uint8_t)held.class_id,
			.use = is_copy ? MEMORY_COPIED : MEMORY_ALLOCATED,
		});
	if (!is_copy && held.id && held_blocks_add(&memory->held, held) < 0)
		recording_no_memory(r);
}

void process_memory_take_freed(struct recording *r, struct recorded_thread *thread,
	const struct prec_block_freed *freed)
{
	struct process_memory *memory = &thread->process->memory;

	if (memory->freed_count == memory->freed_capacity) {
		size_t capacity = memory->freed_capacity * 2 + 64;
		void *grown = realloc(memory->freed, capacity * sizeof *memory->freed);
		if (!grown) {
			recording_no_memory(r);
			return;
		}
		memory->freed = grown;
		memory->freed_capacity = capacity;
	}
	memory->freed[memory->freed_count++] =
		(struct freed_block){freed->id, freed->time_ns, thread->id, 0};
}

/* --------------------------------------------------------- ends of blocks */

/* Of a process, for what no thread has done that is still there; 0 = it has none. */
static uint32_t some_thread(const struct recording *r,
	const struct recorded_process *process)
{
	uint32_t thread = process->main_thread;

	for (size_t i = 0; !thread && i < r->thread_count; i++)
		if (r->thread[i]->process == process && !r->thread[i]->is_ended)
			thread = r->thread[i]->id;
	return thread;
}

static void add_freed(struct recording *r, struct recorded_process *process,
	const struct held_block *block, uint32_t thread, uint64_t time_ns)
{
	struct process_memory *memory = &process->memory;

	if (!thread)
		thread = some_thread(r, process);
	if (!thread) {
		r->lost.freed_ring_full++;
		return;
	}
	add_row(r, memory,
		(struct memory_row){
			.time_ns = recording_time(r, time_ns),
			.value_bytes = block->value_bytes,
			.thread = thread,
			.node = kept_stacks_node(&memory->stacks, r, process,
				block->stack),
			.class_id = (uint8_t)block->class_id,
			.use = MEMORY_FREED,
		});
}

void process_memory_settle(struct recording *r, struct recorded_process *process)
{
	struct process_memory *memory = &process->memory;
	size_t kept = 0;

	for (size_t i = 0; i < memory->freed_count; i++) {
		struct freed_block freed = memory->freed[i];
		struct held_block block;
		if (held_blocks_take(&memory->held, freed.id, &block))
			add_freed(r, process, &block, freed.thread, freed.time_ns);
		else if (++freed.drain_count < FREED_DRAINS_MAX)
			memory->freed[kept++] = freed;
	}
	memory->freed_count = kept;
}

/* ---------------------------------------------------------- lives of it */

void process_memory_write(struct recording *r, struct recorded_process *process,
	int64_t until_ns)
{
	memory_rows_write(&process->memory.rows, r, process, until_ns);
	footprint_tell(&process->memory.footprint, r, process);
}

void process_memory_leave_image(struct recording *r, struct recorded_process *process,
	uint64_t time_ns)
{
	struct process_memory *memory = &process->memory;

	process_memory_settle(r, process);
	memory->freed_count = 0;
	for (size_t i = 0; i < memory->held.capacity; i++)
		if (memory->held.item[i].id)
			add_freed(r, process, &memory->held.item[i], 0, time_ns);
	held_blocks_finish(&memory->held);
	kept_stacks_finish(&memory->stacks);
	memory_rows_enter_image(&memory->rows, r, recording_time(r, time_ns));
}

void process_memory_leave_section(struct recording *r, struct recorded_process *process)
{
	process_memory_write(r, process, INT64_MAX);
	for (size_t i = 0; i < process->memory.freed_count; i++)
		process->memory.freed[i].thread = 0;
}

void process_memory_enter_section(struct recording *r, struct recorded_process *process)
{
	struct process_memory *memory = &process->memory;

	kept_stacks_enter_section(&memory->stacks, r, &memory->held);
	memory_rows_enter_section(&memory->rows);
	footprint_enter_section(&memory->footprint, r, process);
}

void process_memory_finish(struct process_memory *memory)
{
	held_blocks_finish(&memory->held);
	kept_stacks_finish(&memory->stacks);
	free(memory->freed);
	memory_rows_finish(&memory->rows);
	*memory = (struct process_memory){0};
}
