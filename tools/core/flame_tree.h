/*
 * The stacks of a profile as one tree: what flame graphs and icicles draw.
 *
 *     struct flame_tree tree;
 *     flame_tree_make(&tree, p, &(struct flame_options){.counted = &report_options});
 *     for (id = tree.nodes.item[0].first_child; id; id =
 * tree.nodes.item[id].next_sibling)
 *             ... flame_node_title(p, &tree.nodes.item[id]) ...
 *     flame_tree_free(&tree);
 *
 * Node 0 stands for everything that was counted. Its children are the outermost
 * frames (inverted: the innermost; by thread: the threads). Every node's total
 * is its self time and its children's totals. Parents have smaller ids than
 * their children, so that a loop over the nodes, forwards or backwards, needs no
 * recursion: stacks may be thousands of frames deep.
 */
#ifndef TOOLS_CORE_FLAME_TREE_H
#define TOOLS_CORE_FLAME_TREE_H

#include "tools/core/report.h"

/*
 * An inverted tree can be far larger than the stacks it is made of. Beyond so
 * many nodes the lightest stacks are cut: the rest of them is not shown, their
 * time stays on the last frame that is (flame_tree.cut).
 */
#define FLAME_NODE_COUNT_MAX (UINT32_C(1) << 20)

struct flame_options {
	const struct report_options *counted; /* which cells */
	bool rows;     /* count samples; everything called time is then a count */
	bool lines;    /* different lines of a function are different nodes */
	bool inverted; /* callers hang below what they called */
	bool threads;  /* stacks of different threads are kept apart */
};

struct flame_node {
	uint32_t parent, first_child, next_sibling; /* 0 = none */
	uint32_t depth;                             /* of node 0: 0 */
	uint32_t thread;   /* not 0: the node stands for this thread */
	uint32_t function; /* else; 0 = "[no stack]" (and node 0) */
	uint32_t line;     /* options.lines; 0 = unknown */
	int64_t total_ns;  /* the sum of .total */
	struct class_times self, total;
};

struct flame_tree {
	VEC(struct flame_node) nodes;
	uint32_t depth_max;
	int64_t cut_ns;
};

void flame_tree_make(struct flame_tree *tree, const struct profile *p,
	const struct flame_options *options);
void flame_tree_free(struct flame_tree *tree);

/* "step", "sin (libm.so.6)", "worker-1, thread 4711"; the caller frees it. */
char *flame_node_title(const struct profile *p, const struct flame_node *node);

#endif
