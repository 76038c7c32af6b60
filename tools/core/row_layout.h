/*
 * The rows of one thread laid out in time without overlapping.
 *
 * A row says at which time it was taken and how much time it stands for, which
 * is what went before. On a time line it takes as much room as it weighs:
 *
 * - CPU time that was sampled stands before its stamp, or as soon after as there
 *   is room: it is never cut in two, so that it stays one piece for each row.
 * - Waits are reported afterwards, for a stretch in which CPU time may have been
 *   sampled, and so is CPU time that no sample stands for: they fill the gaps
 *   before their stamp, the latest first, and become several pieces where
 *   something lies between (fills_gaps).
 *
 * So the pieces of a thread take exactly the time of its rows. They come in
 * order of time; only the last few are held back.
 */
#ifndef TOOLS_CORE_ROW_LAYOUT_H
#define TOOLS_CORE_ROW_LAYOUT_H

#include "tools/core/profile.h"

/* Gaps are found between so many pieces. */
#define ROW_LAYOUT_HELD_COUNT 256

struct row_piece {
	int64_t start_ns, end_ns; /* of a row without weight: equal */
	uint32_t node, class_id;
};

/* All zero but for give, context and tolerance_ns is an empty one. */
struct row_layout {
	void (*give)(void *context, const struct row_piece *piece);
	void *context;
	/* CPU time may be this early, rather than leave a gap. */
	int64_t tolerance_ns;
	bool has_floor;
	int64_t floor_ns;  /* what is before it has been given */
	int64_t weight_ns; /* of all rows */
	int64_t gaps_ns;   /* before and between what is held, since the floor */
	VEC(struct row_piece) held;
};

void row_layout_add(struct row_layout *l, int64_t time_ns, int64_t weight_ns,
	uint32_t node, uint32_t class_id, bool fills_gaps);
/* Gives what was held back. */
void row_layout_finish(struct row_layout *l);

#endif
