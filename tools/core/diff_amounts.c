#include "tools/core/diff_amounts.h"

#include <pthread.h>
#include <stdlib.h>

#include "tools/core/diff_groups.h"
#include "tools/core/heap_interval.h"

/*
 * One run's sampling error (diff_groups.h): blocks of so many sampling periods
 * are long enough that neighbours hardly depend on each other.
 */
#define BLOCK_PERIODS 4
#define GROUPS_MAX    32
#define GROUPS_MIN    12

/* Sums that were made before (Aggregates) have no time: what is left must be little. */
#define UNGROUPED_SHARE_MAX 0.1

uint32_t diff_amounts_class(const struct profile *p, uint32_t class_id)
{
	uint32_t kind = profile_get_class(p, class_id).kind;

	return kind < PTF_CLASS_KIND_COUNT ? kind : PTF_CLASS_UNKNOWN;
}

void diff_amounts_add(struct diff_amounts *amounts, struct diff_runs *runs,
	uint32_t process, const struct diff_amount *amount)
{
	uint32_t run = runs->which.of_process.item[process];
	struct diff_amount a = *amount;

	if (!run) {
		/* What has a process is of a recording that came twice. */
		runs->unplaced_amount += process ? 0 : a.amount;
		return;
	}
	a.run = run - 1;
	runs->runs.item[a.run].amount += a.amount;
	vec_push(&amounts->item, a);
}

/* Those of a stack one after the other. */
static void order_by_stack(struct diff_amounts *amounts, const struct profile *p)
{
	size_t count = amounts->item.count;
	uint32_t *place = memory_zeroed(p->nodes.items.count + 2, sizeof(*place));
	struct diff_amount *ordered = memory_zeroed(count, sizeof(*ordered));

	for (size_t i = 0; i < count; i++)
		place[amounts->item.item[i].node + 1]++;
	for (size_t i = 1; i <= p->nodes.items.count; i++)
		place[i] += place[i - 1];
	for (size_t i = 0; i < count; i++)
		ordered[place[amounts->item.item[i].node]++] = amounts->item.item[i];
	free(place);
	free(amounts->item.item);
	amounts->item.item = ordered;
	amounts->item.capacity = count;
}

/* ----------------------------------------------------------------- time */

static bool counts(const struct diff *d, const struct profile *p,
	const struct profile_cell *c)
{
	const struct report_options o = {.selection = d->options.selection,
		.wait_all = d->options.wait_all,
		.cpu_only = d->options.cpu_only};

	return report_counts(p, &o, c) &&
		(d->options.runnable ||
			profile_get_class(p, c->class_id).kind != PTF_CLASS_RUNNABLE);
}

static void find_time(struct diff_amounts *amounts, struct diff *d, enum diff_side side)
{
	struct diff_runs *runs = &d->side[side];
	const struct profile *p = runs->which.p;

	for (uint32_t i = 0; i < p->cells.count; i++) {
		const struct profile_cell *c = &p->cells.item[i];
		uint32_t run = runs->which.of_thread.item[c->thread];
		uint32_t kind = diff_amounts_class(p, c->class_id);

		if (counts(d, p, c))
			diff_amounts_add(amounts, runs, profile_process_of(p, c->thread),
				&(struct diff_amount){.node = c->node,
					.class_kind = kind,
					.thread = c->thread,
					.cell = i,
					.amount = (double)c->time_ns});
		else if (run && kind == PTF_CLASS_RUNNABLE)
			runs->runs.item[run - 1].runnable_ns += (double)c->time_ns;
	}
}

/* ------------------------------------------------------ groups of blocks */

static int64_t block_ns(const struct profile *p)
{
	return diff_sample_amount(p, DIFF_TIME) * BLOCK_PERIODS;
}

/* [cell] whether it counts; the caller frees it. Their time is added up. */
static bool *counted_cells(const struct diff *d, const struct profile *p, int64_t *ns)
{
	bool *counted = memory_zeroed(p->cells.count, sizeof(*counted));

	*ns = 0;
	for (size_t i = 0; i < p->cells.count; i++) {
		counted[i] = counts(d, p, &p->cells.item[i]);
		*ns += counted[i] ? p->cells.item[i].time_ns : 0;
	}
	return counted;
}

const char *diff_interval_key(enum diff_metric metric)
{
	return metric == DIFF_COPIED ? HEAP_COPY_INTERVAL_KEY : HEAP_INTERVAL_KEY;
}

int64_t diff_sample_amount(const struct profile *p, enum diff_metric metric)
{
	uint64_t period = 0;

	if (metric != DIFF_TIME)
		return heap_interval_bytes(p, diff_interval_key(metric));
	for (size_t i = 0; i < p->sections.count; i++)
		if (p->sections.item[i].period_ns > period)
			period = p->sections.item[i].period_ns;
	return period < INT64_MAX / BLOCK_PERIODS ? (int64_t)period : 0;
}

size_t diff_amounts_group_count(const struct diff *d)
{
	int64_t least = GROUPS_MAX;

	if (d->options.metric != DIFF_TIME)
		return 1;
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		int64_t block = block_ns(d->side[side].which.p), all, count;

		free(counted_cells(d, d->side[side].which.p, &all));
		count = block > 0 ? all / block : 0;
		least = count < least ? count : least;
	}
	return least < GROUPS_MIN ? 1 : (size_t)least;
}

/* Reads the groups of one side, which takes as long as all the rest. */
struct group_reading {
	const struct diff *d;
	enum diff_side side;
	struct ptf_error *err;
	double *groups; /* NULL = failed */
};

static void *read_groups(void *context)
{
	struct group_reading *r = context;
	const struct profile *p = r->d->side[r->side].which.p;
	int64_t groups = (int64_t)r->d->columns[r->side], all, rounds;
	bool *counted = counted_cells(r->d, p, &all);

	/* Blocks of such a length that all groups get as many. */
	rounds = all / (block_ns(p) * groups);
	r->groups = diff_groups_read(p, counted, (size_t)groups,
		all / (groups * (rounds > 0 ? rounds : 1)), r->err);
	free(counted);
	return NULL;
}

/* Both sides at a time. Negative when an input cannot be read again. */
static int read_both_groups(struct diff_amounts amounts[DIFF_SIDE_COUNT],
	const struct diff *d, struct ptf_error *err)
{
	struct ptf_error new_err = {0};
	struct group_reading base = {.d = d, .side = DIFF_BASE, .err = err},
			     new = {.d = d, .side = DIFF_NEW, .err = &new_err};
	pthread_t thread;
	bool has_thread = !pthread_create(&thread, NULL, read_groups, &new);

	read_groups(&base);
	if (has_thread)
		pthread_join(thread, NULL);
	else
		read_groups(&new);
	amounts[DIFF_BASE].groups = base.groups;
	amounts[DIFF_NEW].groups = new.groups;
	if (base.groups && !new.groups)
		*err = new_err;
	return base.groups && new.groups ? 0 : -1;
}

/* Whether groups hold what a side has, so that they say how much it varies. */
static bool hold_all(const struct diff_amounts *amounts, const struct diff *d,
	enum diff_side side)
{
	size_t groups = d->columns[side];
	double all = 0, grouped = 0;

	for (size_t i = 0; i < amounts->item.count; i++) {
		const struct diff_amount *a = &amounts->item.item[i];

		all += a->amount;
		for (size_t g = 0; g < groups; g++)
			grouped += amounts->groups[a->cell * groups + g];
	}
	return grouped >= (1 - UNGROUPED_SHARE_MAX) * all;
}

static void drop_groups(struct diff_amounts amounts[DIFF_SIDE_COUNT], struct diff *d)
{
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		free(amounts[side].groups);
		amounts[side].groups = NULL;
		d->columns[side] = 1;
	}
}

/* ------------------------------------------------------------------ all */

int diff_amounts_find(struct diff_amounts amounts[DIFF_SIDE_COUNT], struct diff *d,
	struct ptf_error *err)
{
	int rc = 0;

	if (d->options.metric != DIFF_TIME)
		rc = diff_amounts_find_memory(amounts, d, err);
	else if (d->is_grouped && d->columns[DIFF_BASE] > 1)
		rc = read_both_groups(amounts, d, err);
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT && rc >= 0; side++) {
		if (d->options.metric == DIFF_TIME)
			find_time(&amounts[side], d, side);
		order_by_stack(&amounts[side], d->side[side].which.p);
	}
	if (rc >= 0 && amounts[DIFF_BASE].groups &&
		!(hold_all(&amounts[DIFF_BASE], d, DIFF_BASE) &&
			hold_all(&amounts[DIFF_NEW], d, DIFF_NEW)))
		drop_groups(amounts, d);
	return rc;
}

void diff_amounts_free(struct diff_amounts *amounts)
{
	vec_free(&amounts->item);
	vec_free(&amounts->threads);
	free(amounts->groups);
}
