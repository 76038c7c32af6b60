#include "tools/core/selection.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool path_matches(const char *glob, const char *path)
{
	if (!fnmatch(glob, path, 0))
		return true;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (!fnmatch(glob, slash + 1, 0))
			return true;
	return false;
}

bool selection_has_file(const struct selection *s, struct ptf_text path)
{
	char *text;
	bool matches = false;

	if (s->file_globs.count == 0)
		return true;
	text = memory_resized(NULL, path.size + 1, 1);
	memcpy(text, path.data, path.size);
	text[path.size] = '\0';
	for (size_t i = 0; i < s->file_globs.count && !matches; i++)
		matches = path_matches(s->file_globs.item[i], text);
	free(text);
	return matches;
}

bool selection_has_thread(const struct selection *s, const struct profile *p,
	uint32_t thread)
{
	struct ptf_text name;
	char tid[16] = "", text[256];

	if (s->thread_globs.count == 0)
		return true;
	if (thread == 0)
		return false;
	snprintf(tid, sizeof(tid), "%u", p->threads.item[thread - 1].tid);
	name = profile_string(p, p->threads.item[thread - 1].name);
	snprintf(text, sizeof(text), "%.*s", (int)name.size, name.data);
	for (size_t i = 0; i < s->thread_globs.count; i++)
		if (!strcmp(s->thread_globs.item[i], tid) ||
			!fnmatch(s->thread_globs.item[i], text, 0))
			return true;
	return false;
}

void selection_free(struct selection *s)
{
	vec_free(&s->file_globs);
	vec_free(&s->thread_globs);
}
