#include "tools/core/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
 * The section whose recording a section goes on with, or itself: parts of a recording
 * are of one run.
 */
static uint32_t first_part(const struct profile *p, uint32_t section)
{
	uint32_t part = p->sections.item[section].part;

	return p->parts.of.item[parts_first(&p->parts, part)].section;
}

/*
 * What was seen before is the same once more, as when merged traces stand beside
 * what they were made of: it is no replicate.
 */
static bool is_double(const struct profile *p, uint32_t process)
{
	return p->parts.of.item[p->processes.item[process - 1].part].is_double;
}

static void count_doubles(struct runs *r)
{
	for (size_t i = 0; i < r->p->parts.of.count; i++)
		r->double_count += r->p->parts.of.item[i].is_double &&
			!r->p->parts.of.item[i].is_merged;
}

void runs_find(struct runs *r, const struct profile *p)
{
	r->p = p;
	vec_cover(&r->of_section, p->sections.count);
	vec_cover(&r->of_process, p->processes.count);
	vec_cover(&r->of_thread, p->threads.count);
	count_doubles(r);
	/* A trace whose processes are not known is one run. */
	if (p->sections.count && !p->processes.count)
		vec_push(&r->of, (struct run){.path = p->sections.item[0].path});
	for (uint32_t process = 1; process <= p->processes.count; process++) {
		uint32_t section = p->processes.item[process - 1].section, first;
		struct ptf_text id = run_id(p, process);

		if (is_double(p, process))
			continue;
		first = first_part(p, section);
		if (!r->of_section.item[first])
			r->of_section.item[first] = (uint32_t)r->of.count + 1;
		if (!find_run(r, first, id))
			vec_push(&r->of,
				(struct run){
					.path = p->sections.item[first].path,
					.section = first,
					.id = id,
				});
	}
	for (uint32_t section = 0; section < p->sections.count; section++)
		r->of_section.item[section] = r->of_section.item[first_part(p, section)];
	/* What no process is known of can only be told when there is one run. */
	r->of_process.item[0] = r->of.count == 1;
	for (uint32_t process = 1; process <= p->processes.count; process++)
		if (!is_double(p, process))
			r->of_process.item[process] = find_run(r,
				first_part(p, p->processes.item[process - 1].section),
				run_id(p, process));
	r->of_thread.item[0] = r->of_process.item[0];
	for (uint32_t thread = 1; thread <= p->threads.count; thread++)
		r->of_thread.item[thread] =
			r->of_process.item[p->threads.item[thread - 1].process];
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
	vec_free(&runs->of_process);
	vec_free(&runs->of_thread);
	vec_free(&runs->of_section);
}
