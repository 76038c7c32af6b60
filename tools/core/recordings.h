/*
 * The recordings of a profile: its sections, and of merged sections those that
 * were put together (schemas/FORMAT.md, "Merged sections"). The parts of one
 * (parts.h) are one.
 */
#ifndef TOOLS_CORE_RECORDINGS_H
#define TOOLS_CORE_RECORDINGS_H

#include "tools/core/profile.h"

struct recording {
	uint32_t section; /* index in the profile; of its part that came first */
	uint32_t process; /* that stands for that; 0 = the section is the recording */
	uint32_t part;    /* index of that */
	size_t part_count;
	struct ptf_text id, run, host, rank, command; /* size 0 = unknown */
	int64_t start_ns, last_start_ns; /* of its first and last part, in its section */
	int64_t elapsed_ns; /* to its end, or to the last that is known of it */
	bool has_end;
	uint64_t sample_count;
	size_t process_count;
};

struct recordings {
	VEC(struct recording) of;
	VEC(uint32_t) of_part;        /* [part] = index in `of` */
	VEC(uint32_t) of_process;     /* [process id] = index in `of` */
	size_t host_count, run_count; /* that have different names */
};

void recordings_find(struct recordings *r, const struct profile *p);
/* How many that finds. */
size_t recordings_count(const struct profile *p);
/* Attributes of a recording, one by one; NULL past the last. */
const struct ptf_attribute *recording_attribute(const struct profile *p,
	const struct recording *r, size_t index);
void recordings_free(struct recordings *r);

#endif
