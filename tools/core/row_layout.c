#include "tools/core/row_layout.h"

#include <stdlib.h>
#include <string.h>

/* What is beyond is damage (profile_read.c); so no sum of times overflows. */
#define TIME_MAX_NS   (INT64_C(1) << 61)
#define WEIGHT_MAX_NS (INT64_C(1) << 61)

/* What lies before a held piece; nothing is known of before the first of all. */
static int64_t gap_before(const struct row_layout *l, size_t at)
{
	int64_t start_ns = l->held.item[at].start_ns;

	if (at > 0)
		return start_ns - l->held.item[at - 1].end_ns;
	return l->has_floor ? start_ns - l->floor_ns : 0;
}

static void give_first(struct row_layout *l, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		l->gaps_ns -= gap_before(l, i);
		l->give(l->context, &l->held.item[i]);
	}
	if (count == 0)
		return;
	l->floor_ns = l->held.item[count - 1].end_ns;
	l->has_floor = true;
	l->held.count -= count;
	memmove(l->held.item, l->held.item + count,
		l->held.count * sizeof(*l->held.item));
}

static void insert(struct row_layout *l, size_t at, struct row_piece piece)
{
	struct row_piece *item;

	if (at < l->held.count)
		l->gaps_ns -= gap_before(l, at);
	vec_push(&l->held, piece);
	item = l->held.item + at;
	memmove(item + 1, item, (l->held.count - 1 - at) * sizeof(*item));
	*item = piece;
	l->gaps_ns += gap_before(l, at);
	if (at + 1 < l->held.count)
		l->gaps_ns += gap_before(l, at + 1);
}

static void append(struct row_layout *l, int64_t time_ns, struct row_piece piece,
	int64_t weight_ns)
{
	bool is_first = l->held.count == 0 && !l->has_floor;
	int64_t end_ns =
		l->held.count ? l->held.item[l->held.count - 1].end_ns : l->floor_ns;

	piece.start_ns = time_ns - weight_ns;
	if (!is_first && piece.start_ns < end_ns + l->tolerance_ns)
		piece.start_ns = end_ns;
	piece.end_ns = piece.start_ns + weight_ns;
	insert(l, l->held.count, piece);
}

/* Takes the gaps before time_ns, the latest first; what is left of the weight. */
static int64_t fill_gaps(struct row_layout *l, int64_t time_ns, struct row_piece piece,
	int64_t weight_ns)
{
	int64_t gaps_ns = l->gaps_ns; /* that have not been passed */

	for (size_t i = l->held.count + 1; i-- > 0 && weight_ns > 0;) {
		int64_t room_ns = weight_ns;

		piece.end_ns = time_ns;
		if (i < l->held.count && l->held.item[i].start_ns < time_ns)
			piece.end_ns = l->held.item[i].start_ns;
		if (i > 0)
			room_ns = piece.end_ns - l->held.item[i - 1].end_ns;
		else if (l->has_floor)
			room_ns = piece.end_ns - l->floor_ns;
		if (i < l->held.count)
			gaps_ns -= gap_before(l, i);
		if (room_ns > 0) {
			if (room_ns > weight_ns)
				room_ns = weight_ns;
			piece.start_ns = piece.end_ns - room_ns;
			weight_ns -= room_ns;
			insert(l, i, piece);
		}
		/* Mostly there are none. */
		if (gaps_ns == 0 && l->has_floor)
			break;
	}
	return weight_ns;
}

void row_layout_add(struct row_layout *l, int64_t time_ns, int64_t weight_ns,
	uint32_t node, uint32_t class_id, bool fills_gaps)
{
	const struct row_piece piece = {.node = node, .class_id = class_id};

	if (weight_ns < 0 || weight_ns > WEIGHT_MAX_NS - l->weight_ns)
		weight_ns = 0;
	if (time_ns > TIME_MAX_NS || time_ns < -TIME_MAX_NS)
		time_ns = time_ns > 0 ? TIME_MAX_NS : -TIME_MAX_NS;
	l->weight_ns += weight_ns;
	if (fills_gaps && weight_ns > 0)
		weight_ns = fill_gaps(l, time_ns, piece, weight_ns);
	else if (weight_ns == 0)
		append(l, time_ns, piece, 0);
	if (weight_ns > 0)
		append(l, time_ns, piece, weight_ns);
	/* Many at once: those that stay move up each time. */
	if (l->held.count > 2 * ROW_LAYOUT_HELD_COUNT)
		give_first(l, l->held.count - ROW_LAYOUT_HELD_COUNT);
}

void row_layout_finish(struct row_layout *l)
{
	give_first(l, l->held.count);
	vec_free(&l->held);
}
