/*
 * Lines are "kind key=value ...", with names beside the ids they stand for.
 * Text is in quotes, with what is not printable, quotes and backslashes
 * escaped; it does not depend on the locale.
 */
#include "tools/emit/dump.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tools/cli/text.h"
#include "tools/core/memory.h"

struct dump {
	FILE *out;
	struct arena arena;
	/* Of the section; [id - 1]. */
	VEC(struct ptf_text) strings;
	VEC(uint32_t) function_names;
	VEC(uint32_t) metric_names;
	VEC(struct ptf_frame) frames;
	VEC(struct ptf_class_descriptor) classes;
};

/* ---------------------------------------------------------------- words */

static void put_quoted(struct dump *d, struct ptf_text text)
{
	static const struct text_style style = {.unicode = true};
	size_t start = 0;

	fputc('"', d->out);
	for (size_t i = 0; i <= text.size; i++) {
		if (i < text.size && text.data[i] != '"' && text.data[i] != '\\')
			continue;
		text_put(d->out, text.data + start, i - start, &style);
		if (i < text.size)
			fprintf(d->out, "\\%c", text.data[i]);
		start = i + 1;
	}
	fputc('"', d->out);
}

static void put_text(struct dump *d, const char *key, struct ptf_text text)
{
	fprintf(d->out, " %s=", key);
	put_quoted(d, text);
}

static struct ptf_text string_of(const struct dump *d, uint32_t id)
{
	return id && id <= d->strings.count ? d->strings.item[id - 1]
					    : (struct ptf_text){"", 0};
}

static void put_string(struct dump *d, const char *key, uint32_t id)
{
	if (id)
		put_text(d, key, string_of(d, id));
}

static void put_number(struct dump *d, const char *key, uint64_t value)
{
	fprintf(d->out, " %s=%" PRIu64, key, value);
}

static void put_signed(struct dump *d, const char *key, int64_t value)
{
	fprintf(d->out, " %s=%" PRId64, key, value);
}

static void put_hex(struct dump *d, const char *key, const void *data, size_t size)
{
	const unsigned char *byte = data;

	fprintf(d->out, " %s=", key);
	for (size_t i = 0; i < size; i++)
		fprintf(d->out, "%02x", byte[i]);
}

static void put_named(struct dump *d, const char *key, unsigned value,
	const char *const *names, unsigned count)
{
	if (value < count)
		fprintf(d->out, " %s=%s", key, names[value]);
	else
		fprintf(d->out, " %s=%u", key, value);
}

static const char *const class_names[] = {"unknown", "python", "native", "kernel",
	"runnable", "gil", "wait"};

static void put_class(struct dump *d, uint32_t class_id)
{
	uint32_t index = class_id - PTF_CLASS_KIND_COUNT;

	if (class_id >= PTF_CLASS_KIND_COUNT && index < d->classes.count) {
		put_named(d, "class", d->classes.item[index].kind, class_names,
			PTF_CLASS_KIND_COUNT);
		put_string(d, "detail", d->classes.item[index].detail);
	} else {
		put_named(d, "class", class_id, class_names, PTF_CLASS_KIND_COUNT);
	}
}

static struct ptf_text metric_name(const struct dump *d, uint32_t id)
{
	return string_of(d,
		id && id <= d->metric_names.count ? d->metric_names.item[id - 1] : 0);
}

/* `frame=7 "step" line=12` */
static void put_frame(struct dump *d, const char *key, uint32_t id)
{
	const struct ptf_frame *f;

	put_number(d, key, id);
	if (!id || id > d->frames.count)
		return;
	f = &d->frames.item[id - 1];
	if (f->function && f->function <= d->function_names.count) {
		fputc(' ', d->out);
		put_quoted(d, string_of(d, d->function_names.item[f->function - 1]));
		put_number(d, "line", f->line);
	}
}

static void put_attributes(struct dump *d, const struct ptf_attributes *attributes)
{
	for (size_t i = 0; i < attributes->count; i++) {
		fputc(' ', d->out);
		put_quoted(d, attributes->item[i].key);
		fputc('=', d->out);
		put_quoted(d, attributes->item[i].value);
	}
}

static void put_arguments(struct dump *d, struct ptf_ids ids)
{
	fputs(" arguments=[", d->out);
	for (size_t i = 0; i < ids.count; i++) {
		fputs(i ? " " : "", d->out);
		put_quoted(d, string_of(d, ids.item[i]));
	}
	fputc(']', d->out);
}

static void begin(struct dump *d, const char *kind)
{
	fputs(kind, d->out);
}

static void end(struct dump *d)
{
	fputc('\n', d->out);
}

/* --------------------------------------------------------- definitions */

static void dump_code(struct dump *d, const struct ptf_definitions *def)
{
	static const char *const kinds[] = {"unknown", "python", "native", "kernel",
		"synthetic"};

	for (size_t i = 0; i < def->module_count; i++) {
		begin(d, "module");
		put_number(d, "id", def->first_module + i);
		put_string(d, "path", def->modules[i].path);
		put_hex(d, "build_id", def->modules[i].build_id.data,
			def->modules[i].build_id.size);
		end(d);
	}
	for (size_t i = 0; i < def->function_count; i++) {
		const struct ptf_function *f = &def->functions[i];

		vec_push(&d->function_names, f->name);
		begin(d, "function");
		put_number(d, "id", def->first_function + i);
		put_named(d, "kind", f->kind, kinds, 5);
		put_string(d, "name", f->name);
		put_string(d, "file", f->file);
		put_number(d, "module", f->module);
		put_number(d, "first_line", f->first_line);
		put_number(d, "line_count", f->line_count);
		end(d);
	}
	for (size_t i = 0; i < def->frame_count; i++) {
		const struct ptf_frame *f = &def->frames[i];

		vec_push(&d->frames, *f);
		begin(d, "frame");
		put_number(d, "id", def->first_frame + i);
		if (f->function) {
			put_number(d, "function", f->function);
			if (f->function <= d->function_names.count)
				put_string(d, "name",
					d->function_names.item[f->function - 1]);
			put_number(d, "line", f->line);
		} else {
			put_number(d, "module", f->module);
			fprintf(d->out, " offset=0x%" PRIx64, f->module_offset);
		}
		end(d);
	}
	for (size_t i = 0; i < def->node_count; i++) {
		begin(d, "node");
		put_number(d, "id", def->first_node + i);
		put_number(d, "parent", def->nodes[i].parent);
		put_frame(d, "frame", def->nodes[i].frame);
		end(d);
	}
}

static void dump_metrics_and_classes(struct dump *d, const struct ptf_definitions *def)
{
	static const char *const kinds[] = {"weight", "gauge", "total"};
	static const char *const additions[] = {"sum", "max", "mean", "last"};

	for (size_t i = 0; i < def->metric_count; i++) {
		const struct ptf_metric *m = &def->metrics[i];

		vec_push(&d->metric_names, m->name);
		begin(d, "metric");
		put_number(d, "id", def->first_metric + i);
		put_string(d, "name", m->name);
		put_string(d, "unit", m->unit);
		put_named(d, "kind", m->kind, kinds, 3);
		put_named(d, "addition", m->addition, additions, 4);
		put_string(d, "description", m->description);
		end(d);
	}
	for (size_t i = 0; i < def->class_count; i++) {
		vec_push(&d->classes, def->classes[i]);
		begin(d, "class");
		put_number(d, "id", def->first_class + i);
		put_named(d, "kind", def->classes[i].kind, class_names,
			PTF_CLASS_KIND_COUNT);
		put_string(d, "detail", def->classes[i].detail);
		end(d);
	}
	for (size_t i = 0; i < def->label_set_count; i++) {
		const struct ptf_label_set *set = &def->label_sets[i];

		begin(d, "labels");
		put_number(d, "id", def->first_label_set + i);
		for (size_t k = 0; k < set->keys.count && k < set->values.count; k++) {
			fputc(' ', d->out);
			put_quoted(d, string_of(d, set->keys.item[k]));
			fputc('=', d->out);
			put_quoted(d, string_of(d, set->values.item[k]));
		}
		end(d);
	}
}

static void dump_definitions(struct dump *d, const struct ptf_definitions *def)
{
	for (size_t i = 0; i < def->string_count; i++) {
		vec_push(&d->strings, arena_text(&d->arena, def->strings[i]));
		begin(d, "string");
		put_number(d, "id", def->first_string + i);
		put_text(d, "text", def->strings[i]);
		end(d);
	}
	dump_code(d, def);
	dump_metrics_and_classes(d, def);
	for (size_t i = 0; i < def->process_count; i++) {
		const struct ptf_process *p = &def->processes[i];

		begin(d, "process");
		put_number(d, "id", def->first_process + i);
		put_number(d, "pid", p->pid);
		put_number(d, "parent", p->parent);
		put_signed(d, "start_ns", p->start_ns);
		put_string(d, "executable", p->executable);
		put_arguments(d, p->arguments);
		put_attributes(d, &p->attributes);
		end(d);
	}
	for (size_t i = 0; i < def->thread_count; i++) {
		const struct ptf_thread *t = &def->threads[i];

		begin(d, "thread");
		put_number(d, "id", def->first_thread + i);
		put_number(d, "process", t->process);
		put_number(d, "tid", t->tid);
		put_number(d, "main", t->is_main);
		put_signed(d, "start_ns", t->start_ns);
		end(d);
	}
}

/* ---------------------------------------------------------------- rows */

static void dump_samples(struct dump *d, const struct ptf_samples *s)
{
	for (size_t i = 0; i < s->count; i++) {
		begin(d, "sample");
		put_signed(d, "at_ns", s->time_ns[i]);
		put_number(d, "thread", s->thread);
		put_class(d, s->class_id[i]);
		put_number(d, "node", s->node[i]);
		for (size_t k = 0; k < s->column_count; k++) {
			fputc(' ', d->out);
			put_quoted(d, metric_name(d, s->columns[k].metric));
			fprintf(d->out, "=%" PRId64, s->columns[k].values[i]);
		}
		if (s->labels && s->labels[i])
			put_number(d, "labels", s->labels[i]);
		if (s->cpu && s->cpu[i])
			put_number(d, "cpu", s->cpu[i] - 1);
		if (s->task)
			put_string(d, "task", s->task[i]);
		end(d);
	}
}

static void dump_aggregates(struct dump *d, const struct ptf_aggregates *a)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct ptf_aggregate *r = &a->rows[i];

		begin(d, "aggregate");
		put_text(d, "metric", metric_name(d, a->metric));
		put_number(d, "node", r->node);
		put_class(d, r->class_id);
		put_number(d, "thread", r->thread);
		if (r->labels)
			put_number(d, "labels", r->labels);
		put_number(d, "n", r->n);
		put_signed(d, "sum", r->sum);
		if (a->has_sum_of_squares)
			fprintf(d->out, " sum_of_squares=%.17g", r->sum_of_squares);
		if (a->has_range) {
			put_signed(d, "minimum", r->minimum);
			put_signed(d, "maximum", r->maximum);
		}
		end(d);
	}
}

static void dump_edges(struct dump *d, const struct ptf_edges *e)
{
	for (size_t i = 0; i < e->count; i++) {
		begin(d, "edge");
		put_text(d, "metric", metric_name(d, e->metric));
		put_frame(d, "caller", e->rows[i].caller);
		put_frame(d, "callee", e->rows[i].callee);
		put_number(d, "calls", e->rows[i].calls);
		put_signed(d, "inclusive", e->rows[i].inclusive);
		if (e->rows[i].thread)
			put_number(d, "thread", e->rows[i].thread);
		end(d);
	}
}

static void dump_counters(struct dump *d, const struct ptf_counters *c)
{
	for (size_t i = 0; i < c->count; i++) {
		begin(d, "counter");
		put_text(d, "metric", metric_name(d, c->metric));
		put_number(d, "process", c->process);
		put_number(d, "thread", c->thread);
		put_string(d, "instance", c->instance);
		put_signed(d, "at_ns", c->time_ns[i]);
		put_signed(d, "value", c->values[i]);
		end(d);
	}
}

static void dump_marks(struct dump *d, const struct ptf_marks *m)
{
	static const char *const kinds[] = {"instant", "begin", "end", "recording-on",
		"recording-off"};

	for (size_t i = 0; i < m->count; i++) {
		begin(d, "mark");
		put_signed(d, "at_ns", m->rows[i].time_ns);
		put_number(d, "thread", m->rows[i].thread);
		put_named(d, "kind", m->rows[i].kind, kinds, 5);
		put_string(d, "name", m->rows[i].name);
		end(d);
	}
}

static void dump_clock(struct dump *d, const struct ptf_clock *c)
{
	begin(d, "clock");
	put_signed(d, "monotonic_ns", c->monotonic_ns);
	put_signed(d, "boottime_ns", c->boottime_ns);
	put_signed(d, "realtime_ns", c->realtime_ns);
	put_number(d, "uncertainty_ns", c->uncertainty_ns);
	put_hex(d, "boot_id", c->boot_id.data, c->boot_id.size);
	put_signed(d, "monotonic_offset_ns", c->monotonic_offset_ns);
	put_signed(d, "boottime_offset_ns", c->boottime_offset_ns);
	end(d);
}

/* --------------------------------------------------------------- facts */

static void dump_process_facts(struct dump *d, const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->process_end_count; i++) {
		const struct ptf_process_end *e = &f->process_ends[i];

		begin(d, "process-end");
		put_number(d, "process", e->process);
		put_signed(d, "at_ns", e->time_ns);
		put_signed(d, "exit_status", e->exit_status);
		put_number(d, "cpu_ns", e->cpu_ns);
		put_number(d, "user_ns", e->user_ns);
		put_number(d, "system_ns", e->system_ns);
		put_number(d, "major_faults", e->major_fault_count);
		put_number(d, "minor_faults", e->minor_fault_count);
		put_number(d, "maximum_rss_bytes", e->maximum_rss_bytes);
		end(d);
	}
	for (size_t i = 0; i < f->process_image_count; i++) {
		const struct ptf_process_image *image = &f->process_images[i];

		begin(d, "process-image");
		put_number(d, "process", image->process);
		put_signed(d, "at_ns", image->time_ns);
		put_string(d, "executable", image->executable);
		put_arguments(d, image->arguments);
		put_attributes(d, &image->attributes);
		end(d);
	}
}

static void dump_facts(struct dump *d, const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->source_count; i++) {
		const struct ptf_source *s = &f->sources[i];

		begin(d, "source");
		put_string(d, "file", s->file);
		put_number(d, "first_line", s->first_line);
		put_number(d, "line_count", s->line_count);
		put_number(d, "size_bytes", s->size_bytes);
		fprintf(d->out, " xxh3=%016" PRIx64, s->xxh3);
		put_number(d, "excerpt", s->is_excerpt);
		put_number(d, "changed", s->changed_after_start);
		put_text(d, "text", s->text);
		end(d);
	}
	for (size_t i = 0; i < f->symbol_count; i++) {
		const struct ptf_symbol *s = &f->symbols[i];

		begin(d, "symbol");
		put_number(d, "frame", s->frame);
		put_string(d, "name", s->name);
		put_string(d, "file", s->file);
		put_number(d, "line", s->line);
		put_number(d, "inline_depth", s->inline_depth);
		end(d);
	}
	for (size_t i = 0; i < f->thread_name_count; i++) {
		begin(d, "thread-name");
		put_number(d, "thread", f->thread_names[i].thread);
		put_signed(d, "at_ns", f->thread_names[i].time_ns);
		put_string(d, "name", f->thread_names[i].name);
		end(d);
	}
	for (size_t i = 0; i < f->thread_end_count; i++) {
		begin(d, "thread-end");
		put_number(d, "thread", f->thread_ends[i].thread);
		put_signed(d, "at_ns", f->thread_ends[i].time_ns);
		put_number(d, "cpu_ns", f->thread_ends[i].cpu_ns);
		end(d);
	}
	dump_process_facts(d, f);
}

static void dump_losses(struct dump *d, const struct ptf_losses *l)
{
	for (size_t i = 0; i < l->count; i++) {
		begin(d, "loss");
		put_string(d, "kind", l->rows[i].kind);
		put_number(d, "process", l->rows[i].process);
		put_number(d, "thread", l->rows[i].thread);
		put_number(d, "count", l->rows[i].count);
		put_number(d, "weight_ns", l->rows[i].weight_ns);
		end(d);
	}
}

/* ------------------------------------------------------------ sections */

static void forget_section(struct dump *d)
{
	arena_free(&d->arena);
	vec_free(&d->strings);
	vec_free(&d->function_names);
	vec_free(&d->metric_names);
	vec_free(&d->frames);
	vec_free(&d->classes);
}

static void dump_section_start(struct dump *d, const struct ptf_section_start *s)
{
	forget_section(d);
	begin(d, "section-start");
	fprintf(d->out, " format=%u.%u", s->format_major, s->format_minor);
	fprintf(d->out,
		" compatible=0x%" PRIx64 " read_only=0x%" PRIx64
		" incompatible=0x%" PRIx64,
		s->features_compatible, s->features_read_only, s->features_incompatible);
	put_hex(d, "trace_id", s->trace_id, sizeof(s->trace_id));
	put_text(d, "producer", s->producer);
	put_signed(d, "origin_monotonic_ns", s->origin_monotonic_ns);
	put_signed(d, "origin_realtime_ns", s->origin_realtime_ns);
	put_number(d, "time_resolution_ns", s->time_resolution_ns);
	put_number(d, "sample_period_ns", s->sample_period_ns);
	put_number(d, "time_metric", s->time_metric);
	put_attributes(d, &s->attributes);
	end(d);
}

void dump_block(struct dump *d, const struct ptf_block *b)
{
	static const char *const names[] = {"", "section-start", "definitions", "samples",
		"aggregates", "edges", "counters", "marks", "clock", "facts", "losses",
		"section-end"};

	/* Where in the file; a comment for who only wants the records. */
	fprintf(d->out, "# block kind=%s section=%" PRIu32 " offset=0x%" PRIx64 "\n",
		names[b->kind], b->section_index, b->file_offset);
	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		dump_section_start(d, &b->section_start);
		break;
	case PTF_BLOCK_DEFINITIONS:
		dump_definitions(d, &b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		dump_samples(d, &b->samples);
		break;
	case PTF_BLOCK_AGGREGATES:
		dump_aggregates(d, &b->aggregates);
		break;
	case PTF_BLOCK_EDGES:
		dump_edges(d, &b->edges);
		break;
	case PTF_BLOCK_COUNTERS:
		dump_counters(d, &b->counters);
		break;
	case PTF_BLOCK_MARKS:
		dump_marks(d, &b->marks);
		break;
	case PTF_BLOCK_CLOCK:
		dump_clock(d, &b->clock);
		break;
	case PTF_BLOCK_FACTS:
		dump_facts(d, &b->facts);
		break;
	case PTF_BLOCK_LOSSES:
		dump_losses(d, &b->losses);
		break;
	case PTF_BLOCK_SECTION_END:
		begin(d, "section-end");
		put_signed(d, "at_ns", b->section_end.time_ns);
		put_number(d, "blocks", b->section_end.block_count);
		put_number(d, "samples", b->section_end.sample_count);
		end(d);
		break;
	}
}

struct dump *dump_new(FILE *out)
{
	struct dump *d = memory_zeroed(1, sizeof(*d));

	d->out = out;
	return d;
}

void dump_free(struct dump *d)
{
	forget_section(d);
	free(d);
}
