/* What program this is and which code it has mapped. Not for handlers. */
#include "recorder/agent/agent.h"

#include <link.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/*
 * The calling thread's ticks write to the same ring: they are held back while
 * a record is being written outside the handler.
 */
void agent_write_image(uint32_t generation)
{
	const struct python_process *python = &agent.python;
	struct prec_cursor cursor;
	struct prec_image image = {
		.record = {sizeof image / 8, PREC_RECORD_IMAGE, 0},
		.time_ns = agent_clock_ns(CLOCK_MONOTONIC),
		.thread_cpu_ns = agent_clock_ns(CLOCK_THREAD_CPUTIME_ID),
		.python_runtime = python->runtime,
		.python_version = agent.python_hex,
		.is_readable = python->version != NULL,
		.python_code_type = python->code_type,
		.generation = generation,
	};

	agent_thread.in_handler = true;
	cursor = prec_ring_begin(agent_thread.slot, agent_thread.words);
	prec_ring_store(&cursor, 0, &image, sizeof image);
	cursor.next += sizeof image / 8;
	prec_ring_commit(&cursor);
	agent_thread.in_handler = false;
}

static void write_module(const char *path, uint64_t start, uint64_t end,
	uint64_t file_offset)
{
	size_t path_bytes = strlen(path);
	uint32_t size_words =
		(uint32_t)(sizeof(struct prec_module) / 8) + prec_words(path_bytes);
	struct prec_cursor cursor;
	struct prec_module module = {
		.record = {size_words, PREC_RECORD_MODULE, 0},
		.start = start,
		.end = end,
		.file_offset = file_offset,
		.path_bytes = (uint32_t)path_bytes,
	};

	agent_thread.in_handler = true;
	cursor = prec_ring_begin(agent_thread.slot, agent_thread.words);
	if (prec_ring_has_room(&cursor, size_words)) {
		prec_ring_store(&cursor, 0, &module, sizeof module);
		cursor.next += sizeof module / 8;
		prec_ring_put_bytes(&cursor, path, path_bytes);
		prec_ring_commit(&cursor);
	}
	agent_thread.in_handler = false;
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
