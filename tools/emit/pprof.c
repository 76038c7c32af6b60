/*
 * --to pprof: one gzipped Profile message (schemas/pprof.proto).
 *
 * The message is never held: two protobuf messages one after the other are one
 * in which repeated fields are continued, so each sample, function and text is
 * written as a Profile of its own, at its first use.
 *
 * Every cell of the profile (stack, class, thread) is one sample, and so is every
 * one of its memory (stack, class, process). There are few types of values, because
 * users choose one, and labels for all that is to be filtered and grouped by:
 *
 *     samples, cpu, wall     rows; time on a processor; that and all waits
 *     await                  where there is some: time that tasks were suspended
 *     alloc_space, inuse_space, peak_space, copy_space
 *                            where there is some: bytes allocated, held at the end,
 *                            held at the peak of the process, copied; the first two
 *                            are Go's. Of its alloc_objects and inuse_objects nothing
 *                            is known: blocks are sampled by their bytes
 *     class, detail          python, native, kernel, ..., wait; futex
 *     thread, tid            "worker, thread 4711"; 4711
 *     process, pid, rank, host
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pprof.pb-c.h"

#include "tools/cli/gzip_stream.h"
#include "tools/cli/text.h"
#include "tools/core/class_names.h"
#include "tools/core/hex.h"
#include "tools/core/recordings.h"
#include "tools/emit/registry.h"

typedef Ptf__Pprof__Profile Profile;

enum {
	TYPE_SAMPLES,
	TYPE_CPU,
	TYPE_WALL,
	TYPE_AWAIT,
	TYPE_MEMORY, /* and those that follow, in the order of enum heap_measure */
	TYPE_COUNT = TYPE_MEMORY + HEAP_MEASURE_COUNT,
};

enum { LABEL_COUNT_MAX = 8 };

/* No module is larger; only damaged traces have such offsets. */
#define MODULE_SIZE_MAX (UINT64_C(1) << 40)

/* What is known of a module before its first frame is written. */
struct mapping {
	uint64_t id; /* 0 = not written yet */
	uint64_t start, limit;
	bool lacks_files, lacks_lines, has_inlines;
};

struct writer {
	ProtobufCBuffer buffer; /* first: append() gets its address */
	struct gzip_stream gzip;
	const struct profile *p;
	struct intern texts;
	VEC(struct mapping) mappings; /* [module] */
	VEC(uint64_t) location_ids;   /* [frame], 0 = not written yet; [0] = no stack */
	VEC(uint64_t) function_ids;   /* [function]; [0] = no stack */
	uint64_t mapping_count, location_count, function_count;
	VEC(uint64_t) stack; /* locations */
};

/* Few programs have tasks that await; memory is not always recorded. */
static bool has_type(const struct profile *p, int type)
{
	return type < TYPE_AWAIT || (type == TYPE_AWAIT && p->awaits.count) ||
		(type >= TYPE_MEMORY && profile_has_memory(p));
}

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *data)
{
	struct writer *w = (void *)buffer;

	gzip_write(&w->gzip, data, size);
}

static void put(struct writer *w, const Profile *part)
{
	ptf__pprof__profile__pack_to_buffer(part, &w->buffer);
}

/* ------------------------------------------------------------------ texts */

/* The index of a text in the table; 0 is "". */
static int64_t text(struct writer *w, struct ptf_text t)
{
	Profile part = PTF__PPROF__PROFILE__INIT;
	size_t before = w->texts.items.count;
	char *utf8;
	uint32_t id;

	if (t.size == 0)
		return 0;
	id = intern_bytes(&w->texts, t.data, t.size);
	if (w->texts.items.count == before)
		return id;
	utf8 = text_utf8(t.data, t.size);
	part.n_string_table = 1;
	part.string_table = &utf8;
	put(w, &part);
	free(utf8);
	return id;
}

static int64_t literal(struct writer *w, const char *t)
{
	return text(w, (struct ptf_text){t, strlen(t)});
}

/* Takes a text that was made for it. */
static int64_t made(struct writer *w, char *t)
{
	int64_t id = literal(w, t);

	free(t);
	return id;
}

static int64_t string(struct writer *w, uint32_t id)
{
	return text(w, profile_string(w->p, id));
}

/* --------------------------------------------------------------- locations */

static uint64_t function_id(struct writer *w, uint32_t function)
{
	Ptf__Pprof__Function f = PTF__PPROF__FUNCTION__INIT, *list = &f;
	Profile part = PTF__PPROF__PROFILE__INIT;
	struct profile_function known = profile_get_function(w->p, function);

	vec_cover(&w->function_ids, function);
	if (w->function_ids.item[function])
		return w->function_ids.item[function];
	f.id = w->function_ids.item[function] = ++w->function_count;
	f.name = function ? string(w, known.name)
			  : made(w, report_function_title(w->p, function));
	/* Viewers demangle what has no other name; "<module>" they would not like. */
	f.system_name = known.kind == PTF_FUNCTION_NATIVE ? f.name : 0;
	f.filename = string(w, known.file);
	f.start_line = known.first_line;
	part.n_function = 1;
	part.function = &list;
	put(w, &part);
	return f.id;
}

static int64_t build_id(struct writer *w, uint32_t string_id)
{
	struct ptf_text raw = profile_string(w->p, string_id);
	char *hex = memory_zeroed(raw.size * 2 + 1, 1);

	hex_write(hex, (const uint8_t *)raw.data, raw.size);
	return made(w, hex);
}

static const struct mapping *mapping_of(struct writer *w, uint32_t module)
{
	struct mapping *known = &w->mappings.item[module];
	Ptf__Pprof__Mapping m = PTF__PPROF__MAPPING__INIT, *list = &m;
	Profile part = PTF__PPROF__PROFILE__INIT;

	if (known->id)
		return known;
	m.id = known->id = ++w->mapping_count;
	m.memory_start = known->start;
	m.memory_limit = known->limit;
	m.filename = string(w, profile_get_module(w->p, module).path);
	m.build_id = build_id(w, profile_get_module(w->p, module).build_id);
	/* Else viewers would look for symbols of their own. */
	m.has_functions = true;
	m.has_filenames = !known->lacks_files;
	m.has_line_numbers = !known->lacks_lines;
	m.has_inline_frames = known->has_inlines;
	part.n_mapping = 1;
	part.mapping = &list;
	put(w, &part);
	return known;
}

static uint64_t put_location(struct writer *w, Ptf__Pprof__Location *location,
	const uint32_t *places, size_t count)
{
	Profile part = PTF__PPROF__PROFILE__INIT;
	Ptf__Pprof__Line *line = memory_zeroed(count, sizeof(*line));
	Ptf__Pprof__Line **lines = memory_zeroed(count, sizeof(*lines));

	for (size_t i = 0; i < count; i++) {
		struct profile_place place = profile_get_place(w->p, places[i]);

		ptf__pprof__line__init(&line[i]);
		line[i].function_id = function_id(w, place.function);
		line[i].line = place.line;
		lines[i] = &line[i];
	}
	location->id = ++w->location_count;
	location->n_line = count;
	location->line = lines;
	part.n_location = 1;
	part.location = &location;
	put(w, &part);
	free(lines);
	free(line);
	return location->id;
}

/* Frame 0 is that of rows without a stack, which viewers would not show. */
static uint64_t location_id(struct writer *w, uint32_t frame)
{
	static const uint32_t no_place = 0;
	Ptf__Pprof__Location location = PTF__PPROF__LOCATION__INIT;
	struct profile_frame known = profile_get_frame(w->p, frame);
	const uint32_t *places = &no_place;
	size_t count = 1;
	uint64_t id;

	vec_cover(&w->location_ids, frame);
	if (w->location_ids.item[frame])
		return w->location_ids.item[frame];
	if (frame)
		places = profile_frame_places(w->p, frame, &count);
	if (known.module) {
		const struct mapping *m = mapping_of(w, known.module);

		location.mapping_id = m->id;
		if (known.module_offset < MODULE_SIZE_MAX)
			location.address = m->start + known.module_offset;
	}
	id = put_location(w, &location, places, count);
	w->location_ids.item[frame] = id;
	return id;
}

/*
 * What modules hold, and where they are: a trace knows places in the modules'
 * files, not in memory. So each gets a range of its own of a made-up memory, in
 * which an address minus the start is the offset in the file.
 */
static void lay_out_modules(struct writer *w)
{
	const struct profile *p = w->p;
	uint64_t next = 0x1000000;

	vec_cover(&w->mappings, p->modules.items.count);
	for (uint32_t id = 1; id <= p->frames.items.count; id++) {
		struct profile_frame frame = profile_get_frame(p, id);
		struct mapping *m = &w->mappings.item[frame.module];
		size_t count;
		const uint32_t *places = profile_frame_places(p, id, &count);

		if (frame.module_offset >= m->limit &&
			frame.module_offset < MODULE_SIZE_MAX)
			m->limit = frame.module_offset + 1;
		m->has_inlines = m->has_inlines || count > 1;
		for (size_t i = 0; i < count; i++) {
			struct profile_place place = profile_get_place(p, places[i]);

			if (!profile_get_function(p, place.function).file)
				m->lacks_files = true;
			if (!place.line)
				m->lacks_lines = true;
		}
	}
	for (uint32_t module = 1; module < w->mappings.count; module++) {
		enum { PAGE = 4096 };
		struct mapping *m = &w->mappings.item[module];

		m->start = next;
		m->limit = next + (m->limit + PAGE - 1) / PAGE * PAGE;
		next = m->limit + PAGE;
	}
}

/* The first mapping is what viewers name the profile after. */
static void put_main_program(struct writer *w)
{
	const struct profile_process *process = profile_first_process(w->p);

	for (uint32_t module = 1; module < w->mappings.count; module++)
		if (process &&
			profile_get_module(w->p, module).path == process->executable)
			mapping_of(w, module);
}

/* ------------------------------------------------------------------ samples */

struct labels {
	size_t count;
	Ptf__Pprof__Label item[LABEL_COUNT_MAX], *list[LABEL_COUNT_MAX];
};

static Ptf__Pprof__Label *new_label(struct writer *w, struct labels *l, const char *key)
{
	Ptf__Pprof__Label *label = &l->item[l->count];

	ptf__pprof__label__init(label);
	label->key = literal(w, key);
	l->list[l->count++] = label;
	return label;
}

static void add_label(struct writer *w, struct labels *l, const char *key, int64_t value)
{
	if (value)
		new_label(w, l, key)->str = value;
}

static void add_number(struct writer *w, struct labels *l, const char *key,
	uint32_t value)
{
	Ptf__Pprof__Label *label = new_label(w, l, key);

	label->num = value;
	label->num_unit = literal(w, "id");
}

/* Whose a sample is; 0 = unknown. */
struct origin {
	uint32_t node, class_id, thread, process;
};

static void add_labels(struct writer *w, struct labels *l, struct origin of)
{
	const struct profile *p = w->p;
	struct profile_class cls = profile_get_class(p, of.class_id);
	uint32_t process = of.process;

	add_label(w, l, "class", literal(w, class_name(cls.kind)));
	add_label(w, l, "detail", string(w, cls.detail));
	if (of.thread) {
		const struct profile_thread *t = &p->threads.item[of.thread - 1];

		add_label(w, l, "thread", made(w, report_thread_title(p, of.thread)));
		add_number(w, l, "tid", t->tid);
		process = t->process;
	}
	if (process) {
		add_label(w, l, "process", made(w, report_process_title(p, process)));
		add_number(w, l, "pid", p->processes.item[process - 1].pid);
		add_label(w, l, "rank",
			text(w, profile_process_attribute(p, process, "run.rank")));
		add_label(w, l, "host",
			text(w, profile_process_attribute(p, process, "host.name")));
	}
}

static void put_values(struct writer *w, struct origin of,
	const int64_t value[TYPE_COUNT])
{
	Ptf__Pprof__Sample sample = PTF__PPROF__SAMPLE__INIT, *list = &sample;
	Profile part = PTF__PPROF__PROFILE__INIT;
	struct labels labels = {0};
	int64_t written[TYPE_COUNT];

	for (int type = 0; type < TYPE_COUNT; type++)
		if (has_type(w->p, type))
			written[sample.n_value++] = value[type];
	w->stack.count = 0;
	for (uint32_t node = of.node; node;) {
		struct profile_node n = profile_get_node(w->p, node);

		if (n.frame)
			vec_push(&w->stack, location_id(w, n.frame));
		node = n.parent;
	}
	if (w->stack.count == 0)
		vec_push(&w->stack, location_id(w, 0));
	add_labels(w, &labels, of);
	sample.n_location_id = w->stack.count;
	sample.location_id = w->stack.item;
	sample.value = written;
	sample.n_label = labels.count;
	sample.label = labels.list;
	part.n_sample = 1;
	part.sample = &list;
	put(w, &part);
}

static void put_sample(struct writer *w, const struct profile_cell *c)
{
	uint32_t kind = profile_get_class(w->p, c->class_id).kind;
	const int64_t value[TYPE_COUNT] = {
		[TYPE_SAMPLES] = (int64_t)c->count,
		[TYPE_CPU] = profile_is_off_cpu(kind) ? 0 : c->time_ns,
		[TYPE_WALL] = c->time_ns,
	};

	put_values(w, (struct origin){c->node, c->class_id, c->thread, 0}, value);
}

static void put_await(struct writer *w, const struct profile_cell *c)
{
	const int64_t value[TYPE_COUNT] = {[TYPE_AWAIT] = c->time_ns};

	put_values(w, (struct origin){c->node, c->class_id, c->thread, 0}, value);
}

static void put_memory(struct writer *w, const struct heap_cell *c)
{
	int64_t value[TYPE_COUNT] = {0};

	for (int metric = 0; metric < HEAP_MEASURE_COUNT; metric++)
		value[TYPE_MEMORY + metric] =
			heap_measure_of(&c->use, (enum heap_measure)metric);
	put_values(w, (struct origin){c->node, c->class_id, 0, c->process}, value);
}

/* -------------------------------------------------------- about the whole */

static void comment(struct writer *w, const char *what, const char *value, size_t size)
{
	Profile part = PTF__PPROF__PROFILE__INIT;
	size_t before;
	char *line;
	int64_t id;

	if (!size || asprintf(&line, "%s: %.*s", what, (int)size, value) < 0)
		return;
	/* Sections have much in common. */
	before = w->texts.items.count;
	id = made(w, line);
	if (w->texts.items.count == before)
		return;
	part.n_comment = 1;
	part.comment = &id;
	put(w, &part);
}

static void put_comments(struct writer *w)
{
	static const char *const keys[] = {"run.command", "run.rank", "host.name",
		"host.cpu_model", "sampling.source", "sampling.rate_hz"};
	char *selected = w->p->selection ? selection_text(w->p->selection) : NULL;
	struct recordings recordings;

	if (selected)
		comment(w, "selected", selected, strlen(selected));
	recordings_find(&recordings, w->p);
	for (size_t i = 0; i < recordings.of.count; i++)
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			const struct recording *r = &recordings.of.item[i];
			const struct profile_section *s =
				&w->p->sections.item[r->section];
			struct ptf_text value = r->process
				? profile_process_attribute(w->p, r->process, keys[k])
				: profile_section_attribute(s, keys[k]);

			comment(w, keys[k], value.data, value.size);
		}
	recordings_free(&recordings);
	free(selected);
}

/* Of what was selected. */
static int64_t duration_ns(const struct profile *p)
{
	int64_t end_ns = profile_elapsed_ns(p), from_ns = 0;

	if (p->selection && p->selection->has_time) {
		if (p->selection->from_ns > 0)
			from_ns = p->selection->from_ns;
		if (p->selection->to_ns < end_ns)
			end_ns = p->selection->to_ns;
	}
	return end_ns > from_ns ? end_ns - from_ns : 0;
}

static void put_head(struct writer *w, enum emit_metric metric)
{
	static const char *const name[TYPE_COUNT] = {"samples", "cpu", "wall", "await",
		"alloc_space", "inuse_space", "peak_space", "copy_space"};
	static const int shown_first[] = {
		[EMIT_METRIC_CPU] = TYPE_CPU,
		[EMIT_METRIC_WALL] = TYPE_WALL,
		[EMIT_METRIC_SAMPLES] = TYPE_SAMPLES,
		[EMIT_METRIC_AWAIT] = TYPE_AWAIT,
	};
	Ptf__Pprof__ValueType type[TYPE_COUNT], *types[TYPE_COUNT];
	Ptf__Pprof__ValueType period = PTF__PPROF__VALUE_TYPE__INIT;
	Profile head = PTF__PPROF__PROFILE__INIT;
	char *empty = (char[]){""};

	/* The first text is "", which is not written otherwise. */
	head.n_string_table = 1;
	head.string_table = &empty;
	put(w, &head);

	head = (Profile)PTF__PPROF__PROFILE__INIT;
	for (int i = 0; i < TYPE_COUNT; i++) {
		if (!has_type(w->p, i))
			continue;
		ptf__pprof__value_type__init(&type[i]);
		type[i].type = literal(w, name[i]);
		type[i].unit = literal(w,
			i == TYPE_SAMPLES         ? "count"
				: i < TYPE_MEMORY ? "nanoseconds"
						  : "bytes");
		types[head.n_sample_type++] = &type[i];
	}
	head.sample_type = types;
	head.default_sample_type =
		type[emit_is_memory(metric) ? TYPE_MEMORY + (int)emit_heap_measure(metric)
					    : shown_first[metric]]
			.type;
	head.duration_nanos = duration_ns(w->p);
	if (w->p->sections.count) {
		const struct profile_section *first = &w->p->sections.item[0];

		head.time_nanos = first->origin_realtime_ns;
		if (first->period_ns) {
			period.type = type[TYPE_CPU].type;
			period.unit = type[TYPE_CPU].unit;
			head.period_type = &period;
			head.period = (int64_t)first->period_ns;
		}
	}
	put(w, &head);
}

static int write_pprof(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	static const struct heap_options no_more = {0};
	struct writer w = {.buffer = {append}, .p = p};
	struct heap heap = {0};
	int rc = profile_has_memory(p) ? heap_make(&heap, p, &no_more, err) : 0;

	if (rc < 0)
		return rc;
	gzip_begin(&w.gzip, out);
	put_head(&w, emit_metric(&emit_pprof, options));
	put_comments(&w);
	lay_out_modules(&w);
	put_main_program(&w);
	for (size_t i = 0; i < p->cells.count; i++)
		put_sample(&w, &p->cells.item[i]);
	for (size_t i = 0; i < p->awaits.count; i++)
		put_await(&w, &p->awaits.item[i]);
	for (size_t i = 0; i < heap.cells.count; i++)
		put_memory(&w, &heap.cells.item[i]);
	gzip_end(&w.gzip);
	intern_free(&w.texts);
	vec_free(&w.mappings);
	vec_free(&w.location_ids);
	vec_free(&w.function_ids);
	vec_free(&w.stack);
	heap_free(&heap);
	return 0;
}

const struct emit_format emit_pprof = {
	.name = "pprof",
	.suffix = ".pb.gz .pprof",
	.description = "for go tool pprof, Grafana, speedscope; labels for class, thread",
	.cannot_carry = "times of the samples, source text, counters, marks; memory over "
			"time",
	.is_binary = true,
	.options = EMIT_OPTION_METRIC | EMIT_OPTION_SAMPLES | EMIT_OPTION_AWAIT |
		EMIT_OPTION_MEMORY,
	.metric = EMIT_METRIC_CPU,
	.write = write_pprof,
};
