/* Marks of the program, and what is known of the recording and its processes. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/version.h>

#include "tools/cli/text.h"
#include "tools/core/hex.h"
#include "tools/core/report.h"
#include "tools/emit/perfetto_parts.h"

/* -------------------------------------------------------------- marks */

/* A phase from its begin to its end, or an instant (they are equal). */
struct span {
	uint32_t section, thread; /* thread 0 = the whole run */
	uint32_t name;
	enum ptf_mark_kind kind;
	bool is_instant, has_end, is_selected;
	int64_t begin_ns, end_ns;
	size_t order;
	size_t below; /* the open phase of its name that it is inside of, + 1 */
};

/* Slices on one track nest: what is open, outermost first. */
struct lane {
	uint64_t track;
	VEC(const struct span *) open;
};

struct lanes {
	VEC(struct lane) lanes;
	uint64_t track_count;
};

static bool same_owner(const struct span *a, const struct span *b)
{
	return a->thread == b->thread && (a->thread || a->section == b->section);
}

struct phase_key {
	uint32_t owner, section, name; /* thread, or 0 and the section */
};

struct spans {
	VEC(struct span) list;
	struct intern keys;
	VEC(size_t) open; /* [key]: the innermost open phase + 1 */
};

static uint32_t key_of(struct spans *spans, const struct profile_mark *mark)
{
	const struct phase_key key = {mark->thread, mark->thread ? 0 : mark->section,
		mark->name};
	uint32_t id = intern_bytes(&spans->keys, &key, sizeof(key));

	vec_cover(&spans->open, id);
	return id;
}

/* Phases of one name nest: an end is that of the last that began. */
static void take_mark(const struct profile *p, struct spans *spans,
	const struct profile_mark *mark)
{
	struct span span = {.section = mark->section,
		.thread = mark->thread,
		.name = mark->name,
		.kind = mark->kind,
		.is_instant = mark->kind != PTF_MARK_BEGIN,
		.order = spans->list.count};
	uint32_t key = key_of(spans, mark);
	size_t *open = &spans->open.item[key];

	span.is_selected = tracks_mark_time(p, mark, &span.begin_ns);
	span.end_ns = span.begin_ns;
	if (mark->kind == PTF_MARK_END && *open) {
		struct span *begun = &spans->list.item[*open - 1];

		*open = begun->below;
		begun->has_end = true;
		begun->is_selected |= span.is_selected;
		if (span.end_ns > begun->begin_ns)
			begun->end_ns = span.end_ns;
		return;
	}
	span.below = *open;
	vec_push(&spans->list, span);
	if (mark->kind == PTF_MARK_BEGIN)
		*open = spans->list.count;
}

static int by_owner_and_time(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (!a->thread && a->section != b->section)
		return a->section < b->section ? -1 : 1;
	if (a->begin_ns != b->begin_ns)
		return a->begin_ns < b->begin_ns ? -1 : 1;
	/* The outer phase first. */
	if (a->end_ns != b->end_ns)
		return a->end_ns > b->end_ns ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void close_until(struct perfetto *pf, struct lane *lane, int64_t time_ns)
{
	while (lane->open.count &&
		lane->open.item[lane->open.count - 1]->end_ns <= time_ns)
		pf_put_slice(pf, lane->open.item[--lane->open.count]->end_ns,
			PF_C(TRACK_EVENT__TYPE__TYPE_SLICE_END), lane->track, NULL);
}

static void end_lanes(struct perfetto *pf, struct lanes *all)
{
	for (size_t i = 0; i < all->lanes.count; i++) {
		close_until(pf, &all->lanes.item[i], INT64_MAX);
		vec_free(&all->lanes.item[i].open);
	}
	all->lanes.count = 0;
}

static void put_marks_track(struct perfetto *pf, uint64_t uuid, const struct span *s)
{
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);
	static char name[] = "Marks";

	PF_NUMBER(&track, uuid, uuid);
	PF_NUMBER(&track, parent_uuid,
		s->thread ? pf_thread_uuid(pf, tracks_index(pf->p, s->section, s->thread))
			  : pf_uuid(PF_TRACK_SECTION, s->section));
	track.name = name;
	pf_put_track(pf, &track);
}

/* The first track where the span lies inside of what is open, or outside of all. */
static struct lane *lane_for(struct perfetto *pf, struct lanes *all, const struct span *s)
{
	struct lane lane = {0};

	for (size_t i = 0; i < all->lanes.count; i++) {
		struct lane *l = &all->lanes.item[i];

		close_until(pf, l, s->begin_ns);
		if (l->open.count == 0 ||
			l->open.item[l->open.count - 1]->end_ns >= s->end_ns)
			return l;
	}
	lane.track = pf_uuid(PF_TRACK_MARKS, ++all->track_count);
	put_marks_track(pf, lane.track, s);
	vec_push(&all->lanes, lane);
	return &all->lanes.item[all->lanes.count - 1];
}

static char *span_title(const struct perfetto *pf, const struct span *s)
{
	char *name = pf_string(pf, s->name), *text;
	const char *what = s->kind == PTF_MARK_END  ? "end of "
		: s->kind == PTF_MARK_RECORDING_ON  ? "recording on "
		: s->kind == PTF_MARK_RECORDING_OFF ? "recording off "
						    : "";

	if (asprintf(&text, "%s%s", what, name) < 0)
		return name;
	free(name);
	return text;
}

static void put_span(struct perfetto *pf, struct lanes *all, const struct span *s)
{
	struct lane *lane = lane_for(pf, all, s);
	char *title = span_title(pf, s);

	if (s->is_instant) {
		pf_put_slice(pf, s->begin_ns, PF_C(TRACK_EVENT__TYPE__TYPE_INSTANT),
			lane->track, title);
	} else {
		pf_put_slice(pf, s->begin_ns, PF_C(TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN),
			lane->track, title);
		vec_push(&lane->open, s);
	}
	free(title);
}

void pf_put_marks(struct perfetto *pf)
{
	const struct profile *p = pf->p;
	struct spans spans = {0};
	struct lanes all = {0};
	const struct span *before = NULL;

	for (size_t i = 0; i < p->marks.count; i++)
		take_mark(p, &spans, &p->marks.item[i]);
	for (size_t i = 0; i < spans.list.count; i++) {
		struct span *s = &spans.list.item[i];

		if (!s->is_instant && !s->has_end &&
			pf_section_end(p, s->section) > s->begin_ns)
			s->end_ns = pf_section_end(p, s->section);
	}
	if (spans.list.count)
		qsort(spans.list.item, spans.list.count, sizeof(*spans.list.item),
			by_owner_and_time);
	for (size_t i = 0; i < spans.list.count; i++) {
		const struct span *s = &spans.list.item[i];

		if (!s->is_selected)
			continue;
		if (before && !same_owner(before, s))
			end_lanes(pf, &all);
		put_span(pf, &all, s);
		before = s;
	}
	end_lanes(pf, &all);
	vec_free(&all.lanes);
	vec_free(&spans.list);
	vec_free(&spans.open);
	intern_free(&spans.keys);
}

/* -------------------------------------------------------------- facts */

/* What a click on a slice shows. */
struct facts {
	struct arena arena;
	VEC(PF(DebugAnnotation) *) items;
};

static PF(DebugAnnotation) * add_fact(struct facts *facts, const char *name)
{
	PF(DebugAnnotation) *fact = arena_alloc(&facts->arena, sizeof(*fact));

	*fact = (PF(DebugAnnotation))PF_C(DEBUG_ANNOTATION__INIT);
	fact->name = arena_copy(&facts->arena, name, strlen(name));
	vec_push(&facts->items, fact);
	return fact;
}

static void add_string(struct facts *facts, const char *name, const char *text)
{
	PF(DebugAnnotation) * fact;

	if (!*text)
		return;
	fact = add_fact(facts, name);
	fact->value_case = PF_C(DEBUG_ANNOTATION__VALUE_STRING_VALUE);
	fact->string_value = arena_copy(&facts->arena, text, strlen(text));
}

static void add_text(struct facts *facts, const char *name, struct ptf_text text)
{
	char *clean = text_utf8(text.data, text.size);

	add_string(facts, name, clean);
	free(clean);
}

static void add_number(struct facts *facts, const char *name, int64_t value)
{
	PF(DebugAnnotation) *fact = add_fact(facts, name);

	fact->value_case = PF_C(DEBUG_ANNOTATION__VALUE_INT_VALUE);
	fact->int_value = value;
}

/* A slice with the facts, which are freed. */
static void put_life(struct perfetto *pf, uint64_t track, char *title, int64_t begin_ns,
	int64_t end_ns, struct facts *facts)
{
	PF(TrackEvent) event = PF_C(TRACK_EVENT__INIT);

	PF_NUMBER(&event, type, PF_C(TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN));
	PF_NUMBER(&event, track_uuid, track);
	event.name_field_case = PF_C(TRACK_EVENT__NAME_FIELD_NAME);
	event.name = title;
	event.n_debug_annotations = facts->items.count;
	event.debug_annotations = facts->items.item;
	pf_put_event(pf, begin_ns, &event);
	pf_put_slice(pf, end_ns > begin_ns ? end_ns : begin_ns,
		PF_C(TRACK_EVENT__TYPE__TYPE_SLICE_END), track, NULL);
	vec_free(&facts->items);
	arena_free(&facts->arena);
}

static void add_losses(const struct perfetto *pf, uint32_t section, struct facts *facts)
{
	for (size_t i = 0; i < pf->p->losses.count; i++) {
		const struct profile_loss *loss = &pf->p->losses.item[i];
		char *kind, *name;

		if (loss->section != section)
			continue;
		kind = pf_string(pf, loss->kind);
		if (asprintf(&name, "not recorded.%s.count", kind) >= 0) {
			add_number(facts, name, (int64_t)loss->count);
			free(name);
		}
		if (loss->weight_ns && asprintf(&name, "not recorded.%s.ns", kind) >= 0) {
			add_number(facts, name, (int64_t)loss->weight_ns);
			free(name);
		}
		free(kind);
	}
}

static void put_section(struct perfetto *pf, uint32_t index)
{
	const struct profile_section *s = &pf->p->sections.item[index];
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);
	uint64_t uuid = pf_uuid(PF_TRACK_SECTION, index);
	char *selected = selection_text(&pf->options->selection);
	char *command = pf_string(pf, s->command);
	char trace_id[2 * sizeof(s->trace_id) + 1];
	static char name[] = "Recording", title[] = "recording";
	struct facts facts = {0};

	PF_NUMBER(&track, uuid, uuid);
	track.name = name;
	pf_put_track(pf, &track);
	hex_write(trace_id, s->trace_id, sizeof(s->trace_id));
	add_string(&facts, "selected", selected);
	add_string(&facts, "trace", s->path);
	add_string(&facts, "trace id", trace_id);
	add_text(&facts, "producer", profile_string(pf->p, s->producer));
	add_string(&facts, "converter", "pconv " PTF_VERSION_STRING);
	add_number(&facts, "samples", (int64_t)s->sample_count);
	add_number(&facts, "sample period (ns)", (int64_t)s->period_ns);
	for (size_t i = 0; i < s->attributes.count; i++) {
		struct ptf_attribute attribute = s->attributes.item[i];
		char *key = text_utf8(attribute.key.data, attribute.key.size);

		add_text(&facts, key, attribute.value);
		free(key);
	}
	add_losses(pf, index, &facts);
	put_life(pf, uuid, *command ? command : title, s->shift_ns,
		pf_section_end(pf->p, index), &facts);
	free(command);
	free(selected);
}

static void put_process(struct perfetto *pf, uint32_t id)
{
	const struct profile_process *r = &pf->p->processes.item[id - 1];

	int64_t end_ns = pf_section_end(pf->p, r->last_section);
	char *title = pf_process_title(pf, id);
	struct facts facts = {0};

	add_text(&facts, "executable", profile_string(pf->p, r->executable));
	add_text(&facts, "python", profile_string(pf->p, r->python));
	if (r->has_end) {
		end_ns = profile_axis_time(pf->p, r->section, r->end.time_ns);
		add_number(&facts, "exit status", r->end.exit_status);
		add_number(&facts, "cpu (ns)", (int64_t)r->end.cpu_ns);
		add_number(&facts, "user (ns)", (int64_t)r->end.user_ns);
		add_number(&facts, "system (ns)", (int64_t)r->end.system_ns);
		add_number(&facts, "major faults", (int64_t)r->end.major_fault_count);
		add_number(&facts, "minor faults", (int64_t)r->end.minor_fault_count);
		add_number(&facts, "maximum rss (bytes)",
			(int64_t)r->end.maximum_rss_bytes);
	}
	put_life(pf, pf_process_uuid(pf, id), title,
		profile_axis_time(pf->p, r->section, r->start_ns), end_ns, &facts);
	free(title);
}

void pf_put_facts(struct perfetto *pf)
{
	for (uint32_t i = 0; i < pf->p->sections.count; i++)
		put_section(pf, i);
	for (uint32_t id = 1; id < pf->process_told.count; id++)
		if (pf->process_told.item[id])
			put_process(pf, id);
}
