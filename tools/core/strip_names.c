#include "tools/core/strip_names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/texts.h"

static struct ptf_text from(struct ptf_text text, size_t at)
{
	return (struct ptf_text){text.data + at, text.size - at};
}

static struct ptf_text literal(const char *text)
{
	return (struct ptf_text){text, strlen(text)};
}

/* --------------------------------------------------------------- words */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool stands_at(struct ptf_text text, struct ptf_text word, size_t at)
{
	size_t end = at + word.size;

	return !memcmp(text.data + at, word.data, word.size) &&
		(at == 0 || !is_word(text.data[at - 1])) &&
		(end == text.size || !is_word(text.data[end]));
}

struct ptf_text strip_word(struct ptf_text text, struct ptf_text word, const char *by,
	struct arena *arena)
{
	VEC(char) out = {0};
	size_t copied = 0;

	for (size_t at = 0; word.size && at + word.size <= text.size;) {
		if (!stands_at(text, word, at)) {
			at++;
			continue;
		}
		for (; copied < at; copied++)
			vec_push(&out, text.data[copied]);
		for (const char *c = by; *c; c++)
			vec_push(&out, *c);
		at = copied = at + word.size;
	}
	if (copied == 0)
		return text;
	for (; copied < text.size; copied++)
		vec_push(&out, text.data[copied]);
	text = arena_text(arena, (struct ptf_text){out.item, out.count});
	vec_free(&out);
	return text;
}

/* ----------------------------------------------------------- one path */

/* Folders that hold the homes of users. */
static const char *const homes[] = {"/home/", "/Users/", "/var/home/", "/export/home/"};

/* The user in whose home a path lies. */
static struct ptf_text user_of(struct ptf_text path)
{
	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		if (text_begins(path, homes[i])) {
			struct ptf_text user = from(path, strlen(homes[i]));
			const char *end = memchr(user.data, '/', user.size);

			user.size = end ? (size_t)(end - user.data) : user.size;
			return user;
		}
	return literal("");
}

/* The same on every machine of its kind. */
static bool is_of_system(struct ptf_text path)
{
	static const char *const folders[] = {"/usr/", "/lib/", "/lib32/", "/lib64/",
		"/bin/", "/sbin/", "/proc/", "/sys/", "/dev/"};
	static const char *const but[] = {"/usr/home/", "/dev/shm/"};

	for (size_t i = 0; i < sizeof(but) / sizeof(but[0]); i++)
		if (text_begins(path, but[i]))
			return false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (text_begins(path, folders[i]))
			return true;
	return false;
}

static struct ptf_text without_users(const struct strip_names *names,
	struct ptf_text text, struct arena *arena)
{
	for (uint32_t id = 1; id <= names->users.items.count; id++)
		text = strip_word(text, intern_get(&names->users, id), "user", arena);
	return text;
}

static struct ptf_text show(const struct strip_names *names, struct ptf_text path,
	struct arena *arena)
{
	struct ptf_text user = user_of(path), rest, library;

	while (path.size > 1 && path.data[path.size - 1] == '/')
		path.size--;
	if (is_of_system(path) || path.size <= 1)
		return path;
	for (size_t i = 0; i < names->roots.folders.count; i++)
		if (names->roots.folders.item[i].size == path.size &&
			!memcmp(names->roots.folders.item[i].data, path.data, path.size))
			return literal(".");
	if (user.size && user.data + user.size == path.data + path.size)
		return literal("~");
	rest = path_below_root(&names->roots, path);
	library = path_in_library(path);
	if (library.size)
		return library;
	if (rest.size == path.size)
		rest = name_of_path(path);
	return without_users(names, rest, arena);
}

/* ------------------------------------------------------ paths in texts */

static bool ends_path(char c)
{
	return isspace((unsigned char)c) || strchr("\"'`:;,()[]{}<>|*?=&", c) != NULL;
}

/* Whether a path that tells where it is from begins here. */
static bool begins_path(struct ptf_text text, size_t at)
{
	struct ptf_text rest = from(text, at);
	bool is_first = at == 0 || ends_path(text.data[at - 1]) ||
		text.data[at - 1] == '@' ||
		/* -I/usr/include */
		(at == 2 && text.data[0] == '-');

	size_t slashes = 0;

	while (slashes < rest.size && rest.data[slashes] == '/')
		slashes++;
	if (!is_first || slashes + 1 > rest.size || rest.size < 2)
		return false;
	return text_begins(rest, "../") || rest.data[0] == '~' ||
		(slashes && !ends_path(rest.data[slashes]));
}

static struct ptf_text known_or_shown(const struct strip_names *names,
	struct ptf_text path, struct arena *arena)
{
	uint32_t id = intern_lookup(&names->paths, path.data, path.size);

	return id ? names->shown.item[id - 1] : show(names, path, arena);
}

struct ptf_text strip_paths(const struct strip_names *names, struct ptf_text text,
	struct arena *arena)
{
	uint32_t id = intern_lookup(&names->paths, text.data, text.size);
	VEC(char) out = {0};

	if (id)
		return names->shown.item[id - 1];
	if (!text.size ||
		(!memchr(text.data, '/', text.size) &&
			!memchr(text.data, '~', text.size)))
		return text;
	for (size_t at = 0, end; at < text.size; at = end) {
		struct ptf_text piece = {text.data + at, 1};

		end = at + 1;
		if (begins_path(text, at)) {
			while (end < text.size && !ends_path(text.data[end]))
				end++;
			/* "/home/me/src/" and '*' */
			if (text.data[end - 1] == '/' && end > at + 1)
				end--;
			piece.size = end - at;
			piece = known_or_shown(names, piece, arena);
		}
		for (size_t i = 0; i < piece.size; i++)
			vec_push(&out, piece.data[i]);
	}
	text = arena_text(arena, (struct ptf_text){out.item, out.count});
	vec_free(&out);
	return text;
}

/* ------------------------------------------------- those of the inputs */

static void add_path(struct strip_names *names, struct ptf_text path)
{
	struct ptf_text user = user_of(path);

	if (path.size == 0 || path.data[0] != '/')
		return;
	intern_bytes(&names->paths, path.data, path.size);
	if (user.size)
		intern_bytes(&names->users, user.data, user.size);
}

/* A text that is nothing but a path: one without spaces, unless it is known to be. */
static void add_text(struct strip_names *names, struct ptf_text text)
{
	for (size_t i = 0; i < text.size; i++)
		if (ends_path(text.data[i]))
			return;
	add_path(names, text);
}

static int compare_paths(const void *x, const void *y)
{
	return text_order(*(const struct ptf_text *)x, *(const struct ptf_text *)y);
}

/* "utils.py" -> "utils~2.py": still a file of its kind. */
static struct ptf_text numbered(struct strip_names *names, struct ptf_text name,
	unsigned number)
{
	struct ptf_text last = name_of_path(name);
	const char *dot = last.size ? memrchr(last.data, '.', last.size) : NULL;
	size_t stem = dot && dot > last.data ? (size_t)(dot - name.data) : name.size;
	char *text;
	int size = asprintf(&text, "%.*s~%u%.*s", (int)stem, name.data, number,
		(int)(name.size - stem), name.data + stem);
	struct ptf_text result;

	if (size < 0)
		return name;
	result = arena_text(&names->arena, (struct ptf_text){text, (size_t)size});
	free(text);
	return result;
}

/*
 * In an order that does not depend on that of the trace, so that two runs of a
 * program call its files the same.
 */
static void show_all(struct strip_names *names)
{
	size_t count = names->paths.items.count;
	struct ptf_text *sorted = memory_zeroed(count + 1, sizeof(*sorted));
	struct intern taken = {0};

	if (count)
		memcpy(sorted, names->paths.items.item, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_paths);
	vec_cover(&names->shown, count);
	for (size_t i = 0; i < count; i++) {
		uint32_t id =
			intern_lookup(&names->paths, sorted[i].data, sorted[i].size);
		struct ptf_text shown = show(names, sorted[i], &names->arena),
				name = shown;

		for (unsigned n = 2; intern_lookup(&taken, name.data, name.size); n++)
			name = numbered(names, shown, n);
		intern_bytes(&taken, name.data, name.size);
		names->shown.item[id - 1] = name;
	}
	intern_free(&taken);
	free(sorted);
}

/* "/" and "/data" are above other people's folders, too. */
static void drop_shallow_roots(struct path_roots *roots)
{
	size_t kept = 0;

	for (size_t i = 0; i < roots->folders.count; i++) {
		struct ptf_text folder = roots->folders.item[i];

		if (folder.size && memrchr(folder.data, '/', folder.size) != folder.data)
			roots->folders.item[kept++] = folder;
	}
	roots->folders.count = kept;
}

void strip_names_find(struct strip_names *names, const struct profile *p)
{
	path_roots_find(&names->roots, p);
	drop_shallow_roots(&names->roots);
	for (size_t i = 0; i < names->roots.folders.count; i++) {
		struct ptf_text user = user_of(names->roots.folders.item[i]);

		if (user.size)
			intern_bytes(&names->users, user.data, user.size);
	}
	for (uint32_t id = 1; id <= p->functions.items.count; id++)
		add_path(names, profile_string(p, profile_get_function(p, id).file));
	for (uint32_t id = 1; id <= p->modules.items.count; id++)
		add_path(names, profile_string(p, profile_get_module(p, id).path));
	for (size_t i = 0; i < p->processes.count; i++)
		add_path(names, profile_string(p, p->processes.item[i].executable));
	for (size_t i = 0; i < p->symbols.count; i++)
		add_path(names, profile_string(p, p->symbols.item[i].file));
	for (uint32_t id = 1; id <= p->strings.items.count; id++)
		add_text(names, profile_string(p, id));
	show_all(names);
}

void strip_names_free(struct strip_names *names)
{
	path_roots_free(&names->roots);
	intern_free(&names->users);
	intern_free(&names->paths);
	vec_free(&names->shown);
	arena_free(&names->arena);
}
