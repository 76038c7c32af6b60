/* Cells of a profile, and those of rows: tools/core/cells.h, kind_cells.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/core/kind_cells.h"

enum { NODES = 500, CLASSES = 3, THREADS = 4 };

static uint32_t random_state = 7;

static uint32_t below(uint32_t n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

static struct cell_key some_key(void)
{
	return (struct cell_key){below(NODES), below(CLASSES), below(THREADS)};
}

static void assert_is(const struct profile_cells *cells, uint32_t found,
	struct cell_key key)
{
	const struct profile_cell *c = &cells->item[found - 1];

	assert_true(found && found <= cells->count);
	assert_int_equal(c->node, key.node);
	assert_int_equal(c->class_id, key.class_id);
	assert_int_equal(c->thread, key.thread);
}

static void found_if_there(void **state)
{
	enum { ADDED = 3000 };
	static uint32_t is[NODES][CLASSES][THREADS];
	static struct cell_key keys[NODES * CLASSES * THREADS];
	static uint32_t found[NODES * CLASSES * THREADS];
	struct profile_cells cells = {0};
	size_t n = 0, kept = 0;

	(void)state;
	for (uint32_t node = 0; node < NODES; node++)
		for (uint32_t class_id = 0; class_id < CLASSES; class_id++)
			for (uint32_t thread = 0; thread < THREADS; thread++)
				keys[n++] = (struct cell_key){node, class_id, thread};
	cells_find(&cells, keys, n, found);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(found[i], 0);
	for (size_t i = 0; i < ADDED; i++) {
		struct cell_key key = some_key();
		uint32_t *before = &is[key.node][key.class_id][key.thread];
		uint32_t now = cells_add(&cells, key);

		assert_is(&cells, now, key);
		assert_true(*before ? now == *before : now == cells.count);
		*before = now;
	}
	cells_find(&cells, keys, n, found);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(found[i],
			is[keys[i].node][keys[i].class_id][keys[i].thread]);
	/* Every third stays. */
	for (size_t i = 0; i < cells.count; i += 3)
		cells.item[kept++] = cells.item[i];
	cells.count = kept;
	cells_settle(&cells);
	cells_find(&cells, keys, n, found);
	for (size_t i = 0; i < n; i++) {
		uint32_t old = is[keys[i].node][keys[i].class_id][keys[i].thread];

		assert_int_equal(found[i],
			old && (old - 1) % 3 == 0 ? (old - 1) / 3 + 1 : 0);
	}
	cells_free(&cells);
}

/* Blocks of some threads by turns, of two sections that number kinds differently. */
static void rows_find_theirs(void **state)
{
	enum { KINDS = 1200, ROUNDS = 60, ROWS = 3 * KIND_CELLS_ROWS };
	static uint32_t kind[ROWS];
	static struct kind_cells known;
	struct profile_cells cells = {0};
	struct section_maps maps[2] = {0};

	(void)state;
	for (uint32_t i = 0; i < KINDS; i++) {
		vec_push(&maps[0].kind, (struct section_kind){i % NODES, i / NODES});
		vec_push(&maps[1].kind,
			(struct section_kind){(KINDS - i) % NODES, (KINDS - i) / NODES});
	}
	for (int round = 0; round < ROUNDS; round++) {
		const struct section_maps *of = &maps[round / 20 % 2];
		uint32_t thread = below(THREADS);
		size_t count = 1 + below(ROWS), at = 0;

		for (size_t i = 0; i < count; i++)
			kind[i] = below(round % 3 ? KINDS : KINDS + 100);
		for (; at < count; at += KIND_CELLS_ROWS) {
			const uint32_t *found = kind_cells_find(&known, of, &cells,
				thread, kind + at, count - at);

			for (size_t i = 0; i < KIND_CELLS_ROWS && at + i < count; i++) {
				struct section_kind k = section_kind(of, kind[at + i]);
				struct cell_key key = {k.node, k.class_id, thread};
				uint32_t expected;

				/* Kinds that are not defined are as the first. */
				if (kind[at + i] >= KINDS)
					key = (struct cell_key){of->kind.item[0].node,
						of->kind.item[0].class_id, thread};
				cells_find(&cells, &key, 1, &expected);
				/* Those made in this loop were not there yet. */
				if (found[i])
					assert_int_equal(found[i], expected);
				if (below(2))
					cells_add(&cells, key);
			}
		}
	}
	/* Now that all are there, they are found. */
	for (uint32_t i = 0; i < KINDS; i++)
		cells_add(&cells,
			(struct cell_key){maps[0].kind.item[i].node,
				maps[0].kind.item[i].class_id, 2});
	for (uint32_t i = 0; i < KIND_CELLS_ROWS; i++)
		kind[i] = i;
	for (int again = 0; again < 2; again++) {
		const uint32_t *found = kind_cells_find(&known, &maps[0], &cells, 2, kind,
			KIND_CELLS_ROWS);

		for (uint32_t i = 0; i < KIND_CELLS_ROWS; i++)
			assert_is(&cells, found[i],
				(struct cell_key){maps[0].kind.item[i].node,
					maps[0].kind.item[i].class_id, 2});
	}
	kind_cells_free(&known);
	cells_free(&cells);
	for (int i = 0; i < 2; i++)
		vec_free(&maps[i].kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_if_there),
		cmocka_unit_test(rows_find_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
