/* Small things that make large Blocks: losses, points of counters, marks. */
#include <stdlib.h>

#include "tools/core/merge_output.h"

/* Of all series together, and of marks, before they are written. */
#define POINTS_MAX ((size_t)1 << 19)
#define MARKS_MAX  ((size_t)1 << 14)

/* -------------------------------------------------------------- losses */

struct loss_key {
	uint32_t kind, process, thread;
};

void merge_take_loss(struct merge_output *out, const struct ptf_loss *loss)
{
	struct loss_key key = {loss->kind, loss->process, loss->thread};
	uint32_t id = intern_bytes(&out->loss_keys, &key, sizeof(key));

	if (id > out->losses.count) {
		vec_push(&out->losses, *loss);
		return;
	}
	out->losses.item[id - 1].count += loss->count;
	out->losses.item[id - 1].weight_ns += loss->weight_ns;
}

/* ------------------------------------------------------------ counters */

static void put_series(struct merge_output *out, struct merge_series *s)
{
	struct ptf_counters c = {s->metric, s->process, s->thread, s->instance,
		s->times.count, s->times.item, s->values.item};

	merge_did(out, ptf_writer_counters(out->w, &c, &out->err));
	out->point_count -= s->times.count;
	vec_free(&s->times);
	vec_free(&s->values);
}

static void put_all_series(struct merge_output *out)
{
	for (size_t i = 0; i < out->series.count; i++)
		if (out->series.item[i].times.count)
			put_series(out, &out->series.item[i]);
}

void merge_take_points(struct merge_output *out, const struct ptf_counters *c,
	int64_t shift_ns)
{
	uint32_t key[4] = {c->metric, c->process, c->thread, c->instance};
	uint32_t id = intern_bytes(&out->series_keys, key, sizeof(key));
	struct merge_series *s;

	vec_cover(&out->series, id - 1);
	s = &out->series.item[id - 1];
	s->metric = c->metric;
	s->process = c->process;
	s->thread = c->thread;
	s->instance = c->instance;
	for (size_t i = 0; i < c->count; i++) {
		int64_t at = add_wrapping(c->time_ns[i], shift_ns);

		if (s->times.count && at < s->times.item[s->times.count - 1])
			put_series(out, s);
		vec_push(&s->times, at);
		vec_push(&s->values, c->values[i]);
		out->point_count++;
		if (at > out->end_ns)
			out->end_ns = at;
	}
	if (out->point_count >= POINTS_MAX)
		put_all_series(out);
}

/* --------------------------------------------------------------- marks */

static void put_marks(struct merge_output *out)
{
	merge_did(out,
		ptf_writer_marks(out->w,
			&(struct ptf_marks){out->marks.item, out->marks.count},
			&out->err));
	out->marks.count = 0;
}

void merge_take_mark(struct merge_output *out, const struct ptf_mark *mark)
{
	vec_push(&out->marks, *mark);
	if (mark->time_ns > out->end_ns)
		out->end_ns = mark->time_ns;
	if (out->marks.count >= MARKS_MAX)
		put_marks(out);
}

void merge_put_gathered(struct merge_output *out)
{
	put_all_series(out);
	put_marks(out);
	merge_did(out,
		ptf_writer_losses(out->w,
			&(struct ptf_losses){out->losses.item, out->losses.count},
			&out->err));
}
