/*
 * One tick: where the thread stands, as one record in its ring.
 *
 * Runs in the signal handler. The record and the facts of code objects that it
 * is the first to meet become visible to prec at once, with the store of the
 * ring's head; only then are these code objects marked as known, so that no
 * sample of another thread can refer to facts that are not there yet.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include "recorder/agent/guard.h"
#include "recorder/agent/seen.h"
#include "recorder/arch/arch.h"
#include "recorder/cpython/code.h"

#define SAMPLE_WORDS (sizeof(struct prec_sample) / 8)
#define FRAME_WORDS  (sizeof(struct prec_frame) / 8)
#define CODE_WORDS   (sizeof(struct prec_code) / 8)

/* Frames of the sample being written, runs of equal ones as one entry. */
struct frame_list {
	struct prec_cursor *cursor;
	struct prec_frame run;
	uint32_t entry_count; /* entries begun, also those overwritten since */
	uint32_t elided_frame_count;
	bool has_unseen;
};

static uint64_t entry_place(uint32_t index)
{
	if (index >= PREC_LEAF_FRAMES)
		index = PREC_LEAF_FRAMES + (index - PREC_LEAF_FRAMES) % PREC_ROOT_FRAMES;
	return SAMPLE_WORDS + index * FRAME_WORDS;
}

static void end_run(struct frame_list *list)
{
	if (!list->run.repeat_count)
		return;
	uint64_t place = entry_place(list->entry_count);
	if (list->entry_count >= PREC_LEAF_FRAMES + PREC_ROOT_FRAMES) {
		struct prec_frame old;
		prec_ring_load(list->cursor->words, list->cursor->start + place, &old,
			FRAME_WORDS);
		list->elided_frame_count += old.repeat_count;
	}
	prec_ring_store(list->cursor, place, &list->run, sizeof list->run);
	list->entry_count++;
	list->run.repeat_count = 0;
}

static void add_frame(struct frame_list *list, const struct python_frame *frame)
{
	if (list->run.repeat_count && list->run.key == frame->key &&
		list->run.instruction == frame->instruction) {
		list->run.repeat_count++;
		return;
	}
	end_run(list);
	list->run = (struct prec_frame){frame->key, frame->instruction, 1};
	list->has_unseen |= !seen_contains(frame->key);
}

/* The calling thread's PyThreadState, or 0; good with and without the GIL. */
static uintptr_t thread_state(const struct python_process *python)
{
	const char *key =
		(const char *)python->runtime + python->version->runtime_tss_key;
	int is_initialized;
	pthread_key_t pthread_key;

	memcpy(&is_initialized, key, sizeof is_initialized);
	memcpy(&pthread_key, key + PYTHON_TSS_KEY_VALUE, sizeof pthread_key);
	return is_initialized ? (uintptr_t)pthread_getspecific(pthread_key) : 0;
}

static void put_bytes(struct prec_cursor *cursor, struct python_memory *memory,
	uintptr_t address, uint32_t size)
{
	for (uint32_t done = 0; done < size; done += 8) {
		uint64_t word = 0;
		uint32_t rest = size - done;
		memory->read(memory, address + done, &word, rest < 8 ? rest : 8);
		prec_ring_put(cursor, word);
	}
}

static uint32_t at_most(uint32_t size, uint32_t limit)
{
	return size < limit ? size : limit;
}

/* Sends what names the code object. Out of room: it is met again. */
static void put_code(struct prec_cursor *cursor, struct python_memory *memory,
	const struct python_frame *frame)
{
	struct python_code code;

	if (!python_code_locate(memory, &agent.python, frame->code, &code))
		return;
	/* Whole characters of every kind remain. */
	code.file.size_bytes = at_most(code.file.size_bytes, PREC_NAME_MAX);
	code.name.size_bytes = at_most(code.name.size_bytes, PREC_NAME_MAX);
	uint32_t full_bytes = code.linetable_bytes;
	code.linetable_bytes = at_most(full_bytes, PREC_LINETABLE_MAX);
	uint32_t size_words = CODE_WORDS + prec_words(code.file.size_bytes) +
		prec_words(code.name.size_bytes) + prec_words(code.linetable_bytes);
	if (!prec_ring_has_room(cursor, size_words))
		return;
	struct prec_code record = {
		.record = {size_words, PREC_RECORD_CODE, 0},
		.key = frame->key,
		.first_line = code.first_line,
		.python_version = 3u << 24 | agent.python.version->minor << 16,
		.file_bytes = code.file.size_bytes,
		.name_bytes = code.name.size_bytes,
		.linetable_bytes = code.linetable_bytes,
		.full_linetable_bytes = full_bytes,
		.linetable_address = code.linetable,
		.file_kind = code.file.kind,
		.name_kind = code.name.kind,
	};
	prec_ring_store(cursor, cursor->next - cursor->start, &record, sizeof record);
	cursor->next += CODE_WORDS;
	put_bytes(cursor, memory, code.file.address, code.file.size_bytes);
	put_bytes(cursor, memory, code.name.address, code.name.size_bytes);
	put_bytes(cursor, memory, code.linetable, code.linetable_bytes);
}

#define PUT_COUNT 64u

/* Walks once more, for what the first walk met for the first time. */
static void put_unseen_codes(struct prec_cursor *cursor, struct python_memory *memory,
	uintptr_t state)
{
	struct python_walk walk;
	struct python_frame frame;
	uint64_t put[PUT_COUNT] = {0}; /* in this sample: they are not marked yet */

	python_walk_begin(&walk, memory, &agent.python, state);
	while (python_walk_next(&walk, &frame)) {
		uint64_t *known = &put[frame.key % PUT_COUNT];
		if (*known == frame.key || seen_contains(frame.key))
			continue;
		put_code(cursor, memory, &frame);
		*known = frame.key;
	}
}

static void mark_codes_seen(const struct prec_cursor *cursor, uint64_t from)
{
	while (from < cursor->next) {
		struct prec_code code;
		prec_ring_load(cursor->words, from, &code, CODE_WORDS);
		seen_add(code.key);
		from += code.record.size_words;
	}
}

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
	struct guarded_memory guard;
	struct prec_cursor cursor =
		prec_ring_begin(agent_thread.slot, agent_thread.words);
	struct frame_list list = {.cursor = &cursor};
	struct prec_sample sample = {
		.time_ns = agent_clock_ns(CLOCK_MONOTONIC),
		.thread_cpu_ns = cpu_ns,
		.pc = arch_context_pc(context),
	};
	uint8_t before[ARCH_SYSCALL_BYTES];
	uint16_t flags = 0;
	uintptr_t state = 0;

	if (!prec_ring_has_room(&cursor,
		    SAMPLE_WORDS + (PREC_LEAF_FRAMES + PREC_ROOT_FRAMES) * FRAME_WORDS)) {
		count_full();
		return false;
	}
	if (agent_thread.has_lost)
		flags |= PREC_SAMPLE_AFTER_LOSS;
	agent_thread.has_lost = false;
	guarded_memory_init(&guard);
	if (guard.memory.read(&guard.memory, sample.pc - sizeof before, before,
		    sizeof before) &&
		arch_is_syscall(before))
		flags |= PREC_SAMPLE_AFTER_SYSCALL;

	if (agent.python.version)
		state = thread_state(&agent.python);
	if (state) {
		struct python_walk walk;
		struct python_frame frame;
		python_walk_begin(&walk, &guard.memory, &agent.python, state);
		for (bool first = true; python_walk_next(&walk, &frame); first = false) {
			if (first &&
				python_current_opcode(&guard.memory, &agent.python,
					&frame, &sample.opcode))
				flags |= PREC_SAMPLE_HAS_OPCODE;
			add_frame(&list, &frame);
		}
		end_run(&list);
		if (walk.torn) {
			flags |= PREC_SAMPLE_TORN;
			atomic_fetch_add_explicit(&agent_thread.slot->lost_torn_count, 1,
				memory_order_relaxed);
		}
	} else {
		flags |= PREC_SAMPLE_NO_PYTHON;
	}

	uint32_t kept = at_most(list.entry_count, PREC_LEAF_FRAMES + PREC_ROOT_FRAMES);
	sample.frame_count = kept;
	sample.elided_frame_count = list.elided_frame_count;
	if (list.entry_count > kept)
		sample.root_rotation =
			(list.entry_count - PREC_LEAF_FRAMES) % PREC_ROOT_FRAMES;
	sample.record =
		(struct prec_record){(uint32_t)(SAMPLE_WORDS + kept * FRAME_WORDS),
			PREC_RECORD_SAMPLE, flags};
	prec_ring_store(&cursor, 0, &sample, sizeof sample);
	cursor.next = cursor.start + sample.record.size_words;

	uint64_t codes = cursor.next;
	if (list.has_unseen)
		put_unseen_codes(&cursor, &guard.memory, state);
	prec_ring_commit(&cursor);
	mark_codes_seen(&cursor, codes);
	return list.has_unseen;
}
