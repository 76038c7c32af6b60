#include "format/kinds.h"

/* The low byte of a kind that needs an entry of the high column. */
#define HIGH 255

/* ------------------------------------------------------------- reading */

static const struct ptf_kind *kind_at(const struct ptf_kind_table *table, uint64_t id)
{
	static const struct ptf_kind none, lost = {PTF_LOST_KIND_NODE, 0};
	const struct ptf_kind *kind =
		id - 1 < table->count ? &table->item[id - 1] : &lost;

	return id ? kind : &none;
}

/* Rows of kinds that a byte can tell, which is all in most Blocks. */
static void decode_low(const uint8_t *low, size_t count,
	const struct ptf_kind_table *table, const struct ptf_kind_rows *rows)
{
	struct ptf_kind kinds[HIGH];

	for (size_t i = 0; i < HIGH; i++)
		kinds[i] = *kind_at(table, i);
	for (size_t i = 0; i < count; i++) {
		rows->kind[i] = low[i];
		rows->node[i] = kinds[low[i]].node;
		rows->class_id[i] = kinds[low[i]].class_id;
	}
}

bool ptf_kinds_decode(struct ptf_arena *arena, const struct ptf_kind_columns *columns,
	const struct ptf_kind_table *table, const struct ptf_kind_rows *rows,
	bool *has_lost)
{
	const uint8_t *low = columns->low.data;
	size_t count = columns->low.size, high_count = 0, next = 0;
	uint64_t highest = 0;
	uint32_t *high;

	for (size_t i = 0; i < count; i++) {
		high_count += low[i] == HIGH;
		highest = low[i] > highest ? low[i] : highest;
	}
	if (high_count == 0 && columns->high.size == 0) {
		decode_low(low, count, table, rows);
		*has_lost = highest > table->count;
		return true;
	}
	/* Without a branch for each row, hence an entry behind the last. */
	high = ptf_arena_array(arena, high_count + 1, sizeof(*high));
	if (!high || !ptf_varints_u32(columns->high, high_count, high))
		return false;
	high[high_count] = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_high = low[i] == HIGH;
		uint64_t id = low[i] + (uint64_t)(is_high ? high[next] : 0);
		const struct ptf_kind *kind = kind_at(table, id);

		next += is_high;
		highest = id > highest ? id : highest;
		rows->kind[i] = (uint32_t)id;
		rows->node[i] = kind->node;
		rows->class_id[i] = kind->class_id;
	}
	*has_lost = highest > table->count;
	return true;
}

/* ------------------------------------------------------------- writing */

bool ptf_kinds_encode(struct ptf_kind_encoder *e, const uint32_t *kind, size_t count,
	struct ptf_kind_columns *columns)
{
	uint8_t *low;

	ptf_buf_clear(&e->low);
	ptf_buf_clear(&e->high);
	low = ptf_buf_reserve(&e->low, count);
	if (!low)
		return false;
	for (size_t i = 0; i < count; i++) {
		low[i] = kind[i] < HIGH ? (uint8_t)kind[i] : HIGH;
		if (kind[i] >= HIGH)
			ptf_buf_varint(&e->high, kind[i] - HIGH);
	}
	e->low.size = count;
	columns->low = ptf_buf_view(&e->low);
	columns->high = ptf_buf_view(&e->high);
	return !e->high.failed;
}

void ptf_kind_encoder_finish(struct ptf_kind_encoder *e)
{
	ptf_buf_finish(&e->low);
	ptf_buf_finish(&e->high);
}
