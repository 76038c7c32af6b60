#include "tools/cli/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/cli/message.h"

/* A list that names itself, a folder that contains itself. */
#define DEPTH_MAX 32

static bool add_at(struct inputs *inputs, const char *argument, int depth);

bool inputs_add_path(struct inputs *inputs, const char *path)
{
	char *copy = strdup(path);

	if (copy && inputs->count == inputs->capacity) {
		size_t capacity = inputs->capacity ? 2 * inputs->capacity : 64;
		char **grown = realloc(inputs->path, capacity * sizeof(*grown));

		if (!grown) {
			free(copy);
			copy = NULL;
		} else {
			inputs->path = grown;
			inputs->capacity = capacity;
		}
	}
	if (!copy) {
		message_error("", "out of memory");
		return false;
	}
	inputs->path[inputs->count++] = copy;
	return true;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_wanted_name(const char *name)
{
	size_t size = strlen(name);

	return size > 4 && name[0] != '.' && strcmp(name + size - 4, ".ptf") == 0;
}

/* Symbolic links to folders are not followed: they may lead round. */
static bool is_wanted_folder(const char *path, const char *name)
{
	struct stat st;

	return name[0] != '.' && lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool add_folder(struct inputs *inputs, const char *folder, int depth)
{
	struct dirent **entry;
	int count = scandir(folder, &entry, NULL, alphasort);
	bool ok = count >= 0;

	if (!ok)
		message_error(folder, "%s", strerror(errno));
	for (int i = 0; i < count; i++) {
		char *path = NULL;

		if (ok && asprintf(&path, "%s/%s", folder, entry[i]->d_name) < 0) {
			message_error("", "out of memory");
			path = NULL;
			ok = false;
		}
		if (ok && is_wanted_folder(path, entry[i]->d_name))
			ok = depth == DEPTH_MAX || add_folder(inputs, path, depth + 1);
		else if (ok && is_wanted_name(entry[i]->d_name))
			ok = inputs_add_path(inputs, path);
		free(path);
		free(entry[i]);
	}
	if (count >= 0)
		free(entry);
	return ok;
}

static bool add_folder_with_some(struct inputs *inputs, const char *folder, int depth)
{
	size_t before = inputs->count;

	if (!add_folder(inputs, folder, depth))
		return false;
	if (inputs->count == before)
		message_error(folder, "there is no .ptf file in this folder");
	return inputs->count > before;
}

static bool add_list(struct inputs *inputs, const char *list, int depth)
{
	FILE *file = fopen(list, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool ok = file != NULL;

	if (!file)
		message_error(list, "%s", strerror(errno));
	while (ok && (length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		ok = !*line || add_at(inputs, line, depth + 1);
	}
	if (ok && ferror(file)) {
		message_error(list, "%s", strerror(errno));
		ok = false;
	}
	free(line);
	if (file)
		fclose(file);
	return ok;
}

static bool add_pattern(struct inputs *inputs, const char *pattern, int depth)
{
	glob_t found;
	bool ok = true;

	/* Without a match it is the name of a file that is not there. */
	if (glob(pattern, 0, NULL, &found) != 0)
		return inputs_add_path(inputs, pattern);
	for (size_t i = 0; ok && i < found.gl_pathc; i++)
		ok = is_folder(found.gl_pathv[i])
			? add_folder_with_some(inputs, found.gl_pathv[i], depth)
			: inputs_add_path(inputs, found.gl_pathv[i]);
	globfree(&found);
	return ok;
}

static bool add_at(struct inputs *inputs, const char *argument, int depth)
{
	struct stat st;

	if (argument[0] == '@') {
		if (depth < DEPTH_MAX)
			return add_list(inputs, argument + 1, depth);
		message_error(argument, "lists that name lists go too deep");
		return false;
	}
	if (is_folder(argument))
		return add_folder_with_some(inputs, argument, depth);
	if (strpbrk(argument, "*?[") && stat(argument, &st) < 0)
		return add_pattern(inputs, argument, depth);
	return inputs_add_path(inputs, argument);
}

bool inputs_add(struct inputs *inputs, const char *argument)
{
	return add_at(inputs, argument, 0);
}

void inputs_free(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free(inputs->path[i]);
	free(inputs->path);
	*inputs = (struct inputs){0};
}
