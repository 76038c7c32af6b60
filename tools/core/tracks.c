#include "tools/core/tracks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/filter.h"
#include "tools/core/report.h"

/* Linux gives smaller ones (PID_MAX_LIMIT). */
#define FIRST_MADE_UP_ID ((UINT32_C(1) << 22) + 1)

struct numbers {
	struct intern used;
	uint32_t next;
};

/* The wanted number when nobody has it. */
static uint32_t take_number(struct numbers *n, uint32_t wanted)
{
	while (!wanted || intern_lookup(&n->used, &wanted, sizeof(wanted)))
		wanted = n->next++;
	intern_bytes(&n->used, &wanted, sizeof(wanted));
	return wanted;
}

static void number_processes(struct tracks *tracks, const struct profile *p)
{
	struct numbers pids = {.next = FIRST_MADE_UP_ID};

	tracks->pid_of_process =
		memory_zeroed(p->processes.count + 1, sizeof(*tracks->pid_of_process));
	for (uint32_t id = 1; id <= p->processes.count; id++)
		tracks->pid_of_process[id] =
			take_number(&pids, p->processes.item[id - 1].pid);
	intern_free(&pids.used);
}

static bool has_process_tid(const struct profile *p, const struct track *track)
{
	return track->thread && track->process &&
		p->threads.item[track->thread - 1].is_main &&
		p->threads.item[track->thread - 1].tid ==
		p->processes.item[track->process - 1].pid;
}

static void number_threads(struct tracks *tracks, const struct profile *p)
{
	struct numbers tids = {.next = FIRST_MADE_UP_ID + (uint32_t)p->processes.count};

	/* A thread that has its process's id is a viewer's main thread. */
	for (uint32_t id = 1; id <= p->processes.count; id++)
		intern_bytes(&tids.used, &tracks->pid_of_process[id],
			sizeof(tracks->pid_of_process[id]));
	for (size_t i = 0; i < tracks->items.count; i++) {
		struct track *track = &tracks->items.item[i];

		if (has_process_tid(p, track))
			track->tid = track->pid;
		else
			track->tid = take_number(&tids,
				track->thread ? p->threads.item[track->thread - 1].tid
					      : 0);
	}
	intern_free(&tids.used);
}

void tracks_make(struct tracks *tracks, const struct profile *p)
{
	*tracks = (struct tracks){0};
	number_processes(tracks, p);
	for (uint32_t id = 1; id <= p->threads.count; id++) {
		const struct profile_thread *thread = &p->threads.item[id - 1];
		uint32_t process = thread->process;

		/* A merged trace has threads that no system has, for what belongs
		   to none; they have the id 0 and most often no rows. */
		vec_push(&tracks->items,
			(struct track){
				.section = process
					? p->processes.item[process - 1].section
					: 0,
				.thread = id,
				.process = process,
				.pid = tracks->pid_of_process[process],
				.is_shown =
					thread->tid && filter_keeps_thread(p->filter, id),
			});
	}
	for (uint32_t section = 0; section < p->sections.count; section++)
		vec_push(&tracks->items, (struct track){.section = section});
	for (size_t i = 0; i < p->cells.count; i++) {
		const struct profile_cell *c = &p->cells.item[i];

		/* Cells do not know the section of an unknown thread. */
		for (uint32_t section = 0; section < (c->thread ? 1 : p->sections.count);
			section++) {
			struct track *track =
				&tracks->items.item[tracks_index(p, section, c->thread)];

			track->is_shown = true;
			if (profile_is_off_cpu(profile_get_class(p, c->class_id).kind))
				track->off_cpu_row_count += c->count;
			else
				track->cpu_row_count += c->count;
		}
	}
	number_threads(tracks, p);
}

void tracks_free(struct tracks *tracks)
{
	free(tracks->pid_of_process);
	vec_free(&tracks->items);
}

size_t tracks_index(const struct profile *p, uint32_t section, uint32_t thread)
{
	return thread ? thread - 1 : p->threads.count + section;
}

bool tracks_mark_time(const struct profile *p, const struct profile_mark *mark,
	int64_t *time_ns)
{
	const struct time_spans *spans = profile_spans(p, mark->section, mark->thread);

	*time_ns = profile_axis_time(p, mark->section, mark->time_ns);
	return (!spans || spans_have(spans, mark->time_ns)) &&
		(!mark->thread || filter_keeps_thread(p->filter, mark->thread));
}

void tracks_span(const struct profile *p, int64_t *start_ns, int64_t *end_ns)
{
	const struct time_spans *spans = &p->time_spans;
	size_t count = p->selection && p->selection->has_time ? spans->span.count : 0;

	*start_ns = count ? spans->span.item[0].from_ns : 0;
	*end_ns = *start_ns;
	for (size_t i = 0; i < p->sections.count; i++) {
		const struct profile_section *s = &p->sections.item[i];
		int64_t end = s->end_ns;

		if (count && spans->span.item[count - 1].to_ns < end)
			end = spans->span.item[count - 1].to_ns;
		if (!__builtin_add_overflow(end, s->shift_ns, &end) && end > *end_ns)
			*end_ns = end;
	}
}

char *tracks_process_title(const struct profile *p, uint32_t process)
{
	char *title, *text;
	int size;

	if (!process) {
		size = asprintf(&text, "[no process]");
	} else {
		title = report_process_title(p, process);
		size = asprintf(&text, "%s %u", title,
			p->processes.item[process - 1].pid);
		free(title);
	}
	return size < 0 ? memory_zeroed(1, 1) : text;
}
