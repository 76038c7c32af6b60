/* What a diff adds up when it is about memory. */
#include "tools/core/diff_amounts.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "tools/core/heap_measure.h"
#include "tools/core/owner.h"
#include "tools/core/replay.h"
#include "tools/core/texts.h"

/* ---------------------------------------------------------------- heaps */

/* The line that is charged with a stack, as nodes are. */
struct place_finder {
	const struct profile *p;
	struct id_list stack;
};

static uint32_t place_of(void *context, uint32_t node)
{
	struct place_finder *f = context;

	profile_stack(f->p, node, &f->stack);
	return f->stack.count ? f->stack.item[stack_owner(f->p, &f->stack)] : 0;
}

/* One of two sides, which are read at a time. */
struct heap_reading {
	const struct profile *p;
	struct heap *heap;
	struct ptf_error *err;
	int rc;
};

static void *read_heap(void *context)
{
	struct heap_reading *r = context;
	struct place_finder finder = {.p = r->p};
	const struct heap_options options = {.places[0] = {place_of, &finder}};

	r->rc = heap_make(r->heap, r->p, &options, r->err);
	vec_free(&finder.stack);
	return NULL;
}

static int read_heaps(struct diff *d, struct ptf_error *err)
{
	struct ptf_error new_err = {0};
	struct heap_reading side[DIFF_SIDE_COUNT];
	pthread_t thread;
	bool has_thread;

	d->heap = memory_zeroed(DIFF_SIDE_COUNT, sizeof(*d->heap));
	side[DIFF_BASE] = (struct heap_reading){d->side[DIFF_BASE].which.p,
		&d->heap[DIFF_BASE], err, 0};
	side[DIFF_NEW] = (struct heap_reading){d->side[DIFF_NEW].which.p,
		&d->heap[DIFF_NEW], &new_err, 0};
	has_thread = !pthread_create(&thread, NULL, read_heap, &side[DIFF_NEW]);
	read_heap(&side[DIFF_BASE]);
	if (has_thread)
		pthread_join(thread, NULL);
	else
		read_heap(&side[DIFF_NEW]);
	if (side[DIFF_BASE].rc >= 0 && side[DIFF_NEW].rc < 0)
		*err = new_err;
	return side[DIFF_BASE].rc < 0 ? side[DIFF_BASE].rc : side[DIFF_NEW].rc;
}

/* ---------------------------------------------------------------- leaks */

/*
 * The places that leak, of both sides. What leaks on one side is compared with what
 * the same place holds at the end on the other one, leak or not: otherwise a place
 * that hardly is one would differ by all that it holds.
 */
struct leaks {
	struct intern keys;
};

/* A line, or a function without lines, by what it is called on both sides. */
struct place_key {
	uint32_t is_line, is_base_only, a, b;
};

static struct place_key place_key(const struct diff *d, enum diff_side side,
	uint32_t place_id)
{
	const struct profile *p = d->side[side].which.p;
	struct profile_place place = profile_get_place(p, place_id);
	uint32_t own, other;
	enum diff_fate fate;

	if (place.line && profile_get_function(p, place.function).file) {
		bool is_base_only;
		struct diff_line line =
			diff_match_common_line(d->match, side, place, &is_base_only);

		return (struct place_key){true, is_base_only, line.file, line.line};
	}
	own = diff_match_own_function(d->match, side, place.function);
	other = diff_match_function(d->match, side, own, &fate);
	if (side == DIFF_NEW)
		return (struct place_key){false, false, own, 0};
	return (struct place_key){false, !other, other ? other : own, 0};
}

static void find_leaks(struct leaks *leaks, const struct diff *d)
{
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		const struct heap *h = &d->heap[side];

		for (uint32_t place = 1; place < h->places[0].count; place++) {
			struct place_key key;

			if (!heap_leak_of(h, &h->places[0].item[place]).is_likely)
				continue;
			key = place_key(d, side, place);
			intern_bytes(&leaks->keys, &key, sizeof(key));
		}
	}
}

static bool leaks(const struct leaks *leaks, const struct diff *d, enum diff_side side,
	uint32_t place)
{
	struct place_key key;

	if (!place)
		return false;
	key = place_key(d, side, place);
	return intern_lookup(&leaks->keys, &key, sizeof(key)) != 0;
}

/* -------------------------------------------------------------- amounts */

/*
 * Where errors are not known, a bound of the variance: that of blocks so small that
 * they all stand for an interval.
 */
static double variance_bound(double bytes, int64_t interval_bytes)
{
	return bytes > 0 ? bytes * (double)interval_bytes : 0;
}

static struct diff_amount amount_of(const struct heap_cell *c, enum diff_metric metric,
	int64_t interval)
{
	static const enum heap_measure measures[DIFF_METRIC_COUNT] = {
		[DIFF_ALLOCATED] = HEAP_MEASURE_ALLOC,
		[DIFF_LIVE] = HEAP_MEASURE_LIVE,
		[DIFF_PEAK] = HEAP_MEASURE_PEAK,
		[DIFF_LEAKED] = HEAP_MEASURE_LIVE,
		[DIFF_COPIED] = HEAP_MEASURE_COPY,
	};
	const struct heap_use *use = &c->use;
	int64_t bytes = heap_measure_of(use, measures[metric]);
	double error = metric == DIFF_ALLOCATED ? use->allocated_error_bytes
		: metric == DIFF_COPIED         ? NAN
		: metric == DIFF_PEAK           ? use->peak_error_bytes
						: use->live_error_bytes;

	return (struct diff_amount){.node = c->node,
		.amount = (double)bytes,
		.variance = isnan(error) ? variance_bound((double)bytes, interval)
					 : error * error};
}

static void take_cells(struct diff_amounts *amounts, struct diff *d, enum diff_side side,
	const struct leaks *leak)
{
	const struct heap *h = &d->heap[side];
	struct diff_runs *runs = &d->side[side];
	const struct profile *p = runs->which.p;
	enum diff_metric metric = d->options.metric;
	int64_t interval = diff_sample_amount(p, metric);

	for (size_t i = 0; i < h->cells.count; i++) {
		const struct heap_cell *c = &h->cells.item[i];
		struct diff_amount a = amount_of(c, metric, interval);

		if (a.amount == 0 ||
			(metric == DIFF_LEAKED && !leaks(leak, d, side, c->place[0])))
			continue;
		a.class_kind = diff_amounts_class(p, c->class_id);
		diff_amounts_add(amounts, runs, c->process, &a);
	}
}

/* -------------------------------------------------------------- threads */

/* Who allocated, or copied: of one side. */
struct thread_reading {
	const struct profile *p;
	bool is_copied;
	struct intern keys;
	VEC(double) bytes; /* [key] */
};

struct thread_key {
	uint32_t thread, class_id;
};

static void add_thread(struct thread_reading *r, struct thread_key key, int64_t bytes)
{
	uint32_t id;

	if (bytes <= 0)
		return;
	id = intern_bytes(&r->keys, &key, sizeof(key));
	vec_cover(&r->bytes, id);
	r->bytes.item[id] += (double)bytes;
}

static void take_thread_rows(void *context, const struct replay_memory *rows)
{
	struct thread_reading *r = context;
	const int64_t *bytes = r->is_copied ? rows->copied_bytes : rows->allocated_bytes;

	for (size_t i = 0; i < rows->count; i++)
		add_thread(r, (struct thread_key){rows->thread, rows->class_id[i]},
			bytes[i]);
}

static void take_thread_sum(void *context, const struct replay_sum *sum)
{
	struct thread_reading *r = context;
	struct ptf_text name =
		profile_string(r->p, profile_get_metric(r->p, sum->metric).name);

	if (text_is(name, r->is_copied ? "copy_bytes" : "alloc_bytes"))
		add_thread(r, (struct thread_key){sum->thread, sum->class_id}, sum->sum);
}

static int find_threads(struct diff_amounts *amounts, const struct diff *d,
	enum diff_side side, struct ptf_error *err)
{
	const struct diff_runs *runs = &d->side[side];
	struct thread_reading r = {.p = runs->which.p,
		.is_copied = d->options.metric == DIFF_COPIED};
	const struct replay_hooks hooks = {.context = &r,
		.memory = take_thread_rows,
		.sum = take_thread_sum};
	int64_t interval = diff_sample_amount(r.p, d->options.metric);
	int rc = profile_replay(r.p, &hooks, err);

	for (uint32_t id = 1; id <= r.keys.items.count && rc >= 0; id++) {
		const struct thread_key *key = (const void *)intern_get(&r.keys, id).data;
		uint32_t run = runs->which.of_thread.item[key->thread];
		double bytes = r.bytes.item[id];

		if (run)
			vec_push(&amounts->threads,
				(struct diff_amount){.thread = key->thread,
					.class_kind =
						diff_amounts_class(r.p, key->class_id),
					.run = run - 1,
					.amount = bytes,
					.variance = variance_bound(bytes, interval)});
	}
	intern_free(&r.keys);
	vec_free(&r.bytes);
	return rc;
}

/* ------------------------------------------------------------------ all */

int diff_amounts_find_memory(struct diff_amounts amounts[DIFF_SIDE_COUNT], struct diff *d,
	struct ptf_error *err)
{
	struct leaks leak = {0};
	int rc = d->heap ? 0 : read_heaps(d, err);

	if (rc >= 0 && d->options.metric == DIFF_LEAKED)
		find_leaks(&leak, d);
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT && rc >= 0; side++) {
		take_cells(&amounts[side], d, side, &leak);
		if (d->options.views & 1u << DIFF_THREAD)
			rc = find_threads(&amounts[side], d, side, err);
	}
	intern_free(&leak.keys);
	return rc;
}
