/* --aggregate: of every stack of a recording the sums of its rows. */
#include <stdlib.h>

#include "tools/core/merge_output.h"

static struct merge_sum *sum_of(struct merge_output *out, const struct merge_sum_key *key)
{
	uint32_t id = intern_bytes(&out->sum_keys, key, sizeof(*key));

	vec_cover(&out->sums, id - 1);
	return &out->sums.item[id - 1];
}

static void widen(struct merge_sum *s, int64_t minimum, int64_t maximum)
{
	if (s->n == 0 || minimum < s->minimum)
		s->minimum = minimum;
	if (s->n == 0 || maximum > s->maximum)
		s->maximum = maximum;
}

void merge_add_value(struct merge_output *out, const struct merge_sum_key *key,
	int64_t value)
{
	struct merge_sum *s = sum_of(out, key);
	__int128 wide = value;

	widen(s, value, value);
	s->n++;
	s->sum = add_wrapping(s->sum, value);
	s->squares += (unsigned __int128)(wide * wide);
}

void merge_add_sum(struct merge_output *out, const struct merge_sum_key *key,
	const struct ptf_aggregates *of, const struct ptf_aggregate *row)
{
	struct merge_sum *s = sum_of(out, key);

	s->lacks_range |= !of->has_range;
	s->lacks_squares |= !of->has_sum_of_squares;
	widen(s, row->minimum, row->maximum);
	s->n += row->n;
	s->sum = add_wrapping(s->sum, row->sum);
	s->more_squares += row->sum_of_squares;
}

/* -------------------------------------------------------------- writing */

struct keyed_sum {
	struct merge_sum_key key;
	const struct merge_sum *sum;
};

/* What is in one Block has one metric, and all of it squares and range or not. */
static int compare_sums(const void *x, const void *y)
{
	const struct keyed_sum *a = x, *b = y;
	const uint32_t left[] = {a->key.metric, a->sum->lacks_squares,
		a->sum->lacks_range, a->key.thread, a->key.labels, a->key.node,
		a->key.class_id};
	const uint32_t right[] = {b->key.metric, b->sum->lacks_squares,
		b->sum->lacks_range, b->key.thread, b->key.labels, b->key.node,
		b->key.class_id};

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		if (left[i] != right[i])
			return left[i] < right[i] ? -1 : 1;
	return 0;
}

static bool is_same_block(const struct keyed_sum *a, const struct keyed_sum *b)
{
	return a->key.metric == b->key.metric &&
		a->sum->lacks_squares == b->sum->lacks_squares &&
		a->sum->lacks_range == b->sum->lacks_range;
}

static struct ptf_aggregate row_of(const struct keyed_sum *s)
{
	return (struct ptf_aggregate){
		.node = s->key.node,
		.class_id = s->key.class_id,
		.thread = s->key.thread,
		.labels = s->key.labels,
		.n = s->sum->n,
		.sum = s->sum->sum,
		.minimum = s->sum->minimum,
		.maximum = s->sum->maximum,
		.sum_of_squares = (double)s->sum->squares + s->sum->more_squares,
	};
}

void merge_put_sums(struct merge_output *out)
{
	size_t count = out->sums.count;
	struct keyed_sum *sums = memory_zeroed(count + 1, sizeof(*sums));
	struct ptf_aggregate *rows = memory_zeroed(count + 1, sizeof(*rows));

	for (size_t i = 0; i < count; i++) {
		memcpy(&sums[i].key, intern_get(&out->sum_keys, (uint32_t)i + 1).data,
			sizeof(sums[i].key));
		sums[i].sum = &out->sums.item[i];
	}
	qsort(sums, count, sizeof(*sums), compare_sums);
	for (size_t i = 0, n; i < count; i += n) {
		struct ptf_aggregates block = {sums[i].key.metric,
			!sums[i].sum->lacks_squares, !sums[i].sum->lacks_range, rows, 0};

		for (n = 0; i + n < count && is_same_block(&sums[i], &sums[i + n]); n++)
			rows[n] = row_of(&sums[i + n]);
		block.count = n;
		merge_did(out, ptf_writer_aggregates(out->w, &block, &out->err));
	}
	free(sums);
	free(rows);
}
