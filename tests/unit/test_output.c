/* Output that is whole or not there: cli/output.h. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/cli/output.h"

static char folder[] = "/tmp/ptf-output.XXXXXX";
static char path[64], link_path[64];

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/out", folder);
	snprintf(link_path, sizeof(link_path), "%s/link", folder);
	/* Messages are not what is tested here. */
	return freopen("/dev/null", "w", stderr) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	unlink(path);
	unlink(link_path);
	/* Fails when a temporary file was left. */
	return rmdir(folder);
}

static void write_old(const char *text, mode_t mode)
{
	FILE *f;

	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void expect(const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fgets(got, sizeof(got), f) || !*text);
	fclose(f);
	assert_string_equal(got, text);
}

static void commit_replaces_and_keeps_the_mode(void **state)
{
	struct output o;
	struct stat st;

	(void)state;
	write_old("old", 0640);
	assert_true(output_open(&o, path));
	fputs("new", o.file);
	fflush(o.file);
	expect("old");
	assert_true(output_commit(&o));
	expect("new");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_new_file_has_the_usual_mode(void **state)
{
	struct output o;
	struct stat st;
	mode_t mask = umask(027);

	(void)state;
	unlink(path);
	assert_true(output_open(&o, path));
	assert_true(output_commit(&o));
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void abandoned_output_leaves_the_old(void **state)
{
	struct output o;

	(void)state;
	write_old("old", 0600);
	assert_true(output_open(&o, path));
	fputs("new", o.file);
	output_abandon(&o);
	expect("old");
}

static void a_link_stays_a_link(void **state)
{
	struct output o;
	struct stat st;

	(void)state;
	write_old("old", 0600);
	unlink(link_path);
	assert_int_equal(symlink(path, link_path), 0);
	assert_true(output_open(&o, link_path));
	fputs("new", o.file);
	assert_true(output_commit(&o));
	expect("new");
	assert_int_equal(lstat(link_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void what_cannot_be_opened(void **state)
{
	struct output o;
	char deep[80];

	(void)state;
	assert_false(output_open(&o, folder));
	snprintf(deep, sizeof(deep), "%s/no/such", folder);
	assert_false(output_open(&o, deep));
}

static void a_full_disk_is_seen(void **state)
{
	struct output o;

	(void)state;
	if (access("/dev/full", W_OK))
		skip();
	assert_true(output_open(&o, "/dev/full"));
	fputs("x", o.file);
	assert_false(output_commit(&o));
}

static void a_signal_leaves_nothing(void **state)
{
	int status;
	pid_t child;

	(void)state;
	write_old("old", 0600);
	child = fork();
	if (child == 0) {
		struct output o;

		if (!output_open(&o, path))
			_exit(1);
		fputs("new", o.file);
		raise(SIGTERM);
		_exit(2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	expect("old");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commit_replaces_and_keeps_the_mode),
		cmocka_unit_test(a_new_file_has_the_usual_mode),
		cmocka_unit_test(abandoned_output_leaves_the_old),
		cmocka_unit_test(a_link_stays_a_link),
		cmocka_unit_test(what_cannot_be_opened),
		cmocka_unit_test(a_full_disk_is_seen),
		cmocka_unit_test(a_signal_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
