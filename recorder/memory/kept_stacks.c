/* A tree of frames; see kept_stacks.h. */
#include "recorder/memory/kept_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "recorder/recording.h"
#include "recorder/stacks.h"

enum kept_kind {
	KEPT_PYTHON,
	KEPT_ELIDED, /* frames were left out here */
	KEPT_NATIVE,
	KEPT_UNKNOWN, /* in no module that is known */
};

/* As deep as a record can be. */
#define DEPTH_MAX (PREC_LEAF_FRAMES + PREC_ROOT_FRAMES + 1)

struct kept_frame {
	uint32_t caller; /* stack; 0 = outermost */
	uint32_t node;   /* in the section, 0 = not defined there yet */
	uint64_t key;    /* of a code object; or the offset in the module's file */
	int32_t place;   /* instruction; or the module's place in path */
	uint32_t repeat_count;
	enum kept_kind kind;
};

static uint64_t key_of(const struct kept_frame *frame)
{
	return idmap_join(idmap_join(frame->key, (uint32_t)frame->place),
		idmap_join(frame->caller,
			(uint64_t)frame->repeat_count << 2 | frame->kind));
}

static uint32_t add(struct kept_stacks *stacks, struct recording *r,
	const struct kept_frame *frame, uint64_t key)
{
	if (stacks->count == stacks->capacity) {
		size_t capacity = stacks->capacity * 2 + 256;
		void *grown = realloc(stacks->item, capacity * sizeof *stacks->item);
		if (!grown) {
			recording_no_memory(r);
			return 0;
		}
		stacks->item = grown;
		stacks->capacity = capacity;
	}
	stacks->item[stacks->count++] = *frame;
	if (idmap_set(&stacks->index, key, (uint32_t)stacks->count) < 0)
		recording_no_memory(r);
	return (uint32_t)stacks->count;
}

static uint32_t intern(struct kept_stacks *stacks, struct recording *r,
	const struct kept_frame *frame)
{
	uint64_t key = key_of(frame);
	const uint32_t *known = idmap_get(&stacks->index, key);

	return known ? *known : add(stacks, r, frame, key);
}

uint32_t kept_stacks_python(struct kept_stacks *stacks, struct recording *r,
	const struct prec_frame *frame, size_t count, uint32_t elided_count)
{
	uint32_t stack = 0;

	for (size_t i = count; i-- > 0;) {
		struct kept_frame kept = {.caller = stack,
			.key = frame[i].key,
			.place = frame[i].instruction,
			.repeat_count = frame[i].repeat_count,
			.kind = KEPT_PYTHON};
		stack = intern(stacks, r, &kept);
		if (elided_count && i == PREC_LEAF_FRAMES)
			stack = intern(stacks, r,
				&(struct kept_frame){.caller = stack,
					.kind = KEPT_ELIDED});
	}
	return stack;
}

/* -1 when memory is out. */
static int32_t keep_path(struct kept_stacks *stacks, const char *path)
{
	uint64_t key = idmap_text_key(path);
	const uint32_t *known = idmap_get(&stacks->path_index, key);
	char **grown, *copy;

	if (known)
		return (int32_t)*known;
	grown = realloc(stacks->path, (stacks->path_count + 1) * sizeof *grown);
	if (grown)
		stacks->path = grown;
	copy = grown ? strdup(path) : NULL;
	if (!copy ||
		idmap_set(&stacks->path_index, key, (uint32_t)stacks->path_count) < 0) {
		free(copy);
		return -1;
	}
	stacks->path[stacks->path_count] = copy;
	return (int32_t)stacks->path_count++;
}

uint32_t kept_stacks_native(struct kept_stacks *stacks, struct recording *r,
	const struct mapping *mapping, uint64_t address)
{
	struct kept_frame frame = {.kind = KEPT_UNKNOWN};

	if (mapping) {
		frame.kind = KEPT_NATIVE;
		frame.key = address - mapping->start + mapping->file_offset;
		frame.place = keep_path(stacks, mapping->path);
	} else {
		r->lost.unknown_pc++;
	}
	if (frame.place < 0) {
		recording_no_memory(r);
		return 0;
	}
	return intern(stacks, r, &frame);
}

/* The node of a frame whose callers have one. */
static uint32_t make_node(const struct kept_stacks *stacks, struct recording *r,
	struct recorded_process *process, const struct kept_frame *frame)
{
	uint32_t parent = frame->caller ? stacks->item[frame->caller - 1].node : 0;

	switch (frame->kind) {
	case KEPT_PYTHON:
		return stacks_python_call(r, process, parent,
			&(struct prec_frame){frame->key, frame->place,
				frame->repeat_count});
	case KEPT_ELIDED:
		return stacks_node(r, parent, r->section.elided_frame);
	case KEPT_NATIVE:
		return stacks_native_node(r,
			&(struct mapping){.path = stacks->path[frame->place]},
			frame->key);
	case KEPT_UNKNOWN:
		break;
	}
	return stacks_node(r, parent, r->section.unknown_frame);
}

uint32_t kept_stacks_node(struct kept_stacks *stacks, struct recording *r,
	struct recorded_process *process, uint32_t stack)
{
	struct kept_frame *undefined[DEPTH_MAX];
	size_t count = 0;

	for (uint32_t at = stack; at && !stacks->item[at - 1].node && count < DEPTH_MAX;
		at = stacks->item[at - 1].caller)
		undefined[count++] = &stacks->item[at - 1];
	while (count--)
		undefined[count]->node = make_node(stacks, r, process, undefined[count]);
	return stack ? stacks->item[stack - 1].node : 0;
}

/* Callers stand before those whom they call: one pass from the end marks them all. */
static void mark_held(const struct kept_stacks *stacks, const struct held_blocks *held,
	uint32_t *moved)
{
	for (size_t i = 0; i < held->capacity; i++)
		if (held->item[i].id && held->item[i].stack)
			moved[held->item[i].stack] = 1;
	for (size_t stack = stacks->count; stack > 0; stack--)
		if (moved[stack])
			moved[stacks->item[stack - 1].caller] = 1;
}

void kept_stacks_enter_section(struct kept_stacks *stacks, struct recording *r,
	struct held_blocks *held)
{
	struct kept_stacks all = *stacks;
	uint32_t *moved = calloc(all.count + 1, sizeof *moved); /* where a stack is now */

	if (!moved) {
		recording_no_memory(r);
		return;
	}
	mark_held(&all, held, moved);
	moved[0] = 0;
	stacks->item = NULL;
	stacks->index = (struct idmap){0};
	stacks->count = stacks->capacity = 0;
	for (size_t stack = 1; stack <= all.count; stack++) {
		struct kept_frame frame = all.item[stack - 1];
		if (!moved[stack])
			continue;
		frame.node = 0;
		frame.caller = moved[frame.caller];
		moved[stack] = intern(stacks, r, &frame);
	}
	for (size_t i = 0; i < held->capacity; i++)
		if (held->item[i].id)
			held->item[i].stack = moved[held->item[i].stack];
	free(all.item);
	idmap_finish(&all.index);
	free(moved);
}

void kept_stacks_finish(struct kept_stacks *stacks)
{
	for (size_t i = 0; i < stacks->path_count; i++)
		free(stacks->path[i]);
	free(stacks->path);
	free(stacks->item);
	idmap_finish(&stacks->index);
	idmap_finish(&stacks->path_index);
	*stacks = (struct kept_stacks){0};
}
