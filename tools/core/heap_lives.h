/* When processes lived, as far as that is selected, for what memory they held. */
#ifndef TOOLS_CORE_HEAP_LIVES_H
#define TOOLS_CORE_HEAP_LIVES_H

#include "tools/core/profile.h"

/* On the profile's axis. Rows of it lie inside. */
struct heap_life {
	int64_t begin_ns, end_ns;
	bool has_rows;
};

/* A time at which a process loses what it holds: its end, or another program. */
struct heap_passing {
	int64_t time_ns;
	uint32_t process;
};

struct heap_lives {
	VEC(struct heap_life) of;          /* [process], 0 = unknown */
	VEC(struct heap_passing) passings; /* of what has rows, in order of time */
};

void heap_lives_begin(struct heap_lives *lives, const struct profile *p);
/* A row of a process. */
void heap_lives_see(struct heap_lives *lives, uint32_t process, int64_t time_ns);
/* After all rows. */
void heap_lives_settle(struct heap_lives *lives, const struct profile *p);
void heap_lives_free(struct heap_lives *lives);

#endif
