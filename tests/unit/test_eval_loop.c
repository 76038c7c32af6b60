/* The evaluation loop in real interpreters, and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "recorder/eval_loop.h"

/* Debian's python3 is static and optimised: its loop has a large cold part. */
static void debian_python_has_a_cold_part(void **state)
{
	struct eval_loop loop;
	const char *path = "/usr/bin/python3.11";

	(void)state;
	if (access(path, R_OK) != 0)
		skip();
	assert_true(eval_loop_find(&loop, path));
	assert_true(loop.count >= 2);
	for (size_t i = 0; i < 2; i++) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian_python_has_a_cold_part),
		cmocka_unit_test(other_files_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
