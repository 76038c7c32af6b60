#include "format/writing.h"

#include <stdlib.h>
#include <string.h>

/* Rows of all threads together that wait for their Blocks. */
#define GATHERED_ROWS_MAX ((size_t)1 << 20)

static int put_samples(struct ptf_writer *w, struct ptf_gather *g, struct ptf_error *err)
{
	const struct ptf_samples *rows = &g->rows;
	struct ptf_index_block block = {.kind = PTF_BLOCK_SAMPLES,
		.rows = (uint32_t)rows->count,
		.thread = rows->thread,
		.is_timed = true,
		.first_time_ns = rows->time_ns[0],
		.last_time_ns = rows->time_ns[rows->count - 1]};
	int64_t first_step = g->has_step ? g->last_step : INT64_MIN;
	struct ptf_samples_wire wire;
	int rc = ptf_writing_definitions(w, NULL, err);

	if (rc == 0)
		rc = ptf_samples_encode(w->samples, rows, &w->context, g->kind,
			first_step, &wire, &g->last_step, err);
	if (rc == 0)
		rc = ptf_payload_samples(&w->payload, &w->arena, &wire, err);
	if (rc < 0)
		return rc;
	g->has_step = true;
	/* The index promises bounds, and stamps are rounded. */
	block.first_time_ns -= (int64_t)w->context.resolution_ns - 1;
	block.last_time_ns += (int64_t)w->context.resolution_ns - 1;
	w->gathered_rows -= rows->count;
	ptf_gather_clear(g);
	return ptf_writing_end_block(w, &block, err);
}

int ptf_writing_waiting(struct ptf_writer *w, struct ptf_error *err)
{
	for (size_t i = 0; i < w->waiting_count; i++) {
		struct ptf_gather_run at = w->waiting[i];
		struct ptf_gather *g = &w->gather[at.thread][at.run];
		int rc = g->rows.count ? put_samples(w, g, err) : 0;

		if (rc < 0)
			return rc;
		g->is_waiting = false;
	}
	w->waiting_count = 0;
	return 0;
}

static int check_rows(struct ptf_writer *w, const struct ptf_samples *s,
	const struct ptf_gather *g, struct ptf_error *err)
{
	uint32_t classes = PTF_CLASS_KIND_COUNT + w->dictionary.count[PTF_ID_CLASS];
	uint32_t nodes = w->dictionary.count[PTF_ID_NODE];
	int64_t previous = g->has_rows ? g->last_time_ns : -PTF_TIME_LIMIT_WRITING;

	if (s->column_count > PTF_VALUE_COLUMNS_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT, "over %d value columns",
			PTF_VALUE_COLUMNS_MAX);
	for (size_t i = 0; i < s->column_count; i++) {
		NEED_ONE(PTF_ID_METRIC, "metric", s->columns[i].metric);
		for (size_t j = 0; j < i; j++)
			if (s->columns[j].metric == s->columns[i].metric)
				return ptf_fail(err, PTF_ERR_USAGE,
					"metric %u has two columns",
					s->columns[i].metric);
	}
	for (size_t i = 0; i < s->count; i++) {
		if (s->time_ns[i] < previous || s->time_ns[i] > PTF_TIME_LIMIT_WRITING)
			return ptf_fail(err, PTF_ERR_USAGE,
				"time of sample %zu of thread %u decreases or is out of "
				"range",
				i, s->thread);
		previous = s->time_ns[i];
		if (s->node[i] > nodes)
			return ptf_writing_no_such("node", s->node[i], err);
		if (s->class_id[i] >= classes)
			return ptf_writing_no_such("class", s->class_id[i], err);
	}
	for (size_t i = 0; s->labels && i < s->count; i++)
		NEED(PTF_ID_LABEL_SET, "label set", s->labels[i]);
	for (size_t i = 0; s->task && i < s->count; i++)
		NEED(PTF_ID_STRING, "string", s->task[i]);
	return 0;
}

static bool reserve_threads(struct ptf_writer *w, uint32_t count)
{
	size_t capacity = w->gather_capacity ? w->gather_capacity : 16;
	struct ptf_gather(*gather)[PTF_GATHER_RUNS];
	struct ptf_gather_run *waiting;

	if (count <= w->gather_capacity)
		return true;
	while (capacity < count)
		capacity *= 2;
	waiting = realloc(w->waiting, capacity * PTF_GATHER_RUNS * sizeof(*waiting));
	if (!waiting)
		return false;
	w->waiting = waiting;
	gather = realloc(w->gather, capacity * sizeof(*gather));
	if (!gather)
		return false;
	memset(gather + w->gather_capacity, 0,
		(capacity - w->gather_capacity) * sizeof(*gather));
	w->gather = gather;
	w->gather_capacity = capacity;
	return true;
}

static struct ptf_gather_run run_of(const struct ptf_samples *s)
{
	struct ptf_gather_run at = {s->thread - 1, PTF_GATHER_OTHER};

	for (size_t c = 0; c < s->column_count; c++)
		if (s->columns[c].metric == PTF_TIME_METRIC)
			at.run = PTF_GATHER_TIMED;
	return at;
}

static void count_time(struct ptf_gather *g, const struct ptf_samples *s)
{
	uint64_t sum = (uint64_t)g->time_sum_ns;

	for (size_t c = 0; c < s->column_count; c++) {
		if (s->columns[c].metric != PTF_TIME_METRIC)
			continue;
		for (size_t i = 0; i < s->count; i++)
			sum += (uint64_t)s->columns[c].values[i];
	}
	g->time_sum_ns = (int64_t)sum;
	g->row_count += s->count;
	g->has_rows = true;
	g->last_time_ns = s->time_ns[s->count - 1];
}

/* The kinds of rows [from, from + count) to where the gather wants them. */
static int gather_kinds(struct ptf_writer *w, struct ptf_gather *g,
	const struct ptf_samples *s, size_t from, size_t count, struct ptf_error *err)
{
	uint32_t *kind = ptf_gather_kinds(g, count);

	if (!kind)
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < count; i++) {
		struct ptf_kind k = {s->node[from + i], s->class_id[from + i]};
		int rc = ptf_dictionary_kind(&w->dictionary, &k, &kind[i], err);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_samples(struct ptf_writer *w, const struct ptf_samples *s,
	struct ptf_error *err)
{
	struct ptf_gather_run at = run_of(s);
	struct ptf_gather *g;
	size_t from = 0;
	int rc;

	NEED_ONE(PTF_ID_THREAD, "thread", s->thread);
	if (s->count == 0)
		return 0;
	if (!reserve_threads(w, s->thread))
		return ptf_fail_nomem(err);
	g = &w->gather[at.thread][at.run];
	rc = check_rows(w, s, g, err);
	if (rc < 0)
		return rc;
	if (!ptf_gather_fits(g, s)) {
		rc = put_samples(w, g, err);
		if (rc < 0)
			return rc;
	}
	while (from < s->count) {
		size_t room = PTF_BLOCK_ROWS_MAX - g->rows.count;
		size_t n = s->count - from < room ? s->count - from : room;
		bool was_empty = g->rows.count == 0;

		rc = gather_kinds(w, g, s, from, n, err);
		if (rc < 0)
			return rc;
		if (!ptf_gather_add(g, s, from, n))
			return ptf_fail_nomem(err);
		from += n;
		w->gathered_rows += n;
		if (g->rows.count == PTF_BLOCK_ROWS_MAX) {
			rc = put_samples(w, g, err);
			if (rc < 0)
				return rc;
		} else if (was_empty && !g->is_waiting) {
			w->waiting[w->waiting_count++] = at;
			g->is_waiting = true;
		}
	}
	count_time(g, s);
	return w->gathered_rows >= GATHERED_ROWS_MAX ? ptf_writing_waiting(w, err) : 0;
}

int ptf_writer_samples(struct ptf_writer *w, const struct ptf_samples *samples,
	struct ptf_error *err)
{
	GUARDED(w, err, add_samples(w, samples, err));
}
