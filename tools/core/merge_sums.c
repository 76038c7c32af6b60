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

void merge_add_blocks(struct merge_output *out, const struct merge_sum_key *key,
	uint64_t n, int64_t bytes, unsigned __int128 squares)
{
	struct merge_sum *s = sum_of(out, key);

	s->lacks_range = true;
	s->n += n;
	s->sum = add_wrapping(s->sum, bytes);
	s->squares += squares;
}

/* -------------------------------------------------------------- writing */

struct keyed_sum {
	struct merge_sum_key key;
	const struct merge_sum *sum;
};

struct part_sums {
	int64_t *item;
	size_t count, capacity;
};

static struct merge_sum_key key_of(const struct merge_output *out, size_t sum)
{
	struct merge_sum_key key;

	memcpy(&key, intern_get(&out->sum_keys, (uint32_t)sum + 1).data, sizeof(key));
	return key;
}

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

/*
 * Parts of one recording hold much of the same at their peaks: of them the one that held
 * most is kept. *kept: [thread], the sums of its blocks; -1 = of another part.
 */
static void choose_parts(const struct merge_output *out, struct part_sums *kept)
{
	const struct merge_recording *best = NULL;

	for (size_t i = 0; i < out->sums.count; i++) {
		struct merge_sum_key key = key_of(out, i);

		vec_cover(kept, key.thread);
		if (key.metric == out->peak_metric)
			kept->item[key.thread] = add_wrapping(kept->item[key.thread],
				out->sums.item[i].sum);
	}
	for (size_t i = 0; i < out->m->recordings.count; i++) {
		const struct merge_recording *r = out->m->recordings.item[i];

		if (r->is_double || r->thread >= kept->count)
			continue;
		/* Sorted by identity, so that the parts of one follow one another. */
		if (!best || best->first_part != r->first_part) {
			best = r;
		} else if (kept->item[r->thread] > kept->item[best->thread]) {
			kept->item[best->thread] = -1;
			best = r;
		} else {
			kept->item[r->thread] = -1;
		}
	}
}

void merge_put_sums(struct merge_output *out)
{
	size_t count = out->sums.count, kept_count = 0;
	struct keyed_sum *sums = memory_zeroed(count + 1, sizeof(*sums));
	struct ptf_aggregate *rows = memory_zeroed(count + 1, sizeof(*rows));
	struct part_sums parts = {0};

	if (out->peak_metric)
		choose_parts(out, &parts);
	for (size_t i = 0; i < count; i++) {
		struct keyed_sum sum = {key_of(out, i), &out->sums.item[i]};

		if (sum.key.metric != out->peak_metric || parts.item[sum.key.thread] >= 0)
			sums[kept_count++] = sum;
	}
	count = kept_count;
	vec_free(&parts);
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
