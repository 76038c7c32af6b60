/* The second pass: all inputs into one section. */
#include "tools/core/merge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/core/merge_rows.h"
#include "tools/core/temporary.h"

/* A section of an input that is being read. */
struct cursor {
	const struct merge_input *input;
	struct merge_feed feed;
	struct ptf_reader *reader; /* NULL = not yet opened, or at its end */
	int64_t start_ns, end_ns;  /* of its recordings; INT64_MAX = not known */
	int64_t at_ns;             /* where its last Block with times began */
};

struct writing {
	struct merge *m;
	struct merge_output out;
	VEC(struct cursor) cursors;
	VEC(struct cursor *) heap; /* the one that is furthest behind at the top */
	const char *path;          /* of the input at work */
	uint64_t done_count, all_count;
};

/* -------------------------------------------------------------- reading */

/* What goes on from another comes behind it. */
static bool is_behind(const struct cursor *a, const struct cursor *b)
{
	return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->start_ns < b->start_ns);
}

/* Moves a cursor's place in the heap down from the top. */
static void sink(struct writing *w)
{
	struct cursor **heap = w->heap.item, *top;
	size_t at = 0, child;

	if (!w->heap.count)
		return;
	top = heap[0];
	while ((child = 2 * at + 1) < w->heap.count) {
		if (child + 1 < w->heap.count && is_behind(heap[child + 1], heap[child]))
			child++;
		if (!is_behind(heap[child], top))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = top;
}

static void push(struct writing *w, struct cursor *c)
{
	size_t at = w->heap.count;

	vec_push(&w->heap, c);
	while (at && is_behind(c, w->heap.item[(at - 1) / 2])) {
		w->heap.item[at] = w->heap.item[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	w->heap.item[at] = c;
}

static void close_cursor(struct cursor *c)
{
	ptf_reader_close(c->reader);
	c->reader = NULL;
	merge_feed_free(&c->feed);
}

static int open_cursor(struct writing *w, struct cursor *c)
{
	int rc = merge_open_input(c->input, &c->reader, &w->out.err);

	if (rc == 0 && c->feed.section->index)
		rc = ptf_reader_seek(c->reader, c->feed.section->index, INT64_MIN,
			&w->out.err);
	return rc;
}

/*
 * Takes Blocks up to one with times. 1, or 0 at the end of the section, or an
 * error.
 */
static int advance(struct writing *w, struct cursor *c)
{
	int rc = c->reader ? 0 : open_cursor(w, c);
	struct ptf_block block;
	bool is_enough = false;

	while (rc >= 0 && !is_enough && w->out.rc == 0) {
		rc = ptf_reader_next(c->reader, &block, &w->out.err);
		if (rc > 0 && block.section_index != c->feed.section->index)
			rc = 0;
		if (rc <= 0)
			break;
		/* Sums need no order, so that one input follows the other. */
		is_enough = merge_block_begins(&c->feed, &block, &c->at_ns) &&
			!w->m->options.aggregate;
		merge_feed_block(&w->out, &c->feed, &block);
	}
	if (rc < 0 && w->out.rc == 0) {
		w->out.rc = rc;
		w->out.is_input_wrong = true;
	}
	if (rc == 0)
		merge_feed_end(&w->out, &c->feed);
	if (rc <= 0)
		close_cursor(c);
	else
		ptf_reader_trim(c->reader);
	return rc;
}

static void tell_progress(struct writing *w)
{
	const struct merge_hooks *hooks = &w->m->hooks;

	if (hooks->progress)
		hooks->progress(hooks->context, NULL, w->done_count, w->all_count);
}

static void read_all(struct writing *w)
{
	for (size_t i = 0; i < w->cursors.count; i++)
		push(w, &w->cursors.item[i]);
	while (w->heap.count && w->out.rc == 0) {
		struct cursor *c = w->heap.item[0];

		w->path = c->input->path;
		if (advance(w, c) <= 0) {
			w->done_count++;
			tell_progress(w);
			w->heap.item[0] = w->heap.item[--w->heap.count];
		}
		sink(w);
	}
}

static void note_dropped(const struct writing *w)
{
	if (w->out.dropped_marks)
		merge_note(w->m, NULL, "left out: %" PRIu64 " mark%s (--aggregate)",
			w->out.dropped_marks, w->out.dropped_marks == 1 ? "" : "s");
	if (w->out.dropped_tasks)
		merge_note(w->m, NULL,
			"left out: the tasks of %" PRIu64 " sample%s (--aggregate)",
			w->out.dropped_tasks, w->out.dropped_tasks == 1 ? "" : "s");
}

static void write_section(struct writing *w)
{
	struct merge_output *out = &w->out;

	merge_put_clocks(out);
	read_all(w);
	if (out->rc < 0)
		return;
	w->path = NULL;
	merge_put_gathered(out);
	merge_put_sums(out);
	merge_put_recording_ends(out);
	merge_put_code_facts(out);
	note_dropped(w);
}

/* When there is something to read of a section. False: all of it is elsewhere, too. */
static bool find_span(struct cursor *c)
{
	c->start_ns = INT64_MAX;
	c->end_ns = INT64_MIN;
	for (size_t i = 0; i < c->feed.section->recordings.count; i++) {
		const struct merge_recording *r = &c->feed.section->recordings.item[i];
		int64_t end_ns = r->has_end ? add_wrapping(r->start_ns, r->end.time_ns)
					    : INT64_MAX;

		if (r->is_double)
			continue;
		if (r->start_ns < c->start_ns)
			c->start_ns = r->start_ns;
		if (end_ns > c->end_ns)
			c->end_ns = end_ns;
	}
	c->at_ns = c->start_ns;
	return c->end_ns != INT64_MIN;
}

/* Of those sections that have something to read, the ones numbered [first, end). */
static void add_cursors(struct writing *w, size_t first, size_t end)
{
	size_t number = 0;

	for (size_t i = 0; i < w->m->inputs.count; i++) {
		struct merge_input *input = &w->m->inputs.item[i];

		for (size_t k = 0; k < input->sections.count; k++) {
			struct cursor c = {.input = input,
				.feed.section = &input->sections.item[k]};

			if (!find_span(&c))
				continue;
			if (number >= first && number < end)
				vec_push(&w->cursors, c);
			number++;
		}
	}
	w->all_count = w->cursors.count;
}

static void free_cursors(struct writing *w)
{
	for (size_t i = 0; i < w->cursors.count; i++)
		close_cursor(&w->cursors.item[i]);
	vec_free(&w->cursors);
	vec_free(&w->heap);
}

/* Nothing of a recording is in the output yet. */
static void forget_output(struct merge *m)
{
	for (size_t i = 0; i < m->recordings.count; i++) {
		struct merge_recording *r = m->recordings.item[i];

		r->process = r->thread = r->other_thread = 0;
		r->has_rows = false;
	}
}

/* As merge_write, of the sections that add_cursors takes. */
static int write_sections(struct merge *m, size_t first, size_t end, int fd,
	const char **path, struct ptf_error *err)
{
	struct writing w = {.m = m, .out = {.m = m}};
	struct merge_output *out = &w.out;
	int rc;

	forget_output(m);
	add_cursors(&w, first, end);
	if (merge_output_open(out, fd))
		write_section(&w);
	if (out->rc < 0)
		ptf_writer_destroy(out->w);
	else
		merge_did(out, ptf_writer_close(out->w, out->end_ns, &out->err));
	rc = out->rc;
	*err = out->err;
	*path = out->is_input_wrong ? w.path : NULL;
	free_cursors(&w);
	merge_output_free(out);
	return rc;
}

/* ------------------------------------------------------------- in groups */

/* Sections that are read at once: each takes a descriptor, and the memory of a frame. */
#define OPEN_MAX_COUNT 128

struct moment {
	int64_t at_ns;
	int step; /* 1 = one begins, -1 = one has ended */
};

static int compare_moments(const void *x, const void *y)
{
	const struct moment *a = x, *b = y;

	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	return a->step - b->step;
}

/* How many sections would be open at the same time; *all_count is to be read. */
static long open_count(struct merge *m, size_t *all_count)
{
	struct writing w = {.m = m};
	VEC(struct moment) moments = {0};
	long open = 0, most = 0;

	add_cursors(&w, 0, SIZE_MAX);
	*all_count = w.cursors.count;
	for (size_t i = 0; i < w.cursors.count; i++) {
		vec_push(&moments, (struct moment){w.cursors.item[i].start_ns, 1});
		vec_push(&moments, (struct moment){w.cursors.item[i].end_ns, -1});
	}
	if (moments.count)
		qsort(moments.item, moments.count, sizeof(*moments.item),
			compare_moments);
	for (size_t i = 0; i < moments.count; i++) {
		open += moments.item[i].step;
		most = open > most ? open : most;
	}
	vec_free(&moments);
	free_cursors(&w);
	return most;
}

/*
 * Merges some sections into a file of its own, which becomes an input of the other.
 * *path is, after a failure, the input or the folder of that file.
 */
static int write_group(struct merge *m, size_t first, struct merge *below,
	const char **folder, const char **path, struct ptf_error *err)
{
	int fd = temporary_open(folder), rc;
	char name[32];

	*path = *folder;
	if (fd < 0)
		return merge_fail(err, PTF_ERR_IO, "%s", strerror(errno));
	vec_push(&below->own, fd);
	rc = write_sections(m, first, first + OPEN_MAX_COUNT, fd, path, err);
	*path = *path ? *path : *folder;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return rc < 0 ? rc : merge_add(below, name, err);
}

static int write_in_groups(struct merge *m, size_t all_count, int fd, const char **path,
	struct ptf_error *err)
{
	struct merge_hooks hooks = m->hooks;
	/* What is to be told of the result is found again in it. */
	struct merge *below = merge_new(&m->options, NULL);
	const char *folder = "";
	struct merge_plan plan;
	int rc = 0;

	m->hooks.note = NULL;
	for (size_t i = 0; rc >= 0 && i < all_count; i += OPEN_MAX_COUNT)
		rc = write_group(m, i, below, &folder, path, err);
	m->hooks = below->hooks = hooks;
	if (rc >= 0)
		rc = merge_plan(below, &plan, err);
	if (rc >= 0) {
		rc = merge_write(below, fd, path, err);
		*path = *path ? folder : NULL;
	}
	merge_free(below);
	return rc;
}

int merge_write(struct merge *m, int fd, const char **path, struct ptf_error *err)
{
	size_t all_count;

	/* Sums need no order, so that one input follows the other. */
	if (m->options.aggregate || open_count(m, &all_count) <= OPEN_MAX_COUNT)
		return write_sections(m, 0, SIZE_MAX, fd, path, err);
	return write_in_groups(m, all_count, fd, path, err);
}

bool merge_is_empty(const struct merge *m)
{
	return m->inputs.count == 0;
}

struct merge *merge_new(const struct merge_options *options,
	const struct merge_hooks *hooks)
{
	struct merge *m = memory_zeroed(1, sizeof(*m));

	m->options = *options;
	if (hooks)
		m->hooks = *hooks;
	return m;
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->inputs.count; i++)
		merge_free_input(&m->inputs.item[i]);
	for (size_t i = 0; i < m->own.count; i++)
		close(m->own.item[i]);
	vec_free(&m->own);
	vec_free(&m->inputs);
	vec_free(&m->recordings);
	intern_free(&m->clocks);
	arena_free(&m->arena);
	free(m);
}
