/* What names are shown as to strangers: tools/core/strip*. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/walk_profile.h"
#include "tools/core/strip.h"
#include "tools/core/strip_names.h"

/* The program is /home/me/walk.py. */
static void expect(const struct strip_names *names, const char *text, const char *shown)
{
	struct arena arena = {0};
	struct ptf_text got =
		strip_paths(names, (struct ptf_text){text, strlen(text)}, &arena);

	if (got.size != strlen(shown) || memcmp(got.data, shown, got.size) != 0)
		fail_msg("'%s' is shown as '%.*s', not '%s'", text, (int)got.size,
			got.data, shown);
	arena_free(&arena);
}

static void paths_lose_where_they_are_from(void **state)
{
	static const char *const texts[][2] = {
		/* below the folder of the program */
		{"/home/me/walk.py", "walk.py"},
		{"/home/me/src/walk.py", "src/walk.py"},
		{"/home/me/src/me/x.py", "src/user/x.py"},
		/* of the system */
		{"/usr/lib/python3.11/json/decoder.py",
			"/usr/lib/python3.11/json/decoder.py"},
		{"/usr/lib/x86_64-linux-gnu/libc.so.6",
			"/usr/lib/x86_64-linux-gnu/libc.so.6"},
		{"/dev/shm/alien", "alien"},
		/* installed */
		{"/home/me/venv/lib/python3.12/site-packages/numpy/linalg.py",
			"/site-packages/numpy/linalg.py"},
		{"/opt/secret/lib/python3.12/json/decoder.py",
			"/lib/python3.12/json/decoder.py"},
		/* elsewhere */
		{"/srv/secret/x.py", "x.py"},
		{"/srv/secret/me-x.py", "user-x.py"},
		{"/home/other", "~"},
		{"/home/other/", "~/"},
		{"/home/me", "."},
		{"../secret/x.py", "x.py"},
		{"~secret/x.py", "x.py"},
		/* in the middle of other texts */
		{"cp /srv/secret/a /srv/secret/b", "cp a b"},
		{"--out=/srv/secret/a,/srv/secret/b", "--out=a,b"},
		{"-I/srv/secret/include", "-Iinclude"},
		{"file:///srv/secret/x.html", "file:x.html"},
		{"{lambda at /srv/secret/x.cpp:12}", "{lambda at x.cpp:12}"},
		{"PATH=/srv/secret/bin:/usr/bin", "PATH=bin:/usr/bin"},
		{"\"/srv/secret/x\"", "\"x\""},
		/* no paths */
		{"src/walk.py", "src/walk.py"},
		{"<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"},
		{"std::operator/ <int>", "std::operator/ <int>"},
		{"a / b // c", "a / b // c"},
		{"I/O", "I/O"},
		{"/", "/"},
		{"~", "~"},
		{"", ""},
	};
	struct profile *p = walk_profile();
	struct strip_names names = {0};

	(void)state;
	strip_names_find(&names, p);
	for (size_t i = 0; i < WALK_COUNT(texts); i++)
		expect(&names, texts[i][0], texts[i][1]);
	/* What is stripped is not changed by doing it again. */
	for (size_t i = 0; i < WALK_COUNT(texts); i++)
		expect(&names, texts[i][1], texts[i][1]);
	strip_names_free(&names);
	profile_free(p);
}

static void words_are_replaced_where_they_stand_alone(void **state)
{
	static const char *const texts[][2] = {
		{"db1", "host-1"},
		{"me@db1:/x", "me@host-1:/x"},
		{"db1 db12 xdb1 db_1 db1", "host-1 db12 xdb1 db_1 host-1"},
		{"db1.example.org-db1", "host-1.example.org-host-1"},
		{"db", "db"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < WALK_COUNT(texts); i++) {
		struct arena arena = {0};
		struct ptf_text text = {texts[i][0], strlen(texts[i][0])};
		struct ptf_text got = strip_word(text, (struct ptf_text)PTF_TEXT("db1"),
			"host-1", &arena);

		assert_int_equal(got.size, strlen(texts[i][1]));
		assert_memory_equal(got.data, texts[i][1], got.size);
		arena_free(&arena);
	}
}

static void what_to_strip_is_read_and_told(void **state)
{
	char text[STRIP_TEXT_SIZE];
	unsigned what = 0;

	(void)state;
	assert_null(strip_read(&what, "paths,args"));
	assert_int_equal(what, STRIP_PATHS | STRIP_ARGS);
	assert_string_equal(strip_text(text, what), "args,paths");
	assert_null(strip_read(&what, "hosts,sources"));
	assert_string_equal(strip_text(text, what), "sources,args,hosts,paths");
	assert_string_equal(strip_text(text, 0), "");
	assert_non_null(strip_read(&what, ""));
	assert_non_null(strip_read(&what, "args,"));
	assert_non_null(strip_read(&what, "Args"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lose_where_they_are_from),
		cmocka_unit_test(words_are_replaced_where_they_stand_alone),
		cmocka_unit_test(what_to_strip_is_read_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
