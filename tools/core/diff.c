#include "tools/core/diff_speed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/class_names.h"
#include "tools/core/diff_groups.h"
#include "tools/core/owner.h"
#include "tools/core/path_roots.h"
#include "tools/core/texts.h"

/*
 * One run's sampling error (diff_groups.h): blocks of so many sampling periods
 * are long enough that neighbours hardly depend on each other.
 */
#define BLOCK_PERIODS 4
#define GROUPS_MAX    32
#define GROUPS_MIN    12

const char *diff_view_name(enum diff_view view)
{
	static const char *const names[DIFF_VIEW_COUNT] = {"program", "line", "function",
		"file", "stack", "thread", "module", "class"};

	return view < DIFF_VIEW_COUNT ? names[view] : NULL;
}

/* ----------------------------------------------------------------- runs */

static void count_units(struct diff_runs *r, const char *unit)
{
	for (size_t i = 0; i < r->which.p->marks.count; i++) {
		const struct profile_mark *mark = &r->which.p->marks.item[i];
		struct ptf_text name = profile_string(r->which.p, mark->name);
		uint32_t run = mark->thread ? r->which.of_thread.item[mark->thread]
					    : r->which.of_section.item[mark->section];

		/* A phase counts once, at its begin. */
		if (run && mark->kind != PTF_MARK_END && text_is(name, unit))
			r->runs.item[run - 1].unit_count++;
	}
}

/* ---------------------------------------------------------------- nodes */

/* What a node is: ids of the new side, or of the base for what is only there. */
struct node_key {
	uint32_t view, is_base_only, a, b;
};

static uint32_t find_node(struct diff *d, struct node_key key, bool *is_new)
{
	uint32_t id = intern_bytes(&d->keys, &key, sizeof(key)), index;

	vec_cover(&d->node_of_key, id);
	*is_new = !d->node_of_key.item[id];
	if (*is_new) {
		size_t columns = d->columns[DIFF_BASE] + d->columns[DIFF_NEW];
		struct diff_node node = {
			.view = key.view,
			.self = arena_alloc(&d->arena,
				columns * PTF_CLASS_KIND_COUNT * sizeof(double)),
			.total = arena_alloc(&d->arena, columns * sizeof(double)),
		};

		memset(node.self, 0, columns * PTF_CLASS_KIND_COUNT * sizeof(double));
		memset(node.total, 0, columns * sizeof(double));
		vec_push(&d->nodes, node);
		d->node_of_key.item[id] = (uint32_t)d->nodes.count;
	}
	index = d->node_of_key.item[id] - 1;
	return index;
}

static uint32_t line_node(struct diff *d, enum diff_side side, uint32_t function,
	uint32_t file, uint32_t line)
{
	struct diff_line to = {diff_match_own_file(d->match, side, file), line, false};
	bool base_only = false, is_new;
	uint32_t index;

	if (side == DIFF_BASE) {
		struct diff_line match = diff_match_line(d->match, function, line);

		base_only = match.line == 0;
		to = base_only ? to : match;
	}
	index = find_node(d, (struct node_key){DIFF_LINE, base_only, to.file, to.line},
		&is_new);
	if (is_new) {
		struct diff_node *node = &d->nodes.item[index];

		if (base_only) {
			node->file[DIFF_BASE] = to.file;
			node->line[DIFF_BASE] = to.line;
			node->fate = DIFF_VANISHED;
		} else {
			struct diff_line from = side == DIFF_BASE
				? (struct diff_line){diff_match_own_file(d->match, side,
							     file),
					  line, to.is_rewritten}
				: diff_match_origin(d->match, function, line);

			node->file[DIFF_NEW] = to.file;
			node->line[DIFF_NEW] = to.line;
			node->file[DIFF_BASE] = from.file;
			node->line[DIFF_BASE] = from.line;
			node->fate = !from.line     ? DIFF_ADDED
				: from.is_rewritten ? DIFF_REWRITTEN
						    : DIFF_KEPT;
		}
	}
	if (!d->nodes.item[index].function[side])
		d->nodes.item[index].function[side] =
			diff_match_own_function(d->match, side, function);
	return index;
}

/* Functions and files, which are found in the same way. */
static uint32_t paired_node(struct diff *d, enum diff_view view, enum diff_side side,
	uint32_t own, uint32_t other, enum diff_fate fate)
{
	bool base_only = side == DIFF_BASE && own && !other, is_new;
	uint32_t id = side == DIFF_BASE && other ? other : own;
	uint32_t index = find_node(d, (struct node_key){view, base_only, id, 0}, &is_new);
	struct diff_node *node = &d->nodes.item[index];

	if (is_new) {
		uint32_t *ids = view == DIFF_FUNCTION ? node->function : node->file;

		ids[side] = own;
		ids[side == DIFF_BASE ? DIFF_NEW : DIFF_BASE] = other;
		node->fate = fate;
	}
	return index;
}

static uint32_t function_node(struct diff *d, enum diff_side side, uint32_t function)
{
	enum diff_fate fate;
	uint32_t own = diff_match_own_function(d->match, side, function);
	uint32_t other = diff_match_function(d->match, side, own, &fate);
	uint32_t index = paired_node(d, DIFF_FUNCTION, side, own, other, fate);

	for (enum diff_side s = 0; s < DIFF_SIDE_COUNT; s++) {
		struct diff_node *node = &d->nodes.item[index];
		struct profile_function f =
			profile_get_function(d->side[s].which.p, node->function[s]);

		node->file[s] = diff_match_own_file(d->match, s, f.file);
		node->line[s] = f.first_line;
	}
	return index;
}

static uint32_t file_node(struct diff *d, enum diff_side side, uint32_t file)
{
	enum diff_fate fate;
	uint32_t own = diff_match_own_file(d->match, side, file);
	uint32_t other = diff_match_file(d->match, side, own, &fate);

	return paired_node(d, DIFF_FILE, side, own, other, fate);
}

static uint32_t text_node(struct diff *d, enum diff_view view, struct ptf_text text)
{
	uint32_t name = intern_bytes(&d->texts, text.data, text.size);
	bool is_new;
	uint32_t index = find_node(d, (struct node_key){view, 0, name, 0}, &is_new);

	d->nodes.item[index].name = name;
	return index;
}

/* "json" of json/decoder.py, "libm.so.6", "[no module]" */
static uint32_t module_node(struct diff *d, enum diff_side side, uint32_t function)
{
	const struct profile *p = d->side[side].which.p;
	struct profile_function f = profile_get_function(p, function);
	struct ptf_text name;

	if (f.kind == PTF_FUNCTION_PYTHON && f.file) {
		const char *slash;

		name = diff_match_short_path(d->match, side, f.file);
		slash = name.size ? memchr(name.data, '/', name.size) : NULL;
		/* Outside of all roots the file says more than its first folder. */
		if (slash == name.data)
			name = name_of_path(name);
		else if (slash)
			name.size = (size_t)(slash - name.data);
		if (name.size > 3 && !memcmp(name.data + name.size - 3, ".py", 3))
			name.size -= 3;
	} else {
		name = name_of_path(
			profile_string(p, profile_get_module(p, f.module).path));
		if (name.size == 0)
			name = (struct ptf_text){"[no module]", 11};
	}
	return text_node(d, DIFF_MODULE, name);
}

/* "worker" or, when there are several processes, "worker of fit.py" */
static uint32_t thread_node(struct diff *d, enum diff_side side, uint32_t thread)
{
	const struct profile *p = d->side[side].which.p;
	const struct profile_thread *t = thread ? &p->threads.item[thread - 1] : NULL;
	struct ptf_text name = profile_string(p, t ? t->name : 0), program = {"", 0};
	char *text;
	uint32_t index;
	int size;

	if (t && t->process) {
		const struct profile_process *process =
			&p->processes.item[t->process - 1];

		program = name_of_path(profile_string(p,
			process->python && process->arguments.count > 1
				? process->arguments.item[1]
				: process->executable));
	}
	size = asprintf(&text, "%.*s%s of %.*s", (int)name.size, name.data,
		!t                   ? "[no thread]"
			: t->is_main ? " (main)"
				     : "",
		(int)program.size, program.data);
	if (size < 0)
		return 0;
	index = text_node(d, DIFF_THREAD, (struct ptf_text){text, (size_t)size});
	free(text);
	return index;
}

static uint32_t class_node(struct diff *d, uint32_t class_kind)
{
	const char *label = class_label(class_kind);

	return text_node(d, DIFF_CLASS, (struct ptf_text){label, strlen(label)});
}

/* A stack that begins with the parent's and goes on with a function's node. */
static uint32_t stack_node(struct diff *d, uint32_t parent, uint32_t function)
{
	bool is_new;
	uint32_t index =
		find_node(d, (struct node_key){DIFF_STACK, 0, parent, function}, &is_new);

	if (is_new) {
		struct diff_node *node = &d->nodes.item[index];
		const struct diff_node *f = &d->nodes.item[function];

		memcpy(node->function, f->function, sizeof(node->function));
		memcpy(node->file, f->file, sizeof(node->file));
		node->fate = f->fate;
		node->parent = parent;
	}
	return index;
}

/* --------------------------------------------------------------- adding */

/* The nodes of a place that do not depend on the rest of the stack. */
struct place_nodes {
	uint32_t line, function, file, module; /* index + 1; 0 = none, or not asked */
	bool is_known;
};

/* A node that the time of a stack is added to. */
struct charged {
	uint32_t node;
	bool is_self;
};

/* What the cells of a stack hold, until it is added to all that the stack belongs to. */
struct stack_time {
	double *self, *total; /* as in diff_node */
	size_t first, end;    /* columns that are not zero */
};

struct adder {
	struct diff *d;
	enum diff_side side;
	const struct profile *p;
	size_t first_column;
	VEC(struct place_nodes) places; /* [place] */
	VEC(uint32_t) seen;             /* [node] number of the last stack with it */
	uint32_t stack_number;
	struct id_list stack;
	VEC(struct charged) charged;               /* by the current stack */
	struct stack_time time;                    /* of the current stack */
	VEC(uint32_t) thread_node;                 /* [thread] = index + 1 */
	uint32_t class_node[PTF_CLASS_KIND_COUNT]; /* index + 1 */
	/* Of one run: [cell * columns + group] */
	const double *group_ns;
};

static bool is_asked(const struct diff *d, enum diff_view view)
{
	return d->options.views & 1u << view;
}

static struct place_nodes place_nodes(struct adder *a, uint32_t place_id)
{
	struct profile_place place = profile_get_place(a->p, place_id);
	struct profile_function f = profile_get_function(a->p, place.function);
	struct place_nodes n = {.is_known = true};

	vec_cover(&a->places, place_id);
	if (a->places.item[place_id].is_known)
		return a->places.item[place_id];
	if (f.file && place.line && is_asked(a->d, DIFF_LINE))
		n.line = line_node(a->d, a->side, place.function, f.file, place.line) + 1;
	if (is_asked(a->d, DIFF_FUNCTION) || is_asked(a->d, DIFF_STACK))
		n.function = function_node(a->d, a->side, place.function) + 1;
	if (f.file && is_asked(a->d, DIFF_FILE))
		n.file = file_node(a->d, a->side, f.file) + 1;
	if (is_asked(a->d, DIFF_MODULE))
		n.module = module_node(a->d, a->side, place.function) + 1;
	a->places.item[place_id] = n;
	return n;
}

/* Once for each stack, however often it is in it; index is that of a node + 1. */
static void charge(struct adder *a, uint32_t index, bool is_self)
{
	if (!index)
		return;
	index--;
	vec_cover(&a->seen, index);
	if (a->seen.item[index] != a->stack_number) {
		a->seen.item[index] = a->stack_number;
		vec_push(&a->charged, (struct charged){index, is_self});
	} else if (is_self) {
		for (size_t i = 0; i < a->charged.count; i++)
			if (a->charged.item[i].node == index)
				a->charged.item[i].is_self = true;
	}
}

/* Collects the nodes that a stack of the profile belongs to. */
static void charge_stack(struct adder *a, uint32_t node)
{
	size_t owner = 0;
	uint32_t parent = 0;

	a->charged.count = 0;
	a->stack_number++;
	profile_stack(a->p, node, &a->stack);
	charge(a, 1, true);
	if (a->stack.count == 0) {
		if (is_asked(a->d, DIFF_FUNCTION) || is_asked(a->d, DIFF_STACK)) {
			uint32_t function = function_node(a->d, a->side, 0);

			charge(a, function + 1, true);
			if (is_asked(a->d, DIFF_STACK))
				charge(a, stack_node(a->d, 0, function) + 1, true);
		}
		return;
	}
	owner = stack_owner(a->p, &a->stack);
	for (size_t i = a->stack.count; i-- > 0;) {
		struct place_nodes n = place_nodes(a, a->stack.item[i]);

		charge(a, n.line, i == owner);
		charge(a, n.function, i == owner);
		charge(a, n.file, i == owner);
		/* What a library spent is the library's. */
		charge(a, n.module, i == 0);
		if (is_asked(a->d, DIFF_STACK)) {
			parent = stack_node(a->d, parent, n.function - 1);
			charge(a, parent + 1, i == 0);
		}
	}
}

static void add_self(double *self, double *total, size_t column, uint32_t class_kind,
	double ns)
{
	total[column] += ns;
	self[column * PTF_CLASS_KIND_COUNT + class_kind] += ns;
}

static void add_to_node(struct adder *a, uint32_t node, size_t column,
	uint32_t class_kind, double ns)
{
	struct diff_node *n = &a->d->nodes.item[node];

	add_self(n->self, n->total, column, class_kind, ns);
}

/* The time of the current stack, to all that it belongs to. */
static void add_stack(struct adder *a)
{
	struct stack_time *t = &a->time;
	size_t first = t->first, end = t->end;
	size_t self_first = first * PTF_CLASS_KIND_COUNT,
	       self_end = end * PTF_CLASS_KIND_COUNT;

	if (first >= end)
		return;
	for (size_t i = 0; i < a->charged.count; i++) {
		struct diff_node *n = &a->d->nodes.item[a->charged.item[i].node];

		for (size_t k = first; k < end; k++)
			n->total[k] += t->total[k];
		for (size_t k = self_first; a->charged.item[i].is_self && k < self_end;
			k++)
			n->self[k] += t->self[k];
	}
	memset(t->total + first, 0, (end - first) * sizeof(*t->total));
	memset(t->self + self_first, 0, (self_end - self_first) * sizeof(*t->self));
	t->first = SIZE_MAX;
	t->end = 0;
}

/* A cell's time in one column. */
static void add_column(struct adder *a, const struct profile_cell *c, size_t column,
	double ns)
{
	uint32_t kind = profile_get_class(a->p, c->class_id).kind;

	kind = kind < PTF_CLASS_KIND_COUNT ? kind : PTF_CLASS_UNKNOWN;
	column += a->first_column;
	add_self(a->time.self, a->time.total, column, kind, ns);
	a->time.first = column < a->time.first ? column : a->time.first;
	a->time.end = column >= a->time.end ? column + 1 : a->time.end;
	if (!a->class_node[kind])
		a->class_node[kind] = class_node(a->d, kind) + 1;
	add_to_node(a, a->class_node[kind] - 1, column, kind, ns);
	if (is_asked(a->d, DIFF_THREAD)) {
		if (!a->thread_node.item[c->thread])
			a->thread_node.item[c->thread] =
				thread_node(a->d, a->side, c->thread) + 1;
		add_to_node(a, a->thread_node.item[c->thread] - 1, column, kind, ns);
	}
}

static void add_cell(struct adder *a, size_t index)
{
	const struct profile_cell *c = &a->p->cells.item[index];
	size_t columns = a->d->columns[a->side];
	uint32_t run = a->d->side[a->side].which.of_thread.item[c->thread];
	double rest = (double)c->time_ns;

	if (!run) {
		/* Not of a recording that came twice. */
		if (!c->thread || !a->p->threads.item[c->thread - 1].process)
			a->d->side[a->side].unplaced_ns += c->time_ns;
		return;
	}
	if (!a->group_ns) {
		add_column(a, c, columns == 1 ? 0 : run - 1, rest);
		return;
	}
	for (size_t g = 0; g < columns; g++)
		rest -= a->group_ns[index * columns + g];
	/* What has no time of its own belongs to all of them. */
	for (size_t g = 0; g < columns; g++)
		add_column(a, c, g,
			a->group_ns[index * columns + g] + rest / (double)columns);
}

static bool counts(const struct diff *d, const struct profile *p,
	const struct profile_cell *c)
{
	const struct report_options o = {.selection = d->options.selection,
		.wait_all = d->options.wait_all,
		.cpu_only = d->options.cpu_only};

	return report_counts(p, &o, c) &&
		(d->options.runnable ||
			profile_get_class(p, c->class_id).kind != PTF_CLASS_RUNNABLE);
}

/* Those of a stack one after the other. */
static void order_by_stack(const struct profile *p, struct id_list *cells)
{
	uint32_t *place = memory_zeroed(p->nodes.items.count + 2, sizeof(*place));
	uint32_t *ordered = memory_zeroed(cells->count, sizeof(*ordered));

	for (size_t i = 0; i < cells->count; i++)
		place[p->cells.item[cells->item[i]].node + 1]++;
	for (size_t i = 1; i <= p->nodes.items.count; i++)
		place[i] += place[i - 1];
	for (size_t i = 0; i < cells->count; i++)
		ordered[place[p->cells.item[cells->item[i]].node]++] = cells->item[i];
	free(place);
	free(cells->item);
	cells->item = ordered;
	cells->capacity = cells->count;
}

static void add_cells(struct adder *a)
{
	struct id_list order = {0};
	struct diff_runs *runs = &a->d->side[a->side];

	for (uint32_t i = 0; i < a->p->cells.count; i++) {
		const struct profile_cell *c = &a->p->cells.item[i];
		uint32_t run = runs->which.of_thread.item[c->thread];
		uint32_t kind = profile_get_class(a->p, c->class_id).kind;

		if (counts(a->d, a->p, c)) {
			vec_push(&order, i);
			if (run)
				runs->runs.item[run - 1].time_ns += (double)c->time_ns;
		} else if (run && kind == PTF_CLASS_RUNNABLE) {
			runs->runs.item[run - 1].runnable_ns += (double)c->time_ns;
		}
	}
	order_by_stack(a->p, &order);
	for (size_t i = 0; i < order.count; i++) {
		uint32_t node = a->p->cells.item[order.item[i]].node;

		if (i == 0 || node != a->p->cells.item[order.item[i - 1]].node) {
			add_stack(a);
			charge_stack(a, node);
		}
		add_cell(a, order.item[i]);
	}
	add_stack(a);
	vec_free(&order);
}

/* ------------------------------------------------------ groups of blocks */

int64_t diff_period_ns(const struct profile *p)
{
	uint64_t period = 0;

	for (size_t i = 0; i < p->sections.count; i++)
		if (p->sections.item[i].period_ns > period)
			period = p->sections.item[i].period_ns;
	return period < (uint64_t)INT64_MAX / BLOCK_PERIODS ? (int64_t)period : 0;
}

/* [cell] whether it counts; the caller frees it. Their time is added up. */
static bool *counted_cells(const struct diff *d, const struct profile *p, int64_t *ns)
{
	bool *counted = memory_zeroed(p->cells.count, sizeof(*counted));

	*ns = 0;
	for (size_t i = 0; i < p->cells.count; i++) {
		counted[i] = counts(d, p, &p->cells.item[i]);
		*ns += counted[i] ? p->cells.item[i].time_ns : 0;
	}
	return counted;
}

/* One run a side: how many groups there are on both, at least. */
static size_t count_groups(const struct diff *d)
{
	int64_t least = GROUPS_MAX;

	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		int64_t block = diff_period_ns(d->side[side].which.p) * BLOCK_PERIODS,
			all;
		int64_t count;

		free(counted_cells(d, d->side[side].which.p, &all));
		count = block > 0 ? all / block : 0;
		least = count < least ? count : least;
	}
	return least < GROUPS_MIN ? 1 : (size_t)least;
}

/* Reads the groups of one side, which takes as long as all the rest. */
struct group_reading {
	const struct diff *d;
	enum diff_side side;
	struct ptf_error *err;
	double *group_ns; /* NULL = failed */
};

static void *read_groups(void *context)
{
	struct group_reading *r = context;
	const struct profile *p = r->d->side[r->side].which.p;
	int64_t groups = (int64_t)r->d->columns[r->side], all, rounds;
	bool *counted = counted_cells(r->d, p, &all);

	/* Blocks of such a length that all groups get as many. */
	rounds = all / (diff_period_ns(p) * BLOCK_PERIODS * groups);
	r->group_ns = diff_groups_read(p, counted, (size_t)groups,
		all / (groups * (rounds > 0 ? rounds : 1)), r->err);
	free(counted);
	return NULL;
}

/* Both sides at a time. Negative when an input cannot be read again. */
static int read_both_groups(const struct diff *d, double *group_ns[DIFF_SIDE_COUNT],
	struct ptf_error *err)
{
	struct ptf_error new_err = {0};
	struct group_reading base = {.d = d, .side = DIFF_BASE, .err = err},
			     new = {.d = d, .side = DIFF_NEW, .err = &new_err};
	pthread_t thread;
	bool has_thread = !pthread_create(&thread, NULL, read_groups, &new);

	read_groups(&base);
	if (has_thread)
		pthread_join(thread, NULL);
	else
		read_groups(&new);
	group_ns[DIFF_BASE] = base.group_ns;
	group_ns[DIFF_NEW] = new.group_ns;
	if (base.group_ns && !new.group_ns)
		*err = new_err;
	return base.group_ns && new.group_ns ? 0 : -1;
}

static void add_side(struct diff *d, enum diff_side side, const double *group_ns)
{
	struct adder a = {.d = d,
		.side = side,
		.p = d->side[side].which.p,
		.first_column = side == DIFF_NEW ? d->columns[DIFF_BASE] : 0,
		.group_ns = group_ns};
	size_t columns = d->columns[DIFF_BASE] + d->columns[DIFF_NEW];

	a.time = (struct stack_time){.self = memory_zeroed(columns * PTF_CLASS_KIND_COUNT,
					     sizeof(double)),
		.total = memory_zeroed(columns, sizeof(double)),
		.first = SIZE_MAX};
	vec_cover(&a.thread_node, a.p->threads.count);
	add_cells(&a);
	vec_free(&a.places);
	vec_free(&a.seen);
	vec_free(&a.stack);
	vec_free(&a.charged);
	free(a.time.self);
	free(a.time.total);
	vec_free(&a.thread_node);
}

int diff_make(struct diff *d, const struct profile *base, const struct profile *new,
	const struct diff_options *options, struct ptf_error *err)
{
	double *group_ns[DIFF_SIDE_COUNT] = {NULL};
	int rc = 0;

	*d = (struct diff){.options = *options};
	d->options.views |= 1u << DIFF_PROGRAM | 1u << DIFF_CLASS;
	runs_find(&d->side[DIFF_BASE].which, base);
	runs_find(&d->side[DIFF_NEW].which, new);
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++)
		for (size_t i = 0; i < d->side[side].which.of.count; i++)
			vec_push(&d->side[side].runs, (struct diff_run){0});
	d->is_grouped =
		d->side[DIFF_BASE].runs.count == 1 && d->side[DIFF_NEW].runs.count == 1;
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		d->columns[side] =
			d->is_grouped ? count_groups(d) : d->side[side].runs.count;
		if (options->scale == DIFF_PER_UNIT)
			count_units(&d->side[side], options->unit);
	}
	d->match = diff_match_new(base, new);
	find_node(d, (struct node_key){DIFF_PROGRAM, 0, 0, 0}, &(bool){false});
	if (d->is_grouped && d->columns[DIFF_BASE] > 1)
		rc = read_both_groups(d, group_ns, err);
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		if (rc >= 0)
			add_side(d, side, group_ns[side]);
		free(group_ns[side]);
	}
	return rc;
}

void diff_free(struct diff *d)
{
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		vec_free(&d->side[side].runs);
		runs_free(&d->side[side].which);
	}
	diff_speed_free(&d->speed);
	diff_match_free(d->match);
	intern_free(&d->texts);
	intern_free(&d->keys);
	vec_free(&d->nodes);
	vec_free(&d->node_of_key);
	arena_free(&d->arena);
}
