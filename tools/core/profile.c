#include "tools/core/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/reader.h>

#include "tools/core/names.h"
#include "tools/core/filter.h"
#include "tools/core/recordings.h"
#include "tools/core/section_maps.h"
#include "tools/core/texts.h"
#include "tools/core/wrapping.h"

struct profile *profile_new(void)
{
	struct profile *p = memory_zeroed(1, sizeof(*p));

	/* Class ids 1 to 6 are enum ptf_class, as in a trace. */
	for (uint32_t kind = 1; kind < PTF_CLASS_KIND_COUNT; kind++) {
		struct profile_class c = {kind, 0};

		intern_bytes(&p->classes, &c, sizeof(c));
	}
	return p;
}

void profile_select(struct profile *p, const struct selection *selection)
{
	p->selection = selection;
	if (selection && selection->has_time)
		vec_push(&p->time_spans.span,
			(struct time_span){selection->from_ns, selection->to_ns});
}

const struct time_spans *profile_spans(const struct profile *p, uint32_t section,
	uint32_t thread)
{
	static const struct time_spans none;
	const uint32_t key[2] = {section, thread};

	if (p->selection && p->selection->region_globs.count) {
		uint32_t id = intern_lookup(&p->region_keys, key, sizeof(key));

		return id ? &p->region_spans.item[id - 1] : &none;
	}
	return p->selection && p->selection->has_time ? &p->time_spans : NULL;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->inputs.count; i++)
		ptf_reader_close(p->inputs.item[i].reader);
	for (size_t i = 0; i < p->section_maps.count; i++)
		section_maps_free(p->section_maps.item[i]);
	filter_free(p->filter);
	spans_free(&p->time_spans);
	for (size_t i = 0; i < p->region_spans.count; i++)
		spans_free(&p->region_spans.item[i]);
	vec_free(&p->region_spans);
	intern_free(&p->region_keys);
	parts_free(&p->parts);
	vec_free(&p->inputs);
	vec_free(&p->section_maps);
	for (size_t i = 0; i < p->sections.count; i++)
		vec_free(&p->sections.item[i].attributes);
	for (size_t i = 0; i < p->processes.count; i++) {
		vec_free(&p->processes.item[i].exec_ns);
		vec_free(&p->processes.item[i].arguments);
		vec_free(&p->processes.item[i].attributes);
	}
	for (size_t i = 0; i < p->sources.count; i++)
		vec_free(&p->sources.item[i].line_starts);
	intern_free(&p->strings);
	intern_free(&p->modules);
	intern_free(&p->functions);
	intern_free(&p->frames);
	intern_free(&p->nodes);
	intern_free(&p->classes);
	intern_free(&p->metrics);
	intern_free(&p->places);
	arena_free(&p->arena);
	vec_free(&p->sections);
	vec_free(&p->processes);
	vec_free(&p->threads);
	cells_free(&p->cells);
	cells_free(&p->awaits);
	vec_free(&p->sources);
	vec_free(&p->source_of_file);
	vec_free(&p->metric_use);
	vec_free(&p->losses);
	vec_free(&p->marks);
	vec_free(&p->symbols);
	vec_free(&p->frame_places);
	vec_free(&p->frame_place_start);
	free(p);
}

/* ------------------------------------------------------------- asking */

/* A table whose items are all of one struct; id 0 gives zeros. */
static void fetch(const struct intern *table, uint32_t id, void *item, size_t size)
{
	struct ptf_text bytes = intern_get(table, id);

	if (bytes.size == size)
		memcpy(item, bytes.data, size);
	else
		memset(item, 0, size);
}

#define DEFINE_GET(name, table)                                                          \
	struct profile_##name profile_get_##name(const struct profile *p, uint32_t id)   \
	{                                                                                \
		struct profile_##name item;                                              \
                                                                                         \
		fetch(&p->table, id, &item, sizeof(item));                               \
		return item;                                                             \
	}

DEFINE_GET(module, modules)
DEFINE_GET(function, functions)
DEFINE_GET(frame, frames)
DEFINE_GET(node, nodes)
DEFINE_GET(class, classes)
DEFINE_GET(metric, metrics)
DEFINE_GET(place, places)

struct ptf_text profile_string(const struct profile *p, uint32_t id)
{
	return intern_get(&p->strings, id);
}

void profile_class_times(const struct profile *p, int64_t ns[PTF_CLASS_KIND_COUNT])
{
	memset(ns, 0, PTF_CLASS_KIND_COUNT * sizeof(*ns));
	for (size_t i = 0; i < p->cells.count; i++)
		ns[profile_get_class(p, p->cells.item[i].class_id).kind] +=
			p->cells.item[i].time_ns;
}

static struct ptf_text attribute(const struct ptf_attribute *a, size_t count,
	const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (text_is(a[i].key, key))
			return a[i].value;
	return (struct ptf_text){"", 0};
}

struct ptf_text profile_section_attribute(const struct profile_section *s,
	const char *key)
{
	return attribute(s->attributes.item, s->attributes.count, key);
}

struct ptf_text profile_process_attribute(const struct profile *p, uint32_t id,
	const char *key)
{
	const struct profile_process *process = NULL;

	/* Parents are defined before their children. */
	for (; id; id = process->parent < id ? process->parent : 0) {
		struct ptf_text value;

		process = &p->processes.item[id - 1];
		value = attribute(process->attributes.item, process->attributes.count,
			key);
		if (value.size)
			return value;
	}
	if (!process)
		return (struct ptf_text){"", 0};
	return profile_section_attribute(&p->sections.item[process->section], key);
}

bool profile_is_recording(const struct profile *p, uint32_t process)
{
	return process && p->processes.item[process - 1].recording == process;
}

bool profile_same_recording(const struct profile *p, uint32_t a, uint32_t b)
{
	uint32_t part_a = a ? p->processes.item[a - 1].part : 0;
	uint32_t part_b = b ? p->processes.item[b - 1].part : 0;

	return a && b &&
		(part_a == part_b ||
			(p->parts.of.item[part_a].recording &&
				p->parts.of.item[part_a].recording ==
					p->parts.of.item[part_b].recording));
}

size_t profile_process_count(const struct profile *p)
{
	size_t count = 0;

	for (uint32_t id = 1; id <= p->processes.count; id++)
		count += !profile_is_recording(p, id);
	return count;
}

int64_t profile_axis_time(const struct profile *p, uint32_t section, int64_t time_ns)
{
	return add_wrapping(time_ns, p->sections.item[section].shift_ns);
}

int64_t profile_elapsed_ns(const struct profile *p)
{
	struct recordings all = {0};
	int64_t longest = 0;

	recordings_find(&all, p);
	for (size_t i = 0; i < all.of.count; i++)
		if (all.of.item[i].elapsed_ns > longest)
			longest = all.of.item[i].elapsed_ns;
	recordings_free(&all);
	return longest;
}

const struct profile_process *profile_first_process(const struct profile *p)
{
	for (uint32_t id = 1; id <= p->processes.count; id++)
		if (!profile_is_recording(p, id))
			return &p->processes.item[id - 1];
	return NULL;
}

char *profile_command(const struct profile *p)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return memory_zeroed(1, 1);
	if (p->sections.count && p->sections.item[0].command) {
		struct ptf_text t = profile_string(p, p->sections.item[0].command);

		fwrite(t.data, 1, t.size, f);
	} else if (profile_first_process(p)) {
		const struct profile_process *process = profile_first_process(p);
		struct ptf_text t = profile_string(p, process->executable);

		for (size_t i = 0; i < process->arguments.count; i++) {
			struct ptf_text a = profile_string(p, process->arguments.item[i]);

			fprintf(f, "%s%.*s", i ? " " : "", (int)a.size, a.data);
		}
		if (process->arguments.count == 0)
			fwrite(t.data, 1, t.size, f);
	}
	fclose(f);
	return text;
}

/* -------------------------------------------------------------- places */

static int compare_symbols(const void *a, const void *b)
{
	const struct ptf_symbol *x = a, *y = b;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	if (x->inline_depth != y->inline_depth)
		return x->inline_depth < y->inline_depth ? -1 : 1;
	return 0;
}

static uint32_t place_new(struct profile *p, uint32_t function, uint32_t line)
{
	struct profile_place place = {function, line};

	return intern_bytes(&p->places, &place, sizeof(place));
}

/*
 * "libm.so.6 (no symbols)": one function for all of a module's code that no
 * symbol names, as shares of single addresses say nothing.
 */
static uint32_t nameless_function(struct profile *p, const struct profile_frame *frame)
{
	struct ptf_text base = name_of_path(
		profile_string(p, profile_get_module(p, frame->module).path));
	struct profile_function f = {.kind = PTF_FUNCTION_SYNTHETIC,
		.module = frame->module};
	char *name;
	int size;

	if (!frame->module)
		size = asprintf(&name, "[unknown]");
	else
		size = asprintf(&name, "%.*s (no symbols)", (int)base.size, base.data);
	if (size < 0)
		return 0;
	f.name = intern_bytes(&p->strings, name, (size_t)size);
	free(name);
	return intern_bytes(&p->functions, &f, sizeof(f));
}

static void make_places(struct profile *p)
{
	size_t next = 0;

	if (p->symbols.count)
		qsort(p->symbols.item, p->symbols.count, sizeof(*p->symbols.item),
			compare_symbols);
	while (next < p->symbols.count && p->symbols.item[next].frame == 0)
		next++;
	for (size_t i = 0; i < p->frames.items.count; i++) {
		struct profile_frame frame = profile_get_frame(p, (uint32_t)i + 1);
		size_t before = p->frame_places.count;

		vec_push(&p->frame_place_start, (uint32_t)before);
		for (; next < p->symbols.count && p->symbols.item[next].frame == i + 1;
			next++) {
			const struct ptf_symbol *s = &p->symbols.item[next];
			struct profile_function f = {.name = s->name,
				.file = s->file,
				.module = frame.module,
				.kind = PTF_FUNCTION_NATIVE};
			uint32_t function, place;

			/* Two sections may both tell the same. */
			if (next > 0 && s[-1].frame == s->frame &&
				s[-1].inline_depth == s->inline_depth)
				continue;
			function = intern_bytes(&p->functions, &f, sizeof(f));
			place = place_new(p, function, s->line);
			vec_push(&p->frame_places, place);
		}
		if (p->frame_places.count == before) {
			uint32_t function = frame.function ? frame.function
							   : nameless_function(p, &frame);
			uint32_t place = place_new(p, function, frame.line);

			vec_push(&p->frame_places, place);
		}
	}
	vec_push(&p->frame_place_start, (uint32_t)p->frame_places.count);
}

const uint32_t *profile_frame_places(const struct profile *p, uint32_t frame,
	size_t *count)
{
	*count = p->frame_place_start.item[frame] - p->frame_place_start.item[frame - 1];
	return &p->frame_places.item[p->frame_place_start.item[frame - 1]];
}

void profile_stack(const struct profile *p, uint32_t node, struct id_list *list)
{
	list->count = 0;
	while (node) {
		struct profile_node n = profile_get_node(p, node);
		size_t count = 0;
		const uint32_t *place =
			n.frame ? profile_frame_places(p, n.frame, &count) : NULL;

		for (size_t i = 0; i < count; i++)
			vec_push(list, place[i]);
		node = n.parent;
	}
}

/* ------------------------------------------------------------- sources */

static void find_lines(struct profile_source *s)
{
	const char *text = s->text.data;
	size_t at = 0;

	while (at < s->text.size) {
		const char *end = memchr(text + at, '\n', s->text.size - at);

		vec_push(&s->line_starts, (uint32_t)at);
		at = end ? (size_t)(end - text) + 1 : s->text.size;
	}
	/* Only a damaged trace has such lines; sums of them must not wrap. */
	if (s->first_line > UINT32_MAX - 1 - s->line_starts.count)
		s->first_line = 1;
}

const struct profile_source *profile_source_of(const struct profile *p, uint32_t file)
{
	uint32_t index =
		file && file < p->source_of_file.count ? p->source_of_file.item[file] : 0;

	return index ? &p->sources.item[index - 1] : NULL;
}

bool profile_source_line(const struct profile_source *s, uint32_t line,
	struct ptf_text *text)
{
	size_t index, start, end;

	if (!s || line < s->first_line || line - s->first_line >= s->line_starts.count)
		return false;
	index = line - s->first_line;
	start = s->line_starts.item[index];
	end = index + 1 < s->line_starts.count ? s->line_starts.item[index + 1]
					       : s->text.size;
	while (end > start &&
		(s->text.data[end - 1] == '\n' || s->text.data[end - 1] == '\r'))
		end--;
	*text = (struct ptf_text){s->text.data + start, end - start};
	return true;
}

/* ---------------------------------------------------------- finishing */

/* Parts of one recording lie as far apart as its own clock says. */
static void shift_parts(struct profile *p)
{
	for (size_t i = 0; i < p->sections.count; i++) {
		struct profile_section *s = &p->sections.item[i];
		uint32_t first = parts_first(&p->parts, s->part);

		s->shift_ns =
			add_wrapping(p->sections.item[p->parts.of.item[first].section]
					     .shift_ns,
				subtract_wrapping(p->parts.of.item[s->part].zero_ns,
					p->parts.of.item[first].zero_ns));
	}
}

static void shift_sections(struct profile *p)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < p->sections.count; i++)
		p->sections.item[i].shift_ns = p->sections.item[i].origin_realtime_ns;
	shift_parts(p);
	for (size_t i = 0; i < p->sections.count; i++)
		if (p->sections.item[i].shift_ns < first)
			first = p->sections.item[i].shift_ns;
	for (size_t i = 0; i < p->sections.count; i++)
		/* Hostile origins may lie further apart than a number reaches. */
		if (__builtin_sub_overflow(p->sections.item[i].shift_ns, first,
			    &p->sections.item[i].shift_ns))
			p->sections.item[i].shift_ns = 0;
}

/* Only what is selected stays. */
static void drop_cells(struct profile *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->cells.count; i++) {
		struct profile_cell *c = &p->cells.item[i];

		if (filter_keeps(p->filter, c->node, c->class_id, c->thread)) {
			p->cells.item[kept++] = *c;
			continue;
		}
		p->sample_count -= c->count;
		if (c->thread)
			p->threads.item[c->thread - 1].sample_count -= c->count;
	}
	p->cells.count = kept;
	cells_settle(&p->cells);
}

static void drop_awaits(struct profile *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->awaits.count; i++) {
		struct profile_cell c = p->awaits.item[i];

		if (filter_keeps(p->filter, c.node, c.class_id, c.thread))
			p->awaits.item[kept++] = c;
	}
	p->awaits.count = kept;
	cells_settle(&p->awaits);
}

static void drop_marks(struct profile *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->marks.count; i++)
		if (spans_have(&p->time_spans, p->marks.item[i].time_ns))
			p->marks.item[kept++] = p->marks.item[i];
	p->marks.count = kept;
}

void profile_finish(struct profile *p)
{
	make_places(p);
	for (size_t i = 0; i < p->sources.count; i++)
		find_lines(&p->sources.item[i]);
	shift_sections(p);
	if (p->selection && selection_is_partial(p->selection)) {
		p->filter = filter_new(p, p->selection);
		drop_cells(p);
		drop_awaits(p);
		if (p->selection->has_time)
			drop_marks(p);
	}
}
