/*
 * What differs between CPython versions: one row per minor version.
 *
 * Offsets are of 64-bit default builds, taken by compiling against each
 * version's own headers (3.8.18, 3.9.18, 3.10.13, 3.11.7, 3.12.1, 3.13.0, 3.14.3);
 * patch releases keep them. A walk that does not reach code objects shows at
 * once that they do not hold, and is then counted as torn.
 *
 * What asyncio has in no header was found in its running tasks (3.8.18 to 3.14.3);
 * a task whose coroutine is not one shows that it does not hold.
 *
 * To add a version: add a row to versions.c. Nothing else names a version.
 */
#ifndef PREC_CPYTHON_VERSIONS_H
#define PREC_CPYTHON_VERSIONS_H

#include <stdbool.h>
#include <stdint.h>

/* How a frame says which instruction it executes. */
enum python_position {
	PYTHON_POSITION_BYTES,   /* int f_lasti, in bytes */
	PYTHON_POSITION_UNITS,   /* int f_lasti, in 2-byte code units */
	PYTHON_POSITION_POINTER, /* address of the instruction */
};

/* The coding of line tables. */
enum python_linetable {
	PYTHON_LNOTAB,         /* co_lnotab, to 3.9 */
	PYTHON_LINETABLE_3_10, /* PEP 626 */
	PYTHON_LINETABLE_3_11, /* location table, PEP 657 */
};

/* 3.12: the owner of such a frame. */
#define PYTHON_FRAME_OWNED_BY_C 3u

/* How a generator or coroutine says that it is suspended, and what it awaits. */
enum python_suspension {
	PYTHON_SUSPENSION_RUNNING, /* gi_running and f_stacktop; YIELD_FROM is next */
	PYTHON_SUSPENSION_FRAME,   /* f_state and f_stackdepth; YIELD_FROM is next */
	PYTHON_SUSPENSION_RESUME,  /* gi_frame_state; the argument of RESUME, next */
	PYTHON_SUSPENSION_STATE,   /* gi_frame_state has a value for it */
	PYTHON_SUSPENSION_POINTER, /* the same; the top of the stack is a pointer */
};

/* Where asyncio keeps its tasks. */
enum python_task_list {
	PYTHON_TASKS_ALL,       /* the WeakSet asyncio.tasks._all_tasks */
	PYTHON_TASKS_SCHEDULED, /* the WeakSet asyncio.tasks._scheduled_tasks */
	PYTHON_TASKS_LINKED,    /* a linked list of each thread */
};

/* Where an instance of a Python class keeps its first attribute. */
enum python_instance {
	PYTHON_INSTANCE_DICT,   /* in a dict, behind the object's header */
	PYTHON_INSTANCE_VALUES, /* in a dict, or values, before the header */
	PYTHON_INSTANCE_TAGGED, /* the same in one tagged pointer */
	PYTHON_INSTANCE_INLINE, /* in a dict before the header, or behind it */
};

/* What reading suspended tasks needs. */
struct python_asyncio {
	uint16_t interpreter_modules; /* in PyInterpreterState: sys.modules */
	enum python_task_list list;
	uint16_t thread_tasks;    /* in PyThreadState: head of the linked list */
	uint16_t task_node;       /* in _asyncio.Task: its place in the list */
	uint16_t task_coroutine;  /* in _asyncio.Task */
	uint16_t generator_frame; /* a pointer to 3.10, then the frame itself */
	uint16_t generator_state;
	enum python_suspension suspension;
	enum python_instance instance;
};

struct python_version {
	uint32_t minor; /* of Python 3 */

	uint16_t runtime_tss_key;          /* in _PyRuntime: autoTSSkey */
	uint16_t runtime_main_interpreter; /* in _PyRuntime: interpreters.main */
	uint16_t interpreter_threads;      /* in PyInterpreterState: first thread */
	uint16_t thread_next, thread_id;   /* in PyThreadState */
	uint16_t thread_frame;             /* ... its frame, or its cframe */
	bool thread_frame_in_cframe;       /* then the frame is at cframe_frame */
	uint16_t cframe_frame;

	uint16_t frame_previous, frame_code, frame_position;
	enum python_position position;
	uint16_t frame_owner; /* 3.12: C code's frames, which have a code object too */

	uint16_t code_first_line, code_file, code_name;
	uint16_t code_bytecode; /* inside the object, or a bytes object */
	bool bytecode_is_object;
	uint16_t code_linetable;
	enum python_linetable linetable;

	/* Where a str keeps its text: ASCII, or other (compact) text. */
	uint16_t str_ascii_data, str_other_data;

	const uint8_t *call_opcodes; /* that can call C functions */
	uint8_t call_opcode_count;

	struct python_asyncio asyncio;
};

/* Sizes that hold for all rows. */
#define PYTHON_OBJECT_TYPE   8u  /* in PyObject: ob_type */
#define PYTHON_VAR_SIZE      16u /* in PyVarObject: ob_size */
#define PYTHON_BYTES_DATA    32u /* in PyBytesObject */
#define PYTHON_STR_LENGTH    16u
#define PYTHON_STR_STATE     32u
#define PYTHON_TSS_KEY_VALUE 4u /* in Py_tss_t: the pthread key */

/*
 * From 3.13 _PyRuntime begins with _Py_DebugOffsets: a cookie, the version,
 * and here (uint64_t) whether the build is free-threaded. Such a build has
 * another layout, which is not in the table.
 */
#define PYTHON_RUNTIME_FREE_THREADED 16u
#define PYTHON_DEBUG_OFFSETS_MINOR   13u

/* From 3.14 a frame's code pointer carries flags in its lowest bits. */
#define PYTHON_POINTER_TAG_MASK UINT64_C(7)

/* The row of a PY_VERSION_HEX, or NULL when the version is unknown. */
const struct python_version *python_version_find(uint32_t version_hex);

/* Whether the opcode can be calling a C function. */
bool python_is_call(const struct python_version *version, uint8_t opcode);

#endif
