#include "tools/core/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/hex.h"
#include "tools/core/names.h"
#include "tools/core/texts.h"

static struct ptf_text run_id(const struct profile *p, uint32_t process)
{
	return profile_process_attribute(p, process, "run.id");
}

/* Its index + 1, 0 = there is none yet. */
static uint32_t find_run(struct runs *r, uint32_t section, struct ptf_text id)
{
	for (size_t i = r->of_section.item[section];
		i > 0 && i <= r->of.count && r->of.item[i - 1].section == section; i++) {
		if (text_equal(r->of.item[i - 1].id, id))
			return (uint32_t)i;
	}
	return 0;
}

/*
 * Recordings by their id and begin. One that was seen in an earlier section is the
 * same once more, as when merged traces stand beside what they were made of: it is
 * no replicate. With the same id, but another begin, it is a later part of the same
 * recording (prec --rotate): of the same run.
 */
struct seen {
	struct intern ids;
	VEC(uint32_t) section; /* [id] = index of its first section + 1 */
	VEC(uint32_t) last;    /* [id] = index of its last section + 1 */
	VEC(bool) is_double;   /* [process], [0] is not used */
};

#define KEY_SIZE 128

/* Of a process's recording. */
static size_t identity(const struct profile *p, uint32_t process, char key[KEY_SIZE])
{
	const struct profile_section *s =
		&p->sections.item[p->processes.item[process - 1].section];
	struct ptf_text id = profile_process_attribute(p, process, "recording.id");
	struct ptf_text begin =
		profile_process_attribute(p, process, "recording.origin_monotonic_ns");
	char of_section[2 * sizeof(s->trace_id) + 1];
	int size;

	/* Of a section that is not merged, as recording.id would be. */
	hex_write(of_section, s->trace_id, sizeof(s->trace_id));
	if (id.size)
		size = snprintf(key, KEY_SIZE, "%.*s %.*s", (int)id.size, id.data,
			(int)begin.size, begin.data);
	else
		size = snprintf(key, KEY_SIZE, "%s %lld", of_section,
			(long long)s->origin_monotonic_ns);
	return size < KEY_SIZE ? (size_t)size : KEY_SIZE - 1;
}

/* The section whose recording a section goes on with, or itself. */
static uint32_t first_part(const struct profile *p, uint32_t section)
{
	static const uint8_t unknown[sizeof(p->sections.item->trace_id)];
	const uint8_t *id = p->sections.item[section].trace_id;

	for (uint32_t i = 0; i < section && memcmp(id, unknown, sizeof(unknown)) != 0;
		i++)
		if (!memcmp(p->sections.item[i].trace_id, id, sizeof(unknown)))
			return i;
	return section;
}

static void find_doubles(struct runs *r, struct seen *found)
{
	const struct profile *p = r->p;

	vec_cover(&found->is_double, p->processes.count);
	for (uint32_t process = 1; process <= p->processes.count; process++) {
		uint32_t section = p->processes.item[process - 1].section;
		char key[KEY_SIZE];
		size_t size = identity(p, process, key);
		uint32_t number = intern_bytes(&found->ids, key, size);

		vec_cover(&found->section, number);
		vec_cover(&found->last, number);
		if (!found->section.item[number])
			found->section.item[number] = section + 1;
		found->is_double.item[process] =
			found->section.item[number] != section + 1;
		r->double_count += found->is_double.item[process] &&
			found->last.item[number] != section + 1;
		found->last.item[number] = section + 1;
	}
}

void runs_find(struct runs *r, const struct profile *p)
{
	struct seen found = {0};

	r->p = p;
	vec_cover(&r->of_section, p->sections.count);
	vec_cover(&r->of_thread, p->threads.count);
	find_doubles(r, &found);
	/* A trace whose processes are not known is one run. */
	if (p->sections.count && !p->processes.count)
		vec_push(&r->of, (struct run){.path = p->sections.item[0].path});
	for (uint32_t process = 1; process <= p->processes.count; process++) {
		uint32_t section = p->processes.item[process - 1].section, first;
		struct ptf_text id = run_id(p, process);

		if (found.is_double.item[process])
			continue;
		first = first_part(p, section);
		if (!r->of_section.item[first])
			r->of_section.item[first] = (uint32_t)r->of.count + 1;
		r->of_section.item[section] = r->of_section.item[first];
		if (!find_run(r, first, id))
			vec_push(&r->of,
				(struct run){
					.path = p->sections.item[first].path,
					.section = first,
					.id = id,
				});
	}
	for (uint32_t thread = 1; thread <= p->threads.count; thread++) {
		uint32_t process = p->threads.item[thread - 1].process;

		if (!process)
			r->of_thread.item[thread] = r->of.count == 1;
		else if (!found.is_double.item[process])
			r->of_thread.item[thread] = find_run(r,
				first_part(p, p->processes.item[process - 1].section),
				run_id(p, process));
	}
	/* What no thread is known of can only be told when there is one run. */
	r->of_thread.item[0] = r->of.count == 1;
	intern_free(&found.ids);
	vec_free(&found.section);
	vec_free(&found.last);
	vec_free(&found.is_double);
}

char *runs_name(const struct runs *runs, size_t index)
{
	const struct run *run = &runs->of.item[index];
	struct ptf_text name =
		name_of_path((struct ptf_text){run->path, strlen(run->path)});
	size_t first = index, last = index;
	char *text;
	int size;

	while (first > 0 && runs->of.item[first - 1].path == run->path)
		first--;
	while (last + 1 < runs->of.count && runs->of.item[last + 1].path == run->path)
		last++;
	size = first == last ? asprintf(&text, "%s", run->path)
			     : asprintf(&text, "%.*s, run %zu", (int)name.size, name.data,
				       index - first + 1);
	return size < 0 ? memory_zeroed(1, 1) : text;
}

void runs_free(struct runs *runs)
{
	vec_free(&runs->of);
	vec_free(&runs->of_thread);
	vec_free(&runs->of_section);
}
