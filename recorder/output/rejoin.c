#include "recorder/output/rejoin.h"

#include <stdlib.h>
#include <string.h>

#include "recorder/output/rejoin_ids.h"
#include "recorder/output/rejoin_levels.h"
#include "recorder/recorded_section.h"

/* Marks of the first section, until all of them are known. */
struct held_marks {
	struct ptf_mark *item;
	size_t count, capacity;
};

struct rejoin {
	struct ptf_writer *writer; /* NULL until the first section has begun */
	int fd;
	int64_t cut_ns;  /* CLOCK_MONOTONIC at time 0 */
	int64_t step_ns; /* resolution of the stamps */
	struct rejoin_ids ids;
	bool is_first;
	int64_t seam_ns; /* CLOCK_MONOTONIC of the section's end, 0 = it is the last */
	int64_t end_ns, clock_ns;

	int64_t *last_ns; /* of each run of a thread's rows, so that they stay in order */
	size_t last_count;
	struct idmap sources, symbols; /* file; frame -> number of its Block */
	uint32_t block_number;
	struct idmap names; /* thread -> name as last told */

	struct held_marks before, after; /* the cut */
	struct rejoin_levels levels;     /* at the cut */
};

static int no_memory(struct ptf_error *err)
{
	*err = (struct ptf_error){.code = PTF_ERR_NOMEM, .message = "out of memory"};
	return PTF_ERR_NOMEM;
}

static uint32_t mapped(const struct rejoin *join, enum rejoin_kind kind, uint32_t id)
{
	return rejoin_id(&join->ids, kind, id);
}

/* A time of the section in the new one. */
static int64_t moved(const struct rejoin *join, int64_t time_ns)
{
	return time_ns + join->ids.shift_ns;
}

/* --------------------------------------------------------- its beginning */

static int begin_section(struct rejoin *join, const struct ptf_section_start *start,
	struct ptf_error *err)
{
	struct ptf_section_start begun = *start;
	int64_t later_ns;
	int rc;

	if (join->is_first) {
		join->step_ns = (int64_t)start->time_resolution_ns;
		later_ns = join->cut_ns - start->origin_monotonic_ns;
		later_ns -= later_ns < 0 ? later_ns : later_ns % join->step_ns;
		join->cut_ns = begun.origin_monotonic_ns += later_ns;
		begun.origin_realtime_ns += later_ns;
		rc = ptf_writer_open(&join->writer, join->fd, NULL, &begun, err);
		if (rc < 0)
			return rc;
		join->ids.writer = join->writer;
	}
	rejoin_ids_enter(&join->ids, start->origin_monotonic_ns,
		start->origin_monotonic_ns - join->cut_ns);
	return 0;
}

/* ------------------------------------------------------------------ rows */

/* Blocks with the time metric and those without follow one another by themselves. */
static size_t run_of(const struct rejoin *join, const struct ptf_samples *s)
{
	size_t run = (size_t)mapped(join, REJOIN_THREAD, s->thread) * 2;

	for (size_t i = 0; i < s->column_count; i++)
		run |= mapped(join, REJOIN_METRIC, s->columns[i].metric) ==
			PTF_TIME_METRIC;
	return run;
}

static int64_t *last_of(struct rejoin *join, size_t run)
{
	if (run >= join->last_count) {
		size_t count = run * 2 + 16;
		int64_t *grown = realloc(join->last_ns, count * sizeof *grown);
		if (!grown)
			return NULL;
		memset(grown + join->last_count, 0,
			(count - join->last_count) * sizeof *grown);
		join->last_ns = grown;
		join->last_count = count;
	}
	return &join->last_ns[run];
}

/* The columns as pieces of the Block's, with other ids. */
static struct ptf_value_column *columns_from(const struct rejoin *join,
	const struct ptf_samples *s, size_t from)
{
	struct ptf_value_column *columns =
		malloc((s->column_count + 1) * sizeof *columns);

	for (size_t i = 0; columns && i < s->column_count; i++) {
		columns[i] = s->columns[i];
		columns[i].metric = mapped(join, REJOIN_METRIC, columns[i].metric);
		columns[i].values += from;
	}
	return columns;
}

static int write_samples(struct rejoin *join, const struct ptf_samples *s, size_t from,
	int64_t *last_ns, struct ptf_error *err)
{
	struct ptf_samples out = *s;
	int64_t *time_ns = malloc((s->count - from) * sizeof *time_ns);
	uint32_t *class_id = malloc((s->count - from) * sizeof *class_id);
	uint32_t *node, *labels = NULL, *task = NULL;
	struct ptf_value_column *columns = columns_from(join, s, from);
	int rc = PTF_ERR_NOMEM;

	out.count -= from;
	out.thread = mapped(join, REJOIN_THREAD, s->thread);
	out.node = node = rejoin_many(&join->ids, REJOIN_NODE, s->node + from, out.count);
	if (s->labels)
		out.labels = labels = rejoin_many(&join->ids, REJOIN_LABEL_SET,
			s->labels + from, out.count);
	if (s->task)
		out.task = task =
			rejoin_many(&join->ids, REJOIN_STRING, s->task + from, out.count);
	out.cpu = s->cpu ? s->cpu + from : NULL;
	out.time_ns = time_ns;
	out.class_id = class_id;
	out.columns = columns;
	if (time_ns && class_id && node && columns && (labels || !s->labels) &&
		(task || !s->task)) {
		for (size_t i = 0; i < out.count; i++) {
			int64_t ns = moved(join, s->time_ns[from + i]);
			*last_ns = time_ns[i] = ns > *last_ns ? ns : *last_ns;
			class_id[i] = rejoin_class(&join->ids, s->class_id[from + i]);
		}
		rc = ptf_writer_samples(join->writer, &out, err);
	} else {
		no_memory(err);
	}
	free(time_ns);
	free(class_id);
	free(node);
	free(labels);
	free(task);
	free(columns);
	return rc;
}

static int take_samples(struct rejoin *join, const struct ptf_samples *s,
	struct ptf_error *err)
{
	int64_t *last_ns = last_of(join, run_of(join, s));
	size_t from = 0;

	if (!last_ns)
		return no_memory(err);
	while (from < s->count && moved(join, s->time_ns[from]) < 0)
		from++;
	return from < s->count ? write_samples(join, s, from, last_ns, err) : 0;
}

static int take_counters(struct rejoin *join, const struct ptf_counters *c,
	struct ptf_error *err)
{
	struct ptf_counters out = *c;
	size_t from = 0;
	int rc = 0;

	out.metric = mapped(join, REJOIN_METRIC, c->metric);
	out.process = mapped(join, REJOIN_PROCESS, c->process);
	out.thread = mapped(join, REJOIN_THREAD, c->thread);
	out.instance = mapped(join, REJOIN_STRING, c->instance);
	while (from < c->count && moved(join, c->time_ns[from]) < 0)
		from++;
	if (from)
		rc = rejoin_levels_take(&join->levels, &out, c->values[from - 1], err);
	if (rc < 0 || from == c->count)
		return rc;
	if (moved(join, c->time_ns[from]) > 0)
		rc = rejoin_levels_write(&join->levels, join->writer, &out, err);
	if (rc < 0)
		return rc;
	out.count -= from;
	out.values += from;
	int64_t *time_ns = malloc(out.count * sizeof *time_ns);
	if (!time_ns)
		return no_memory(err);
	for (size_t i = 0; i < out.count; i++)
		time_ns[i] = moved(join, c->time_ns[from + i]);
	out.time_ns = time_ns;
	rc = ptf_writer_counters(join->writer, &out, err);
	free(time_ns);
	return rc;
}

/* Sums have no time: of the first section all count, also what lies before the cut. */
static int take_aggregates(struct rejoin *join, const struct ptf_aggregates *a,
	struct ptf_error *err)
{
	struct ptf_aggregates out = *a;
	struct ptf_aggregate *rows = malloc((a->count + 1) * sizeof *rows);

	if (!rows)
		return no_memory(err);
	for (size_t i = 0; i < a->count; i++) {
		rows[i] = a->rows[i];
		rows[i].node = mapped(join, REJOIN_NODE, rows[i].node);
		rows[i].class_id = rejoin_class(&join->ids, rows[i].class_id);
		rows[i].thread = mapped(join, REJOIN_THREAD, rows[i].thread);
		rows[i].labels = mapped(join, REJOIN_LABEL_SET, rows[i].labels);
	}
	out.rows = rows;
	out.metric = mapped(join, REJOIN_METRIC, a->metric);
	int rc = ptf_writer_aggregates(join->writer, &out, err);
	free(rows);
	return rc;
}

/* ----------------------------------------------------------------- marks */

/* What a seam made: the regions of one section end, and begin in the next. */
static bool is_of_seam(const struct rejoin *join, const struct ptf_mark *mark)
{
	if (mark->kind == PTF_MARK_END)
		return join->seam_ns &&
			mark->time_ns == join->seam_ns - join->ids.origin_ns;
	return !join->is_first && mark->time_ns == 0 &&
		(mark->kind == PTF_MARK_BEGIN || mark->kind == PTF_MARK_RECORDING_OFF);
}

static int hold(struct held_marks *held, struct ptf_mark mark, struct ptf_error *err)
{
	if (held->count == held->capacity) {
		size_t capacity = held->capacity * 2 + 64;
		struct ptf_mark *grown = realloc(held->item, capacity * sizeof *grown);
		if (!grown)
			return no_memory(err);
		held->item = grown;
		held->capacity = capacity;
	}
	held->item[held->count++] = mark;
	return 0;
}

static void let_go(struct held_marks *held, size_t i)
{
	held->count--;
	memmove(held->item + i, held->item + i + 1,
		(held->count - i) * sizeof *held->item);
}

/* Of what came before the cut only that counts which lasts: regions, being off. */
static int hold_before(struct rejoin *join, struct ptf_mark mark, struct ptf_error *err)
{
	struct held_marks *before = &join->before;
	enum ptf_mark_kind ends = mark.kind == PTF_MARK_END ? PTF_MARK_BEGIN
		: mark.kind == PTF_MARK_RECORDING_ON        ? PTF_MARK_RECORDING_OFF
							    : PTF_MARK_INSTANT;

	for (size_t i = before->count; ends != PTF_MARK_INSTANT && i-- > 0;) {
		const struct ptf_mark *old = &before->item[i];
		if (old->kind == ends && old->thread == mark.thread &&
			old->name == mark.name) {
			let_go(before, i);
			return 0;
		}
	}
	mark.time_ns = 0;
	return mark.kind == PTF_MARK_BEGIN || mark.kind == PTF_MARK_RECORDING_OFF
		? hold(before, mark, err)
		: 0;
}

static int take_marks(struct rejoin *join, const struct ptf_marks *m,
	struct ptf_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < m->count && rc == 0; i++) {
		struct ptf_mark mark = m->rows[i];
		if (is_of_seam(join, &mark))
			continue;
		mark.time_ns = moved(join, mark.time_ns);
		mark.thread = mapped(join, REJOIN_THREAD, mark.thread);
		mark.name = mapped(join, REJOIN_STRING, mark.name);
		rc = mark.time_ns < 0 ? hold_before(join, mark, err)
				      : hold(&join->after, mark, err);
	}
	return rc;
}

static int write_held(struct rejoin *join, struct held_marks *held, struct ptf_error *err)
{
	struct ptf_marks out = {held->item, held->count};

	held->count = 0;
	return out.count ? ptf_writer_marks(join->writer, &out, err) : 0;
}

/* ----------------------------------------------------------------- facts */

/* A thing that is told in each section, the first time. */
static bool is_new(struct idmap *told, uint32_t id, uint32_t what)
{
	const uint32_t *known = id ? idmap_get(told, id) : NULL;

	/* Without memory it is told twice. */
	if (id && !known)
		idmap_set(told, id, what);
	return !known || *known == what;
}

static int take_sources(struct rejoin *join, const struct ptf_facts *f,
	struct ptf_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < f->source_count && rc == 0; i++) {
		struct ptf_source source = f->sources[i];
		source.file = mapped(join, REJOIN_STRING, source.file);
		if (is_new(&join->sources, source.file, join->block_number))
			rc = ptf_writer_facts(join->writer,
				&(struct ptf_facts){.sources = &source,
					.source_count = 1},
				err);
	}
	return rc;
}

/* Those of one frame are in one Block. */
static int take_symbols(struct rejoin *join, const struct ptf_facts *f,
	struct ptf_error *err)
{
	struct ptf_symbol *symbols = malloc((f->symbol_count + 1) * sizeof *symbols);
	struct ptf_facts out = {.symbols = symbols};
	int rc = 0;

	if (!symbols)
		return no_memory(err);
	for (size_t i = 0; i < f->symbol_count; i++) {
		struct ptf_symbol symbol = f->symbols[i];
		symbol.frame = mapped(join, REJOIN_FRAME, symbol.frame);
		symbol.name = mapped(join, REJOIN_STRING, symbol.name);
		symbol.file = mapped(join, REJOIN_STRING, symbol.file);
		if (is_new(&join->symbols, symbol.frame, join->block_number))
			symbols[out.symbol_count++] = symbol;
	}
	if (out.symbol_count)
		rc = ptf_writer_facts(join->writer, &out, err);
	free(symbols);
	return rc;
}

/* At each seam names are told again. */
static int take_names(struct rejoin *join, const struct ptf_facts *f,
	struct ptf_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < f->thread_name_count && rc == 0; i++) {
		struct ptf_thread_name name = f->thread_names[i];
		name.thread = mapped(join, REJOIN_THREAD, name.thread);
		name.name = mapped(join, REJOIN_STRING, name.name);
		name.time_ns = moved(join, name.time_ns);
		const uint32_t *told = idmap_get(&join->names, name.thread);
		if (told && *told == name.name)
			continue;
		if (idmap_set(&join->names, name.thread, name.name) < 0)
			return no_memory(err);
		rc = ptf_writer_facts(join->writer,
			&(struct ptf_facts){.thread_names = &name,
				.thread_name_count = 1},
			err);
	}
	return rc;
}

static int take_image(struct rejoin *join, struct ptf_process_image image,
	struct ptf_error *err)
{
	uint32_t *arguments = rejoin_many(&join->ids, REJOIN_STRING, image.arguments.item,
		image.arguments.count);

	if (!arguments)
		return no_memory(err);
	image.process = mapped(join, REJOIN_PROCESS, image.process);
	image.executable = mapped(join, REJOIN_STRING, image.executable);
	image.arguments.item = arguments;
	image.time_ns = moved(join, image.time_ns);
	int rc = ptf_writer_facts(join->writer,
		&(struct ptf_facts){.process_images = &image, .process_image_count = 1},
		err);
	free(arguments);
	return rc;
}

static int take_lives(struct rejoin *join, const struct ptf_facts *f,
	struct ptf_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < f->process_image_count && rc == 0; i++)
		rc = take_image(join, f->process_images[i], err);
	for (size_t i = 0; i < f->thread_end_count && rc == 0; i++) {
		struct ptf_thread_end end = f->thread_ends[i];
		end.thread = mapped(join, REJOIN_THREAD, end.thread);
		end.time_ns = moved(join, end.time_ns);
		rc = ptf_writer_facts(join->writer,
			&(struct ptf_facts){.thread_ends = &end, .thread_end_count = 1},
			err);
	}
	for (size_t i = 0; i < f->process_end_count && rc == 0; i++) {
		struct ptf_process_end end = f->process_ends[i];
		end.process = mapped(join, REJOIN_PROCESS, end.process);
		end.time_ns = moved(join, end.time_ns);
		if (end.time_ns < 0)
			rejoin_levels_forget(&join->levels, end.process);
		rc = ptf_writer_facts(join->writer,
			&(struct ptf_facts){.process_ends = &end, .process_end_count = 1},
			err);
	}
	return rc;
}

static int take_facts(struct rejoin *join, const struct ptf_facts *f,
	struct ptf_error *err)
{
	int rc = take_sources(join, f, err);

	join->block_number++;
	if (rc == 0)
		rc = take_symbols(join, f, err);
	if (rc == 0)
		rc = take_names(join, f, err);
	return rc == 0 ? take_lives(join, f, err) : rc;
}

static int take_losses(struct rejoin *join, const struct ptf_losses *l,
	struct ptf_error *err)
{
	struct ptf_loss *rows = malloc((l->count + 1) * sizeof *rows);

	if (!rows)
		return no_memory(err);
	for (size_t i = 0; i < l->count; i++) {
		rows[i] = l->rows[i];
		rows[i].kind = mapped(join, REJOIN_STRING, rows[i].kind);
		rows[i].process = mapped(join, REJOIN_PROCESS, rows[i].process);
		rows[i].thread = mapped(join, REJOIN_THREAD, rows[i].thread);
	}
	int rc = ptf_writer_losses(join->writer, &(struct ptf_losses){rows, l->count},
		err);
	free(rows);
	return rc;
}

/* Each section has two: as many as one section would have are enough. */
static int take_clock(struct rejoin *join, const struct ptf_clock *clock,
	struct ptf_error *err)
{
	if (join->clock_ns && join->seam_ns &&
		clock->monotonic_ns - join->clock_ns < SECTION_CLOCK_INTERVAL_NS)
		return 0;
	join->clock_ns = clock->monotonic_ns;
	return ptf_writer_clock(join->writer, clock, err);
}

/* ------------------------------------------------------------------- all */

static int take_block(struct rejoin *join, const struct ptf_block *block,
	struct ptf_error *err)
{
	if (block->kind == PTF_BLOCK_SECTION_START)
		return begin_section(join, &block->section_start, err);
	if (!join->writer)
		return 0;
	switch (block->kind) {
	case PTF_BLOCK_DEFINITIONS:
		return rejoin_ids_define(&join->ids, &block->definitions, err);
	case PTF_BLOCK_SAMPLES:
		return take_samples(join, &block->samples, err);
	case PTF_BLOCK_AGGREGATES:
		return take_aggregates(join, &block->aggregates, err);
	case PTF_BLOCK_COUNTERS:
		return take_counters(join, &block->counters, err);
	case PTF_BLOCK_MARKS:
		return take_marks(join, &block->marks, err);
	case PTF_BLOCK_CLOCK:
		return take_clock(join, &block->clock, err);
	case PTF_BLOCK_FACTS:
		return take_facts(join, &block->facts, err);
	case PTF_BLOCK_LOSSES:
		return take_losses(join, &block->losses, err);
	case PTF_BLOCK_SECTION_END:
		join->end_ns = moved(join, block->section_end.time_ns);
		return 0;
	default: /* prec writes no Edges */
		return 0;
	}
}

struct rejoin *rejoin_new(int fd, uint64_t cut_ns)
{
	struct rejoin *join = calloc(1, sizeof *join);

	if (join) {
		join->fd = fd;
		join->cut_ns = (int64_t)cut_ns;
		join->is_first = true;
	}
	return join;
}

int rejoin_add(struct rejoin *join, const char *path, uint64_t seam_ns,
	struct ptf_error *err)
{
	struct ptf_reader *reader;
	struct ptf_block block;
	int rc = ptf_reader_open(&reader, path, NULL, err);

	if (rc < 0)
		return rc;
	join->seam_ns = (int64_t)seam_ns;
	while ((rc = ptf_reader_next(reader, &block, err)) > 0)
		if ((rc = take_block(join, &block, err)) < 0)
			break;
	ptf_reader_close(reader);
	/* Before the first there may be marks of several Blocks, in any order. */
	if (rc == 0)
		rc = write_held(join, &join->before, err);
	if (rc == 0)
		rc = write_held(join, &join->after, err);
	if (rc == 0 && join->writer)
		rc = rejoin_levels_write(&join->levels, join->writer, NULL, err);
	join->is_first = false;
	return rc;
}

int rejoin_end(struct rejoin *join, struct ptf_error *err)
{
	struct ptf_writer *writer = join->writer;
	int rc = 0;

	join->writer = NULL;
	if (writer)
		rc = ptf_writer_close(writer, join->end_ns, err);
	rejoin_free(join);
	return rc;
}

void rejoin_free(struct rejoin *join)
{
	if (!join)
		return;
	ptf_writer_destroy(join->writer);
	rejoin_ids_finish(&join->ids);
	idmap_finish(&join->sources);
	idmap_finish(&join->symbols);
	idmap_finish(&join->names);
	rejoin_levels_finish(&join->levels);
	free(join->before.item);
	free(join->after.item);
	free(join->last_ns);
	free(join);
}
