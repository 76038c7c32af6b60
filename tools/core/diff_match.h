/*
 * Which file, function and line of a new profile is which of a base profile.
 *
 * Files are compared by where they lie below their root: the working directory,
 * the folder of the program, Python's library, site-packages; then by the ends
 * of their paths, then by what stands in them. Functions have their qualified
 * name, in whatever place of the file; those that are left over are compared by
 * what stands in them (renamed, or moved to another file). Lines are aligned
 * function by function, and whole files for what is outside of functions.
 *
 * Without source text a line is known by its distance from the beginning of its
 * function.
 */
#ifndef TOOLS_CORE_DIFF_MATCH_H
#define TOOLS_CORE_DIFF_MATCH_H

#include "tools/core/profile.h"

enum diff_side {
	DIFF_BASE,
	DIFF_NEW,
	DIFF_SIDE_COUNT,
};

enum diff_fate {
	DIFF_KEPT,
	DIFF_REWRITTEN, /* a line with another text */
	DIFF_MOVED,     /* a function at another place of its file, or in another file */
	DIFF_RENAMED,   /* a function or a file */
	DIFF_ADDED,     /* is not in the base */
	DIFF_VANISHED,  /* is not in the new one */
};

/* "kept", "rewritten", ... for programs. */
const char *diff_fate_name(enum diff_fate fate);

struct diff_match;

/* Both finished; they must outlive the result. */
struct diff_match *diff_match_new(const struct profile *base, const struct profile *new);
void diff_match_free(struct diff_match *m);

/*
 * Files are strings of their profile, functions functions. One of a side may
 * have several ids there (checkouts in different folders): the one that stands
 * for all of them.
 */
uint32_t diff_match_own_file(const struct diff_match *m, enum diff_side side,
	uint32_t file);
uint32_t diff_match_own_function(const struct diff_match *m, enum diff_side side,
	uint32_t function);

/* The one on the other side, 0 = none; and what became of it. */
uint32_t diff_match_file(const struct diff_match *m, enum diff_side side, uint32_t file,
	enum diff_fate *fate);
uint32_t diff_match_function(const struct diff_match *m, enum diff_side side,
	uint32_t function, enum diff_fate *fate);

/*
 * Whether a function of the base stands in the new one with the same text. Where
 * there is no text, functions of the same name are the same.
 */
bool diff_match_is_same_code(const struct diff_match *m, uint32_t base_function);

/* The line of the new profile that a line of the base is now; line 0 = none. */
struct diff_line {
	uint32_t file, line;
	bool is_rewritten;
};
struct diff_line diff_match_line(const struct diff_match *m, uint32_t base_function,
	uint32_t base_line);
/* The line of the base that a new line was; line 0 = none, it is new. */
struct diff_line diff_match_origin(const struct diff_match *m, uint32_t new_function,
	uint32_t new_line);
/*
 * What a line of either side is called on both: as a line of the new side, or of the
 * base where it is only there.
 */
struct diff_line diff_match_common_line(const struct diff_match *m, enum diff_side side,
	struct profile_place line, bool *is_base_only);

/* The line of the base that any line of a new text was, whatever function it is in. */
struct diff_line diff_match_text_origin(const struct diff_match *m, uint32_t new_file,
	uint32_t new_line);

/* The path below its root; borrowed from the profile. */
struct ptf_text diff_match_short_path(const struct diff_match *m, enum diff_side side,
	uint32_t file);

/* Files with time whose lines are followed without text, as it is missing. */
size_t diff_match_textless_count(const struct diff_match *m);

#endif
