#include "tools/core/file_names.h"

#include <stdlib.h>

#include <ptf/writer.h>

void file_names_find(struct file_names *names, const struct profile *p,
	const struct report *r)
{
	path_roots_find(&names->roots, p);
	for (size_t i = 0; i < r->files.count; i++) {
		const struct report_file *f = &r->files.item[i];
		struct ptf_text name;
		uint32_t id;

		if (!f->is_own)
			continue;
		name = path_below_root(&names->roots, profile_string(p, f->file));
		id = intern_bytes(&names->names, name.data, name.size);
		vec_cover(&names->count, id);
		names->count.item[id]++;
	}
}

void file_names_free(struct file_names *names)
{
	path_roots_free(&names->roots);
	intern_free(&names->names);
	vec_free(&names->count);
}

struct ptf_text file_name(const struct file_names *names, const struct profile *p,
	const struct report_file *f)
{
	struct ptf_text path = profile_string(p, f->file), name;

	if (!f->file)
		return (struct ptf_text)PTF_TEXT("(no source file)");
	if (!f->is_own)
		return path;
	name = path_below_root(&names->roots, path);
	return names->count.item[intern_lookup(&names->names, name.data, name.size)] == 1
		? name
		: path;
}
