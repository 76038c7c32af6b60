/* Varints, pairs, stamps and kinds, beside plain code that does the same. */
#include "tests/unit/trace_model.h"

#include "format/intern.h"
#include "format/kinds.h"
#include "format/stamps.h"

static void test_varints(void **state)
{
	struct random r = {1};

	(void)state;
	for (int round = 0; round < 3000; round++) {
		uint64_t in[70] = {0}, out[70];
		uint32_t narrow[70];
		int64_t back[70];
		struct ptf_buf b = {0};
		size_t count = below(&r, 70);
		unsigned bits = 1 + below(&r, 64);
		bool fits = true;
		uint8_t *copy;
		struct ptf_view v;

		for (size_t i = 0; i < count; i++) {
			in[i] = one_in(&r, 8) ? draw(&r) >> below(&r, 64)
					      : draw(&r) >> (64 - bits);
			fits = fits && in[i] <= UINT32_MAX;
			ptf_buf_varint(&b, in[i]);
		}
		copy = malloc(b.size + 1);
		if (b.size)
			memcpy(copy, b.data, b.size);
		v = (struct ptf_view){copy, b.size};
		assert_int_equal(ptf_varint_count(v), count);
		assert_true(ptf_varints_u64(v, count, out));
		assert_true(count == 0 || memcmp(in, out, count * 8) == 0);
		assert_true(ptf_varints_u32(v, count, narrow) == fits);
		for (size_t i = 0; fits && i < count; i++)
			assert_int_equal(narrow[i], in[i]);
		assert_true(ptf_varints_s64(v, count, back));
		for (size_t i = 0; i < count; i++)
			assert_true(ptf_zigzag(back[i]) == in[i]);
		/* Neither a byte too many nor one too few. */
		if (count) {
			assert_false(ptf_varints_u64(v, count - 1, out));
			v.size--;
			assert_false(ptf_varints_u64(v, count, out));
		}
		free(copy);
		ptf_buf_finish(&b);
	}
}

static void test_bad_varints(void **state)
{
	static const uint8_t eleven[] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		1};
	static const uint8_t too_large[] = {255, 255, 255, 255, 255, 255, 255, 255, 255,
		2};
	static const uint8_t largest[] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 1};
	uint64_t out;

	(void)state;
	assert_false(ptf_varints_u64((struct ptf_view){eleven, 11}, 1, &out));
	assert_false(ptf_varints_u64((struct ptf_view){too_large, 10}, 1, &out));
	assert_true(ptf_varints_u64((struct ptf_view){largest, 10}, 1, &out));
	assert_true(out == UINT64_MAX);
}

static void test_fields(void **state)
{
	static const uint8_t good[] = {0x08, 0x96, 0x01, 0x12, 0x02, 'a', 'b', 0x19, 1, 2,
		3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4};
	struct ptf_cursor c = ptf_cursor((struct ptf_view){good, sizeof(good)});
	struct ptf_field f;

	(void)state;
	for (uint32_t number = 1; number <= 4; number++) {
		assert_true(ptf_cursor_field(&c, &f));
		assert_int_equal(f.number, number);
	}
	assert_ptr_equal(c.at, c.end);
	/* Cut anywhere but behind a field it is no message. */
	for (size_t size = 1; size < sizeof(good); size++) {
		c = ptf_cursor((struct ptf_view){good, size});
		while (c.at != c.end && ptf_cursor_field(&c, &f))
			;
		assert_int_equal(c.at == c.end, size == 3 || size == 7 || size == 16);
	}
	/* Groups, which proto3 has not, and field 0. */
	c = ptf_cursor((struct ptf_view){(const uint8_t *)"\x0b", 1});
	assert_false(ptf_cursor_field(&c, &f));
	c = ptf_cursor((struct ptf_view){(const uint8_t *)"\x00\x01", 2});
	assert_false(ptf_cursor_field(&c, &f));
}

static void test_pairs(void **state)
{
	struct random r = {2};
	struct ptf_arena arena;
	struct ptf_pair pair = {0};

	(void)state;
	ptf_arena_init(&arena, 1 << 20);
	for (int round = 0; round < 500; round++) {
		uint32_t values[200] = {0}, *back;
		size_t count = 1 + below(&r, 200);
		uint32_t change = 1 + below(&r, 20);

		for (size_t i = 0; i < count; i++)
			values[i] =
				i && !one_in(&r, change) ? values[i - 1] : below(&r, 300);
		ptf_pair_runs(&pair, values, count);
		back = ptf_column_runs(&arena, ptf_buf_view(&pair.gap),
			ptf_buf_view(&pair.value), count);
		assert_non_null(back);
		assert_memory_equal(back, values, count * sizeof(*values));
		ptf_arena_reset(&arena);
	}
	/* Rows beyond the last, and gaps without a value each. */
	assert_null(ptf_column_runs(&arena, (struct ptf_view){(const uint8_t *)"\1", 1},
		(struct ptf_view){(const uint8_t *)"\5", 1}, 1));
	assert_null(ptf_column_runs(&arena, (struct ptf_view){(const uint8_t *)"\0\0", 2},
		(struct ptf_view){(const uint8_t *)"\5", 1}, 9));
	assert_null(ptf_column_runs(&arena, (struct ptf_view){0},
		(struct ptf_view){(const uint8_t *)"\5", 1}, 9));
	ptf_pair_finish(&pair);
	ptf_arena_finish(&arena);
}

static void test_stamps(void **state)
{
	static const uint64_t resolutions[] = {1, 2, 7, 6250, 62500, 1 << 20};
	struct random r = {3};
	struct ptf_stamp_encoder e = {0};
	struct ptf_arena arena;

	(void)state;
	ptf_arena_init(&arena, 16 << 20);
	for (int round = 0; round < 3000; round++) {
		int64_t time_ns[600], weight[600], back[600],
			now = (int64_t)draw(&r) >> 24;
		int64_t first_step = INT64_MIN, last_step;
		struct ptf_grid grid = {.resolution_ns = resolutions[below(&r, 6)],
			.period_ns = one_in(&r, 4) ? 0 : 100000,
			.count = 1 + below(&r, 600)};
		int64_t off = (int64_t)grid.resolution_ns;
		struct ptf_stamp_columns columns;
		uint32_t kind = below(&r, 5);

		for (size_t i = 0; i < grid.count; i++) {
			weight[i] = 100000;
			if (one_in(&r, 20))
				weight[i] = (int64_t)(draw(&r) >> below(&r, 64));
			if (kind == 0)
				now += (int64_t)below(&r, 200000);
			else if (weight[i] > 0 && weight[i] < 1 << 30)
				now += weight[i];
			if (kind == 2 && one_in(&r, 30))
				now += 100000000;
			time_ns[i] = now;
			if (kind == 3)
				time_ns[i] += (int64_t)below(&r, 2000);
		}
		if (kind == 4)
			for (size_t i = 0; i < grid.count; i++)
				time_ns[i] = i
					? time_ns[i - 1] + (one_in(&r, 50) ? 1 << 30 : 3)
					: now;
		for (size_t i = 1; i < grid.count; i++)
			if (time_ns[i] < time_ns[i - 1])
				time_ns[i] = time_ns[i - 1];
		if (!one_in(&r, 3))
			grid.weight_ns = weight;
		if (one_in(&r, 2))
			/* The highest that the Block before may have ended with. */
			first_step = time_ns[0] / off - (time_ns[0] % off < 0) +
				(time_ns[0] % off != 0);
		assert_true(ptf_stamps_encode(&e, &grid, time_ns, first_step, &columns,
			&last_step));
		assert_true(ptf_stamps_decode(&arena, &grid, &columns, back));
		for (size_t i = 0; i < grid.count; i++) {
			assert_true(
				back[i] > time_ns[i] - off && back[i] < time_ns[i] + off);
			assert_true(i == 0 || back[i] >= back[i - 1]);
		}
		if (first_step != INT64_MIN)
			assert_true(back[0] / off >= first_step);
		assert_true(last_step * off >= back[grid.count - 1]);
		assert_true(last_step * off < time_ns[grid.count - 1] + off);
		ptf_arena_reset(&arena);
	}
	ptf_stamp_encoder_finish(&e);
	ptf_arena_finish(&arena);
}

static void test_kinds(void **state)
{
	enum { ROWS = 20000, KINDS = 3000 };
	struct random r = {4};
	struct ptf_kind_encoder e = {0};
	struct ptf_arena arena;
	static struct ptf_kind kinds[KINDS];
	static uint32_t kind[ROWS], told[ROWS], node[ROWS], class_id[ROWS];
	const struct ptf_kind_rows rows = {told, node, class_id};

	(void)state;
	ptf_arena_init(&arena, 64 << 20);
	for (uint32_t i = 0; i < KINDS; i++)
		kinds[i] = (struct ptf_kind){i * 7 + 1, i % 9};
	for (int round = 0; round < 60; round++) {
		size_t count = 1 + below(&r, round % 2 ? ROWS : 300);
		uint32_t known = below(&r, round % 3 ? KINDS : 300);
		/* Some rounds have rows of kinds that are not defined. */
		uint32_t most = known + (round % 5 == 0 ? 1 + below(&r, 300) : 0);
		struct ptf_kind_table table = {kinds, known};
		struct ptf_kind_columns columns, bad;
		bool has_lost, expect_lost = false;
		static uint8_t longer[2 * ROWS];

		for (size_t i = 0; i < count; i++) {
			kind[i] = below(&r, most + 1);
			expect_lost = expect_lost || kind[i] > known;
		}
		assert_true(ptf_kinds_encode(&e, kind, count, &columns));
		assert_int_equal(columns.low.size, count);
		assert_true(ptf_kinds_decode(&arena, &columns, &table, &rows, &has_lost));
		assert_int_equal(has_lost, expect_lost);
		for (size_t i = 0; i < count; i++) {
			struct ptf_kind k = {0};

			if (kind[i] > known)
				k.node = PTF_LOST_KIND_NODE;
			else if (kind[i])
				k = kinds[kind[i] - 1];
			assert_int_equal(told[i], kind[i]);
			assert_int_equal(node[i], k.node);
			assert_int_equal(class_id[i], k.class_id);
		}
		/* The high column too short by one, and too long by one. */
		bad = columns;
		if (bad.high.size) {
			while (--bad.high.size && bad.high.data[bad.high.size - 1] & 0x80)
				;
			assert_false(
				ptf_kinds_decode(&arena, &bad, &table, &rows, &has_lost));
		}
		assert_true(columns.high.size < sizeof(longer));
		if (columns.high.size)
			memcpy(longer, columns.high.data, columns.high.size);
		longer[columns.high.size] = 0;
		bad.high = (struct ptf_view){longer, columns.high.size + 1};
		assert_false(ptf_kinds_decode(&arena, &bad, &table, &rows, &has_lost));
		/* Its last varint has no end. */
		longer[columns.high.size] = 0x80;
		assert_false(ptf_kinds_decode(&arena, &bad, &table, &rows, &has_lost));
		ptf_arena_reset(&arena);
	}
	ptf_kind_encoder_finish(&e);
	ptf_arena_finish(&arena);
}

static void test_intern(void **state)
{
	struct ptf_intern fixed, free_size;

	(void)state;
	ptf_intern_init(&fixed, 8);
	ptf_intern_init(&free_size, 0);
	for (int round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < 20000; i++) {
			char text[24];
			int n = snprintf(text, sizeof(text), "%lx", i * i);

			assert_int_equal(ptf_intern_id(&fixed, &i, sizeof(i)), i + 1);
			assert_int_equal(ptf_intern_id(&free_size, text, (size_t)n),
				i + 1);
		}
	}
	assert_int_equal(ptf_intern_key(&free_size, 17).size, 3);
	assert_memory_equal(ptf_intern_key(&free_size, 17).data, "100", 3);
	ptf_intern_finish(&fixed);
	ptf_intern_finish(&free_size);
}

static void test_arena_limit(void **state)
{
	struct ptf_arena arena;

	(void)state;
	ptf_arena_init(&arena, 1000);
	assert_non_null(ptf_arena_alloc(&arena, 900));
	assert_null(ptf_arena_alloc(&arena, 101));
	assert_true(arena.over_limit);
	ptf_arena_reset(&arena);
	assert_non_null(ptf_arena_alloc(&arena, 1000));
	assert_null(ptf_arena_array(&arena, SIZE_MAX / 2, 8));
	ptf_arena_finish(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_varints),
		cmocka_unit_test(test_bad_varints),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_intern),
		cmocka_unit_test(test_arena_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
