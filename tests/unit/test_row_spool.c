/* The rows of a profile thread by thread: tools/core/row_spool.h. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/unit/walk_profile.h"
#include "tools/core/row_spool.h"
#include "tools/core/tracks.h"

#define THREADS 3000u
#define ROUNDS  40u
#define BATCH   7u

/* Many threads whose rows come mixed, and a counter for every tenth. */
static int many_trace(void)
{
	const struct ptf_section_start start = {.format_major = 1,
		.time_resolution_ns = 1,
		.time_metric = 1};
	struct ptf_writer *w;
	uint32_t id, metric, process;
	int fd = memfd_create("many.ptf", 0);

	walk_must(fd);
	walk_must(ptf_writer_open(&w, fd, NULL, &start, NULL));
	walk_must(ptf_writer_string(w, (struct ptf_text)PTF_TEXT("rss"), &id, NULL));
	walk_must(ptf_writer_metric(w,
		&(struct ptf_metric){.name = id, .kind = PTF_METRIC_GAUGE}, &metric,
		NULL));
	walk_must(ptf_writer_process(w, &(struct ptf_process){.pid = 7}, &process, NULL));
	for (uint32_t i = 0; i < THREADS; i++)
		walk_must(ptf_writer_thread(w,
			&(struct ptf_thread){.process = process, .tid = 100 + i}, &id,
			NULL));
	for (uint32_t round = 0; round < ROUNDS; round++)
		for (uint32_t thread = 1; thread <= THREADS; thread++) {
			int64_t at[BATCH], weight[BATCH];
			uint32_t node[BATCH] = {0}, class_id[BATCH];
			const struct ptf_value_column column = {PTF_TIME_METRIC, 1,
				weight};

			for (uint32_t i = 0; i < BATCH; i++) {
				at[i] = round * 1000 + i;
				weight[i] = thread;
				class_id[i] = PTF_CLASS_PYTHON;
			}
			walk_must(ptf_writer_samples(w,
				&(struct ptf_samples){.thread = thread,
					.count = BATCH,
					.time_ns = at,
					.node = node,
					.class_id = class_id,
					.columns = &column,
					.column_count = 1},
				NULL));
			if (thread % 10 == 0)
				walk_must(ptf_writer_counters(w,
					&(struct ptf_counters){.metric = metric,
						.process = process,
						.thread = thread,
						.count = BATCH,
						.time_ns = at,
						.values = weight},
					NULL));
		}
	walk_must(ptf_writer_close(w, 1000 * MS, NULL));
	return fd;
}

static struct profile *many_profile(void)
{
	struct profile *p = profile_new();
	static int fd = -1;
	char path[64];

	if (fd < 0)
		fd = many_trace();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	walk_must(profile_add_file(p, path, NULL, NULL));
	profile_finish(p);
	return p;
}

struct seen {
	uint64_t count;
	int64_t last_ns, weight_ns;
};

static void on_row(void *context, const struct spool_row *row)
{
	struct seen *seen = context;

	assert_true(seen->count == 0 || row->time_ns > seen->last_ns);
	assert_int_equal(row->class_id, PTF_CLASS_PYTHON);
	seen->last_ns = row->time_ns;
	seen->weight_ns += row->weight_ns;
	seen->count++;
}

static void on_point(void *context, int64_t time_ns, int64_t value)
{
	on_row(context, &(struct spool_row){time_ns, value, 0, PTF_CLASS_PYTHON});
}

static void each_thread_has_its_rows_in_order(void **state)
{
	struct profile *p = many_profile();
	struct row_spool *spool;

	(void)state;
	assert_int_equal(row_spool_make(&spool, p, NULL), 0);
	/* Twice: columns are passes. */
	for (uint32_t pass = 0; pass < 2; pass++)
		for (uint32_t thread = 1; thread <= THREADS; thread++) {
			struct seen seen = {0};

			assert_int_equal(row_spool_rows(spool, tracks_index(p, 0, thread),
						 on_row, &seen, NULL),
				0);
			assert_int_equal(seen.count, ROUNDS * BATCH);
			assert_int_equal(seen.weight_ns, ROUNDS * BATCH * thread);
		}
	assert_int_equal(row_spool_counter_count(spool), THREADS / 10);
	for (size_t i = 0; i < row_spool_counter_count(spool); i++) {
		struct spool_counter counter = row_spool_counter(spool, i);
		struct seen seen = {0};

		assert_int_equal(counter.thread, 10 * (i + 1));
		assert_int_equal(row_spool_points(spool, i, on_point, &seen, NULL), 0);
		assert_int_equal(seen.count, ROUNDS * BATCH);
		assert_int_equal(seen.weight_ns, ROUNDS * BATCH * counter.thread);
	}
	row_spool_free(spool);
	profile_free(p);
}

static void a_full_disk_is_an_error(void **state)
{
	struct profile *p = many_profile();
	struct rlimit before, small;
	struct row_spool *spool;
	struct ptf_error err = {0};

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 1 << 20;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(row_spool_make(&spool, p, &err), PTF_ERR_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_null(spool);
	assert_int_equal(err.os_errno, EFBIG);
	assert_non_null(strstr(err.message, "temporary file in /"));
	profile_free(p);
}

static void a_missing_folder_is_an_error(void **state)
{
	struct profile *p = many_profile();
	struct row_spool *spool;
	struct ptf_error err = {0};

	(void)state;
	setenv("TMPDIR", "/nowhere", 1);
	assert_int_equal(row_spool_make(&spool, p, &err), PTF_ERR_IO);
	unsetenv("TMPDIR");
	assert_null(spool);
	assert_string_equal(err.message,
		"temporary file in /nowhere: No such file or directory");
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thread_has_its_rows_in_order),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_missing_folder_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
