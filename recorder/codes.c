/* Code objects, their functions and lines; see codes.h. */
#include "recorder/codes.h"

#include <stdlib.h>
#include <string.h>

#include "recorder/cpython/code.h"
#include "recorder/python_text.h"
#include "recorder/recording.h"

/* What is read at once of the target's memory for a line table. */
#define LINETABLE_REMOTE_MAX (16u << 20)

struct code *codes_find(const struct codes *codes, uint64_t key)
{
	const uint32_t *place = idmap_get(&codes->index, key);

	return place ? &codes->item[*place] : NULL;
}

static struct code *append(struct codes *codes, uint64_t key)
{
	if (codes->count == codes->capacity) {
		size_t capacity = codes->capacity * 2 + 256;
		void *grown = realloc(codes->item, capacity * sizeof *codes->item);
		if (!grown)
			return NULL;
		codes->item = grown;
		codes->capacity = capacity;
	}
	if (idmap_set(&codes->index, key, (uint32_t)codes->count) < 0)
		return NULL;
	struct code *code = &codes->item[codes->count++];
	*code = (struct code){0};
	return code;
}

uint32_t codes_function(struct recording *r, const struct recorded_process *process,
	struct code *code)
{
	struct ptf_function function = {
		.kind = PTF_FUNCTION_PYTHON,
		.first_line = code->first_line,
	};
	struct ptf_error err;

	if (code->function || !code->name)
		return code->function;
	function.name = recording_string(r, code->name);
	function.file = recording_string(r, code->file);
	if (code->lines.last_line >= code->first_line)
		function.line_count = code->lines.last_line - code->first_line + 1;
	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_function(r->section.writer, &function, &code->function,
				&err),
			&err);
	sources_want(r, function.file, code->file, process->cwd);
	return code->function;
}

void codes_enter_section(struct codes *codes)
{
	for (size_t i = 0; i < codes->count; i++)
		codes->item[i].function = 0;
}

/*
 * The whole of a line table that was too long for the ring, read from the
 * target while it is still there: its beginning must be the same. NULL = gone.
 */
static unsigned char *read_whole_table(struct recording *r,
	const struct recorded_process *process, const struct prec_code *record,
	const unsigned char *beginning)
{
	unsigned char *whole = malloc(record->full_linetable_bytes);

	remote_memory_init(&r->memory, process->pid);
	if (whole &&
		r->memory.memory.read(&r->memory.memory, record->linetable_address, whole,
			record->full_linetable_bytes) &&
		!memcmp(whole, beginning, record->linetable_bytes))
		return whole;
	free(whole);
	return NULL;
}

static void decode_lines(struct recording *r, const struct recorded_process *process,
	struct code *code, const struct python_version *version,
	const struct prec_code *record, const unsigned char *table)
{
	size_t size = record->linetable_bytes;
	unsigned char *whole = NULL;

	if (record->full_linetable_bytes > size) {
		whole = read_whole_table(r, process, record, table);
		if (whole)
			size = record->full_linetable_bytes;
		else
			r->lost.unread_code++;
	}
	if (python_lines_init(&code->lines, version, whole ? whole : table, size,
		    code->first_line) < 0)
		recording_no_memory(r);
	free(whole);
}

void codes_add(struct recording *r, struct recorded_process *process,
	const struct prec_code *record, const unsigned char *texts)
{
	const struct python_version *version =
		python_version_find(record->python_version);
	const unsigned char *name_at = texts + prec_words(record->file_bytes) * 8;
	const unsigned char *table = name_at + prec_words(record->name_bytes) * 8;

	if (!version || codes_find(&process->codes, record->key))
		return;
	char *file = text_to_utf8(texts, record->file_bytes, record->file_kind);
	char *name = text_to_utf8(name_at, record->name_bytes, record->name_kind);
	struct code *code = append(&process->codes, record->key);
	if (file && name && code) {
		code->first_line = record->first_line;
		decode_lines(r, process, code, version, record, table);
		code->file = file;
		code->name = name;
		awaits_note_file(process, file);
		return;
	}
	recording_no_memory(r);
	free(file);
	free(name);
}

bool codes_add_remote(struct recording *r, struct recorded_process *process, uint64_t key,
	uintptr_t address)
{
	struct python_memory *memory = &r->memory.memory;
	struct python_code found;

	if (!python_code_locate(memory, &process->python, address, &found) ||
		found.file.size_bytes > PREC_NAME_MAX ||
		found.name.size_bytes > PREC_NAME_MAX ||
		found.linetable_bytes > LINETABLE_REMOTE_MAX)
		return false;
	struct prec_code record = {
		.key = key,
		.first_line = found.first_line,
		.python_version = 3u << 24 | process->python.version->minor << 16,
		.file_bytes = found.file.size_bytes,
		.name_bytes = found.name.size_bytes,
		.linetable_bytes = found.linetable_bytes,
		.full_linetable_bytes = found.linetable_bytes,
		.file_kind = found.file.kind,
		.name_kind = found.name.kind,
	};
	size_t name_at = prec_words(record.file_bytes) * 8;
	size_t table_at = name_at + prec_words(record.name_bytes) * 8;
	unsigned char *texts = calloc(1, table_at + record.linetable_bytes + 1);
	bool whole = texts &&
		memory->read(memory, found.file.address, texts, record.file_bytes) &&
		memory->read(memory, found.name.address, texts + name_at,
			record.name_bytes) &&
		memory->read(memory, found.linetable, texts + table_at,
			record.linetable_bytes);
	if (whole)
		codes_add(r, process, &record, texts);
	free(texts);
	return whole;
}

void codes_finish(struct codes *codes)
{
	for (size_t i = 0; i < codes->count; i++) {
		python_lines_finish(&codes->item[i].lines);
		free(codes->item[i].file);
		free(codes->item[i].name);
	}
	free(codes->item);
	idmap_finish(&codes->index);
	*codes = (struct codes){0};
}
