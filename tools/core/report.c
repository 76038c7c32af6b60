#include "tools/core/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/own_code.h"
#include "tools/core/owner.h"
#include "tools/core/texts.h"
#include "tools/core/units.h"

/* ------------------------------------------------------------ class times */

int64_t class_times_sum(const struct class_times *t)
{
	int64_t sum = 0;

	for (int i = 0; i < PTF_CLASS_KIND_COUNT; i++)
		sum += t->ns[i];
	return sum;
}

int64_t class_times_system(const struct class_times *t)
{
	return t->ns[PTF_CLASS_KERNEL] + class_times_waits(t);
}

int64_t class_times_cpu(const struct class_times *t)
{
	return class_times_sum(t) - class_times_waits(t);
}

int64_t class_times_waits(const struct class_times *t)
{
	return t->ns[PTF_CLASS_RUNNABLE] + t->ns[PTF_CLASS_GIL] + t->ns[PTF_CLASS_WAIT];
}

bool class_times_lack_samples(const struct class_times *t)
{
	return units_percent((double)t->ns[PTF_CLASS_UNKNOWN],
		       (double)class_times_cpu(t)) > 1;
}

void class_times_add(struct class_times *to, const struct class_times *t)
{
	for (int i = 0; i < PTF_CLASS_KIND_COUNT; i++)
		to->ns[i] += t->ns[i];
}

enum ptf_class class_times_largest(const struct class_times *t)
{
	int largest = 0;

	for (int i = 1; i < PTF_CLASS_KIND_COUNT; i++)
		if (t->ns[i] > t->ns[largest])
			largest = i;
	return (enum ptf_class)largest;
}

struct class_times *report_thread_times(const struct profile *p)
{
	struct class_times *times = memory_zeroed(p->threads.count + 1, sizeof(*times));

	for (size_t i = 0; i < p->cells.count; i++) {
		const struct profile_cell *c = &p->cells.item[i];

		times[c->thread].ns[profile_get_class(p, c->class_id).kind] += c->time_ns;
	}
	return times;
}

/* ------------------------------------------------------------------ names */

char *report_cpu_time(char buffer[REPORT_CPU_SIZE], const struct class_times *t)
{
	char cpu[UNITS_SIZE], unsampled[UNITS_SIZE];

	units_time_brief(cpu, class_times_cpu(t));
	if (class_times_lack_samples(t))
		snprintf(buffer, REPORT_CPU_SIZE, "%.32s (%.32s of it unsampled)", cpu,
			units_time_brief(unsampled, t->ns[PTF_CLASS_UNKNOWN]));
	else
		snprintf(buffer, REPORT_CPU_SIZE, "%s", cpu);
	return buffer;
}

char *report_function_title(const struct profile *p, uint32_t function)
{
	struct profile_function f = profile_get_function(p, function);
	struct ptf_text name = profile_string(p, f.name);
	struct ptf_text module =
		name_of_path(profile_string(p, profile_get_module(p, f.module).path));
	char *text;
	int size;

	if (!function)
		name = (struct ptf_text){"[no stack]", 10};
	/* Where code has a file, that says more than its module; names that
	   were made up name the module themselves. */
	if (module.size && !f.file && f.kind != PTF_FUNCTION_SYNTHETIC)
		size = asprintf(&text, "%.*s (%.*s)", (int)name.size, name.data,
			(int)module.size, module.data);
	else
		size = asprintf(&text, "%.*s", (int)name.size, name.data);
	return size < 0 ? memory_zeroed(1, 1) : text;
}

char *report_thread_title(const struct profile *p, uint32_t thread)
{
	struct ptf_text name;
	char *text;
	int size;

	if (!thread) {
		size = asprintf(&text, "[no thread]");
	} else {
		name = profile_string(p, p->threads.item[thread - 1].name);
		size = asprintf(&text, "%.*s%sthread %" PRIu32, (int)name.size, name.data,
			name.size ? ", " : "", p->threads.item[thread - 1].tid);
	}
	return size < 0 ? memory_zeroed(1, 1) : text;
}

char *report_process_title(const struct profile *p, uint32_t id)
{
	const struct profile_process *process = &p->processes.item[id - 1];
	struct ptf_text title = name_of_path(profile_string(p, process->executable));
	char *text;

	for (size_t i = 1; process->python && i < process->arguments.count; i++) {
		struct ptf_text a = profile_string(p, process->arguments.item[i]);

		/* "python3 -c TEXT" has no better name. */
		if (text_is(a, "-c"))
			break;
		/* Options that take a value of their own. */
		if (text_is(a, "-X") || text_is(a, "-W"))
			i++;
		else if (a.size == 0 || a.data[0] != '-') {
			title = name_of_path(a);
			break;
		}
	}
	if (asprintf(&text, "%.*s", (int)title.size, title.data) < 0)
		return memory_zeroed(1, 1);
	return text;
}

enum ptf_class report_function_class(struct profile_function f)
{
	switch (f.kind) {
	case PTF_FUNCTION_PYTHON:
		return PTF_CLASS_PYTHON;
	case PTF_FUNCTION_KERNEL:
		return PTF_CLASS_KERNEL;
	case PTF_FUNCTION_NATIVE:
		return PTF_CLASS_NATIVE;
	default:
		/* "libm.so.6 (no symbols)"; else "[unsampled]" and the like */
		return f.module ? PTF_CLASS_NATIVE : PTF_CLASS_UNKNOWN;
	}
}

bool report_shows_file(const struct report *r, const struct profile *p,
	const struct report_file *file, double min_percent)
{
	double all = (double)r->all_ns;
	struct ptf_text path = profile_string(p, file->file);

	if (units_percent((double)class_times_sum(&file->self), all) >= min_percent)
		return true;
	if (units_percent((double)file->await.self_ns, (double)r->await_ns) >=
		min_percent)
		return true;
	if (file->memory &&
		units_percent((double)heap_allocated(file->memory),
			(double)heap_allocated(&r->heap.all)) >= min_percent)
		return true;
	/* "<string>" is nobody's file. */
	return path.size && path.data[0] != '<' && file->is_own &&
		units_percent((double)file->total_ns, all) >= min_percent;
}

/* --------------------------------------------------------------- making */

/*
 * Where the time of the distinct places and functions is collected. `seen` is
 * the number of the last stack that was counted, so that recursion counts a
 * stack once.
 */
struct tally {
	struct class_times self;
	int64_t total_ns;
	struct await_times await;
	uint32_t seen;
};

enum file_flag {
	FILE_SELECTED = 1,
	FILE_USER = 2,
	FILE_ASKED = 4,
};

/*
 * Who is charged with the memory of a stack, as ids of places: of lines that of
 * maker.lines, of functions and files theirs + 1, as 0 is none.
 */
enum memory_place {
	MEMORY_LINE,
	MEMORY_FUNCTION,
	MEMORY_FILE,
};

struct memory_owner {
	bool is_known;
	uint32_t node;
	uint32_t place[HEAP_PLACE_KIND_COUNT]; /* [enum memory_place] */
};

struct maker {
	struct report *r;
	const struct profile *p;
	const struct report_options *options;
	struct intern lines;              /* {file, line} of a tally */
	VEC(struct tally) line_tally;     /* [id of lines] */
	VEC(uint32_t) line_function;      /* [id of lines] */
	VEC(struct tally) function_tally; /* [function] */
	VEC(struct tally) file_tally;     /* [file string] */
	VEC(uint32_t) function_line;      /* first line seen of a function */
	VEC(unsigned char) file_flags;    /* [file string] */
	unsigned char *own;               /* [file string] */
	struct id_list stack;             /* places, innermost first */
	uint32_t stack_number;
	struct memory_owner owner; /* the last that was asked for */
};

/* What is added up at once: all that one stack has. */
struct stack_times {
	struct class_times times;
	int64_t await_ns;
};

struct line_key {
	uint32_t file, line;
};

static unsigned file_flags(struct maker *m, uint32_t file)
{
	const struct selection *s = m->options->selection;
	unsigned char *flags;

	vec_cover(&m->file_flags, file);
	flags = &m->file_flags.item[file];
	if (!(*flags & FILE_ASKED)) {
		struct ptf_text path = profile_string(m->p, file);
		bool selected = !s || selection_has_file(s, path);
		/* Who names files says what the user's code is. */
		bool user = s && s->file_globs.count ? selected : m->own[file];

		*flags = (unsigned char)(FILE_ASKED | (selected ? FILE_SELECTED : 0) |
			(user ? FILE_USER : 0));
	}
	return *flags;
}

static void add_total(struct tally *t, const struct stack_times *s, uint32_t stack_number)
{
	if (t->seen == stack_number)
		return;
	t->seen = stack_number;
	t->total_ns += class_times_sum(&s->times);
	t->await.total_ns += s->await_ns;
}

static void add_self(struct tally *t, const struct stack_times *s)
{
	class_times_add(&t->self, &s->times);
	t->await.self_ns += s->await_ns;
}

/* The owner's index in the stack. */
static size_t find_owner(struct maker *m, enum charge charge)
{
	for (size_t i = 0; charge == CHARGE_USER && i < m->stack.count; i++) {
		uint32_t function = profile_get_place(m->p, m->stack.item[i]).function;

		if (file_flags(m, profile_get_function(m->p, function).file) & FILE_USER)
			return i;
	}
	return stack_owner(m->p, &m->stack);
}

/* Where a function begins that does not say it. */
static void see_line(struct maker *m, struct profile_place place)
{
	uint32_t *first;

	vec_cover(&m->function_line, place.function);
	first = &m->function_line.item[place.function];
	if (place.line && (!*first || place.line < *first))
		*first = place.line;
}

static void add_stack(struct maker *m, uint32_t node, const struct stack_times *times,
	enum charge charge)
{
	size_t owner;

	profile_stack(m->p, node, &m->stack);
	m->stack_number++;
	owner = find_owner(m, charge);
	for (size_t i = 0; i < m->stack.count; i++) {
		struct profile_place place = profile_get_place(m->p, m->stack.item[i]);
		uint32_t file = profile_get_function(m->p, place.function).file;
		struct line_key key = {file, place.line};

		if (file) {
			uint32_t line = intern_bytes(&m->lines, &key, sizeof(key));

			vec_cover(&m->line_tally, line);
			vec_cover(&m->line_function, line);
			m->line_function.item[line] = place.function;
			add_total(&m->line_tally.item[line], times, m->stack_number);
			if (i == owner)
				add_self(&m->line_tally.item[line], times);
		}
		vec_cover(&m->function_tally, place.function);
		see_line(m, place);
		add_total(&m->function_tally.item[place.function], times,
			m->stack_number);
		vec_cover(&m->file_tally, file);
		add_total(&m->file_tally.item[file], times, m->stack_number);
		if (i == owner) {
			add_self(&m->function_tally.item[place.function], times);
			add_self(&m->file_tally.item[file], times);
		}
	}
	if (m->stack.count == 0) {
		/* Function 0 stands for "no stack". */
		vec_cover(&m->function_tally, 0);
		vec_cover(&m->file_tally, 0);
		add_total(&m->function_tally.item[0], times, m->stack_number);
		add_total(&m->file_tally.item[0], times, m->stack_number);
		add_self(&m->function_tally.item[0], times);
		add_self(&m->file_tally.item[0], times);
	}
}

static bool is_asked_thread(const struct report_options *o, uint32_t thread)
{
	uint32_t run = o->runs ? o->runs->of_thread.item[thread] : 0;

	if (o->runs && (!run || (o->only_run && run != o->only_run)))
		return false;
	return !o->only_thread || thread == o->only_thread;
}

static bool is_asked(const struct report_options *o, const struct profile_cell *c)
{
	return is_asked_thread(o, c->thread);
}

/* A wait of a thread that is not the main one of its process. */
static bool is_other_wait(const struct profile *p, const struct profile_cell *c)
{
	return profile_is_off_cpu(profile_get_class(p, c->class_id).kind) && c->thread &&
		!p->threads.item[c->thread - 1].is_main;
}

const struct profile_cells *report_cells(const struct profile *p,
	const struct report_options *options)
{
	if (options->bytes)
		return options->bytes;
	return options->awaits ? &p->awaits : &p->cells;
}

bool report_counts(const struct profile *p, const struct report_options *options,
	const struct profile_cell *cell)
{
	if (!is_asked(options, cell))
		return false;
	if (options->awaits || options->bytes)
		return true;
	if (options->cpu_only)
		return !profile_is_off_cpu(profile_get_class(p, cell->class_id).kind);
	return options->only_thread || options->wait_all || !is_other_wait(p, cell);
}

/* The time of each distinct stack, over threads and classes. */
static void add_cells(struct maker *m)
{
	const struct profile_cells *cells = report_cells(m->p, m->options);
	VEC(struct stack_times) by_node = {0};

	vec_cover(&by_node, m->p->nodes.items.count);
	for (size_t i = 0; i < cells->count; i++) {
		const struct profile_cell *c = &cells->item[i];
		uint32_t kind = profile_get_class(m->p, c->class_id).kind;

		if (!report_counts(m->p, m->options, c)) {
			if (is_asked(m->options, c))
				m->r->other_waits_ns += c->time_ns;
			continue;
		}
		by_node.item[c->node].times.ns[kind] += c->time_ns;
		m->r->all.ns[kind] += c->time_ns;
	}
	m->r->all_ns = class_times_sum(&m->r->all);
	for (size_t node = 0; node < by_node.count; node++) {
		bool any = false;

		for (int k = 0; k < PTF_CLASS_KIND_COUNT; k++)
			any = any || by_node.item[node].times.ns[k];
		if (any)
			add_stack(m, (uint32_t)node, &by_node.item[node],
				m->options->charge);
	}
	vec_free(&by_node);
}

static void add_awaits(struct maker *m)
{
	for (size_t i = 0; i < m->p->awaits.count; i++) {
		const struct profile_cell *c = &m->p->awaits.item[i];
		const struct stack_times awaited = {.await_ns = c->time_ns};

		if (!is_asked(m->options, c) || !c->time_ns)
			continue;
		m->r->await_ns += c->time_ns;
		add_stack(m, c->node, &awaited, CHARGE_USER);
	}
}

/* ---------------------------------------------------------------- memory */

static void find_memory_owner(struct maker *m, uint32_t node)
{
	struct profile_place place = {0, 0};
	struct line_key key;

	m->owner = (struct memory_owner){.is_known = true, .node = node};
	profile_stack(m->p, node, &m->stack);
	m->stack_number++;
	if (m->stack.count)
		place = profile_get_place(m->p,
			m->stack.item[find_owner(m, m->options->charge)]);
	key = (struct line_key){profile_get_function(m->p, place.function).file,
		place.line};
	if (key.file) {
		uint32_t line = intern_bytes(&m->lines, &key, sizeof(key));

		vec_cover(&m->line_tally, line);
		vec_cover(&m->line_function, line);
		m->line_function.item[line] = place.function;
		m->owner.place[MEMORY_LINE] = line;
	}
	see_line(m, place);
	vec_cover(&m->function_tally, place.function);
	m->function_tally.item[place.function].seen = m->stack_number;
	m->owner.place[MEMORY_FUNCTION] = place.function + 1;
	vec_cover(&m->file_tally, key.file);
	m->file_tally.item[key.file].seen = m->stack_number;
	m->owner.place[MEMORY_FILE] = key.file + 1;
}

static uint32_t memory_place(struct maker *m, uint32_t node, enum memory_place kind)
{
	if (!m->owner.is_known || m->owner.node != node)
		find_memory_owner(m, node);
	return m->owner.place[kind];
}

static uint32_t memory_line_of(void *context, uint32_t node)
{
	return memory_place(context, node, MEMORY_LINE);
}

static uint32_t memory_function_of(void *context, uint32_t node)
{
	return memory_place(context, node, MEMORY_FUNCTION);
}

static uint32_t memory_file_of(void *context, uint32_t node)
{
	return memory_place(context, node, MEMORY_FILE);
}

static bool wants_memory(void *context, uint32_t process, uint32_t thread)
{
	const struct maker *m = context;

	(void)process;
	return is_asked_thread(m->options, thread);
}

static int add_memory(struct maker *m, struct ptf_error *err)
{
	const struct heap_options options = {
		.places = {[MEMORY_LINE] = {memory_line_of, m},
			[MEMORY_FUNCTION] = {memory_function_of, m},
			[MEMORY_FILE] = {memory_file_of, m}},
		.is_wanted = wants_memory,
		.is_wanted_context = m,
		.is_of_threads = m->options->only_thread != 0,
		.levels = m->options->memory_levels,
	};

	m->r->has_memory = true;
	return heap_make(&m->r->heap, m->p, &options, err);
}

/* Of a place that nothing was charged to, NULL. */
static const struct heap_use *memory_of(const struct report *r, enum memory_place kind,
	uint32_t place)
{
	const struct heap_uses *uses = &r->heap.places[kind];
	const struct heap_use *use = place < uses->count ? &uses->item[place] : NULL;

	return use && (use->allocation_count || use->free_count || use->copy_count)
		? use
		: NULL;
}

static int64_t allocated_of(const struct heap_use *memory)
{
	return memory ? heap_allocated(memory) : 0;
}

/* -------------------------------------------------------------- ordering */

static int compare_lines(const void *a, const void *b)
{
	const struct report_line *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

static int compare_functions(const void *a, const void *b)
{
	const struct report_function *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->function < y->function ? -1 : x->function > y->function;
}

static int compare_functions_by_time(const void *a, const void *b)
{
	const struct report_function *x = a, *y = b;
	int64_t s = class_times_sum(&x->self), t = class_times_sum(&y->self);

	if (s == t) {
		s = allocated_of(x->memory);
		t = allocated_of(y->memory);
	}
	if (s != t)
		return s > t ? -1 : 1;
	return compare_functions(a, b);
}

static int compare_files(const void *a, const void *b, void *context)
{
	const struct report_file *x = a, *y = b;
	const struct profile *p = context;
	int64_t s = class_times_sum(&x->self), t = class_times_sum(&y->self);

	/* Readers look for their own files first. */
	if (!x->file != !y->file)
		return x->file ? -1 : 1;
	if (x->is_own != y->is_own)
		return x->is_own ? -1 : 1;
	if (s == t) {
		s = allocated_of(x->memory);
		t = allocated_of(y->memory);
	}
	if (s != t)
		return s > t ? -1 : 1;
	return text_order(profile_string(p, x->file), profile_string(p, y->file));
}

static void collect(struct maker *m)
{
	struct report *r = m->r;
	VEC(uint32_t) index = {0}; /* [file string] = index + 1 in files */

	vec_cover(&index, m->file_tally.count);
	for (uint32_t file = 0; file < m->file_tally.count; file++) {
		const struct tally *t = &m->file_tally.item[file];

		if (!t->seen)
			continue;
		vec_push(&r->files,
			(struct report_file){
				.file = file,
				.is_selected = file_flags(m, file) & FILE_SELECTED,
				.is_own = file_flags(m, file) & FILE_USER,
				.self = t->self,
				.total_ns = t->total_ns,
				.await = t->await,
				.memory = memory_of(r, MEMORY_FILE, file + 1),
			});
		index.item[file] = (uint32_t)r->files.count;
	}
	for (uint32_t id = 1; id < m->line_tally.count; id++) {
		const struct line_key *key = (const void *)intern_get(&m->lines, id).data;
		const struct tally *t = &m->line_tally.item[id];

		vec_push(&r->files.item[index.item[key->file] - 1].lines,
			(struct report_line){key->line, m->line_function.item[id],
				t->self, t->total_ns, t->await,
				memory_of(r, MEMORY_LINE, id)});
	}
	for (uint32_t id = 0; id < m->function_tally.count; id++) {
		const struct tally *t = &m->function_tally.item[id];
		struct profile_function f = profile_get_function(m->p, id);
		uint32_t line = f.first_line || id >= m->function_line.count
			? f.first_line
			: m->function_line.item[id];

		if (!t->seen)
			continue;
		vec_push(&r->files.item[index.item[f.file] - 1].functions,
			(struct report_function){id, line, t->self, t->total_ns, t->await,
				memory_of(r, MEMORY_FUNCTION, id + 1)});
	}
	vec_free(&index);
	for (size_t i = 0; i < r->files.count; i++) {
		struct report_file *f = &r->files.item[i];

		if (f->lines.count)
			qsort(f->lines.item, f->lines.count, sizeof(*f->lines.item),
				compare_lines);
		if (f->functions.count)
			qsort(f->functions.item, f->functions.count,
				sizeof(*f->functions.item),
				f->file ? compare_functions : compare_functions_by_time);
	}
	if (r->files.count)
		qsort_r(r->files.item, r->files.count, sizeof(*r->files.item),
			compare_files, (void *)(uintptr_t)m->p);
}

static int make(struct report *r, const struct profile *p,
	const struct report_options *options, bool with_memory, struct ptf_error *err)
{
	struct maker m = {.r = r, .p = p, .options = options, .own = own_files(p)};
	int rc = 0;

	*r = (struct report){0};
	add_cells(&m);
	if (!options->bytes)
		add_awaits(&m);
	if (with_memory)
		rc = add_memory(&m, err);
	if (rc >= 0)
		collect(&m);
	else
		*r = (struct report){0};
	intern_free(&m.lines);
	vec_free(&m.line_tally);
	vec_free(&m.line_function);
	free(m.own);
	vec_free(&m.function_tally);
	vec_free(&m.file_tally);
	vec_free(&m.function_line);
	vec_free(&m.file_flags);
	vec_free(&m.stack);
	return rc;
}

void report_make(struct report *r, const struct profile *p,
	const struct report_options *options)
{
	make(r, p, options, false, NULL);
}

int report_make_with_memory(struct report *r, const struct profile *p,
	const struct report_options *options, struct ptf_error *err)
{
	return make(r, p, options, profile_has_memory(p), err);
}

void report_free(struct report *r)
{
	for (size_t i = 0; i < r->files.count; i++) {
		vec_free(&r->files.item[i].lines);
		vec_free(&r->files.item[i].functions);
	}
	vec_free(&r->files);
	heap_free(&r->heap);
}

/* --------------------------------------------------------------- places */

struct place_maker {
	struct maker maker;
	bool by_thread;
	struct report_places *places;
	uint32_t thread;
	size_t first;                 /* item of the thread */
	VEC(uint32_t) item_of_place;  /* [place] = index + 1; below first: not yet */
	VEC(uint32_t) stack_of_place; /* [place] number of the last stack */
	struct class_times times;     /* of the stack that is being added up */
};

static const struct profile_cell *cell_at(const struct place_maker *m, uint32_t cell)
{
	return &report_cells(m->maker.p, m->maker.options)->item[cell];
}

static uint32_t thread_of(const struct place_maker *m, uint32_t cell)
{
	return m->by_thread ? cell_at(m, cell)->thread : 0;
}

static int compare_cells(const void *a, const void *b, void *context)
{
	const struct place_maker *m = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	uint32_t node_x = cell_at(m, x)->node, node_y = cell_at(m, y)->node;

	if (thread_of(m, x) != thread_of(m, y))
		return thread_of(m, x) < thread_of(m, y) ? -1 : 1;
	return node_x < node_y ? -1 : node_x > node_y;
}

static void add_to_place(struct place_maker *m, uint32_t place, bool is_owner)
{
	struct report_place *t;

	vec_cover(&m->item_of_place, place);
	vec_cover(&m->stack_of_place, place);
	if (m->item_of_place.item[place] <= m->first) {
		vec_push(&m->places->items,
			(struct report_place){.thread = m->thread, .place = place});
		m->item_of_place.item[place] = (uint32_t)m->places->items.count;
	}
	t = &m->places->items.item[m->item_of_place.item[place] - 1];
	if (m->stack_of_place.item[place] != m->maker.stack_number)
		class_times_add(&t->total, &m->times);
	m->stack_of_place.item[place] = m->maker.stack_number;
	if (is_owner)
		class_times_add(&t->self, &m->times);
}

static void add_to_places(struct place_maker *m, uint32_t node)
{
	const struct id_list *stack = &m->maker.stack;
	size_t owner;

	profile_stack(m->maker.p, node, &m->maker.stack);
	m->maker.stack_number++;
	owner = find_owner(&m->maker,
		m->maker.options->awaits ? CHARGE_USER : m->maker.options->charge);
	for (size_t i = 0; i < stack->count; i++)
		add_to_place(m, stack->item[i], i == owner);
	if (stack->count == 0)
		add_to_place(m, 0, true);
	m->times = (struct class_times){0};
}

void report_places_make(struct report_places *places, const struct profile *p,
	const struct report_options *options, bool by_thread)
{
	struct place_maker m = {.maker = {.p = p,
					.options = options,
					.own = own_files(p)},
		.by_thread = by_thread,
		.places = places};
	VEC(uint32_t) order = {0}; /* cells, those of a thread and a stack together */

	*places = (struct report_places){0};
	for (uint32_t i = 0; i < report_cells(p, options)->count; i++)
		if (report_counts(p, options, cell_at(&m, i)))
			vec_push(&order, i);
	if (order.count)
		qsort_r(order.item, order.count, sizeof(*order.item), compare_cells, &m);
	for (size_t i = 0; i < order.count; i++) {
		const struct profile_cell *c = cell_at(&m, order.item[i]);

		if (m.thread != thread_of(&m, order.item[i])) {
			m.thread = thread_of(&m, order.item[i]);
			m.first = places->items.count;
		}
		m.times.ns[profile_get_class(p, c->class_id).kind] += c->time_ns;
		if (i + 1 == order.count ||
			cell_at(&m, order.item[i + 1])->node != c->node ||
			thread_of(&m, order.item[i + 1]) != m.thread)
			add_to_places(&m, c->node);
	}
	vec_free(&order);
	vec_free(&m.item_of_place);
	vec_free(&m.stack_of_place);
	vec_free(&m.maker.file_flags);
	free(m.maker.own);
	vec_free(&m.maker.stack);
}

void report_places_free(struct report_places *places)
{
	vec_free(&places->items);
}
