#include "tools/emit/diff_format.h"

#include <string.h>

static const struct diff_format *const formats[] = {
	&diff_table,
	&diff_json,
	&diff_markdown,
	&diff_junit,
	&diff_folded,
	&diff_html,
};

const struct diff_format *diff_format_at(size_t index)
{
	return index < sizeof(formats) / sizeof(formats[0]) ? formats[index] : NULL;
}

const struct diff_format *diff_format_named(const char *name)
{
	const struct diff_format *f;

	for (size_t i = 0; (f = diff_format_at(i)) != NULL; i++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

const struct diff_format *diff_format_of_file(const char *path)
{
	size_t length = strlen(path);
	const struct diff_format *f;

	for (size_t i = 0; (f = diff_format_at(i)) != NULL; i++) {
		size_t suffix = strlen(f->suffix);

		if (length > suffix && !strcmp(path + length - suffix, f->suffix))
			return f;
	}
	return NULL;
}
