/* Pipes, full disks, standard input, seeking, and memory that runs out. */
#include "tests/unit/trace_model.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

static const struct plan plan = {.seed = 31,
	.resolution_ns = 6250,
	.period_ns = 100000,
	.steps = 80,
	.rows_max = 400,
	.frame_bytes = 3000};

/* ---------------------------------------------------------------- pipes */

struct drain {
	int fd;
	struct bytes got;
};

static void *drain_slowly(void *arg)
{
	struct drain *d = arg;
	char piece[997];
	ssize_t n;

	while ((n = read(d->fd, piece, sizeof(piece))) > 0) {
		d->got.data = realloc(d->got.data, d->got.size + (size_t)n);
		memcpy(d->got.data + d->got.size, piece, (size_t)n);
		d->got.size += (size_t)n;
	}
	return NULL;
}

static void test_pipe(void **state)
{
	struct model written = {0}, read = {0};
	struct ptf_error err = {0};
	struct drain d;
	pthread_t thread;
	size_t notes;
	int fds[2];

	(void)state;
	for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
		/* A small pipe that is often full: partial writes and EAGAIN. */
		assert_return_code(pipe2(fds, nonblocking ? O_NONBLOCK : 0), 0);
		fcntl(fds[0], F_SETFL, 0);
		fcntl(fds[1], F_SETPIPE_SZ, 4096);
		d = (struct drain){.fd = fds[0]};
		pthread_create(&thread, NULL, drain_slowly, &d);
		make_section(fds[1], &plan, &written);
		close(fds[1]);
		pthread_join(thread, NULL);
		close(fds[0]);
		assert_int_equal(read_bytes(d.got.data, d.got.size, &read, &notes, &err),
			0);
		assert_int_equal(notes, 0);
		assert_true(rows_agree(&written, &read, false));
		model_finish(&written);
		model_finish(&read);
		memset(&written, 0, sizeof(written));
		memset(&read, 0, sizeof(read));
		free(d.got.data);
	}
}

static int write_until_refused(int fd, struct ptf_error *err)
{
	struct ptf_section_start start = {.producer = PTF_TEXT("x")};
	struct ptf_writer *w;
	char text[1000];
	uint32_t id;
	struct random r = {1};
	int rc = ptf_writer_open(&w, fd, NULL, &start, err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < 10000 && rc == 0; i++) {
		for (size_t k = 0; k < sizeof(text); k++)
			text[k] = (char)draw(&r);
		rc = ptf_writer_string(w, (struct ptf_text){text, sizeof(text)}, &id,
			err);
		if (rc == 0)
			rc = ptf_writer_flush(w, err);
	}
	if (rc < 0) {
		struct ptf_error again = {0};

		/* What failed stays failed, with the same words. */
		assert_int_equal(ptf_writer_flush(w, &again), rc);
		assert_string_equal(again.message, err->message);
		assert_int_equal(again.os_errno, err->os_errno);
		assert_int_equal(ptf_writer_string(w, PTF_TEXT("a"), &id, NULL), rc);
	}
	assert_int_equal(ptf_writer_close(w, 0, err), rc);
	return rc;
}

static void test_full_disk(void **state)
{
	struct ptf_error err = {0};
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(write_until_refused(fd, &err), PTF_ERR_IO);
	assert_int_equal(err.os_errno, ENOSPC);
	close(fd);
}

static void test_closed_pipe(void **state)
{
	struct ptf_error err = {0};
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_return_code(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(write_until_refused(fds[1], &err), PTF_ERR_IO);
	assert_int_equal(err.os_errno, EPIPE);
	close(fds[1]);
	assert_int_equal(write_until_refused(-1, &err), PTF_ERR_IO);
	assert_int_equal(err.os_errno, EBADF);
}

static void test_paths(void **state)
{
	struct ptf_reader *r;
	struct ptf_error err = {0};
	struct model written = {0}, read = {0};
	char path[64];
	int fd = open_scratch(), saved = dup(STDIN_FILENO);

	(void)state;
	assert_int_equal(ptf_reader_open(&r, "/nonexistent/x.ptf", NULL, &err),
		PTF_ERR_IO);
	assert_int_equal(err.os_errno, ENOENT);
	assert_int_equal(ptf_reader_open(&r, "/", NULL, &err), PTF_ERR_IO);
	assert_int_equal(err.os_errno, EISDIR);
	assert_null(r);
	assert_int_equal(ptf_reader_open(&r, "/dev/null", NULL, &err), PTF_ERR_EMPTY);

	make_section(fd, &plan, &written);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(ptf_reader_open(&r, path, NULL, &err));
	assert_int_equal(read_rest(r, &read, &err), 0);
	assert_true(rows_agree(&written, &read, false));
	ptf_reader_close(r);
	model_finish(&read);
	memset(&read, 0, sizeof(read));

	lseek(fd, 0, SEEK_SET);
	dup2(fd, STDIN_FILENO);
	MUST(ptf_reader_open(&r, "-", NULL, &err));
	dup2(saved, STDIN_FILENO);
	close(saved);
	assert_int_equal(read_rest(r, &read, &err), 0);
	assert_true(rows_agree(&written, &read, false));
	/* And once more from the start. */
	ptf_reader_rewind(r);
	model_finish(&read);
	memset(&read, 0, sizeof(read));
	assert_int_equal(read_rest(r, &read, &err), 0);
	assert_true(rows_agree(&written, &read, false));
	assert_int_equal(ptf_reader_refresh(r, &err), 0);
	ptf_reader_close(r);
	model_finish(&read);
	model_finish(&written);
	close(fd);
}

static void test_file_that_shrinks(void **state)
{
	struct ptf_reader *r;
	struct ptf_error err = {0};
	struct model written = {0}, read = {0};
	struct ptf_block block;
	char path[64];
	int fd = open_scratch();
	struct plan large = plan;

	(void)state;
	large.rows_max = 100000;
	large.steps = 100;
	large.frame_bytes = 1 << 20;
	make_section(fd, &large, &written);
	assert_true(lseek(fd, 0, SEEK_END) > 3 << 20);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(ptf_reader_open(&r, path, NULL, &err));
	assert_int_equal(ptf_reader_next(r, &block, &err), 1);
	take_block(&read, &block);
	assert_return_code(ftruncate(fd, 1 << 20), 0);
	assert_int_equal(read_rest(r, &read, &err), 0);
	assert_true(rows_agree(&written, &read, true));
	assert_non_null(ptf_reader_note(r, 0));
	ptf_reader_close(r);
	model_finish(&read);
	model_finish(&written);
	close(fd);
}

/* -------------------------------------------------------------- seeking */

/* Rows at or after a time, of one section. */
static size_t rows_from(const struct model *m, int64_t time_ns, size_t run)
{
	size_t n = 0;

	for (size_t i = 0; i < m->rows[run].count; i++)
		n += m->rows[run].item[i].time_ns >= time_ns;
	return n;
}

static void check_seek(struct ptf_reader *r, const struct model *all, uint32_t section,
	int64_t time_ns, size_t *blocks)
{
	struct model read = {0};
	struct ptf_error err = {0};
	struct ptf_block block;
	int rc;

	MUST(ptf_reader_seek(r, section, time_ns, &err));
	*blocks = 0;
	while ((rc = ptf_reader_next(r, &block, &err)) > 0) {
		if (block.section_index != section)
			break;
		*blocks += block.kind == PTF_BLOCK_SAMPLES;
		take_block(&read, &block);
	}
	assert_true(rc >= 0);
	assert_int_equal(read.sections, 1);
	assert_int_equal(read.strings, all->strings);
	assert_int_equal(read.nodes, all->nodes);
	for (size_t run = 0; run < MODEL_RUNS; run++)
		assert_int_equal(rows_from(&read, time_ns, run),
			rows_from(all, time_ns, run));
	model_finish(&read);
}

static void test_seek(void **state)
{
	struct plan second = plan;
	struct model written[2], exact[2];
	struct ptf_error err = {0};
	size_t blocks, all_blocks, notes, sizes[2];
	struct ptf_reader *r;
	struct bytes b;
	int fd = open_scratch();

	(void)state;
	memset(written, 0, sizeof(written));
	memset(exact, 0, sizeof(exact));
	second.seed = 32;
	make_section(fd, &plan, &written[0]);
	sizes[0] = (size_t)lseek(fd, 0, SEEK_END);
	make_section(fd, &second, &written[1]);
	b = take_scratch(fd);
	sizes[1] = b.size - sizes[0];
	/* Times as they read, which differ from those written by their rounding. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(read_bytes(b.data + (i ? sizes[0] : 0), sizes[i],
					 &exact[i], &notes, &err),
			0);
	/* With indexes; without the last; without any. */
	for (int cut = 0; cut < 3; cut++) {
		struct bytes c = b;

		if (cut)
			c.size -= 3;
		if (cut == 2)
			memset(c.data + sizes[0] - 3, 'x', 3);
		MUST(ptf_reader_open_memory(&r, c.data, c.size, NULL, &err));
		for (uint32_t s = 0; s < 2; s++) {
			struct rows *rows = &exact[s].rows[0];

			check_seek(r, &exact[s], s, INT64_MIN, &all_blocks);
			check_seek(r, &exact[s], s, rows->item[rows->count / 2].time_ns,
				&blocks);
			assert_true(blocks < all_blocks);
			check_seek(r, &exact[s], s, INT64_MAX, &blocks);
			assert_int_equal(blocks, 0);
		}
		check_seek(r, &exact[0], 0, 0, &blocks);
		assert_int_equal(ptf_reader_seek(r, 2, 0, &err), PTF_ERR_USAGE);
		ptf_reader_rewind(r);
		ptf_reader_close(r);
	}
	for (int i = 0; i < 2; i++) {
		model_finish(&written[i]);
		model_finish(&exact[i]);
	}
	free(b.data);
}

/* ------------------------------------------------------ memory runs out */

#if !defined(__SANITIZE_ADDRESS__)

/* The n-th allocation from now on fails, and so do all after it; < 0: none. */
static long allocations_left = -1;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *data, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *data, size_t size);

static bool may_allocate(void)
{
	if (allocations_left < 0)
		return true;
	if (allocations_left == 0)
		return false;
	allocations_left--;
	return true;
}

void *malloc(size_t size)
{
	return may_allocate() ? __libc_malloc(size) : NULL;
}

void *calloc(size_t count, size_t size)
{
	return may_allocate() ? __libc_calloc(count, size) : NULL;
}

void *realloc(void *data, size_t size)
{
	return may_allocate() ? __libc_realloc(data, size) : NULL;
}

static int try_to_write(int fd)
{
	struct ptf_section_start start = {.producer = PTF_TEXT("x"),
		.time_resolution_ns = 1};
	struct ptf_attribute attribute = {PTF_TEXT("k"), PTF_TEXT("v")};
	struct ptf_process process = {.pid = 1, .attributes = {&attribute, 1}};
	static int64_t times[5000], values[5000];
	static uint32_t nodes[5000], classes[5000];
	struct ptf_value_column column = {PTF_TIME_METRIC, 100, values};
	struct ptf_samples s = {.count = 5000,
		.period_ns = 100,
		.time_ns = times,
		.node = nodes,
		.class_id = classes,
		.cpu = classes,
		.columns = &column,
		.column_count = 1};
	struct ptf_writer *w;
	struct ptf_error err;
	uint32_t id, function;
	int rc = ptf_writer_open(&w, fd, NULL, &start, &err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < 5000; i++) {
		times[i] = i * 100 + i % 7;
		classes[i] = i % 3;
	}
	rc = ptf_writer_process(w, &process, &id, &err);
	if (rc == 0)
		rc = ptf_writer_thread(w, &(struct ptf_thread){id, 1, true, 0}, &s.thread,
			&err);
	if (rc == 0)
		rc = ptf_writer_function(w, &(struct ptf_function){.first_line = 3},
			&function, &err);
	if (rc == 0)
		rc = ptf_writer_frame(w,
			&(struct ptf_frame){.function = function, .line = 5}, &id, &err);
	if (rc == 0)
		rc = ptf_writer_node(w, 0, id, &nodes[7], &err);
	if (rc == 0)
		rc = ptf_writer_samples(w, &s, &err);
	if (rc == 0)
		rc = ptf_writer_clock(w, &(struct ptf_clock){.monotonic_ns = 1}, &err);
	if (rc < 0) {
		ptf_writer_destroy(w);
		return rc;
	}
	return ptf_writer_close(w, 1000000, &err);
}

static int try_to_read(struct bytes b)
{
	struct ptf_reader *r;
	struct ptf_block block;
	struct ptf_error err;
	int rc = ptf_reader_open_memory(&r, b.data, b.size, NULL, &err);

	if (rc < 0)
		return rc;
	rc = ptf_reader_seek(r, 0, 3000, &err);
	while (rc == 0 && (rc = ptf_reader_next(r, &block, &err)) > 0)
		rc = 0;
	ptf_reader_close(r);
	return rc;
}

static void test_out_of_memory(void **state)
{
	struct bytes b;
	int rc = -1, fd = open_scratch();

	(void)state;
	assert_int_equal(try_to_write(fd), 0);
	b = take_scratch(fd);
	for (long n = 0; rc < 0; n++) {
		fd = open_scratch();
		allocations_left = n;
		rc = try_to_write(fd);
		allocations_left = -1;
		close(fd);
		assert_true(rc == 0 || rc == PTF_ERR_NOMEM);
		assert_true(n < 1000);
	}
	rc = -1;
	for (long n = 0; rc < 0; n++) {
		allocations_left = n;
		rc = try_to_read(b);
		allocations_left = -1;
		if (rc != 0 && rc != PTF_ERR_NOMEM)
			fail_msg("allocation %ld: %d", n, rc);
		assert_true(n < 1000);
	}
	free(b.data);
}

#else

static void test_out_of_memory(void **state)
{
	(void)state;
	skip(); /* the sanitizer owns malloc */
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_closed_pipe),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_file_that_shrinks),
		cmocka_unit_test(test_seek),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
