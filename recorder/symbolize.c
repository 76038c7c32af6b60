/* Symbols of native frames by elfutils; see symbolize.h. */
#include "recorder/symbolize.h"

#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/recording.h"

int native_frames_add(struct native_frames *frames, uint32_t frame, const char *path,
	uint64_t file_offset)
{
	size_t at = 0;

	if (!frame || idmap_get(&frames->known, frame))
		return 0;
	while (at < frames->path_count && strcmp(frames->path[at], path) != 0)
		at++;
	if (at == frames->path_count) {
		char **grown = realloc(frames->path, (at + 1) * sizeof *grown);
		if (!grown)
			return -1;
		frames->path = grown;
		if (!(frames->path[at] = strdup(path)))
			return -1;
		frames->path_count++;
	}
	if (frames->count == frames->capacity) {
		size_t capacity = frames->capacity * 2 + 256;
		void *grown = realloc(frames->item, capacity * sizeof *frames->item);
		if (!grown)
			return -1;
		frames->item = grown;
		frames->capacity = capacity;
	}
	frames->item[frames->count++] =
		(struct native_frame){frame, (uint32_t)at, file_offset};
	return idmap_set(&frames->known, frame, 1);
}

void native_frames_finish(struct native_frames *frames)
{
	for (size_t i = 0; i < frames->path_count; i++)
		free(frames->path[i]);
	free(frames->path);
	free(frames->item);
	idmap_finish(&frames->known);
	*frames = (struct native_frames){0};
}

/* No search for separate debugging files: it could ask servers. */
static int find_no_debuginfo(Dwfl_Module *module, void **data, const char *name,
	Dwarf_Addr base, const char *file, const char *link, GElf_Word checksum,
	char **found)
{
	(void)module, (void)data, (void)name, (void)base;
	(void)file, (void)link, (void)checksum, (void)found;
	return -1;
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = find_no_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static bool to_address(Dwfl_Module *module, uint64_t file_offset, GElf_Addr *address)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(module, &bias);
	size_t count;
	GElf_Phdr segment;

	if (!elf || elf_getphdrnum(elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_LOAD &&
			file_offset >= segment.p_offset &&
			file_offset < segment.p_offset + segment.p_filesz) {
			*address =
				file_offset - segment.p_offset + segment.p_vaddr + bias;
			return true;
		}
	return false;
}

/* Names of C++, Rust, D and Ada as their programmers write them. */
static uint32_t readable_name(struct recording *r, const char *symbol)
{
	char *readable = cplus_demangle(symbol, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI);
	uint32_t name = recording_string(r, readable ? readable : symbol);

	free(readable);
	return name;
}

/* The symbol of a frame; its name stays 0 when there is none. */
static struct ptf_symbol find_symbol(struct recording *r, Dwfl_Module *module,
	const struct native_frame *f)
{
	struct ptf_symbol fact = {.frame = f->frame};
	GElf_Addr address;
	GElf_Off offset;
	GElf_Sym symbol;
	int number = 0;

	if (!to_address(module, f->file_offset, &address))
		return fact;
	const char *name =
		dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
	if (!name)
		return fact;
	fact.name = readable_name(r, name);
	Dwfl_Line *line = dwfl_module_getsrc(module, address);
	const char *file =
		line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	if (file && number > 0) {
		fact.file = recording_string(r, file);
		fact.line = (uint32_t)number;
		sources_want(r, fact.file, file, r->cwd);
	}
	return fact;
}

/* The frames of one module, as one Block. */
static void symbolize_module(struct recording *r, Dwfl_Module *module, size_t path,
	struct ptf_symbol *symbols)
{
	const struct native_frames *frames = &r->section.native_frames;
	struct ptf_facts facts = {.symbols = symbols};
	struct ptf_error err;

	for (size_t i = 0; i < frames->count && recording_is_sound(r); i++) {
		if (frames->item[i].path != path)
			continue;
		symbols[facts.symbol_count] = find_symbol(r, module, &frames->item[i]);
		facts.symbol_count += symbols[facts.symbol_count].name != 0;
	}
	if (facts.symbol_count && recording_is_sound(r))
		recording_check(r, ptf_writer_facts(r->section.writer, &facts, &err),
			&err);
}

void symbolize(struct recording *r)
{
	const struct native_frames *frames = &r->section.native_frames;
	struct ptf_symbol *symbols = calloc(frames->count + 1, sizeof *symbols);

	if (!symbols) {
		recording_no_memory(r);
		return;
	}
	for (size_t path = 0; path < frames->path_count && recording_is_sound(r);
		path++) {
		Dwfl *dwfl = dwfl_begin(&callbacks);
		if (!dwfl)
			break;
		dwfl_report_begin(dwfl);
		Dwfl_Module *module = dwfl_report_offline(dwfl, frames->path[path],
			frames->path[path], -1);
		dwfl_report_end(dwfl, NULL, NULL);
		if (module)
			symbolize_module(r, module, path, symbols);
		dwfl_end(dwfl);
	}
	free(symbols);
}
