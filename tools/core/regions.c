#include "tools/core/regions.h"

#include <stdlib.h>

#include "tools/core/names.h"
#include "tools/core/section_maps.h"

/* A region that has begun. */
struct open_region {
	uint32_t section, thread, name;
	uint32_t depth; /* it was entered again inside itself */
	int64_t from_ns;
};

struct finder {
	struct profile *p;
	VEC(struct open_region) open;
};

/*
 * Whether the time of a thread is selected by a region of the marked one (0 = the
 * whole run), both in one section.
 */
static bool selects(const struct profile *p, uint32_t marked, uint32_t thread)
{
	const struct profile_thread *by = marked ? &p->threads.item[marked - 1] : NULL;
	const struct profile_thread *t = thread ? &p->threads.item[thread - 1] : NULL;

	if (!marked || thread == marked)
		return true;
	/* Of a merged recording as a whole. */
	if (profile_is_recording(p, by->process))
		return t && profile_same_recording(p, t->process, by->process);
	return t && by->is_main && by->process && by->process == t->process;
}

static void add_span_of(struct finder *f, const struct open_region *region,
	uint32_t thread, int64_t to_ns)
{
	const uint32_t key[2] = {region->section, thread};
	struct profile *p = f->p;
	uint32_t id;

	if (!selects(p, region->thread, thread))
		return;
	id = intern_bytes(&p->region_keys, key, sizeof(key));
	vec_cover(&p->region_spans, id - 1);
	vec_push(&p->region_spans.item[id - 1].span,
		(struct time_span){region->from_ns, to_ns});
}

static void add_span(struct finder *f, const struct open_region *region, int64_t to_ns)
{
	const struct id_map *threads = &f->p->section_maps.item[region->section]->thread;

	add_span_of(f, region, 0, to_ns);
	for (size_t i = 0; i < threads->id.count; i++)
		add_span_of(f, region, threads->id.item[i], to_ns);
}

static void take_mark(struct finder *f, const struct profile_mark *m)
{
	size_t i = 0;

	while (i < f->open.count &&
		(f->open.item[i].section != m->section ||
			f->open.item[i].thread != m->thread ||
			f->open.item[i].name != m->name))
		i++;
	if (m->kind == PTF_MARK_BEGIN && i < f->open.count) {
		f->open.item[i].depth++;
	} else if (m->kind == PTF_MARK_BEGIN) {
		struct open_region begun = {m->section, m->thread, m->name, 1,
			m->time_ns};

		vec_push(&f->open, begun);
	} else if (m->kind == PTF_MARK_END && i < f->open.count &&
		--f->open.item[i].depth == 0) {
		add_span(f, &f->open.item[i], m->time_ns);
		f->open.item[i] = f->open.item[--f->open.count];
	}
}

void regions_find(struct profile *p, uint32_t first_section)
{
	const struct selection *s = p->selection;
	struct finder f = {.p = p};

	for (size_t i = 0; i < p->marks.count; i++)
		if (p->marks.item[i].section >= first_section &&
			name_matches(profile_string(p, p->marks.item[i].name),
				s->region_globs.item, s->region_globs.count))
			take_mark(&f, &p->marks.item[i]);
	for (size_t i = 0; i < f.open.count; i++)
		add_span(&f, &f.open.item[i], INT64_MAX);
	for (size_t id = 0; id < p->region_spans.count; id++)
		spans_settle(&p->region_spans.item[id], s->has_time ? s->from_ns : 0,
			s->has_time ? s->to_ns : INT64_MAX);
	vec_free(&f.open);
}
