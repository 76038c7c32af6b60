/* Frames to nodes; see stacks.h. */
#include "recorder/stacks.h"

#include <string.h>

#include "recorder/recording.h"

uint32_t stacks_node(struct recording *r, uint32_t parent, uint32_t frame)
{
	uint32_t node = 0;
	struct ptf_error err;

	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_node(r->section.writer, parent, frame, &node, &err),
			&err);
	return node;
}

static uint32_t intern_frame(struct recording *r, const struct ptf_frame *frame)
{
	uint32_t id = 0;
	struct ptf_error err;

	if (recording_is_sound(r))
		recording_check(r, ptf_writer_frame(r->section.writer, frame, &id, &err),
			&err);
	return id;
}

uint32_t stacks_synthetic_frame(struct recording *r, const char *name)
{
	struct ptf_function function = {.name = recording_string(r, name),
		.kind = PTF_FUNCTION_SYNTHETIC};
	uint32_t id = 0;
	struct ptf_error err;

	if (recording_is_sound(r) &&
		recording_check(r,
			ptf_writer_function(r->section.writer, &function, &id, &err),
			&err))
		return intern_frame(r, &(struct ptf_frame){.function = id});
	return 0;
}

/* The frame of an instruction of a code object, remembered. */
static uint32_t python_frame(struct recording *r, struct recorded_process *process,
	const struct prec_frame *frame)
{
	uint64_t key = idmap_join(frame->key, (uint32_t)frame->instruction);
	uint32_t *known = idmap_get(&process->frames, key);

	if (known)
		return *known;
	struct code *code = codes_find(&process->codes, frame->key);
	if (!code) {
		r->lost.unread_code++;
		return r->section.unknown_frame;
	}
	uint32_t id = intern_frame(r,
		&(struct ptf_frame){
			.function = codes_function(r, process, code),
			.line = python_lines_find(&code->lines, frame->instruction,
				code->first_line),
		});
	if (idmap_set(&process->frames, key, id) < 0)
		recording_no_memory(r);
	return id;
}

uint32_t stacks_python_call(struct recording *r, struct recorded_process *process,
	uint32_t parent, const struct prec_frame *frame)
{
	uint32_t id = python_frame(r, process, frame), node = parent;

	for (uint32_t n = 0; n < frame->repeat_count && recording_is_sound(r); n++)
		node = stacks_node(r, node, id);
	return node;
}

uint32_t stacks_python_node(struct recording *r, struct recorded_process *process,
	const struct prec_frame *frame, size_t count, uint32_t elided_count)
{
	uint32_t node = 0;

	for (size_t i = count; i-- > 0;) {
		node = stacks_python_call(r, process, node, &frame[i]);
		if (elided_count && i == PREC_LEAF_FRAMES)
			node = stacks_node(r, node, r->section.elided_frame);
	}
	return node;
}

static uint32_t module_of(struct recording *r, const char *path)
{
	uint64_t key = idmap_text_key(path);
	const uint32_t *known = idmap_get(&r->section.modules, key);
	struct ptf_error err;
	uint32_t id = 0;

	if (known)
		return *known;
	struct ptf_module module = {.path = recording_string(r, path)};
	if (recording_is_sound(r) &&
		recording_check(r,
			ptf_writer_module(r->section.writer, &module, &id, &err), &err) &&
		idmap_set(&r->section.modules, key, id) < 0)
		recording_no_memory(r);
	return id;
}

uint32_t stacks_native_node(struct recording *r, const struct mapping *mapping,
	uint64_t address)
{
	if (!mapping) {
		r->lost.unknown_pc++;
		return stacks_node(r, 0, r->section.unknown_frame);
	}
	struct ptf_frame frame = {
		.module = module_of(r, mapping->path),
		.module_offset = address - mapping->start + mapping->file_offset,
	};
	if (!frame.module)
		return 0;
	uint32_t id = intern_frame(r, &frame);
	if (native_frames_add(&r->section.native_frames, id, mapping->path,
		    frame.module_offset) < 0)
		recording_no_memory(r);
	return stacks_node(r, 0, id);
}
