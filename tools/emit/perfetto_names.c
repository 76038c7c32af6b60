/* Interned data of a Perfetto trace: everything is told once, before its use. */
#include <stdlib.h>
#include <string.h>

#include "tools/cli/text.h"
#include "tools/core/class_names.h"
#include "tools/emit/perfetto_parts.h"

/* Uses of a string, each with a dictionary of its own. */
enum {
	USE_FUNCTION = 1 << 0,
	USE_SOURCE = 1 << 1,
	USE_PATH = 1 << 2,    /* of a mapping */
	USE_MAPPING = 1 << 3, /* the mapping of a source file */
	USE_TASK = 1 << 4,
};

/* Of a node: readers take a stack without frames for an error. */
#define NO_FRAMES 2

char *pf_string(const struct perfetto *pf, uint32_t id)
{
	struct ptf_text text = profile_string(pf->p, id);

	return text_utf8(text.data, text.size);
}

bool pf_is_new(pf_told *told, uint32_t id, uint8_t use)
{
	vec_cover(told, id);
	if (told->item[id] & use)
		return false;
	told->item[id] |= use;
	return true;
}

/* What one packet tells; its messages live in the arena. */
struct batch {
	struct arena arena;
	VEC(PF(InternedString) *) functions;
	VEC(PF(InternedString) *) sources;
	VEC(PF(InternedString) *) paths;
	VEC(PF(InternedString) *) build_ids;
	VEC(PF(Mapping) *) mappings;
	VEC(PF(Frame) *) frames;
};

static void put_interned(struct perfetto *pf, PF(InternedData) * data)
{
	pf_packet packet = PF_PACKET_INIT;

	packet.interned_data = data;
	pf_put(&pf->packets, &packet);
}

static void put_batch(struct perfetto *pf, struct batch *b, PF(Callstack) * stack)
{
	PF(InternedData) data = PF_C(INTERNED_DATA__INIT);

	data.n_function_names = b->functions.count;
	data.function_names = b->functions.item;
	data.n_source_paths = b->sources.count;
	data.source_paths = b->sources.item;
	data.n_mapping_paths = b->paths.count;
	data.mapping_paths = b->paths.item;
	data.n_build_ids = b->build_ids.count;
	data.build_ids = b->build_ids.item;
	data.n_mappings = b->mappings.count;
	data.mappings = b->mappings.item;
	data.n_frames = b->frames.count;
	data.frames = b->frames.item;
	data.n_callstacks = 1;
	data.callstacks = &stack;
	put_interned(pf, &data);
	vec_free(&b->functions);
	vec_free(&b->sources);
	vec_free(&b->paths);
	vec_free(&b->build_ids);
	vec_free(&b->mappings);
	vec_free(&b->frames);
	arena_free(&b->arena);
}

static PF(InternedString) * interned(struct batch *b, uint64_t iid, struct ptf_text text)
{
	PF(InternedString) *s = arena_alloc(&b->arena, sizeof(*s));

	*s = (PF(InternedString))PF_C(INTERNED_STRING__INIT);
	PF_NUMBER(s, iid, iid);
	s->has_str = 1;
	s->str.len = text.size;
	s->str.data = (uint8_t *)arena_copy(&b->arena, text.data, text.size);
	return s;
}

static PF(InternedString) *
	interned_text(const struct perfetto *pf, struct batch *b, uint32_t string,
		size_t skipped)
{
	char *text = pf_string(pf, string);
	struct ptf_text rest = {text + skipped, strlen(text) - skipped};
	PF(InternedString) *s = interned(b, string, rest);

	free(text);
	return s;
}

static uint64_t source_path(struct perfetto *pf, struct batch *b, uint32_t string)
{
	if (string && pf_is_new(&pf->names.string, string, USE_SOURCE))
		vec_push(&b->sources, interned_text(pf, b, string, 0));
	return string;
}

static void tell_mapping(struct perfetto *pf, struct batch *b, uint64_t iid,
	uint32_t path, uint64_t build_id)
{
	PF(Mapping) *m = arena_alloc(&b->arena, sizeof(*m));

	*m = (PF(Mapping))PF_C(MAPPING__INIT);
	PF_NUMBER(m, iid, iid);
	if (build_id)
		PF_NUMBER(m, build_id, build_id);
	if (path) {
		struct ptf_text text = profile_string(pf->p, path);

		/* Readers put a slash before what they make of it. */
		if (pf_is_new(&pf->names.string, path, USE_PATH))
			vec_push(&b->paths,
				interned_text(pf, b, path,
					text.size && text.data[0] == '/'));
		m->n_path_string_ids = 1;
		m->path_string_ids = arena_alloc(&b->arena, sizeof(uint64_t));
		m->path_string_ids[0] = path;
	}
	vec_push(&b->mappings, m);
}

/*
 * Every frame has a mapping, which versions before 53 insist on and all use to
 * tell functions of one name apart: the module, or else the source file. 1 is
 * that of what has neither; then come modules, then files.
 */
static uint64_t mapping(struct perfetto *pf, struct batch *b,
	const struct profile_function *function)
{
	struct pf_names *names = &pf->names;
	uint64_t iid = 1;

	if (function->module) {
		struct profile_module module =
			profile_get_module(pf->p, function->module);

		iid += function->module;
		if (pf_is_new(&names->module, function->module, 1)) {
			if (module.build_id)
				vec_push(&b->build_ids,
					interned(b, iid,
						profile_string(pf->p, module.build_id)));
			tell_mapping(pf, b, iid, module.path, module.build_id ? iid : 0);
		}
	} else if (function->file) {
		iid += (uint64_t)pf->p->modules.items.count + function->file;
		if (pf_is_new(&names->string, function->file, USE_MAPPING))
			tell_mapping(pf, b, iid, function->file, 0);
	} else if (pf_is_new(&names->module, 0, 1)) {
		tell_mapping(pf, b, iid, 0, 0);
	}
	return iid;
}

static void set_kind(PF(Frame) * frame, uint32_t function_kind)
{
	switch (function_kind) {
	case PTF_FUNCTION_PYTHON:
		PF_NUMBER(frame, kind, PF_C(FRAME__KIND__KIND_INTERPRETED));
		break;
	case PTF_FUNCTION_NATIVE:
		PF_NUMBER(frame, kind, PF_C(FRAME__KIND__KIND_NATIVE));
		break;
	case PTF_FUNCTION_KERNEL:
		PF_NUMBER(frame, kind, PF_C(FRAME__KIND__KIND_KERNEL));
		break;
	default:
		break;
	}
}

static void tell_frame(struct perfetto *pf, struct batch *b, uint32_t place_id)
{
	struct profile_place place = profile_get_place(pf->p, place_id);
	struct profile_function function = profile_get_function(pf->p, place.function);
	PF(Frame) *frame = arena_alloc(&b->arena, sizeof(*frame));

	*frame = (PF(Frame))PF_C(FRAME__INIT);
	PF_NUMBER(frame, iid, place_id);
	if (function.name) {
		if (pf_is_new(&pf->names.string, function.name, USE_FUNCTION))
			vec_push(&b->functions, interned_text(pf, b, function.name, 0));
		PF_NUMBER(frame, function_name_id, function.name);
	}
	PF_NUMBER(frame, mapping_id, mapping(pf, b, &function));
	/* Lines are places of their own also where only this is looked at. */
	PF_NUMBER(frame, rel_pc, place.line);
	if (function.file)
		PF_NUMBER(frame, source_path_iid, source_path(pf, b, function.file));
	if (place.line)
		PF_NUMBER(frame, line_number, place.line);
	set_kind(frame, function.kind);
	vec_push(&b->frames, frame);
}

static void tell_stack(struct perfetto *pf, uint32_t node, const struct id_list *places)
{
	PF(Callstack) stack = PF_C(CALLSTACK__INIT);
	struct batch b = {0};

	PF_NUMBER(&stack, iid, node);
	stack.n_frame_ids = places->count;
	stack.frame_ids = arena_alloc(&b.arena, places->count * sizeof(uint64_t));
	for (size_t i = 0; i < places->count; i++) {
		uint32_t place = places->item[places->count - 1 - i];

		if (pf_is_new(&pf->names.place, place, 1))
			tell_frame(pf, &b, place);
		stack.frame_ids[i] = place;
	}
	put_batch(pf, &b, &stack);
}

uint64_t pf_callstack(struct perfetto *pf, uint32_t node)
{
	struct id_list places = {0};

	if (node && pf_is_new(&pf->names.node, node, 1)) {
		profile_stack(pf->p, node, &places);
		if (places.count)
			tell_stack(pf, node, &places);
		else
			pf->names.node.item[node] |= NO_FRAMES;
		vec_free(&places);
	}
	return node && !(pf->names.node.item[node] & NO_FRAMES) ? node : 0;
}

static void tell_task(struct perfetto *pf, uint32_t task)
{
	PF(StackSample__AsyncContextDescriptor)
	descriptor = PF_C(STACK_SAMPLE__ASYNC_CONTEXT_DESCRIPTOR__INIT);
	PF(StackSample__AsyncContextDescriptor) *list = &descriptor;
	PF(InternedData) data = PF_C(INTERNED_DATA__INIT);
	static char kind[] = "task";

	PF_NUMBER(&descriptor, iid, task);
	descriptor.name = pf_string(pf, task);
	descriptor.kind = kind;
	data.n_stack_sample_async_context_descriptors = 1;
	data.stack_sample_async_context_descriptors = &list;
	put_interned(pf, &data);
	free(descriptor.name);
}

uint64_t pf_task_context(struct perfetto *pf, size_t track, uint32_t task)
{
	const uint32_t key[] = {(uint32_t)track, task};
	uint32_t iid = intern_bytes(&pf->names.tasks, key, sizeof(key));
	PF(StackSample__TaskContext) context = PF_C(STACK_SAMPLE__TASK_CONTEXT__INIT);
	PF(StackSample__TaskContext) *list = &context;
	PF(InternedData) data = PF_C(INTERNED_DATA__INIT);

	if (iid <= pf->names.tasks_told)
		return iid;
	pf->names.tasks_told = iid;
	if (task && pf_is_new(&pf->names.string, task, USE_TASK))
		tell_task(pf, task);
	PF_NUMBER(&context, iid, iid);
	PF_NUMBER(&context, pid, pf_pid(pf, track));
	PF_NUMBER(&context, tid, pf_tid(pf, track));
	if (task)
		PF_NUMBER(&context, async_id, task);
	data.n_stack_sample_task_contexts = 1;
	data.stack_sample_task_contexts = &list;
	put_interned(pf, &data);
	return iid;
}

uint64_t pf_execution_context(struct perfetto *pf, uint32_t cpu, uint32_t class_kind)
{
	int mode = class_kind == PTF_CLASS_KERNEL ? PF_C(STACK_SAMPLE__MODE__MODE_KERNEL)
		: class_kind == PTF_CLASS_PYTHON || class_kind == PTF_CLASS_NATIVE
		? PF_C(STACK_SAMPLE__MODE__MODE_USER)
		: PF_C(STACK_SAMPLE__MODE__MODE_UNKNOWN);
	const uint32_t key[] = {cpu, (uint32_t)mode};
	PF(StackSample__ExecutionContext)
	context = PF_C(STACK_SAMPLE__EXECUTION_CONTEXT__INIT);
	PF(StackSample__ExecutionContext) *list = &context;
	PF(InternedData) data = PF_C(INTERNED_DATA__INIT);
	uint32_t iid;

	if (!cpu && !mode)
		return 0;
	iid = intern_bytes(&pf->names.contexts, key, sizeof(key));
	if (iid <= pf->names.contexts_told)
		return iid;
	pf->names.contexts_told = iid;
	PF_NUMBER(&context, iid, iid);
	if (cpu)
		PF_NUMBER(&context, cpu, cpu - 1);
	if (mode)
		PF_NUMBER(&context, mode, mode);
	data.n_stack_sample_execution_contexts = 1;
	data.stack_sample_execution_contexts = &list;
	put_interned(pf, &data);
	return iid;
}

static char *class_text(const struct perfetto *pf, uint32_t class_id)
{
	struct profile_class c = profile_get_class(pf->p, class_id);
	char *detail = pf_string(pf, c.detail), *text;

	if (asprintf(&text, "%s%s%s", class_label(c.kind), *detail ? ": " : "", detail) <
		0)
		text = NULL;
	free(detail);
	return text;
}

uint64_t pf_class_name(struct perfetto *pf, uint32_t class_id)
{
	PF(EventName) name = PF_C(EVENT_NAME__INIT);
	PF(EventName) *list = &name;
	PF(InternedData) data = PF_C(INTERNED_DATA__INIT);

	if (!pf_is_new(&pf->names.class_id, class_id, 1))
		return (uint64_t)class_id + 1;
	PF_NUMBER(&name, iid, (uint64_t)class_id + 1);
	name.name = class_text(pf, class_id);
	data.n_event_names = 1;
	data.event_names = &list;
	put_interned(pf, &data);
	free(name.name);
	return (uint64_t)class_id + 1;
}

void pf_names_free(struct pf_names *names)
{
	vec_free(&names->string);
	vec_free(&names->module);
	vec_free(&names->place);
	vec_free(&names->node);
	vec_free(&names->class_id);
	intern_free(&names->tasks);
	intern_free(&names->contexts);
}
