/* Counter tracks: those of the trace, and the CPU time of each process by class. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/class_names.h"
#include "tools/core/timeline.h"
#include "tools/core/units.h"
#include "tools/core/wrapping.h"
#include "tools/emit/perfetto_parts.h"

/*
 * CPU time over time is told in steps: of so many periods of sampling, since
 * shorter ones would show little but the grain of the samples, and no more than
 * a timeline can be zoomed into.
 */
#define STEP_PERIODS   20
#define STEP_MIN_NS    INT64_C(10000000)
#define STEP_COUNT_MAX 2000

/* -------------------------------------------------- counters of the trace */

struct counter_key {
	uint32_t metric, process, thread, instance;
	uint32_t host; /* section + 1, of what has no process */
};

/* Units that Perfetto has by itself are scaled: "70 MB". */
static void set_unit(PF(CounterDescriptor) * counter, char *unit)
{
	static const struct {
		const char *unit;
		int value;
	} known[] = {
		{"ns", PF_C(COUNTER_DESCRIPTOR__UNIT__UNIT_TIME_NS)},
		{"count", PF_C(COUNTER_DESCRIPTOR__UNIT__UNIT_COUNT)},
		{"bytes", PF_C(COUNTER_DESCRIPTOR__UNIT__UNIT_SIZE_BYTES)},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(unit, known[i].unit))
			PF_NUMBER(counter, unit, known[i].value);
	if (!counter->has_unit)
		counter->unit_name = unit;
}

static void put_counter_track(struct perfetto *pf, uint64_t uuid,
	const struct replay_points *points)
{
	struct profile_metric metric = profile_get_metric(pf->p, points->metric);
	PF(CounterDescriptor) counter = PF_C(COUNTER_DESCRIPTOR__INIT);
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);
	char *name = pf_string(pf, metric.name), *unit = pf_string(pf, metric.unit);
	char *instance = pf_string(pf, points->instance);

	set_unit(&counter, unit);
	PF_NUMBER(&track, uuid, uuid);
	if (points->thread)
		PF_NUMBER(&track, parent_uuid,
			pf_thread_uuid(pf,
				tracks_index(pf->p, points->section, points->thread)));
	else if (points->process)
		PF_NUMBER(&track, parent_uuid, pf_process_uuid(pf, points->process));
	if (!*instance || asprintf(&track.name, "%s %s", name, instance) < 0)
		track.name = strdup(name);
	track.description = pf_string(pf, metric.description);
	track.counter = &counter;
	pf_put_track(pf, &track);
	free(track.name);
	free(track.description);
	free(instance);
	free(name);
	free(unit);
}

void pf_put_points(struct perfetto *pf, const struct replay_points *points)
{
	const struct counter_key key = {points->metric, points->process, points->thread,
		points->instance, points->process ? 0 : points->section + 1};
	size_t known = pf->counters.items.count;
	uint32_t id = intern_bytes(&pf->counters, &key, sizeof(key));
	uint64_t uuid = pf_uuid(PF_TRACK_COUNTER, id);
	PF(TrackEvent) event = PF_C(TRACK_EVENT__INIT);

	if (id > known)
		put_counter_track(pf, uuid, points);
	PF_NUMBER(&event, type, PF_C(TRACK_EVENT__TYPE__TYPE_COUNTER));
	PF_NUMBER(&event, track_uuid, uuid);
	event.counter_value_field_case =
		PF_C(TRACK_EVENT__COUNTER_VALUE_FIELD_COUNTER_VALUE);
	for (size_t i = 0; i < points->count; i++) {
		event.counter_value = points->values[i];
		pf_put_event(pf, points->time_ns[i], &event);
	}
}

/*
 * A value holds until the next one: what a process has is nothing once it ended,
 * and would else be drawn to the end of the trace.
 */
void pf_end_gauges(struct perfetto *pf)
{
	for (uint32_t id = 1; id <= pf->counters.items.count; id++) {
		struct counter_key key;
		const struct profile_process *process;
		PF(TrackEvent) event = PF_C(TRACK_EVENT__INIT);

		memcpy(&key, intern_get(&pf->counters, id).data, sizeof(key));
		if (!key.process ||
			profile_get_metric(pf->p, key.metric).kind != PTF_METRIC_GAUGE)
			continue;
		process = &pf->p->processes.item[key.process - 1];
		if (!process->has_end)
			continue;
		PF_NUMBER(&event, type, PF_C(TRACK_EVENT__TYPE__TYPE_COUNTER));
		PF_NUMBER(&event, track_uuid, pf_uuid(PF_TRACK_COUNTER, id));
		event.counter_value_field_case =
			PF_C(TRACK_EVENT__COUNTER_VALUE_FIELD_COUNTER_VALUE);
		pf_put_event(pf,
			profile_axis_time(pf->p, process->section, process->end.time_ns),
			&event);
	}
}

/* ------------------------------------------------------ CPU time by class */

static uint32_t step_count(const struct profile *p)
{
	int64_t elapsed_ns = 0, step_ns = STEP_MIN_NS;

	for (uint32_t i = 0; i < p->sections.count; i++) {
		uint64_t period_ns = p->sections.item[i].period_ns;
		int64_t end_ns = pf_section_end(p, i);

		if (end_ns > elapsed_ns)
			elapsed_ns = end_ns;
		if (period_ns < NS_PER_SECOND &&
			(int64_t)period_ns * STEP_PERIODS > step_ns)
			step_ns = (int64_t)period_ns * STEP_PERIODS;
	}
	return elapsed_ns / step_ns < STEP_COUNT_MAX
		? (uint32_t)(elapsed_ns / step_ns) + 1
		: STEP_COUNT_MAX;
}

/* CPU time of a process in one class. */
struct series {
	bool is_there;
	VEC(int64_t) step_ns; /* [step] */
};

typedef VEC(struct series) all_series; /* [process * PTF_CLASS_KIND_COUNT + kind] */

static void add_thread(const struct profile *p, all_series *all,
	const struct timeline_series *thread)
{
	uint32_t process = profile_process_of(p, thread->thread);
	uint32_t kind = profile_get_class(p, thread->class_id).kind;
	size_t id = (size_t)process * PTF_CLASS_KIND_COUNT + kind;
	struct series *s;

	if (profile_is_off_cpu(kind) || thread->points.count == 0)
		return;
	vec_cover(all, id);
	s = &all->item[id];
	s->is_there = true;
	for (size_t i = 0; i < thread->points.count; i++) {
		const struct timeline_point *point = &thread->points.item[i];

		vec_cover(&s->step_ns, point->bin);
		s->step_ns.item[point->bin] =
			add_wrapping(s->step_ns.item[point->bin], point->time_ns);
	}
}

static void put_group_track(struct perfetto *pf, uint32_t process)
{
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);
	static char name[] = "CPU time by class";

	PF_NUMBER(&track, uuid, pf_uuid(PF_TRACK_CPU_GROUP, process));
	PF_NUMBER(&track, parent_uuid, pf_process_uuid(pf, process));
	PF_NUMBER(&track, child_ordering,
		PF_C(TRACK_DESCRIPTOR__CHILD_TRACKS_ORDERING__EXPLICIT));
	track.name = name;
	pf_put_track(pf, &track);
}

static void put_cpu_track(struct perfetto *pf, uint64_t uuid, uint32_t process,
	uint32_t kind)
{
	PF(CounterDescriptor) counter = PF_C(COUNTER_DESCRIPTOR__INIT);
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);
	static char percent[] = "%", share[] = "cpu",
		    description[] = "CPU time; 100 % is one processor";

	counter.unit_name = percent;
	counter.y_axis_share_key = share;
	PF_NUMBER(&track, uuid, uuid);
	PF_NUMBER(&track, parent_uuid, pf_uuid(PF_TRACK_CPU_GROUP, process));
	/* What no sample stands for comes last. */
	PF_NUMBER(&track, sibling_order_rank,
		kind ? (int32_t)kind : PTF_CLASS_KIND_COUNT);
	track.counter = &counter;
	track.description = description;
	if (asprintf(&track.name, "CPU %s", class_label(kind)) < 0)
		return;
	pf_put_track(pf, &track);
	free(track.name);
}

/* A value holds until the next one. */
static void put_steps(struct perfetto *pf, const struct timeline_grid *grid,
	uint64_t uuid, const struct series *s)
{
	PF(TrackEvent) event = PF_C(TRACK_EVENT__INIT);
	int64_t before_ns = 0;

	PF_NUMBER(&event, type, PF_C(TRACK_EVENT__TYPE__TYPE_COUNTER));
	PF_NUMBER(&event, track_uuid, uuid);
	event.counter_value_field_case =
		PF_C(TRACK_EVENT__COUNTER_VALUE_FIELD_DOUBLE_COUNTER_VALUE);
	for (size_t step = 0; step <= s->step_ns.count; step++) {
		int64_t now_ns = step < s->step_ns.count ? s->step_ns.item[step] : 0;

		/* More digits than a screen shows would only cost bytes. */
		event.double_counter_value =
			round(units_percent((double)now_ns, (double)grid->bin_ns) * 100) /
			100;
		if (step == 0 || now_ns != before_ns)
			pf_put_event(pf, grid->start_ns + (int64_t)step * grid->bin_ns,
				&event);
		before_ns = now_ns;
	}
}

int pf_put_cpu_time(struct perfetto *pf, struct ptf_error *err)
{
	const struct timeline_options options = {.bin_count_max = step_count(pf->p)};
	struct timeline t;
	all_series all = {0};
	uint32_t told = 0; /* process + 1 */
	int rc = timeline_make(&t, pf->p, &options, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < t.threads.count; i++)
		add_thread(pf->p, &all, &t.threads.item[i]);
	for (size_t id = 0; id < all.count; id++) {
		uint64_t uuid = pf_uuid(PF_TRACK_CPU, id);
		uint32_t process = (uint32_t)(id / PTF_CLASS_KIND_COUNT);

		if (!all.item[id].is_there)
			continue;
		if (process + 1 != told)
			put_group_track(pf, process);
		told = process + 1;
		put_cpu_track(pf, uuid, process, id % PTF_CLASS_KIND_COUNT);
		put_steps(pf, &t.grid, uuid, &all.item[id]);
		vec_free(&all.item[id].step_ns);
	}
	vec_free(&all);
	timeline_free(&t);
	return 0;
}
