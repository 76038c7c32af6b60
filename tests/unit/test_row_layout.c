/* Rows of a thread on a time line: tools/core/row_layout.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/core/row_layout.h"

struct pieces {
	VEC(struct row_piece) items;
};

static void keep(void *context, const struct row_piece *piece)
{
	struct pieces *pieces = context;

	vec_push(&pieces->items, *piece);
}

static void expect(struct pieces *pieces, const struct row_piece *wanted, size_t count)
{
	assert_int_equal(pieces->items.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct row_piece *got = &pieces->items.item[i];

		if (got->start_ns != wanted[i].start_ns ||
			got->end_ns != wanted[i].end_ns || got->node != wanted[i].node)
			fail_msg("piece %zu is %d to %d of %u, not %d to %d of %u", i,
				(int)got->start_ns, (int)got->end_ns, got->node,
				(int)wanted[i].start_ns, (int)wanted[i].end_ns,
				wanted[i].node);
	}
	vec_free(&pieces->items);
}

static void a_row_ends_at_its_stamp(void **state)
{
	struct pieces pieces = {0};
	struct row_layout l = {.give = keep, .context = &pieces};

	(void)state;
	row_layout_add(&l, 100, 10, 1, 1, false);
	row_layout_add(&l, 200, 20, 2, 1, false);
	row_layout_finish(&l);
	expect(&pieces, (struct row_piece[]){{90, 100, 1, 1}, {180, 200, 2, 1}}, 2);
}

static void cpu_time_is_never_cut(void **state)
{
	struct pieces pieces = {0};
	struct row_layout l = {.give = keep, .context = &pieces};

	(void)state;
	/* More than there was room for moves what follows; then it catches up. */
	row_layout_add(&l, 100, 50, 1, 1, false);
	row_layout_add(&l, 110, 30, 2, 1, false);
	row_layout_add(&l, 200, 10, 3, 1, false);
	row_layout_finish(&l);
	expect(&pieces,
		(struct row_piece[]){{50, 100, 1, 1}, {100, 130, 2, 1}, {190, 200, 3, 1}},
		3);
}

static void a_small_gap_is_no_gap(void **state)
{
	struct pieces pieces = {0};
	struct row_layout l = {.give = keep, .context = &pieces, .tolerance_ns = 5};

	(void)state;
	row_layout_add(&l, 100, 50, 1, 1, false);
	row_layout_add(&l, 154, 50, 2, 1, false);
	row_layout_add(&l, 205, 50, 3, 1, false);
	row_layout_finish(&l);
	expect(&pieces,
		(struct row_piece[]){{50, 100, 1, 1}, {100, 150, 2, 1}, {155, 205, 3, 1}},
		3);
}

/* The thread ran twice while it waited. */
static void a_wait_fills_the_gaps(void **state)
{
	struct pieces pieces = {0};
	struct row_layout l = {.give = keep, .context = &pieces};

	(void)state;
	row_layout_add(&l, 100, 10, 1, 1, false);
	row_layout_add(&l, 140, 10, 2, 1, false);
	row_layout_add(&l, 160, 10, 3, 1, false);
	row_layout_add(&l, 180, 50, 9, 6, true);
	row_layout_finish(&l);
	expect(&pieces,
		(struct row_piece[]){{90, 100, 1, 1}, {110, 130, 9, 6}, {130, 140, 2, 1},
			{140, 150, 9, 6}, {150, 160, 3, 1}, {160, 180, 9, 6}},
		6);
}

static void a_wait_without_room_moves_on(void **state)
{
	struct pieces pieces = {0};
	struct row_layout l = {.give = keep, .context = &pieces};

	(void)state;
	row_layout_add(&l, 100, 100, 1, 1, false);
	row_layout_finish(&l);
	row_layout_add(&l, 105, 20, 9, 6, true);
	row_layout_add(&l, 106, 1, 2, 1, false);
	row_layout_finish(&l);
	expect(&pieces,
		(struct row_piece[]){{0, 100, 1, 1}, {100, 105, 9, 6}, {105, 120, 9, 6},
			{120, 121, 2, 1}},
		4);
}

static void damage_does_no_harm(void **state)
{
	struct pieces pieces = {0};
	struct row_layout l = {.give = keep, .context = &pieces};

	(void)state;
	row_layout_add(&l, INT64_MIN, INT64_MAX, 1, 1, false);
	row_layout_add(&l, INT64_MAX, INT64_C(1) << 61, 2, 6, true);
	row_layout_add(&l, INT64_MIN, INT64_C(1) << 61, 3, 6, true);
	row_layout_add(&l, 0, -5, 4, 1, false);
	row_layout_add(&l, INT64_MAX, INT64_MIN, 5, 6, true);
	row_layout_finish(&l);
	for (size_t i = 0; i < pieces.items.count; i++)
		assert_true(pieces.items.item[i].start_ns <= pieces.items.item[i].end_ns);
	vec_free(&pieces.items);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/* Whatever the rows: the pieces do not overlap and are all of the time. */
static void pieces_are_the_time_of_their_rows(void **state)
{
	uint32_t random = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct pieces pieces = {0};
		struct row_layout l = {.give = keep,
			.context = &pieces,
			.tolerance_ns = next_random(&random) % 3};
		int64_t weight[10] = {0}, now = 0, end = INT64_MIN;
		size_t rows = next_random(&random) % 3000, cpu_rows = 0;

		for (size_t i = 0; i < rows; i++) {
			uint32_t node = next_random(&random) % 10;
			int64_t w = next_random(&random) % (node < 5 ? 20 : 200);

			now += next_random(&random) % 60;
			weight[node] += w;
			cpu_rows += node < 5;
			row_layout_add(&l, now, w, node, 1, node >= 5);
		}
		row_layout_finish(&l);
		for (size_t i = 0; i < pieces.items.count; i++) {
			const struct row_piece *piece = &pieces.items.item[i];

			assert_true(piece->start_ns >= end);
			end = piece->end_ns;
			weight[piece->node] -= piece->end_ns - piece->start_ns;
			cpu_rows -= piece->node < 5;
		}
		for (size_t node = 0; node < 10; node++)
			assert_int_equal(weight[node], 0);
		assert_int_equal(cpu_rows, 0);
		vec_free(&pieces.items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_ends_at_its_stamp),
		cmocka_unit_test(cpu_time_is_never_cut),
		cmocka_unit_test(a_small_gap_is_no_gap),
		cmocka_unit_test(a_wait_fills_the_gaps),
		cmocka_unit_test(a_wait_without_room_moves_on),
		cmocka_unit_test(damage_does_no_harm),
		cmocka_unit_test(pieces_are_the_time_of_their_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
