#include "tools/core/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/owner.h"

struct profile_filter {
	bool *process;  /* [process], [0] = the host */
	bool *thread;   /* [thread], [0] = rows without one */
	bool *class_id; /* [class] */
	bool *node;     /* [node], [0] = no stack */
};

static bool is_among(uint32_t number, const char *const *words, size_t count)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%u", number);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(words[i], digits))
			return true;
	return false;
}

/* By pid, by what its executable is called, or by that of its script. */
static bool has_process(const struct selection *s, const struct profile *p, uint32_t id)
{
	const char *const *globs = s->process_globs.item;
	size_t count = s->process_globs.count;
	const struct profile_process *process;

	if (count == 0)
		return true;
	if (!id)
		return false;
	process = &p->processes.item[id - 1];
	if (is_among(process->pid, globs, count) ||
		name_matches(name_of_path(profile_string(p, process->executable)), globs,
			count))
		return true;
	for (size_t i = 0; i < process->arguments.count; i++)
		if (name_matches(name_of_path(
					 profile_string(p, process->arguments.item[i])),
			    globs, count))
			return true;
	return false;
}

/* A thread has a name, a number, and may be the main one of its process. */
static bool has_thread(const struct selection *s, const struct profile *p, uint32_t id)
{
	const char *const *globs = s->thread_globs.item;
	size_t count = s->thread_globs.count;
	const struct profile_thread *thread;

	if (!id)
		return count == 0 && s->process_globs.count == 0;
	thread = &p->threads.item[id - 1];
	return has_process(s, p, thread->process) &&
		(count == 0 || is_among(thread->tid, globs, count) ||
			(thread->is_main &&
				name_matches((struct ptf_text){"main", 4}, globs,
					count)) ||
			name_matches(profile_string(p, thread->name), globs, count));
}

static bool has_class(const struct selection *s, uint32_t kind)
{
	return s->class_mask == 0 ||
		(kind < PTF_CLASS_KIND_COUNT && s->class_mask >> kind & 1);
}

static bool has_function(const struct selection *s, const struct profile *p, uint32_t id)
{
	struct ptf_text name = profile_string(p, profile_get_function(p, id).name);

	return s->function_globs.count == 0 ||
		name_matches(name, s->function_globs.item, s->function_globs.count);
}

/* A node is kept when one of its frames, or of its callers', has the function. */
static void find_function_nodes(struct profile_filter *f, const struct selection *s,
	const struct profile *p)
{
	size_t function_count = p->functions.items.count;
	bool *wanted = memory_zeroed(function_count + 1, sizeof(*wanted));

	for (uint32_t id = 1; id <= function_count; id++)
		wanted[id] = has_function(s, p, id);
	f->node[0] = s->function_globs.count == 0;
	/* Callers come before who they call. */
	for (uint32_t id = 1; id <= p->nodes.items.count; id++) {
		struct profile_node n = profile_get_node(p, id);
		size_t count = 0;
		const uint32_t *place =
			n.frame ? profile_frame_places(p, n.frame, &count) : NULL;

		f->node[id] = n.parent < id && f->node[n.parent];
		for (size_t i = 0; i < count && !f->node[id]; i++)
			f->node[id] = wanted[profile_get_place(p, place[i]).function];
	}
	free(wanted);
}

static void keep_nodes_of_files(struct profile_filter *f, const struct selection *s,
	const struct profile *p)
{
	struct id_list places = {0};

	f->node[0] = false;
	for (uint32_t id = 1; id <= p->nodes.items.count; id++) {
		uint32_t owner = 0, file;

		if (!f->node[id])
			continue;
		profile_stack(p, id, &places);
		if (places.count)
			owner = profile_get_place(p, places.item[stack_owner(p, &places)])
					.function;
		file = profile_get_function(p, owner).file;
		f->node[id] = file && selection_has_file(s, profile_string(p, file));
	}
	vec_free(&places);
}

struct profile_filter *filter_new(const struct profile *p, const struct selection *s)
{
	struct profile_filter *f = memory_zeroed(1, sizeof(*f));

	f->process = memory_zeroed(p->processes.count + 1, sizeof(*f->process));
	f->thread = memory_zeroed(p->threads.count + 1, sizeof(*f->thread));
	f->class_id = memory_zeroed(p->classes.items.count + 1, sizeof(*f->class_id));
	f->node = memory_zeroed(p->nodes.items.count + 1, sizeof(*f->node));
	for (uint32_t id = 0; id <= p->processes.count; id++)
		f->process[id] = has_process(s, p, id);
	for (uint32_t id = 0; id <= p->threads.count; id++)
		f->thread[id] = has_thread(s, p, id);
	for (uint32_t id = 0; id <= p->classes.items.count; id++)
		f->class_id[id] = has_class(s, profile_get_class(p, id).kind);
	find_function_nodes(f, s, p);
	if (s->keep_stacks_of_files && s->file_globs.count)
		keep_nodes_of_files(f, s, p);
	return f;
}

bool filter_keeps(const struct profile_filter *f, uint32_t node, uint32_t class_id,
	uint32_t thread)
{
	return !f || (f->thread[thread] && f->class_id[class_id] && f->node[node]);
}

bool filter_keeps_thread(const struct profile_filter *f, uint32_t thread)
{
	return !f || f->thread[thread];
}

bool filter_keeps_process(const struct profile_filter *f, uint32_t process)
{
	return !f || f->process[process];
}

void filter_free(struct profile_filter *f)
{
	if (!f)
		return;
	free(f->process);
	free(f->thread);
	free(f->class_id);
	free(f->node);
	free(f);
}
