#include "tools/core/names.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/memory.h"

struct ptf_text name_of_path(struct ptf_text path)
{
	const char *slash = path.size ? memrchr(path.data, '/', path.size) : NULL;
	size_t skipped = slash ? (size_t)(slash + 1 - path.data) : 0;

	return (struct ptf_text){path.data + skipped, path.size - skipped};
}

/* With an end mark, as fnmatch wants it; of any length. */
static char *terminated(struct ptf_text text)
{
	char *copy = memory_resized(NULL, text.size + 1, 1);

	memcpy(copy, text.data, text.size);
	copy[text.size] = '\0';
	return copy;
}

bool name_matches(struct ptf_text name, const char *const *globs, size_t count)
{
	char *text = terminated(name);
	bool matches = false;

	for (size_t i = 0; i < count && !matches; i++)
		matches = !fnmatch(globs[i], text, 0);
	free(text);
	return matches;
}

static bool end_matches(const char *glob, const char *path)
{
	if (!fnmatch(glob, path, 0))
		return true;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		if (!fnmatch(glob, slash + 1, 0))
			return true;
	return false;
}

bool path_matches(struct ptf_text path, const char *const *globs, size_t count)
{
	char *text = terminated(path);
	bool matches = false;

	for (size_t i = 0; i < count && !matches; i++)
		matches = end_matches(globs[i], text);
	free(text);
	return matches;
}
