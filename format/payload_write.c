#include "format/payload.h"

#include <string.h>

#include "ptf-wire.pb-c.h"

#include "format/fail.h"
#include "format/rows.h"

/* protobuf-c does not write through these; its types just are not const. */
static ProtobufCBinaryData data_of(const void *data, size_t size)
{
	union {
		const void *in;
		uint8_t *out;
	} u = {.in = data};

	return (ProtobufCBinaryData){size, u.out};
}

static ProtobufCBinaryData column(struct ptf_view v)
{
	return data_of(v.data, v.size);
}

static ProtobufCBinaryData bytes_of(struct ptf_text t)
{
	return data_of(t.data, t.size);
}

/*
 * The pointers to the structs of a repeated message, which is what protobuf-c
 * wants. NULL when memory is out, also that of the structs.
 */
static void *pointers(struct ptf_arena *arena, void *structs, size_t count, size_t size)
{
	unsigned char *at = structs;
	void **out = ptf_arena_array(arena, count, sizeof(*out));

	if (!out || !structs)
		return NULL;
	for (size_t i = 0; i < count; i++)
		out[i] = at + i * size;
	return out;
}

/* Declares `items`, the structs of the list m.list, which has `count`. */
#define LIST(type, items, list, count)                                                   \
	type *items = ptf_arena_array(arena, (count), sizeof(*items));                   \
	m.n_##list = (count);                                                            \
	m.list = pointers(arena, items, (count), sizeof(*items))

static bool put_ids(struct ptf_arena *arena, const struct ptf_ids *in,
	ProtobufCBinaryData *out)
{
	struct ptf_buf b = {0};
	uint8_t *copy;

	for (size_t i = 0; i < in->count; i++)
		ptf_buf_varint(&b, in->item[i]);
	copy = ptf_arena_alloc(arena, b.size);
	if (copy && b.size)
		memcpy(copy, b.data, b.size);
	*out = data_of(copy, b.size);
	ptf_buf_finish(&b);
	return copy != NULL;
}

static bool put_attributes(struct ptf_arena *arena, const struct ptf_attributes *in,
	size_t *count, Ptf__Attribute ***out)
{
	Ptf__Attribute *items = ptf_arena_array(arena, in->count, sizeof(*items));

	*out = pointers(arena, items, in->count, sizeof(*items));
	*count = in->count;
	for (size_t i = 0; *out && i < in->count; i++) {
		ptf__attribute__init(&items[i]);
		items[i].key = bytes_of(in->item[i].key);
		items[i].value = bytes_of(in->item[i].value);
	}
	return *out != NULL;
}

/* Appends Trace.block: tag, length, message. */
static int put_block(struct ptf_buf *out, const Ptf__Block *block, struct ptf_error *err)
{
	size_t size = ptf__block__get_packed_size(block);
	uint8_t *to;

	if (size > PTF_BLOCK_BYTES_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT, "a Block would be over 16 MiB");
	ptf_buf_varint(out, 1 << 3 | PTF_WIRE_LENGTH);
	ptf_buf_varint(out, size);
	to = ptf_buf_reserve(out, size);
	if (!to)
		return ptf_fail_nomem(err);
	ptf__block__pack(block, to);
	out->size += size;
	return 0;
}

#define BLOCK(field, message, case_)                                                     \
	Ptf__Block block;                                                                \
	ptf__block__init(&block);                                                        \
	block.kind_case = PTF__BLOCK__KIND_##case_;                                      \
	block.field = &(message)

int ptf_payload_section_start(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_section_start *start, struct ptf_error *err)
{
	Ptf__SectionStart m = PTF__SECTION_START__INIT;
	BLOCK(section_start, m, SECTION_START);

	m.format_major = start->format_major;
	m.format_minor = start->format_minor;
	m.features_compatible = start->features_compatible;
	m.features_read_only = start->features_read_only;
	m.features_incompatible = start->features_incompatible;
	m.trace_id = data_of(start->trace_id, sizeof(start->trace_id));
	m.producer = bytes_of(start->producer);
	m.origin_monotonic_ns = start->origin_monotonic_ns;
	m.origin_realtime_ns = start->origin_realtime_ns;
	m.time_resolution_ns = start->time_resolution_ns;
	m.sample_period_ns = start->sample_period_ns;
	m.time_metric = start->time_metric;
	if (!put_attributes(arena, &start->attributes, &m.n_attribute, &m.attribute))
		return ptf_fail_nomem(err);
	return put_block(out, &block, err);
}

static bool put_processes(struct ptf_arena *arena, const struct ptf_process *in,
	size_t count, Ptf__Process *out)
{
	for (size_t i = 0; i < count; i++) {
		ptf__process__init(&out[i]);
		out[i].pid = in[i].pid;
		out[i].parent = in[i].parent;
		out[i].start_ns = in[i].start_ns;
		out[i].executable = in[i].executable;
		if (!put_ids(arena, &in[i].arguments, &out[i].argument) ||
			!put_attributes(arena, &in[i].attributes, &out[i].n_attribute,
				&out[i].attribute))
			return false;
	}
	return true;
}

int ptf_payload_definitions(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_definitions *in, const struct ptf_definition_columns *columns,
	struct ptf_error *err)
{
	Ptf__Definitions m = PTF__DEFINITIONS__INIT;
	BLOCK(definitions, m, DEFINITIONS);
	ProtobufCBinaryData *strings =
		ptf_arena_array(arena, in->string_count, sizeof(*strings));
	LIST(Ptf__Module, modules, module, in->module_count);
	LIST(Ptf__MetricDescriptor, metrics, metric, in->metric_count);
	LIST(Ptf__ClassDescriptor, classes, class_descriptor, in->class_count);
	LIST(Ptf__LabelSet, sets, label_set, in->label_set_count);
	LIST(Ptf__Process, processes, process, in->process_count);
	LIST(Ptf__Thread, threads, thread, in->thread_count);

	if (!strings || !m.module || !m.metric || !m.class_descriptor || !m.label_set ||
		!m.process || !m.thread)
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < in->string_count; i++)
		strings[i] = bytes_of(in->strings[i]);
	m.string = strings;
	m.n_string = in->string_count;
	for (size_t i = 0; i < in->module_count; i++) {
		ptf__module__init(&modules[i]);
		modules[i].path = in->modules[i].path;
		modules[i].build_id = bytes_of(in->modules[i].build_id);
	}
	for (size_t i = 0; i < in->metric_count; i++) {
		ptf__metric_descriptor__init(&metrics[i]);
		metrics[i].name = in->metrics[i].name;
		metrics[i].unit = in->metrics[i].unit;
		metrics[i].kind = (Ptf__MetricKind)in->metrics[i].kind;
		metrics[i].addition = (Ptf__Addition)in->metrics[i].addition;
		metrics[i].description = in->metrics[i].description;
	}
	for (size_t i = 0; i < in->class_count; i++) {
		ptf__class_descriptor__init(&classes[i]);
		classes[i].kind = (Ptf__ClassKind)in->classes[i].kind;
		classes[i].detail = in->classes[i].detail;
	}
	for (size_t i = 0; i < in->label_set_count; i++) {
		ptf__label_set__init(&sets[i]);
		if (!put_ids(arena, &in->label_sets[i].keys, &sets[i].key) ||
			!put_ids(arena, &in->label_sets[i].values, &sets[i].value))
			return ptf_fail_nomem(err);
	}
	if (!put_processes(arena, in->processes, in->process_count, processes))
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < in->thread_count; i++) {
		ptf__thread__init(&threads[i]);
		threads[i].process = in->threads[i].process;
		threads[i].tid = in->threads[i].tid;
		threads[i].is_main = in->threads[i].is_main;
		threads[i].start_ns = in->threads[i].start_ns;
	}
	m.first = column(columns->first);
	m.function_name = column(columns->function_name);
	m.function_file = column(columns->function_file);
	m.function_module = column(columns->function_module);
	m.function_kind = column(columns->function_kind);
	m.function_first_line = column(columns->function_first_line);
	m.function_line_count = column(columns->function_line_count);
	m.frame_scope = column(columns->frame_scope);
	m.frame_position = column(columns->frame_position);
	m.node_parent = column(columns->node_parent);
	m.node_frame = column(columns->node_frame);
	m.kind_node = column(columns->kind_node);
	m.kind_class = column(columns->kind_class);
	return put_block(out, &block, err);
}

int ptf_payload_samples(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_samples_wire *wire, struct ptf_error *err)
{
	Ptf__Samples m = PTF__SAMPLES__INIT;
	BLOCK(samples, m, SAMPLES);
	LIST(Ptf__ValueColumn, values, value, wire->value_count);

	if (!m.value)
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < wire->value_count; i++) {
		const struct ptf_value_wire *v = &wire->values[i];

		ptf__value_column__init(&values[i]);
		values[i].metric = v->metric;
		values[i].scale = v->scale;
		values[i].multiple_gap = column(v->multiple_gap);
		values[i].multiple = column(v->multiple);
		values[i].exact_gap = column(v->exact_gap);
		values[i].exact = column(v->exact);
	}
	m.thread = wire->thread;
	m.count = wire->count;
	m.start = wire->stamps.start;
	m.period_ns = wire->period_ns;
	m.shift_gap = column(wire->stamps.shift_gap);
	m.shift = column(wire->stamps.shift);
	m.late = column(wire->stamps.late);
	m.kind_low = column(wire->kinds.low);
	m.kind_high = column(wire->kinds.high);
	m.labels_gap = column(wire->labels_gap);
	m.labels = column(wire->labels);
	m.cpu_gap = column(wire->cpu_gap);
	m.cpu = column(wire->cpu);
	m.task_gap = column(wire->task_gap);
	m.task = column(wire->task);
	return put_block(out, &block, err);
}

int ptf_payload_aggregates(struct ptf_buf *out, struct ptf_arena *arena,
	struct ptf_row_encoder *e, const struct ptf_aggregates *in, struct ptf_error *err)
{
	Ptf__Aggregates m = PTF__AGGREGATES__INIT;
	BLOCK(aggregates, m, AGGREGATES);
	struct ptf_aggregate_columns c;

	(void)arena;
	if (!ptf_aggregates_encode(e, in, &c))
		return ptf_fail_nomem(err);
	m.metric = in->metric;
	m.node = column(c.node);
	m.class_ = column(c.class_id);
	m.thread = column(c.thread);
	m.labels = column(c.labels);
	m.n = column(c.n);
	m.sum = column(c.sum);
	m.sum_of_squares = column(c.sum_of_squares);
	m.minimum = column(c.minimum);
	m.maximum = column(c.maximum);
	return put_block(out, &block, err);
}

int ptf_payload_edges(struct ptf_buf *out, struct ptf_arena *arena,
	struct ptf_row_encoder *e, const struct ptf_edges *in, struct ptf_error *err)
{
	Ptf__Edges m = PTF__EDGES__INIT;
	BLOCK(edges, m, EDGES);
	struct ptf_edge_columns c;

	(void)arena;
	if (!ptf_edges_encode(e, in, &c))
		return ptf_fail_nomem(err);
	m.metric = in->metric;
	m.caller = column(c.caller);
	m.callee = column(c.callee);
	m.calls = column(c.calls);
	m.inclusive = column(c.inclusive);
	m.thread = column(c.thread);
	return put_block(out, &block, err);
}

int ptf_payload_counters(struct ptf_buf *out, struct ptf_arena *arena,
	struct ptf_row_encoder *e, const struct ptf_counters *in, uint64_t resolution_ns,
	struct ptf_error *err)
{
	Ptf__Counters m = PTF__COUNTERS__INIT;
	BLOCK(counters, m, COUNTERS);
	struct ptf_counter_columns c = {0};

	(void)arena;
	if (!ptf_counters_encode(e, in, resolution_ns, &c))
		return ptf_fail_nomem(err);
	m.metric = in->metric;
	m.process = in->process;
	m.thread = in->thread;
	m.instance = in->instance;
	m.start = c.start;
	m.step = column(c.step);
	m.value = column(c.value);
	return put_block(out, &block, err);
}

int ptf_payload_marks(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_marks *marks, struct ptf_error *err)
{
	Ptf__Marks m = PTF__MARKS__INIT;
	BLOCK(marks, m, MARKS);
	LIST(Ptf__Mark, items, mark, marks->count);

	if (!m.mark)
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < marks->count; i++) {
		ptf__mark__init(&items[i]);
		items[i].time_ns = marks->rows[i].time_ns;
		items[i].thread = marks->rows[i].thread;
		items[i].kind = (Ptf__MarkKind)marks->rows[i].kind;
		items[i].name = marks->rows[i].name;
	}
	return put_block(out, &block, err);
}

int ptf_payload_clock(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_clock *clock, struct ptf_error *err)
{
	Ptf__Clock m = PTF__CLOCK__INIT;
	BLOCK(clock, m, CLOCK);

	(void)arena;
	m.monotonic_ns = clock->monotonic_ns;
	m.boottime_ns = clock->boottime_ns;
	m.realtime_ns = clock->realtime_ns;
	m.uncertainty_ns = clock->uncertainty_ns;
	m.boot_id = bytes_of(clock->boot_id);
	m.monotonic_offset_ns = clock->monotonic_offset_ns;
	m.boottime_offset_ns = clock->boottime_offset_ns;
	return put_block(out, &block, err);
}

static bool put_images(struct ptf_arena *arena, const struct ptf_process_image *in,
	size_t count, Ptf__ProcessImage *out)
{
	for (size_t i = 0; i < count; i++) {
		ptf__process_image__init(&out[i]);
		out[i].process = in[i].process;
		out[i].time_ns = in[i].time_ns;
		out[i].executable = in[i].executable;
		if (!put_ids(arena, &in[i].arguments, &out[i].argument) ||
			!put_attributes(arena, &in[i].attributes, &out[i].n_attribute,
				&out[i].attribute))
			return false;
	}
	return true;
}

int ptf_payload_facts(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_facts *facts, struct ptf_error *err)
{
	Ptf__Facts m = PTF__FACTS__INIT;
	BLOCK(facts, m, FACTS);
	LIST(Ptf__Source, sources, source, facts->source_count);
	LIST(Ptf__Symbol, symbols, symbol, facts->symbol_count);
	LIST(Ptf__ThreadName, names, thread_name, facts->thread_name_count);
	LIST(Ptf__ThreadEnd, thread_ends, thread_end, facts->thread_end_count);
	LIST(Ptf__ProcessEnd, process_ends, process_end, facts->process_end_count);
	LIST(Ptf__ProcessImage, images, process_image, facts->process_image_count);

	if (!m.source || !m.symbol || !m.thread_name || !m.thread_end || !m.process_end ||
		!m.process_image ||
		!put_images(arena, facts->process_images, facts->process_image_count,
			images))
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < facts->source_count; i++) {
		const struct ptf_source *s = &facts->sources[i];

		ptf__source__init(&sources[i]);
		sources[i].file = s->file;
		sources[i].text = bytes_of(s->text);
		sources[i].first_line = s->first_line;
		sources[i].line_count = s->line_count;
		sources[i].size_bytes = s->size_bytes;
		sources[i].xxh3 = s->xxh3;
		sources[i].is_excerpt = s->is_excerpt;
		sources[i].changed_after_start = s->changed_after_start;
	}
	for (size_t i = 0; i < facts->symbol_count; i++) {
		const struct ptf_symbol *s = &facts->symbols[i];

		ptf__symbol__init(&symbols[i]);
		symbols[i].frame = s->frame;
		symbols[i].name = s->name;
		symbols[i].file = s->file;
		symbols[i].line = s->line;
		symbols[i].inline_depth = s->inline_depth;
	}
	for (size_t i = 0; i < facts->thread_name_count; i++) {
		ptf__thread_name__init(&names[i]);
		names[i].thread = facts->thread_names[i].thread;
		names[i].time_ns = facts->thread_names[i].time_ns;
		names[i].name = facts->thread_names[i].name;
	}
	for (size_t i = 0; i < facts->thread_end_count; i++) {
		ptf__thread_end__init(&thread_ends[i]);
		thread_ends[i].thread = facts->thread_ends[i].thread;
		thread_ends[i].time_ns = facts->thread_ends[i].time_ns;
		thread_ends[i].cpu_ns = facts->thread_ends[i].cpu_ns;
	}
	for (size_t i = 0; i < facts->process_end_count; i++) {
		const struct ptf_process_end *p = &facts->process_ends[i];

		ptf__process_end__init(&process_ends[i]);
		process_ends[i].process = p->process;
		process_ends[i].time_ns = p->time_ns;
		process_ends[i].exit_status = p->exit_status;
		process_ends[i].cpu_ns = p->cpu_ns;
		process_ends[i].user_ns = p->user_ns;
		process_ends[i].system_ns = p->system_ns;
		process_ends[i].major_fault_count = p->major_fault_count;
		process_ends[i].minor_fault_count = p->minor_fault_count;
		process_ends[i].maximum_rss_bytes = p->maximum_rss_bytes;
	}
	return put_block(out, &block, err);
}

int ptf_payload_losses(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_losses *losses, struct ptf_error *err)
{
	Ptf__Losses m = PTF__LOSSES__INIT;
	BLOCK(losses, m, LOSSES);
	LIST(Ptf__Loss, items, loss, losses->count);

	if (!m.loss)
		return ptf_fail_nomem(err);
	for (size_t i = 0; i < losses->count; i++) {
		ptf__loss__init(&items[i]);
		items[i].kind = losses->rows[i].kind;
		items[i].process = losses->rows[i].process;
		items[i].thread = losses->rows[i].thread;
		items[i].count = losses->rows[i].count;
		items[i].weight_ns = losses->rows[i].weight_ns;
	}
	return put_block(out, &block, err);
}

int ptf_payload_section_end(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_section_end *end, struct ptf_error *err)
{
	Ptf__SectionEnd m = PTF__SECTION_END__INIT;
	BLOCK(section_end, m, SECTION_END);

	(void)arena;
	m.time_ns = end->time_ns;
	m.block_count = end->block_count;
	m.sample_count = end->sample_count;
	return put_block(out, &block, err);
}

int ptf_payload_encode_index(struct ptf_buf *out, const struct ptf_index_columns *in,
	struct ptf_error *err)
{
	Ptf__Index m = PTF__INDEX__INIT;
	uint8_t *to;
	size_t size;

	m.sample_count = in->sample_count;
	m.first_time_ns = in->first_time_ns;
	m.last_time_ns = in->last_time_ns;
	m.frame_gap = column(in->frame_gap);
	m.frame_size = column(in->frame_size);
	m.frame_content = column(in->frame_content);
	m.frame_blocks = column(in->frame_blocks);
	m.block_kind = column(in->block_kind);
	m.block_rows = column(in->block_rows);
	m.block_thread = column(in->block_thread);
	m.block_time = column(in->block_time);
	m.block_span = column(in->block_span);
	m.thread = column(in->thread);
	m.thread_rows = column(in->thread_rows);
	m.thread_time_ns = column(in->thread_time_ns);
	size = ptf__index__get_packed_size(&m);
	to = ptf_buf_reserve(out, size);
	if (!to)
		return ptf_fail_nomem(err);
	ptf__index__pack(&m, to);
	out->size += size;
	return 0;
}
