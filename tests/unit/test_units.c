/* Numbers as people read them, and small containers: core/units.h, memory.h,
   intern_table.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/core/intern_table.h"
#include "tools/core/units.h"

static void times(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{0, "0 s"},
		{999, "999 ns"},
		{1500, "1.500 us"},
		{12345678, "12.346 ms"},
		{1933000000, "1.933 s"},
		{999999999, "1.000 s"},
		{59999600000, "1m:00.000s"},
		{123500000000, "2m:03.500s"},
		{3723500000000, "1h:02m:03.500s"},
		{-1933000000, "-1.933 s"},
		{INT64_MIN, "-2562047h:47m:16.855s"},
	};
	char buffer[UNITS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(units_time(buffer, cases[i].ns), cases[i].text);
}

static void brief_times(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{0, "0 s"},
		{7, "7 ns"},
		{999, "999 ns"},
		{1500, "1.50 us"},
		{999600, "1.00 ms"},
		{12345678, "12.3 ms"},
		{144250000, "144 ms"},
		{1933000000, "1.93 s"},
		{59940000000, "59.9 s"},
		{59960000000, "1m:00s"},
		{123500000000, "2m:04s"},
		{3599600000000, "1h:00m"},
		{-1933000000, "-1.93 s"},
	};
	char buffer[UNITS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(units_time_brief(buffer, cases[i].ns), cases[i].text);
	units_time_brief(buffer, INT64_MIN);
}

static void bytes_and_counts(void **state)
{
	char buffer[UNITS_SIZE];

	(void)state;
	assert_string_equal(units_bytes(buffer, 0), "0 bytes");
	assert_string_equal(units_bytes(buffer, 1), "1 byte");
	assert_string_equal(units_bytes(buffer, 1023), "1023 bytes");
	assert_string_equal(units_bytes(buffer, 1024), "1.00 KiB");
	assert_string_equal(units_bytes(buffer, 12600), "12.3 KiB");
	assert_string_equal(units_bytes(buffer, (uint64_t)123 << 20), "123 MiB");
	assert_string_equal(units_bytes(buffer, UINT64_MAX), "16.0 EiB");
	assert_string_equal(units_count(buffer, 0), "0");
	assert_string_equal(units_count(buffer, 999), "999");
	assert_string_equal(units_count(buffer, 1234567), "1,234,567");
	assert_string_equal(units_count(buffer, UINT64_MAX),
		"18,446,744,073,709,551,615");
}

static void sizes_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		const char *rest;
	} cases[] = {
		{"0", 0, ""},
		{"512", 512, ""},
		{"512K", 512 << 10, ""},
		{"1.5M", 3 << 19, ""},
		{"2GiB", (uint64_t)2 << 30, ""},
		{"10kB,", 10 << 10, ","},
		{"3x", 3, "x"},
	};
	static const char *const wrong[] = {"", "K", "-1", "1.2.3", "9999999T"};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text;

		assert_true(units_read_bytes(&text, &bytes));
		assert_int_equal(bytes, cases[i].bytes);
		assert_string_equal(text, cases[i].rest);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *text = wrong[i];

		assert_false(units_read_bytes(&text, &bytes));
	}
}

static void percentages_of_nothing(void **state)
{
	(void)state;
	assert_true(units_percent(1, 0) == 0);
	assert_true(units_percent(0, 0) == 0);
	assert_true(units_percent(1, 4) == 25);
}

static void equal_bytes_have_one_id(void **state)
{
	struct intern table = {0};

	(void)state;
	assert_int_equal(intern_lookup(&table, "a", 1), 0);
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 5000; i++)
			assert_int_equal(intern_bytes(&table, &i, sizeof(i)), i + 1);
	assert_int_equal(intern_bytes(&table, "", 0), 5001);
	assert_int_equal(intern_bytes(&table, NULL, 0), 5001);
	assert_int_equal(intern_get(&table, 5001).size, 0);
	assert_int_equal(*(const uint32_t *)(const void *)intern_get(&table, 43).data,
		42);
	assert_int_equal(intern_get(&table, 0).size, 0);
	assert_int_equal(intern_get(&table, 9999).size, 0);
	intern_free(&table);
}

static void arenas_hold_large_and_small(void **state)
{
	struct arena arena = {0};
	char *small, *large;

	(void)state;
	small = arena_copy(&arena, "abc", 3);
	large = arena_alloc(&arena, 1 << 20);
	memset(large, 1, 1 << 20);
	for (int i = 0; i < 10000; i++)
		assert_int_equal((uintptr_t)arena_alloc(&arena, 13) % 16, 0);
	assert_string_equal(small, "abc");
	arena_free(&arena);
}

static void vectors_grow_with_zeros(void **state)
{
	VEC(uint32_t) v = {0};

	(void)state;
	vec_push(&v, 7);
	vec_cover(&v, 100);
	assert_int_equal(v.count, 101);
	assert_int_equal(v.item[0], 7);
	for (size_t i = 1; i < v.count; i++)
		assert_int_equal(v.item[i], 0);
	vec_cover(&v, 3);
	assert_int_equal(v.count, 101);
	vec_free(&v);
	assert_null(v.item);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times),
		cmocka_unit_test(brief_times),
		cmocka_unit_test(bytes_and_counts),
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(percentages_of_nothing),
		cmocka_unit_test(equal_bytes_have_one_id),
		cmocka_unit_test(arenas_hold_large_and_small),
		cmocka_unit_test(vectors_grow_with_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
