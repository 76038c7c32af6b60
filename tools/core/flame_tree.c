#include "tools/core/flame_tree.h"

#include <stdlib.h>

/* What makes a node the same as another. */
struct node_key {
	uint32_t parent, thread, function, line;
};

/* A stack below one of the roots (threads), for the stacks that share it. */
struct stack_key {
	uint32_t root, node;
};

/* The time of one stack of one thread, by class. */
struct weighted_stack {
	uint32_t thread, node;
	int64_t sum;
	struct class_times times;
};

struct builder {
	struct flame_tree *tree;
	const struct profile *p;
	const struct flame_options *options;
	struct intern keys;         /* struct node_key; id = node */
	struct intern stacks;       /* struct stack_key */
	VEC(uint32_t) top_of_stack; /* [id of stacks] = node */
	VEC(struct weighted_stack) counted;
	struct id_list path;
	bool is_full; /* the last child could not be had */
};

static uint32_t child(struct builder *b, struct node_key key)
{
	struct flame_tree *tree = b->tree;
	uint32_t id = intern_lookup(&b->keys, &key, sizeof(key));

	if (id)
		return id;
	if (tree->nodes.count >= FLAME_NODE_COUNT_MAX) {
		b->is_full = true;
		return key.parent;
	}
	id = intern_bytes(&b->keys, &key, sizeof(key));
	vec_push(&tree->nodes,
		(struct flame_node){.parent = key.parent,
			.depth = tree->nodes.item[key.parent].depth + 1,
			.thread = key.thread,
			.function = key.function,
			.line = key.line});
	if (tree->nodes.item[id].depth > tree->depth_max)
		tree->depth_max = tree->nodes.item[id].depth;
	return id;
}

static uint32_t child_of_place(struct builder *b, uint32_t parent, uint32_t place_id)
{
	struct profile_place place = profile_get_place(b->p, place_id);

	if (b->is_full)
		return parent;
	return child(b,
		(struct node_key){.parent = parent,
			.function = place.function,
			.line = b->options->lines ? place.line : 0});
}

/*
 * Outermost first. Stacks share their outer ends, and so does the work: what
 * was walked once is looked up.
 */
static uint32_t descend(struct builder *b, uint32_t root, uint32_t node)
{
	uint32_t top = root;

	b->path.count = 0;
	for (; node; node = profile_get_node(b->p, node).parent) {
		struct stack_key key = {root, node};
		uint32_t known = intern_lookup(&b->stacks, &key, sizeof(key));

		if (known) {
			top = b->top_of_stack.item[known];
			break;
		}
		vec_push(&b->path, node);
	}
	for (size_t i = b->path.count; i-- > 0;) {
		struct stack_key key = {root, b->path.item[i]};
		uint32_t frame = profile_get_node(b->p, b->path.item[i]).frame, known;
		size_t count = 0;
		const uint32_t *place =
			frame ? profile_frame_places(b->p, frame, &count) : NULL;

		while (count-- > 0)
			top = child_of_place(b, top, place[count]);
		if (b->is_full)
			break;
		known = intern_bytes(&b->stacks, &key, sizeof(key));
		vec_cover(&b->top_of_stack, known);
		b->top_of_stack.item[known] = top;
	}
	return top;
}

static uint32_t climb(struct builder *b, uint32_t root, uint32_t node)
{
	uint32_t top = root;

	profile_stack(b->p, node, &b->path);
	for (size_t i = 0; i < b->path.count && !b->is_full; i++)
		top = child_of_place(b, top, b->path.item[i]);
	return top;
}

static void add_stack(struct builder *b, const struct weighted_stack *s)
{
	uint32_t root = 0, top;

	b->is_full = false;
	if (s->thread)
		root = child(b, (struct node_key){.thread = s->thread});
	if (b->options->inverted)
		top = climb(b, root, s->node);
	else
		top = descend(b, root, s->node);
	if (top == root && !b->is_full)
		top = child(b, (struct node_key){.parent = root});
	if (b->is_full)
		b->tree->cut_ns += s->sum;
	class_times_add(&b->tree->nodes.item[top].self, &s->times);
}

/* ------------------------------------------------------------- what counts */

static void collect(struct builder *b)
{
	const struct profile_cells *cells = report_cells(b->p, b->options->counted);
	struct intern keys = {0};

	for (size_t i = 0; i < cells->count; i++) {
		const struct profile_cell *c = &cells->item[i];
		uint32_t kind = profile_get_class(b->p, c->class_id).kind;
		struct stack_key key = {b->options->threads ? c->thread : 0, c->node};
		int64_t value = b->options->rows ? (int64_t)c->count : c->time_ns;
		struct weighted_stack *s;
		uint32_t id;

		/* Less than nothing is only in damaged traces. */
		if (value <= 0 || !report_counts(b->p, b->options->counted, c))
			continue;
		id = intern_bytes(&keys, &key, sizeof(key));
		vec_cover(&b->counted, id - 1);
		s = &b->counted.item[id - 1];
		s->thread = key.root;
		s->node = key.node;
		s->sum += value;
		s->times.ns[kind] += value;
	}
	intern_free(&keys);
}

static int heaviest_first(const void *a, const void *b)
{
	const struct weighted_stack *x = a, *y = b;

	if (x->sum != y->sum)
		return x->sum > y->sum ? -1 : 1;
	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* ------------------------------------------------------- totals and order */

static void add_totals(struct flame_tree *tree)
{
	for (size_t id = tree->nodes.count; id-- > 0;) {
		struct flame_node *node = &tree->nodes.item[id];

		class_times_add(&node->total, &node->self);
		node->total_ns = class_times_sum(&node->total);
		if (id)
			class_times_add(&tree->nodes.item[node->parent].total,
				&node->total);
	}
}

/* Within a parent: heaviest last, because each is put in front of the others. */
static int compare_siblings(const void *a, const void *b, void *context)
{
	const struct flame_tree *tree = context;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int64_t s = tree->nodes.item[x].total_ns, t = tree->nodes.item[y].total_ns;

	return s != t ? (s < t ? -1 : 1) : x > y ? -1 : x < y;
}

static void link_children(struct flame_tree *tree)
{
	struct id_list order = {0};

	for (uint32_t id = 1; id < tree->nodes.count; id++)
		vec_push(&order, id);
	if (order.count)
		qsort_r(order.item, order.count, sizeof(*order.item), compare_siblings,
			tree);
	for (size_t i = 0; i < order.count; i++) {
		struct flame_node *node = &tree->nodes.item[order.item[i]];
		struct flame_node *parent = &tree->nodes.item[node->parent];

		node->next_sibling = parent->first_child;
		parent->first_child = order.item[i];
	}
	vec_free(&order);
}

void flame_tree_make(struct flame_tree *tree, const struct profile *p,
	const struct flame_options *options)
{
	struct builder b = {.tree = tree, .p = p, .options = options};

	*tree = (struct flame_tree){0};
	vec_push(&tree->nodes, (struct flame_node){0});
	collect(&b);
	if (b.counted.count)
		qsort(b.counted.item, b.counted.count, sizeof(*b.counted.item),
			heaviest_first);
	for (size_t i = 0; i < b.counted.count; i++)
		add_stack(&b, &b.counted.item[i]);
	add_totals(tree);
	link_children(tree);
	intern_free(&b.keys);
	intern_free(&b.stacks);
	vec_free(&b.top_of_stack);
	vec_free(&b.counted);
	vec_free(&b.path);
}

void flame_tree_free(struct flame_tree *tree)
{
	vec_free(&tree->nodes);
}

/* -------------------------------------------------------------------- asking */

char *flame_node_title(const struct profile *p, const struct flame_node *node)
{
	if (node->thread)
		return report_thread_title(p, node->thread);
	return report_function_title(p, node->function);
}
