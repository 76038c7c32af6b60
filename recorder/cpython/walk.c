/* Python stacks, from inside or outside; see walk.h. */
#include "recorder/cpython/walk.h"

#include <string.h>

/* Bytes of a line table that take part in a code object's key. */
#define KEY_TABLE_BYTES 48u

/* The largest prefixes that the rows of versions.c refer to. */
#define FRAME_BYTES 112u
#define CODE_BYTES  144u

static uintptr_t pointer_at(const uint8_t *object, size_t offset)
{
	uintptr_t pointer;
	memcpy(&pointer, object + offset, sizeof pointer);
	return pointer;
}

static int32_t int_at(const uint8_t *object, size_t offset)
{
	int32_t value;
	memcpy(&value, object + offset, sizeof value);
	return value;
}

static bool read_pointer(struct python_memory *memory, uintptr_t address,
	uintptr_t *pointer)
{
	return memory->read(memory, address, pointer, sizeof *pointer);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/*
 * The identity of a code object. Its address alone is reused as soon as it
 * dies, often by a code object of the same size; so are the addresses of its
 * strings. Together with the first line and the beginning of the line table
 * they tell code objects apart that a program makes one after the other.
 */
static bool code_key(struct python_walk *walk, uintptr_t address,
	const uint8_t code[CODE_BYTES], uint64_t *key)
{
	const struct python_version *v = walk->process->version;
	uintptr_t table = pointer_at(code, v->code_linetable);
	uint8_t head[PYTHON_BYTES_DATA + KEY_TABLE_BYTES] = {0};
	int64_t table_bytes;

	if (!walk->memory->read(walk->memory, table, head, PYTHON_BYTES_DATA))
		return false;
	memcpy(&table_bytes, head + PYTHON_VAR_SIZE, sizeof table_bytes);
	if (table_bytes < 0 || table_bytes > INT32_MAX)
		return false;
	size_t taken =
		table_bytes < KEY_TABLE_BYTES ? (size_t)table_bytes : KEY_TABLE_BYTES;
	if (!walk->memory->read(walk->memory, table + PYTHON_BYTES_DATA,
		    head + PYTHON_BYTES_DATA, taken))
		return false;

	uint64_t hash = mix(walk->process->generation, address);
	hash = mix(hash, (uint64_t)(uint32_t)int_at(code, v->code_first_line));
	hash = mix(hash, pointer_at(code, v->code_file));
	hash = mix(hash, pointer_at(code, v->code_name));
	hash = mix(hash, table);
	hash = mix(hash, (uint64_t)table_bytes);
	for (size_t i = 0; i < KEY_TABLE_BYTES; i += 8) {
		uint64_t word;
		memcpy(&word, head + PYTHON_BYTES_DATA + i, 8);
		hash = mix(hash, word);
	}
	*key = hash ? hash : 1;
	return true;
}

void python_walk_begin(struct python_walk *walk, struct python_memory *memory,
	const struct python_process *process, uintptr_t thread_state)
{
	const struct python_version *v = process->version;
	uintptr_t frame = 0;

	*walk = (struct python_walk){.memory = memory, .process = process};
	if (!read_pointer(memory, thread_state + v->thread_frame, &frame) ||
		(v->thread_frame_in_cframe && frame &&
			!read_pointer(memory, frame + v->cframe_frame, &frame))) {
		walk->torn = true;
		return;
	}
	walk->frame = frame;
}

/* Byte offset of the instruction that a frame executes. */
static int32_t frame_instruction(const struct python_version *v, const uint8_t *frame,
	uintptr_t code)
{
	if (v->position == PYTHON_POSITION_BYTES)
		return int_at(frame, v->frame_position);
	if (v->position == PYTHON_POSITION_UNITS)
		return int_at(frame, v->frame_position) * 2;
	intptr_t offset = (intptr_t)(pointer_at(frame, v->frame_position) -
		(code + v->code_bytecode));
	return offset < 0 || offset > INT32_MAX ? -1 : (int32_t)offset;
}

bool python_walk_next(struct python_walk *walk, struct python_frame *frame)
{
	const struct python_version *v = walk->process->version;
	uint8_t bytes[FRAME_BYTES], code_bytes[CODE_BYTES];
	const size_t frame_bytes =
		v->frame_owner ? v->frame_owner + 1u : v->frame_position + 8u;

	while (walk->frame && !walk->torn) {
		if (++walk->seen_count > PYTHON_DEPTH_MAX ||
			!walk->memory->read(walk->memory, walk->frame, bytes,
				frame_bytes))
			break;
		uintptr_t code = pointer_at(bytes, v->frame_code) &
			~(uintptr_t)PYTHON_POINTER_TAG_MASK;
		uintptr_t previous = pointer_at(bytes, v->frame_previous);
		if (previous == walk->frame)
			break;
		frame->code = code;
		frame->instruction = frame_instruction(v, bytes, code);
		if (code == walk->last_code && code) {
			frame->key = walk->last_key;
			walk->frame = previous;
			return true;
		}
		if (!code ||
			!walk->memory->read(walk->memory, code, code_bytes, CODE_BYTES))
			break;
		bool is_c = v->frame_owner &&
			bytes[v->frame_owner] == PYTHON_FRAME_OWNED_BY_C;
		/* From 3.12 a chain contains frames of C code, in 3.12 of a code object
		   of their own, then without one, and frames of the interpreter's own
		   code, without a line. */
		bool is_code = !walk->process->code_type ||
			pointer_at(code_bytes, PYTHON_OBJECT_TYPE) ==
				walk->process->code_type;
		if (!is_code && v->minor < 12)
			break;
		if (!is_code || is_c ||
			(v->minor >= 12 && int_at(code_bytes, v->code_first_line) <= 0)) {
			walk->frame = previous;
			continue;
		}
		if (!code_key(walk, code, code_bytes, &frame->key))
			break;
		walk->last_code = code;
		walk->last_key = frame->key;
		walk->frame = previous;
		return true;
	}
	if (walk->frame)
		walk->torn = true;
	return false;
}

bool python_read_frame(struct python_memory *memory, const struct python_process *process,
	uintptr_t address, struct python_frame *frame)
{
	struct python_walk walk = {
		.memory = memory,
		.process = process,
		.frame = address,
		.seen_count = PYTHON_DEPTH_MAX - 1, /* none behind it */
	};

	return python_walk_next(&walk, frame);
}

bool python_current_opcode(struct python_memory *memory,
	const struct python_process *process, const struct python_frame *frame,
	uint8_t *opcode)
{
	uintptr_t bytecode = frame->code + process->version->code_bytecode;

	if (frame->instruction < 0)
		return false;
	if (process->version->bytecode_is_object) {
		if (!read_pointer(memory, bytecode, &bytecode))
			return false;
		bytecode += PYTHON_BYTES_DATA;
	}
	return memory->read(memory, bytecode + (uintptr_t)frame->instruction, opcode, 1);
}

uintptr_t python_find_thread(struct python_memory *memory,
	const struct python_process *process, uint64_t pthread)
{
	const struct python_version *v = process->version;
	uintptr_t interpreter, thread;

	if (!read_pointer(memory, process->runtime + v->runtime_main_interpreter,
		    &interpreter) ||
		!interpreter ||
		!read_pointer(memory, interpreter + v->interpreter_threads, &thread))
		return 0;
	for (uint32_t i = 0; thread && i < 65536; i++) {
		uint64_t id;
		if (!memory->read(memory, thread + v->thread_id, &id, sizeof id))
			return 0;
		if (id == pthread)
			return thread;
		if (!read_pointer(memory, thread + v->thread_next, &thread))
			return 0;
	}
	return 0;
}
