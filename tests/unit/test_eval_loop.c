/* The evaluation loop in real interpreters, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/arch/arch.h"
#include "recorder/eval_loop.h"

/* Debian's python3 is static and optimised: on x86-64 its loop has a large cold part. */
static void debian_python_has_a_loop(void **state)
{
#ifdef __x86_64__
	const size_t part_count = 2;
#else
	const size_t part_count = 1;
#endif
	struct eval_loop loop;
	const char *path = "/usr/bin/python3.11";

	(void)state;
	if (access(path, R_OK) != 0)
		skip();
	assert_true(eval_loop_find(&loop, path));
	assert_true(loop.count >= part_count);
	for (size_t i = 0; i < part_count; i++) {
		assert_true(loop.range[i].end > loop.range[i].start + 4096);
		assert_true(eval_loop_contains(&loop, loop.range[i].start));
		assert_true(eval_loop_contains(&loop, loop.range[i].end - 1));
		assert_false(eval_loop_contains(&loop, loop.range[i].end));
	}
	assert_true(loop.runtime_bytes > 100000);
}

static void other_files_have_none(void **state)
{
	static const char *const paths[] = {"/bin/sh", "/proc/self/exe", "/etc/passwd",
		"/dev/null", "/nonexistent", "/"};
	struct eval_loop loop;

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		assert_false(eval_loop_find(&loop, paths[i]));
		assert_int_equal(loop.count, 0);
	}
}

/* As the assembler of each processor writes them. */
static void jumps_are_read(void **state)
{
#ifdef __x86_64__
	static const struct {
		uint8_t bytes[ARCH_JUMP_BYTES];
		int distance; /* 0: no jump */
	} cases[] = {
		{{0xe9, 0x10, 0, 0, 0}, 5 + 16},
		{{0x0f, 0x84, 0xf0, 0xff, 0xff, 0xff}, 6 - 16},
		{{0xe8, 0x10, 0, 0, 0}, 0}, /* call */
		{{0x0f, 0x1f, 0x40, 0}, 0}, /* nop */
	};
#else
	static const struct {
		uint8_t bytes[ARCH_JUMP_BYTES];
		int distance;
	} cases[] = {
		{{0x04, 0, 0, 0x14}, 16},       /* b */
		{{0xff, 0xff, 0xff, 0x17}, -4}, /* b */
		{{0x40, 0, 0, 0x54}, 8},        /* b.eq */
		{{0xe0, 0xff, 0xff, 0xb4}, -4}, /* cbz x0 */
		{{0x41, 0, 0, 0x35}, 8},        /* cbnz w1 */
		{{0x04, 0, 0, 0x94}, 0},        /* bl */
		{{0x1f, 0x20, 0x03, 0xd5}, 0},  /* nop */
	};
#endif
	const uint64_t address = 0x400000;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t target = address;
		assert_int_equal(arch_is_jump(cases[i].bytes, address, &target),
			cases[i].distance != 0);
		assert_int_equal((int64_t)(target - address), cases[i].distance);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian_python_has_a_loop),
		cmocka_unit_test(jumps_are_read),
		cmocka_unit_test(other_files_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
