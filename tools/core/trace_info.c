#include "tools/core/trace_info.h"

#include <stdlib.h>
#include <string.h>

void trace_info_init(struct trace_info *info)
{
	*info = (struct trace_info){.profile = profile_new()};
}

static void add_sizes(struct trace_info *info, struct ptf_reader *reader)
{
	size_t count;
	const struct ptf_size_part *part = ptf_reader_sizes(reader, &count);

	for (size_t i = 0; i < count; i++) {
		struct info_size *found = NULL;

		for (size_t k = 0; k < info->sizes.count && !found; k++)
			if (!strcmp(info->sizes.item[k].name, part[i].name))
				found = &info->sizes.item[k];
		if (!found) {
			const char *name = arena_copy(&info->profile->arena, part[i].name,
				strlen(part[i].name));

			vec_push(&info->sizes, (struct info_size){name, 0, 0});
			found = &info->sizes.item[info->sizes.count - 1];
		}
		found->raw_bytes += part[i].raw_bytes;
		found->packed_bytes += part[i].packed_bytes;
	}
}

void trace_info_take(struct trace_info *info, const char *path, struct ptf_reader *reader,
	uint32_t first_profile_section)
{
	struct info_file file = {
		.path = arena_copy(&info->profile->arena, path, strlen(path)),
		.file_bytes = ptf_reader_file_bytes(reader),
		.payload_bytes = ptf_reader_payload_bytes(reader),
		.is_whole = true,
	};
	const struct ptf_section_info *section;
	const struct ptf_error *note;

	for (uint32_t i = 0; (section = ptf_reader_section(reader, i)) != NULL; i++) {
		if (first_profile_section + i >= info->profile->sections.count)
			break;
		vec_push(&file.sections,
			(struct info_section){first_profile_section + i, *section});
		file.is_whole = file.is_whole && section->has_end && section->has_index;
	}
	for (size_t i = 0; (note = ptf_reader_note(reader, i)) != NULL; i++) {
		vec_push(&file.notes, *note);
		file.is_whole = false;
	}
	vec_push(&info->files, file);
	info->file_bytes += file.file_bytes;
	add_sizes(info, reader);
}

int trace_info_add(struct trace_info *info, const char *path,
	const struct ptf_reader_options *options, const struct profile_hooks *hooks,
	struct ptf_error *err)
{
	uint32_t first_section = (uint32_t)info->profile->sections.count;
	struct ptf_reader *reader;
	int rc = ptf_reader_open(&reader, path, options, err);

	if (rc < 0)
		return rc;
	rc = profile_add_reader(info->profile, path, reader, hooks, err);
	if (rc >= 0)
		trace_info_take(info, path, reader, first_section);
	if (!profile_keeps_reader(path))
		ptf_reader_close(reader);
	return rc;
}

static int compare_sizes(const void *a, const void *b)
{
	const struct info_size *x = a, *y = b;

	if (x->packed_bytes != y->packed_bytes)
		return x->packed_bytes > y->packed_bytes ? -1 : 1;
	if (x->raw_bytes != y->raw_bytes)
		return x->raw_bytes > y->raw_bytes ? -1 : 1;
	return strcmp(x->name, y->name);
}

void trace_info_finish(struct trace_info *info)
{
	const struct profile *p = info->profile;

	info->definitions = (struct info_definitions){
		.strings = p->strings.items.count,
		.modules = p->modules.items.count,
		.functions = p->functions.items.count,
		.frames = p->frames.items.count,
		.stacks = p->nodes.items.count,
	};
	profile_finish(info->profile);
	if (info->sizes.count)
		qsort(info->sizes.item, info->sizes.count, sizeof(*info->sizes.item),
			compare_sizes);
	for (size_t i = 0; i < info->sizes.count; i++)
		info->has_packed_sizes |= info->sizes.item[i].packed_bytes != 0;
}

int trace_info_find_memory(struct trace_info *info, struct ptf_error *err)
{
	static const struct heap_options options = {.levels = true};
	int rc;

	/* What was fed by hand cannot be read again. */
	if (!info->profile->inputs.count || !profile_has_memory(info->profile))
		return 0;
	rc = heap_make(&info->heap, info->profile, &options, err);
	info->has_memory = rc >= 0;
	return rc;
}

void trace_info_free(struct trace_info *info)
{
	for (size_t i = 0; i < info->files.count; i++) {
		vec_free(&info->files.item[i].sections);
		vec_free(&info->files.item[i].notes);
	}
	vec_free(&info->files);
	vec_free(&info->sizes);
	heap_free(&info->heap);
	profile_free(info->profile);
}

uint64_t trace_info_packed(const struct trace_info *info, const char *prefix)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < info->sizes.count; i++)
		if (!strncmp(info->sizes.item[i].name, prefix, strlen(prefix)))
			sum += info->sizes.item[i].packed_bytes;
	return sum;
}
