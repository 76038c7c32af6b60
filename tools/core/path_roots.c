#include "tools/core/path_roots.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/texts.h"

static struct ptf_text folder_of(struct ptf_text path)
{
	const char *slash = path.size ? memrchr(path.data, '/', path.size) : NULL;

	return (struct ptf_text){path.data, slash ? (size_t)(slash - path.data) : 0};
}

static void add_root(struct path_roots *roots, struct ptf_text folder)
{
	if (folder.size == 0)
		return;
	for (size_t i = 0; i < roots->folders.count; i++)
		if (text_equal(roots->folders.item[i], folder))
			return;
	vec_push(&roots->folders, folder);
}

static bool is_module_body(struct ptf_text name)
{
	return text_is(name, "<module>");
}

void path_roots_find(struct path_roots *roots, const struct profile *p)
{
	for (size_t i = 0; i < p->sections.count; i++)
		add_root(roots, profile_string(p, p->sections.item[i].directory));
	/* What a stack begins with is the program. */
	for (uint32_t id = 1; id <= p->nodes.items.count; id++) {
		struct profile_node node = profile_get_node(p, id);
		struct profile_function f = profile_get_function(p,
			profile_get_frame(p, node.frame).function);

		if (node.parent == 0 && is_module_body(profile_string(p, f.name)))
			add_root(roots, folder_of(profile_string(p, f.file)));
	}
}

void path_roots_free(struct path_roots *roots)
{
	vec_free(&roots->folders);
}

/*
 * Behind the last "/lib/python3.11/" or "/site-packages/"; 0 = there is none. *start
 * is where that begins.
 */
static size_t library_root(struct ptf_text path, size_t *start)
{
	size_t root = 0;

	*start = 0;
	for (size_t at = 0; at < path.size; at++) {
		struct ptf_text rest = {path.data + at, path.size - at};
		const char *end;

		if (*rest.data != '/')
			continue;
		if (rest.size >= 15 &&
			(!memcmp(rest.data, "/site-packages/", 15) ||
				!memcmp(rest.data, "/dist-packages/", 15)))
			root = at + 15;
		else if (rest.size > 11 && !memcmp(rest.data, "/lib/python", 11) &&
			(end = memchr(rest.data + 11, '/', rest.size - 11)) != NULL)
			root = (size_t)(end - path.data) + 1;
		else
			continue;
		*start = at;
	}
	return root;
}

struct ptf_text path_below_root(const struct path_roots *roots, struct ptf_text path)
{
	size_t unwanted, root = library_root(path, &unwanted);

	for (size_t i = 0; i < roots->folders.count; i++) {
		struct ptf_text folder = roots->folders.item[i];

		if (folder.size + 1 > root && folder.size + 1 < path.size &&
			path.data[folder.size] == '/' &&
			!memcmp(path.data, folder.data, folder.size))
			root = folder.size + 1;
	}
	return (struct ptf_text){path.data + root, path.size - root};
}

struct ptf_text path_in_library(struct ptf_text path)
{
	size_t start, root = library_root(path, &start);

	return (struct ptf_text){path.data + start, root ? path.size - start : 0};
}

size_t path_common_end(struct ptf_text a, struct ptf_text b)
{
	size_t names = 0;

	while (a.size && b.size) {
		if (!text_equal(name_of_path(a), name_of_path(b)))
			break;
		names++;
		a = folder_of(a);
		b = folder_of(b);
	}
	return names;
}
