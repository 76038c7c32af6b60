/* Draining the rings; see drain.h. */
#include "recorder/drain.h"

#include <stdlib.h>

#include "recorder/clocks.h"
#include "recorder/recording.h"
#include "recorder/stacks.h"

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
				codes_add(r, &code, texts);
			}
		}
		if (code.record.size_words == 0)
			break;
		thread->codes_drained += code.record.size_words;
	}
}

/* The frames of a sample in their order, the ring of root frames unrolled. */
static size_t load_frames(const uint64_t *words, uint64_t at,
	const struct prec_sample *sample,
	struct prec_frame frames[PREC_LEAF_FRAMES + PREC_ROOT_FRAMES])
{
	const size_t frame_words = sizeof(struct prec_frame) / 8;
	size_t count = sample->frame_count;

	if (count > PREC_LEAF_FRAMES + PREC_ROOT_FRAMES)
		return 0;
	at += sizeof *sample / 8;
	for (size_t i = 0; i < count; i++) {
		size_t from = i;
		if (sample->elided_frame_count && i >= PREC_LEAF_FRAMES)
			from = PREC_LEAF_FRAMES +
				(i - PREC_LEAF_FRAMES + sample->root_rotation) %
					PREC_ROOT_FRAMES;
		prec_ring_load(words, at + from * frame_words, &frames[i], frame_words);
	}
	return count;
}

static void take_sample(struct recording *r, struct recorded_thread *thread,
	const uint64_t *words, uint64_t at)
{
	static struct prec_frame frames[PREC_LEAF_FRAMES + PREC_ROOT_FRAMES];
	struct prec_sample sample;
	uint64_t weight_ns;
	uint32_t node, class_id;

	prec_ring_load(words, at, &sample, sizeof sample / 8);
	size_t count = load_frames(words, at, &sample, frames);
	const struct mapping *mapping = address_space_find(&r->space, sample.pc);
	class_id = classify_sample(&sample, mapping, r->python.version);
	if (count) {
		node = stacks_python_node(r, frames, count, sample.elided_frame_count);
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
	weight_ns = r->shm->source == PREC_SOURCE_PERF
		? ticks_weigh(&thread->ticks, sample.thread_cpu_ns,
			  sample.record.flags & PREC_SAMPLE_AFTER_SYSCALL)
		: ticks_weigh_count(&thread->ticks, sample.thread_cpu_ns);
	r->sample_count++;
	struct row row = {recording_time(r, sample.time_ns), (int64_t)weight_ns, node,
		class_id};
	if (weight_ns && rows_add(&thread->rows, row) < 0)
		recording_no_memory(r);
}

static void take_module(struct recording *r, const uint64_t *words, uint64_t at)
{
	struct prec_module module;
	char path[4096];
	const size_t fixed = sizeof module / 8;

	prec_ring_load(words, at, &module, fixed);
	if (module.path_bytes >= sizeof path ||
		module.record.size_words != fixed + prec_words(module.path_bytes))
		return;
	prec_ring_load(words, at + fixed, path, prec_words(module.path_bytes));
	if (address_space_add(&r->space, module.start, module.end, module.file_offset,
		    path, module.path_bytes) < 0)
		recording_no_memory(r);
}

static void take_mark(struct recording *r, const struct recorded_thread *thread,
	const uint64_t *words, uint64_t at)
{
	struct prec_mark mark;
	char name[PREC_MARK_NAME_MAX + 8];
	const size_t fixed = sizeof mark / 8;

	prec_ring_load(words, at, &mark, fixed);
	if (mark.name_bytes > PREC_MARK_NAME_MAX || mark.kind > PTF_MARK_END ||
		mark.record.size_words != fixed + prec_words(mark.name_bytes))
		return;
	prec_ring_load(words, at + fixed, name, prec_words(mark.name_bytes));
	marks_add(r, thread->id, (enum ptf_mark_kind)mark.kind,
		(struct ptf_text){name, mark.name_bytes}, mark.time_ns);
}

static void take_records(struct recording *r, const struct drained_slot *slot)
{
	struct recorded_thread *thread = slot->thread;

	while (thread->drained < slot->sample_limit) {
		struct prec_record record;
		prec_ring_load(slot->words, thread->drained, &record, 1);
		switch (record.type) {
		case PREC_RECORD_IMAGE: {
			struct prec_image image;
			prec_ring_load(slot->words, thread->drained, &image,
				sizeof image / 8);
			recording_begin_image(r, &image);
			break;
		}
		case PREC_RECORD_MODULE:
			take_module(r, slot->words, thread->drained);
			break;
		case PREC_RECORD_SAMPLE:
			take_sample(r, thread, slot->words, thread->drained);
			break;
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
		}
		if (record.size_words == 0)
			break;
		thread->drained += record.size_words;
	}
	atomic_store_explicit(&thread->slot->tail, thread->drained, memory_order_release);
}

/* The thread is over, or its program was replaced: the slot can be used again. */
static void release_slot(struct recording *r, struct recorded_thread *thread)
{
	struct prec_slot *slot = thread->slot;

	recording_count_losses(r, slot);
	if (thread->end_time_ns)
		recording_end_thread(r, thread, thread->end_time_ns, thread->end_cpu_ns);
	else if (thread->is_main)
		offcpu_forget_image(thread);
	else /* ended by exec, or without room for its last record */
		recording_end_overtaken_thread(r, thread);
	thread->slot = NULL;
	r->thread_of_slot[slot - r->shm->slot] = NULL;
	atomic_store_explicit(&slot->state, PREC_SLOT_FREE, memory_order_release);
}

static int by_generation(const void *left, const void *right)
{
	const struct drained_slot *a = left, *b = right;

	if (a->thread->generation != b->thread->generation)
		return a->thread->generation < b->thread->generation ? -1 : 1;
	/* The main thread's ring says what the image is. */
	return b->thread->is_main - a->thread->is_main;
}

/*
 * Rings of one thread are read in the order of the images that it ran: a new
 * one only when no older one is left.
 */
static uint32_t oldest_new_generation(const struct recording *r)
{
	uint32_t oldest = UINT32_MAX;

	for (uint32_t i = 0; i < r->shm->slot_count; i++) {
		struct prec_slot *slot = &r->shm->slot[i];
		uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
		if ((state == PREC_SLOT_ACTIVE || state == PREC_SLOT_ENDED) &&
			!r->thread_of_slot[i] && slot->generation < oldest)
			oldest = slot->generation;
	}
	return oldest;
}

bool drain(struct recording *r)
{
	uint32_t new_generation = oldest_new_generation(r);
	static struct drained_slot slots[PREC_SLOT_COUNT];
	size_t count = 0;
	bool waits = false;

	atomic_store_explicit(&r->shm->heartbeat_ns, clock_now_ns(),
		memory_order_relaxed);
	for (uint32_t i = 0; i < r->shm->slot_count && recording_is_sound(r); i++) {
		struct prec_slot *slot = &r->shm->slot[i];
		uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
		if (state != PREC_SLOT_ACTIVE && state != PREC_SLOT_ENDED)
			continue;
		struct recorded_thread *thread = NULL;
		if (r->thread_of_slot[i] || slot->generation == new_generation)
			thread = recording_thread(r, slot);
		if (!thread) {
			waits = true;
			continue;
		}
		debugger_take_event(r, thread);
		slots[count++] = (struct drained_slot){
			.thread = thread,
			.words = prec_ring_words(r->shm, i),
			.sample_limit =
				atomic_load_explicit(&slot->head, memory_order_acquire),
			.had_ended = state == PREC_SLOT_ENDED,
		};
	}
	for (size_t i = 0; i < count; i++)
		take_codes(r, slots[i].thread, slots[i].words);
	/* Another library may be where one was closed. */
	uint32_t unload_count = atomic_load(&r->shm->unload_count);
	if (unload_count != r->unload_count) {
		r->unload_count = unload_count;
		address_space_finish(&r->space);
		address_space_init(&r->space, r->pid, r->python.version != NULL);
	}
	qsort(slots, count, sizeof *slots, by_generation);
	for (size_t i = 0; i < count; i++) {
		take_records(r, &slots[i]);
		if (slots[i].had_ended)
			release_slot(r, slots[i].thread);
	}
	return waits;
}
