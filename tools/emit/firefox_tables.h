/*
 * What all threads of a Firefox profile share: categories, stacks, frames,
 * functions, files and strings, each a table of columns. They are in memory, as
 * the profile they are made of.
 */
#ifndef TOOLS_EMIT_FIREFOX_TABLES_H
#define TOOLS_EMIT_FIREFOX_TABLES_H

#include "tools/cli/json.h"
#include "tools/core/profile.h"

/* Categories have the numbers of the classes; the last one is for no class. */
enum { FIREFOX_CATEGORY_OTHER = PTF_CLASS_KIND_COUNT };

struct firefox_stack {
	uint32_t frame;  /* index */
	uint32_t prefix; /* index + 1; 0 = none */
};

struct firefox_tables {
	struct json *j;
	const struct profile *p;
	bool no_lines;
	/* Tables; the index of an entry is its id - 1. */
	struct intern strings;   /* bytes */
	struct intern frames;    /* place and category */
	struct intern functions; /* id in the profile */
	struct intern sources;   /* string in the profile */
	struct intern resources; /* module in the profile */
	VEC(struct firefox_stack) stacks;
	struct id_list stack_of_node; /* [node] = index + 1, its frame's own class */
	struct intern leaves;         /* {node, class} */
	struct id_list stack_of_leaf; /* [leaf - 1] = index */
	struct id_list subcategory;   /* [class id] */
};

/* With the stacks of all cells of these classes (bits 1 << enum ptf_class). */
void firefox_tables_make(struct firefox_tables *t, struct json *j,
	const struct profile *p, unsigned class_mask, bool no_lines);
void firefox_tables_free(struct firefox_tables *t);

/* The index of a string; strings may be added until the tables are written. */
uint32_t firefox_string(struct firefox_tables *t, const char *text, size_t size);
/* The index of the stack of a row; false when no cell has it. */
bool firefox_stack_index(const struct firefox_tables *t, uint32_t node, uint32_t class_id,
	uint32_t *index);

/* "categories" of the profile's meta data. */
void firefox_put_categories(struct firefox_tables *t);
/* "shared" of the profile. */
void firefox_put_tables(struct firefox_tables *t);

#endif
