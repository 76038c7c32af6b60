/* Blocks of an input -> the output. */
#include "tools/core/merge_rows.h"

#include <stdlib.h>

static struct merge_recording *recording_at(const struct merge_feed *feed, uint32_t index)
{
	return &feed->section->recordings
			.item[index < feed->section->recordings.count ? index : 0];
}

static struct merge_recording *recording_of_thread(const struct merge_feed *feed,
	uint32_t thread)
{
	return recording_at(feed, merge_recording_of_thread(&feed->people, thread));
}

static struct merge_recording *recording_of_process(const struct merge_feed *feed,
	uint32_t process)
{
	return recording_at(feed, merge_recording_of_process(&feed->people, process));
}

/* From times of the input's section to times of the output's. */
static int64_t shift_of(const struct merge_recording *r)
{
	return add_wrapping(r->start_ns, (int64_t)(0 - (uint64_t)r->was_start_ns));
}

static int64_t moved(struct merge_output *out, const struct merge_recording *r,
	int64_t time_ns)
{
	int64_t at = add_wrapping(time_ns, shift_of(r));

	if (at > out->end_ns)
		out->end_ns = at;
	return at;
}

/* --------------------------------------------------------- definitions */

static void define_process(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_process *p)
{
	struct merge_recording *r =
		recording_at(feed, merge_people_process(&feed->people, p));
	struct ptf_process process = *p;
	uint32_t id = 0;

	if (r->is_double || !merge_wants_next(&feed->ids, process)) {
		/* Another one stands for it, or nobody needs it. */
	} else if (!out->is_copy && merge_is_recording(p, NULL)) {
		id = merge_recording_process(out, r);
	} else if (!out->m->options.aggregate && out->rc == 0) {
		process.parent = merge_id(&feed->ids.process, p->parent);
		if (!process.parent)
			process.parent = merge_recording_process(out, r);
		process.start_ns = add_wrapping(p->start_ns, shift_of(r));
		process.executable = merge_id(&feed->ids.string, p->executable);
		process.arguments = merge_strings(out, &feed->ids, p->arguments);
		merge_did(out, ptf_writer_process(out->w, &process, &id, &out->err));
	}
	vec_push(&feed->ids.process.id, id);
}

static void define_thread(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_thread *t)
{
	struct merge_recording *r =
		recording_at(feed, merge_people_thread(&feed->people, t));
	struct ptf_thread thread = *t;
	uint32_t id = 0;

	if (!r->is_double && merge_wants_next(&feed->ids, thread) &&
		!out->m->options.aggregate && out->rc == 0) {
		thread.process = merge_id(&feed->ids.process, t->process);
		if (!thread.process)
			thread.process = merge_recording_process(out, r);
		thread.start_ns = add_wrapping(t->start_ns, shift_of(r));
		merge_did(out, ptf_writer_thread(out->w, &thread, &id, &out->err));
	}
	vec_push(&feed->ids.thread.id, id);
}

static void take_definitions(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_definitions *d)
{
	merge_define(out, &feed->ids, d);
	for (size_t i = 0; i < d->process_count; i++)
		define_process(out, feed, &d->processes[i]);
	for (size_t i = 0; i < d->thread_count; i++)
		define_thread(out, feed, &d->threads[i]);
}

/* A thread of the output; of a recording that is left out it is 0. */
static uint32_t thread_of(struct merge_output *out, struct merge_feed *feed,
	uint32_t thread)
{
	struct merge_recording *r = recording_of_thread(feed, thread);
	bool is_main = thread == 0 || thread > feed->people.thread_is_main.count ||
		feed->people.thread_is_main.item[thread - 1];

	if (r->is_double)
		return 0;
	if (out->m->options.aggregate || thread == 0)
		return merge_recording_thread(out, r, is_main);
	return merge_id(&feed->ids.thread, thread);
}

/* ---------------------------------------------------------------- rows */

static int64_t bytes_at(const int64_t *column, size_t row)
{
	return column ? column[row] : 0;
}

/* What was held at the peak has no thread: one allocates, another one frees. */
static void follow_memory(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_samples *s, const struct heap_columns *memory)
{
	const struct merge_people *people = &feed->people;
	struct merge_recording *r = recording_of_thread(feed, s->thread);
	struct merge_peak_row row = {.thread = s->thread,
		.process = s->thread && s->thread <= people->thread_process.count
			? people->thread_process.item[s->thread - 1]
			: 0};

	row.key.thread = merge_recording_thread(out, r, true);
	for (size_t i = 0; i < s->count; i++) {
		row.key.node = merge_id(&feed->ids.node, s->node[i]);
		row.key.class_id = merge_class(&feed->ids, s->class_id[i]);
		row.time_ns = s->time_ns[i];
		merge_peaks_take(out, &feed->peaks, &row,
			bytes_at(memory->bytes[HEAP_METRIC_ALLOCATED], i),
			bytes_at(memory->bytes[HEAP_METRIC_FREED], i));
	}
}

static void sum_samples(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_samples *s)
{
	struct merge_sum_key key = {.thread = thread_of(out, feed, s->thread)};
	struct heap_columns memory;
	bool is_memory = heap_columns_find(&memory, &feed->ids.heap_metrics,
		feed->ids.time_metric, s);

	for (size_t k = 0; k < s->column_count; k++) {
		key.metric = merge_id(&feed->ids.metric, s->columns[k].metric);
		for (size_t i = 0; i < s->count; i++) {
			/* A row about memory is one of the value that it has. */
			if (is_memory && !s->columns[k].values[i])
				continue;
			key.node = merge_id(&feed->ids.node, s->node[i]);
			key.class_id = merge_class(&feed->ids, s->class_id[i]);
			key.labels = s->labels
				? merge_id(&feed->ids.label_set, s->labels[i])
				: 0;
			merge_add_value(out, &key, s->columns[k].values[i]);
		}
	}
	for (size_t i = 0; s->task && i < s->count; i++)
		out->dropped_tasks += s->task[i] != 0;
	if (is_memory)
		follow_memory(out, feed, s, &memory);
}

/* Blocks with the time metric and those without follow one another by themselves. */
static int64_t *last_of(struct merge_output *out, const struct merge_feed *feed,
	const struct ptf_samples *s, uint32_t thread)
{
	size_t run = (size_t)thread * 2;

	for (size_t k = 0; k < s->column_count; k++)
		run |= s->columns[k].metric == feed->ids.time_metric;
	while (out->last_ns.count <= run)
		vec_push(&out->last_ns, INT64_MIN);
	return &out->last_ns.item[run];
}

/* The rows of a Block with ids and times of the output, in its scratch. */
static struct ptf_samples translated(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_samples *s)
{
	const struct merge_recording *r = recording_of_thread(feed, s->thread);
	struct ptf_samples t = *s;
	int64_t shift = shift_of(r), *last;

	t.thread = thread_of(out, feed, s->thread);
	last = last_of(out, feed, s, t.thread);
	out->times.count = out->nodes.count = out->classes.count = 0;
	out->labels.count = out->tasks.count = out->columns.count = 0;
	for (size_t i = 0; i < s->count; i++) {
		int64_t at = add_wrapping(s->time_ns[i], shift);

		/* Only where damage mixed Blocks up do times go back. */
		*last = at < *last ? *last : at;
		vec_push(&out->times, *last);
		vec_push(&out->nodes, merge_id(&feed->ids.node, s->node[i]));
		vec_push(&out->classes, merge_class(&feed->ids, s->class_id[i]));
	}
	for (size_t i = 0; s->labels && i < s->count; i++)
		vec_push(&out->labels, merge_id(&feed->ids.label_set, s->labels[i]));
	for (size_t i = 0; s->task && i < s->count; i++)
		vec_push(&out->tasks, merge_id(&feed->ids.string, s->task[i]));
	for (size_t k = 0; k < s->column_count; k++) {
		struct ptf_value_column column = s->columns[k];

		column.metric = merge_id(&feed->ids.metric, column.metric);
		vec_push(&out->columns, column);
	}
	if (*last > out->end_ns)
		out->end_ns = *last;
	t.time_ns = out->times.item;
	t.node = out->nodes.item;
	t.class_id = out->classes.item;
	t.labels = s->labels ? out->labels.item : NULL;
	t.task = s->task ? out->tasks.item : NULL;
	t.columns = out->columns.item;
	return t;
}

/*
 * A thread may go on from an earlier part of its recording under another id here:
 * what is there of it has to be written before.
 */
static void begin_rows(struct merge_output *out, struct merge_recording *r)
{
	if (!r->has_rows && r->first_part && r->first_part != r)
		merge_did(out, ptf_writer_flush(out->w, &out->err));
	r->has_rows = true;
}

static void take_samples(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_samples *s)
{
	struct merge_recording *r = recording_of_thread(feed, s->thread);
	struct ptf_samples rows;

	if (s->count == 0 || r->is_double || out->rc < 0)
		return;
	if (out->m->options.aggregate) {
		sum_samples(out, feed, s);
		return;
	}
	begin_rows(out, r);
	rows = translated(out, feed, s);
	merge_did(out, ptf_writer_samples(out->w, &rows, &out->err));
}

static void take_counters(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_counters *in)
{
	struct ptf_counters series = *in;
	struct merge_recording *r = in->thread ? recording_of_thread(feed, in->thread)
					       : recording_of_process(feed, in->process);

	if (r->is_double || out->rc < 0)
		return;
	series.metric = merge_id(&feed->ids.metric, in->metric);
	if (out->m->options.aggregate) {
		struct merge_sum_key key = {.metric = series.metric,
			.thread = merge_recording_thread(out, r, true)};

		for (size_t i = 0; i < in->count; i++)
			merge_add_value(out, &key, in->values[i]);
		return;
	}
	series.thread = merge_id(&feed->ids.thread, in->thread);
	series.process = merge_id(&feed->ids.process, in->process);
	if (!in->process && !in->thread)
		series.process = merge_recording_process(out, r);
	series.instance = merge_id(&feed->ids.string, in->instance);
	merge_take_points(out, &series, shift_of(r));
}

static void take_marks(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_marks *marks)
{
	for (size_t i = 0; i < marks->count; i++) {
		struct ptf_mark mark = marks->rows[i];
		struct merge_recording *r = recording_of_thread(feed, mark.thread);

		if (r->is_double || out->rc < 0)
			continue;
		if (out->m->options.aggregate) {
			out->dropped_marks++;
			continue;
		}
		mark.time_ns = add_wrapping(mark.time_ns, shift_of(r));
		mark.thread = thread_of(out, feed, mark.thread);
		mark.name = merge_id(&feed->ids.string, mark.name);
		merge_take_mark(out, &mark);
	}
}

static void take_aggregates(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_aggregates *a)
{
	struct ptf_aggregates block = *a;
	VEC(struct ptf_aggregate) rows = {0};

	block.metric = merge_id(&feed->ids.metric, a->metric);
	for (size_t i = 0; i < a->count; i++) {
		struct ptf_aggregate row = a->rows[i];

		if (recording_of_thread(feed, row.thread)->is_double)
			continue;
		row.node = merge_id(&feed->ids.node, row.node);
		row.class_id = merge_class(&feed->ids, row.class_id);
		row.thread = thread_of(out, feed, row.thread);
		row.labels = merge_id(&feed->ids.label_set, row.labels);
		if (out->m->options.aggregate)
			merge_add_sum(out,
				&(struct merge_sum_key){block.metric, row.node,
					row.class_id, row.thread, row.labels},
				a, &row);
		else
			vec_push(&rows, row);
	}
	block.rows = rows.item;
	block.count = rows.count;
	if (out->rc == 0)
		merge_did(out, ptf_writer_aggregates(out->w, &block, &out->err));
	vec_free(&rows);
}

static void take_edges(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_edges *e)
{
	struct ptf_edges block = *e;
	VEC(struct ptf_edge) rows = {0};

	block.metric = merge_id(&feed->ids.metric, e->metric);
	for (size_t i = 0; i < e->count; i++) {
		struct ptf_edge row = e->rows[i];

		if (recording_of_thread(feed, row.thread)->is_double)
			continue;
		row.thread = thread_of(out, feed, row.thread);
		row.caller = merge_id(&feed->ids.frame, row.caller);
		row.callee = merge_id(&feed->ids.frame, row.callee);
		vec_push(&rows, row);
	}
	block.rows = rows.item;
	block.count = rows.count;
	if (out->rc == 0)
		merge_did(out, ptf_writer_edges(out->w, &block, &out->err));
	vec_free(&rows);
}

/* --------------------------------------------------------------- facts */

static void put_image(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_process_image *from)
{
	struct ptf_process_image image = *from;

	if (out->m->options.aggregate)
		merge_peaks_exec(out, &feed->peaks, from->process, from->time_ns);
	image.process = merge_id(&feed->ids.process, from->process);
	if (!image.process || out->rc < 0)
		return;
	image.time_ns =
		moved(out, recording_of_process(feed, from->process), from->time_ns);
	image.executable = merge_id(&feed->ids.string, from->executable);
	image.arguments = merge_strings(out, &feed->ids, from->arguments);
	merge_did(out,
		ptf_writer_facts(out->w,
			&(struct ptf_facts){.process_images = &image,
				.process_image_count = 1},
			&out->err));
}

static void take_thread_facts(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_facts *f)
{
	VEC(struct ptf_thread_name) names = {0};
	VEC(struct ptf_thread_end) ends = {0};

	for (size_t i = 0; i < f->thread_name_count; i++) {
		struct ptf_thread_name n = f->thread_names[i];
		const struct merge_recording *r = recording_of_thread(feed, n.thread);

		n.thread = merge_id(&feed->ids.thread, n.thread);
		n.name = merge_id(&feed->ids.string, n.name);
		if (!n.thread)
			continue;
		n.time_ns = moved(out, r, n.time_ns);
		vec_push(&names, n);
	}
	for (size_t i = 0; i < f->thread_end_count; i++) {
		struct ptf_thread_end e = f->thread_ends[i];
		const struct merge_recording *r = recording_of_thread(feed, e.thread);

		e.thread = merge_id(&feed->ids.thread, e.thread);
		if (!e.thread)
			continue;
		e.time_ns = moved(out, r, e.time_ns);
		vec_push(&ends, e);
	}
	if (out->rc == 0)
		merge_did(out,
			ptf_writer_facts(out->w,
				&(struct ptf_facts){.thread_names = names.item,
					.thread_name_count = names.count,
					.thread_ends = ends.item,
					.thread_end_count = ends.count},
				&out->err));
	vec_free(&names);
	vec_free(&ends);
}

static void add_end(struct ptf_process_end *sum, const struct ptf_process_end *e)
{
	sum->cpu_ns += e->cpu_ns;
	sum->user_ns += e->user_ns;
	sum->system_ns += e->system_ns;
	sum->major_fault_count += e->major_fault_count;
	sum->minor_fault_count += e->minor_fault_count;
	if (e->maximum_rss_bytes > sum->maximum_rss_bytes)
		sum->maximum_rss_bytes = e->maximum_rss_bytes;
	if (e->exit_status > sum->exit_status)
		sum->exit_status = e->exit_status;
}

static void take_process_ends(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_facts *f)
{

	for (size_t i = 0; i < f->process_end_count; i++) {
		struct ptf_process_end e = f->process_ends[i];
		struct merge_recording *r = recording_of_process(feed, e.process);

		/* Ends of recordings are known, and written at the end. */
		if (r->is_double || out->rc < 0 ||
			(!out->is_copy &&
				merge_is_recording_id(&feed->people, e.process)))
			continue;
		if (out->m->options.aggregate) {
			add_end(&r->end, &e);
			continue;
		}
		e.time_ns = moved(out, r, e.time_ns);
		e.process = merge_id(&feed->ids.process, e.process);
		if (e.process)
			merge_did(out,
				ptf_writer_facts(out->w,
					&(struct ptf_facts){.process_ends = &e,
						.process_end_count = 1},
					&out->err));
	}
}

static void take_facts(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_facts *f)
{
	merge_take_sources(out, &feed->ids, f);
	merge_take_symbols(out, &feed->ids, f);
	take_process_ends(out, feed, f);
	take_thread_facts(out, feed, f);
	for (size_t i = 0; i < f->process_image_count; i++)
		put_image(out, feed, &f->process_images[i]);
}

static void take_losses(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_losses *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct ptf_loss loss = l->rows[i];
		struct merge_recording *r = loss.thread
			? recording_of_thread(feed, loss.thread)
			: recording_of_process(feed, loss.process);

		if (r->is_double)
			continue;
		loss.kind = merge_id(&feed->ids.string, loss.kind);
		loss.process = merge_id(&feed->ids.process, loss.process);
		loss.thread = merge_id(&feed->ids.thread, loss.thread);
		if (!loss.process && !loss.thread)
			loss.process = merge_recording_process(out, r);
		merge_take_loss(out, &loss);
	}
}

void merge_feed_block(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_block *b)
{
	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		feed->ids.time_metric = b->section_start.time_metric;
		/* One that is merged defines its recordings itself. */
		if (!feed->section->is_merged && !recording_at(feed, 0)->is_double)
			merge_recording_process(out, recording_at(feed, 0));
		break;
	case PTF_BLOCK_DEFINITIONS:
		take_definitions(out, feed, &b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		take_samples(out, feed, &b->samples);
		break;
	case PTF_BLOCK_AGGREGATES:
		take_aggregates(out, feed, &b->aggregates);
		break;
	case PTF_BLOCK_EDGES:
		take_edges(out, feed, &b->edges);
		break;
	case PTF_BLOCK_COUNTERS:
		take_counters(out, feed, &b->counters);
		break;
	case PTF_BLOCK_MARKS:
		take_marks(out, feed, &b->marks);
		break;
	case PTF_BLOCK_FACTS:
		take_facts(out, feed, &b->facts);
		break;
	case PTF_BLOCK_LOSSES:
		take_losses(out, feed, &b->losses);
		break;
	case PTF_BLOCK_CLOCK: /* of a merge all are known, and written first */
		if (out->is_copy && out->rc == 0)
			merge_did(out, ptf_writer_clock(out->w, &b->clock, &out->err));
		break;
	case PTF_BLOCK_SECTION_END: /* ends are known, or who copies writes it */
		break;
	}
}

bool merge_block_begins(const struct merge_feed *feed, const struct ptf_block *b,
	int64_t *time_ns)
{
	const struct merge_recording *r;

	if (b->kind == PTF_BLOCK_SAMPLES && b->samples.count) {
		r = recording_of_thread(feed, b->samples.thread);
		*time_ns = add_wrapping(b->samples.time_ns[0], shift_of(r));
	} else if (b->kind == PTF_BLOCK_COUNTERS && b->counters.count) {
		r = b->counters.thread ? recording_of_thread(feed, b->counters.thread)
				       : recording_of_process(feed, b->counters.process);
		*time_ns = add_wrapping(b->counters.time_ns[0], shift_of(r));
	} else if (b->kind == PTF_BLOCK_MARKS && b->marks.count) {
		r = recording_of_thread(feed, b->marks.rows[0].thread);
		*time_ns = add_wrapping(b->marks.rows[0].time_ns, shift_of(r));
	} else {
		return false;
	}
	return true;
}

void merge_feed_end(struct merge_output *out, struct merge_feed *feed)
{
	merge_peaks_finish(out, &feed->peaks);
}

void merge_feed_free(struct merge_feed *feed)
{
	merge_peaks_free(feed->peaks);
	feed->peaks = NULL;
	merge_ids_free(&feed->ids);
	merge_people_free(&feed->people);
}
