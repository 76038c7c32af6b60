#include "tools/core/diff_speed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/class_names.h"
#include "tools/core/diff_amounts.h"
#include "tools/core/owner.h"
#include "tools/core/path_roots.h"
#include "tools/core/texts.h"

const char *diff_metric_name(enum diff_metric metric)
{
	static const char *const names[DIFF_METRIC_COUNT] = {"time", "alloc", "live",
		"peak", "leaked", "copy"};

	return metric < DIFF_METRIC_COUNT ? names[metric] : NULL;
}

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

static uint32_t line_node(struct diff *d, enum diff_side side, struct profile_place line)
{
	bool base_only, is_new;
	struct diff_line to = diff_match_common_line(d->match, side, line, &base_only);
	uint32_t index = find_node(d,
		(struct node_key){DIFF_LINE, base_only, to.file, to.line}, &is_new);
	if (is_new) {
		struct diff_node *node = &d->nodes.item[index];

		if (base_only) {
			node->file[DIFF_BASE] = to.file;
			node->line[DIFF_BASE] = to.line;
			node->fate = DIFF_VANISHED;
		} else {
			const struct profile *p = d->side[side].which.p;
			uint32_t file = profile_get_function(p, line.function).file;
			struct diff_line from = side == DIFF_BASE
				? (struct diff_line){diff_match_own_file(d->match, side,
							     file),
					  line.line, to.is_rewritten}
				: diff_match_origin(d->match, line.function, line.line);

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
			diff_match_own_function(d->match, side, line.function);
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

/* A node that what a stack has is added to. */
struct charged {
	uint32_t node;
	bool is_self;
};

/* The amounts of a stack, until they are added to all that the stack belongs to. */
struct stack_sums {
	double *self, *total; /* as in diff_node */
	size_t first, end;    /* columns that are not zero */
	double variance;
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
	struct stack_sums sums;                    /* of the current stack */
	VEC(uint32_t) thread_node;                 /* [thread] = index + 1 */
	uint32_t class_node[PTF_CLASS_KIND_COUNT]; /* index + 1 */
	const double *groups;                      /* of diff_amounts */
};

static bool is_asked(const struct diff *d, enum diff_view view)
{
	return d->options.views & 1u << view;
}

bool diff_metric_has_threads(enum diff_metric metric)
{
	return metric == DIFF_TIME || metric == DIFF_ALLOCATED || metric == DIFF_COPIED;
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
		n.line = line_node(a->d, a->side, place) + 1;
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
	double amount)
{
	total[column] += amount;
	self[column * PTF_CLASS_KIND_COUNT + class_kind] += amount;
}

static void add_to_node(struct adder *a, uint32_t node, size_t column,
	uint32_t class_kind, double amount)
{
	struct diff_node *n = &a->d->nodes.item[node];

	add_self(n->self, n->total, column, class_kind, amount);
}

/* The amounts of the current stack, to all that it belongs to. */
static void add_stack(struct adder *a)
{
	struct stack_sums *t = &a->sums;
	size_t first = t->first, end = t->end;
	size_t self_first = first * PTF_CLASS_KIND_COUNT,
	       self_end = end * PTF_CLASS_KIND_COUNT;

	if (first >= end)
		return;
	for (size_t i = 0; i < a->charged.count; i++) {
		struct diff_node *n = &a->d->nodes.item[a->charged.item[i].node];
		bool is_self = a->charged.item[i].is_self;

		for (size_t k = first; k < end; k++)
			n->total[k] += t->total[k];
		for (size_t k = self_first; is_self && k < self_end; k++)
			n->self[k] += t->self[k];
		n->total_variance[a->side] += t->variance;
		n->self_variance[a->side] += is_self ? t->variance : 0;
	}
	memset(t->total + first, 0, (end - first) * sizeof(*t->total));
	memset(t->self + self_first, 0, (self_end - self_first) * sizeof(*t->self));
	t->variance = 0;
	t->first = SIZE_MAX;
	t->end = 0;
}

static uint32_t asked_thread_node(struct adder *a, uint32_t thread)
{
	if (!a->thread_node.item[thread])
		a->thread_node.item[thread] = thread_node(a->d, a->side, thread) + 1;
	return a->thread_node.item[thread] - 1;
}

/* An amount in one column. */
static void add_column(struct adder *a, const struct diff_amount *x, size_t column,
	double amount)
{
	uint32_t kind = x->class_kind;

	column += a->first_column;
	add_self(a->sums.self, a->sums.total, column, kind, amount);
	a->sums.first = column < a->sums.first ? column : a->sums.first;
	a->sums.end = column >= a->sums.end ? column + 1 : a->sums.end;
	if (!a->class_node[kind])
		a->class_node[kind] = class_node(a->d, kind) + 1;
	add_to_node(a, a->class_node[kind] - 1, column, kind, amount);
	if (is_asked(a->d, DIFF_THREAD) && a->d->options.metric == DIFF_TIME)
		add_to_node(a, asked_thread_node(a, x->thread), column, kind, amount);
}

static void add_variance(struct adder *a, uint32_t node, double variance)
{
	a->d->nodes.item[node].total_variance[a->side] += variance;
	a->d->nodes.item[node].self_variance[a->side] += variance;
}

/* The column of a run, when there are no groups. */
static size_t column_of(const struct adder *a, const struct diff_amount *x)
{
	return a->d->columns[a->side] == 1 ? 0 : x->run;
}

static void add_amount(struct adder *a, const struct diff_amount *x)
{
	size_t columns = a->d->columns[a->side];
	double rest = x->amount;

	if (!a->groups) {
		add_column(a, x, column_of(a, x), rest);
		a->sums.variance += x->variance;
		add_variance(a, a->class_node[x->class_kind] - 1, x->variance);
		return;
	}
	for (size_t g = 0; g < columns; g++)
		rest -= a->groups[x->cell * columns + g];
	/* What has no time of its own belongs to all of them. */
	for (size_t g = 0; g < columns; g++)
		add_column(a, x, g,
			a->groups[x->cell * columns + g] + rest / (double)columns);
}

static void add_amounts(struct adder *a, const struct diff_amounts *amounts)
{
	const struct diff_amount *item = amounts->item.item;

	for (size_t i = 0; i < amounts->item.count; i++) {
		if (i == 0 || item[i].node != item[i - 1].node) {
			add_stack(a);
			charge_stack(a, item[i].node);
		}
		add_amount(a, &item[i]);
	}
	add_stack(a);
	for (size_t i = 0; i < amounts->threads.count; i++) {
		const struct diff_amount *x = &amounts->threads.item[i];
		uint32_t node = asked_thread_node(a, x->thread);

		add_to_node(a, node, a->first_column + column_of(a, x), x->class_kind,
			x->amount);
		add_variance(a, node, x->variance);
	}
}

static void add_side(struct diff *d, enum diff_side side,
	const struct diff_amounts *amounts)
{
	struct adder a = {.d = d,
		.side = side,
		.p = d->side[side].which.p,
		.first_column = side == DIFF_NEW ? d->columns[DIFF_BASE] : 0,
		.groups = amounts->groups};
	size_t columns = d->columns[DIFF_BASE] + d->columns[DIFF_NEW];

	a.sums = (struct stack_sums){.self = memory_zeroed(columns * PTF_CLASS_KIND_COUNT,
					     sizeof(double)),
		.total = memory_zeroed(columns, sizeof(double)),
		.first = SIZE_MAX};
	vec_cover(&a.thread_node, a.p->threads.count);
	add_amounts(&a, amounts);
	vec_free(&a.places);
	vec_free(&a.seen);
	vec_free(&a.stack);
	vec_free(&a.charged);
	free(a.sums.self);
	free(a.sums.total);
	vec_free(&a.thread_node);
}

/* ------------------------------------------------------------------ all */

/* What there is besides profiles and options: 0, or negative. */
static int fill(struct diff *d, struct ptf_error *err)
{
	struct diff_amounts amounts[DIFF_SIDE_COUNT] = {0};
	int rc;

	rc = diff_amounts_find(amounts, d, err);
	find_node(d, (struct node_key){DIFF_PROGRAM, 0, 0, 0}, &(bool){false});
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		if (rc >= 0)
			add_side(d, side, &amounts[side]);
		diff_amounts_free(&amounts[side]);
	}
	return rc;
}

static void begin(struct diff *d, const struct profile *base, const struct profile *new,
	const struct diff_options *options)
{
	*d = (struct diff){.options = *options};
	d->options.views |= 1u << DIFF_PROGRAM | 1u << DIFF_CLASS;
	/* How fast a machine is is no matter of memory. */
	if (options->metric != DIFF_TIME && options->scale == DIFF_EQUAL_SPEED)
		d->options.scale = DIFF_ABSOLUTE;
	if (!diff_metric_has_threads(options->metric))
		d->options.views &= ~(1u << DIFF_THREAD);
	runs_find(&d->side[DIFF_BASE].which, base);
	runs_find(&d->side[DIFF_NEW].which, new);
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++)
		for (size_t i = 0; i < d->side[side].which.of.count; i++)
			vec_push(&d->side[side].runs, (struct diff_run){0});
	d->is_grouped =
		d->side[DIFF_BASE].runs.count == 1 && d->side[DIFF_NEW].runs.count == 1;
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		d->columns[side] = d->is_grouped ? diff_amounts_group_count(d)
						 : d->side[side].runs.count;
		if (options->scale == DIFF_PER_UNIT)
			count_units(&d->side[side], options->unit);
	}
}

int diff_make(struct diff *d, const struct profile *base, const struct profile *new,
	const struct diff_options *options, struct ptf_error *err)
{
	begin(d, base, new, options);
	d->match = diff_match_new(base, new);
	return fill(d, err);
}

int diff_make_beside(struct diff *d, const struct diff *other,
	const struct diff_options *options, struct ptf_error *err)
{
	begin(d, other->side[DIFF_BASE].which.p, other->side[DIFF_NEW].which.p, options);
	d->match = other->match;
	d->borrows_match = true;
	d->heap = other->heap;
	d->borrows_heap = other->heap != NULL;
	return fill(d, err);
}

void diff_free(struct diff *d)
{
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		if (d->heap && !d->borrows_heap)
			heap_free(&d->heap[side]);
		vec_free(&d->side[side].runs);
		runs_free(&d->side[side].which);
	}
	if (!d->borrows_heap)
		free(d->heap);
	if (!d->borrows_match)
		diff_match_free(d->match);
	diff_speed_free(&d->speed);
	intern_free(&d->texts);
	intern_free(&d->keys);
	vec_free(&d->nodes);
	vec_free(&d->node_of_key);
	arena_free(&d->arena);
}
