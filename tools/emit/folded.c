/*
 * --to folded: one line for each distinct stack, root first, as flame graph
 * tools read it:
 *
 *     <module> (walk.py:56);walk (walk.py:30);step (walk.py:12) 812345
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/texts.h"
#include "tools/core/wrapping.h"
#include "tools/emit/registry.h"

/* Stacks are kept as ids of frame texts: their texts would be far larger. */
struct folder {
	const struct profile *p;
	const struct emit_options *options;
	struct intern texts;
	struct id_list text_of_place; /* [place], 0 = not made yet */
	enum emit_metric metric;
	struct intern stacks; /* text ids, root first */
	VEC(int64_t) weight;  /* [stack] */
};

/* A frame must not look like two, nor a line like two. */
static uint32_t clean_text(struct folder *f, char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == ';')
			text[i] = ',';
		else if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' ';
	}
	return intern_bytes(&f->texts, text, size);
}

static uint32_t frame_text(struct folder *f, uint32_t place_id)
{
	struct profile_place place = profile_get_place(f->p, place_id);
	struct profile_function g = profile_get_function(f->p, place.function);
	struct ptf_text name = profile_string(f->p, g.name);
	struct ptf_text file = profile_string(f->p, g.file);
	char *text;
	uint32_t id;
	int size;

	if (!g.file)
		size = asprintf(&text, "%.*s", (int)name.size, name.data);
	else if (f->options->no_lines || !place.line)
		size = asprintf(&text, "%.*s (%.*s)", (int)name.size, name.data,
			(int)file.size, file.data);
	else
		size = asprintf(&text, "%.*s (%.*s:%" PRIu32 ")", (int)name.size,
			name.data, (int)file.size, file.data, place.line);
	if (size < 0)
		return 0;
	id = clean_text(f, text, (size_t)size);
	free(text);
	return id;
}

static uint32_t literal_text(struct folder *f, const char *text)
{
	return intern_bytes(&f->texts, text, strlen(text));
}

static uint32_t thread_text(struct folder *f, uint32_t thread)
{
	char *text = report_thread_title(f->p, thread);
	uint32_t id = clean_text(f, text, strlen(text));

	free(text);
	return id;
}

static int64_t cell_weight(const struct folder *f, const struct profile_cell *c)
{
	return f->metric == EMIT_METRIC_SAMPLES ? (int64_t)c->count : c->time_ns;
}

static void add_cell(struct folder *f, const struct profile_cell *c,
	struct id_list *places, struct id_list *texts)
{
	int64_t weight = cell_weight(f, c);
	uint32_t id;

	if (weight == 0)
		return;
	texts->count = 0;
	if (f->options->threads)
		vec_push(texts, thread_text(f, c->thread));
	profile_stack(f->p, c->node, places);
	if (places->count == 0)
		vec_push(texts, literal_text(f, "[no stack]"));
	for (size_t i = places->count; i-- > 0;) {
		uint32_t place = places->item[i];

		vec_cover(&f->text_of_place, place);
		if (!f->text_of_place.item[place]) {
			uint32_t text = frame_text(f, place);

			f->text_of_place.item[place] = text;
		}
		vec_push(texts, f->text_of_place.item[place]);
	}
	id = intern_bytes(&f->stacks, texts->item, texts->count * sizeof(*texts->item));
	vec_cover(&f->weight, id);
	f->weight.item[id] = add_wrapping(f->weight.item[id], weight);
}

static int compare_text(const struct folder *f, uint32_t a, uint32_t b)
{
	return text_order(intern_get(&f->texts, a), intern_get(&f->texts, b));
}

static int compare_stacks(const void *a, const void *b, void *context)
{
	const struct folder *f = context;
	struct ptf_text x = intern_get(&f->stacks, *(const uint32_t *)a);
	struct ptf_text y = intern_get(&f->stacks, *(const uint32_t *)b);
	const uint32_t *s = (const void *)x.data, *t = (const void *)y.data;
	size_t n = x.size / sizeof(*s), m = y.size / sizeof(*t);

	for (size_t i = 0; i < n && i < m; i++)
		if (s[i] != t[i])
			return compare_text(f, s[i], t[i]);
	return n < m ? -1 : n > m;
}

static void put_stack(FILE *out, const struct folder *f, uint32_t id)
{
	struct ptf_text key = intern_get(&f->stacks, id);
	const uint32_t *text = (const void *)key.data;
	int64_t weight = f->weight.item[id];

	/* Whole microseconds; what rounds to nothing is nothing to draw. */
	if (f->metric != EMIT_METRIC_SAMPLES && !emit_is_memory(f->metric))
		weight = (weight + 500) / 1000;
	if (weight <= 0)
		return;
	for (size_t i = 0; i < key.size / sizeof(*text); i++) {
		struct ptf_text frame = intern_get(&f->texts, text[i]);

		if (i)
			fputc(';', out);
		fwrite(frame.data, 1, frame.size, out);
	}
	fprintf(out, " %" PRId64 "\n", weight);
}

static int write_folded(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct folder f = {.p = p,
		.options = options,
		.metric = emit_metric(&emit_folded, options)};
	struct report_options counted = {.selection = &options->selection,
		.wait_all = options->wait_all || options->threads,
		.cpu_only = f.metric == EMIT_METRIC_CPU,
		.awaits = f.metric == EMIT_METRIC_AWAIT};
	struct profile_cells memory = {0};
	const struct profile_cells *cells;
	struct id_list places = {0}, texts = {0}, order = {0};

	if (emit_is_memory(f.metric)) {
		int rc = heap_measure_cells(&memory, p, emit_heap_measure(f.metric), err);

		if (rc < 0)
			return rc;
		counted.bytes = &memory;
	}
	cells = report_cells(p, &counted);
	for (size_t i = 0; i < cells->count; i++)
		if (report_counts(p, &counted, &cells->item[i]))
			add_cell(&f, &cells->item[i], &places, &texts);
	for (uint32_t id = 1; id <= f.stacks.items.count; id++)
		vec_push(&order, id);
	if (order.count)
		qsort_r(order.item, order.count, sizeof(*order.item), compare_stacks, &f);
	for (size_t i = 0; i < order.count; i++)
		put_stack(out, &f, order.item[i]);
	intern_free(&f.texts);
	intern_free(&f.stacks);
	vec_free(&f.text_of_place);
	vec_free(&f.weight);
	vec_free(&places);
	vec_free(&texts);
	vec_free(&order);
	cells_free(&memory);
	return 0;
}

const struct emit_format emit_folded = {
	.name = "folded",
	.suffix = ".folded",
	.description = "collapsed stacks for flame graphs, weights in microseconds "
		       "(of memory in bytes)",
	.cannot_carry = "classes, times of the samples, source text, counters; time "
			"awaited without --metric await; memory without --metric alloc, "
			"live, peak or copy",
	.options = EMIT_OPTION_THREADS | EMIT_OPTION_WAIT | EMIT_OPTION_METRIC |
		EMIT_OPTION_SAMPLES | EMIT_OPTION_AWAIT | EMIT_OPTION_MEMORY |
		EMIT_OPTION_NO_LINES,
	.metric = EMIT_METRIC_CPU,
	.write = write_folded,
};
