#include "tools/core/spans.h"

#include <stdlib.h>

static int by_start(const void *left, const void *right)
{
	const struct time_span *a = left, *b = right;

	return a->from_ns < b->from_ns ? -1 : a->from_ns > b->from_ns;
}

void spans_settle(struct time_spans *spans, int64_t from_ns, int64_t to_ns)
{
	struct time_span *item = spans->span.item;
	size_t kept = 0;

	if (spans->span.count)
		qsort(item, spans->span.count, sizeof(*item), by_start);
	for (size_t i = 0; i < spans->span.count; i++) {
		struct time_span s = item[i];

		s.from_ns = s.from_ns < from_ns ? from_ns : s.from_ns;
		s.to_ns = s.to_ns > to_ns ? to_ns : s.to_ns;
		if (s.from_ns >= s.to_ns)
			continue;
		if (kept && item[kept - 1].to_ns >= s.from_ns) {
			if (s.to_ns > item[kept - 1].to_ns)
				item[kept - 1].to_ns = s.to_ns;
		} else {
			item[kept++] = s;
		}
	}
	spans->span.count = kept;
}

/* The first span that ends after time_ns. */
static size_t span_at(const struct time_spans *spans, int64_t time_ns)
{
	size_t low = 0, high = spans->span.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (spans->span.item[middle].to_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool spans_have(const struct time_spans *spans, int64_t time_ns)
{
	size_t i = span_at(spans, time_ns);

	return i < spans->span.count && spans->span.item[i].from_ns <= time_ns;
}

/* The first row from `low` on that is not before wanted_ns. */
static size_t row_at(const int64_t *time_ns, size_t low, size_t count, int64_t wanted_ns)
{
	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (time_ns[middle] < wanted_ns)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

bool spans_next_rows(const struct time_spans *spans, const int64_t *time_ns, size_t count,
	size_t *at, size_t *first, size_t *end)
{
	while (*at < count) {
		size_t i;

		if (!spans) {
			*first = 0;
			*end = *at = count;
			return true;
		}
		i = span_at(spans, time_ns[*at]);
		if (i == spans->span.count)
			break;
		*first = row_at(time_ns, *at, count, spans->span.item[i].from_ns);
		*end = *at = row_at(time_ns, *first, count, spans->span.item[i].to_ns);
		if (*first < *end)
			return true;
	}
	*at = count;
	return false;
}

void spans_free(struct time_spans *spans)
{
	vec_free(&spans->span);
}
