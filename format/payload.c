#include "format/payload.h"

#include <stdlib.h>
#include <string.h>

#include "ptf-wire.pb-c.h"

#include "format/fail.h"
#include "format/rows.h"

/* ------------------------------------------------- messages in general */

static void *arena_alloc(void *arena, size_t size)
{
	return ptf_arena_alloc(arena, size);
}

static void arena_free(void *arena, void *data)
{
	(void)arena;
	(void)data;
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *message,
	uint32_t number)
{
	return protobuf_c_message_descriptor_get_field(message, number);
}

/*
 * protobuf lets a later value replace an earlier one. For columns that would
 * make two readers see two things, so that a repeated one is refused. Fields
 * are few (below 64), messages nest no deeper than the schema.
 */
static bool is_well_formed(const ProtobufCMessageDescriptor *message,
	struct ptf_view bytes)
{
	struct ptf_cursor c = ptf_cursor(bytes);
	uint64_t seen = 0;

	while (c.at != c.end) {
		const ProtobufCFieldDescriptor *d;
		struct ptf_field f;

		if (!ptf_cursor_field(&c, &f))
			return false;
		d = field_of(message, f.number);
		if (!d)
			continue;
		if (d->label != PROTOBUF_C_LABEL_REPEATED &&
			(d->type == PROTOBUF_C_TYPE_BYTES ||
				d->type == PROTOBUF_C_TYPE_MESSAGE)) {
			uint64_t bit = UINT64_C(1) << ((d - message->fields) & 63);

			if (seen & bit)
				return false;
			seen |= bit;
		}
		if (d->type == PROTOBUF_C_TYPE_MESSAGE &&
			(f.wire_type != PTF_WIRE_LENGTH ||
				!is_well_formed(d->descriptor, f.value)))
			return false;
	}
	return true;
}

/* Views and texts of what protobuf-c unpacked. */
static struct ptf_view view(ProtobufCBinaryData data)
{
	return (struct ptf_view){data.data, data.len};
}

static struct ptf_text text(ProtobufCBinaryData data)
{
	return (struct ptf_text){(const char *)data.data, data.len};
}

static int fail_decode(const struct ptf_arena *arena, const char *what,
	struct ptf_error *err)
{
	if (arena->over_limit)
		return ptf_fail(err, PTF_ERR_LIMIT, "%s: takes too much memory", what);
	if (arena->no_memory)
		return ptf_fail_nomem(err);
	return ptf_fail(err, PTF_ERR_CORRUPT, "%s: bad message", what);
}

/* ------------------------------------------------------------- reading */

static bool ids(struct ptf_arena *arena, ProtobufCBinaryData column, struct ptf_ids *out)
{
	out->count = ptf_varint_count(view(column));
	out->item = ptf_column_u32(arena, view(column), out->count);
	return out->item != NULL;
}

static bool attributes(struct ptf_arena *arena, Ptf__Attribute *const *in, size_t count,
	struct ptf_attributes *out)
{
	struct ptf_attribute *item = ptf_arena_array(arena, count, sizeof(*item));

	for (size_t i = 0; item && i < count; i++)
		item[i] = (struct ptf_attribute){text(in[i]->key), text(in[i]->value)};
	*out = (struct ptf_attributes){item, count};
	return item != NULL;
}

/* What a later version added to an enum reads as its first value. */
static int known_or_0(int value, int highest)
{
	return value >= 0 && value <= highest ? value : 0;
}

static bool get_section_start(struct ptf_arena *arena, const Ptf__SectionStart *in,
	struct ptf_section_start *out)
{
	if (in->trace_id.len != sizeof(out->trace_id))
		return false;
	*out = (struct ptf_section_start){.format_major = in->format_major,
		.format_minor = in->format_minor,
		.features_compatible = in->features_compatible,
		.features_read_only = in->features_read_only,
		.features_incompatible = in->features_incompatible,
		.producer = text(in->producer),
		.origin_monotonic_ns = in->origin_monotonic_ns,
		.origin_realtime_ns = in->origin_realtime_ns,
		.time_resolution_ns = in->time_resolution_ns ? in->time_resolution_ns : 1,
		.sample_period_ns = in->sample_period_ns,
		.time_metric = in->time_metric};
	memcpy(out->trace_id, in->trace_id.data, sizeof(out->trace_id));
	return attributes(arena, in->attribute, in->n_attribute, &out->attributes);
}

static bool get_lists(struct ptf_arena *arena, const Ptf__Definitions *in,
	struct ptf_definitions *out)
{
	struct ptf_text *strings = ptf_arena_array(arena, in->n_string, sizeof(*strings));
	struct ptf_module *modules =
		ptf_arena_array(arena, in->n_module, sizeof(*modules));
	struct ptf_metric *metrics =
		ptf_arena_array(arena, in->n_metric, sizeof(*metrics));
	struct ptf_class_descriptor *classes =
		ptf_arena_array(arena, in->n_class_descriptor, sizeof(*classes));
	struct ptf_label_set *sets =
		ptf_arena_array(arena, in->n_label_set, sizeof(*sets));
	struct ptf_process *processes =
		ptf_arena_array(arena, in->n_process, sizeof(*processes));
	struct ptf_thread *threads =
		ptf_arena_array(arena, in->n_thread, sizeof(*threads));

	if (!strings || !modules || !metrics || !classes || !sets || !processes ||
		!threads)
		return false;
	for (size_t i = 0; i < in->n_string; i++)
		strings[i] = text(in->string[i]);
	for (size_t i = 0; i < in->n_module; i++)
		modules[i] = (struct ptf_module){in->module[i]->path,
			text(in->module[i]->build_id)};
	for (size_t i = 0; i < in->n_metric; i++) {
		const Ptf__MetricDescriptor *m = in->metric[i];

		metrics[i] = (struct ptf_metric){m->name, m->unit,
			(enum ptf_metric_kind)known_or_0(m->kind, PTF_METRIC_TOTAL),
			(enum ptf_addition)known_or_0(m->addition, PTF_ADD_LAST),
			m->description};
	}
	for (size_t i = 0; i < in->n_class_descriptor; i++) {
		const Ptf__ClassDescriptor *c = in->class_descriptor[i];

		classes[i] =
			(struct ptf_class_descriptor){(enum ptf_class)known_or_0(c->kind,
							      PTF_CLASS_WAIT),
				c->detail};
	}
	for (size_t i = 0; i < in->n_label_set; i++) {
		if (!ids(arena, in->label_set[i]->key, &sets[i].keys) ||
			!ids(arena, in->label_set[i]->value, &sets[i].values) ||
			sets[i].keys.count != sets[i].values.count)
			return false;
	}
	for (size_t i = 0; i < in->n_process; i++) {
		const Ptf__Process *p = in->process[i];

		processes[i] = (struct ptf_process){.pid = p->pid,
			.parent = p->parent,
			.start_ns = p->start_ns,
			.executable = p->executable};
		if (!ids(arena, p->argument, &processes[i].arguments) ||
			!attributes(arena, p->attribute, p->n_attribute,
				&processes[i].attributes))
			return false;
	}
	for (size_t i = 0; i < in->n_thread; i++) {
		const Ptf__Thread *t = in->thread[i];

		threads[i] =
			(struct ptf_thread){t->process, t->tid, t->is_main, t->start_ns};
	}
	out->strings = strings;
	out->string_count = in->n_string;
	out->modules = modules;
	out->module_count = in->n_module;
	out->metrics = metrics;
	out->metric_count = in->n_metric;
	out->classes = classes;
	out->class_count = in->n_class_descriptor;
	out->label_sets = sets;
	out->label_set_count = in->n_label_set;
	out->processes = processes;
	out->process_count = in->n_process;
	out->threads = threads;
	out->thread_count = in->n_thread;
	return true;
}

static int get_definitions(struct ptf_arena *arena, const Ptf__Definitions *in,
	const struct ptf_payload_context *context, struct ptf_definitions *out,
	struct ptf_error *err)
{
	struct ptf_definition_columns columns = {view(in->first), view(in->function_name),
		view(in->function_file), view(in->function_module),
		view(in->function_kind), view(in->function_first_line),
		view(in->function_line_count), view(in->frame_scope),
		view(in->frame_position), view(in->node_parent), view(in->node_frame),
		view(in->kind_node), view(in->kind_class)};

	*out = (struct ptf_definitions){0};
	if (!get_lists(arena, in, out))
		return fail_decode(arena, "definitions", err);
	return ptf_definitions_decode(arena, &columns, &context->first_lines, out, err);
}

static int get_samples(struct ptf_arena *arena, const Ptf__Samples *in,
	const struct ptf_payload_context *context, struct ptf_samples *out,
	struct ptf_error *err)
{
	struct ptf_samples_wire wire = {.thread = in->thread,
		.count = in->count,
		.period_ns = in->period_ns,
		.stamps = {in->start, view(in->shift_gap), view(in->shift),
			view(in->late)},
		.kinds = {view(in->kind_low), view(in->kind_high)},
		.labels_gap = view(in->labels_gap),
		.labels = view(in->labels),
		.cpu_gap = view(in->cpu_gap),
		.cpu = view(in->cpu),
		.task_gap = view(in->task_gap),
		.task = view(in->task),
		.value_count = in->n_value};
	struct ptf_value_wire *values;

	if (context->skip_samples) {
		*out = (struct ptf_samples){.thread = in->thread,
			.count = in->count,
			.period_ns = in->period_ns};
		return 0;
	}
	values = ptf_arena_array(arena, in->n_value, sizeof(*values));
	if (!values)
		return fail_decode(arena, "samples", err);
	for (size_t i = 0; i < in->n_value; i++) {
		const Ptf__ValueColumn *v = in->value[i];

		values[i] = (struct ptf_value_wire){v->metric, v->scale,
			view(v->multiple_gap), view(v->multiple), view(v->exact_gap),
			view(v->exact)};
	}
	wire.values = values;
	return ptf_samples_decode(arena, &wire, &context->samples, out,
		context->has_lost_kinds, err);
}

static bool get_marks(struct ptf_arena *arena, const Ptf__Marks *in,
	struct ptf_marks *out)
{
	struct ptf_mark *rows = ptf_arena_array(arena, in->n_mark, sizeof(*rows));

	for (size_t i = 0; rows && i < in->n_mark; i++) {
		const Ptf__Mark *m = in->mark[i];

		rows[i] = (struct ptf_mark){m->time_ns, m->thread,
			(enum ptf_mark_kind)known_or_0(m->kind, PTF_MARK_RECORDING_OFF),
			m->name};
	}
	*out = (struct ptf_marks){rows, in->n_mark};
	return rows != NULL;
}

static bool get_facts(struct ptf_arena *arena, const Ptf__Facts *in,
	struct ptf_facts *out)
{
	struct ptf_source *sources =
		ptf_arena_array(arena, in->n_source, sizeof(*sources));
	struct ptf_symbol *symbols =
		ptf_arena_array(arena, in->n_symbol, sizeof(*symbols));
	struct ptf_thread_name *names =
		ptf_arena_array(arena, in->n_thread_name, sizeof(*names));
	struct ptf_thread_end *thread_ends =
		ptf_arena_array(arena, in->n_thread_end, sizeof(*thread_ends));
	struct ptf_process_end *process_ends =
		ptf_arena_array(arena, in->n_process_end, sizeof(*process_ends));
	struct ptf_process_image *images =
		ptf_arena_array(arena, in->n_process_image, sizeof(*images));

	if (!sources || !symbols || !names || !thread_ends || !process_ends || !images)
		return false;
	for (size_t i = 0; i < in->n_source; i++) {
		const Ptf__Source *s = in->source[i];

		sources[i] = (struct ptf_source){s->file, text(s->text), s->first_line,
			s->line_count, s->size_bytes, s->xxh3, s->is_excerpt,
			s->changed_after_start};
	}
	for (size_t i = 0; i < in->n_symbol; i++) {
		const Ptf__Symbol *s = in->symbol[i];

		symbols[i] = (struct ptf_symbol){s->frame, s->name, s->file, s->line,
			s->inline_depth};
	}
	for (size_t i = 0; i < in->n_thread_name; i++) {
		const Ptf__ThreadName *n = in->thread_name[i];

		names[i] = (struct ptf_thread_name){n->thread, n->time_ns, n->name};
	}
	for (size_t i = 0; i < in->n_thread_end; i++) {
		const Ptf__ThreadEnd *e = in->thread_end[i];

		thread_ends[i] =
			(struct ptf_thread_end){e->thread, e->time_ns, e->cpu_ns};
	}
	for (size_t i = 0; i < in->n_process_end; i++) {
		const Ptf__ProcessEnd *e = in->process_end[i];

		process_ends[i] = (struct ptf_process_end){e->process, e->time_ns,
			e->exit_status, e->cpu_ns, e->user_ns, e->system_ns,
			e->major_fault_count, e->minor_fault_count, e->maximum_rss_bytes};
	}
	for (size_t i = 0; i < in->n_process_image; i++) {
		const Ptf__ProcessImage *p = in->process_image[i];

		images[i] = (struct ptf_process_image){.process = p->process,
			.time_ns = p->time_ns,
			.executable = p->executable};
		if (!ids(arena, p->argument, &images[i].arguments) ||
			!attributes(arena, p->attribute, p->n_attribute,
				&images[i].attributes))
			return false;
	}
	*out = (struct ptf_facts){sources, symbols, names, thread_ends, process_ends,
		images, in->n_source, in->n_symbol, in->n_thread_name, in->n_thread_end,
		in->n_process_end, in->n_process_image};
	return true;
}

static bool get_losses(struct ptf_arena *arena, const Ptf__Losses *in,
	struct ptf_losses *out)
{
	struct ptf_loss *rows = ptf_arena_array(arena, in->n_loss, sizeof(*rows));

	for (size_t i = 0; rows && i < in->n_loss; i++) {
		const Ptf__Loss *l = in->loss[i];

		rows[i] = (struct ptf_loss){l->kind, l->process, l->thread, l->count,
			l->weight_ns};
	}
	*out = (struct ptf_losses){rows, in->n_loss};
	return rows != NULL;
}

static int get_rows(struct ptf_arena *arena, const Ptf__Block *b,
	const struct ptf_payload_context *context, struct ptf_block *out,
	struct ptf_error *err)
{
	if (b->kind_case == PTF__BLOCK__KIND_AGGREGATES) {
		const Ptf__Aggregates *in = b->aggregates;
		struct ptf_aggregate_columns columns = {view(in->node), view(in->class_),
			view(in->thread), view(in->labels), view(in->n), view(in->sum),
			view(in->sum_of_squares), view(in->minimum), view(in->maximum)};

		out->aggregates = (struct ptf_aggregates){.metric = in->metric};
		return ptf_aggregates_decode(arena, &columns, &out->aggregates, err);
	}
	if (b->kind_case == PTF__BLOCK__KIND_EDGES) {
		const Ptf__Edges *in = b->edges;
		struct ptf_edge_columns columns = {view(in->caller), view(in->callee),
			view(in->calls), view(in->inclusive), view(in->thread)};

		out->edges = (struct ptf_edges){.metric = in->metric};
		return ptf_edges_decode(arena, &columns, &out->edges, err);
	}
	{
		const Ptf__Counters *in = b->counters;
		struct ptf_counter_columns columns = {in->start, view(in->step),
			view(in->value)};

		out->counters = (struct ptf_counters){.metric = in->metric,
			.process = in->process,
			.thread = in->thread,
			.instance = in->instance};
		return ptf_counters_decode(arena, &columns,
			context->samples.resolution_ns, &out->counters, err);
	}
}

uint32_t ptf_payload_kind(struct ptf_view block)
{
	struct ptf_cursor c = ptf_cursor(block);
	struct ptf_field f;

	while (c.at != c.end && ptf_cursor_field(&c, &f))
		if (f.wire_type == PTF_WIRE_LENGTH &&
			field_of(&ptf__block__descriptor, f.number))
			return f.number;
	return 0;
}

int ptf_payload_decode(struct ptf_arena *arena, struct ptf_view block,
	const struct ptf_payload_context *context, struct ptf_block *out,
	struct ptf_error *err)
{
	ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
	const char *name = ptf_payload_part_name(ptf_payload_kind(block), 0, 0).kind;
	Ptf__Block *b;
	bool ok = true;
	int rc = 0;

	if (!name)
		name = "block";
	if (!is_well_formed(&ptf__block__descriptor, block))
		return ptf_fail(err, PTF_ERR_CORRUPT, "%s: bad message", name);
	b = ptf__block__unpack(&allocator, block.size, block.data);
	if (!b)
		return fail_decode(arena, name, err);
	out->kind = (enum ptf_block_kind)b->kind_case;
	switch (b->kind_case) {
	case PTF__BLOCK__KIND_SECTION_START:
		ok = get_section_start(arena, b->section_start, &out->section_start);
		break;
	case PTF__BLOCK__KIND_DEFINITIONS:
		rc = get_definitions(arena, b->definitions, context, &out->definitions,
			err);
		break;
	case PTF__BLOCK__KIND_SAMPLES:
		rc = get_samples(arena, b->samples, context, &out->samples, err);
		break;
	case PTF__BLOCK__KIND_AGGREGATES:
	case PTF__BLOCK__KIND_EDGES:
	case PTF__BLOCK__KIND_COUNTERS:
		rc = get_rows(arena, b, context, out, err);
		break;
	case PTF__BLOCK__KIND_MARKS:
		ok = get_marks(arena, b->marks, &out->marks);
		break;
	case PTF__BLOCK__KIND_CLOCK:
		out->clock = (struct ptf_clock){b->clock->monotonic_ns,
			b->clock->boottime_ns, b->clock->realtime_ns,
			b->clock->uncertainty_ns, text(b->clock->boot_id),
			b->clock->monotonic_offset_ns, b->clock->boottime_offset_ns};
		ok = out->clock.boot_id.size == 0 || out->clock.boot_id.size == 16;
		break;
	case PTF__BLOCK__KIND_FACTS:
		ok = get_facts(arena, b->facts, &out->facts);
		break;
	case PTF__BLOCK__KIND_LOSSES:
		ok = get_losses(arena, b->losses, &out->losses);
		break;
	case PTF__BLOCK__KIND_SECTION_END:
		out->section_end = (struct ptf_section_end){b->section_end->time_ns,
			b->section_end->block_count, b->section_end->sample_count};
		break;
	default:
		return 0;
	}
	if (!ok)
		rc = fail_decode(arena, name, err);
	return rc < 0 ? rc : 1;
}

void ptf_payload_parts(struct ptf_view block, ptf_payload_part_fn *each, void *context)
{
	struct ptf_cursor c = ptf_cursor(block);
	struct ptf_field kind, field, sub;

	while (c.at != c.end && ptf_cursor_field(&c, &kind)) {
		const ProtobufCFieldDescriptor *d =
			field_of(&ptf__block__descriptor, kind.number);
		struct ptf_cursor fields = ptf_cursor(kind.value);

		if (!d || kind.wire_type != PTF_WIRE_LENGTH)
			continue;
		while (fields.at != fields.end && ptf_cursor_field(&fields, &field)) {
			const ProtobufCFieldDescriptor *fd =
				field_of(d->descriptor, field.number);
			struct ptf_cursor subs = ptf_cursor(field.value);

			if (!fd || fd->type != PROTOBUF_C_TYPE_MESSAGE) {
				each(context, kind.number, field.number, 0, field.whole);
				continue;
			}
			while (subs.at != subs.end && ptf_cursor_field(&subs, &sub))
				each(context, kind.number, field.number, sub.number,
					sub.whole);
		}
	}
}

struct ptf_part_name ptf_payload_part_name(uint32_t kind, uint32_t field, uint32_t sub)
{
	struct ptf_part_name name = {0};
	const ProtobufCFieldDescriptor *d = field_of(&ptf__block__descriptor, kind);

	if (d) {
		name.kind = d->name;
		d = field_of(d->descriptor, field);
		name.field = d ? d->name : NULL;
		if (d && d->type == PROTOBUF_C_TYPE_MESSAGE)
			d = field_of(d->descriptor, sub);
		else
			d = NULL;
		name.sub = d ? d->name : NULL;
	}
	return name;
}

int ptf_payload_decode_index(struct ptf_arena *arena, struct ptf_view body,
	struct ptf_index_columns *out, struct ptf_error *err)
{
	ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
	Ptf__Index *in;

	if (!is_well_formed(&ptf__index__descriptor, body))
		return ptf_fail(err, PTF_ERR_CORRUPT, "index: bad message");
	in = ptf__index__unpack(&allocator, body.size, body.data);
	if (!in)
		return fail_decode(arena, "index", err);
	*out = (struct ptf_index_columns){in->sample_count, in->first_time_ns,
		in->last_time_ns, view(in->frame_gap), view(in->frame_size),
		view(in->frame_content), view(in->frame_blocks), view(in->block_kind),
		view(in->block_rows), view(in->block_thread), view(in->block_time),
		view(in->block_span), view(in->thread), view(in->thread_rows),
		view(in->thread_time_ns)};
	return 0;
}
