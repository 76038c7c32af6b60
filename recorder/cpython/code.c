/* Locating what names a code object; see code.h. */
#include "recorder/cpython/code.h"

#include <string.h>

/* PyASCIIObject.state, the same bits in 3.8 to 3.13. */
#define STATE_KIND(state)    ((state) >> 2 & 7)
#define STATE_COMPACT(state) ((state) >> 5 & 1)
#define STATE_ASCII(state)   ((state) >> 6 & 1)

static bool locate_text(struct python_memory *memory, const struct python_version *v,
	uintptr_t address, struct python_text *text)
{
	int64_t length;
	uint32_t state;

	if (!address ||
		!memory->read(memory, address + PYTHON_STR_LENGTH, &length,
			sizeof length) ||
		!memory->read(memory, address + PYTHON_STR_STATE, &state, sizeof state))
		return false;
	/* Names of code objects are made by the compiler or by unmarshalling,
	   which make compact strings only. */
	if (length < 0 || length > INT32_MAX / 4 || !STATE_COMPACT(state))
		return false;
	uint32_t kind = STATE_KIND(state);
	if (kind != 1 && kind != 2 && kind != 4)
		return false;
	text->kind = STATE_ASCII(state) ? 0 : (uint8_t)kind;
	text->address =
		address + (STATE_ASCII(state) ? v->str_ascii_data : v->str_other_data);
	text->size_bytes = (uint32_t)length * kind;
	return true;
}

bool python_code_locate(struct python_memory *memory,
	const struct python_process *process, uintptr_t address, struct python_code *code)
{
	const struct python_version *v = process->version;
	uintptr_t file, name, table;
	int64_t table_bytes;

	if (!memory->read(memory, address + v->code_first_line, &code->first_line, 4) ||
		!memory->read(memory, address + v->code_file, &file, sizeof file) ||
		!memory->read(memory, address + v->code_name, &name, sizeof name) ||
		!memory->read(memory, address + v->code_linetable, &table, sizeof table))
		return false;
	if (!locate_text(memory, v, file, &code->file) ||
		!locate_text(memory, v, name, &code->name) || !table ||
		!memory->read(memory, table + PYTHON_VAR_SIZE, &table_bytes,
			sizeof table_bytes) ||
		table_bytes < 0 || table_bytes > INT32_MAX)
		return false;
	code->linetable = table + PYTHON_BYTES_DATA;
	code->linetable_bytes = (uint32_t)table_bytes;
	return true;
}
