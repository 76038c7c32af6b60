/* Which line became which: core/line_match.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ptf/writer.h>

#include "tools/core/line_match.h"
#include "tools/core/memory.h"

struct lines {
	struct ptf_text *item;
	size_t count, capacity;
};

/* "a|b||c" as four lines. */
static struct lines split(const char *text)
{
	struct lines l = {0};
	const char *end;

	if (!*text)
		return l;
	for (; (end = strchr(text, '|')) != NULL; text = end + 1)
		vec_push(&l, (struct ptf_text){text, (size_t)(end - text)});
	vec_push(&l, (struct ptf_text){text, strlen(text)});
	return l;
}

/* As "1 3~ -": unchanged at 1, rewritten at 3, gone. */
static void expect(const char *old_text, const char *new_text, const char *wanted)
{
	struct lines old = split(old_text), new = split(new_text);
	struct line_match *match = memory_zeroed(old.count, sizeof(*match));
	char got[1024] = "";

	line_match(old.item, old.count, new.item, new.count, match);
	for (size_t i = 0; i < old.count; i++) {
		size_t length = strlen(got);

		if (match[i].line)
			snprintf(got + length, sizeof(got) - length, "%s%u%s",
				i ? " " : "", match[i].line,
				match[i].is_rewritten ? "~" : "");
		else
			snprintf(got + length, sizeof(got) - length, "%s-", i ? " " : "");
	}
	if (strcmp(got, wanted) != 0)
		fail_msg("%s -> %s: \"%s\" instead of \"%s\"", old_text, new_text, got,
			wanted);
	vec_free(&old);
	vec_free(&new);
	free(match);
}

static void simple_edits(void **state)
{
	(void)state;
	expect("", "", "");
	expect("", "new", "");
	expect("gone", "", "-");
	expect("alpha|beta|gamma", "alpha|beta|gamma", "1 2 3");
	expect("alpha|beta|gamma", "first|alpha|beta|gamma", "2 3 4");
	expect("alpha|beta|gamma", "alpha|gamma", "1 - 2");
	expect("alpha|beta|gamma", "alpha|beta|more|gamma|last", "1 2 4");
}

static void lines_that_were_edited(void **state)
{
	(void)state;
	expect("import os|total += work(100)|print(total)",
		"import os|total += work(105)|print(total)", "1 2~ 3");
	/* Nothing else stands in its place, though it changed much. */
	expect("begin|values = [f(x) for x in data]|end",
		"begin|values = list(map(f, data))|end", "1 2~ 3");
	/* Something else altogether. */
	expect("begin|values = [f(x) for x in data]|end", "begin|raise ZyK|end", "1 - 3");
	/* The edited line is found between new ones. */
	expect("begin|result = compute(alpha, beta)|end",
		"begin|check(input)|result = compute(alpha, beta, gamma)|log()|end",
		"1 3~ 5");
}

static void blanks_at_the_ends(void **state)
{
	(void)state;
	expect("def f():|    return g(1)", "def f():|    if x:|        return g(1)\r",
		"1 3");
	expect("a = 1\t|b = 2", "  a = 1|b  = 2", "1 2~");
}

/* Lines that are everywhere must not draw others to them. */
static void frequent_lines(void **state)
{
	(void)state;
	expect("def f():|    return 1||def g():|    return 2|",
		"def g():|    return 2||def h():|    return 3||def f():|    return 1|",
		"- - - 1 2 9");
	expect("x = f(|    a,|)|y = g(|    b,|)",
		"x = f(|    a,|)|y = g(|    c,|    b,|)", "1 2 3 4 6 7");
	expect("}|}|}|}", "}|}", "1 2 - -");
}

static void similarity(void **state)
{
	(void)state;
	assert_true(line_similarity(PTF_TEXT("  abc "), PTF_TEXT("abc")) == 1);
	assert_true(line_similarity(PTF_TEXT("abc"), PTF_TEXT("xyz")) == 0);
	assert_true(line_similarity(PTF_TEXT(""), PTF_TEXT("")) == 1);
	assert_true(line_similarity(PTF_TEXT("a"), PTF_TEXT("b")) == 0);
	/* "ab" of ab, bc | ab, bd */
	assert_true(line_similarity(PTF_TEXT("abc"), PTF_TEXT("abd")) == 0.5);
}

static void shares(void **state)
{
	struct lines a = split("alpha beta|gamma delta||epsilon zeta|eta theta"),
		     b = split("eta theta|iota kappa|gamma delta|epsilon zeta");

	(void)state;
	assert_true(line_common_share(a.item, a.count, b.item, b.count) == 0.75);
	assert_true(line_common_share(a.item, a.count, a.item, a.count) == 1);
	assert_true(line_common_share(a.item, 0, b.item, 0) == 0);
	vec_free(&a);
	vec_free(&b);
}

/* Whatever the texts: matches are in order and within bounds, and it ends. */
static void any_texts(void **state)
{
	static const char *const words[] = {"a", "b", "return x", "", "}", "x = f(1)",
		"x = f(2)", "else:"};
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct lines l[2] = {{0}, {0}};
		struct line_match *match;
		uint32_t last = 0;

		for (int s = 0; s < 2; s++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			for (size_t n = (seed >> 33) % 60; n > 0; n--) {
				const char *w;

				seed = seed * 6364136223846793005u + 1442695040888963407u;
				w = words[(seed >> 33) % 8];
				vec_push(&l[s], (struct ptf_text){w, strlen(w)});
			}
		}
		match = memory_zeroed(l[0].count, sizeof(*match));
		line_match(l[0].item, l[0].count, l[1].item, l[1].count, match);
		for (size_t i = 0; i < l[0].count; i++) {
			if (!match[i].line)
				continue;
			assert_in_range(match[i].line, last + 1, l[1].count);
			last = match[i].line;
			assert_int_equal(match[i].is_rewritten,
				strcmp(l[0].item[i].data, l[1].item[last - 1].data) != 0);
		}
		free(match);
		vec_free(&l[0]);
		vec_free(&l[1]);
	}
}

/* Two texts of 100,000 equal lines each end soon. */
static void huge_texts(void **state)
{
	enum { COUNT = 100000 };
	struct ptf_text *old = memory_zeroed(COUNT, sizeof(*old));
	struct ptf_text *new = memory_zeroed(COUNT, sizeof(*new));
	struct line_match *match = memory_zeroed(COUNT, sizeof(*match));

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		old[i] = (struct ptf_text){i % 2 ? "pass" : "x = 1", i % 2 ? 4 : 5};
		new[i] = (struct ptf_text){i % 3 ? "pass" : "x = 1", i % 3 ? 4 : 5};
	}
	line_match(old, COUNT, new, COUNT, match);
	assert_int_equal(match[0].line, 1);
	free(old);
	free(new);
	free(match);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_edits),
		cmocka_unit_test(lines_that_were_edited),
		cmocka_unit_test(blanks_at_the_ends),
		cmocka_unit_test(frequent_lines),
		cmocka_unit_test(similarity),
		cmocka_unit_test(shares),
		cmocka_unit_test(any_texts),
		cmocka_unit_test(huge_texts),
	};

	return cmocka_run_group_tests_name("line_match", tests, NULL, NULL);
}
