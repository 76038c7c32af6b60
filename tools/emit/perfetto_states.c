/*
 * What each thread does, over time: a track of states below it, one state for
 * each class (slices for versions that know no states).
 *
 * A row stands for the time before it. Rows do not tile a thread's life exactly,
 * since samples are late by some jitter, and where nothing was sampled there is
 * nothing to show: a hole is drawn only where it is longer than samples are apart.
 *
 * What no sample stands for (CPU time that was left when a thread ended) is at no
 * known time, and not here.
 */
#include "tools/emit/perfetto_parts.h"

static uint64_t state_track(struct perfetto *pf, size_t thread, struct pf_state *s)
{
	uint64_t uuid = pf_uuid(PF_TRACK_STATE, thread);
	PF(StateDescriptor) state = PF_C(STATE_DESCRIPTOR__INIT);
	PF(TrackDescriptor) track = PF_C(TRACK_DESCRIPTOR__INIT);
	static char name[] = "Class of time";

	if (s->is_told)
		return uuid;
	s->is_told = true;
	PF_NUMBER(&track, uuid, uuid);
	PF_NUMBER(&track, parent_uuid, pf_thread_uuid(pf, thread));
	track.name = name;
	if (!pf->compat)
		track.state = &state;
	pf_put_track(pf, &track);
	return uuid;
}

static void begin_state(struct perfetto *pf, size_t thread, struct pf_state *s,
	uint32_t class_id, int64_t time_ns)
{
	uint64_t uuid = state_track(pf, thread, s), name = pf_class_name(pf, class_id);
	PF(TrackEvent) event = PF_C(TRACK_EVENT__INIT);

	PF_NUMBER(&event, type,
		pf->compat ? PF_C(TRACK_EVENT__TYPE__TYPE_SLICE_BEGIN)
			   : PF_C(TRACK_EVENT__TYPE__TYPE_STATE));
	PF_NUMBER(&event, track_uuid, uuid);
	event.name_field_case = PF_C(TRACK_EVENT__NAME_FIELD_NAME_IID);
	event.name_iid = name;
	pf_put_event(pf, time_ns, &event);
	s->is_open = true;
	s->class_id = class_id;
}

/* A new state ends the one before it, a new slice would be inside of it. */
static void end_state(struct perfetto *pf, size_t thread, struct pf_state *s,
	bool another_follows)
{
	static char nothing[] = "";

	if (pf->compat)
		pf_put_slice(pf, s->end_ns, PF_C(TRACK_EVENT__TYPE__TYPE_SLICE_END),
			pf_uuid(PF_TRACK_STATE, thread), NULL);
	else if (!another_follows)
		pf_put_slice(pf, s->end_ns, PF_C(TRACK_EVENT__TYPE__TYPE_STATE),
			pf_uuid(PF_TRACK_STATE, thread), nothing);
	s->is_open = false;
}

void pf_states_row(struct perfetto *pf, size_t thread, const struct replay_rows *rows,
	size_t i)
{
	uint64_t period_ns = pf->p->sections.item[rows->section].period_ns;
	int64_t time_ns = rows->time_ns[i], weight_ns = rows->weight_ns[i];
	uint32_t class_id = rows->class_id[i];
	struct pf_state *s;
	int64_t start_ns;
	bool adjoins;

	if (weight_ns <= 0 || __builtin_sub_overflow(time_ns, weight_ns, &start_ns) ||
		profile_get_class(pf->p, class_id).kind == PTF_CLASS_UNKNOWN)
		return;
	vec_cover(&pf->states, thread);
	s = &pf->states.item[thread];
	/* Several rows may stand for the same time: CPU time, and a wait for it. */
	if (s->is_told && start_ns < s->end_ns)
		start_ns = s->end_ns;
	if (start_ns >= time_ns)
		return;
	adjoins = s->is_open && (uint64_t)start_ns - (uint64_t)s->end_ns <= 2 * period_ns;
	if (!adjoins || s->class_id != class_id) {
		if (s->is_open)
			end_state(pf, thread, s, adjoins);
		begin_state(pf, thread, s, class_id, adjoins ? s->end_ns : start_ns);
	}
	s->end_ns = time_ns;
}

void pf_states_end(struct perfetto *pf)
{
	for (size_t thread = 0; thread < pf->states.count; thread++)
		if (pf->states.item[thread].is_open)
			end_state(pf, thread, &pf->states.item[thread], false);
}
