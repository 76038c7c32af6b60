#include "tools/core/digest.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "tools/core/intern_table.h"

struct hash {
	uint64_t low, high;
};

/* What kind of thing a record is: equal bytes of different kinds differ. */
enum record_kind {
	RECORD_STRING = 1,
	RECORD_MODULE,
	RECORD_FUNCTION,
	RECORD_FRAME,
	RECORD_NODE,
	RECORD_METRIC,
	RECORD_CLASS,
	RECORD_LABEL,
	RECORD_LABEL_SET,
	RECORD_PROCESS,
	RECORD_THREAD,
	RECORD_ATTRIBUTE,
	RECORD_SECTION,
	RECORD_SECTION_END,
	RECORD_SAMPLE,
	RECORD_VALUE,
	RECORD_AGGREGATE,
	RECORD_EDGE,
	RECORD_COUNTER,
	RECORD_MARK,
	RECORD_CLOCK,
	RECORD_SOURCE,
	RECORD_SYMBOL,
	RECORD_THREAD_NAME,
	RECORD_THREAD_END,
	RECORD_PROCESS_END,
	RECORD_PROCESS_IMAGE,
	RECORD_LOSS,
};

/* Fields of one record, little-endian, so that all machines agree. */
struct record {
	unsigned char bytes[256];
	size_t size;
};

struct hash_list {
	VEC(struct hash) of; /* [id - 1] */
};

struct loss {
	uint64_t count, weight_ns;
};

struct digest {
	struct hash all;

	/* The section that is being read. */
	bool in_section;
	struct hash sum;   /* of its records */
	struct hash start; /* of what SectionStart says */
	uint32_t time_metric;
	struct hash_list strings, modules, functions, frames, nodes, metrics, classes,
		label_sets, processes, threads;
	struct intern loss_keys; /* losses of one kind add up */
	VEC(struct loss) losses; /* [id of loss_keys] */
};

/* ------------------------------------------------------------- hashing */

static void put(struct record *r, uint64_t value)
{
	value = htole64(value);
	memcpy(r->bytes + r->size, &value, sizeof(value));
	r->size += sizeof(value);
}

static void put_signed(struct record *r, int64_t value)
{
	put(r, (uint64_t)value);
}

static void put_hash(struct record *r, struct hash h)
{
	put(r, h.low);
	put(r, h.high);
}

/* By hand, as clearing the bytes would cost more than hashing them. */
static void begin(struct record *r, enum record_kind kind)
{
	r->size = 0;
	put(r, kind);
}

static struct hash hash_bytes(const void *data, size_t size)
{
	XXH128_hash_t h = XXH3_128bits(data, size);

	return (struct hash){h.low64, h.high64};
}

static struct hash hash_record(const struct record *r)
{
	return hash_bytes(r->bytes, r->size);
}

static void add(struct hash *to, struct hash h)
{
	to->low += h.low;
	to->high += h.high + (to->low < h.low);
}

static void add_record(struct digest *d, const struct record *r)
{
	add(&d->sum, hash_record(r));
}

static struct hash hash_text(struct ptf_text text)
{
	struct record r;

	begin(&r, RECORD_STRING);
	put_hash(&r, hash_bytes(text.data, text.size));
	put(&r, text.size);
	return hash_record(&r);
}

/* Zeros for "none". */
static struct hash hash_of(const struct hash_list *list, uint32_t id)
{
	return id && id <= list->of.count ? list->of.item[id - 1] : (struct hash){0, 0};
}

static struct hash hash_class(const struct digest *d, uint32_t class_id)
{
	struct record r;

	begin(&r, RECORD_CLASS);
	if (class_id >= PTF_CLASS_KIND_COUNT)
		return hash_of(&d->classes, class_id - PTF_CLASS_KIND_COUNT + 1);
	put(&r, class_id);
	put_hash(&r, (struct hash){0, 0});
	return hash_record(&r);
}

/* Order counts: the arguments of a command. */
static struct hash hash_ids(const struct digest *d, struct ptf_ids ids)
{
	struct hash h = {ids.count, 0};

	for (size_t i = 0; i < ids.count; i++) {
		struct record r;

		begin(&r, RECORD_STRING);
		put_hash(&r, h);
		put_hash(&r, hash_of(&d->strings, ids.item[i]));
		h = hash_record(&r);
	}
	return h;
}

static struct hash hash_attributes(const struct ptf_attributes *attributes)
{
	struct hash sum = {0, 0};

	for (size_t i = 0; i < attributes->count; i++) {
		struct record r;

		begin(&r, RECORD_ATTRIBUTE);
		put_hash(&r, hash_text(attributes->item[i].key));
		put_hash(&r, hash_text(attributes->item[i].value));
		add(&sum, hash_record(&r));
	}
	return sum;
}

/* ------------------------------------------------------------ sections */

static void end_section(struct digest *d)
{
	struct hash_list *const lists[] = {&d->strings, &d->modules, &d->functions,
		&d->frames, &d->nodes, &d->metrics, &d->classes, &d->label_sets,
		&d->processes, &d->threads};
	struct record r;

	begin(&r, RECORD_SECTION);
	if (!d->in_section)
		return;
	for (uint32_t id = 1; id < d->losses.count; id++) {
		struct record loss;
		struct hash key;

		begin(&loss, RECORD_LOSS);
		memcpy(&key, intern_get(&d->loss_keys, id).data, sizeof(key));
		put_hash(&loss, key);
		put(&loss, d->losses.item[id].count);
		put(&loss, d->losses.item[id].weight_ns);
		add_record(d, &loss);
	}
	put_hash(&r, d->start);
	put_hash(&r, hash_of(&d->metrics, d->time_metric));
	put_hash(&r, d->sum);
	add(&d->all, hash_record(&r));

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		vec_free(&lists[i]->of);
	intern_free(&d->loss_keys);
	vec_free(&d->losses);
	d->in_section = false;
	d->sum = d->start = (struct hash){0, 0};
	d->time_metric = 0;
}

static void take_section_start(struct digest *d, const struct ptf_section_start *s)
{
	struct record r;

	begin(&r, RECORD_SECTION);
	end_section(d);
	put_hash(&r, hash_bytes(s->trace_id, sizeof(s->trace_id)));
	put_hash(&r, hash_text(s->producer));
	put_signed(&r, s->origin_monotonic_ns);
	put_signed(&r, s->origin_realtime_ns);
	put(&r, s->time_resolution_ns);
	put(&r, s->sample_period_ns);
	put_hash(&r, hash_attributes(&s->attributes));
	d->start = hash_record(&r);
	d->time_metric = s->time_metric;
}

/* --------------------------------------------------------- definitions */

static void take_processes(struct digest *d, const struct ptf_definitions *def)
{
	for (size_t i = 0; i < def->process_count; i++) {
		const struct ptf_process *p = &def->processes[i];
		struct record r;

		begin(&r, RECORD_PROCESS);
		put(&r, p->pid);
		put_hash(&r, hash_of(&d->processes, p->parent));
		put_signed(&r, p->start_ns);
		put_hash(&r, hash_of(&d->strings, p->executable));
		put_hash(&r, hash_ids(d, p->arguments));
		put_hash(&r, hash_attributes(&p->attributes));
		vec_push(&d->processes.of, hash_record(&r));
		add_record(d, &r);
	}
	for (size_t i = 0; i < def->thread_count; i++) {
		const struct ptf_thread *t = &def->threads[i];
		struct record r;

		begin(&r, RECORD_THREAD);
		put_hash(&r, hash_of(&d->processes, t->process));
		put(&r, t->tid);
		put(&r, t->is_main);
		put_signed(&r, t->start_ns);
		vec_push(&d->threads.of, hash_record(&r));
		add_record(d, &r);
	}
}

static void take_code(struct digest *d, const struct ptf_definitions *def)
{
	for (size_t i = 0; i < def->module_count; i++) {
		struct record r;

		begin(&r, RECORD_MODULE);
		put_hash(&r, hash_of(&d->strings, def->modules[i].path));
		put_hash(&r, hash_text(def->modules[i].build_id));
		vec_push(&d->modules.of, hash_record(&r));
	}
	for (size_t i = 0; i < def->function_count; i++) {
		const struct ptf_function *f = &def->functions[i];
		struct record r;

		begin(&r, RECORD_FUNCTION);
		put_hash(&r, hash_of(&d->strings, f->name));
		put_hash(&r, hash_of(&d->strings, f->file));
		put_hash(&r, hash_of(&d->modules, f->module));
		put(&r, f->kind);
		put(&r, f->first_line);
		put(&r, f->line_count);
		vec_push(&d->functions.of, hash_record(&r));
	}
	for (size_t i = 0; i < def->frame_count; i++) {
		const struct ptf_frame *f = &def->frames[i];
		struct record r;

		begin(&r, RECORD_FRAME);
		put_hash(&r, hash_of(&d->functions, f->function));
		put(&r, f->line);
		put_hash(&r, hash_of(&d->modules, f->module));
		put(&r, f->module_offset);
		vec_push(&d->frames.of, hash_record(&r));
	}
	for (size_t i = 0; i < def->node_count; i++) {
		struct record r;

		begin(&r, RECORD_NODE);
		put_hash(&r, hash_of(&d->nodes, def->nodes[i].parent));
		put_hash(&r, hash_of(&d->frames, def->nodes[i].frame));
		vec_push(&d->nodes.of, hash_record(&r));
	}
}

static void take_label_set(struct digest *d, const struct ptf_label_set *set)
{
	struct record r;
	struct hash sum = {0, 0};

	begin(&r, RECORD_LABEL_SET);
	for (size_t i = 0; i < set->keys.count && i < set->values.count; i++) {
		struct record label;

		begin(&label, RECORD_LABEL);
		put_hash(&label, hash_of(&d->strings, set->keys.item[i]));
		put_hash(&label, hash_of(&d->strings, set->values.item[i]));
		add(&sum, hash_record(&label));
	}
	put_hash(&r, sum);
	vec_push(&d->label_sets.of, hash_record(&r));
}

static void take_definitions(struct digest *d, const struct ptf_definitions *def)
{
	for (size_t i = 0; i < def->string_count; i++)
		vec_push(&d->strings.of, hash_text(def->strings[i]));
	take_code(d, def);
	for (size_t i = 0; i < def->metric_count; i++) {
		const struct ptf_metric *m = &def->metrics[i];
		struct record r;

		begin(&r, RECORD_METRIC);
		put_hash(&r, hash_of(&d->strings, m->name));
		put_hash(&r, hash_of(&d->strings, m->unit));
		put(&r, m->kind);
		put(&r, m->addition);
		put_hash(&r, hash_of(&d->strings, m->description));
		vec_push(&d->metrics.of, hash_record(&r));
	}
	for (size_t i = 0; i < def->class_count; i++) {
		struct record r;

		begin(&r, RECORD_CLASS);
		put(&r, def->classes[i].kind);
		put_hash(&r, hash_of(&d->strings, def->classes[i].detail));
		vec_push(&d->classes.of, hash_record(&r));
	}
	for (size_t i = 0; i < def->label_set_count; i++)
		take_label_set(d, &def->label_sets[i]);
	take_processes(d, def);
}

/* ---------------------------------------------------------------- rows */

static void take_samples(struct digest *d, const struct ptf_samples *s)
{
	struct hash thread = hash_of(&d->threads, s->thread);

	for (size_t i = 0; i < s->count; i++) {
		struct record r;
		struct hash values = {0, 0};

		begin(&r, RECORD_SAMPLE);
		for (size_t k = 0; k < s->column_count; k++) {
			struct record value;

			begin(&value, RECORD_VALUE);
			put_hash(&value, hash_of(&d->metrics, s->columns[k].metric));
			put_signed(&value, s->columns[k].values[i]);
			add(&values, hash_record(&value));
		}
		put_hash(&r, thread);
		put_signed(&r, s->time_ns[i]);
		put_hash(&r, hash_of(&d->nodes, s->node[i]));
		put_hash(&r, hash_class(d, s->class_id[i]));
		put_hash(&r, hash_of(&d->label_sets, s->labels ? s->labels[i] : 0));
		put(&r, s->cpu ? s->cpu[i] : 0);
		put_hash(&r, hash_of(&d->strings, s->task ? s->task[i] : 0));
		put_hash(&r, values);
		add_record(d, &r);
	}
}

static void take_aggregates(struct digest *d, const struct ptf_aggregates *a)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct ptf_aggregate *row = &a->rows[i];
		struct record r;
		uint64_t squares;

		begin(&r, RECORD_AGGREGATE);
		memcpy(&squares, &row->sum_of_squares, sizeof(squares));
		put_hash(&r, hash_of(&d->metrics, a->metric));
		put_hash(&r, hash_of(&d->nodes, row->node));
		put_hash(&r, hash_class(d, row->class_id));
		put_hash(&r, hash_of(&d->threads, row->thread));
		put_hash(&r, hash_of(&d->label_sets, row->labels));
		put(&r, row->n);
		put_signed(&r, row->sum);
		put(&r, a->has_sum_of_squares ? squares : 0);
		put_signed(&r, a->has_range ? row->minimum : 0);
		put_signed(&r, a->has_range ? row->maximum : 0);
		add_record(d, &r);
	}
}

static void take_edges(struct digest *d, const struct ptf_edges *e)
{
	for (size_t i = 0; i < e->count; i++) {
		struct record r;

		begin(&r, RECORD_EDGE);
		put_hash(&r, hash_of(&d->metrics, e->metric));
		put_hash(&r, hash_of(&d->frames, e->rows[i].caller));
		put_hash(&r, hash_of(&d->frames, e->rows[i].callee));
		put(&r, e->rows[i].calls);
		put_signed(&r, e->rows[i].inclusive);
		put_hash(&r, hash_of(&d->threads, e->rows[i].thread));
		add_record(d, &r);
	}
}

static void take_counters(struct digest *d, const struct ptf_counters *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct record r;

		begin(&r, RECORD_COUNTER);
		put_hash(&r, hash_of(&d->metrics, c->metric));
		put_hash(&r, hash_of(&d->processes, c->process));
		put_hash(&r, hash_of(&d->threads, c->thread));
		put_hash(&r, hash_of(&d->strings, c->instance));
		put_signed(&r, c->time_ns[i]);
		put_signed(&r, c->values[i]);
		add_record(d, &r);
	}
}

static void take_marks(struct digest *d, const struct ptf_marks *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct record r;

		begin(&r, RECORD_MARK);
		put_signed(&r, m->rows[i].time_ns);
		put_hash(&r, hash_of(&d->threads, m->rows[i].thread));
		put(&r, m->rows[i].kind);
		put_hash(&r, hash_of(&d->strings, m->rows[i].name));
		add_record(d, &r);
	}
}

static void take_clock(struct digest *d, const struct ptf_clock *c)
{
	struct record r;

	begin(&r, RECORD_CLOCK);
	put_signed(&r, c->monotonic_ns);
	put_signed(&r, c->boottime_ns);
	put_signed(&r, c->realtime_ns);
	put(&r, c->uncertainty_ns);
	put_hash(&r, hash_text(c->boot_id));
	put_signed(&r, c->monotonic_offset_ns);
	put_signed(&r, c->boottime_offset_ns);
	add_record(d, &r);
}

/* --------------------------------------------------------------- facts */

static void take_process_facts(struct digest *d, const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->process_end_count; i++) {
		const struct ptf_process_end *e = &f->process_ends[i];
		struct record r;

		begin(&r, RECORD_PROCESS_END);
		put_hash(&r, hash_of(&d->processes, e->process));
		put_signed(&r, e->time_ns);
		put_signed(&r, e->exit_status);
		put(&r, e->cpu_ns);
		put(&r, e->user_ns);
		put(&r, e->system_ns);
		put(&r, e->major_fault_count);
		put(&r, e->minor_fault_count);
		put(&r, e->maximum_rss_bytes);
		add_record(d, &r);
	}
	for (size_t i = 0; i < f->process_image_count; i++) {
		const struct ptf_process_image *image = &f->process_images[i];
		struct record r;

		begin(&r, RECORD_PROCESS_IMAGE);
		put_hash(&r, hash_of(&d->processes, image->process));
		put_signed(&r, image->time_ns);
		put_hash(&r, hash_of(&d->strings, image->executable));
		put_hash(&r, hash_ids(d, image->arguments));
		put_hash(&r, hash_attributes(&image->attributes));
		add_record(d, &r);
	}
}

static void take_facts(struct digest *d, const struct ptf_facts *f)
{
	for (size_t i = 0; i < f->source_count; i++) {
		const struct ptf_source *s = &f->sources[i];
		struct record r;

		begin(&r, RECORD_SOURCE);
		put_hash(&r, hash_of(&d->strings, s->file));
		put_hash(&r, hash_text(s->text));
		put(&r, s->first_line);
		put(&r, s->line_count);
		put(&r, s->size_bytes);
		put(&r, s->xxh3);
		put(&r, s->is_excerpt);
		put(&r, s->changed_after_start);
		add_record(d, &r);
	}
	for (size_t i = 0; i < f->symbol_count; i++) {
		const struct ptf_symbol *s = &f->symbols[i];
		struct record r;

		begin(&r, RECORD_SYMBOL);
		put_hash(&r, hash_of(&d->frames, s->frame));
		put_hash(&r, hash_of(&d->strings, s->name));
		put_hash(&r, hash_of(&d->strings, s->file));
		put(&r, s->line);
		put(&r, s->inline_depth);
		add_record(d, &r);
	}
	for (size_t i = 0; i < f->thread_name_count; i++) {
		struct record r;

		begin(&r, RECORD_THREAD_NAME);
		put_hash(&r, hash_of(&d->threads, f->thread_names[i].thread));
		put_signed(&r, f->thread_names[i].time_ns);
		put_hash(&r, hash_of(&d->strings, f->thread_names[i].name));
		add_record(d, &r);
	}
	for (size_t i = 0; i < f->thread_end_count; i++) {
		struct record r;

		begin(&r, RECORD_THREAD_END);
		put_hash(&r, hash_of(&d->threads, f->thread_ends[i].thread));
		put_signed(&r, f->thread_ends[i].time_ns);
		put(&r, f->thread_ends[i].cpu_ns);
		add_record(d, &r);
	}
	take_process_facts(d, f);
}

static void take_losses(struct digest *d, const struct ptf_losses *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct record r;
		struct hash key;
		uint32_t id;

		begin(&r, RECORD_LOSS);
		put_hash(&r, hash_of(&d->strings, l->rows[i].kind));
		put_hash(&r, hash_of(&d->processes, l->rows[i].process));
		put_hash(&r, hash_of(&d->threads, l->rows[i].thread));
		key = hash_record(&r);
		id = intern_bytes(&d->loss_keys, &key, sizeof(key));
		vec_cover(&d->losses, id);
		d->losses.item[id].count += l->rows[i].count;
		d->losses.item[id].weight_ns += l->rows[i].weight_ns;
	}
}

/* ----------------------------------------------------------------- all */

void digest_block(struct digest *d, const struct ptf_block *b)
{
	if (b->kind == PTF_BLOCK_SECTION_START)
		take_section_start(d, &b->section_start);
	d->in_section = true;
	switch (b->kind) {
	case PTF_BLOCK_SECTION_START:
		break;
	case PTF_BLOCK_DEFINITIONS:
		take_definitions(d, &b->definitions);
		break;
	case PTF_BLOCK_SAMPLES:
		take_samples(d, &b->samples);
		break;
	case PTF_BLOCK_AGGREGATES:
		take_aggregates(d, &b->aggregates);
		break;
	case PTF_BLOCK_EDGES:
		take_edges(d, &b->edges);
		break;
	case PTF_BLOCK_COUNTERS:
		take_counters(d, &b->counters);
		break;
	case PTF_BLOCK_MARKS:
		take_marks(d, &b->marks);
		break;
	case PTF_BLOCK_CLOCK:
		take_clock(d, &b->clock);
		break;
	case PTF_BLOCK_FACTS:
		take_facts(d, &b->facts);
		break;
	case PTF_BLOCK_LOSSES:
		take_losses(d, &b->losses);
		break;
	case PTF_BLOCK_SECTION_END: {
		struct record r;

		begin(&r, RECORD_SECTION_END);
		put_signed(&r, b->section_end.time_ns);
		add_record(d, &r);
		break;
	}
	}
}

struct digest *digest_new(void)
{
	return memory_zeroed(1, sizeof(struct digest));
}

void digest_end_file(struct digest *d)
{
	end_section(d);
}

void digest_finish(struct digest *d, char text[33])
{
	end_section(d);
	snprintf(text, 33, "%016" PRIx64 "%016" PRIx64, d->all.high, d->all.low);
	free(d);
}
