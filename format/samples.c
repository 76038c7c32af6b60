#include "format/samples.h"

#include <stdlib.h>
#include <string.h>

#include "format/fail.h"

/* ------------------------------------------------------------- reading */

/* Why a column could not be had: its bytes, or memory. */
static int fail_column(const struct ptf_arena *arena, const char *name,
	struct ptf_error *err)
{
	if (arena->over_limit)
		return ptf_fail(err, PTF_ERR_LIMIT, "samples take too much memory");
	if (arena->no_memory)
		return ptf_fail_nomem(err);
	return ptf_fail(err, PTF_ERR_CORRUPT, "samples: bad column %s", name);
}

static int64_t *decode_values(struct ptf_arena *arena, const struct ptf_value_wire *wire,
	size_t count)
{
	size_t multiple_count, exact_count;
	int64_t *out = ptf_arena_array(arena, count, sizeof(*out));
	uint32_t *multiple_row = ptf_column_rows(arena, wire->multiple_gap,
		wire->multiple, count, &multiple_count);
	uint32_t *exact_row =
		ptf_column_rows(arena, wire->exact_gap, wire->exact, count, &exact_count);
	uint64_t *multiple = multiple_row
		? ptf_column_u64(arena, wire->multiple, multiple_count)
		: NULL;
	int64_t *exact =
		exact_row ? ptf_column_s64(arena, wire->exact, exact_count) : NULL;

	if (!out || !multiple || !exact || wire->scale > INT64_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++)
		out[i] = (int64_t)wire->scale;
	for (size_t i = 0; i < multiple_count; i++)
		if (__builtin_mul_overflow(wire->scale, multiple[i],
			    &out[multiple_row[i]]))
			return NULL;
	for (size_t i = 0; i < exact_count; i++)
		out[exact_row[i]] = exact[i];
	return out;
}

static int decode_optional(struct ptf_arena *arena, struct ptf_view gap,
	struct ptf_view values, size_t count, const char *name, const uint32_t **out,
	struct ptf_error *err)
{
	if (values.size == 0)
		return 0;
	*out = ptf_column_runs(arena, gap, values, count);
	return *out ? 0 : fail_column(arena, name, err);
}

int ptf_samples_decode(struct ptf_arena *arena, const struct ptf_samples_wire *wire,
	const struct ptf_samples_context *context, struct ptf_samples *out,
	bool *has_lost_kinds, struct ptf_error *err)
{
	size_t count = wire->count;
	struct ptf_grid grid = {context->resolution_ns, wire->period_ns, NULL, count};
	struct ptf_value_column *columns;
	struct ptf_kind_rows kinds;
	int64_t *time_ns;
	int rc;

	if (count > PTF_BLOCK_ROWS_MAX || wire->value_count > PTF_VALUE_COLUMNS_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT,
			"samples: more than %d rows or %d value columns in a Block",
			PTF_BLOCK_ROWS_MAX, PTF_VALUE_COLUMNS_MAX);
	/* The one column that has a byte for every row. */
	if (count == 0 || count != wire->kinds.low.size)
		return fail_column(arena, "kind_low", err);
	*out = (struct ptf_samples){.thread = wire->thread,
		.count = count,
		.period_ns = wire->period_ns,
		.column_count = wire->value_count};
	kinds.kind = ptf_arena_array(arena, count, sizeof(*kinds.kind));
	kinds.node = ptf_arena_array(arena, count, sizeof(*kinds.node));
	kinds.class_id = ptf_arena_array(arena, count, sizeof(*kinds.class_id));
	time_ns = ptf_arena_array(arena, count, sizeof(*time_ns));
	columns = ptf_arena_array(arena, wire->value_count, sizeof(*columns));
	if (!kinds.kind || !kinds.node || !kinds.class_id || !time_ns || !columns)
		return fail_column(arena, "", err);
	if (!ptf_kinds_decode(arena, &wire->kinds, &context->kinds, &kinds,
		    has_lost_kinds))
		return fail_column(arena, "kind_high", err);
	for (size_t i = 0; i < wire->value_count; i++) {
		for (size_t j = 0; j < i; j++)
			if (columns[j].metric == wire->values[i].metric)
				return fail_column(arena, "value (given twice)", err);
		columns[i].metric = wire->values[i].metric;
		columns[i].scale = wire->values[i].scale;
		columns[i].values = decode_values(arena, &wire->values[i], count);
		if (!columns[i].values)
			return fail_column(arena, "value", err);
		if (columns[i].metric == context->time_metric)
			grid.weight_ns = columns[i].values;
	}
	if (!ptf_stamps_decode(arena, &grid, &wire->stamps, time_ns))
		return fail_column(arena, "time", err);
	out->kind = kinds.kind;
	out->node = kinds.node;
	out->class_id = kinds.class_id;
	out->time_ns = time_ns;
	out->columns = columns;
	rc = decode_optional(arena, wire->labels_gap, wire->labels, count, "labels",
		&out->labels, err);
	if (rc == 0)
		rc = decode_optional(arena, wire->cpu_gap, wire->cpu, count, "cpu",
			&out->cpu, err);
	if (rc == 0)
		rc = decode_optional(arena, wire->task_gap, wire->task, count, "task",
			&out->task, err);
	return rc;
}

/* ------------------------------------------------------------- writing */

struct value_encoder {
	struct ptf_pair multiple, exact;
};

struct ptf_samples_encoder {
	struct ptf_stamp_encoder stamps;
	struct ptf_kind_encoder kinds;
	struct ptf_pair labels, cpu, task;
	struct value_encoder *values;
	struct ptf_value_wire *wires;
	size_t value_capacity;
};

struct ptf_samples_encoder *ptf_samples_encoder_create(void)
{
	return calloc(1, sizeof(struct ptf_samples_encoder));
}

void ptf_samples_encoder_destroy(struct ptf_samples_encoder *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->value_capacity; i++) {
		ptf_pair_finish(&e->values[i].multiple);
		ptf_pair_finish(&e->values[i].exact);
	}
	free(e->values);
	free(e->wires);
	ptf_stamp_encoder_finish(&e->stamps);
	ptf_kind_encoder_finish(&e->kinds);
	ptf_pair_finish(&e->labels);
	ptf_pair_finish(&e->cpu);
	ptf_pair_finish(&e->task);
	free(e);
}

static bool reserve_values(struct ptf_samples_encoder *e, size_t count)
{
	struct value_encoder *values;
	struct ptf_value_wire *wires;

	if (count <= e->value_capacity)
		return true;
	values = realloc(e->values, count * sizeof(*values));
	if (!values)
		return false;
	e->values = values;
	wires = realloc(e->wires, count * sizeof(*wires));
	if (!wires)
		return false;
	e->wires = wires;
	memset(values + e->value_capacity, 0,
		(count - e->value_capacity) * sizeof(*values));
	e->value_capacity = count;
	return true;
}

/* The value that more than half of the rows have, when there is one. */
static uint64_t majority(const int64_t *values, size_t count)
{
	int64_t candidate = 0;
	size_t votes = 0;

	for (size_t i = 0; i < count; i++) {
		if (votes == 0)
			candidate = values[i];
		votes += values[i] == candidate ? 1 : (size_t)-1;
	}
	return candidate > 0 ? (uint64_t)candidate : 0;
}

static bool encode_values(struct value_encoder *e, const struct ptf_value_column *column,
	size_t count, struct ptf_value_wire *wire)
{
	int64_t scale = column->scale > 0 && column->scale <= INT64_MAX
		? (int64_t)column->scale
		: (int64_t)majority(column->values, count);

	ptf_pair_clear(&e->multiple);
	ptf_pair_clear(&e->exact);
	for (size_t i = 0; i < count; i++) {
		int64_t value = column->values[i];

		if (value == scale)
			continue;
		if (scale > 0 && value >= 0 && value % scale == 0) {
			ptf_pair_row(&e->multiple, i);
			ptf_buf_varint(&e->multiple.value, (uint64_t)(value / scale));
		} else {
			ptf_pair_row(&e->exact, i);
			ptf_buf_signed(&e->exact.value, value);
		}
	}
	ptf_pair_end(&e->multiple, count);
	ptf_pair_end(&e->exact, count);
	*wire = (struct ptf_value_wire){column->metric, (uint64_t)scale,
		ptf_buf_view(&e->multiple.gap), ptf_buf_view(&e->multiple.value),
		ptf_buf_view(&e->exact.gap), ptf_buf_view(&e->exact.value)};
	return !e->multiple.gap.failed && !e->multiple.value.failed &&
		!e->exact.gap.failed && !e->exact.value.failed;
}

static bool encode_runs(struct ptf_pair *pair, const uint32_t *values, size_t count,
	struct ptf_view *gap, struct ptf_view *value)
{
	ptf_pair_runs(pair, values, count);
	*gap = ptf_buf_view(&pair->gap);
	*value = ptf_buf_view(&pair->value);
	return !pair->gap.failed && !pair->value.failed;
}

int ptf_samples_encode(struct ptf_samples_encoder *e, const struct ptf_samples *samples,
	const struct ptf_samples_context *context, const uint32_t *kind,
	int64_t first_step, struct ptf_samples_wire *wire, int64_t *last_step,
	struct ptf_error *err)
{
	size_t count = samples->count;
	struct ptf_grid grid = {context->resolution_ns, samples->period_ns, NULL, count};
	bool ok;

	if (!reserve_values(e, samples->column_count))
		return ptf_fail_nomem(err);
	*wire = (struct ptf_samples_wire){.thread = samples->thread,
		.count = (uint32_t)count,
		.period_ns = samples->period_ns,
		.values = e->wires,
		.value_count = samples->column_count};
	ok = ptf_kinds_encode(&e->kinds, kind, count, &wire->kinds);
	for (size_t i = 0; ok && i < samples->column_count; i++) {
		ok = encode_values(&e->values[i], &samples->columns[i], count,
			&e->wires[i]);
		if (samples->columns[i].metric == context->time_metric)
			grid.weight_ns = samples->columns[i].values;
	}
	ok = ok &&
		ptf_stamps_encode(&e->stamps, &grid, samples->time_ns, first_step,
			&wire->stamps, last_step) &&
		encode_runs(&e->labels, samples->labels, count, &wire->labels_gap,
			&wire->labels) &&
		encode_runs(&e->cpu, samples->cpu, count, &wire->cpu_gap, &wire->cpu) &&
		encode_runs(&e->task, samples->task, count, &wire->task_gap, &wire->task);
	return ok ? 0 : ptf_fail_nomem(err);
}
