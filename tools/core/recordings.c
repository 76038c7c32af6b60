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

static struct recording describe(const struct profile *p, uint32_t part)
{
	const struct part *of = &p->parts.of.item[part];
	struct recording r = {.section = of->section,
		.process = of->process,
		.part = part,
		.start_ns = of->start_ns,
		.last_start_ns = INT64_MIN};

	r.id = value_of(p, &r, "recording.id");
	r.run = value_of(p, &r, "run.id");
	r.host = value_of(p, &r, "host.name");
	r.rank = value_of(p, &r, "run.rank");
	r.command = value_of(p, &r, "run.command");
	return r;
}

/* A time that is known of one of its parts: it lasted at least so long. */
static void stretch(const struct profile *p, struct recording *r, uint32_t part,
	int64_t time_ns)
{
	int64_t end_ns = parts_time(&p->parts, part, r->part, time_ns);

	if (subtract_wrapping(end_ns, r->start_ns) > r->elapsed_ns)
		r->elapsed_ns = subtract_wrapping(end_ns, r->start_ns);
}

static void take_part(const struct profile *p, struct recording *r, uint32_t part)
{
	const struct part *of = &p->parts.of.item[part];
	const struct profile_section *s = &p->sections.item[of->section];
	int64_t start_ns = parts_time(&p->parts, part, r->part, of->start_ns);
	bool has_end = of->process ? of->has_end : s->has_end;

	r->part_count++;
	if (start_ns < r->start_ns) {
		r->elapsed_ns = add_wrapping(r->elapsed_ns,
			subtract_wrapping(r->start_ns, start_ns));
		r->start_ns = start_ns;
	}
	if (start_ns >= r->last_start_ns) {
		r->last_start_ns = start_ns;
		r->has_end = has_end;
	}
	if (of->process) {
		if (of->has_end)
			stretch(p, r, part, of->end_ns);
	} else {
		r->sample_count += s->ownerless_count;
		stretch(p, r, part, s->end_ns);
	}
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

/* A merged section is none, whatever names it as its first part. */
static bool begins_recording(const struct profile *p, uint32_t part)
{
	uint32_t first = parts_first(&p->parts, part);

	if (p->parts.of.item[part].is_merged)
		return false;
	return first == part || p->parts.of.item[first].is_merged;
}

static void find_parts(struct recordings *r, const struct profile *p)
{
	for (uint32_t i = 0; i < p->parts.of.count; i++) {
		bool begins = begins_recording(p, i);

		vec_cover(&r->of_part, i);
		if (p->parts.of.item[i].is_merged)
			continue;
		if (begins)
			vec_push(&r->of, describe(p, i));
		r->of_part.item[i] = begins ? (uint32_t)r->of.count - 1
					    : r->of_part.item[parts_first(&p->parts, i)];
		take_part(p, &r->of.item[r->of_part.item[i]], i);
		/* What a merged section has of no recording is of its first. */
		if (i > 0 && p->parts.of.item[i - 1].is_merged)
			r->of_part.item[i - 1] = r->of_part.item[i];
	}
}

static void take_threads(struct recordings *r, const struct profile *p)
{
	for (size_t i = 0; i < p->threads.count; i++) {
		const struct profile_thread *t = &p->threads.item[i];
		uint32_t part;
		struct recording *of;

		if (!t->process)
			continue;
		part = p->processes.item[t->process - 1].part;
		of = &r->of.item[r->of_part.item[part]];
		of->sample_count += t->sample_count;
		if (!of->has_end && t->has_end)
			stretch(p, of, part, t->end_ns);
	}
}

void recordings_find(struct recordings *r, const struct profile *p)
{
	*r = (struct recordings){0};
	find_parts(r, p);
	vec_cover(&r->of_process, p->processes.count);
	for (uint32_t id = 1; id <= p->processes.count; id++) {
		const struct profile_process *process = &p->processes.item[id - 1];
		struct recording *of;

		r->of_process.item[id] = r->of_part.item[process->part];
		if (profile_is_recording(p, id))
			continue;
		of = &r->of.item[r->of_process.item[id]];
		of->process_count++;
		if (!of->has_end && process->has_end)
			stretch(p, of, process->part, process->end.time_ns);
	}
	take_threads(r, p);
	r->host_count = distinct(r, offsetof(struct recording, host));
	r->run_count = distinct(r, offsetof(struct recording, run));
}

size_t recordings_count(const struct profile *p)
{
	size_t count = 0;

	for (uint32_t i = 0; i < p->parts.of.count; i++)
		count += begins_recording(p, i);
	return count;
}

void recordings_free(struct recordings *r)
{
	vec_free(&r->of);
	vec_free(&r->of_part);
	vec_free(&r->of_process);
}
