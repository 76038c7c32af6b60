/* What program this is and which code it has mapped. Not for handlers. */
#include "recorder/agent/agent.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool agent_write_record(const void *record, size_t size, const char *text,
	size_t text_bytes)
{
	struct prec_cursor cursor;
	bool was_in_handler = agent_thread.in_handler, has_room;

	/* The thread's own ticks write to the same ring: they are held back. */
	agent_thread.in_handler = true;
	cursor = prec_ring_begin(agent_thread.slot, agent_thread.words);
	has_room = prec_ring_has_room(&cursor, size / 8 + prec_words(text_bytes));
	if (has_room) {
		prec_ring_store(&cursor, 0, record, size);
		cursor.next += size / 8;
		prec_ring_put_bytes(&cursor, text, text_bytes);
		prec_ring_commit(&cursor);
	}
	agent_thread.in_handler = was_in_handler;
	return has_room;
}

void agent_write_image(const struct agent_image *what)
{
	const struct python_process *python = &agent.python;
	struct prec_image image = {
		.record = {(uint32_t)(sizeof image / 8) + prec_words(what->text_bytes),
			PREC_RECORD_IMAGE, 0},
		.time_ns = agent_clock_ns(CLOCK_MONOTONIC),
		.thread_cpu_ns = agent_clock_ns(CLOCK_THREAD_CPUTIME_ID),
		.python_runtime = python->runtime,
		.python_version = agent.python_hex,
		.is_readable = python->version != NULL,
		.python_code_type = python->code_type,
		.generation = python->generation,
		.parent_generation = what->parent_generation,
		.parent = what->parent,
		.text_bytes = (uint32_t)what->text_bytes,
	};

	agent_write_record(&image, sizeof image, what->text, what->text_bytes);
}

static void write_module(const char *path, uint64_t start, uint64_t end,
	uint64_t file_offset)
{
	size_t path_bytes = strlen(path);
	struct prec_module module = {
		.record = {(uint32_t)(sizeof module / 8) + prec_words(path_bytes),
			PREC_RECORD_MODULE, 0},
		.start = start,
		.end = end,
		.file_offset = file_offset,
		.path_bytes = (uint32_t)path_bytes,
	};

	agent_write_record(&module, sizeof module, path, path_bytes);
}

static int write_object(struct dl_phdr_info *info, size_t size, void *exe)
{
	const char *path = info->dlpi_name && *info->dlpi_name ? info->dlpi_name : exe;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
			continue;
		uint64_t start = info->dlpi_addr + segment->p_vaddr;
		write_module(path, start, start + segment->p_memsz, segment->p_offset);
	}
	return 0;
}

void agent_write_modules(void)
{
	char exe[4096];
	ssize_t length;

	if (!agent_thread.slot)
		return;
	length = readlink("/proc/self/exe", exe, sizeof exe - 1);
	exe[length > 0 ? length : 0] = '\0';
	dl_iterate_phdr(write_object, exe);
}
