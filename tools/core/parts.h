/*
 * Parts: a recording may be spread over several sections (prec --rotate), or lie
 * in a merged section as several recordings. What goes on from one part to the
 * next, a process or a thread, is one (schemas/FORMAT.md): told by its recording,
 * its number and when it began, so that numbers that are used again stay apart.
 *
 * A part that was seen before is a double: what is in it stays apart from all else.
 */
#ifndef TOOLS_CORE_PARTS_H
#define TOOLS_CORE_PARTS_H

#include <stdbool.h>

#include "tools/core/intern_table.h"

struct part {
	uint32_t section; /* index */
	/* In a merged section, the process that stands for the recording; else 0. */
	uint32_t process;
	uint32_t recording; /* equal for the parts of one; 0 = not known, or a double */
	bool is_double;
	bool is_merged;  /* a section that is in parts itself: no recording of its own */
	int64_t zero_ns; /* CLOCK_MONOTONIC at time 0 of its section */
	/* In its section; of one that is a section itself, see there. */
	int64_t start_ns, end_ns;
	bool has_end;
};

/* A process or thread of a recording. */
struct part_life {
	uint32_t id, last_part;
};

struct parts {
	VEC(struct part) of;
	struct intern ids, recordings; /* id; id and run */
	VEC(uint32_t) first;  /* [recording - 1] = index of its part that came first */
	struct intern begins; /* id and CLOCK_MONOTONIC at its begin */
	struct intern lives;  /* struct part_life_key */
	VEC(struct part_life) life; /* [id of key - 1] */
};

/*
 * The index of a part, which is filled but for its identity: the recording's id, as
 * 32 digits, and its run, as far as they are known.
 */
uint32_t parts_add(struct parts *parts, struct part part, struct ptf_text id,
	struct ptf_text run);

/* The index of the part of the same recording that came first: of a double, itself. */
uint32_t parts_first(const struct parts *parts, uint32_t part);

/* The start of what is there as long as its recording is. */
#define PARTS_ALWAYS INT64_MIN

/*
 * Who a process or thread of a part is: `fresh`, or, where it goes on from another
 * part, the id that it has. The owner of a thread is its process; a process has none,
 * 0. start_ns is a time of its section.
 */
uint32_t parts_life(struct parts *parts, uint32_t part, uint32_t owner, uint32_t number,
	int64_t start_ns, uint32_t fresh);

/* A time of the section of one part, in that of another. */
int64_t parts_time(const struct parts *parts, uint32_t from, uint32_t to,
	int64_t time_ns);

void parts_free(struct parts *parts);

#endif
