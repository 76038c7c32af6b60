#include "tools/core/heap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/heap_error.h"
#include "tools/core/heap_events.h"
#include "tools/core/heap_interval.h"
#include "tools/core/heap_lives.h"
#include "tools/core/heap_rows.h"
#include "tools/core/replay.h"

#define VARIANCE_COUNT 1024u /* that are remembered */

struct heap_key {
	uint32_t node, class_id, process;
};

/* What a cell, a process, a place or everything holds as time goes by. */
struct held {
	int64_t bytes;
	double variance;
	size_t level; /* the last that is known */
};

struct cell_state {
	struct held held;
	/* What it held over the time up to changed_ns, added up. */
	double byte_ns;
	int64_t changed_ns;
	/*
	 * What it held at the peak of its process. Peaks are numbered: as long as the
	 * cell does not change after the last one, it holds what it held then.
	 */
	struct held peak;
	uint64_t peak_number;
	/*
	 * Freed at the instant that goes on, beyond what it holds: the allocation may
	 * be another thread's, and still to come.
	 */
	int64_t owed_bytes;
	double owed_variance;
	/* Of Aggregates. */
	int64_t sum_live, sum_peak;
	uint32_t next; /* of its process, index + 1 */
};

struct process_state {
	struct held held, peak;
	uint64_t peak_number;
	double interval_bytes;
	uint32_t first_cell; /* index + 1 */
};

/* heap_variance, as blocks of few sizes are most. */
struct variance {
	int64_t value_bytes;
	double interval_bytes, variance;
};

struct maker {
	struct heap *h;
	const struct profile *p;
	const struct heap_options *options;
	struct heap_events *events;
	int rc; /* of what hooks did */
	struct ptf_error *err;
	uint64_t sizes; /* sum of all that was taken */

	struct intern keys; /* struct heap_key: id - 1 = cell */
	VEC(struct cell_state) cells;
	VEC(struct process_state) processes;            /* [process] */
	VEC(struct held) places[HEAP_PLACE_KIND_COUNT]; /* [place] */
	struct held all, peak;

	struct heap_lives lives;
	size_t passing; /* next of lives.passings */
	int64_t now_ns;
	uint32_t level_count;
	size_t level;        /* of now */
	VEC(uint32_t) owing; /* cells */
	struct variance variances[VARIANCE_COUNT];
};

/* ------------------------------------------------------------- cells */

static void find_places(struct maker *m, struct heap_cell *cell)
{
	for (size_t k = 0; k < HEAP_PLACE_KIND_COUNT; k++) {
		const struct heap_places *places = &m->options->places[k];

		if (!places->place_of)
			continue;
		cell->place[k] = places->place_of(places->context, cell->node);
		vec_cover(&m->places[k], cell->place[k]);
		vec_cover(&m->h->places[k], cell->place[k]);
	}
}

static uint32_t cell_of(struct maker *m, uint32_t node, uint32_t class_id,
	uint32_t process)
{
	const struct heap_key key = {node, class_id, process};
	uint32_t id = intern_bytes(&m->keys, &key, sizeof(key));

	if (id > m->h->cells.count) {
		struct process_state *owner = &m->processes.item[process];
		struct heap_cell cell = {.node = node,
			.class_id = class_id,
			.process = process};

		find_places(m, &cell);
		vec_push(&m->h->cells, cell);
		vec_push(&m->cells, (struct cell_state){.next = owner->first_cell});
		owner->first_cell = id;
	}
	return id - 1;
}

static enum heap_domain domain_of(const struct maker *m, uint32_t class_id)
{
	return profile_get_class(m->p, class_id).kind == PTF_CLASS_PYTHON ? HEAP_PYTHON
									  : HEAP_NATIVE;
}

/* -------------------------------------------------------- reading the rows */

static bool is_wanted(const struct maker *m, uint32_t process, uint32_t thread)
{
	return !m->options->is_wanted ||
		m->options->is_wanted(m->options->is_wanted_context, process, thread);
}

static bool take_size(struct maker *m, int64_t bytes)
{
	return bytes > 0 && heap_sizes_take(&m->sizes, bytes);
}

static void on_memory(void *context, const struct replay_memory *rows)
{
	struct maker *m = context;
	uint32_t process = profile_process_of(m->p, rows->thread);

	if (!is_wanted(m, process, rows->thread))
		return;
	for (size_t i = 0; i < rows->count; i++) {
		struct heap_event event = {.time_ns = rows->time_ns[i],
			.cell = cell_of(m, rows->node[i], rows->class_id[i], process),
			.thread = rows->thread};
		const int64_t bytes[] = {
			[HEAP_EVENT_ALLOCATED] = rows->allocated_bytes[i],
			[HEAP_EVENT_FREED] = rows->freed_bytes[i],
			[HEAP_EVENT_COPIED] = rows->copied_bytes[i],
		};

		heap_lives_see(&m->lives, process, event.time_ns);
		for (uint32_t kind = 0; kind < sizeof(bytes) / sizeof(*bytes); kind++) {
			event.kind = kind;
			event.bytes = bytes[kind];
			if (m->rc >= 0 && take_size(m, event.bytes))
				m->rc = heap_events_add(m->events, &event, m->err);
		}
	}
	m->h->has_time = true;
}

static void on_sum(void *context, const struct replay_sum *row)
{
	struct maker *m = context;
	uint32_t process = profile_process_of(m->p, row->thread), cell;
	struct profile_metric metric = profile_get_metric(m->p, row->metric);
	enum heap_metric which = heap_metric_of(profile_string(m->p, metric.name),
		profile_string(m->p, metric.unit));
	struct heap_use *use;

	if (which == HEAP_METRIC_COUNT || !is_wanted(m, process, row->thread) ||
		!take_size(m, row->sum))
		return;
	cell = cell_of(m, row->node, row->class_id, process);
	use = &m->h->cells.item[cell].use;
	switch (which) {
	case HEAP_METRIC_ALLOCATED:
		use->allocated_bytes[domain_of(m, row->class_id)] += row->sum;
		use->allocation_count += row->n;
		use->allocated_error_bytes = NAN;
		m->cells.item[cell].sum_live += row->sum;
		break;
	case HEAP_METRIC_FREED:
		use->free_count += row->n;
		m->cells.item[cell].sum_live -= row->sum;
		break;
	case HEAP_METRIC_COPIED:
		use->copied_bytes += row->sum;
		use->copy_count += row->n;
		break;
	default:
		m->cells.item[cell].sum_peak += row->sum;
		break;
	}
}

static int read_rows(struct maker *m)
{
	const struct replay_hooks hooks = {.context = m,
		.memory = on_memory,
		.sum = on_sum};
	int rc = profile_replay(m->p, &hooks, m->err);

	return rc < 0 ? rc : m->rc;
}

/* ----------------------------------------------------- as time goes by */

/* It held the same all the time since it last changed. */
static void see_levels(const struct maker *m, struct held *held,
	const struct heap_use *use)
{
	for (; held->level < m->level; held->level++)
		if (use->levels)
			use->levels[held->level + 1] = held->bytes;
}

static void change(const struct maker *m, struct held *held, struct heap_use *use,
	int64_t bytes, double variance)
{
	see_levels(m, held, use);
	held->bytes += bytes;
	held->variance += variance;
	/* Differences of numbers without end are off by a little. */
	if (held->bytes == 0 || held->variance < 0)
		held->variance = 0;
	if (held->bytes > use->maximum_bytes)
		use->maximum_bytes = held->bytes;
	if (use->levels && !m->options->levels_add_up &&
		held->bytes > use->levels[m->level])
		use->levels[m->level] = held->bytes;
}

static void change_cell(struct maker *m, uint32_t index, int64_t bytes, double variance)
{
	struct heap_cell *cell = &m->h->cells.item[index];
	struct cell_state *state = &m->cells.item[index];
	struct process_state *process = &m->processes.item[cell->process];

	if (state->peak_number != process->peak_number) {
		state->peak = state->held;
		state->peak_number = process->peak_number;
	}
	state->byte_ns += (double)state->held.bytes *
		((double)m->now_ns - (double)state->changed_ns);
	state->changed_ns = m->now_ns;
	change(m, &state->held, &cell->use, bytes, variance);
	change(m, &process->held, &m->h->processes.item[cell->process], bytes, variance);
	change(m, &m->all, &m->h->all, bytes, variance);
	for (size_t k = 0; k < HEAP_PLACE_KIND_COUNT; k++)
		if (m->options->places[k].place_of)
			change(m, &m->places[k].item[cell->place[k]],
				&m->h->places[k].item[cell->place[k]], bytes, variance);
	if (process->held.bytes > process->peak.bytes) {
		process->peak = process->held;
		process->peak_number++;
	}
	if (m->all.bytes > m->peak.bytes) {
		m->peak = m->all;
		m->h->peak_ns = m->now_ns;
	}
}

static double variance_of(struct maker *m, int64_t value_bytes, double interval_bytes)
{
	uint64_t hash = (uint64_t)value_bytes * UINT64_C(0x9E3779B97F4A7C15);
	struct variance *v = &m->variances[(hash >> 32) % VARIANCE_COUNT];

	if (v->value_bytes != value_bytes || v->interval_bytes != interval_bytes)
		*v = (struct variance){value_bytes, interval_bytes,
			heap_variance(value_bytes, interval_bytes)};
	return v->variance;
}

/* Frees that no allocation of the same instant explained are of what is not known. */
static void settle_owed(struct maker *m)
{
	for (size_t i = 0; i < m->owing.count; i++) {
		struct cell_state *state = &m->cells.item[m->owing.item[i]];
		int64_t bytes = state->owed_bytes < state->held.bytes ? state->owed_bytes
								      : state->held.bytes;

		change_cell(m, m->owing.item[i], -bytes, -state->owed_variance);
		state->owed_bytes = 0;
		state->owed_variance = 0;
	}
	m->owing.count = 0;
}

static void set_time(struct maker *m, int64_t time_ns)
{
	double all = (double)m->h->end_ns - (double)m->h->start_ns;
	double passed = (double)time_ns - (double)m->h->start_ns;
	size_t level = all > 0 ? (size_t)(passed / all * m->level_count) : 0;

	m->now_ns = time_ns;
	m->level = level < m->level_count ? level : m->level_count - 1;
}

/* The last time of a process is its end. */
static void pass(struct maker *m, const struct heap_passing *passing)
{
	uint32_t cell = m->processes.item[passing->process].first_cell;

	set_time(m, passing->time_ns);
	for (; cell; cell = m->cells.item[cell - 1].next) {
		const struct held held = m->cells.item[cell - 1].held;
		struct heap_use *use = &m->h->cells.item[cell - 1].use;

		use->live_bytes = held.bytes;
		use->live_error_bytes = held.variance;
		change_cell(m, cell - 1, -held.bytes, -held.variance);
	}
}

static void go_on_to(struct maker *m, int64_t time_ns)
{
	const struct heap_passing *passings = m->lives.passings.item;

	if (time_ns == m->now_ns)
		return;
	settle_owed(m);
	for (; m->passing < m->lives.passings.count &&
		passings[m->passing].time_ns < time_ns;
		m->passing++)
		pass(m, &passings[m->passing]);
	set_time(m, time_ns);
}

static unsigned eighth_of(const struct heap_life *life, int64_t time_ns)
{
	double all = (double)life->end_ns - (double)life->begin_ns;
	double passed = (double)time_ns - (double)life->begin_ns;
	unsigned eighth = all > 0 ? (unsigned)(passed / all * 8) : 0;

	return eighth < 8 ? eighth : 7;
}

static void allocate(struct maker *m, uint32_t index, int64_t bytes, double variance)
{
	struct heap_cell *cell = &m->h->cells.item[index];
	struct heap_use *use = &cell->use;

	if (!use->eighths)
		use->first_ns = m->now_ns;
	use->last_ns = m->now_ns;
	use->eighths |= 1u << eighth_of(&m->lives.of.item[cell->process], m->now_ns);
	use->allocation_count++;
	use->allocated_bytes[domain_of(m, cell->class_id)] += bytes;
	use->allocated_error_bytes += variance;
	change_cell(m, index, bytes, variance);
}

static void release(struct maker *m, uint32_t cell, int64_t bytes, double variance)
{
	struct cell_state *state = &m->cells.item[cell];

	m->h->cells.item[cell].use.free_count++;
	if (bytes <= state->held.bytes) {
		change_cell(m, cell, -bytes, -variance);
		return;
	}
	if (!state->owed_bytes)
		vec_push(&m->owing, cell);
	state->owed_bytes += bytes;
	state->owed_variance += variance;
}

static void on_event(void *context, const struct heap_event *event)
{
	struct maker *m = context;
	struct heap_cell *cell = &m->h->cells.item[event->cell];
	double variance = event->kind == HEAP_EVENT_COPIED
		? 0
		: variance_of(m, event->bytes,
			  m->processes.item[cell->process].interval_bytes);

	go_on_to(m, event->time_ns);
	if (event->kind == HEAP_EVENT_ALLOCATED) {
		allocate(m, event->cell, event->bytes, variance);
	} else if (event->kind == HEAP_EVENT_FREED) {
		release(m, event->cell, event->bytes, variance);
	} else {
		cell->use.copied_bytes += event->bytes;
		cell->use.copy_count++;
	}
}

/* ------------------------------------------------------------ beginning */

static double interval_of(const struct profile *p, uint32_t process)
{
	struct ptf_text text = {"", 0};
	char digits[24] = "";

	if (process)
		text = profile_process_attribute(p, process, HEAP_INTERVAL_KEY);
	else if (p->sections.count)
		text = profile_section_attribute(&p->sections.item[0], HEAP_INTERVAL_KEY);
	for (size_t i = 0; i < text.size && i + 1 < sizeof(digits); i++)
		digits[i] = text.data[i];
	return strtod(digits, NULL);
}

static void keep_levels(struct maker *m, struct heap_use *use)
{
	size_t size = m->level_count * sizeof(*use->levels);

	use->levels = arena_alloc(&m->h->arena, size);
	memset(use->levels, 0, size);
}

static void keep_all_levels(struct maker *m)
{
	keep_levels(m, &m->h->all);
	for (size_t i = 0; i < m->h->processes.count; i++)
		if (m->lives.of.item[i].has_rows)
			keep_levels(m, &m->h->processes.item[i]);
	for (size_t i = 0; i < m->h->cells.count; i++)
		for (size_t k = 0; k < HEAP_PLACE_KIND_COUNT; k++) {
			uint32_t place = m->h->cells.item[i].place[k];

			if (m->options->places[k].place_of &&
				!m->h->places[k].item[place].levels)
				keep_levels(m, &m->h->places[k].item[place]);
		}
}

static void find_times(struct maker *m)
{
	bool any = false;

	heap_lives_settle(&m->lives, m->p);
	for (size_t i = 0; i < m->lives.of.count; i++) {
		const struct heap_life *life = &m->lives.of.item[i];

		if (!life->has_rows)
			continue;
		if (!any || life->begin_ns < m->h->start_ns)
			m->h->start_ns = life->begin_ns;
		if (!any || life->end_ns > m->h->end_ns)
			m->h->end_ns = life->end_ns;
		any = true;
	}
	set_time(m, m->h->start_ns);
}

/* --------------------------------------------------------------- ending */

static void see_last_levels(struct maker *m)
{
	m->level = m->level_count - 1;
	see_levels(m, &m->all, &m->h->all);
	for (size_t i = 0; i < m->h->processes.count; i++)
		see_levels(m, &m->processes.item[i].held, &m->h->processes.item[i]);
	for (size_t k = 0; k < HEAP_PLACE_KIND_COUNT; k++)
		for (size_t i = 0; i < m->h->places[k].count; i++)
			see_levels(m, &m->places[k].item[i], &m->h->places[k].item[i]);
}

/* All but what is no sum; errors are still variances. */
static void add_use(struct heap_use *to, const struct heap_use *use)
{
	for (int d = 0; d < HEAP_DOMAIN_COUNT; d++)
		to->allocated_bytes[d] += use->allocated_bytes[d];
	to->copied_bytes += use->copied_bytes;
	to->live_bytes += use->live_bytes;
	to->peak_bytes += use->peak_bytes;
	to->average_bytes += use->average_bytes;
	to->allocated_error_bytes += use->allocated_error_bytes;
	to->live_error_bytes += use->live_error_bytes;
	to->peak_error_bytes += use->peak_error_bytes;
	if (use->eighths && (!to->eighths || use->first_ns < to->first_ns))
		to->first_ns = use->first_ns;
	if (use->eighths && (!to->eighths || use->last_ns > to->last_ns))
		to->last_ns = use->last_ns;
	to->eighths |= use->eighths;
	to->allocation_count += use->allocation_count;
	to->free_count += use->free_count;
	to->copy_count += use->copy_count;
}

static void finish_cell(struct maker *m, uint32_t index)
{
	struct heap_cell *cell = &m->h->cells.item[index];
	struct cell_state *state = &m->cells.item[index];
	const struct heap_life *life = &m->lives.of.item[cell->process];
	double life_ns = (double)life->end_ns - (double)life->begin_ns;
	const struct held *peak =
		state->peak_number == m->processes.item[cell->process].peak_number
		? &state->peak
		: &state->held;

	cell->use.peak_bytes = peak->bytes;
	cell->use.peak_error_bytes = peak->variance;
	/* All rows may be of one instant. */
	cell->use.average_bytes = life_ns > 0 ? (int64_t)(state->byte_ns / life_ns)
					      : cell->use.maximum_bytes;
}

/* What Aggregates say of a cell: how that went on in time is not known. */
static int64_t add_sums(struct heap_use *use, const struct cell_state *state)
{
	if (state->sum_live > 0) {
		use->live_bytes += state->sum_live;
		use->live_error_bytes = NAN;
	}
	if (state->sum_peak) {
		use->peak_bytes += state->sum_peak;
		use->maximum_bytes += state->sum_peak;
		use->peak_error_bytes = NAN;
	}
	return state->sum_peak;
}

static void take_roots(struct heap_use *use)
{
	use->allocated_error_bytes = sqrt(use->allocated_error_bytes);
	use->live_error_bytes = sqrt(use->live_error_bytes);
	use->peak_error_bytes = sqrt(use->peak_error_bytes);
}

static void finish_uses(struct heap *h)
{
	take_roots(&h->all);
	for (size_t i = 0; i < h->processes.count; i++)
		take_roots(&h->processes.item[i]);
	for (size_t i = 0; i < h->cells.count; i++)
		take_roots(&h->cells.item[i].use);
	for (size_t k = 0; k < HEAP_PLACE_KIND_COUNT; k++)
		for (size_t i = 0; i < h->places[k].count; i++)
			take_roots(&h->places[k].item[i]);
}

static void finish(struct maker *m)
{
	struct heap *h = m->h;
	int64_t sum_peak = 0;

	settle_owed(m);
	for (; m->passing < m->lives.passings.count; m->passing++)
		pass(m, &m->lives.passings.item[m->passing]);
	see_last_levels(m);
	for (uint32_t i = 0; i < h->cells.count; i++) {
		struct heap_cell *cell = &h->cells.item[i];
		int64_t peak;

		finish_cell(m, i);
		peak = add_sums(&cell->use, &m->cells.item[i]);
		sum_peak += peak;
		add_use(&h->all, &cell->use);
		add_use(&h->processes.item[cell->process], &cell->use);
		h->processes.item[cell->process].maximum_bytes += peak;
		for (size_t k = 0; k < HEAP_PLACE_KIND_COUNT; k++)
			if (m->options->places[k].place_of) {
				struct heap_use *place =
					&h->places[k].item[cell->place[k]];

				add_use(place, &cell->use);
				place->maximum_bytes += peak;
			}
	}
	h->all.maximum_bytes += sum_peak;
	h->all.peak_bytes = h->all.maximum_bytes;
	h->all.peak_error_bytes = sum_peak ? NAN : m->peak.variance;
	finish_uses(h);
}

/* ------------------------------------------------------------- public */

bool profile_has_memory(const struct profile *p)
{
	return p->memory_count || p->has_memory_sums;
}

int heap_make(struct heap *h, const struct profile *p, const struct heap_options *options,
	struct ptf_error *err)
{
	struct maker m = {.h = h,
		.p = p,
		.options = options,
		.err = err,
		.level_count =
			options->level_count ? options->level_count : HEAP_LEVEL_COUNT};
	int rc;

	*h = (struct heap){0};
	h->lacks_frees = options->is_of_threads ||
		(p->selection &&
			p->selection->thread_globs.count +
				p->selection->region_globs.count);
	m.events = heap_events_new(0);
	vec_cover(&m.processes, p->processes.count);
	vec_cover(&h->processes, p->processes.count);
	for (uint32_t id = 0; id < m.processes.count; id++)
		m.processes.item[id].interval_bytes = interval_of(p, id);
	heap_lives_begin(&m.lives, p);
	rc = read_rows(&m);
	if (rc >= 0) {
		find_times(&m);
		if (options->levels && h->has_time)
			keep_all_levels(&m);
		rc = heap_events_give(m.events, on_event, &m, err);
	}
	if (rc >= 0)
		finish(&m);
	else
		heap_free(h);
	heap_events_free(m.events);
	heap_lives_free(&m.lives);
	intern_free(&m.keys);
	vec_free(&m.cells);
	vec_free(&m.processes);
	vec_free(&m.owing);
	for (size_t k = 0; k < HEAP_PLACE_KIND_COUNT; k++)
		vec_free(&m.places[k]);
	return rc;
}

void heap_free(struct heap *h)
{
	vec_free(&h->processes);
	vec_free(&h->cells);
	for (size_t k = 0; k < HEAP_PLACE_KIND_COUNT; k++)
		vec_free(&h->places[k]);
	arena_free(&h->arena);
	*h = (struct heap){0};
}

int64_t heap_allocated(const struct heap_use *use)
{
	return use->allocated_bytes[HEAP_PYTHON] + use->allocated_bytes[HEAP_NATIVE];
}

int64_t heap_sum_of_peaks(const struct heap *h)
{
	int64_t sum = 0;

	for (size_t i = 0; i < h->processes.count; i++)
		sum += h->processes.item[i].peak_bytes;
	return sum;
}

struct heap_leak heap_leak_of(const struct heap *h, const struct heap_use *use)
{
	const unsigned first_half = 0x0f, last_quarter = 0xc0;
	uint64_t kept = use->allocation_count > use->free_count
		? use->allocation_count - use->free_count
		: 0;
	struct heap_leak leak = {.observation_count = use->allocation_count};
	double seconds = ((double)use->last_ns - (double)use->first_ns) / 1e9;

	if (!h->has_time || h->lacks_frees || use->allocation_count == 0)
		return (struct heap_leak){0};
	/* 1 - (frees + 1) / (allocations + 2) */
	leak.likelihood = ((double)kept + 1) / ((double)use->allocation_count + 2);
	leak.bytes_per_s = seconds > 0 ? (double)use->live_bytes / seconds : 0;
	leak.is_likely = leak.likelihood >= HEAP_LEAK_LIKELIHOOD && use->live_bytes > 0 &&
		(use->eighths & first_half) && (use->eighths & last_quarter) &&
		__builtin_popcount(use->eighths) >= 4;
	return leak;
}
