/* Draining the rings; see drain.h. */
#include "recorder/drain.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "recorder/clocks.h"
#include "recorder/recording.h"
#include "recorder/stacks.h"
#include "recorder/unfollowed.h"

/* Threads in the order in which their records must be understood. */
struct drained_slot {
	struct recorded_thread *thread;
	const uint64_t *words;
	uint64_t sample_limit; /* head before the facts were read */
	bool had_ended;        /* nothing came after sample_limit */
};

static void take_codes(struct recording *r, struct recorded_thread *thread,
	const uint64_t *words)
{
	static unsigned char texts[PREC_LINETABLE_MAX + 2 * PREC_NAME_MAX + 64];
	uint64_t head = atomic_load_explicit(&thread->slot->head, memory_order_acquire);

	while (thread->codes_drained < head) {
		struct prec_code code;
		prec_ring_load(words, thread->codes_drained, &code.record, 1);
		if (code.record.type == PREC_RECORD_CODE) {
			size_t fixed = sizeof code / 8;
			prec_ring_load(words, thread->codes_drained, &code, fixed);
			size_t rest = code.record.size_words - fixed;
			if (code.record.size_words >= fixed && rest * 8 <= sizeof texts &&
				prec_words(code.file_bytes) +
						prec_words(code.name_bytes) +
						prec_words(code.linetable_bytes) ==
					rest) {
				prec_ring_load(words, thread->codes_drained + fixed,
					texts, rest);
				codes_add(r, thread->process, &code, texts);
			}
		}
		if (code.record.size_words == 0)
			break;
		thread->codes_drained += code.record.size_words;
	}
}

/* The frames behind a record in their order, the ring of root frames unrolled. */
static size_t load_frames(const uint64_t *words, uint64_t at, size_t count,
	uint32_t elided_count, uint32_t root_rotation,
	struct prec_frame frames[PREC_LEAF_FRAMES + PREC_ROOT_FRAMES])
{
	const size_t frame_words = sizeof(struct prec_frame) / 8;

	if (count > PREC_LEAF_FRAMES + PREC_ROOT_FRAMES)
		return 0;
	for (size_t i = 0; i < count; i++) {
		size_t from = i;
		if (elided_count && i >= PREC_LEAF_FRAMES)
			from = PREC_LEAF_FRAMES +
				(i - PREC_LEAF_FRAMES + root_rotation) % PREC_ROOT_FRAMES;
		prec_ring_load(words, at + from * frame_words, &frames[i], frame_words);
	}
	return count;
}

/*
 * Of the time that a sample stands for, what lost ones before it stood for: nobody
 * knows of which line that is, and not of this one.
 */
static uint64_t take_lost_time(struct recording *r, struct recorded_thread *thread,
	const struct prec_sample *sample, uint64_t weight_ns)
{
	uint64_t period_ns = r->shm->period_ns;

	if (!(sample->record.flags & PREC_SAMPLE_AFTER_LOSS) || weight_ns <= period_ns)
		return 0;
	struct row lost = {recording_time(r, sample->time_ns),
		(int64_t)(weight_ns - period_ns), r->section.unsampled_node,
		PTF_CLASS_UNKNOWN};
	if (rows_add(&thread->rows, lost) < 0)
		recording_no_memory(r);
	return weight_ns - period_ns;
}

static void take_sample(struct recording *r, struct recorded_thread *thread,
	const uint64_t *words, uint64_t at)
{
	static struct prec_frame frames[PREC_LEAF_FRAMES + PREC_ROOT_FRAMES];
	struct recorded_process *process = thread->process;
	struct prec_sample sample;
	uint64_t weight_ns;
	uint32_t node, class_id;

	prec_ring_load(words, at, &sample, sizeof sample / 8);
	weight_ns = r->shm->source == PREC_SOURCE_PERF
		? ticks_weigh(&thread->ticks, sample.thread_cpu_ns,
			  sample.record.flags & PREC_SAMPLE_AFTER_SYSCALL)
		: ticks_weigh_count(&thread->ticks, sample.thread_cpu_ns);
	if (sample.record.flags & PREC_SAMPLE_OFF) {
		r->lost.switched_off++;
		r->lost.switched_off_ns += weight_ns;
		return;
	}
	weight_ns -= take_lost_time(r, thread, &sample, weight_ns);
	size_t count = load_frames(words, at + sizeof sample / 8, sample.frame_count,
		sample.elided_frame_count, sample.root_rotation, frames);
	const struct mapping *mapping = address_space_find(&process->space, sample.pc);
	class_id = classify_sample(&sample, mapping, process->python.version);
	if (count) {
		node = stacks_python_node(r, process, frames, count,
			sample.elided_frame_count);
	} else if ((sample.record.flags & PREC_SAMPLE_TORN) && thread->last_node) {
		/* The stack was being switched: it was where it was a moment ago. */
		node = thread->last_node;
		class_id = PTF_CLASS_PYTHON;
	} else {
		node = stacks_native_node(r, mapping, sample.pc);
	}
	if (sample.elided_frame_count)
		r->lost.stack_elided++;
	thread->last_node = node;
	r->sample_count++;
	struct row row = {recording_time(r, sample.time_ns), (int64_t)weight_ns, node,
		class_id};
	if (weight_ns && rows_add(&thread->rows, row) < 0)
		recording_no_memory(r);
}

static void take_block(struct recording *r, struct recorded_thread *thread,
	const uint64_t *words, uint64_t at)
{
	static struct prec_frame frames[PREC_LEAF_FRAMES + PREC_ROOT_FRAMES];
	struct prec_block block;

	prec_ring_load(words, at, &block, sizeof block / 8);
	size_t count = load_frames(words, at + sizeof block / 8, block.frame_count,
		block.elided_frame_count, block.root_rotation, frames);
	process_memory_take_block(r, thread, &block, frames, count);
}

static void take_module(struct recording *r, struct recorded_process *process,
	const uint64_t *words, uint64_t at)
{
	struct prec_module module;
	char path[4096];
	const size_t fixed = sizeof module / 8;

	prec_ring_load(words, at, &module, fixed);
	if (module.path_bytes >= sizeof path ||
		module.record.size_words != fixed + prec_words(module.path_bytes))
		return;
	prec_ring_load(words, at + fixed, path, prec_words(module.path_bytes));
	if (address_space_add(&process->space, module.start, module.end,
		    module.file_offset, path, module.path_bytes) < 0)
		recording_no_memory(r);
}

static void take_mark(struct recording *r, struct recorded_thread *thread,
	const uint64_t *words, uint64_t at)
{
	struct prec_mark mark;
	char name[PREC_MARK_NAME_MAX + 8];
	const size_t fixed = sizeof mark / 8;

	prec_ring_load(words, at, &mark, fixed);
	if (mark.name_bytes > PREC_MARK_NAME_MAX || mark.kind > PTF_MARK_RECORDING_OFF ||
		mark.record.size_words != fixed + prec_words(mark.name_bytes))
		return;
	prec_ring_load(words, at + fixed, name, prec_words(mark.name_bytes));
	marks_add(r, thread, (enum ptf_mark_kind)mark.kind,
		(struct ptf_text){name, mark.name_bytes}, mark.time_ns);
}

static void take_image(struct recording *r, struct recorded_process *process,
	const uint64_t *words, uint64_t at)
{
	static char text[PREC_COMMAND_MAX];
	struct prec_image image;
	const size_t fixed = sizeof image / 8;

	prec_ring_load(words, at, &image, fixed);
	if (image.text_bytes > sizeof text ||
		image.record.size_words != fixed + prec_words(image.text_bytes))
		return;
	prec_ring_load(words, at + fixed, text, prec_words(image.text_bytes));
	process_take_image(r, process, &image, text);
}

static void take_records(struct recording *r, const struct drained_slot *slot)
{
	struct recorded_thread *thread = slot->thread;

	while (thread->drained < slot->sample_limit) {
		struct prec_record record;
		prec_ring_load(slot->words, thread->drained, &record, 1);
		switch (record.type) {
		case PREC_RECORD_IMAGE:
			take_image(r, thread->process, slot->words, thread->drained);
			break;
		case PREC_RECORD_MODULE:
			take_module(r, thread->process, slot->words, thread->drained);
			break;
		case PREC_RECORD_SAMPLE:
			take_sample(r, thread, slot->words, thread->drained);
			break;
		case PREC_RECORD_BLOCK:
			take_block(r, thread, slot->words, thread->drained);
			break;
		case PREC_RECORD_BLOCK_FREED: {
			struct prec_block_freed freed;
			prec_ring_load(slot->words, thread->drained, &freed,
				sizeof freed / 8);
			process_memory_take_freed(r, thread, &freed);
			break;
		}
		case PREC_RECORD_MARK:
			take_mark(r, thread, slot->words, thread->drained);
			break;
		case PREC_RECORD_THREAD_END: {
			struct prec_thread_end end;
			prec_ring_load(slot->words, thread->drained, &end,
				sizeof end / 8);
			thread->end_time_ns = end.time_ns;
			thread->end_cpu_ns = end.thread_cpu_ns;
			break;
		}
		case PREC_RECORD_THREAD_NAME: {
			struct prec_thread_name name;
			prec_ring_load(slot->words, thread->drained, &name,
				sizeof name / 8);
			name.name[sizeof name.name - 1] = '\0';
			thread_take_name(r, thread, name.name, name.time_ns);
			break;
		}
		case PREC_RECORD_CHILD_END: {
			struct prec_child_end end;
			prec_ring_load(slot->words, thread->drained, &end,
				sizeof end / 8);
			process_take_child_end(r, &end);
			break;
		}
		case PREC_RECORD_PROCESS_END: {
			struct prec_process_end end;
			prec_ring_load(slot->words, thread->drained, &end,
				sizeof end / 8);
			process_take_end(thread->process, &end);
			break;
		}
		}
		if (record.size_words == 0)
			break;
		thread->drained += record.size_words;
	}
	atomic_store_explicit(&thread->slot->tail, thread->drained, memory_order_release);
}

static int by_generation(const void *left, const void *right)
{
	const struct drained_slot *a = left, *b = right;

	if (a->thread->generation != b->thread->generation)
		return a->thread->generation < b->thread->generation ? -1 : 1;
	/* The main thread's ring says what the image is. */
	return b->thread->is_main - a->thread->is_main;
}

/* A slot that no thread of ours has yet. */
struct new_slot {
	struct prec_slot *slot;
	uint32_t generation;
};

static int by_age(const void *left, const void *right)
{
	const struct new_slot *a = left, *b = right;

	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	return (int)b->slot->begins_image - (int)a->slot->begins_image;
}

static bool is_in_use(uint32_t state)
{
	return state == PREC_SLOT_ACTIVE || state == PREC_SLOT_ENDED;
}

/*
 * Gives new slots to their threads, parents before children. Of one process
 * images follow each other: the rings of a newer one are read only when no older
 * one is left. What must wait waits for another drain.
 */
static bool bind_new_slots(struct recording *r)
{
	static struct new_slot found[PREC_SLOT_COUNT];
	size_t count = 0;
	bool waits = false;
	uint32_t used_count = recording_used_slots(r);

	for (uint32_t i = 0; i < used_count; i++) {
		struct prec_slot *slot = &r->shm->slot[i];
		uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
		if (is_in_use(state) && !r->thread_of_slot[i])
			found[count++] = (struct new_slot){slot, slot->generation};
	}
	qsort(found, count, sizeof *found, by_age);
	for (size_t i = 0; i < r->process_count; i++)
		r->process[i]->waits = false;
	for (size_t i = 0; i < count; i++) {
		struct recorded_process *process = process_of_slot(r, found[i].slot);
		if (process && thread_of_slot(r, process, found[i].slot))
			continue;
		waits = true;
		if (process)
			process->waits = true;
	}
	return waits;
}

/* How far a ring was filled at a moment. */
struct fill {
	uint64_t head;
	bool is_used;
	bool had_ended; /* nothing comes after head */
};

/* Returns of how many slots, the first ones. */
static uint32_t see_fills(struct recording *r, struct fill fills[PREC_SLOT_COUNT])
{
	uint32_t used_count = recording_used_slots(r);

	for (uint32_t i = 0; i < used_count; i++) {
		struct prec_slot *slot = &r->shm->slot[i];
		uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
		fills[i] = (struct fill){
			.head = atomic_load_explicit(&slot->head, memory_order_acquire),
			.is_used = is_in_use(state),
			.had_ended = state == PREC_SLOT_ENDED,
		};
	}
	return used_count;
}

/* A library was closed: another may be where it was. */
static void see_unloads(struct recorded_thread *thread)
{
	uint32_t count = atomic_load(&thread->slot->unload_count);

	if (count != thread->unload_count) {
		thread->unload_count = count;
		process_forget_space(thread->process);
	}
}

/* A thread that died at any instruction of its start. */
void drain_free_abandoned(struct recording *r)
{
	uint32_t used_count = recording_used_slots(r);

	for (uint32_t i = 0; i < used_count; i++) {
		struct prec_slot *slot = &r->shm->slot[i];
		uint32_t pid = atomic_load(&slot->pid);
		if (atomic_load(&slot->state) == PREC_SLOT_CLAIMED && pid &&
			kill((pid_t)pid, 0) != 0 && errno == ESRCH) {
			atomic_store(&slot->pid, 0);
			atomic_store(&slot->state, PREC_SLOT_FREE);
		}
	}
}

bool drain(struct recording *r)
{
	static struct drained_slot slots[PREC_SLOT_COUNT];
	static struct fill fills[PREC_SLOT_COUNT];
	size_t count = 0;

	atomic_store_explicit(&r->shm->heartbeat_ns, clock_now_ns(),
		memory_order_relaxed);
	r->fullest_words = 0;
	processes_poll(r);
	/* First: whatever a ring says then of a child, the child's slot is found. */
	uint32_t filled_count = see_fills(r, fills);
	bool waits = bind_new_slots(r);
	unfollowed_see(r);
	for (uint32_t i = 0; i < recording_used_slots(r) && recording_is_sound(r); i++) {
		struct recorded_thread *thread = r->thread_of_slot[i];
		if (!thread)
			continue;
		if (i >= filled_count || !fills[i].is_used) {
			waits = true;
			continue;
		}
		debugger_take_event(thread);
		if (fills[i].head - thread->drained > r->fullest_words)
			r->fullest_words = fills[i].head - thread->drained;
		slots[count++] = (struct drained_slot){
			.thread = thread,
			.words = prec_ring_words(r->shm, i),
			.sample_limit = fills[i].head,
			/* It may have died before it could end those of an older image.
			 */
			.had_ended = fills[i].had_ended ||
				(thread->process->is_dead && thread->process->waits),
		};
	}
	for (size_t i = 0; i < count; i++)
		take_codes(r, slots[i].thread, slots[i].words);
	for (size_t i = 0; i < count; i++)
		see_unloads(slots[i].thread);
	qsort(slots, count, sizeof *slots, by_generation);
	for (size_t i = 0; i < count; i++) {
		take_records(r, &slots[i]);
		if (slots[i].had_ended)
			thread_release_slot(r, slots[i].thread);
	}
	for (size_t i = 0; i < r->process_count; i++)
		process_memory_settle(r, r->process[i]);
	unfollowed_take(r);
	return processes_end_dead(r) || waits;
}
