#include "tools/core/heap_lives.h"

#include <stdlib.h>

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

/* Of the sections that a process may be in: of its own, and the other parts of it. */
static struct heap_life life_of_recording(const struct profile *p,
	const struct profile_process *process)
{
	uint32_t recording = p->parts.of.item[process->part].recording;
	struct heap_life life = {INT64_MAX, INT64_MIN, true};

	for (uint32_t i = 0; i < p->sections.count; i++) {
		const struct profile_section *s = &p->sections.item[i];
		int64_t from_ns = 0, to_ns = s->end_ns;

		if (i != process->section &&
			(!recording || p->parts.of.item[s->part].recording != recording))
			continue;
		if (p->selection && p->selection->has_time) {
			from_ns = later(from_ns, p->selection->from_ns);
			to_ns = earlier(to_ns, p->selection->to_ns);
		}
		life.begin_ns = earlier(life.begin_ns, profile_axis_time(p, i, from_ns));
		life.end_ns = later(life.end_ns, profile_axis_time(p, i, to_ns));
	}
	return life;
}

/* By all that is selected of a process, not only by its rows. */
static void widen(struct heap_life *life, const struct profile *p,
	const struct profile_process *process)
{
	struct heap_life all = life_of_recording(p, process);

	/* Of regions, which may be different ones of each thread, rows say it. */
	if (p->selection && p->selection->region_globs.count)
		return;
	all.begin_ns = later(all.begin_ns,
		profile_axis_time(p, process->section, process->start_ns));
	if (process->has_end)
		all.end_ns = earlier(all.end_ns,
			profile_axis_time(p, process->section, process->end.time_ns));
	life->begin_ns = earlier(life->begin_ns, all.begin_ns);
	life->end_ns = later(life->end_ns, all.end_ns);
}

static int compare_passings(const void *a, const void *b)
{
	const struct heap_passing *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->process < y->process ? -1 : x->process > y->process;
}

static void add_execs(struct heap_lives *lives, const struct profile *p, uint32_t id)
{
	const struct profile_process *process = &p->processes.item[id - 1];
	const struct heap_life *life = &lives->of.item[id];

	for (size_t i = 0; i < process->exec_ns.count; i++) {
		int64_t exec_ns =
			profile_axis_time(p, process->section, process->exec_ns.item[i]);

		if (exec_ns > life->begin_ns && exec_ns < life->end_ns)
			vec_push(&lives->passings, (struct heap_passing){exec_ns, id});
	}
}

void heap_lives_settle(struct heap_lives *lives, const struct profile *p)
{
	for (uint32_t id = 0; id < lives->of.count; id++) {
		struct heap_life *life = &lives->of.item[id];
		const struct profile_process *process =
			id ? &p->processes.item[id - 1] : NULL;

		if (!life->has_rows)
			continue;
		if (process) {
			widen(life, p, process);
			add_execs(lives, p, id);
		}
		vec_push(&lives->passings, (struct heap_passing){life->end_ns, id});
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
