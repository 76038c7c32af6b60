#include "tools/core/selection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/class_names.h"
#include "tools/core/names.h"
#include "tools/core/units.h"

/* --------------------------------------------------------------- asking */

bool selection_has_file(const struct selection *s, struct ptf_text path)
{
	return s->file_globs.count == 0 ||
		path_matches(path, s->file_globs.item, s->file_globs.count);
}

bool selection_is_partial(const struct selection *s)
{
	return s->has_time || s->region_globs.count || s->class_mask ||
		s->thread_globs.count || s->process_globs.count ||
		s->function_globs.count ||
		(s->keep_stacks_of_files && s->file_globs.count);
}

/* ----------------------------------------------------------- the options */

const char *selection_add_time(struct selection *s, const char *text)
{
	static const char problem[] = "is not a range of time such as 2s..5s, 250ms.. or "
				      "..1m";

	if (s->has_time)
		return "is a second range of time";
	s->from_ns = 0;
	s->to_ns = INT64_MAX;
	if (strncmp(text, "..", 2) != 0 && !units_read_time(&text, &s->from_ns))
		return problem;
	if (strncmp(text, "..", 2) != 0)
		return problem;
	text += 2;
	if (*text && (!units_read_time(&text, &s->to_ns) || *text))
		return problem;
	if (s->from_ns >= s->to_ns)
		return "is an empty range of time";
	s->has_time = true;
	return NULL;
}

static unsigned class_bits(const char *name, size_t size)
{
	static const struct {
		const char *name;
		unsigned mask;
	} groups[] = {
		{"cpu", CLASS_MASK_CPU},
		{"system", CLASS_MASK_SYSTEM},
		{"waiting", CLASS_MASK_OFF_CPU},
	};

	for (unsigned i = 0; i < PTF_CLASS_KIND_COUNT; i++)
		if (strlen(class_name(i)) == size && !memcmp(class_name(i), name, size))
			return 1u << i;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strlen(groups[i].name) == size && !memcmp(groups[i].name, name, size))
			return groups[i].mask;
	return 0;
}

const char *selection_add_class(struct selection *s, const char *text)
{
	for (;;) {
		size_t size = strcspn(text, ",");
		unsigned bits = class_bits(text, size);

		if (!bits)
			return "has a class that is none of python, native, kernel, "
			       "runnable, gil, wait, unknown, cpu, system, waiting";
		s->class_mask |= bits;
		if (!text[size])
			return NULL;
		text += size + 1;
	}
}

const char *selection_add_map(struct selection *s, const char *text)
{
	const char *equals = strchr(text, '=');
	struct selection_map map;

	if (!equals || equals == text)
		return "is not OLD=NEW, two beginnings of paths";
	map.from = (struct ptf_text){text, (size_t)(equals - text)};
	map.to = (struct ptf_text){equals + 1, strlen(equals + 1)};
	vec_push(&s->path_maps, map);
	return NULL;
}

/* --------------------------------------------------------------- telling */

struct teller {
	FILE *out;
	const char *separator;
};

static void begin(struct teller *t, const char *what)
{
	fprintf(t->out, "%s%s", t->separator, what);
	t->separator = ", ";
}

static void tell_globs(struct teller *t, const char *what, const char *const *globs,
	size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i == 0)
			begin(t, what);
		fprintf(t->out, "%s%s", i ? " or " : " ", globs[i]);
	}
}

static void tell_time(struct teller *t, const struct selection *s)
{
	char from[UNITS_SIZE], to[UNITS_SIZE];

	begin(t, "time from ");
	fputs(units_time(from, s->from_ns), t->out);
	if (s->to_ns != INT64_MAX)
		fprintf(t->out, " to %s", units_time(to, s->to_ns));
}

char *selection_text(const struct selection *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct teller t = {out, ""};
	bool any = false;

	if (!out)
		return memory_zeroed(1, 1);
	if (s->has_time)
		tell_time(&t, s);
	tell_globs(&t, "region", s->region_globs.item, s->region_globs.count);
	tell_globs(&t, "process", s->process_globs.item, s->process_globs.count);
	tell_globs(&t, "thread", s->thread_globs.item, s->thread_globs.count);
	tell_globs(&t, "function", s->function_globs.item, s->function_globs.count);
	tell_globs(&t, "file", s->file_globs.item, s->file_globs.count);
	for (unsigned i = 0; i < PTF_CLASS_KIND_COUNT; i++) {
		if (!(s->class_mask >> i & 1))
			continue;
		if (!any)
			begin(&t, "class");
		fprintf(out, "%s%s", any ? " or " : " ", class_name(i));
		any = true;
	}
	fclose(out);
	return text;
}

void selection_free(struct selection *s)
{
	vec_free(&s->file_globs);
	vec_free(&s->thread_globs);
	vec_free(&s->process_globs);
	vec_free(&s->function_globs);
	vec_free(&s->region_globs);
	vec_free(&s->path_maps);
}
