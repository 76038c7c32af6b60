#include "tools/emit/selection_options.h"

#include <stdlib.h>

#include "tools/cli/message.h"
#include "tools/core/filter.h"

enum {
	KEY_TIME = 0x6000,
	KEY_REGION,
	KEY_PROCESS,
	KEY_THREAD,
	KEY_FILES,
	KEY_FUNCTION,
	KEY_CLASS,
	KEY_MAP,
};

static const struct argp_option options[] = {
	{"time", KEY_TIME, "FROM..TO", 0,
		"Only this part of each recording: 2s..5s, 250ms.., ..1m", 1},
	{"region", KEY_REGION, "NAME", 0,
		"Only what ran between begin and end of such a region (a pattern; "
		"repeatable): all threads for one that the main thread marked, else the "
		"thread itself",
		1},
	{"process", KEY_PROCESS, "NAME", 0,
		"Only processes with this program or argument (a pattern) or process id "
		"(repeatable)",
		1},
	{"thread", KEY_THREAD, "NAME", 0,
		"Only threads with this name (a pattern) or thread id, or main ones: "
		"main (repeatable)",
		1},
	{"files", KEY_FILES, "GLOB", 0,
		"Only time of source files that match, by path or its end (repeatable)",
		1},
	{"function", KEY_FUNCTION, "NAME", 0,
		"Only stacks with this function in them (a pattern; repeatable)", 1},
	{"class", KEY_CLASS, "LIST", 0,
		"Only time of these classes: python, native, kernel, runnable, gil, "
		"wait, unknown; cpu, system, waiting stand for several",
		1},
	{"map", KEY_MAP, "OLD=NEW", 0,
		"Take source paths that begin with OLD as beginning with NEW "
		"(repeatable)",
		1},
	{0},
};

static void check(struct argp_state *state, const char *option, const char *arg,
	const char *problem)
{
	if (problem)
		argp_error(state, "%s: '%s' %s", option, arg, problem);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct selection *s = state->input;

	switch (key) {
	case KEY_TIME:
		check(state, "--time", arg, selection_add_time(s, arg));
		return 0;
	case KEY_REGION:
		vec_push(&s->region_globs, arg);
		return 0;
	case KEY_PROCESS:
		vec_push(&s->process_globs, arg);
		return 0;
	case KEY_THREAD:
		vec_push(&s->thread_globs, arg);
		return 0;
	case KEY_FILES:
		vec_push(&s->file_globs, arg);
		return 0;
	case KEY_FUNCTION:
		vec_push(&s->function_globs, arg);
		return 0;
	case KEY_CLASS:
		check(state, "--class", arg, selection_add_class(s, arg));
		return 0;
	case KEY_MAP:
		check(state, "--map", arg, selection_add_map(s, arg));
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp selection_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

static bool any_thread(const struct profile *p)
{
	for (uint32_t id = 1; id <= p->threads.count; id++)
		if (filter_keeps_thread(p->filter, id))
			return true;
	return false;
}

static bool any_process(const struct profile *p)
{
	for (uint32_t id = 1; id <= p->processes.count; id++)
		if (filter_keeps_process(p->filter, id))
			return true;
	return false;
}

static bool any_file(const struct selection *s, const struct profile *p)
{
	for (uint32_t id = 1; id <= p->functions.items.count; id++) {
		uint32_t file = profile_get_function(p, id).file;

		if (file && selection_has_file(s, profile_string(p, file)))
			return true;
	}
	return false;
}

bool selection_finds(const struct selection *s, const struct profile *p)
{
	if (s->region_globs.count && p->region_spans.count == 0)
		message_error("",
			"no region has a name that matches --region %s "
			"(pinfo lists the marks)",
			s->region_globs.item[0]);
	else if (s->process_globs.count && !any_process(p))
		message_error("",
			"no process has a program, argument or id that matches "
			"--process %s (pinfo lists the processes)",
			s->process_globs.item[0]);
	else if (s->thread_globs.count && !any_thread(p))
		message_error("",
			"no thread has a name or id that matches --thread %s "
			"(pinfo lists the threads)",
			s->thread_globs.item[0]);
	else if (s->file_globs.count && !any_file(s, p))
		message_error("", "no source file matches --files %s",
			s->file_globs.item[0]);
	else if (selection_is_partial(s) && p->cells.count == 0)
		message_error("", "nothing was sampled in what is selected");
	else
		return true;
	return false;
}
