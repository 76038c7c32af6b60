#include "tools/core/own_code.h"

#include <string.h>

#include "tools/core/names.h"
#include "tools/core/texts.h"

bool path_is_library(struct ptf_text path)
{
	static const char *const mark[] = {"/site-packages/", "/dist-packages/",
		"/lib/python", "/lib64/python"};

	if (path.size && path.data[0] == '<') /* "<frozen importlib._bootstrap>" */
		return memmem(path.data, path.size, "<frozen ", 8) != NULL;
	for (size_t i = 0; i < sizeof(mark) / sizeof(mark[0]); i++)
		if (memmem(path.data, path.size, mark[i], strlen(mark[i])))
			return true;
	return false;
}

/* A module of native code: the interpreter, what the system has, a package. */
static bool module_is_library(struct ptf_text path)
{
	struct ptf_text name = name_of_path(path);

	return path_is_library(path) || text_begins(name, "python") ||
		text_begins(name, "libpython") || text_begins(path, "/usr/lib") ||
		text_begins(path, "/lib");
}

/* Whether it is python -c TEXT, with whatever options. */
static bool process_runs_text(const struct profile *p,
	const struct profile_process *process)
{
	for (size_t i = 1; i < process->arguments.count; i++) {
		struct ptf_text word = profile_string(p, process->arguments.item[i]);
		size_t at = 1;

		if (word.size < 2 || word.data[0] != '-')
			return false;
		/* Of the options in one word only the last may have a value. */
		while (at < word.size && !memchr("cmWX", word.data[at], 4))
			at++;
		if (at == word.size)
			continue;
		if (word.data[at] == 'c' || word.data[at] == 'm')
			return word.data[at] == 'c';
		if (at + 1 == word.size)
			i++;
	}
	return false;
}

static bool runs_text(const struct profile *p)
{
	for (size_t i = 0; i < p->processes.count; i++)
		if (p->processes.item[i].python &&
			process_runs_text(p, &p->processes.item[i]))
			return true;
	return false;
}

static bool text_is_own(const struct profile *p, struct ptf_text name)
{
	if (text_is(name, "<string>"))
		return runs_text(p);
	return text_is(name, "<stdin>") || text_begins(name, "<ipython-input");
}

unsigned char *own_files(const struct profile *p)
{
	unsigned char *own = memory_zeroed(p->strings.items.count + 1, 1);

	for (uint32_t id = 1; id <= p->functions.items.count; id++) {
		struct profile_function f = profile_get_function(p, id);
		struct ptf_text path = profile_string(p, f.file);
		bool is_text = path.size && path.data[0] == '<';

		/* Headers may be of several modules: own, if one of these is. */
		if (!path.size || own[f.file])
			continue;
		own[f.file] = is_text ? text_is_own(p, path)
			: f.module    ? !module_is_library(profile_string(p,
						profile_get_module(p, f.module).path))
				      : !path_is_library(path);
	}
	return own;
}
