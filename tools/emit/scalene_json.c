/*
 * --to json: the schema of Scalene's profiles, so that what reads those reads
 * ours, plus exact nanoseconds in keys that begin with "ptf_".
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/version.h>

#include "tools/cli/json.h"
#include "tools/core/filter.h"
#include "tools/core/units.h"
#include "tools/emit/registry.h"

struct writer {
	struct json j;
	const struct profile *p;
	const struct emit_options *options;
	struct report_options report_options;
	struct report report;
};

static void put_id(struct json *j, const struct profile *p, const char *key, uint32_t id)
{
	struct ptf_text text = profile_string(p, id);

	json_string(j, key, text.data, text.size);
}

static void put_class_ns(struct json *j, const struct class_times *t)
{
	json_integer(j, "ptf_python_ns", t->ns[PTF_CLASS_PYTHON]);
	json_integer(j, "ptf_native_ns", t->ns[PTF_CLASS_NATIVE]);
	json_integer(j, "ptf_kernel_ns", t->ns[PTF_CLASS_KERNEL]);
	json_integer(j, "ptf_runnable_ns", t->ns[PTF_CLASS_RUNNABLE]);
	json_integer(j, "ptf_gil_ns", t->ns[PTF_CLASS_GIL]);
	json_integer(j, "ptf_wait_ns", t->ns[PTF_CLASS_WAIT]);
	json_integer(j, "ptf_unknown_ns", t->ns[PTF_CLASS_UNKNOWN]);
}

static void put_await(struct json *j, const struct await_times *await)
{
	json_integer(j, "ptf_await_ns", await->self_ns);
	json_integer(j, "ptf_total_await_ns", await->total_ns);
}

/* --------------------------------------------------------------- memory */

/* Scalene's "MB" are these. */
#define MB 1048576.0

static void put_mb(struct json *j, const char *key, int64_t bytes)
{
	json_number(j, key, (double)bytes / MB);
}

/* Of what it allocated. */
static double python_fraction(const struct heap_use *use)
{
	return units_percent((double)use->allocated_bytes[HEAP_PYTHON],
		       (double)heap_allocated(use)) /
		100;
}

/* Where it cannot be known, null. */
static void put_error(struct json *j, const char *key, double bytes)
{
	if (bytes >= 0)
		json_number(j, key, bytes);
	else
		json_null(j, key);
}

/* What was held over time: [nanoseconds since the start, MB]. */
static void put_levels(struct writer *w, const char *key, const struct heap_use *use)
{
	const struct heap *heap = &w->report.heap;
	int64_t part_ns = (heap->end_ns - heap->start_ns) / HEAP_LEVEL_COUNT;
	struct json *j = &w->j;

	json_array(j, key);
	for (size_t i = 0; use->levels && i < HEAP_LEVEL_COUNT; i++) {
		json_inline_array(j, NULL);
		json_integer(j, NULL, heap->start_ns + (int64_t)i * part_ns);
		put_mb(j, NULL, use->levels[i]);
		json_end(j);
	}
	json_end(j);
}

/* Of a line or function, as Scalene has it. */
static void put_memory(struct writer *w, const struct heap_use *use)
{
	static const struct heap_use none;
	const struct heap_use *all = &w->report.heap.all;
	double seconds = (double)profile_elapsed_ns(w->p) / NS_PER_SECOND;
	struct json *j = &w->j;

	use = use ? use : &none;
	put_mb(j, "n_avg_mb", use->average_bytes);
	put_mb(j, "n_peak_mb", use->maximum_bytes);
	put_mb(j, "n_growth_mb", use->maximum_bytes);
	put_mb(j, "n_malloc_mb", heap_allocated(use));
	json_unsigned(j, "n_mallocs", use->allocation_count);
	json_number(j, "n_python_fraction", python_fraction(use));
	json_number(j, "n_usage_fraction",
		units_percent((double)heap_allocated(use), (double)heap_allocated(all)) /
			100);
	put_mb(j, "n_copy_mb_s",
		seconds > 0 ? (int64_t)((double)use->copied_bytes / seconds) : 0);
	put_levels(w, "memory_samples", use);
}

/* Bytes, of what has any. */
static void put_exact_memory(struct json *j, const struct heap_use *use)
{
	if (!use)
		return;
	json_integer(j, "ptf_allocated_python_bytes", use->allocated_bytes[HEAP_PYTHON]);
	json_integer(j, "ptf_allocated_native_bytes", use->allocated_bytes[HEAP_NATIVE]);
	put_error(j, "ptf_allocated_error_bytes", use->allocated_error_bytes);
	json_integer(j, "ptf_live_bytes", use->live_bytes);
	put_error(j, "ptf_live_error_bytes", use->live_error_bytes);
	json_integer(j, "ptf_peak_bytes", use->peak_bytes);
	put_error(j, "ptf_peak_error_bytes", use->peak_error_bytes);
	json_integer(j, "ptf_maximum_bytes", use->maximum_bytes);
	json_integer(j, "ptf_average_bytes", use->average_bytes);
	json_integer(j, "ptf_copied_bytes", use->copied_bytes);
	json_unsigned(j, "ptf_memory_samples", use->allocation_count + use->copy_count);
}

static void put_leaks(struct writer *w, const struct report_file *f)
{
	struct json *j = &w->j;

	json_object(j, "leaks");
	for (size_t i = 0; w->report.heap.has_time && i < f->lines.count; i++) {
		const struct report_line *l = &f->lines.item[i];
		struct heap_leak leak = {0};
		char line[16];

		if (l->memory)
			leak = heap_leak_of(&w->report.heap, l->memory);
		if (!leak.is_likely)
			continue;
		snprintf(line, sizeof(line), "%" PRIu32, l->line);
		json_key(j, line, strlen(line));
		json_inline_object(j, NULL);
		json_number(j, "likelihood", leak.likelihood);
		json_number(j, "velocity_mb_s", leak.bytes_per_s / MB);
		json_end(j);
	}
	json_end(j);
}

/* What held most when the program held most. */
static void put_peak_place(struct writer *w)
{
	const struct report_file *file = NULL;
	const struct report_line *line = NULL;

	for (size_t i = 0; i < w->report.files.count; i++) {
		const struct report_file *f = &w->report.files.item[i];

		for (size_t k = 0; k < f->lines.count; k++) {
			const struct report_line *l = &f->lines.item[k];

			if (!l->memory ||
				(line &&
					l->memory->peak_bytes <=
						line->memory->peak_bytes))
				continue;
			file = f;
			line = l;
		}
	}
	put_id(&w->j, w->p, "max_footprint_fname", file ? file->file : 0);
	json_unsigned(&w->j, "max_footprint_lineno", line ? line->line : 0);
}

static void put_all_memory(struct writer *w)
{
	const struct heap *heap = &w->report.heap;
	int64_t python_peak = 0, native = 0;
	struct json *j = &w->j;

	for (size_t i = 0; i < heap->cells.count; i++) {
		const struct heap_cell *c = &heap->cells.item[i];

		if (profile_get_class(w->p, c->class_id).kind == PTF_CLASS_PYTHON)
			python_peak += c->use.peak_bytes;
	}
	for (size_t i = 0; i < w->report.files.count; i++)
		if (!w->report.files.item[i].file && w->report.files.item[i].memory)
			native += heap_allocated(w->report.files.item[i].memory);
	json_unsigned(j, "alloc_samples", heap->all.allocation_count);
	json_number(j, "growth_rate",
		units_percent((double)heap->all.live_bytes,
			(double)heap_allocated(&heap->all)));
	put_mb(j, "max_footprint_mb", heap->all.peak_bytes);
	json_number(j, "max_footprint_python_fraction",
		units_percent((double)python_peak, (double)heap_sum_of_peaks(heap)) /
			100);
	put_peak_place(w);
	put_mb(j, "native_allocations_mb", native);
	json_bool(j, "memory", w->report.has_memory);
	put_levels(w, "samples", &heap->all);
	if (w->report.has_memory)
		put_exact_memory(j, &heap->all);
}

/* What lines and functions have in common. */
static void put_measures(struct writer *w, const struct class_times *self,
	int64_t total_ns, const struct await_times *await, const struct heap_use *memory)
{
	static const char *const zero_number[] = {"n_core_utilization", "n_gpu_percent",
		"n_gpu_avg_memory_mb", "n_gpu_peak_memory_mb", "n_async_concurrency_mean",
		"n_async_concurrency_peak"};
	static const char *const empty_list[] = {"cpu_samples_list", "async_task_names"};
	struct json *j = &w->j;
	double all = (double)w->report.all_ns;

	json_number(j, "n_cpu_percent_python",
		units_percent((double)self->ns[PTF_CLASS_PYTHON], all));
	json_number(j, "n_cpu_percent_c",
		units_percent((double)self->ns[PTF_CLASS_NATIVE], all));
	json_number(j, "n_sys_percent",
		units_percent((double)class_times_system(self), all));
	json_number(j, "n_async_await_percent",
		units_percent((double)await->self_ns, (double)w->report.await_ns));
	for (size_t i = 0; i < sizeof(zero_number) / sizeof(zero_number[0]); i++)
		json_number(j, zero_number[i], 0);
	put_memory(w, memory);
	for (size_t i = 0; i < sizeof(empty_list) / sizeof(empty_list[0]); i++) {
		json_array(j, empty_list[i]);
		json_end(j);
	}
	json_bool(j, "is_coroutine", await->total_ns != 0);
	put_class_ns(j, self);
	json_integer(j, "ptf_total_ns", total_ns);
	put_await(j, await);
	put_exact_memory(j, memory);
}

/* ------------------------------------------------------- lines, functions */

struct region {
	uint32_t first, last;
};

/* The innermost known function around each line from first to last. */
static struct region *function_regions(const struct profile *p,
	const struct report_file *f, uint32_t first, uint32_t last)
{
	struct region *regions =
		memory_zeroed((size_t)last - first + 1, sizeof(*regions));

	for (size_t i = 0; i < f->functions.count; i++) {
		struct profile_function d =
			profile_get_function(p, f->functions.item[i].function);
		uint64_t end = (uint64_t)d.first_line + d.line_count;
		uint64_t line = d.first_line < first ? first : d.first_line;

		for (; d.first_line && line < end && line <= last; line++) {
			struct region *r = &regions[line - first];

			if (!r->first || d.line_count <= r->last - r->first)
				*r = (struct region){d.first_line, (uint32_t)(end - 1)};
		}
	}
	return regions;
}

static void put_line(struct writer *w, uint32_t line, const struct region *function,
	struct ptf_text text, const struct report_line *l)
{
	static const struct report_line none;
	struct json *j = &w->j;
	uint32_t first = function && function->first ? function->first : line;
	uint32_t last = function && function->first ? function->last : line;

	json_inline_object(j, NULL);
	json_unsigned(j, "lineno", line);
	json_string(j, "line", text.data, text.size);
	json_unsigned(j, "start_region_line", first);
	json_unsigned(j, "end_region_line", last);
	json_unsigned(j, "start_function_line", first);
	json_unsigned(j, "end_function_line", last);
	json_unsigned(j, "start_outermost_loop", line);
	json_unsigned(j, "end_outermost_loop", line);
	l = l ? l : &none;
	put_measures(w, &l->self, l->total_ns, &l->await, l->memory);
	json_end(j);
}

static void put_lines(struct writer *w, const struct report_file *f)
{
	const struct profile_source *s = profile_source_of(w->p, f->file);
	uint32_t first = s && s->line_starts.count ? s->first_line : 0;
	uint32_t last = first ? first + (uint32_t)s->line_starts.count - 1 : 0;
	struct region *regions = function_regions(w->p, f, first, last);
	size_t next = 0;

	json_array(&w->j, "lines");
	/* Every line of the text, and before and behind it those with time. */
	for (; next < f->lines.count && f->lines.item[next].line < first; next++)
		put_line(w, f->lines.item[next].line, NULL, (struct ptf_text){"", 0},
			&f->lines.item[next]);
	for (uint32_t line = first; line && line <= last; line++) {
		const struct report_line *l = NULL;
		struct ptf_text text = {"", 0};

		if (next < f->lines.count && f->lines.item[next].line == line)
			l = &f->lines.item[next++];
		profile_source_line(s, line, &text);
		put_line(w, line, &regions[line - first], text, l);
	}
	for (; next < f->lines.count; next++)
		put_line(w, f->lines.item[next].line, NULL, (struct ptf_text){"", 0},
			&f->lines.item[next]);
	json_end(&w->j);
	free(regions);
}

static void put_functions(struct writer *w, const struct report_file *f)
{
	json_array(&w->j, "functions");
	for (size_t i = 0; i < f->functions.count; i++) {
		const struct report_function *g = &f->functions.item[i];
		struct profile_function d = profile_get_function(w->p, g->function);

		json_inline_object(&w->j, NULL);
		json_unsigned(&w->j, "lineno", g->line);
		if (g->function)
			put_id(&w->j, w->p, "line", d.name);
		else
			json_literal(&w->j, "line", "[no stack]");
		put_measures(w, &g->self, g->total_ns, &g->await, g->memory);
		json_end(&w->j);
	}
	json_end(&w->j);
}

static bool is_reported(struct writer *w, const struct report_file *f)
{
	return f->is_selected &&
		report_shows_file(&w->report, w->p, f, w->options->min_percent);
}

static void put_files(struct writer *w)
{
	struct json *j = &w->j;
	struct class_times omitted = {0};
	uint64_t omitted_count = 0;

	json_object(j, "files");
	for (size_t i = 0; i < w->report.files.count; i++) {
		const struct report_file *f = &w->report.files.item[i];
		struct ptf_text name = profile_string(w->p, f->file);

		if (!f->file)
			continue;
		if (!is_reported(w, f)) {
			class_times_add(&omitted, &f->self);
			omitted_count++;
			continue;
		}
		json_key(j, name.data, name.size);
		json_object(j, NULL);
		json_number(j, "percent_cpu_time",
			units_percent((double)class_times_sum(&f->self),
				(double)w->report.all_ns));
		json_array(j, "imports");
		json_end(j);
		put_leaks(w, f);
		put_class_ns(j, &f->self);
		json_integer(j, "ptf_total_ns", f->total_ns);
		put_await(j, &f->await);
		put_exact_memory(j, f->memory);
		put_lines(w, f);
		put_functions(w, f);
		json_end(j);
	}
	json_end(j);
	/* What Scalene has no place for: code without a source file. */
	json_object(j, "ptf_without_file");
	for (size_t i = 0; i < w->report.files.count; i++) {
		const struct report_file *f = &w->report.files.item[i];

		if (f->file)
			continue;
		put_class_ns(j, &f->self);
		put_functions(w, f);
	}
	json_end(j);
	json_object(j, "ptf_omitted_files");
	json_unsigned(j, "count", omitted_count);
	put_class_ns(j, &omitted);
	json_end(j);
}

/* -------------------------------------------------------------- stacks */

struct stack_tally {
	struct class_times times;
	int64_t allocated_bytes;
	uint64_t count;
};

/* Stacks of places, with what was counted on them. */
struct stacks {
	struct intern keys;            /* arrays of place ids, innermost first */
	VEC(struct stack_tally) tally; /* [id] */
};

static struct stack_tally *tally_of(struct stacks *s, const struct id_list *list)
{
	uint32_t id =
		intern_bytes(&s->keys, list->item, list->count * sizeof(*list->item));

	vec_cover(&s->tally, id);
	return &s->tally.item[id];
}

static void add_stack(struct stacks *s, const struct id_list *list,
	const struct profile_cell *c, uint32_t class_kind)
{
	struct stack_tally *t = tally_of(s, list);

	t->times.ns[class_kind] += c->time_ns;
	t->count += c->count;
}

/* The Python places of a stack, innermost first. */
static void only_python(const struct profile *p, const struct id_list *all,
	struct id_list *python)
{
	python->count = 0;
	for (size_t k = 0; k < all->count; k++) {
		struct profile_place place = profile_get_place(p, all->item[k]);

		if (profile_get_function(p, place.function).kind == PTF_FUNCTION_PYTHON)
			vec_push(python, all->item[k]);
	}
}

static void collect_stacks(struct writer *w, struct stacks *python,
	struct stacks *combined)
{
	struct id_list all = {0}, of_python = {0};

	for (size_t i = 0; i < w->p->cells.count; i++) {
		const struct profile_cell *c = &w->p->cells.item[i];
		uint32_t kind = profile_get_class(w->p, c->class_id).kind;

		if (!report_counts(w->p, &w->report_options, c))
			continue;
		profile_stack(w->p, c->node, &all);
		only_python(w->p, &all, &of_python);
		if (of_python.count)
			add_stack(python, &of_python, c, kind);
		if (all.count)
			add_stack(combined, &all, c, kind);
	}
	vec_free(&all);
	vec_free(&of_python);
}

static void collect_memory_stacks(struct writer *w, struct stacks *python)
{
	struct id_list all = {0}, of_python = {0};

	for (size_t i = 0; i < w->report.heap.cells.count; i++) {
		const struct heap_cell *c = &w->report.heap.cells.item[i];

		profile_stack(w->p, c->node, &all);
		only_python(w->p, &all, &of_python);
		if (of_python.count)
			tally_of(python, &of_python)->allocated_bytes +=
				heap_allocated(&c->use);
	}
	vec_free(&all);
	vec_free(&of_python);
}

static const uint32_t *stack_places(const struct stacks *s, uint32_t id, size_t *count)
{
	struct ptf_text key = intern_get(&s->keys, id);

	*count = key.size / sizeof(uint32_t);
	return (const void *)key.data;
}

/* "file function:line;", as Scalene writes a frame. */
static void put_frame_text(struct writer *w, uint32_t place_id)
{
	struct profile_place place = profile_get_place(w->p, place_id);
	struct profile_function f = profile_get_function(w->p, place.function);
	struct ptf_text file = profile_string(w->p, f.file);
	struct ptf_text name = profile_string(w->p, f.name);
	char *text;
	int size = asprintf(&text, "%.*s %.*s:%u;", (int)file.size, file.data,
		(int)name.size, name.data, place.line);

	if (size < 0)
		return;
	json_string(&w->j, NULL, text, (size_t)size);
	free(text);
}

static void put_stacks(struct writer *w, const struct stacks *s)
{
	struct json *j = &w->j;
	double all = (double)w->report.all_ns;

	json_array(j, "stacks");
	for (uint32_t id = 1; id < s->tally.count; id++) {
		const struct stack_tally *t = &s->tally.item[id];
		size_t count;
		const uint32_t *place = stack_places(s, id, &count);

		json_inline_array(j, NULL);
		json_array(j, NULL);
		while (count--)
			put_frame_text(w, place[count]);
		json_end(j);
		json_object(j, NULL);
		json_unsigned(j, "count", t->count);
		json_number(j, "python_time",
			units_percent((double)t->times.ns[PTF_CLASS_PYTHON], all) / 100);
		json_number(j, "c_time",
			units_percent((double)t->times.ns[PTF_CLASS_NATIVE], all) / 100);
		json_number(j, "cpu_samples",
			units_percent((double)class_times_sum(&t->times), all) / 100);
		put_class_ns(j, &t->times);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void put_combined_stacks(struct writer *w, const struct stacks *s)
{
	struct json *j = &w->j;

	json_array(j, "combined_stacks");
	for (uint32_t id = 1; id < s->tally.count; id++) {
		size_t count;
		const uint32_t *places = stack_places(s, id, &count);

		json_inline_array(j, NULL);
		json_array(j, NULL);
		while (count--) {
			struct profile_place place =
				profile_get_place(w->p, places[count]);
			struct profile_function f =
				profile_get_function(w->p, place.function);
			bool python = f.kind == PTF_FUNCTION_PYTHON;
			uint32_t module = profile_get_module(w->p, f.module).path;

			json_object(j, NULL);
			json_literal(j, "kind", python ? "py" : "native");
			put_id(j, w->p, "display_name", f.name);
			put_id(j, w->p, "filename_or_module", f.file ? f.file : module);
			json_unsigned(j, "line", place.line);
			json_null(j, "ip");
			json_null(j, "offset");
			json_end(j);
		}
		json_end(j);
		json_unsigned(j, NULL, s->tally.item[id].count);
		json_end(j);
	}
	json_end(j);
}

static void put_memory_stacks(struct writer *w, const struct stacks *s)
{
	struct json *j = &w->j;

	json_array(j, "memory_stacks");
	for (uint32_t id = 1; id < s->tally.count; id++) {
		size_t count;
		const uint32_t *place = stack_places(s, id, &count);

		if (!s->tally.item[id].allocated_bytes)
			continue;
		json_inline_array(j, NULL);
		json_array(j, NULL);
		while (count--)
			put_frame_text(w, place[count]);
		json_end(j);
		put_mb(j, NULL, s->tally.item[id].allocated_bytes);
		json_end(j);
	}
	json_end(j);
}

static void free_stacks(struct stacks *s)
{
	intern_free(&s->keys);
	vec_free(&s->tally);
}

static void put_all_stacks(struct writer *w)
{
	struct stacks python = {0}, combined = {0}, memory = {0};

	collect_stacks(w, &python, &combined);
	collect_memory_stacks(w, &memory);
	put_stacks(w, &python);
	put_combined_stacks(w, &combined);
	json_array(&w->j, "combined_stacks_timeline");
	json_end(&w->j);
	put_memory_stacks(w, &memory);
	free_stacks(&python);
	free_stacks(&combined);
	free_stacks(&memory);
}

/* ----------------------------------------------------------------- top */

static bool ends_with(struct ptf_text text, const char *end)
{
	size_t length = strlen(end);

	return text.size >= length &&
		!memcmp(text.data + text.size - length, end, length);
}

/* The program as a person names it: the script, else the executable. */
static void put_program(struct writer *w)
{
	const struct profile *p = w->p;
	const struct profile_process *process = profile_first_process(p);
	size_t count = process ? process->arguments.count : 0, script = 0;
	struct ptf_text program = {"", 0};
	const char *slash;

	for (size_t i = 0; i < count && !script; i++)
		if (ends_with(profile_string(p, process->arguments.item[i]), ".py"))
			script = i;
	if (count)
		program = profile_string(p, process->arguments.item[script]);
	else if (process)
		program = profile_string(p, process->executable);
	json_string(&w->j, "program", program.data, program.size);
	slash = program.size ? memrchr(program.data, '/', program.size) : NULL;
	json_string(&w->j, "filename", program.data,
		slash ? (size_t)(slash - program.data) : 0);
	put_id(&w->j, p, "entrypoint_dir",
		p->sections.count ? p->sections.item[0].directory : 0);
	json_array(&w->j, "args");
	for (size_t i = script + 1; i < count; i++)
		put_id(&w->j, p, NULL, process->arguments.item[i]);
	json_end(&w->j);
}

static void put_threads(struct writer *w)
{
	struct json *j = &w->j;
	struct class_times *times = report_thread_times(w->p);

	json_array(j, "ptf_threads");
	for (uint32_t id = 1; id <= w->p->threads.count; id++) {
		const struct profile_thread *t = &w->p->threads.item[id - 1];

		if (!filter_keeps_thread(w->p->filter, id))
			continue;
		json_inline_object(j, NULL);
		json_unsigned(j, "pid",
			t->process ? w->p->processes.item[t->process - 1].pid : 0);
		json_unsigned(j, "tid", t->tid);
		put_id(j, w->p, "name", t->name);
		json_bool(j, "is_main", t->is_main);
		put_class_ns(j, &times[id]);
		json_end(j);
	}
	json_end(j);
	free(times);
}

static void put_selection(struct writer *w)
{
	char *text = selection_text(&w->options->selection);

	json_literal(&w->j, "ptf_selection", text);
	free(text);
}

static void put_top(struct writer *w)
{
	struct json *j = &w->j;
	const struct profile_section *s =
		w->p->sections.count ? w->p->sections.item : NULL;
	uint32_t main_tid = 0;

	for (size_t i = 0; i < w->p->threads.count && !main_tid; i++)
		if (w->p->threads.item[i].is_main)
			main_tid = w->p->threads.item[i].tid;
	put_program(w);
	json_seconds(j, "elapsed_time_sec", profile_elapsed_ns(w->p));
	json_seconds(j, "start_time_absolute", s ? s->origin_realtime_ns : 0);
	json_seconds(j, "start_time_perf", s ? s->origin_monotonic_ns : 0);
	json_unsigned(j, "main_thread_id", main_tid);
	put_all_memory(w);
	json_bool(j, "gpu", false);
	json_literal(j, "gpu_device", "");
	json_bool(j, "async_profile", w->report.await_ns != 0);
	json_literal(j, "ptf_version", PTF_VERSION_STRING);
	put_selection(w);
	json_literal(j, "ptf_weight", w->report_options.cpu_only ? "cpu" : "wall");
	json_literal(j, "ptf_waits",
		w->report_options.cpu_only     ? "none"
			: w->options->wait_all ? "all"
					       : "main");
	json_unsigned(j, "ptf_samples", w->p->sample_count);
	json_integer(j, "ptf_all_ns", w->report.all_ns);
	json_integer(j, "ptf_other_waits_ns", w->report.other_waits_ns);
	put_class_ns(j, &w->report.all);
	json_integer(j, "ptf_await_ns", w->report.await_ns);
}

static int write_json(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct writer w = {.p = p,
		.options = options,
		.report_options = {.selection = &options->selection,
			.wait_all = options->wait_all,
			.cpu_only = emit_metric(&emit_json, options) == EMIT_METRIC_CPU,
			.memory_levels = true,
			.charge = options->charge}};
	int rc = report_make_with_memory(&w.report, p, &w.report_options, err);

	if (rc < 0)
		return rc;
	json_begin(&w.j, out);
	json_object(&w.j, NULL);
	put_top(&w);
	put_threads(&w);
	put_files(&w);
	put_all_stacks(&w);
	json_end(&w.j);
	json_finish(&w.j);
	report_free(&w.report);
	return 0;
}

const struct emit_format emit_json = {
	.name = "json",
	.suffix = ".json",
	.description = "Scalene's JSON, with exact nanoseconds added",
	.cannot_carry = "times of the samples, counters, marks",
	.options = EMIT_OPTION_BY_FILE | EMIT_OPTION_WAIT | EMIT_OPTION_CHARGE |
		EMIT_OPTION_MIN | EMIT_OPTION_METRIC,
	.metric = EMIT_METRIC_WALL,
	.write = write_json,
};
