#include "tools/core/heap_events.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/memory.h"
#include "tools/core/spool_file.h"

#define RUN_COUNT ((size_t)1 << 18)
/* What all runs together are read through; less than a page at a time is slow. */
#define READ_COUNT     ((size_t)1 << 18)
#define READ_COUNT_MIN ((size_t)128)

struct item {
	int64_t time_ns, bytes;
	uint32_t cell;
	uint32_t source; /* thread << 2 | kind */
};

/* A sorted part of the file, and what has been read of it. */
struct run {
	uint64_t at, left; /* next byte; items behind it */
	struct item *buffer;
	size_t next, count; /* of the buffer */
};

struct heap_events {
	struct item *items, *other; /* of run_count; `other` is for sorting */
	size_t run_count, count;
	struct spool_file file; /* fd -1 = no run was full so far */
	uint64_t written;       /* bytes */
	VEC(struct run) runs;
	VEC(uint32_t) queue; /* runs, a binary heap: the first one is the next */
};

static bool is_before(const struct item *a, const struct item *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns;
	return a->source >> 2 < b->source >> 2;
}

/* ------------------------------------------------------------ sorting */

/* Merges [first, middle) and [middle, end) into the same place of `to`. */
static void merge_two(const struct item *from, struct item *to, size_t first,
	size_t middle, size_t end)
{
	size_t a = first, b = middle;

	for (size_t i = first; i < end; i++)
		/* Equal ones stay in their order. */
		to[i] = b == end || (a < middle && !is_before(&from[b], &from[a]))
			? from[a++]
			: from[b++];
}

static size_t end_of_ascent(const struct item *items, size_t first, size_t count)
{
	size_t end = first + 1;

	while (end < count && !is_before(&items[end], &items[end - 1]))
		end++;
	return end;
}

/*
 * A natural merge sort: what is added is in order for long stretches, and often
 * altogether.
 */
static void sort_items(struct heap_events *e)
{
	VEC(size_t) ends = {0}; /* of ascending stretches */

	for (size_t first = 0; first < e->count;) {
		first = end_of_ascent(e->items, first, e->count);
		vec_push(&ends, first);
	}
	while (ends.count > 1) {
		struct item *sorted = e->other;
		size_t first = 0, kept = 0;

		for (size_t i = 0; i < ends.count; i += 2) {
			size_t end = ends.item[i + 1 < ends.count ? i + 1 : i];

			merge_two(e->items, sorted, first, ends.item[i], end);
			ends.item[kept++] = first = end;
		}
		ends.count = kept;
		e->other = e->items;
		e->items = sorted;
	}
	vec_free(&ends);
}

static int write_run(struct heap_events *e, struct ptf_error *err)
{
	int rc = 0;

	if (e->file.fd < 0)
		rc = spool_file_open(&e->file, err);
	if (rc < 0)
		return rc;
	sort_items(e);
	vec_push(&e->runs, (struct run){.at = e->written, .left = e->count});
	spool_file_put(&e->file, e->written, e->items, e->count * sizeof(*e->items));
	e->written += e->count * sizeof(*e->items);
	e->count = 0;
	return spool_file_settle(&e->file, err);
}

/* ------------------------------------------------------------ merging */

static int fill(struct heap_events *e, struct run *run, size_t capacity,
	struct ptf_error *err)
{
	size_t count = run->left < capacity ? (size_t)run->left : capacity;
	int rc = spool_file_get(&e->file, run->at, run->buffer, count * sizeof(*e->items),
		err);

	run->at += count * sizeof(*e->items);
	run->left -= count;
	run->next = 0;
	run->count = count;
	return rc;
}

static bool run_is_before(const struct heap_events *e, uint32_t a, uint32_t b)
{
	const struct run *x = &e->runs.item[a], *y = &e->runs.item[b];

	if (is_before(&x->buffer[x->next], &y->buffer[y->next]))
		return true;
	return a < b && !is_before(&y->buffer[y->next], &x->buffer[x->next]);
}

static void sink(struct heap_events *e, size_t at)
{
	uint32_t *queue = e->queue.item;

	for (size_t child; (child = 2 * at + 1) < e->queue.count; at = child) {
		uint32_t moved = queue[at];

		if (child + 1 < e->queue.count &&
			run_is_before(e, queue[child + 1], queue[child]))
			child++;
		if (!run_is_before(e, queue[child], moved))
			return;
		queue[at] = queue[child];
		queue[child] = moved;
	}
}

static void give_item(const struct item *item,
	void (*give)(void *context, const struct heap_event *event), void *context)
{
	const struct heap_event event = {item->time_ns, item->bytes, item->cell,
		item->source >> 2, item->source & 3};

	give(context, &event);
}

static int give_runs(struct heap_events *e,
	void (*give)(void *context, const struct heap_event *event), void *context,
	struct ptf_error *err)
{
	size_t capacity = READ_COUNT / e->runs.count;
	struct item *buffers;
	int rc = 0;

	if (capacity < READ_COUNT_MIN)
		capacity = READ_COUNT_MIN;
	buffers = memory_resized(NULL, capacity * e->runs.count, sizeof(*buffers));
	for (size_t i = 0; i < e->runs.count && rc >= 0; i++) {
		e->runs.item[i].buffer = buffers + i * capacity;
		rc = fill(e, &e->runs.item[i], capacity, err);
		vec_push(&e->queue, (uint32_t)i);
	}
	for (size_t i = e->queue.count / 2; i > 0 && rc >= 0; i--)
		sink(e, i - 1);
	while (e->queue.count && rc >= 0) {
		struct run *run = &e->runs.item[e->queue.item[0]];

		give_item(&run->buffer[run->next++], give, context);
		if (run->next == run->count && run->left)
			rc = fill(e, run, capacity, err);
		else if (run->next == run->count)
			e->queue.item[0] = e->queue.item[--e->queue.count];
		if (rc >= 0)
			sink(e, 0);
	}
	free(buffers);
	return rc;
}

/* ------------------------------------------------------------- public */

struct heap_events *heap_events_new(size_t run_count)
{
	struct heap_events *e = memory_zeroed(1, sizeof(*e));

	e->run_count = run_count ? run_count : RUN_COUNT;
	e->items = memory_resized(NULL, e->run_count, sizeof(*e->items));
	e->other = memory_resized(NULL, e->run_count, sizeof(*e->other));
	e->file.fd = -1;
	return e;
}

int heap_events_add(struct heap_events *e, const struct heap_event *event,
	struct ptf_error *err)
{
	int rc = e->count == e->run_count ? write_run(e, err) : 0;

	if (rc >= 0)
		e->items[e->count++] = (struct item){event->time_ns, event->bytes,
			event->cell, event->thread << 2 | event->kind};
	return rc;
}

int heap_events_give(struct heap_events *e,
	void (*give)(void *context, const struct heap_event *event), void *context,
	struct ptf_error *err)
{
	int rc = 0;

	if (e->runs.count && e->count)
		rc = write_run(e, err);
	if (rc >= 0 && e->runs.count)
		return give_runs(e, give, context, err);
	sort_items(e);
	for (size_t i = 0; i < e->count && rc >= 0; i++)
		give_item(&e->items[i], give, context);
	return rc;
}

void heap_events_free(struct heap_events *e)
{
	free(e->items);
	free(e->other);
	spool_file_close(&e->file);
	vec_free(&e->runs);
	vec_free(&e->queue);
	free(e);
}
