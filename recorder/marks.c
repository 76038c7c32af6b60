#include "recorder/marks.h"

#include <stdlib.h>
#include <string.h>

#include "recorder/recording.h"

static void add(struct recording *r, const struct recorded_thread *thread,
	enum ptf_mark_kind kind, struct ptf_text name, uint64_t time_ns)
{
	struct marks *marks = &r->marks;

	if (marks->count == marks->capacity) {
		size_t capacity = marks->capacity * 2 + 64;
		struct ptf_mark *grown =
			realloc(marks->item, capacity * sizeof *marks->item);
		if (!grown) {
			recording_no_memory(r);
			return;
		}
		marks->item = grown;
		marks->capacity = capacity;
	}
	marks->item[marks->count++] = (struct ptf_mark){
		.time_ns = recording_time(r, time_ns),
		.thread = thread ? thread->id : 0,
		.kind = kind,
		.name = recording_text(r, name),
	};
}

static void enter(struct recording *r, struct open_regions *open, struct ptf_text name)
{
	char **grown;

	if (open->count == OPEN_REGIONS_MAX)
		return;
	grown = realloc(open->name, (open->count + 1) * sizeof *grown);
	if (grown)
		open->name = grown;
	if (grown && (grown[open->count] = strndup(name.data, name.size)))
		open->count++;
	else
		recording_no_memory(r);
}

/* The innermost of that name. */
static void leave(struct open_regions *open, struct ptf_text name)
{
	for (size_t i = open->count; i-- > 0;) {
		if (strlen(open->name[i]) != name.size ||
			memcmp(open->name[i], name.data, name.size) != 0)
			continue;
		free(open->name[i]);
		open->count--;
		memmove(open->name + i, open->name + i + 1,
			(open->count - i) * sizeof *open->name);
		return;
	}
}

void marks_add(struct recording *r, struct recorded_thread *thread,
	enum ptf_mark_kind kind, struct ptf_text name, uint64_t time_ns)
{
	if (thread && kind == PTF_MARK_BEGIN)
		enter(r, &thread->open_regions, name);
	else if (thread && kind == PTF_MARK_END)
		leave(&thread->open_regions, name);
	/* One that comes late lies behind the seam of two sections. */
	if (time_ns <= r->section.origin_ns)
		time_ns = r->section.origin_ns + 1;
	add(r, thread, kind, name, time_ns);
}

void marks_tell_off(struct recording *r)
{
	add(r, NULL, PTF_MARK_RECORDING_OFF, (struct ptf_text){"", 0},
		r->section.origin_ns);
}

static struct ptf_text region(const struct open_regions *open, size_t i)
{
	return (struct ptf_text){open->name[i], strlen(open->name[i])};
}

void marks_close_regions(struct recording *r, struct recorded_thread *thread)
{
	const struct open_regions *open = &thread->open_regions;

	for (size_t i = open->count; i-- > 0;)
		add(r, thread, PTF_MARK_END, region(open, i), r->section.end_ns);
}

void marks_reopen_regions(struct recording *r, struct recorded_thread *thread)
{
	const struct open_regions *open = &thread->open_regions;

	for (size_t i = 0; i < open->count; i++)
		add(r, thread, PTF_MARK_BEGIN, region(open, i), r->section.origin_ns);
}

void marks_write(struct recording *r)
{
	struct marks *marks = &r->marks;
	struct ptf_error err;

	if (!marks->count || !recording_is_sound(r))
		return;
	recording_check(r,
		ptf_writer_marks(r->section.writer,
			&(struct ptf_marks){marks->item, marks->count}, &err),
		&err);
	marks->count = 0;
}

void marks_finish(struct marks *marks)
{
	free(marks->item);
	*marks = (struct marks){0};
}

void open_regions_finish(struct open_regions *open)
{
	for (size_t i = 0; i < open->count; i++)
		free(open->name[i]);
	free(open->name);
	*open = (struct open_regions){0};
}
