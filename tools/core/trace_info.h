/*
 * What pinfo tells: a profile of all inputs, their memory, and how their bytes are
 * spent.
 */
#ifndef TOOLS_CORE_TRACE_INFO_H
#define TOOLS_CORE_TRACE_INFO_H

#include <ptf/reader.h>

#include "tools/core/heap.h"
#include "tools/core/profile.h"

struct info_section {
	uint32_t profile_section; /* index in the profile's sections */
	struct ptf_section_info bytes;
};

struct info_file {
	const char *path;
	uint64_t file_bytes, payload_bytes;
	VEC(struct info_section) sections;
	VEC(struct ptf_error) notes;
	bool is_whole; /* every section has end and index, and nothing is damaged */
};

struct info_size {
	const char *name;
	uint64_t raw_bytes, packed_bytes;
};

/* How many things the inputs define; a profile makes up some more. */
struct info_definitions {
	size_t strings, modules, functions, frames, stacks;
};

struct trace_info {
	struct profile *profile;
	struct info_definitions definitions;
	bool has_memory; /* trace_info_find_memory found some */
	struct heap heap;
	VEC(struct info_file) files;
	VEC(struct info_size) sizes; /* of all files, largest first */
	uint64_t file_bytes;
	bool has_packed_sizes;
};

void trace_info_init(struct trace_info *info);
/* Reads a file to its end; options and hooks may be NULL. */
int trace_info_add(struct trace_info *info, const char *path,
	const struct ptf_reader_options *options, const struct profile_hooks *hooks,
	struct ptf_error *err);
/* Takes over what a reader knows, after the profile got its Blocks. */
void trace_info_take(struct trace_info *info, const char *path, struct ptf_reader *reader,
	uint32_t first_profile_section);
/* The profile is finished then. */
void trace_info_finish(struct trace_info *info);
/* After that, if wanted: 0, or negative when an input could not be read again. */
int trace_info_find_memory(struct trace_info *info, struct ptf_error *err);
void trace_info_free(struct trace_info *info);

/* Packed bytes of the parts whose name begins so, of sizes that were measured. */
uint64_t trace_info_packed(const struct trace_info *info, const char *prefix);

#endif
