/* Chains of awaits; see coroutines.h. */
#include "recorder/asyncio/coroutines.h"

#include <string.h>

#include "recorder/asyncio/python_objects.h"

/* In all generators' wrappers: the object that they stand for. */
#define WRAPPED 16u

/* What PyFrameObject of 3.8 to 3.10 has, and _PyInterpreterFrame since. */
#define FRAME_VALUE_STACK 64u
#define FRAME_STACK_TOP   72u /* 3.8, 3.9: a pointer, NULL while it runs */
#define FRAME_STACK_DEPTH 80u /* 3.10 */
#define FRAME_STATE       108u
#define FRAME_LOCALS_TOP  64u /* 3.11: how many of the values behind are in use */
#define FRAME_LOCALS      72u

/* PyFrameState: -1 in 3.10 to 3.12; of 3.13 on -2 and, while it awaits, -1. */
#define STATE_SUSPENDED        (-1)
#define STATE_SUSPENDED_AWAITS (-1)
#define STATE_SUSPENDED_YIELDS (-2)

#define OPCODE_YIELD_FROM 72u

/* The argument of RESUME: from here on it is after an await or yield from. */
#define RESUME_AFTER_AWAIT 2u
#define RESUME_PLACE_MASK  3u

static const struct {
	const char *name;
	enum awaitable awaitable;
} type_names[] = {
	{"coroutine", AWAITABLE_GENERATOR},
	{"generator", AWAITABLE_GENERATOR},
	{"async_generator", AWAITABLE_GENERATOR},
	{"coroutine_wrapper", AWAITABLE_WRAPPER},
	{"async_generator_asend", AWAITABLE_WRAPPER},
	{"async_generator_athrow", AWAITABLE_WRAPPER},
	{"anext_awaitable", AWAITABLE_WRAPPER},
};

static enum awaitable awaitable_of_name(const char *name)
{
	for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
		if (!strcmp(name, type_names[i].name))
			return type_names[i].awaitable;
	return AWAITABLE_NONE;
}

static enum awaitable awaitable_of(struct python_memory *memory,
	struct awaitable_types *types, uintptr_t object)
{
	char name[PYTHON_TYPE_NAME_SIZE];
	uintptr_t type;

	if (!python_read_pointer(memory, object + PYTHON_OBJECT_TYPE, &type) || !type)
		return AWAITABLE_NONE;
	for (uint32_t i = 0; i < types->count && i < AWAITABLE_TYPES_MAX; i++)
		if (types->known[i].type == type)
			return types->known[i].awaitable;
	if (!python_type_name(memory, type, name))
		return AWAITABLE_NONE;
	enum awaitable awaitable = awaitable_of_name(name);
	uint32_t place = types->count++ % AWAITABLE_TYPES_MAX;
	types->known[place].type = type;
	types->known[place].awaitable = awaitable;
	return awaitable;
}

/* A suspended generator: its frame, and where what it awaits stands. */
struct suspension {
	uintptr_t frame;
	uintptr_t top; /* address of the value on top of its stack, 0 = none */
};

static bool read_int(struct python_memory *memory, uintptr_t address, int32_t *value)
{
	return memory->read(memory, address, value, sizeof *value);
}

static bool read_state(struct python_memory *memory, uintptr_t address, int8_t *state)
{
	return memory->read(memory, address, state, sizeof *state);
}

/* 3.8 to 3.10: frame objects. */
static enum coroutine_state suspend_frame_object(struct python_memory *memory,
	const struct python_version *v, uintptr_t generator, struct suspension *found)
{
	uintptr_t stack, top;
	int32_t position, depth;
	int8_t state;

	if (!python_read_pointer(memory, generator + v->asyncio.generator_frame,
		    &found->frame))
		return COROUTINE_TORN;
	if (!found->frame)
		return COROUTINE_ACTIVE;
	if (!read_int(memory, found->frame + v->frame_position, &position) ||
		!python_read_pointer(memory, found->frame + FRAME_VALUE_STACK, &stack))
		return COROUTINE_TORN;
	if (v->asyncio.suspension == PYTHON_SUSPENSION_FRAME) {
		if (!read_state(memory, found->frame + FRAME_STATE, &state) ||
			!read_int(memory, found->frame + FRAME_STACK_DEPTH, &depth))
			return COROUTINE_TORN;
		if (state != STATE_SUSPENDED)
			return COROUTINE_ACTIVE;
		top = stack + (uintptr_t)(depth > 0 ? depth : 0) * 8;
	} else {
		if (!read_state(memory, generator + v->asyncio.generator_state, &state) ||
			!python_read_pointer(memory, found->frame + FRAME_STACK_TOP,
				&top))
			return COROUTINE_TORN;
		if (state || !top || position < 0)
			return COROUTINE_ACTIVE;
	}
	found->top = top > stack ? top - 8 : 0;
	return COROUTINE_SUSPENDED;
}

/* Since 3.11 the frame is part of the generator. */
static enum coroutine_state suspend_frame(struct python_memory *memory,
	const struct python_version *v, uintptr_t generator, struct suspension *found)
{
	enum python_suspension kind = v->asyncio.suspension;
	int32_t in_use;
	int8_t state;

	found->frame = generator + v->asyncio.generator_frame;
	found->top = 0;
	if (!read_state(memory, generator + v->asyncio.generator_state, &state))
		return COROUTINE_TORN;
	if (state != STATE_SUSPENDED &&
		(kind == PYTHON_SUSPENSION_RESUME || state != STATE_SUSPENDED_YIELDS))
		return COROUTINE_ACTIVE;
	if (kind == PYTHON_SUSPENSION_POINTER) {
		if (!python_read_pointer(memory, found->frame + FRAME_LOCALS_TOP,
			    &found->top))
			return COROUTINE_TORN;
		found->top -= 8;
	} else {
		if (!read_int(memory, found->frame + FRAME_LOCALS_TOP, &in_use) ||
			in_use < 0)
			return COROUTINE_TORN;
		if (in_use)
			found->top =
				found->frame + FRAME_LOCALS + (uintptr_t)(in_use - 1) * 8;
	}
	if (kind != PYTHON_SUSPENSION_RESUME && state != STATE_SUSPENDED_AWAITS)
		found->top = 0;
	return COROUTINE_SUSPENDED;
}

/* Whether the instruction says that the generator awaits; the rest know by state. */
static bool awaits_by_instruction(struct python_memory *memory,
	const struct python_process *process, const struct python_frame *frame)
{
	const struct python_version *v = process->version;
	struct python_frame next = *frame;
	uint8_t opcode, argument;

	next.instruction += 2;
	switch (v->asyncio.suspension) {
	case PYTHON_SUSPENSION_RUNNING:
	case PYTHON_SUSPENSION_FRAME:
		return python_current_opcode(memory, process, &next, &opcode) &&
			opcode == OPCODE_YIELD_FROM;
	case PYTHON_SUSPENSION_RESUME:
		return memory->read(memory,
			       frame->code + v->code_bytecode +
				       (uintptr_t)next.instruction + 1,
			       &argument, 1) &&
			(argument & RESUME_PLACE_MASK) >= RESUME_AFTER_AWAIT;
	default:
		return true;
	}
}

/* Adds the frame; *awaited is what it awaits, 0 = nothing that has frames. */
static enum coroutine_state read_generator(struct python_memory *memory,
	const struct python_process *process, uintptr_t generator,
	struct await_chain *chain, uintptr_t *awaited)
{
	const struct python_version *v = process->version;
	struct suspension found;
	enum coroutine_state state = v->asyncio.suspension <= PYTHON_SUSPENSION_FRAME
		? suspend_frame_object(memory, v, generator, &found)
		: suspend_frame(memory, v, generator, &found);

	*awaited = 0;
	if (state != COROUTINE_SUSPENDED)
		return state;
	struct python_frame *frame = &chain->frame[chain->count];
	if (!python_read_frame(memory, process, found.frame, frame) ||
		frame->instruction < 0)
		return COROUTINE_TORN;
	chain->count++;
	if (found.top && awaits_by_instruction(memory, process, frame) &&
		!python_read_pointer(memory, found.top, awaited))
		return COROUTINE_TORN;
	*awaited &= ~(uintptr_t)PYTHON_POINTER_TAG_MASK;
	return COROUTINE_SUSPENDED;
}

enum coroutine_state coroutine_read(struct python_memory *memory,
	const struct python_process *process, struct awaitable_types *types,
	uintptr_t coroutine, struct await_chain *chain)
{
	uintptr_t object = coroutine;
	enum coroutine_state state;

	chain->count = 0;
	for (unsigned links = 0; object && links < AWAIT_DEPTH_MAX; links++) {
		switch (awaitable_of(memory, types, object)) {
		case AWAITABLE_GENERATOR:
			state = read_generator(memory, process, object, chain, &object);
			if (state == COROUTINE_SUSPENDED)
				break;
			/* What a suspended one awaits is suspended as well, but it may
			   be another's, that is running now. */
			return chain->count ? COROUTINE_TORN : state;
		case AWAITABLE_WRAPPER:
			if (!python_read_pointer(memory, object + WRAPPED, &object))
				return COROUTINE_TORN;
			break;
		default:
			object = 0;
		}
	}
	return chain->count && !object ? COROUTINE_SUSPENDED : COROUTINE_TORN;
}
