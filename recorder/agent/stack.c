/* The Python stack of the calling thread; see stack.h. */
#include "recorder/agent/stack.h"

#include <pthread.h>

#include "recorder/agent/seen.h"
#include "recorder/cpython/code.h"

#define FRAME_WORDS (sizeof(struct prec_frame) / 8)
#define CODE_WORDS  (sizeof(struct prec_code) / 8)

static uint64_t entry_place(const struct stack_writer *stack, uint32_t index)
{
	if (index >= PREC_LEAF_FRAMES)
		index = PREC_LEAF_FRAMES + (index - PREC_LEAF_FRAMES) % PREC_ROOT_FRAMES;
	return stack->head_words + index * FRAME_WORDS;
}

static void end_run(struct stack_writer *stack)
{
	if (!stack->run.repeat_count)
		return;
	uint64_t place = entry_place(stack, stack->entry_count);
	if (stack->entry_count >= PREC_LEAF_FRAMES + PREC_ROOT_FRAMES) {
		struct prec_frame old;
		prec_ring_load(stack->cursor.words, stack->cursor.start + place, &old,
			FRAME_WORDS);
		stack->elided_frame_count += old.repeat_count;
	}
	prec_ring_store(&stack->cursor, place, &stack->run, sizeof stack->run);
	stack->entry_count++;
	stack->run.repeat_count = 0;
}

static void add_frame(struct stack_writer *stack, const struct python_frame *frame)
{
	if (stack->run.repeat_count && stack->run.key == frame->key &&
		stack->run.instruction == frame->instruction) {
		stack->run.repeat_count++;
		return;
	}
	end_run(stack);
	stack->run = (struct prec_frame){frame->key, frame->instruction, 1};
	stack->has_unseen |= !seen_contains(frame->key);
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

bool stack_begin(struct stack_writer *stack, size_t head_bytes)
{
	*stack = (struct stack_writer){
		.cursor = prec_ring_begin(agent_thread.slot, agent_thread.words),
		.head_words = (uint32_t)(head_bytes / 8),
	};
	guarded_memory_init(&stack->guard);
	return prec_ring_has_room(&stack->cursor,
		stack->head_words + (PREC_LEAF_FRAMES + PREC_ROOT_FRAMES) * FRAME_WORDS);
}

bool stack_walk(struct stack_writer *stack, uint8_t *opcode)
{
	struct python_memory *memory = &stack->guard.memory;
	struct python_walk walk;
	struct python_frame frame;
	bool has_opcode = false;

	if (agent.python.version)
		stack->state = thread_state(&agent.python);
	stack->has_python = stack->state != 0;
	if (stack->has_python) {
		python_walk_begin(&walk, memory, &agent.python, stack->state);
		for (bool first = true; python_walk_next(&walk, &frame); first = false) {
			if (first && opcode)
				has_opcode = python_current_opcode(memory, &agent.python,
					&frame, opcode);
			add_frame(stack, &frame);
		}
		end_run(stack);
		stack->is_torn = walk.torn;
	}
	stack->frame_count =
		at_most(stack->entry_count, PREC_LEAF_FRAMES + PREC_ROOT_FRAMES);
	if (stack->entry_count > stack->frame_count)
		stack->root_rotation =
			(stack->entry_count - PREC_LEAF_FRAMES) % PREC_ROOT_FRAMES;
	stack->size_words =
		stack->head_words + stack->frame_count * (uint32_t)FRAME_WORDS;
	return has_opcode;
}

bool stack_commit(struct stack_writer *stack, const void *head, size_t head_bytes)
{
	struct prec_cursor *cursor = &stack->cursor;

	prec_ring_store(cursor, 0, head, head_bytes);
	cursor->next = cursor->start + stack->size_words;
	uint64_t codes = cursor->next;
	if (stack->has_unseen)
		put_unseen_codes(cursor, &stack->guard.memory, stack->state);
	prec_ring_commit(cursor);
	mark_codes_seen(cursor, codes);
	return stack->has_unseen;
}
