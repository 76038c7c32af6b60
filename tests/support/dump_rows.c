/*
 * Prints everything that a trace holds, in the canonical text that
 * tests/golden/refdec.py prints too.
 *
 *     dump_rows [-n] FILE        -n: also the reader's notes
 *
 * On an error prints "error NAME" and exits 1.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <ptf/ptf.h>

static void put_text(struct ptf_text t)
{
	putchar('"');
	for (size_t i = 0; i < t.size; i++) {
		unsigned char c = (unsigned char)t.data[i];

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void put_attributes(struct ptf_attributes list)
{
	for (size_t i = 0; i < list.count; i++) {
		printf(" ");
		put_text(list.item[i].key);
		printf("=");
		put_text(list.item[i].value);
	}
}

static void put_ids(struct ptf_ids ids)
{
	printf(" [");
	for (size_t i = 0; i < ids.count; i++)
		printf("%s%" PRIu32, i ? " " : "", ids.item[i]);
	printf("]");
}

static void put_start(const struct ptf_section_start *s)
{
	printf("version %" PRIu32 ".%" PRIu32 " features %" PRIx64 " %" PRIx64 " %" PRIx64
	       " trace ",
		s->format_major, s->format_minor, s->features_compatible,
		s->features_read_only, s->features_incompatible);
	for (size_t i = 0; i < sizeof(s->trace_id); i++)
		printf("%02x", s->trace_id[i]);
	printf(" producer ");
	put_text(s->producer);
	printf(" origin %" PRId64 " %" PRId64 " resolution %" PRIu64 " period %" PRIu64
	       " time_metric %" PRIu32,
		s->origin_monotonic_ns, s->origin_realtime_ns, s->time_resolution_ns,
		s->sample_period_ns, s->time_metric);
	put_attributes(s->attributes);
	printf("\n");
}

static void put_definitions(const struct ptf_definitions *d)
{
	for (uint32_t i = 0; i < d->string_count; i++) {
		printf("string %" PRIu32 " ", d->first_string + i);
		put_text(d->strings[i]);
		printf("\n");
	}
	for (uint32_t i = 0; i < d->module_count; i++) {
		printf("module %" PRIu32 " %" PRIu32 " ", d->first_module + i,
			d->modules[i].path);
		put_text(d->modules[i].build_id);
		printf("\n");
	}
	for (uint32_t i = 0; i < d->function_count; i++) {
		const struct ptf_function *f = &d->functions[i];

		printf("function %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32
		       " %d %" PRIu32 " %" PRIu32 "\n",
			d->first_function + i, f->name, f->file, f->module, (int)f->kind,
			f->first_line, f->line_count);
	}
	for (uint32_t i = 0; i < d->frame_count; i++) {
		const struct ptf_frame *f = &d->frames[i];

		printf("frame %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64
		       "\n",
			d->first_frame + i, f->function, f->line, f->module,
			f->module_offset);
	}
	for (uint32_t i = 0; i < d->node_count; i++)
		printf("node %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", d->first_node + i,
			d->nodes[i].parent, d->nodes[i].frame);
	for (uint32_t i = 0; i < d->metric_count; i++)
		printf("metric %" PRIu32 " %" PRIu32 " %" PRIu32 " %d %d %" PRIu32 "\n",
			d->first_metric + i, d->metrics[i].name, d->metrics[i].unit,
			(int)d->metrics[i].kind, (int)d->metrics[i].addition,
			d->metrics[i].description);
	for (uint32_t i = 0; i < d->class_count; i++)
		printf("class %" PRIu32 " %d %" PRIu32 "\n", d->first_class + i,
			(int)d->classes[i].kind, d->classes[i].detail);
	for (uint32_t i = 0; i < d->kind_count; i++)
		printf("kind %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", d->first_kind + i,
			d->kinds[i].node, d->kinds[i].class_id);
	for (uint32_t i = 0; i < d->label_set_count; i++) {
		printf("label_set %" PRIu32, d->first_label_set + i);
		put_ids(d->label_sets[i].keys);
		put_ids(d->label_sets[i].values);
		printf("\n");
	}
	for (uint32_t i = 0; i < d->process_count; i++) {
		const struct ptf_process *p = &d->processes[i];

		printf("process %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRIu32,
			d->first_process + i, p->pid, p->parent, p->start_ns,
			p->executable);
		put_ids(p->arguments);
		put_attributes(p->attributes);
		printf("\n");
	}
	for (uint32_t i = 0; i < d->thread_count; i++)
		printf("thread %" PRIu32 " %" PRIu32 " %" PRIu32 " %d %" PRId64 "\n",
			d->first_thread + i, d->threads[i].process, d->threads[i].tid,
			d->threads[i].is_main, d->threads[i].start_ns);
}

static void put_samples(const struct ptf_samples *s)
{
	printf("thread %" PRIu32 " count %zu period %" PRIu64 "\n", s->thread, s->count,
		s->period_ns);
	for (size_t i = 0; i < s->count; i++) {
		printf("row %" PRId64 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32
		       " %" PRIu32,
			s->time_ns[i], s->node[i], s->class_id[i],
			s->labels ? s->labels[i] : 0, s->cpu ? s->cpu[i] : 0,
			s->task ? s->task[i] : 0);
		for (size_t c = 0; c < s->column_count; c++)
			printf(" %" PRIu32 "=%" PRId64, s->columns[c].metric,
				s->columns[c].values[i]);
		printf("\n");
	}
}

static void put_aggregates(const struct ptf_aggregates *a)
{
	printf("metric %" PRIu32 "\n", a->metric);
	for (size_t i = 0; i < a->count; i++) {
		const struct ptf_aggregate *r = &a->rows[i];

		printf("sum %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64
		       " %" PRId64,
			r->node, r->class_id, r->thread, r->labels, r->n, r->sum);
		if (a->has_sum_of_squares)
			printf(" squares %.17g", r->sum_of_squares);
		if (a->has_range)
			printf(" range %" PRId64 " %" PRId64, r->minimum, r->maximum);
		printf("\n");
	}
}

static void put_facts(const struct ptf_facts *f)
{
	printf("\n");
	for (size_t i = 0; i < f->source_count; i++) {
		const struct ptf_source *s = &f->sources[i];

		printf("source %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64
		       " %016" PRIx64 " %d %d ",
			s->file, s->first_line, s->line_count, s->size_bytes, s->xxh3,
			s->is_excerpt, s->changed_after_start);
		put_text(s->text);
		printf("\n");
	}
	for (size_t i = 0; i < f->symbol_count; i++)
		printf("symbol %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32
		       "\n",
			f->symbols[i].frame, f->symbols[i].name, f->symbols[i].file,
			f->symbols[i].line, f->symbols[i].inline_depth);
	for (size_t i = 0; i < f->thread_name_count; i++)
		printf("thread_name %" PRIu32 " %" PRId64 " %" PRIu32 "\n",
			f->thread_names[i].thread, f->thread_names[i].time_ns,
			f->thread_names[i].name);
	for (size_t i = 0; i < f->thread_end_count; i++)
		printf("thread_end %" PRIu32 " %" PRId64 " %" PRIu64 "\n",
			f->thread_ends[i].thread, f->thread_ends[i].time_ns,
			f->thread_ends[i].cpu_ns);
	for (size_t i = 0; i < f->process_end_count; i++) {
		const struct ptf_process_end *e = &f->process_ends[i];

		printf("process_end %" PRIu32 " %" PRId64 " %" PRId32 " %" PRIu64
		       " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			e->process, e->time_ns, e->exit_status, e->cpu_ns, e->user_ns,
			e->system_ns, e->major_fault_count, e->minor_fault_count,
			e->maximum_rss_bytes);
	}
	for (size_t i = 0; i < f->process_image_count; i++) {
		const struct ptf_process_image *p = &f->process_images[i];

		printf("process_image %" PRIu32 " %" PRId64 " %" PRIu32, p->process,
			p->time_ns, p->executable);
		put_ids(p->arguments);
		put_attributes(p->attributes);
		printf("\n");
	}
}

static void put_edge(const struct ptf_edge *e)
{
	printf("edge %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRId64, e->caller, e->callee,
		e->calls, e->inclusive);
	if (e->thread)
		printf(" thread %" PRIu32, e->thread);
	printf("\n");
}

static void put_block(const struct ptf_block *b)
{
	static const char *const names[] = {"", "start", "definitions", "samples",
		"aggregates", "edges", "counters", "marks", "clock", "facts", "losses",
		"end"};

	printf("block %" PRIu32 " %s", b->section_index, names[b->kind]);
	if (b->kind != PTF_BLOCK_DEFINITIONS && b->kind != PTF_BLOCK_FACTS)
		printf(" ");
	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		put_start(&b->section_start);
		break;
	case PTF_BLOCK_DEFINITIONS:
		printf("\n");
		put_definitions(&b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		put_samples(&b->samples);
		break;
	case PTF_BLOCK_AGGREGATES:
		put_aggregates(&b->aggregates);
		break;
	case PTF_BLOCK_EDGES:
		printf("metric %" PRIu32 "\n", b->edges.metric);
		for (size_t i = 0; i < b->edges.count; i++)
			put_edge(&b->edges.rows[i]);
		break;
	case PTF_BLOCK_COUNTERS:
		printf("metric %" PRIu32 " process %" PRIu32 " thread %" PRIu32
		       " instance %" PRIu32 "\n",
			b->counters.metric, b->counters.process, b->counters.thread,
			b->counters.instance);
		for (size_t i = 0; i < b->counters.count; i++)
			printf("point %" PRId64 " %" PRId64 "\n", b->counters.time_ns[i],
				b->counters.values[i]);
		break;
	case PTF_BLOCK_MARKS:
		printf("%zu\n", b->marks.count);
		for (size_t i = 0; i < b->marks.count; i++)
			printf("mark %" PRId64 " %" PRIu32 " %d %" PRIu32 "\n",
				b->marks.rows[i].time_ns, b->marks.rows[i].thread,
				(int)b->marks.rows[i].kind, b->marks.rows[i].name);
		break;
	case PTF_BLOCK_CLOCK:
		printf("%" PRId64 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRId64
		       " %" PRId64 " ",
			b->clock.monotonic_ns, b->clock.boottime_ns, b->clock.realtime_ns,
			b->clock.uncertainty_ns, b->clock.monotonic_offset_ns,
			b->clock.boottime_offset_ns);
		put_text(b->clock.boot_id);
		printf("\n");
		break;
	case PTF_BLOCK_FACTS:
		put_facts(&b->facts);
		break;
	case PTF_BLOCK_LOSSES:
		printf("%zu\n", b->losses.count);
		for (size_t i = 0; i < b->losses.count; i++)
			printf("loss %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64
			       " %" PRIu64 "\n",
				b->losses.rows[i].kind, b->losses.rows[i].process,
				b->losses.rows[i].thread, b->losses.rows[i].count,
				b->losses.rows[i].weight_ns);
		break;
	case PTF_BLOCK_SECTION_END:
		printf("%" PRId64 " %" PRIu64 " %" PRIu64 "\n", b->section_end.time_ns,
			b->section_end.block_count, b->section_end.sample_count);
		break;
	}
}

static const char *error_name(int code)
{
	switch (code) {
#define NAME(name, value, text)                                                          \
	case name:                                                                       \
		return #name;
		PTF_ERR_MAP(NAME)
	default:
		return "none";
	}
}

int main(int argc, char **argv)
{
	bool with_notes = argc == 3 && strcmp(argv[1], "-n") == 0;
	const struct ptf_error *note;
	struct ptf_error err = {0};
	struct ptf_reader *r;
	struct ptf_block block;
	int rc;

	if (argc != 2 && !with_notes) {
		fprintf(stderr, "usage: dump_rows [-n] FILE\n");
		return 2;
	}
	rc = ptf_reader_open(&r, argv[argc - 1], NULL, &err);
	if (rc < 0) {
		printf("error %s\n", error_name(rc));
		return 1;
	}
	while ((rc = ptf_reader_next(r, &block, &err)) > 0)
		put_block(&block);
	for (size_t i = 0; with_notes && (note = ptf_reader_note(r, i)); i++)
		printf("note %s at %" PRIu64 ": %s\n", error_name(note->code),
			note->offset, note->message);
	if (rc < 0)
		printf("error %s\n", error_name(rc));
	ptf_reader_close(r);
	return rc < 0;
}
