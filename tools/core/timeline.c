#include "tools/core/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/replay.h"

#define BINS_DEFAULT     512
#define USEFUL_BIN_COUNT 32

/* Times beyond this, which only a damaged trace has, are cut to it. */
#define TIME_MAX_NS (INT64_MAX / 4)

struct maker {
	struct timeline *t;
	const struct profile *p;
	struct timeline_options options;
	struct intern thread_keys, stack_keys, counter_keys;
	size_t stack_point_count;
};

/* ----------------------------------------------------------------- grids */

/* On the profile's axis, which begins at 0. */
static int64_t on_axis(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum) || sum > TIME_MAX_NS)
		return TIME_MAX_NS;
	return sum < 0 ? 0 : sum;
}

/* The smallest 1, 2 or 5 times a power of ten of which count_max cover span. */
static int64_t round_width(uint64_t span_ns, uint32_t count_max)
{
	uint64_t wanted = span_ns / count_max + (span_ns % count_max != 0);
	uint64_t power = 1;

	while (power <= INT64_MAX / 10 / 5 && power * 10 <= wanted)
		power *= 10;
	return (int64_t)(wanted <= power      ? power
			: wanted <= 2 * power ? 2 * power
			: wanted <= 5 * power ? 5 * power
					      : 10 * power);
}

static uint32_t bins_for(int64_t span_ns, int64_t bin_ns)
{
	return span_ns <= bin_ns ? 1 : (uint32_t)((span_ns - 1) / bin_ns) + 1;
}

static void make_grids(struct maker *m)
{
	const struct selection *s = m->p->selection;
	struct timeline *t = m->t;
	int64_t from = INT64_MAX, to = 0;
	uint32_t count_max =
		m->options.bin_count_max ? m->options.bin_count_max : BINS_DEFAULT;
	uint32_t merged = 1;

	for (size_t i = 0; i < m->p->sections.count; i++) {
		const struct profile_section *section = &m->p->sections.item[i];
		int64_t begin = 0, end = section->end_ns;

		if (s && s->has_time) {
			begin = s->from_ns > 0 ? s->from_ns : 0;
			end = s->to_ns < end ? s->to_ns : end;
		}
		if (end < begin)
			continue;
		begin = on_axis(begin, section->shift_ns);
		end = on_axis(end, section->shift_ns);
		from = begin < from ? begin : from;
		to = end > to ? end : to;
	}
	from = from > to ? to : from;
	t->grid.bin_ns = round_width((uint64_t)(to - from), count_max);
	t->grid.start_ns = from / t->grid.bin_ns * t->grid.bin_ns;
	t->grid.bin_count = bins_for(to - t->grid.start_ns, t->grid.bin_ns);
	t->stack_grid = t->grid;
	if (!m->options.stack_bin_count_max)
		return;
	while ((t->grid.bin_count + merged - 1) / merged > m->options.stack_bin_count_max)
		merged *= 2;
	t->stack_grid.bin_ns *= merged;
	t->stack_grid.bin_count = (t->grid.bin_count + merged - 1) / merged;
}

static uint32_t bin_of(const struct timeline_grid *grid, int64_t time_ns)
{
	uint64_t bin;

	if (time_ns <= grid->start_ns)
		return 0;
	bin = ((uint64_t)time_ns - (uint64_t)grid->start_ns) / (uint64_t)grid->bin_ns;
	return bin < grid->bin_count ? (uint32_t)bin : grid->bin_count - 1;
}

/* ------------------------------------------------------------------ rows */

/* The point of a bin; most often it is the last one, or the next. */
static struct timeline_point *point_at(struct timeline_series *s, uint32_t bin,
	size_t *new_count)
{
	size_t at = s->points.count;

	while (at > 0 && s->points.item[at - 1].bin > bin)
		at--;
	if (at > 0 && s->points.item[at - 1].bin == bin)
		return &s->points.item[at - 1];
	vec_push(&s->points, (struct timeline_point){0});
	memmove(&s->points.item[at + 1], &s->points.item[at],
		(s->points.count - 1 - at) * sizeof(*s->points.item));
	s->points.item[at] = (struct timeline_point){.bin = bin};
	++*new_count;
	return &s->points.item[at];
}

/* weight_ns, evenly over from_ns to to_ns, and one row where that ends. */
static void add_span(const struct timeline_grid *grid, struct timeline_series *s,
	int64_t from_ns, int64_t to_ns, int64_t weight_ns, size_t *new_count)
{
	/* A stamp on a border ends the bin before it. */
	uint32_t last = bin_of(grid, to_ns > grid->start_ns ? to_ns - 1 : to_ns);
	uint32_t first = from_ns < to_ns ? bin_of(grid, from_ns) : last;
	double span = (double)to_ns - (double)from_ns;
	int64_t given = 0;

	for (uint32_t bin = first; bin < last; bin++) {
		int64_t border = grid->start_ns + (int64_t)(bin + 1) * grid->bin_ns;
		int64_t upto = (int64_t)((double)weight_ns *
			(((double)border - (double)from_ns) / span));

		if (upto != given)
			point_at(s, bin, new_count)->time_ns += upto - given;
		given = upto;
	}
	point_at(s, last, new_count)->time_ns += weight_ns - given;
	point_at(s, last, new_count)->count++;
}

static struct timeline_series *thread_series(struct maker *m, uint32_t thread,
	uint32_t class_id)
{
	uint32_t key[2] = {thread, class_id};
	uint32_t id = intern_bytes(&m->thread_keys, key, sizeof(key));

	if (id > m->t->threads.count)
		vec_push(&m->t->threads,
			(struct timeline_series){.thread = thread, .class_id = class_id});
	return &m->t->threads.item[id - 1];
}

static struct timeline_series *stack_series(struct maker *m, uint32_t node,
	uint32_t thread, uint32_t class_id)
{
	uint32_t key[3] = {node, thread, class_id};
	uint32_t id = intern_bytes(&m->stack_keys, key, sizeof(key));

	if (id > m->t->stacks.count)
		vec_push(&m->t->stacks,
			(struct timeline_series){.node = node,
				.thread = thread,
				.class_id = class_id});
	return &m->t->stacks.item[id - 1];
}

/* Two bins become one. */
static void widen_stack_bins(struct maker *m)
{
	struct timeline_grid *grid = &m->t->stack_grid;

	grid->bin_ns *= 2;
	grid->bin_count = (grid->bin_count + 1) / 2;
	m->stack_point_count = 0;
	for (size_t i = 0; i < m->t->stacks.count; i++) {
		struct timeline_series *s = &m->t->stacks.item[i];
		size_t kept = 0;

		for (size_t k = 0; k < s->points.count; k++) {
			struct timeline_point point = s->points.item[k];

			point.bin /= 2;
			if (kept && s->points.item[kept - 1].bin == point.bin) {
				s->points.item[kept - 1].count += point.count;
				s->points.item[kept - 1].time_ns += point.time_ns;
			} else {
				s->points.item[kept++] = point;
			}
		}
		s->points.count = kept;
		m->stack_point_count += kept;
	}
}

/* Wide bins are of little use: rather four times the points than few bins. */
static bool has_too_many_points(const struct maker *m)
{
	size_t max = m->options.stack_point_max;
	uint32_t bins = m->t->stack_grid.bin_count;

	return max && m->stack_point_count > max &&
		(bins > USEFUL_BIN_COUNT || (bins > 1 && m->stack_point_count / 4 > max));
}

static void add_cell(struct timeline_series *s, const struct profile_cell *c)
{
	s->time_ns += c->time_ns;
	s->count += c->count;
}

static void add_cells(struct maker *m)
{
	for (size_t i = 0; i < m->p->cells.count; i++) {
		const struct profile_cell *c = &m->p->cells.item[i];

		add_cell(thread_series(m, c->thread, c->class_id), c);
		if (m->options.stack_bin_count_max)
			add_cell(stack_series(m, c->node, c->thread, c->class_id), c);
	}
}

/* When a thread lived, on the axis. */
struct life {
	int64_t start_ns;
	int64_t end_ns; /* as rows at its end are stamped; INT64_MIN = unknown */
};

static struct life life_of(const struct profile *p, uint32_t id,
	const struct profile_section *section)
{
	const struct profile_thread *thread = id ? &p->threads.item[id - 1] : NULL;
	struct life life = {section->shift_ns, INT64_MIN};

	if (thread && thread->process) {
		uint32_t first = p->processes.item[thread->process - 1].section;
		/* Stamps are rounded, each by itself. */
		int64_t rounding_ns = 2 * (int64_t)section->resolution_ns;

		life.start_ns = profile_axis_time(p, first, thread->start_ns);
		if (thread->has_end &&
			__builtin_sub_overflow(profile_axis_time(p, first,
						       thread->end_ns),
				rounding_ns, &life.end_ns))
			life.end_ns = INT64_MIN;
	}
	return life;
}

static void on_rows(void *context, const struct replay_rows *rows)
{
	struct maker *m = context;
	const struct profile_section *section = &m->p->sections.item[rows->section];
	int64_t shift = section->shift_ns;
	struct life life = life_of(m->p, rows->thread, section);
	struct timeline_series *of_thread = NULL;
	size_t unused = 0;

	for (size_t i = 0; i < rows->count; i++) {
		uint32_t class_id = rows->class_id[i];
		int64_t to = rows->time_ns[i], weight = rows->weight_ns[i], from;

		/* What is left when a thread ends may be of any time of its life; what
		   lost samples stood for was just before the next one. */
		if (profile_get_class(m->p, class_id).kind == PTF_CLASS_UNKNOWN &&
			to >= life.end_ns)
			from = life.start_ns;
		else if (__builtin_sub_overflow(to, weight, &from))
			from = life.start_ns;
		/* Nothing was before its section. */
		from = from < shift ? shift : from;
		from = from > to ? to : from;
		if (!of_thread || of_thread->class_id != class_id)
			of_thread = thread_series(m, rows->thread, class_id);
		add_span(&m->t->grid, of_thread, from, to, weight, &unused);
		if (!m->options.stack_bin_count_max)
			continue;
		add_span(&m->t->stack_grid,
			stack_series(m, rows->node[i], rows->thread, class_id), from, to,
			weight, &m->stack_point_count);
		while (has_too_many_points(m))
			widen_stack_bins(m);
	}
}

/* -------------------------------------------------------------- counters */

static void add_level(struct timeline_counter *c, uint32_t bin, int64_t value)
{
	size_t at = c->levels.count;

	while (at > 0 && c->levels.item[at - 1].bin > bin)
		at--;
	if (at > 0 && c->levels.item[at - 1].bin == bin) {
		struct timeline_level *level = &c->levels.item[at - 1];

		level->minimum = value < level->minimum ? value : level->minimum;
		level->maximum = value > level->maximum ? value : level->maximum;
		level->last = value;
		return;
	}
	vec_push(&c->levels, (struct timeline_level){0});
	memmove(&c->levels.item[at + 1], &c->levels.item[at],
		(c->levels.count - 1 - at) * sizeof(*c->levels.item));
	c->levels.item[at] = (struct timeline_level){bin, value, value, value};
}

static void on_points(void *context, const struct replay_points *points)
{
	struct maker *m = context;
	uint32_t key[5] = {points->metric, points->process, points->thread,
		points->instance, points->process ? 0 : points->section + 1};
	uint32_t id = intern_bytes(&m->counter_keys, key, sizeof(key));

	if (id > m->t->counters.count)
		vec_push(&m->t->counters,
			(struct timeline_counter){.metric = points->metric,
				.process = points->process,
				.thread = points->thread,
				.instance = points->instance});
	for (size_t i = 0; i < points->count; i++)
		add_level(&m->t->counters.item[id - 1],
			bin_of(&m->t->grid, points->time_ns[i]), points->values[i]);
}

int timeline_make(struct timeline *t, const struct profile *p,
	const struct timeline_options *options, struct ptf_error *err)
{
	struct maker m = {.t = t, .p = p, .options = *options};
	const struct replay_hooks hooks = {.context = &m,
		.rows = on_rows,
		.points = on_points};
	int rc;

	*t = (struct timeline){0};
	make_grids(&m);
	rc = profile_replay(p, &hooks, err);
	if (rc >= 0)
		add_cells(&m);
	intern_free(&m.thread_keys);
	intern_free(&m.stack_keys);
	intern_free(&m.counter_keys);
	if (rc < 0)
		timeline_free(t);
	return rc;
}

void timeline_free(struct timeline *t)
{
	for (size_t i = 0; i < t->threads.count; i++)
		vec_free(&t->threads.item[i].points);
	for (size_t i = 0; i < t->stacks.count; i++)
		vec_free(&t->stacks.item[i].points);
	for (size_t i = 0; i < t->counters.count; i++)
		vec_free(&t->counters.item[i].levels);
	vec_free(&t->threads);
	vec_free(&t->stacks);
	vec_free(&t->counters);
}
