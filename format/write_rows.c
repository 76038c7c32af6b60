#include "format/writing.h"

/* Sources of one Facts Block, roughly. */
#define FACTS_BYTES_MAX ((size_t)4 << 20)

/* ------------------------------------------- profiles without time axis */

static size_t rows_in_block(size_t count, size_t from)
{
	return count - from < PTF_BLOCK_ROWS_MAX ? count - from : PTF_BLOCK_ROWS_MAX;
}

static int put_aggregates(struct ptf_writer *w, const struct ptf_aggregates *in,
	struct ptf_error *err)
{
	int rc = 0;

	NEED_ONE(PTF_ID_METRIC, "metric", in->metric);
	for (size_t i = 0; i < in->count; i++) {
		NEED(PTF_ID_NODE, "node", in->rows[i].node);
		NEED(PTF_ID_CLASS, "class", in->rows[i].class_id);
		NEED(PTF_ID_THREAD, "thread", in->rows[i].thread);
		NEED(PTF_ID_LABEL_SET, "label set", in->rows[i].labels);
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_aggregates part = *in;

		part.rows += from;
		part.count = rows_in_block(in->count, from);
		from += part.count;
		rc = ptf_writing_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_aggregates(&w->payload, &w->arena, &w->rows,
				&part, err);
		if (rc == 0)
			rc = ptf_writing_end_untimed(w, PTF_BLOCK_AGGREGATES, part.count,
				err);
	}
	return rc;
}

int ptf_writer_aggregates(struct ptf_writer *w, const struct ptf_aggregates *aggregates,
	struct ptf_error *err)
{
	GUARDED(w, err, put_aggregates(w, aggregates, err));
}

static int put_edges(struct ptf_writer *w, const struct ptf_edges *in,
	struct ptf_error *err)
{
	int rc = 0;

	NEED_ONE(PTF_ID_METRIC, "metric", in->metric);
	for (size_t i = 0; i < in->count; i++) {
		NEED(PTF_ID_FRAME, "frame", in->rows[i].caller);
		NEED(PTF_ID_FRAME, "frame", in->rows[i].callee);
		NEED(PTF_ID_THREAD, "thread", in->rows[i].thread);
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_edges part = *in;

		part.rows += from;
		part.count = rows_in_block(in->count, from);
		from += part.count;
		rc = ptf_writing_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_edges(&w->payload, &w->arena, &w->rows, &part,
				err);
		if (rc == 0)
			rc = ptf_writing_end_untimed(w, PTF_BLOCK_EDGES, part.count, err);
	}
	return rc;
}

int ptf_writer_edges(struct ptf_writer *w, const struct ptf_edges *edges,
	struct ptf_error *err)
{
	GUARDED(w, err, put_edges(w, edges, err));
}

/* ----------------------------------------------- series, marks, clocks */

static int check_time(int64_t time_ns, const char *what, struct ptf_error *err)
{
	if (time_ns < -PTF_TIME_LIMIT_WRITING || time_ns > PTF_TIME_LIMIT_WRITING)
		return ptf_fail(err, PTF_ERR_USAGE, "time of a %s is out of range", what);
	return 0;
}

static int put_counters(struct ptf_writer *w, const struct ptf_counters *in,
	struct ptf_error *err)
{
	int rc = 0;

	NEED_ONE(PTF_ID_METRIC, "metric", in->metric);
	NEED(PTF_ID_PROCESS, "process", in->process);
	NEED(PTF_ID_THREAD, "thread", in->thread);
	NEED(PTF_ID_STRING, "string", in->instance);
	for (size_t i = 0; i < in->count; i++) {
		rc = check_time(in->time_ns[i], "counter", err);
		if (rc < 0)
			return rc;
		if (i && in->time_ns[i] < in->time_ns[i - 1])
			return ptf_fail(err, PTF_ERR_USAGE,
				"time of a counter decreases");
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_counters part = *in;
		struct ptf_index_block block = {.kind = PTF_BLOCK_COUNTERS,
			.thread = in->thread,
			.is_timed = true};

		part.time_ns += from;
		part.values += from;
		part.count = rows_in_block(in->count, from);
		from += part.count;
		block.rows = (uint32_t)part.count;
		block.first_time_ns =
			part.time_ns[0] - ((int64_t)w->context.resolution_ns - 1);
		block.last_time_ns = part.time_ns[part.count - 1];
		rc = ptf_writing_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_counters(&w->payload, &w->arena, &w->rows, &part,
				w->context.resolution_ns, err);
		if (rc == 0)
			rc = ptf_writing_end_block(w, &block, err);
	}
	return rc;
}

int ptf_writer_counters(struct ptf_writer *w, const struct ptf_counters *counters,
	struct ptf_error *err)
{
	GUARDED(w, err, put_counters(w, counters, err));
}

static int put_marks(struct ptf_writer *w, const struct ptf_marks *in,
	struct ptf_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < in->count; i++) {
		NEED(PTF_ID_THREAD, "thread", in->rows[i].thread);
		NEED(PTF_ID_STRING, "string", in->rows[i].name);
		if ((unsigned)in->rows[i].kind > PTF_MARK_RECORDING_OFF)
			return ptf_fail(err, PTF_ERR_USAGE, "bad kind of mark");
		rc = check_time(in->rows[i].time_ns, "mark", err);
		if (rc < 0)
			return rc;
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_marks part = {in->rows + from, rows_in_block(in->count, from)};
		struct ptf_index_block block = {.kind = PTF_BLOCK_MARKS,
			.rows = (uint32_t)part.count,
			.is_timed = true,
			.first_time_ns = part.rows[0].time_ns,
			.last_time_ns = part.rows[0].time_ns};

		for (size_t i = 1; i < part.count; i++) {
			int64_t t = part.rows[i].time_ns;

			if (t < block.first_time_ns)
				block.first_time_ns = t;
			if (t > block.last_time_ns)
				block.last_time_ns = t;
		}
		from += part.count;
		rc = ptf_writing_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_marks(&w->payload, &w->arena, &part, err);
		if (rc == 0)
			rc = ptf_writing_end_block(w, &block, err);
	}
	return rc;
}

int ptf_writer_marks(struct ptf_writer *w, const struct ptf_marks *marks,
	struct ptf_error *err)
{
	GUARDED(w, err, put_marks(w, marks, err));
}

static int put_clock(struct ptf_writer *w, const struct ptf_clock *clock,
	struct ptf_error *err)
{
	int rc;

	if (clock->boot_id.size != 0 && clock->boot_id.size != 16)
		return ptf_fail(err, PTF_ERR_USAGE, "a boot id has 16 bytes or none");
	rc = ptf_payload_clock(&w->payload, &w->arena, clock, err);
	return rc < 0 ? rc : ptf_writing_end_untimed(w, PTF_BLOCK_CLOCK, 1, err);
}

int ptf_writer_clock(struct ptf_writer *w, const struct ptf_clock *clock,
	struct ptf_error *err)
{
	GUARDED(w, err, put_clock(w, clock, err));
}

/* ------------------------------------------------------ facts, losses */

static int check_facts(struct ptf_writer *w, const struct ptf_facts *f,
	struct ptf_error *err)
{
	for (size_t i = 0; i < f->source_count; i++) {
		NEED(PTF_ID_STRING, "string", f->sources[i].file);
		if (f->sources[i].text.size > PTF_BLOCK_BYTES_MAX / 2)
			return ptf_fail(err, PTF_ERR_LIMIT,
				"a source text is over 8 MiB");
	}
	for (size_t i = 0; i < f->symbol_count; i++) {
		NEED_ONE(PTF_ID_FRAME, "frame", f->symbols[i].frame);
		NEED(PTF_ID_STRING, "string", f->symbols[i].name);
		NEED(PTF_ID_STRING, "string", f->symbols[i].file);
	}
	for (size_t i = 0; i < f->thread_name_count; i++) {
		NEED_ONE(PTF_ID_THREAD, "thread", f->thread_names[i].thread);
		NEED(PTF_ID_STRING, "string", f->thread_names[i].name);
	}
	for (size_t i = 0; i < f->thread_end_count; i++)
		NEED_ONE(PTF_ID_THREAD, "thread", f->thread_ends[i].thread);
	for (size_t i = 0; i < f->process_end_count; i++)
		NEED_ONE(PTF_ID_PROCESS, "process", f->process_ends[i].process);
	for (size_t i = 0; i < f->process_image_count; i++) {
		int rc;

		NEED_ONE(PTF_ID_PROCESS, "process", f->process_images[i].process);
		NEED(PTF_ID_STRING, "string", f->process_images[i].executable);
		rc = ptf_writing_check_strings(w, &f->process_images[i].arguments, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Moves up to `max` items of a list from one set of facts to another. */
#define MOVE(list, count, max)                                                           \
	do {                                                                             \
		part.list = rest.list;                                                   \
		part.count = rest.count < (max) ? rest.count : (max);                    \
		if (part.count)                                                          \
			rest.list += part.count;                                         \
		rest.count -= part.count;                                                \
	} while (0)

static int put_facts(struct ptf_writer *w, const struct ptf_facts *facts,
	struct ptf_error *err)
{
	struct ptf_facts rest = *facts;
	int rc = check_facts(w, facts, err);

	while (rc == 0) {
		struct ptf_facts part = {0};
		size_t sources = 0, bytes = 0, items;

		/* Few large ones or many small ones, but always one. */
		while (sources < rest.source_count &&
			(sources == 0 || bytes < FACTS_BYTES_MAX))
			bytes += rest.sources[sources++].text.size + 64;
		MOVE(sources, source_count, sources);
		MOVE(symbols, symbol_count, PTF_BLOCK_ROWS_MAX);
		MOVE(thread_names, thread_name_count, PTF_BLOCK_ROWS_MAX / 8);
		MOVE(thread_ends, thread_end_count, PTF_BLOCK_ROWS_MAX / 8);
		MOVE(process_ends, process_end_count, PTF_BLOCK_ROWS_MAX / 8);
		MOVE(process_images, process_image_count, 1);
		items = part.source_count + part.symbol_count + part.thread_name_count +
			part.thread_end_count + part.process_end_count +
			part.process_image_count;
		if (items == 0)
			break;
		rc = ptf_writing_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_facts(&w->payload, &w->arena, &part, err);
		if (rc == 0)
			rc = ptf_writing_end_untimed(w, PTF_BLOCK_FACTS, items, err);
	}
	return rc;
}

int ptf_writer_facts(struct ptf_writer *w, const struct ptf_facts *facts,
	struct ptf_error *err)
{
	GUARDED(w, err, put_facts(w, facts, err));
}

static int put_losses(struct ptf_writer *w, const struct ptf_losses *in,
	struct ptf_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < in->count; i++) {
		NEED(PTF_ID_STRING, "string", in->rows[i].kind);
		NEED(PTF_ID_PROCESS, "process", in->rows[i].process);
		NEED(PTF_ID_THREAD, "thread", in->rows[i].thread);
	}
	for (size_t from = 0; rc == 0 && from < in->count;) {
		struct ptf_losses part = {in->rows + from,
			rows_in_block(in->count, from)};

		from += part.count;
		rc = ptf_writing_definitions(w, NULL, err);
		if (rc == 0)
			rc = ptf_payload_losses(&w->payload, &w->arena, &part, err);
		if (rc == 0)
			rc = ptf_writing_end_untimed(w, PTF_BLOCK_LOSSES, part.count,
				err);
	}
	return rc;
}

int ptf_writer_losses(struct ptf_writer *w, const struct ptf_losses *losses,
	struct ptf_error *err)
{
	GUARDED(w, err, put_losses(w, losses, err));
}
