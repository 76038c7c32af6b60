#include "tools/emit/registry.h"

#include <string.h>

static const struct emit_format *const formats[] = {
	&emit_table,
	&emit_json,
	&emit_folded,
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

const struct emit_format *emit_format_of_file(const char *path)
{
	size_t length = strlen(path);

	for (size_t i = 0; emit_format_at(i); i++) {
		const char *suffix = formats[i]->suffix;

		if (suffix && length > strlen(suffix) &&
			!strcmp(path + length - strlen(suffix), suffix))
			return formats[i];
	}
	return NULL;
}
