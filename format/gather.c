#include "format/gather.h"

#include <stdlib.h>
#include <string.h>

/* Many threads, each busy at another time, must not all keep the memory that
   they took at their busiest. */
#define KEPT_ROWS_MAX 4096

bool ptf_gather_fits(const struct ptf_gather *g, const struct ptf_samples *samples)
{
	if (g->rows.count == 0)
		return true;
	if (g->rows.period_ns != samples->period_ns ||
		g->rows.column_count != samples->column_count)
		return false;
	for (size_t i = 0; i < samples->column_count; i++)
		if (g->columns[i].metric != samples->columns[i].metric ||
			g->columns[i].scale != samples->columns[i].scale)
			return false;
	return true;
}

/* array points to a pointer of any type, hence the copies. */
static bool resize(void *array, size_t count, size_t item_size)
{
	void *data, *grown;

	memcpy(&data, array, sizeof(data));
	grown = realloc(data, count * item_size);
	if (grown)
		memcpy(array, &grown, sizeof(grown));
	/* cppcheck-suppress memleak ; it is in *array */
	return grown != NULL;
}

#define RESIZE(array, count) resize(&(array), (count), sizeof(*(array)))

static bool reserve_columns(struct ptf_gather *g, size_t count)
{
	if (count <= g->column_capacity)
		return true;
	if (!RESIZE(g->columns, count) || !RESIZE(g->values, count))
		return false;
	for (; g->column_capacity < count; g->column_capacity++) {
		int64_t *values = calloc(g->capacity ? g->capacity : 1, sizeof(*values));

		if (!values)
			return false;
		g->values[g->column_capacity] = values;
	}
	return true;
}

static bool reserve_rows(struct ptf_gather *g, size_t count)
{
	size_t capacity = g->capacity ? g->capacity : 64;

	if (count <= g->capacity)
		return true;
	while (capacity < count)
		capacity *= 2;
	if (!RESIZE(g->time_ns, capacity) || !RESIZE(g->kind, capacity) ||
		!RESIZE(g->labels, capacity) || !RESIZE(g->cpu, capacity) ||
		!RESIZE(g->task, capacity))
		return false;
	for (size_t i = 0; i < g->column_capacity; i++)
		if (!RESIZE(g->values[i], capacity))
			return false;
	g->capacity = capacity;
	return true;
}

/*
 * A column that a caller may leave out is kept from the first call that has
 * it; rows without it are 0, which is what leaving it out means.
 */
static void add_optional(uint32_t *to, const uint32_t **shown, size_t have,
	const uint32_t *from, size_t count)
{
	if (!from && !*shown)
		return;
	if (!*shown)
		memset(to, 0, have * sizeof(*to));
	*shown = to;
	if (from)
		memcpy(to + have, from, count * sizeof(*to));
	else
		memset(to + have, 0, count * sizeof(*to));
}

uint32_t *ptf_gather_kinds(struct ptf_gather *g, size_t count)
{
	return reserve_rows(g, g->rows.count + count) ? g->kind + g->rows.count : NULL;
}

bool ptf_gather_add(struct ptf_gather *g, const struct ptf_samples *samples, size_t from,
	size_t count)
{
	size_t have = g->rows.count;

	if (!reserve_rows(g, have + count) || !reserve_columns(g, samples->column_count))
		return false;
	memcpy(g->time_ns + have, samples->time_ns + from, count * sizeof(*g->time_ns));
	/* Growing may have moved what is shown. */
	if (g->rows.labels)
		g->rows.labels = g->labels;
	if (g->rows.cpu)
		g->rows.cpu = g->cpu;
	if (g->rows.task)
		g->rows.task = g->task;
	add_optional(g->labels, &g->rows.labels, have,
		samples->labels ? samples->labels + from : NULL, count);
	add_optional(g->cpu, &g->rows.cpu, have,
		samples->cpu ? samples->cpu + from : NULL, count);
	add_optional(g->task, &g->rows.task, have,
		samples->task ? samples->task + from : NULL, count);
	for (size_t i = 0; i < samples->column_count; i++) {
		memcpy(g->values[i] + have, samples->columns[i].values + from,
			count * sizeof(int64_t));
		g->columns[i].metric = samples->columns[i].metric;
		g->columns[i].scale = samples->columns[i].scale;
		g->columns[i].values = g->values[i];
	}
	g->rows.thread = samples->thread;
	g->rows.period_ns = samples->period_ns;
	g->rows.count = have + count;
	g->rows.time_ns = g->time_ns;
	g->rows.columns = g->columns;
	g->rows.column_count = samples->column_count;
	return true;
}

void ptf_gather_finish(struct ptf_gather *g)
{
	free(g->time_ns);
	free(g->kind);
	free(g->labels);
	free(g->cpu);
	free(g->task);
	free(g->columns);
	for (size_t i = 0; i < g->column_capacity; i++)
		free(g->values[i]);
	free(g->values);
}

void ptf_gather_clear(struct ptf_gather *g)
{
	g->rows = (struct ptf_samples){0};
	if (g->capacity <= KEPT_ROWS_MAX)
		return;
	ptf_gather_finish(g);
	g->time_ns = NULL;
	g->kind = g->labels = g->cpu = g->task = NULL;
	g->columns = NULL;
	g->values = NULL;
	g->capacity = g->column_capacity = 0;
}
