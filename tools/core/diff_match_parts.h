/*
 * Parts of diff_match: files and lines are followed in diff_match.c, functions in
 * diff_match_functions.c, and what both compare by is in diff_match_pairs.c.
 */
#ifndef TOOLS_CORE_DIFF_MATCH_PARTS_H
#define TOOLS_CORE_DIFF_MATCH_PARTS_H

#include "tools/core/diff_match.h"
#include "tools/core/path_roots.h"

/* Files and functions of different names are the same with so much in common. */
#define RENAMED_SHARE 0.5

/* So many leftovers are compared by what stands in them, each with each. */
#define COMPARED_MAX 300

/* What is known of one side. */
struct match_side {
	const struct profile *p;
	struct path_roots roots;
	VEC(uint32_t) own_file;       /* [string], 0 = not a file of a function */
	VEC(uint32_t) own_function;   /* [function] */
	struct id_list files;         /* those that stand for others, too */
	VEC(uint32_t) other_file;     /* [string], 0 = none */
	VEC(uint32_t) other_function; /* [function], 0 = none */
	VEC(unsigned char) file_fate; /* [string] */
	VEC(unsigned char) function_fate;
};

/* The lines of a base file, from .first on. */
struct file_lines {
	uint32_t file;
	uint32_t first;
	VEC(struct diff_line) to;
};

/* The same for a file of the new side, derived from the above. */
struct diff_match {
	struct match_side side[DIFF_SIDE_COUNT];
	VEC(struct file_lines) lines[DIFF_SIDE_COUNT];
	VEC(uint32_t) lines_of_file[DIFF_SIDE_COUNT]; /* [string] = index + 1 */
	size_t textless_count;
};

/* ------------------------------------------------------ diff_match_pairs.c */

/* The text of a file, NULL when it is not there. */
const struct profile_source *match_source(const struct match_side *s, uint32_t file);

/* Lines of a text, [from, from + count), as far as they are there. */
struct text_lines {
	VEC(struct ptf_text) line;
	uint32_t first; /* the number of line[0] */
};

struct text_lines match_take_lines(const struct profile_source *s, uint32_t from,
	uint32_t count);
struct text_lines match_all_lines(const struct profile_source *s);
double match_common_share(const struct text_lines *a, const struct text_lines *b);

/* Two things that may be the same, and how much speaks for it. */
struct candidate {
	double score;
	uint32_t base, new;
};

/* How things of one kind are paired. */
struct scoring {
	/* How much speaks for a pair; 0 = nothing. */
	double (*score)(const struct diff_match *m, uint32_t base, uint32_t new);
	bool (*is_paired)(const struct diff_match *m, enum diff_side side, uint32_t id);
	void (*pair)(struct diff_match *m, const struct candidate *c);
};

/* The best pair first, each thing once. */
void match_pair_by_score(struct diff_match *m, const struct id_list *base,
	const struct id_list *new, struct scoring scoring);

/* ----------------------------------------------------------- diff_match.c */

struct range {
	uint32_t file, first, count;
};

bool match_range_has(const struct range *r, uint32_t file, uint32_t line);
struct range match_range_of(const struct match_side *s, uint32_t function);

/* NULL for a file without text. */
struct file_lines *match_lines_of(const struct diff_match *m, enum diff_side side,
	uint32_t file);

/* Aligns two functions: their lines are lines of each other and of nothing else. */
void match_align_ranges(struct diff_match *m, const struct range *base,
	const struct range *new);

/* -------------------------------------------------- diff_match_functions.c */

/* Files must have been found, and for the rest paired and aligned. */
void match_find_functions(struct match_side *s);
void match_pair_functions(struct diff_match *m);
/* Files and functions without one on the other side: what became of them. */
void match_tell_unpaired(struct diff_match *m, enum diff_side side);
void match_align_functions(struct diff_match *m);

#endif
