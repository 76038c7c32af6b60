#include "format/columns.h"

/* ------------------------------------------------------------- reading */

uint32_t *ptf_column_u32(struct ptf_arena *arena, struct ptf_view view, size_t count)
{
	uint32_t *out;

	/* Each entry takes a byte: a count beyond that is not worth memory. */
	if (count > view.size)
		return NULL;
	out = ptf_arena_array(arena, count, sizeof(*out));
	return out && ptf_varints_u32(view, count, out) ? out : NULL;
}

uint64_t *ptf_column_u64(struct ptf_arena *arena, struct ptf_view view, size_t count)
{
	uint64_t *out;

	if (count > view.size)
		return NULL;
	out = ptf_arena_array(arena, count, sizeof(*out));
	return out && ptf_varints_u64(view, count, out) ? out : NULL;
}

int64_t *ptf_column_s64(struct ptf_arena *arena, struct ptf_view view, size_t count)
{
	int64_t *out;

	if (count > view.size)
		return NULL;
	out = ptf_arena_array(arena, count, sizeof(*out));
	return out && ptf_varints_s64(view, count, out) ? out : NULL;
}

uint32_t *ptf_column_rows(struct ptf_arena *arena, struct ptf_view gap,
	struct ptf_view values, size_t row_count, size_t *listed)
{
	size_t n = ptf_varint_count(values);
	uint32_t *rows;
	uint64_t row = 0;

	*listed = n;
	if (n > row_count)
		return NULL;
	if (gap.size == 0) {
		if (n != 0 && n != row_count)
			return NULL;
		rows = ptf_arena_array(arena, n, sizeof(*rows));
		for (size_t i = 0; rows && i < n; i++)
			rows[i] = (uint32_t)i;
		return rows;
	}
	rows = ptf_column_u32(arena, gap, n);
	if (!rows)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		row += rows[i];
		if (row >= row_count)
			return NULL;
		rows[i] = (uint32_t)row++;
	}
	return rows;
}

uint32_t *ptf_column_runs(struct ptf_arena *arena, struct ptf_view gap,
	struct ptf_view values, size_t row_count)
{
	size_t listed, row = 0;
	uint32_t *rows = ptf_column_rows(arena, gap, values, row_count, &listed);
	uint32_t *value = rows ? ptf_column_u32(arena, values, listed) : NULL;
	uint32_t *out = value ? ptf_arena_array(arena, row_count, sizeof(*out)) : NULL;
	uint32_t current = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < listed; i++) {
		while (row < rows[i])
			out[row++] = current;
		current = value[i];
	}
	while (row < row_count)
		out[row++] = current;
	return out;
}

/* ------------------------------------------------------------- writing */

void ptf_pair_clear(struct ptf_pair *pair)
{
	ptf_buf_clear(&pair->gap);
	ptf_buf_clear(&pair->value);
	pair->next_row = pair->listed = 0;
}

void ptf_pair_row(struct ptf_pair *pair, size_t row)
{
	ptf_buf_varint(&pair->gap, row - pair->next_row);
	pair->next_row = row + 1;
	pair->listed++;
}

void ptf_pair_end(struct ptf_pair *pair, size_t row_count)
{
	if (pair->listed == row_count)
		pair->gap.size = 0;
}

void ptf_pair_finish(struct ptf_pair *pair)
{
	ptf_buf_finish(&pair->gap);
	ptf_buf_finish(&pair->value);
}

void ptf_pair_runs(struct ptf_pair *pair, const uint32_t *values, size_t row_count)
{
	uint32_t current = 0;

	ptf_pair_clear(pair);
	for (size_t i = 0; values && i < row_count; i++) {
		if (values[i] == current)
			continue;
		current = values[i];
		ptf_pair_row(pair, i);
		ptf_buf_varint(&pair->value, current);
	}
	ptf_pair_end(pair, row_count);
}
