#include "format/rows.h"

#include <string.h>

#include "format/fail.h"
#include "format/samples.h"

/* ------------------------------------------------------------- reading */

static int fail_column(const struct ptf_arena *arena, const char *name,
	struct ptf_error *err)
{
	if (arena->over_limit)
		return ptf_fail(err, PTF_ERR_LIMIT, "%s take too much memory", name);
	if (arena->no_memory)
		return ptf_fail_nomem(err);
	return ptf_fail(err, PTF_ERR_CORRUPT, "%s: bad columns", name);
}

/* The row count of a Block is that of its first column. */
static int count_rows(struct ptf_view view, const char *name, size_t *count,
	struct ptf_error *err)
{
	*count = ptf_varint_count(view);
	if (*count > PTF_BLOCK_ROWS_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT, "%s: more than %d rows in a Block",
			name, PTF_BLOCK_ROWS_MAX);
	return 0;
}

/* A column that may be left out: NULL in *out then. */
static bool optional_u32(struct ptf_arena *arena, struct ptf_view view, size_t count,
	const uint32_t **out)
{
	*out = view.size ? ptf_column_u32(arena, view, count) : NULL;
	return *out || !view.size;
}

static bool optional_s64(struct ptf_arena *arena, struct ptf_view view, size_t count,
	const int64_t **out)
{
	*out = view.size ? ptf_column_s64(arena, view, count) : NULL;
	return *out || !view.size;
}

int ptf_aggregates_decode(struct ptf_arena *arena,
	const struct ptf_aggregate_columns *columns, struct ptf_aggregates *out,
	struct ptf_error *err)
{
	const uint32_t *thread, *labels, *node, *class_id;
	const int64_t *minimum, *maximum, *sum;
	const uint64_t *n;
	struct ptf_aggregate *rows;
	size_t count;
	int rc = count_rows(columns->node, "aggregates", &count, err);

	if (rc < 0)
		return rc;
	node = ptf_column_u32(arena, columns->node, count);
	class_id = ptf_column_u32(arena, columns->class_id, count);
	n = ptf_column_u64(arena, columns->n, count);
	sum = ptf_column_s64(arena, columns->sum, count);
	rows = ptf_arena_array(arena, count, sizeof(*rows));
	if (!node || !class_id || !n || !sum || !rows ||
		!optional_u32(arena, columns->thread, count, &thread) ||
		!optional_u32(arena, columns->labels, count, &labels) ||
		!optional_s64(arena, columns->minimum, count, &minimum) ||
		!optional_s64(arena, columns->maximum, count, &maximum) ||
		!minimum != !maximum ||
		(columns->sum_of_squares.size &&
			columns->sum_of_squares.size != 8 * count))
		return fail_column(arena, "aggregates", err);
	out->has_range = minimum != NULL;
	out->has_sum_of_squares = columns->sum_of_squares.size != 0;
	for (size_t i = 0; i < count; i++) {
		rows[i] = (struct ptf_aggregate){.node = node[i],
			.class_id = class_id[i],
			.thread = thread ? thread[i] : 0,
			.labels = labels ? labels[i] : 0,
			.n = n[i],
			.sum = sum[i],
			.minimum = minimum ? minimum[i] : 0,
			.maximum = maximum ? maximum[i] : 0};
		if (out->has_sum_of_squares) {
			uint64_t bits = ptf_load64(columns->sum_of_squares.data + 8 * i);

			memcpy(&rows[i].sum_of_squares, &bits, sizeof(bits));
		}
	}
	out->rows = rows;
	out->count = count;
	return 0;
}

int ptf_edges_decode(struct ptf_arena *arena, const struct ptf_edge_columns *columns,
	struct ptf_edges *out, struct ptf_error *err)
{
	const uint32_t *caller, *callee, *thread;
	const uint64_t *calls;
	const int64_t *inclusive;
	struct ptf_edge *rows;
	size_t count;
	int rc = count_rows(columns->caller, "edges", &count, err);

	if (rc < 0)
		return rc;
	caller = ptf_column_u32(arena, columns->caller, count);
	callee = ptf_column_u32(arena, columns->callee, count);
	calls = ptf_column_u64(arena, columns->calls, count);
	inclusive = ptf_column_s64(arena, columns->inclusive, count);
	rows = ptf_arena_array(arena, count, sizeof(*rows));
	if (!caller || !callee || !calls || !inclusive || !rows ||
		!optional_u32(arena, columns->thread, count, &thread))
		return fail_column(arena, "edges", err);
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct ptf_edge){caller[i], callee[i], calls[i], inclusive[i],
			thread ? thread[i] : 0};
	out->rows = rows;
	out->count = count;
	return 0;
}

int ptf_counters_decode(struct ptf_arena *arena,
	const struct ptf_counter_columns *columns, uint64_t resolution_ns,
	struct ptf_counters *out, struct ptf_error *err)
{
	int64_t limit = PTF_TIME_LIMIT / (int64_t)resolution_ns;
	int64_t stamp = columns->start;
	uint64_t value = 0;
	const uint64_t *step;
	int64_t *time_ns, *values;
	size_t count;
	int rc = count_rows(columns->step, "counters", &count, err);

	if (rc < 0)
		return rc;
	step = ptf_column_u64(arena, columns->step, count);
	values = ptf_column_s64(arena, columns->value, count);
	time_ns = ptf_arena_array(arena, count, sizeof(*time_ns));
	if (!step || !values || !time_ns || stamp < -limit || stamp > limit)
		return fail_column(arena, "counters", err);
	for (size_t i = 0; i < count; i++) {
		if (step[i] > (uint64_t)limit - (uint64_t)stamp)
			return fail_column(arena, "counters", err);
		stamp += (int64_t)step[i];
		time_ns[i] = stamp * (int64_t)resolution_ns;
		/* Differences of 64-bit values wrap around. */
		value += (uint64_t)values[i];
		values[i] = (int64_t)value;
	}
	out->time_ns = time_ns;
	out->values = values;
	out->count = count;
	return 0;
}

/* ------------------------------------------------------------- writing */

static void begin(struct ptf_row_encoder *e)
{
	for (size_t i = 0; i < 9; i++)
		ptf_buf_clear(&e->buf[i]);
}

static bool is_whole(const struct ptf_row_encoder *e)
{
	for (size_t i = 0; i < 9; i++)
		if (e->buf[i].failed)
			return false;
	return true;
}

bool ptf_aggregates_encode(struct ptf_row_encoder *e, const struct ptf_aggregates *in,
	struct ptf_aggregate_columns *columns)
{
	enum { NODE, CLASS, THREAD, LABELS, N, SUM, SQUARES, MINIMUM, MAXIMUM };
	struct ptf_buf *b = e->buf;
	uint32_t threads = 0, labels = 0;

	begin(e);
	for (size_t i = 0; i < in->count; i++) {
		const struct ptf_aggregate *row = &in->rows[i];

		ptf_buf_varint(&b[NODE], row->node);
		ptf_buf_varint(&b[CLASS], row->class_id);
		ptf_buf_varint(&b[THREAD], row->thread);
		ptf_buf_varint(&b[LABELS], row->labels);
		ptf_buf_varint(&b[N], row->n);
		ptf_buf_signed(&b[SUM], row->sum);
		threads |= row->thread;
		labels |= row->labels;
		if (in->has_sum_of_squares) {
			uint64_t bits;

			memcpy(&bits, &row->sum_of_squares, sizeof(bits));
			ptf_buf_put64(&b[SQUARES], bits);
		}
		if (in->has_range) {
			ptf_buf_signed(&b[MINIMUM], row->minimum);
			ptf_buf_signed(&b[MAXIMUM], row->maximum);
		}
	}
	if (!threads)
		b[THREAD].size = 0;
	if (!labels)
		b[LABELS].size = 0;
	*columns = (struct ptf_aggregate_columns){ptf_buf_view(&b[NODE]),
		ptf_buf_view(&b[CLASS]), ptf_buf_view(&b[THREAD]),
		ptf_buf_view(&b[LABELS]), ptf_buf_view(&b[N]), ptf_buf_view(&b[SUM]),
		ptf_buf_view(&b[SQUARES]), ptf_buf_view(&b[MINIMUM]),
		ptf_buf_view(&b[MAXIMUM])};
	return is_whole(e);
}

bool ptf_edges_encode(struct ptf_row_encoder *e, const struct ptf_edges *in,
	struct ptf_edge_columns *columns)
{
	struct ptf_buf *b = e->buf;
	uint32_t threads = 0;

	begin(e);
	for (size_t i = 0; i < in->count; i++) {
		ptf_buf_varint(&b[0], in->rows[i].caller);
		ptf_buf_varint(&b[1], in->rows[i].callee);
		ptf_buf_varint(&b[2], in->rows[i].calls);
		ptf_buf_signed(&b[3], in->rows[i].inclusive);
		ptf_buf_varint(&b[4], in->rows[i].thread);
		threads |= in->rows[i].thread;
	}
	if (!threads)
		b[4].size = 0;
	*columns = (struct ptf_edge_columns){ptf_buf_view(&b[0]), ptf_buf_view(&b[1]),
		ptf_buf_view(&b[2]), ptf_buf_view(&b[3]), ptf_buf_view(&b[4])};
	return is_whole(e);
}

bool ptf_counters_encode(struct ptf_row_encoder *e, const struct ptf_counters *in,
	uint64_t resolution_ns, struct ptf_counter_columns *columns)
{
	int64_t resolution = (int64_t)resolution_ns, stamp = 0;
	uint64_t value = 0;
	struct ptf_buf *b = e->buf;

	begin(e);
	for (size_t i = 0; i < in->count; i++) {
		int64_t now =
			in->time_ns[i] / resolution - (in->time_ns[i] % resolution < 0);

		if (i == 0)
			columns->start = stamp = now;
		ptf_buf_varint(&b[0], (uint64_t)(now - stamp));
		ptf_buf_signed(&b[1], (int64_t)((uint64_t)in->values[i] - value));
		stamp = now;
		value = (uint64_t)in->values[i];
	}
	columns->step = ptf_buf_view(&b[0]);
	columns->value = ptf_buf_view(&b[1]);
	return is_whole(e);
}

void ptf_row_encoder_finish(struct ptf_row_encoder *e)
{
	for (size_t i = 0; i < 9; i++)
		ptf_buf_finish(&e->buf[i]);
}
