#include "tools/core/recordings.h"
#include "tools/core/texts.h"
#include "tools/core/wrapping.h"

#include <stdlib.h>
#include <string.h>

const struct ptf_attribute *recording_attribute(const struct profile *p,
	const struct recording *r, size_t index)
{
	const struct profile_section *s = &p->sections.item[r->section];
	const struct profile_process *process =
		r->process ? &p->processes.item[r->process - 1] : NULL;

	if (process)
		return index < process->attributes.count
			? &process->attributes.item[index]
			: NULL;
	return index < s->attributes.count ? &s->attributes.item[index] : NULL;
}

static struct ptf_text value_of(const struct profile *p, const struct recording *r,
	const char *key)
{
	const struct ptf_attribute *a;

	for (size_t i = 0; (a = recording_attribute(p, r, i)) != NULL; i++)
		if (text_is(a->key, key))
			return a->value;
	return (struct ptf_text){"", 0};
}

static struct recording describe(const struct profile *p, uint32_t section,
	uint32_t process)
{
	const struct profile_section *s = &p->sections.item[section];
	struct recording r = {.section = section,
		.process = process,
		.has_end = s->has_end,
		.elapsed_ns = s->end_ns,
		.sample_count = process ? 0 : s->sample_count};

	if (process) {
		const struct profile_process *stand = &p->processes.item[process - 1];

		r.start_ns = stand->start_ns;
		r.has_end = stand->has_end;
		r.elapsed_ns = stand->has_end
			? subtract_wrapping(stand->end.time_ns, stand->start_ns)
			: 0;
	}
	r.id = value_of(p, &r, "recording.id");
	r.run = value_of(p, &r, "run.id");
	r.host = value_of(p, &r, "host.name");
	r.rank = value_of(p, &r, "run.rank");
	r.command = value_of(p, &r, "run.command");
	return r;
}

/* Without an end, as long as any of its threads or processes is known to be. */
static void stretch(struct recording *r, bool has_end, int64_t end_ns)
{
	int64_t ns = subtract_wrapping(end_ns, r->start_ns);

	if (r->process && !r->has_end && has_end && ns > r->elapsed_ns)
		r->elapsed_ns = ns;
}

static size_t distinct(const struct recordings *r, size_t offset)
{
	struct intern texts = {0};
	size_t count;

	for (size_t i = 0; i < r->of.count; i++) {
		struct ptf_text t;

		memcpy(&t, (const char *)&r->of.item[i] + offset, sizeof(t));
		if (t.size)
			intern_bytes(&texts, t.data, t.size);
	}
	count = texts.items.count;
	intern_free(&texts);
	return count;
}

void recordings_find(struct recordings *r, const struct profile *p)
{
	VEC(uint32_t) first = {0}; /* [section] = index of its first recording */
	VEC(bool) is_merged = {0}; /* [section] */

	*r = (struct recordings){0};
	vec_cover(&is_merged, p->sections.count);
	vec_cover(&first, p->sections.count);
	vec_cover(&r->of_process, p->processes.count);
	for (uint32_t id = 1; id <= p->processes.count; id++)
		if (profile_is_recording(p, id))
			is_merged.item[p->processes.item[id - 1].section] = true;
	for (uint32_t i = 0; i < p->sections.count; i++) {
		first.item[i] = (uint32_t)r->of.count;
		if (!is_merged.item[i])
			vec_push(&r->of, describe(p, i, 0));
		for (uint32_t id = 1; is_merged.item[i] && id <= p->processes.count; id++)
			if (profile_is_recording(p, id) &&
				p->processes.item[id - 1].section == i) {
				r->of_process.item[id] = (uint32_t)r->of.count;
				vec_push(&r->of, describe(p, i, id));
			}
	}
	for (uint32_t id = 1; id <= p->processes.count; id++) {
		const struct profile_process *process = &p->processes.item[id - 1];
		struct recording *of;

		if (profile_is_recording(p, id))
			continue;
		r->of_process.item[id] = process->recording
			? r->of_process.item[process->recording]
			: first.item[process->section];
		of = &r->of.item[r->of_process.item[id]];
		of->process_count++;
		stretch(of, process->has_end, process->end.time_ns);
	}
	for (size_t i = 0; i < p->threads.count; i++) {
		const struct profile_thread *t = &p->threads.item[i];
		struct recording *of;

		if (!t->process || !p->processes.item[t->process - 1].recording)
			continue;
		of = &r->of.item[r->of_process.item[t->process]];
		of->sample_count += t->sample_count;
		stretch(of, t->has_end, t->end_ns);
	}
	r->host_count = distinct(r, offsetof(struct recording, host));
	r->run_count = distinct(r, offsetof(struct recording, run));
	vec_free(&first);
	vec_free(&is_merged);
}

void recordings_free(struct recordings *r)
{
	vec_free(&r->of);
	vec_free(&r->of_process);
}
