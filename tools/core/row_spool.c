#include "tools/core/row_spool.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/replay.h"
#include "tools/core/spool_file.h"
#include "tools/core/tracks.h"

#define BUFFER_BYTES ((size_t)256 << 10)

/* In the file before its items; points are items too, as {time, value}. */
struct chunk {
	uint64_t next; /* offset + 1, 0 = none */
	uint64_t count;
};
#define CHUNK_ITEMS ((BUFFER_BYTES - sizeof(struct chunk)) / sizeof(struct spool_row))

struct chain {
	uint64_t first, last; /* offsets + 1, 0 = none */
};

struct row_spool {
	const struct profile *p;
	struct spool_file file;
	VEC(struct chain) rows;       /* [track] */
	VEC(struct chain) points;     /* [counter] */
	struct intern counters;       /* struct spool_counter */
	uint64_t written;             /* bytes of the file */
	size_t buffered;              /* bytes behind those */
	unsigned char *buffer;        /* of BUFFER_BYTES */
	VEC(struct spool_row) on_way; /* to the buffer */
};

/* ---------------------------------------------------------- the file */

static void flush_buffer(struct row_spool *s)
{
	spool_file_put(&s->file, s->written, s->buffer, s->buffered);
	s->written += s->buffered;
	s->buffered = 0;
}

/* ------------------------------------------------------------- chains */

static void append_chunk(struct row_spool *s, struct chain *chain,
	const struct spool_row *items, size_t count)
{
	const struct chunk head = {0, count};
	size_t bytes = count * sizeof(*items);
	uint64_t at, next;

	if (sizeof(head) + bytes > BUFFER_BYTES - s->buffered)
		flush_buffer(s);
	at = s->written + s->buffered;
	next = at + 1;
	if (!chain->first)
		chain->first = next;
	else if (chain->last - 1 >= s->written)
		memcpy(s->buffer + (chain->last - 1 - s->written), &next, sizeof(next));
	else
		spool_file_put(&s->file, chain->last - 1, &next, sizeof(next));
	chain->last = next;
	memcpy(s->buffer + s->buffered, &head, sizeof(head));
	memcpy(s->buffer + s->buffered + sizeof(head), items, bytes);
	s->buffered += sizeof(head) + bytes;
}

static int read_chain(struct row_spool *s, const struct chain *chain,
	void (*give)(void *context, const struct spool_row *item), void *context,
	struct ptf_error *err)
{
	struct chunk head;
	int rc;

	for (uint64_t at = chain->first; at; at = head.next) {
		const struct spool_row *item = (const void *)s->buffer;

		rc = spool_file_get(&s->file, at - 1, &head, sizeof(head), err);
		if (rc >= 0)
			rc = spool_file_get(&s->file, at - 1 + sizeof(head), s->buffer,
				head.count * sizeof(*item), err);
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < head.count; i++)
			give(context, &item[i]);
	}
	return 0;
}

static void append_items(struct row_spool *s, struct chain *chain)
{
	for (size_t i = 0; i < s->on_way.count; i += CHUNK_ITEMS) {
		size_t left = s->on_way.count - i;

		append_chunk(s, chain, s->on_way.item + i,
			left < CHUNK_ITEMS ? left : CHUNK_ITEMS);
	}
}

static void on_rows(void *context, const struct replay_rows *rows)
{
	struct row_spool *s = context;

	s->on_way.count = 0;
	for (size_t i = 0; i < rows->count; i++)
		vec_push(&s->on_way,
			(struct spool_row){rows->time_ns[i], rows->weight_ns[i],
				rows->node[i], rows->class_id[i]});
	append_items(s, &s->rows.item[tracks_index(s->p, rows->section, rows->thread)]);
}

static void on_points(void *context, const struct replay_points *points)
{
	struct row_spool *s = context;
	struct spool_counter counter = {points->section, points->metric, points->process,
		points->thread, points->instance};
	uint32_t id = intern_bytes(&s->counters, &counter, sizeof(counter));

	s->on_way.count = 0;
	for (size_t i = 0; i < points->count; i++)
		vec_push(&s->on_way,
			(struct spool_row){points->time_ns[i], points->values[i], 0, 0});
	vec_cover(&s->points, id - 1);
	append_items(s, &s->points.item[id - 1]);
}

/* ------------------------------------------------------------- public */

int row_spool_make(struct row_spool **spool, const struct profile *p,
	struct ptf_error *err)
{
	struct row_spool *s = memory_zeroed(1, sizeof(*s));
	const struct replay_hooks hooks = {.context = s,
		.rows = on_rows,
		.points = on_points};
	int rc;

	*spool = s;
	s->p = p;
	s->buffer = memory_zeroed(1, BUFFER_BYTES);
	if (p->threads.count + p->sections.count)
		vec_cover(&s->rows, p->threads.count + p->sections.count - 1);
	rc = spool_file_open(&s->file, err);
	if (rc >= 0)
		rc = profile_replay(p, &hooks, err);
	flush_buffer(s);
	if (rc >= 0)
		rc = spool_file_settle(&s->file, err);
	if (rc < 0) {
		row_spool_free(s);
		*spool = NULL;
	}
	return rc;
}

void row_spool_free(struct row_spool *s)
{
	if (!s)
		return;
	spool_file_close(&s->file);
	vec_free(&s->rows);
	vec_free(&s->points);
	vec_free(&s->on_way);
	intern_free(&s->counters);
	free(s->buffer);
	free(s);
}

int row_spool_rows(struct row_spool *s, size_t track,
	void (*row)(void *context, const struct spool_row *row), void *context,
	struct ptf_error *err)
{
	return read_chain(s, &s->rows.item[track], row, context, err);
}

size_t row_spool_counter_count(const struct row_spool *s)
{
	return s->points.count;
}

struct spool_counter row_spool_counter(const struct row_spool *s, size_t counter)
{
	struct ptf_text key = intern_get(&s->counters, (uint32_t)counter + 1);

	return *(const struct spool_counter *)(const void *)key.data;
}

struct point_reader {
	void (*point)(void *context, int64_t time_ns, int64_t value);
	void *context;
};

static void give_point(void *context, const struct spool_row *item)
{
	const struct point_reader *reader = context;

	reader->point(reader->context, item->time_ns, item->weight_ns);
}

int row_spool_points(struct row_spool *s, size_t counter,
	void (*point)(void *context, int64_t time_ns, int64_t value), void *context,
	struct ptf_error *err)
{
	struct point_reader reader = {point, context};

	return read_chain(s, &s->points.item[counter], give_point, &reader, err);
}
