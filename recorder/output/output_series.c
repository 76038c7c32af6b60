#include "recorder/output/output_series.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/output/output_file.h"
#include "recorder/output/output_name.h"
#include "recorder/say.h"

/* The %n of a pattern, or NULL: %%n is none. */
static const char *find_number(const char *pattern)
{
	for (const char *c = pattern; *c; c++) {
		if (*c != '%')
			continue;
		if (c[1] == 'n')
			return c;
		if (c[1])
			c++;
	}
	return NULL;
}

int output_series_init_plain(struct output_series *series, const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	const char *dot = strrchr(base, '.');
	int length = (int)(dot && dot != base ? (size_t)(dot - name) : strlen(name));

	*series = (struct output_series){0};
	if (asprintf(&series->before, "%.*s.", length, name) < 0)
		series->before = NULL;
	series->after = strdup(name + length);
	if (series->before && series->after)
		return 0;
	complain("out of memory");
	output_series_finish(series);
	return -1;
}

static int init_around(struct output_series *series, const char *pattern,
	const char *number)
{
	char *before = strndup(pattern, (size_t)(number - pattern));

	series->before = before ? output_name_expand(before) : NULL;
	series->after = output_name_expand(number + 2);
	free(before);
	if (series->before && series->after && !strchr(series->after, '/'))
		return 0;
	if (series->after && strchr(series->after, '/'))
		complain("%s: %%n stands in the name of a file, not of a folder",
			pattern);
	output_series_finish(series);
	return -1;
}

int output_series_init(struct output_series *series, const char *pattern)
{
	const char *number = find_number(pattern);

	*series = (struct output_series){0};
	if (number && !find_number(number + 2))
		return init_around(series, pattern, number);
	/* Of two the second is refused as an unknown letter. */
	char *name = output_name_expand(pattern);
	int rc = name ? output_series_init_plain(series, name) : -1;
	free(name);
	return rc;
}

char *output_series_name(const struct output_series *series, uint32_t number)
{
	char *name;

	return asprintf(&name, "%s%04u%s", series->before, number, series->after) < 0
		? NULL
		: name;
}

/* The number in the name of a file of the folder; 0 = it is none of ours. */
static uint32_t number_of(const char *name, const char *before, const char *after)
{
	size_t length = strlen(before);
	char *end;

	if (strncmp(name, before, length) != 0)
		return 0;
	name += length;
	size_t digits = strspn(name, "0123456789");
	if (digits < 4 || digits > 9 || strcmp(name + digits, after) != 0)
		return 0;
	return (uint32_t)strtoul(name, &end, 10);
}

/* Calls visit for each that is there. */
static void visit_all(const struct output_series *series,
	void (*visit)(const struct output_series *series, uint32_t number, void *context),
	void *context)
{
	const char *slash = strrchr(series->before, '/');
	const char *before = slash ? slash + 1 : series->before;
	char *folder = slash
		? strndup(series->before, (size_t)(slash + 1 - series->before))
		: strdup(".");
	DIR *dir = folder ? opendir(folder) : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		uint32_t number = number_of(entry->d_name, before, series->after);
		if (number)
			visit(series, number, context);
	}
	if (dir)
		closedir(dir);
	free(folder);
}

static void see_last(const struct output_series *series, uint32_t number, void *context)
{
	uint32_t *last = context;

	(void)series;
	if (number > *last)
		*last = number;
}

uint32_t output_series_last(const struct output_series *series)
{
	uint32_t last = 0;

	visit_all(series, see_last, &last);
	return last;
}

static void remove_old(const struct output_series *series, uint32_t number, void *context)
{
	const uint32_t *last = context;
	char *name = number <= *last ? output_series_name(series, number) : NULL;

	if (name && !output_file_is_foreign(name))
		unlink(name);
	free(name);
}

void output_series_remove(const struct output_series *series, uint32_t last_number)
{
	visit_all(series, remove_old, &last_number);
}

void output_series_finish(struct output_series *series)
{
	free(series->before);
	free(series->after);
	*series = (struct output_series){0};
}
