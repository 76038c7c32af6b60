/* Blocks of a trace -> profile. */
#include "tools/core/profile_feed.h"

#include <stdlib.h>
#include <string.h>

#include <ptf/reader.h>

#include "tools/core/hex.h"
#include "tools/core/regions.h"
#include "tools/core/replay.h"
#include "tools/core/texts.h"
#include "tools/core/wrapping.h"

/* A source path, by another beginning where one was asked for (--map). */
static uint32_t file_of(const struct profile_feed *in, uint32_t id)
{
	uint32_t file = feed_string(in, id);
	const struct selection *s = in->p->selection;
	struct ptf_text path = intern_get(&in->p->strings, file);

	for (size_t i = 0; s && i < s->path_maps.count; i++) {
		const struct selection_map *map = &s->path_maps.item[i];
		char *text;
		size_t rest;

		if (path.size < map->from.size ||
			memcmp(path.data, map->from.data, map->from.size) != 0)
			continue;
		rest = path.size - map->from.size;
		text = memory_resized(NULL, map->to.size + rest + 1, 1);
		memcpy(text, map->to.data, map->to.size);
		memcpy(text + map->to.size, path.data + map->from.size, rest);
		file = intern_bytes(&in->p->strings, text, map->to.size + rest);
		free(text);
		break;
	}
	return file;
}

/* ------------------------------------------------------------- section */

static uint32_t add_section_part(struct profile_feed *in, const struct profile_section *s)
{
	char id[2 * sizeof(s->trace_id) + 1];
	const struct part part = {.section = in->maps->section,
		.zero_ns = s->origin_monotonic_ns};

	hex_write(id, s->trace_id, sizeof(s->trace_id));
	return parts_add(&in->p->parts, part, (struct ptf_text){id, strlen(id)},
		profile_section_attribute(s, "run.id"));
}

static void take_section_start(struct profile_feed *in, const struct ptf_section_start *s)
{
	struct profile *p = in->p;
	struct profile_section section = {.path = in->path};

	section.producer = feed_string_new(p, s->producer);
	memcpy(section.trace_id, s->trace_id, sizeof(section.trace_id));
	section.origin_monotonic_ns = s->origin_monotonic_ns;
	section.origin_realtime_ns = s->origin_realtime_ns;
	section.period_ns = s->sample_period_ns;
	section.resolution_ns = s->time_resolution_ns;
	section.format_major = s->format_major;
	section.format_minor = s->format_minor;
	for (size_t i = 0; i < s->attributes.count; i++) {
		struct ptf_attribute a = feed_attribute(p, s->attributes.item[i]);

		vec_push(&section.attributes, a);
		if (text_is(a.key, "host.name"))
			section.host = feed_string_new(p, a.value);
		else if (text_is(a.key, "run.command"))
			section.command = feed_string_new(p, a.value);
		else if (text_is(a.key, "run.cwd"))
			section.directory = feed_string_new(p, a.value);
	}
	in->maps = memory_zeroed(1, sizeof(*in->maps));
	in->maps->time_metric = s->time_metric;
	in->maps->section = (uint32_t)p->sections.count;
	in->part_of_process.count = in->part_of_thread.count = 0;
	section.part = add_section_part(in, &section);
	vec_push(&in->maps->kind, (struct section_kind){0}); /* kind 0 */
	vec_push(&p->section_maps, in->maps);
	vec_push(&p->sections, section);
}

struct profile_section *feed_section(struct profile_feed *in)
{
	/* A file whose first Block is lost still has its rows. */
	if (!in->maps)
		take_section_start(in, &(struct ptf_section_start){0});
	return &in->p->sections.item[in->maps->section];
}

void feed_see_time(struct profile_feed *in, int64_t time_ns)
{
	struct profile_section *s = feed_section(in);

	if (!s->has_end && time_ns > s->end_ns)
		s->end_ns = time_ns;
}

/* --------------------------------------------------------- definitions */

static void take_frame(struct profile_feed *in, const struct ptf_frame *d)
{
	struct profile_frame f = {
		.function = id_mapped(&in->maps->function, d->function),
		.line = d->line,
		.module = id_mapped(&in->maps->module, d->module),
		.module_offset = d->module_offset,
	};

	vec_push(&in->maps->frame.id, intern_bytes(&in->p->frames, &f, sizeof(f)));
}

static void take_definitions(struct profile_feed *in, const struct ptf_definitions *d)
{
	struct profile *p = in->p;
	struct section_maps *maps;

	feed_section(in);
	maps = in->maps;
	for (size_t i = 0; i < d->string_count; i++)
		vec_push(&maps->string.id,
			intern_bytes(&p->strings, d->strings[i].data,
				d->strings[i].size));
	for (size_t i = 0; i < d->module_count; i++) {
		struct profile_module m = {feed_string(in, d->modules[i].path),
			feed_string_new(p, d->modules[i].build_id)};

		vec_push(&maps->module.id, intern_bytes(&p->modules, &m, sizeof(m)));
	}
	for (size_t i = 0; i < d->function_count; i++) {
		const struct ptf_function *f = &d->functions[i];
		struct profile_function g = {feed_string(in, f->name),
			file_of(in, f->file), id_mapped(&maps->module, f->module),
			f->kind, f->first_line, f->line_count};

		vec_push(&maps->function.id, intern_bytes(&p->functions, &g, sizeof(g)));
	}
	for (size_t i = 0; i < d->frame_count; i++)
		take_frame(in, &d->frames[i]);
	for (size_t i = 0; i < d->node_count; i++) {
		struct profile_node n = {id_mapped(&maps->node, d->nodes[i].parent),
			id_mapped(&maps->frame, d->nodes[i].frame)};

		vec_push(&maps->node.id, intern_bytes(&p->nodes, &n, sizeof(n)));
	}
	for (size_t i = 0; i < d->class_count; i++) {
		struct profile_class c = {d->classes[i].kind,
			feed_string(in, d->classes[i].detail)};

		vec_push(&maps->class_id.id, intern_bytes(&p->classes, &c, sizeof(c)));
	}
	for (size_t i = 0; i < d->kind_count; i++) {
		struct section_kind k = {id_mapped(&maps->node, d->kinds[i].node),
			section_class(maps, d->kinds[i].class_id)};

		vec_push(&maps->kind, k);
	}
	for (size_t i = 0; i < d->metric_count; i++) {
		const struct ptf_metric *m = &d->metrics[i];
		struct profile_metric g = {feed_string(in, m->name),
			feed_string(in, m->unit), feed_string(in, m->description),
			m->kind, m->addition};

		vec_push(&maps->metric.id, intern_bytes(&p->metrics, &g, sizeof(g)));
		heap_metrics_add(&maps->heap_metrics, profile_string(p, g.name),
			profile_string(p, g.unit));
	}
	for (size_t i = 0; i < d->process_count; i++)
		feed_take_process(in, &d->processes[i]);
	for (size_t i = 0; i < d->thread_count; i++)
		feed_take_thread(in, &d->threads[i]);
}

/* ---------------------------------------------------------------- rows */

static struct profile_metric_use *metric_use(struct profile_feed *in, uint32_t metric)
{
	uint32_t id = id_mapped(&in->maps->metric, metric);

	vec_cover(&in->p->metric_use, id);
	return &in->p->metric_use.item[id];
}

/*
 * All times of a profile together stay below 73 years, so that no sum of any
 * of them can overflow. What is beyond that is damage and is left out.
 */
static void add_time(struct profile *p, struct profile_cell *c, int64_t time_ns)
{
	uint64_t size = time_ns < 0 ? 0 - (uint64_t)time_ns : (uint64_t)time_ns;

	if (size > ((uint64_t)1 << 61) - p->time_seen_ns)
		return;
	p->time_seen_ns += size;
	c->time_ns += time_ns;
}

/* Rows of one thread, by the kinds of a section. */
static void add_rows(struct profile *p, struct kind_cells *known,
	const struct section_maps *maps, uint32_t thread, const uint32_t *kind,
	const int64_t *weight_ns, size_t count)
{
	const uint32_t *cells = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t at = i % KIND_CELLS_ROWS;
		uint32_t cell;
		struct profile_cell *c;

		if (at == 0)
			cells = kind_cells_find(known, maps, &p->cells, thread, kind + i,
				count - i);
		cell = cells[at];
		if (!cell) {
			struct section_kind k = section_kind(maps, kind[i]);

			cell = cells_add(&p->cells,
				(struct cell_key){k.node, k.class_id, thread});
		}
		c = &p->cells.item[cell - 1];
		c->count++;
		add_time(p, c, weight_ns ? weight_ns[i] : 0);
	}
}

static void count_rows(struct profile *p, uint32_t section, uint32_t thread, size_t count)
{
	p->sample_count += count;
	p->sections.item[section].sample_count += count;
	if (thread)
		p->threads.item[thread - 1].sample_count += count;
	if (!thread || !p->threads.item[thread - 1].process)
		p->sections.item[section].ownerless_count += count;
}

/* Memory is no time: only heap.h knows more of it. */
static void count_memory(struct profile *p, uint32_t section, size_t count)
{
	p->memory_count += count;
	p->sections.item[section].memory_count += count;
}

static int64_t sum_of(const int64_t *values, size_t count)
{
	int64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = add_wrapping(sum, values[i]);
	return sum;
}

/* Of the columns about memory, a row has a value of one; the others are 0. */
static size_t count_values(const int64_t *values, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += values[i] != 0;
	return n;
}

static void add_use(struct profile_metric_use *use, uint64_t *count, uint64_t rows,
	int64_t sum)
{
	*count += rows;
	use->sum = add_wrapping(use->sum, sum);
}

static void take_rows(struct profile_feed *in, const struct ptf_samples *s,
	const int64_t *weight, size_t first, size_t end)
{
	struct profile *p = in->p;
	uint32_t thread = id_mapped(&in->maps->thread, s->thread);

	add_rows(p, &in->kind_cells, in->maps, thread, s->kind + first,
		weight ? weight + first : NULL, end - first);
	count_rows(p, in->maps->section, thread, end - first);
}

static void take_samples(struct profile_feed *in, const struct ptf_samples *s)
{
	const struct time_spans *spans;
	const int64_t *weight = NULL;
	struct heap_columns memory;
	bool is_memory = heap_columns_find(&memory, &in->maps->heap_metrics,
		in->maps->time_metric, s);
	size_t at = 0, first, end;

	/* Regions are known only when all has been read: take_regions. */
	if (in->p->selection && in->p->selection->region_globs.count) {
		if (s->count)
			feed_see_time(in, s->time_ns[s->count - 1]);
		return;
	}
	spans = profile_spans(in->p, in->maps->section,
		id_mapped(&in->maps->thread, s->thread));
	for (size_t i = 0; i < s->column_count; i++)
		if (s->columns[i].metric == in->maps->time_metric)
			weight = s->columns[i].values;
	while (spans_next_rows(spans, s->time_ns, s->count, &at, &first, &end)) {
		for (size_t i = 0; i < s->column_count; i++) {
			struct profile_metric_use *use =
				metric_use(in, s->columns[i].metric);
			const int64_t *values = s->columns[i].values + first;

			add_use(use, &use->sample_count,
				is_memory ? count_values(values, end - first)
					  : end - first,
				sum_of(values, end - first));
		}
		if (is_memory)
			count_memory(in->p, in->maps->section, end - first);
		else
			take_rows(in, s, weight, first, end);
		feed_see_time(in, s->time_ns[end - 1]);
	}
}

/* Where the time of a metric is added up; NULL = it is only counted. */
static struct profile_cells *cells_of_metric(struct profile_feed *in, uint32_t metric)
{
	struct profile *p = in->p;
	struct profile_metric m =
		profile_get_metric(p, id_mapped(&in->maps->metric, metric));

	if (metric == in->maps->time_metric)
		return &p->cells;
	if (text_is(profile_string(p, m.name), "await") &&
		text_is(profile_string(p, m.unit), "ns"))
		return &p->awaits;
	return NULL;
}

static void take_aggregates(struct profile_feed *in, const struct ptf_aggregates *a)
{
	struct profile_metric_use *use = metric_use(in, a->metric);
	struct profile_cells *cells = cells_of_metric(in, a->metric);

	/* What has no time is in no part of it. */
	if (profile_spans(in->p, in->maps->section, 0))
		return;
	if (a->count &&
		heap_metric_at(&in->maps->heap_metrics, a->metric) < HEAP_METRIC_COUNT)
		in->p->has_memory_sums = true;
	for (size_t i = 0; i < a->count; i++) {
		const struct ptf_aggregate *r = &a->rows[i];
		struct profile_cell *c;
		uint32_t cell;

		add_use(use, &use->aggregate_count, 1, r->sum);
		if (!cells)
			continue;
		cell = cells_add(cells,
			(struct cell_key){id_mapped(&in->maps->node, r->node),
				section_class(in->maps, r->class_id),
				id_mapped(&in->maps->thread, r->thread)});
		c = &cells->item[cell - 1];
		c->count += r->n;
		add_time(in->p, c, r->sum);
	}
}

/* --------------------------------------------------------------- facts */

/* As far as excerpts let it be known. */
static bool same_file(const struct profile_source *a, const struct profile_source *b,
	struct ptf_text b_text)
{
	if (a->size_bytes != b->size_bytes)
		return false;
	return a->is_excerpt || b->is_excerpt || text_equal(a->text, b_text);
}

static void take_source(struct profile_feed *in, const struct ptf_source *s)
{
	struct profile *p = in->p;
	uint32_t file = file_of(in, s->file);
	uint32_t *index;
	struct profile_source source = {
		.first_line = s->first_line ? s->first_line : 1,
		.line_count = s->line_count,
		.size_bytes = s->size_bytes,
		.is_excerpt = s->is_excerpt,
		.changed_after_start = s->changed_after_start,
	};

	if (!file)
		return;
	vec_cover(&p->source_of_file, file);
	index = &p->source_of_file.item[file];
	/* The first text of a file wins, but a whole one beats an excerpt. */
	if (*index) {
		struct profile_source *first = &p->sources.item[*index - 1];

		first->has_variants |= !same_file(first, &source, s->text);
		source.has_variants = first->has_variants;
		if (!first->is_excerpt || source.is_excerpt)
			return;
	}
	source.text = arena_text(&p->arena, s->text);
	vec_push(&p->sources, source);
	*index = (uint32_t)p->sources.count;
}

static void take_facts(struct profile_feed *in, const struct ptf_facts *f)
{
	struct profile *p = in->p;

	for (size_t i = 0; i < f->source_count; i++)
		take_source(in, &f->sources[i]);
	for (size_t i = 0; i < f->symbol_count; i++) {
		const struct ptf_symbol *s = &f->symbols[i];

		vec_push(&p->symbols,
			(struct ptf_symbol){
				.frame = id_mapped(&in->maps->frame, s->frame),
				.name = feed_string(in, s->name),
				.file = file_of(in, s->file),
				.line = s->line,
				.inline_depth = s->inline_depth,
			});
	}
	feed_take_lives(in, f);
}

static void take_losses(struct profile_feed *in, const struct ptf_losses *l)
{
	struct profile *p = in->p;

	feed_section(in);
	for (size_t i = 0; i < l->count; i++) {
		uint32_t kind = feed_string(in, l->rows[i].kind);
		struct profile_loss *found = NULL;

		for (size_t k = 0; k < p->losses.count && !found; k++)
			if (p->losses.item[k].kind == kind &&
				p->losses.item[k].section == in->maps->section)
				found = &p->losses.item[k];
		if (!found) {
			vec_push(&p->losses,
				(struct profile_loss){kind, in->maps->section, 0, 0});
			found = &p->losses.item[p->losses.count - 1];
		}
		found->count += l->rows[i].count;
		found->weight_ns += l->rows[i].weight_ns;
	}
}

static void take_marks(struct profile_feed *in, const struct ptf_marks *m)
{
	feed_section(in);
	for (size_t i = 0; i < m->count; i++) {
		struct profile_mark mark = {
			.section = in->maps->section,
			.thread = id_mapped(&in->maps->thread, m->rows[i].thread),
			.name = feed_string(in, m->rows[i].name),
			.kind = m->rows[i].kind,
			.time_ns = m->rows[i].time_ns,
		};

		vec_push(&in->p->marks, mark);
		feed_see_time(in, mark.time_ns);
	}
}

void profile_feed_block(struct profile_feed *in, const struct ptf_block *b)
{
	if (b->kind == PTF_BLOCK_SECTION_START)
		take_section_start(in, &b->section_start);
	feed_section(in)->block_count[b->kind]++;
	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		break;
	case PTF_BLOCK_DEFINITIONS:
		take_definitions(in, &b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		take_samples(in, &b->samples);
		break;
	case PTF_BLOCK_AGGREGATES:
		take_aggregates(in, &b->aggregates);
		break;
	case PTF_BLOCK_COUNTERS:
		metric_use(in, b->counters.metric)->point_count += b->counters.count;
		break;
	case PTF_BLOCK_FACTS:
		take_facts(in, &b->facts);
		break;
	case PTF_BLOCK_LOSSES:
		take_losses(in, &b->losses);
		break;
	case PTF_BLOCK_MARKS:
		take_marks(in, &b->marks);
		break;
	case PTF_BLOCK_SECTION_END: {
		struct profile_section *section = feed_section(in);

		section->has_end = true;
		section->end_ns = b->section_end.time_ns;
		break;
	}
	case PTF_BLOCK_EDGES: /* time without stacks: counted only */
		metric_use(in, b->edges.metric)->edge_count += b->edges.count;
		break;
	case PTF_BLOCK_CLOCK:
		break;
	}
}

struct profile_feed *profile_feed_new(struct profile *p, const char *path)
{
	struct profile_feed *feed = memory_zeroed(1, sizeof(*feed));

	feed->p = p;
	feed->path = arena_copy(&p->arena, path, strlen(path));
	return feed;
}

void profile_feed_free(struct profile_feed *feed)
{
	vec_free(&feed->part_of_process);
	vec_free(&feed->part_of_thread);
	kind_cells_free(&feed->kind_cells);
	free(feed);
}

/* *input learns how many Blocks were read, and whether they were damaged. */
static int read_all(struct profile *p, const char *path, struct ptf_reader *reader,
	const struct profile_hooks *hooks, struct profile_input *input,
	struct ptf_error *err)
{
	static const struct profile_hooks no_hooks;
	struct profile_feed *feed = profile_feed_new(p, path);
	struct ptf_block block;
	size_t note_count = 0;
	int rc;

	hooks = hooks ? hooks : &no_hooks;
	while ((rc = ptf_reader_next(reader, &block, err)) > 0) {
		if (hooks->block)
			hooks->block(hooks->context, &block);
		profile_feed_block(feed, &block);
		if (hooks->progress && input->block_count % 16 == 0)
			hooks->progress(hooks->context, path, block.file_offset,
				ptf_reader_file_bytes(reader));
		input->block_count++;
	}
	/* What fails is told by one line, not by what led to it. */
	for (const struct ptf_error *note;
		rc >= 0 && (note = ptf_reader_note(reader, note_count)) != NULL;
		note_count++) {
		if (hooks->note)
			hooks->note(hooks->context, path, note);
		if (note->code != PTF_ERR_TRUNCATED && !input->damage.code)
			input->damage = *note;
	}
	for (uint32_t i = 0; ptf_reader_section(reader, i); i++) {
		input->features_compatible |=
			ptf_reader_section(reader, i)->features_compatible;
		input->features_read_only |=
			ptf_reader_section(reader, i)->features_read_only;
	}
	p->damage_count += note_count;
	profile_feed_free(feed);
	return rc;
}

struct region_rows {
	struct profile *p;
	struct kind_cells kind_cells;
};

static void take_replayed(void *context, const struct replay_rows *rows)
{
	struct region_rows *r = context;

	add_rows(r->p, &r->kind_cells, r->p->section_maps.item[rows->section],
		rows->thread, rows->kind, rows->weight_ns, rows->count);
	count_rows(r->p, rows->section, rows->thread, rows->count);
}

static void count_replayed_memory(void *context, const struct replay_memory *rows)
{
	const struct region_rows *r = context;

	count_memory(r->p, rows->section, rows->count);
}

/* The rows of an input that has been read, now that its regions are known. */
static int take_regions(struct profile *p, const struct profile_input *input,
	struct ptf_error *err)
{
	struct region_rows r = {.p = p};
	const struct replay_hooks hooks = {.context = &r,
		.rows = take_replayed,
		.memory = count_replayed_memory};
	int rc;

	regions_find(p, input->first_section);
	rc = replay_input(p, input, &hooks, err);
	kind_cells_free(&r.kind_cells);
	return rc;
}

int profile_add_reader(struct profile *p, const char *path, struct ptf_reader *reader,
	const struct profile_hooks *hooks, struct ptf_error *err)
{
	struct profile_input input = {.first_section = (uint32_t)p->sections.count};
	int rc = read_all(p, path, reader, hooks, &input, err);

	input.path = arena_copy(&p->arena, path, strlen(path));
	if (profile_keeps_reader(path))
		input.reader = reader;
	vec_push(&p->inputs, input);
	if (rc >= 0 && p->selection && p->selection->region_globs.count)
		rc = take_regions(p, &input, err);
	return rc;
}

/* Standard input cannot be opened a second time. */
bool profile_keeps_reader(const char *path)
{
	return !strcmp(path, "-");
}

int profile_add_file(struct profile *p, const char *path,
	const struct profile_hooks *hooks, struct ptf_error *err)
{
	struct ptf_reader *reader;
	int rc = ptf_reader_open(&reader, path, NULL, err);

	if (rc < 0)
		return rc;
	rc = profile_add_reader(p, path, reader, hooks, err);
	if (!profile_keeps_reader(path))
		ptf_reader_close(reader);
	return rc;
}
