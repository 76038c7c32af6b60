/* What a rewrite is made of; shared by rewrite*.c alone. */
#ifndef TOOLS_CORE_REWRITE_PARTS_H
#define TOOLS_CORE_REWRITE_PARTS_H

#include "tools/core/merge_ids.h"
#include "tools/core/profile.h"
#include "tools/core/section_maps.h"

/* ------------------------------------------- what is selected of a Block */

struct rewrite_part {
	const struct profile *p;
	const struct section_maps *maps; /* of the section that is being read */

	VEC(size_t) kept; /* rows */
	VEC(int64_t) times;
	VEC(int64_t) values; /* column after column */
	VEC(uint32_t) nodes, classes, labels, cpus, tasks;
	VEC(struct ptf_value_column) columns;
	VEC(struct ptf_aggregate) aggregates;
	VEC(struct ptf_edge) edges;
	VEC(struct ptf_mark) marks;
	VEC(struct ptf_loss) losses;
};

/*
 * Takes from a Block what is not selected. False when nothing is left of it. What
 * is left may live in *part until the next call.
 */
bool rewrite_part_of(struct rewrite_part *part, struct ptf_block *block);
void rewrite_part_free(struct rewrite_part *part);

/* ------------------------------------------ what the rows of a section need */

/* A run of items in a list. */
struct rewrite_run {
	size_t first, count;
};

/* What a process is, or became by exec; it may be wanted only later. */
struct rewrite_said {
	uint32_t process, executable;
	struct rewrite_run arguments; /* in `strings` */
};

struct rewrite_use {
	struct merge_ids wanted; /* 1 = wanted */
	const struct profile *p;

	/* What the section defines: [id - 1], as far as it refers to other things. */
	VEC(uint32_t) module_paths;
	VEC(struct ptf_function) functions;
	VEC(struct ptf_frame) frames;
	VEC(struct ptf_node) nodes;
	VEC(struct ptf_metric) metrics;
	VEC(uint32_t) class_details;
	VEC(struct rewrite_run) label_sets; /* keys and values, in `strings` */
	VEC(uint32_t) process_parents;
	/* What is said of things that may turn out to be wanted. */
	VEC(struct ptf_symbol) symbols;
	VEC(struct rewrite_said) said;
	VEC(uint32_t) strings;
};

/* Every Block of the section, cut down and stripped; then what all that needs. */
void rewrite_use_block(struct rewrite_use *use, const struct section_maps *maps,
	const struct ptf_block *block);
void rewrite_use_finish(struct rewrite_use *use);
void rewrite_use_free(struct rewrite_use *use);

#endif
