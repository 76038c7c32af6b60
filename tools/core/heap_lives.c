#include "tools/core/heap_lives.h"

#include <stdlib.h>

#include "tools/core/wrapping.h"

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void heap_lives_begin(struct heap_lives *lives, const struct profile *p)
{
	*lives = (struct heap_lives){0};
	vec_cover(&lives->of, p->processes.count);
}

void heap_lives_see(struct heap_lives *lives, uint32_t process, int64_t time_ns)
{
	struct heap_life *life = &lives->of.item[process];

	if (!life->has_rows)
		*life = (struct heap_life){time_ns, time_ns, true};
	life->begin_ns = earlier(life->begin_ns, time_ns);
	life->end_ns = later(life->end_ns, time_ns);
}

/* What is selected of a process that was there before its recording, or goes on. */
static void widen(struct heap_life *life, const struct profile *p,
	const struct profile_process *process)
{
	const struct selection *s = p->selection;
	const struct profile_section *last = &p->sections.item[process->last_section];
	int64_t start_ns = p->sections.item[process->section].shift_ns;
	int64_t begin_ns = later(start_ns,
		profile_axis_time(p, process->section, process->start_ns));
	int64_t end_ns = process->has_end
		? profile_axis_time(p, process->section, process->end.time_ns)
		: profile_axis_time(p, process->last_section, last->end_ns);

	/* Of regions, which may be different ones of each thread, rows say it. */
	if (s && s->region_globs.count)
		return;
	if (s && s->has_time) {
		begin_ns = later(begin_ns, add_wrapping(start_ns, s->from_ns));
		end_ns = earlier(end_ns, add_wrapping(last->shift_ns, s->to_ns));
	}
	life->begin_ns = earlier(life->begin_ns, begin_ns);
	life->end_ns = later(life->end_ns, end_ns);
}

static int compare_passings(const void *a, const void *b)
{
	const struct heap_passing *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->process < y->process ? -1 : x->process > y->process;
}

void heap_lives_settle(struct heap_lives *lives, const struct profile *p)
{
	for (uint32_t id = 0; id < lives->of.count; id++) {
		struct heap_life *life = &lives->of.item[id];
		const struct profile_process *process =
			id ? &p->processes.item[id - 1] : NULL;
		int64_t exec_ns = 0;

		if (!life->has_rows)
			continue;
		if (process) {
			widen(life, p, process);
			exec_ns =
				profile_axis_time(p, process->section, process->exec_ns);
		}
		if (process && process->exec_ns != INT64_MIN &&
			exec_ns > life->begin_ns && exec_ns < life->end_ns)
			vec_push(&lives->passings,
				(struct heap_passing){exec_ns, id, true});
		vec_push(&lives->passings,
			(struct heap_passing){life->end_ns, id, false});
	}
	if (lives->passings.count)
		qsort(lives->passings.item, lives->passings.count,
			sizeof(*lives->passings.item), compare_passings);
}

void heap_lives_free(struct heap_lives *lives)
{
	vec_free(&lives->of);
	vec_free(&lives->passings);
}
