/*
 * Which line of a new text is which line of an old one.
 *
 * Lines that occur once in both texts are fixed points (patience diff); what
 * lies between two of them is aligned so that as much text as possible stays.
 * A line whose text was edited is still the same line when it resembles what
 * stands in its place.
 *
 * Blanks at both ends do not count: a line that was only indented is unchanged.
 */
#ifndef TOOLS_CORE_LINE_MATCH_H
#define TOOLS_CORE_LINE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ptf/types.h>

struct line_match {
	uint32_t line;     /* index in the new text + 1, 0 = is not there any more */
	bool is_rewritten; /* the text differs */
};

/* match[old_count] says what became of each old line. */
void line_match(const struct ptf_text *old, size_t old_count, const struct ptf_text *new,
	size_t new_count, struct line_match *match);

/* How much two lines have in common, from 0 to 1 (Dice, of pairs of letters). */
double line_similarity(struct ptf_text a, struct ptf_text b);

/*
 * How much of two texts is the same lines, in whatever order, from 0 to 1; empty
 * lines are nothing.
 */
double line_common_share(const struct ptf_text *old, size_t old_count,
	const struct ptf_text *new, size_t new_count);

#endif
