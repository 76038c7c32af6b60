/* The table of CPython versions; see versions.h. */
#include "recorder/cpython/versions.h"

#include <pthread.h>
#include <stddef.h>

/*
 * Opcodes named CALL*, PRECALL*, INSTRUMENTED_CALL* in each version's headers,
 * without those that are specialised for Python functions (CALL_PY_*,
 * *_BOUND_METHOD*, PRECALL_PYFUNC, CALL_ALLOC_AND_ENTER_INIT): these never
 * call C, and what runs outside the loop for them sets up a frame.
 */
static const uint8_t calls_3_8[] = {131, 141, 142, 161};
static const uint8_t calls_3_11[] = {22, 64, 66, 67, 72, 73, 76, 77, 78, 79, 80, 81, 113,
	121, 127, 141, 142, 166, 171};
static const uint8_t calls_3_12[] = {29, 34, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
	56, 142, 171, 241, 244};
static const uint8_t calls_3_13[] = {53, 54, 57, 165, 166, 167, 168, 169, 170, 171, 172,
	173, 174, 175, 176, 179, 180, 181, 244, 245, 246};
static const uint8_t calls_3_14[] = {4, 52, 55, 146, 147, 148, 149, 150, 152, 154, 155,
	156, 157, 158, 159, 160, 163, 164, 165, 250, 251, 252};

#define CALLS(list) .call_opcodes = (list), .call_opcode_count = sizeof(list)

/* The frame objects of 3.8 to 3.10, where every frame is a PyFrameObject. */
#define FRAME_OBJECTS                                                                    \
	.interpreter_threads = 8, .thread_next = 8, .thread_id = 176,                    \
	.thread_frame = 24, .frame_previous = 24, .frame_code = 32,                      \
	.code_first_line = 40, .code_file = 104, .code_name = 112, .code_bytecode = 48,  \
	.bytecode_is_object = true, .code_linetable = 120, .str_ascii_data = 48,         \
	.str_other_data = 72, CALLS(calls_3_8)

/* To 3.11 _PyRuntime has the GIL before it, which has two mutexes: of 40 bytes on
   x86-64, of 48 on aarch64 (glibc). */
#define BEHIND_GIL(offset) ((offset) + 2 * (sizeof(pthread_mutex_t) - 40))

static const struct python_version versions[] = {
	{
		.minor = 8,
		FRAME_OBJECTS,
		.runtime_tss_key = BEHIND_GIL(1392),
		.runtime_main_interpreter = 40,
		.frame_position = 104,
		.position = PYTHON_POSITION_BYTES,
		.linetable = PYTHON_LNOTAB,
		.asyncio =
			{
				.interpreter_modules = 56,
				.list = PYTHON_TASKS_ALL,
				.task_coroutine = 112,
				.generator_frame = 16,
				.generator_state = 24,
				.suspension = PYTHON_SUSPENSION_RUNNING,
				.instance = PYTHON_INSTANCE_DICT,
			},
	},
	{
		.minor = 9,
		FRAME_OBJECTS,
		.runtime_tss_key = BEHIND_GIL(584),
		.runtime_main_interpreter = 40,
		.frame_position = 104,
		.position = PYTHON_POSITION_BYTES,
		.linetable = PYTHON_LNOTAB,
		.asyncio =
			{
				.interpreter_modules = 856,
				.list = PYTHON_TASKS_ALL,
				.task_coroutine = 152,
				.generator_frame = 16,
				.generator_state = 24,
				.suspension = PYTHON_SUSPENSION_RUNNING,
				.instance = PYTHON_INSTANCE_DICT,
			},
	},
	{
		.minor = 10,
		FRAME_OBJECTS,
		.runtime_tss_key = BEHIND_GIL(584),
		.runtime_main_interpreter = 40,
		.frame_position = 96,
		.position = PYTHON_POSITION_UNITS,
		.linetable = PYTHON_LINETABLE_3_10,
		.asyncio =
			{
				.interpreter_modules = 856,
				.list = PYTHON_TASKS_ALL,
				.task_coroutine = 160,
				.generator_frame = 16,
				.suspension = PYTHON_SUSPENSION_FRAME,
				.instance = PYTHON_INSTANCE_DICT,
			},
	},
	{
		.minor = 11,
		.runtime_tss_key = BEHIND_GIL(592),
		.runtime_main_interpreter = 48,
		.interpreter_threads = 16,
		.thread_next = 8,
		.thread_id = 152,
		.thread_frame = 56,
		.thread_frame_in_cframe = true,
		.cframe_frame = 8,
		.frame_previous = 48,
		.frame_code = 32,
		.frame_position = 56,
		.position = PYTHON_POSITION_POINTER,
		.code_first_line = 72,
		.code_file = 112,
		.code_name = 128,
		.code_bytecode = 184,
		.code_linetable = 136,
		.linetable = PYTHON_LINETABLE_3_11,
		.str_ascii_data = 48,
		.str_other_data = 72,
		CALLS(calls_3_11),
		.asyncio =
			{
				.interpreter_modules = 888,
				.list = PYTHON_TASKS_ALL,
				.task_coroutine = 136,
				.generator_frame = 80,
				.generator_state = 75,
				.suspension = PYTHON_SUSPENSION_RESUME,
				.instance = PYTHON_INSTANCE_VALUES,
			},
	},
	{
		.minor = 12,
		.runtime_tss_key = 1544,
		.runtime_main_interpreter = 48,
		.interpreter_threads = 72,
		.thread_next = 8,
		.thread_id = 136,
		.thread_frame = 56,
		.thread_frame_in_cframe = true,
		.cframe_frame = 0,
		.frame_previous = 8,
		.frame_code = 0,
		.frame_position = 56,
		.position = PYTHON_POSITION_POINTER,
		.frame_owner = 70,
		.code_first_line = 68,
		.code_file = 112,
		.code_name = 128,
		.code_bytecode = 192,
		.code_linetable = 136,
		.linetable = PYTHON_LINETABLE_3_11,
		.str_ascii_data = 40,
		.str_other_data = 56,
		CALLS(calls_3_12),
		.asyncio =
			{
				.interpreter_modules = 944,
				.list = PYTHON_TASKS_SCHEDULED,
				.task_coroutine = 136,
				.generator_frame = 72,
				.generator_state = 67,
				.suspension = PYTHON_SUSPENSION_RESUME,
				.instance = PYTHON_INSTANCE_TAGGED,
			},
	},
	{
		.minor = 13,
		.runtime_tss_key = 2160,
		.runtime_main_interpreter = 640,
		.interpreter_threads = 7344,
		.thread_next = 8,
		.thread_id = 152,
		.thread_frame = 72,
		.frame_previous = 8,
		.frame_code = 0,
		.frame_position = 56,
		.position = PYTHON_POSITION_POINTER,
		.code_first_line = 68,
		.code_file = 112,
		.code_name = 128,
		.code_bytecode = 200,
		.code_linetable = 136,
		.linetable = PYTHON_LINETABLE_3_11,
		.str_ascii_data = 40,
		.str_other_data = 56,
		CALLS(calls_3_13),
		.asyncio =
			{
				.interpreter_modules = 7656,
				.list = PYTHON_TASKS_SCHEDULED,
				.task_coroutine = 120,
				.generator_frame = 72,
				.generator_state = 67,
				.suspension = PYTHON_SUSPENSION_STATE,
				.instance = PYTHON_INSTANCE_INLINE,
			},
	},
	{
		.minor = 14,
		.runtime_tss_key = 2336,
		.runtime_main_interpreter = 816,
		.interpreter_threads = 7344,
		.thread_next = 8,
		.thread_id = 152,
		.thread_frame = 72,
		.frame_previous = 8,
		.frame_code = 0,
		.frame_position = 56,
		.position = PYTHON_POSITION_POINTER,
		.code_first_line = 68,
		.code_file = 112,
		.code_name = 128,
		.code_bytecode = 208,
		.code_linetable = 136,
		.linetable = PYTHON_LINETABLE_3_11,
		.str_ascii_data = 40,
		.str_other_data = 56,
		CALLS(calls_3_14),
		.asyncio =
			{
				.interpreter_modules = 7664,
				.list = PYTHON_TASKS_LINKED,
				.thread_tasks = 872,
				.task_node = 152,
				.task_coroutine = 128,
				.generator_frame = 72,
				.generator_state = 67,
				.suspension = PYTHON_SUSPENSION_POINTER,
				.instance = PYTHON_INSTANCE_INLINE,
			},
	},
};

const struct python_version *python_version_find(uint32_t version_hex)
{
	if (version_hex >> 24 != 3)
		return NULL;
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if (versions[i].minor == (version_hex >> 16 & 0xff))
			return &versions[i];
	return NULL;
}

bool python_is_call(const struct python_version *version, uint8_t opcode)
{
	for (size_t i = 0; i < version->call_opcode_count; i++)
		if (version->call_opcodes[i] == opcode)
			return true;
	return false;
}
