/* Stacks as a tree: core/flame_tree.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/walk_profile.h"
#include "tools/core/flame_tree.h"

static struct profile *p;
static struct flame_tree tree;

static int begin(void **state)
{
	(void)state;
	p = walk_profile();
	return 0;
}

static int end(void **state)
{
	(void)state;
	flame_tree_free(&tree);
	profile_free(p);
	return 0;
}

static void make(const struct report_options *counted, struct flame_options options)
{
	flame_tree_free(&tree);
	options.counted = counted;
	flame_tree_make(&tree, p, &options);
}

/* "<module>/walk" from node 0 on; fails when there is no such node. */
static const struct flame_node *at(const char *path)
{
	const struct flame_node *node = &tree.nodes.item[0];

	while (*path) {
		size_t length = strcspn(path, "/");
		uint32_t id = node->first_child;

		for (; id; id = tree.nodes.item[id].next_sibling) {
			char *title = flame_node_title(p, &tree.nodes.item[id]);
			bool found =
				strlen(title) == length && !memcmp(title, path, length);

			free(title);
			if (found)
				break;
		}
		if (!id)
			fail_msg("nothing at %s", path);
		node = &tree.nodes.item[id];
		path += length + (path[length] == '/');
	}
	return node;
}

/* Every total is the self time and the totals of the children. */
static void sums_hold(void)
{
	for (uint32_t id = 0; id < tree.nodes.count; id++) {
		const struct flame_node *node = &tree.nodes.item[id];
		struct class_times sum = node->self;
		int64_t before = INT64_MAX;

		for (uint32_t c = node->first_child; c;
			c = tree.nodes.item[c].next_sibling) {
			assert_true(c > id);
			assert_int_equal(tree.nodes.item[c].parent, id);
			assert_int_equal(tree.nodes.item[c].depth, node->depth + 1);
			assert_true(tree.nodes.item[c].total_ns <= before);
			before = tree.nodes.item[c].total_ns;
			class_times_add(&sum, &tree.nodes.item[c].total);
		}
		assert_memory_equal(&sum, &node->total, sizeof(sum));
		assert_int_equal(node->total_ns, class_times_sum(&node->total));
	}
}

static void from_the_root(void **state)
{
	const struct report_options counted = {.wait_all = true};

	(void)state;
	make(&counted, (struct flame_options){0});
	sums_hold();
	assert_int_equal(at("")->total_ns, 1500 * MS);
	assert_int_equal(at("[no stack]")->total_ns, 10 * MS);
	assert_int_equal(at("<module>")->total_ns, 1490 * MS);
	assert_int_equal(class_times_sum(&at("<module>")->self), 0);
	assert_int_equal(at("<module>/walk")->self.ns[PTF_CLASS_KERNEL], 50 * MS);
	assert_int_equal(at("<module>/walk")->self.ns[PTF_CLASS_WAIT], 250 * MS);
	assert_int_equal(at("<module>/walk/step")->total.ns[PTF_CLASS_PYTHON], 340 * MS);
	assert_int_equal(at("<module>/JSONDecoder.decode")->total_ns, 50 * MS);
	assert_int_equal(tree.depth_max, 3);
	assert_int_equal(tree.cut_ns, 0);
}

static void what_counts(void **state)
{
	const struct report_options cpu = {.cpu_only = true};
	const struct report_options main_waits = {0};

	(void)state;
	make(&cpu, (struct flame_options){.rows = true});
	sums_hold();
	assert_int_equal(at("")->total_ns, 7);
	make(&main_waits, (struct flame_options){0});
	assert_int_equal(at("")->total_ns, 1000 * MS);
}

static void from_the_leaves(void **state)
{
	const struct report_options counted = {.wait_all = true};

	(void)state;
	make(&counted, (struct flame_options){.inverted = true});
	sums_hold();
	assert_int_equal(at("")->total_ns, 1500 * MS);
	assert_int_equal(at("step")->total_ns, 1040 * MS);
	assert_int_equal(at("walk")->total_ns, 400 * MS);
	assert_int_equal(at("step/walk/<module>")->total_ns, 1040 * MS);
	assert_int_equal(at("step/walk/<module>")->self.ns[PTF_CLASS_GIL], 500 * MS);
}

static void by_thread_and_line(void **state)
{
	const struct report_options counted = {.wait_all = true};

	(void)state;
	make(&counted, (struct flame_options){.threads = true, .lines = true});
	sums_hold();
	assert_int_equal(at("thread 100")->total_ns, 960 * MS);
	assert_int_equal(at("worker, thread 101/<module>/walk/step")->total_ns, 540 * MS);
	assert_int_equal(at("worker, thread 101/<module>/walk/step")->line, 2);
	assert_int_equal(at("thread 100/<module>/walk/step")->total_ns, 500 * MS);
}

/*
 * Every stack of a recursion has its own callers when it is inverted: such a
 * tree would have half a million times the frames. It is cut, nothing is lost.
 */
static void deep_recursion_is_bounded(void **state)
{
	enum { DEPTH = 3000 };
	static struct ptf_node nodes[DEPTH];
	static struct ptf_frame frames[DEPTH];
	static int64_t when[DEPTH], time[DEPTH];
	static struct ptf_kind kinds[DEPTH];
	static uint32_t kind[DEPTH];
	const struct ptf_value_column column = {1, 1, time};
	const struct report_options counted = {0};
	struct ptf_block definitions = walk_blocks[1];
	struct ptf_block samples = {.kind = PTF_BLOCK_SAMPLES,
		.samples = {.thread = 1,
			.count = DEPTH,
			.time_ns = when,
			.columns = &column,
			.column_count = 1,
			.kind = kind}};
	struct profile_feed *feed;

	(void)state;
	for (uint32_t i = 0; i < DEPTH; i++) {
		frames[i] = (struct ptf_frame){.function = 1, .line = i + 1};
		nodes[i] = (struct ptf_node){i, i + 1};
		when[i] = i * MS;
		time[i] = MS;
		kinds[i] = (struct ptf_kind){i + 1, PTF_CLASS_PYTHON};
		kind[i] = i + 1;
	}
	definitions.definitions.kind_count = DEPTH;
	definitions.definitions.kinds = kinds;
	definitions.definitions.frame_count = DEPTH;
	definitions.definitions.frames = frames;
	definitions.definitions.node_count = DEPTH;
	definitions.definitions.nodes = nodes;
	profile_free(p);
	p = profile_new();
	feed = profile_feed_new(p, "deep.ptf");
	profile_feed_block(feed, &walk_blocks[0]);
	profile_feed_block(feed, &definitions);
	profile_feed_block(feed, &samples);
	profile_feed_free(feed);
	profile_finish(p);

	make(&counted, (struct flame_options){.lines = true});
	sums_hold();
	assert_int_equal(tree.nodes.count, DEPTH + 1);
	assert_int_equal(tree.depth_max, DEPTH);
	assert_int_equal(tree.cut_ns, 0);

	make(&counted, (struct flame_options){.lines = true, .inverted = true});
	sums_hold();
	assert_int_equal(tree.nodes.count, FLAME_NODE_COUNT_MAX);
	assert_int_equal(tree.nodes.item[0].total_ns, DEPTH * MS);
	assert_true(tree.cut_ns > 0 && tree.cut_ns < DEPTH * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(from_the_root, begin, end),
		cmocka_unit_test_setup_teardown(what_counts, begin, end),
		cmocka_unit_test_setup_teardown(from_the_leaves, begin, end),
		cmocka_unit_test_setup_teardown(by_thread_and_line, begin, end),
		cmocka_unit_test_setup_teardown(deep_recursion_is_bounded, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
