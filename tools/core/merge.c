/* The second pass: all inputs into one section. */
#include "tools/core/merge.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tools/core/merge_rows.h"

/* A section of an input that is being read. */
struct cursor {
	const struct merge_input *input;
	struct merge_feed feed;
	struct ptf_reader *reader; /* NULL = not yet opened, or at its end */
	int64_t at_ns; /* where its last Block with times began; at first its start */
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

/* Moves a cursor's place in the heap down from the top. */
static void sink(struct writing *w)
{
	struct cursor **heap = w->heap.item, *top;
	size_t at = 0, child;

	if (!w->heap.count)
		return;
	top = heap[0];
	while ((child = 2 * at + 1) < w->heap.count) {
		if (child + 1 < w->heap.count &&
			heap[child + 1]->at_ns < heap[child]->at_ns)
			child++;
		if (heap[child]->at_ns >= top->at_ns)
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
	while (at && w->heap.item[(at - 1) / 2]->at_ns > c->at_ns) {
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

static void add_cursors(struct writing *w)
{
	for (size_t i = 0; i < w->m->inputs.count; i++) {
		struct merge_input *input = &w->m->inputs.item[i];

		for (size_t k = 0; k < input->sections.count; k++) {
			struct cursor c = {.input = input,
				.feed.section = &input->sections.item[k],
				.at_ns = INT64_MAX};

			for (size_t n = 0; n < c.feed.section->recordings.count; n++) {
				const struct merge_recording *r =
					&c.feed.section->recordings.item[n];

				if (!r->is_double && r->start_ns < c.at_ns)
					c.at_ns = r->start_ns;
			}
			/* All of it is in other inputs, too. */
			if (c.at_ns == INT64_MAX)
				continue;
			vec_push(&w->cursors, c);
		}
	}
	w->all_count = w->cursors.count;
}

int merge_write(struct merge *m, int fd, const char **path, struct ptf_error *err)
{
	struct writing w = {.m = m, .out = {.m = m}};
	struct merge_output *out = &w.out;
	int rc;

	add_cursors(&w);
	if (merge_output_open(out, fd))
		write_section(&w);
	if (out->rc < 0)
		ptf_writer_destroy(out->w);
	else
		merge_did(out, ptf_writer_close(out->w, out->end_ns, &out->err));
	rc = out->rc;
	*err = out->err;
	*path = out->is_input_wrong ? w.path : NULL;
	for (size_t i = 0; i < w.cursors.count; i++)
		close_cursor(&w.cursors.item[i]);
	vec_free(&w.cursors);
	vec_free(&w.heap);
	merge_output_free(out);
	return rc;
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
	vec_free(&m->inputs);
	vec_free(&m->recordings);
	intern_free(&m->clocks);
	arena_free(&m->arena);
	free(m);
}
