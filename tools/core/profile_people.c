/* Processes and threads: who they are, and what becomes of them. */
#include "tools/core/profile_feed.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/texts.h"
#include "tools/core/wrapping.h"

static struct ptf_text attribute(const struct ptf_attributes *a, const char *key)
{
	for (size_t i = 0; i < a->count; i++)
		if (text_is(a->item[i].key, key))
			return a->item[i].value;
	return (struct ptf_text){"", 0};
}

static int64_t attribute_number(const struct ptf_attributes *a, const char *key)
{
	struct ptf_text text = attribute(a, key);
	char digits[24] = "";

	memcpy(digits, text.data, text.size < sizeof(digits) ? text.size : 0);
	return strtoll(digits, NULL, 10);
}

static uint32_t attribute_string(struct profile *p, const struct ptf_attributes *a,
	const char *key)
{
	return feed_string_new(p, attribute(a, key));
}

/* Of a merged section. */
static uint32_t add_recording_part(struct profile_feed *in, const struct ptf_process *d,
	uint32_t process)
{
	struct profile *p = in->p;
	const struct part part = {.section = in->maps->section,
		.process = process,
		.zero_ns = subtract_wrapping(attribute_number(&d->attributes,
						     "recording.origin_monotonic_ns"),
			d->start_ns),
		.start_ns = d->start_ns};

	p->parts.of.item[feed_section(in)->part].is_merged = true;
	return parts_add(&p->parts, part, attribute(&d->attributes, "recording.id"),
		attribute(&d->attributes, "run.id"));
}

static uint32_t part_of(struct profile_feed *in, const uint32_t *parts, size_t count,
	uint32_t id)
{
	return id && id <= count ? parts[id - 1] : feed_section(in)->part;
}

static uint32_t part_of_process(struct profile_feed *in, uint32_t id)
{
	return part_of(in, in->part_of_process.item, in->part_of_process.count, id);
}

static uint32_t part_of_thread(struct profile_feed *in, uint32_t id)
{
	return part_of(in, in->part_of_thread.item, in->part_of_thread.count, id);
}

/* A time of a part in this section, as a process of the profile has its times. */
static int64_t time_of(const struct profile_feed *in, uint32_t part, uint32_t process,
	int64_t time_ns)
{
	const struct profile *p = in->p;

	return process ? parts_time(&p->parts, part, p->processes.item[process - 1].part,
				 time_ns)
		       : time_ns;
}

/* What a process runs since a time. What it was last is what it is called. */
struct image {
	int64_t since_ns;
	uint32_t executable;
	struct ptf_ids arguments;
	const struct ptf_attributes *attributes;
};

static void take_image(struct profile_feed *in, uint32_t id, const struct image *image)
{
	struct profile *p = in->p;
	struct profile_process *process = &p->processes.item[id - 1];

	/* Facts come in any order. */
	if (image->since_ns < process->image_ns)
		return;
	process->image_ns = image->since_ns;
	process->executable = feed_string(in, image->executable);
	process->python = attribute_string(p, image->attributes, "python.version");
	process->not_followed =
		attribute_string(p, image->attributes, "recorder.not_followed");
	process->arguments.count = 0;
	for (size_t i = 0; i < image->arguments.count; i++)
		vec_push(&process->arguments, feed_string(in, image->arguments.item[i]));
}

static void add_process(struct profile_feed *in, const struct ptf_process *d,
	bool is_recording, uint32_t part)
{
	struct profile *p = in->p;
	struct profile_process process = {
		.section = in->maps->section,
		.part = part,
		.pid = d->pid,
		.parent = id_mapped(&in->maps->process, d->parent),
		.start_ns = d->start_ns,
		.image_ns = INT64_MIN,
	};

	for (size_t i = 0; i < d->attributes.count; i++)
		vec_push(&process.attributes, feed_attribute(p, d->attributes.item[i]));
	if (is_recording)
		process.recording = (uint32_t)p->processes.count + 1;
	else if (process.parent)
		process.recording = p->processes.item[process.parent - 1].recording;
	vec_push(&p->processes, process);
}

void feed_take_process(struct profile_feed *in, const struct ptf_process *d)
{
	struct profile *p = in->p;
	uint32_t fresh = (uint32_t)p->processes.count + 1, id = fresh;
	bool is_recording =
		d->pid == 0 && attribute(&d->attributes, "recording.id").size != 0;
	uint32_t part = is_recording ? add_recording_part(in, d, fresh)
				     : part_of_process(in, d->parent);
	struct image image = {.executable = d->executable,
		.arguments = d->arguments,
		.attributes = &d->attributes};

	if (d->pid)
		id = parts_life(&p->parts, part, 0, d->pid, d->start_ns, fresh);
	if (id == fresh)
		add_process(in, d, is_recording, part);
	p->processes.item[id - 1].last_section = in->maps->section;
	/* Of a later part it is what the process was at that part's begin. */
	image.since_ns = p->parts.of.item[part].start_ns;
	if (image.since_ns < d->start_ns)
		image.since_ns = d->start_ns;
	image.since_ns = time_of(in, part, id, image.since_ns);
	take_image(in, id, &image);
	vec_push(&in->maps->process.id, id);
	vec_push(&in->part_of_process, part);
}

static void add_thread(struct profile_feed *in, const struct ptf_thread *d,
	uint32_t process, uint32_t part)
{
	struct profile_thread thread = {
		.process = process,
		.tid = d->tid,
		.is_main = d->is_main,
		.start_ns = time_of(in, part, process, d->start_ns),
		.name_ns = INT64_MIN,
	};

	vec_push(&in->p->threads, thread);
}

void feed_take_thread(struct profile_feed *in, const struct ptf_thread *d)
{
	struct profile *p = in->p;
	uint32_t process = id_mapped(&in->maps->process, d->process);
	uint32_t part = part_of_process(in, d->process);
	uint32_t fresh = (uint32_t)p->threads.count + 1, id = fresh;

	if (profile_is_recording(p, process)) {
		uint32_t first = p->parts.of.item[parts_first(&p->parts, part)].process;

		/* That part may be a section, which no process stands for. */
		process = first ? first : process;
		id = parts_life(&p->parts, part, process, d->is_main, PARTS_ALWAYS,
			fresh);
	} else if (process && d->tid) {
		id = parts_life(&p->parts, part, process, d->tid, d->start_ns, fresh);
	}
	if (id == fresh)
		add_thread(in, d, process, part);
	vec_push(&in->maps->thread.id, id);
	vec_push(&in->part_of_thread, part);
}

/* --------------------------------------------------------------- facts */

static void take_process_end(struct profile_feed *in, const struct ptf_process_end *e)
{
	uint32_t id = id_mapped(&in->maps->process, e->process), index;
	struct part *part;

	if (!id)
		return;
	index = part_of_process(in, e->process);
	part = &in->p->parts.of.item[index];
	if (part->process == id) {
		part->has_end = true;
		part->end_ns = e->time_ns;
	}
	in->p->processes.item[id - 1].end = *e;
	in->p->processes.item[id - 1].end.time_ns = time_of(in, index, id, e->time_ns);
	in->p->processes.item[id - 1].has_end = true;
	feed_see_time(in, e->time_ns);
}

static void take_process_image(struct profile_feed *in, const struct ptf_process_image *d)
{
	uint32_t id = id_mapped(&in->maps->process, d->process);
	struct image image = {.executable = d->executable,
		.arguments = d->arguments,
		.attributes = &d->attributes};

	if (!id)
		return;
	image.since_ns = time_of(in, part_of_process(in, d->process), id, d->time_ns);
	take_image(in, id, &image);
	vec_push(&in->p->processes.item[id - 1].exec_ns, image.since_ns);
}

static void take_thread_name(struct profile_feed *in, const struct ptf_thread_name *d)
{
	uint32_t id = id_mapped(&in->maps->thread, d->thread);
	struct profile_thread *thread = id ? &in->p->threads.item[id - 1] : NULL;
	int64_t since_ns;

	if (!thread)
		return;
	since_ns =
		time_of(in, part_of_thread(in, d->thread), thread->process, d->time_ns);
	/* The last name stays. */
	if (since_ns < thread->name_ns)
		return;
	thread->name_ns = since_ns;
	thread->name = feed_string(in, d->name);
}

static void take_thread_end(struct profile_feed *in, const struct ptf_thread_end *d)
{
	uint32_t id = id_mapped(&in->maps->thread, d->thread);
	struct profile_thread *thread = id ? &in->p->threads.item[id - 1] : NULL;

	if (!thread)
		return;
	thread->has_end = true;
	thread->end_ns =
		time_of(in, part_of_thread(in, d->thread), thread->process, d->time_ns);
	thread->cpu_ns = d->cpu_ns;
	feed_see_time(in, d->time_ns);
}

void feed_take_lives(struct profile_feed *in, const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->thread_name_count; i++)
		take_thread_name(in, &f->thread_names[i]);
	for (size_t i = 0; i < f->thread_end_count; i++)
		take_thread_end(in, &f->thread_ends[i]);
	for (size_t i = 0; i < f->process_end_count; i++)
		take_process_end(in, &f->process_ends[i]);
	for (size_t i = 0; i < f->process_image_count; i++)
		take_process_image(in, &f->process_images[i]);
}
