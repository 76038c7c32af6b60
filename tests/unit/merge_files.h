/* Random traces in memory, what merging makes of them, and what that is. */
#ifndef TESTS_UNIT_MERGE_FILES_H
#define TESTS_UNIT_MERGE_FILES_H

#include "tests/unit/trace_model.h"
#include "tools/core/digest.h"
#include "tools/core/merge.h"

/* A trace in memory, with a path that can be opened. */
struct file {
	int fd;
	char path[40];
};

static inline struct file new_file(void)
{
	struct file f = {.fd = memfd_create("trace", 0)};

	assert_true(f.fd >= 0);
	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

/* Of a recording that has several; 0 = it has this one. */
static inline struct file random_part(uint8_t recording, uint8_t number,
	uint64_t resolution_ns)
{
	struct file f = new_file();
	struct plan plan = {.seed = number,
		.resolution_ns = resolution_ns,
		.period_ns = 1000000,
		.steps = 60,
		.rows_max = 50,
		.frame_bytes = 4096,
		.number = number,
		.recording = recording};
	struct model m = {0};

	make_section(f.fd, &plan, &m);
	model_finish(&m);
	return f;
}

static inline struct file random_trace(uint8_t number, uint64_t resolution_ns)
{
	return random_part(0, number, resolution_ns);
}

static inline int try_merge(const struct merge_options *options,
	const struct merge_hooks *hooks, const struct file *in, size_t count,
	struct file *out, struct merge_plan *plan, struct ptf_error *err)
{
	struct merge *m = merge_new(options, hooks);
	const char *path;
	int rc = 0;

	*out = new_file();
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = merge_add(m, in[i].path, err);
	if (rc == 0)
		rc = merge_plan(m, plan, err);
	if (rc == 0)
		rc = merge_write(m, out->fd, &path, err);
	merge_free(m);
	return rc;
}

static inline struct file merge_with(const struct merge_options *options,
	const struct file *in, size_t count)
{
	struct ptf_error err = {0};
	struct merge_plan plan;
	struct file out;

	if (try_merge(options, NULL, in, count, &out, &plan, &err) < 0)
		fail_msg("%s", err.message);
	return out;
}

static inline struct file merge_two(const struct merge_options *options, struct file a,
	struct file b)
{
	return merge_with(options, (struct file[]){a, b}, 2);
}

static inline void each_block(struct file f,
	void (*take)(void *, const struct ptf_block *), void *context)
{
	struct ptf_reader *r;
	struct ptf_block block;
	struct ptf_error err = {0};

	assert_return_code(ptf_reader_open(&r, f.path, NULL, &err), 0);
	while (ptf_reader_next(r, &block, &err) > 0)
		take(context, &block);
	assert_int_equal(err.code, 0);
	assert_null(ptf_reader_note(r, 0));
	ptf_reader_close(r);
}

static inline void take_digest(void *context, const struct ptf_block *block)
{
	digest_block(context, block);
}

static inline void digest_of(struct file f, char text[33])
{
	struct digest *d = digest_new();

	each_block(f, take_digest, d);
	digest_finish(d, text);
}

static inline void assert_same(struct file a, struct file b)
{
	char x[33], y[33];

	digest_of(a, x);
	digest_of(b, y);
	assert_string_equal(x, y);
}

static inline void assert_different(struct file a, struct file b)
{
	char x[33], y[33];

	digest_of(a, x);
	digest_of(b, y);
	assert_string_not_equal(x, y);
}

static inline void close_all(struct file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(files[i].fd);
}

static const struct merge_options by_start = {.align = MERGE_ALIGN_START};
static const struct merge_options as_runs = {.align = MERGE_ALIGN_START, .as_runs = true};
static const struct merge_options sums = {.align = MERGE_ALIGN_START, .aggregate = true};
static const struct merge_options run_sums = {.align = MERGE_ALIGN_START,
	.as_runs = true,
	.aggregate = true};

#endif
