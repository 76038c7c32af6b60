#include "tools/emit/registry.h"

#include <string.h>

static const struct emit_format *const formats[] = {
	&emit_table,
	&emit_json,
	&emit_folded,
	&emit_pprof,
	&emit_html,
	&emit_flamegraph,
	&emit_perfetto,
	&emit_chrome,
	&emit_speedscope,
	&emit_firefox,
	&emit_csv,
	&emit_ptf,
};

const struct emit_format *emit_format_at(size_t index)
{
	return index < sizeof(formats) / sizeof(formats[0]) ? formats[index] : NULL;
}

const struct emit_format *emit_format_named(const char *name)
{
	for (size_t i = 0; emit_format_at(i); i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

/* How much of the end of path one of the suffixes is; 0 = none. */
static size_t suffix_length(const char *suffixes, const char *path)
{
	size_t path_length = strlen(path), longest = 0;

	while (suffixes && *suffixes) {
		size_t length = strcspn(suffixes, " ");

		if (length > longest && length < path_length &&
			!memcmp(path + path_length - length, suffixes, length))
			longest = length;
		suffixes += length;
		suffixes += strspn(suffixes, " ");
	}
	return longest;
}

const struct emit_format *emit_format_of_file(const char *path)
{
	const struct emit_format *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; emit_format_at(i); i++) {
		size_t length = suffix_length(formats[i]->suffix, path);

		if (length > longest) {
			longest = length;
			best = formats[i];
		}
	}
	return best;
}
