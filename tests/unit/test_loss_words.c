/* What losses are called: emit/loss_words.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/emit/loss_words.h"

static struct profile *p;

static int begin(void **state)
{
	(void)state;
	p = profile_new();
	p->sample_count = 10000;
	return 0;
}

static int end(void **state)
{
	(void)state;
	profile_free(p);
	return 0;
}

static void lose(const char *kind, uint32_t section, uint64_t count, uint64_t weight_ns)
{
	uint32_t id = intern_bytes(&p->strings, kind, strlen(kind));

	vec_push(&p->losses, (struct profile_loss){id, section, count, weight_ns});
}

static void told(size_t index, bool matters, const char *text)
{
	struct loss_told t;

	assert_true(loss_tell(p, index, &t));
	assert_string_equal(t.text, text);
	assert_int_equal(t.matters, matters);
}

static void a_few_rows_do_not_matter(void **state)
{
	(void)state;
	lose("unknown_pc", 0, 1, 0);
	lose("torn", 0, 9, 0);
	told(0, false, "1 sample is of native code that belongs to no file.");
	told(1, false, "9 samples have no whole stack: it changed while it was read.");
}

static void many_come_with_advice(void **state)
{
	(void)state;
	lose("ring_full", 0, 50, 0);
	lose("throttled", 0, 1234, 0);
	told(0, false, "50 samples were lost: prec could not keep up.");
	told(1, true,
		"1,234 samples were skipped, their time is in the next: taking one took "
		"too "
		"long. "
		"Stacks are very deep; a lower rate helps (prec -F).");
}

static void processes_and_pauses_always_matter(void **state)
{
	(void)state;
	lose("child_not_followed", 0, 1, 0);
	lose("debugger", 0, 2, 3140000000);
	told(0, true, "1 child process was not followed. pinfo --all tells why.");
	told(1, true,
		"2 times, 3.14 s in all, a debugger was attached: nothing was sampled "
		"meanwhile.");
}

/* Of memory there are far less samples than of time. */
static void memory_is_a_share_of_its_own_samples(void **state)
{
	const uint32_t name = intern_bytes(&p->strings, "alloc_bytes", 11);
	const struct profile_metric alloc = {.name = name};
	const uint32_t metric = intern_bytes(&p->metrics, &alloc, sizeof(alloc));

	(void)state;
	vec_cover(&p->metric_use, metric);
	p->metric_use.item[metric].sample_count = 980;
	lose("freed_ring_full", 0, 9, 0);
	lose("memory_ring_full", 0, 20, 0);
	lose("own_allocator", 0, 1, 0);
	told(0, false, "9 ends of blocks were lost: prec could not keep up.");
	told(1, true,
		"20 samples of memory were lost: prec could not keep up. Sums are too "
		"low by that; a longer prec --memory-interval helps.");
	told(2, true,
		"1 process has an allocator of its own. What comes from there is not in "
		"the trace.");
}

static void sections_add_up(void **state)
{
	struct loss_told t;

	(void)state;
	lose("child_not_followed", 0, 3, 700000000);
	lose("torn", 0, 1, 0);
	lose("child_not_followed", 1, 1, 500000000);
	told(0, true,
		"4 child processes, 1.20 s of CPU, were not followed. pinfo "
		"--all tells why.");
	told(1, false, "1 sample has no whole stack: it changed while it was read.");
	assert_false(loss_tell(p, 2, &t));
}

static void unknown_kinds_keep_their_name(void **state)
{
	(void)state;
	lose("cosmic_rays", 0, 2, 0);
	told(0, true, "2 of \"cosmic_rays\" were lost.");
}

#define T(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_few_rows_do_not_matter),
		T(many_come_with_advice),
		T(processes_and_pauses_always_matter),
		T(memory_is_a_share_of_its_own_samples),
		T(sections_add_up),
		T(unknown_kinds_keep_their_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
