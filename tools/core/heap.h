/*
 * The memory of a profile: what was allocated, held, freed and copied, and where.
 *
 * Rows about memory (schemas/FORMAT.md, "Memory") are read once more and put in
 * order of time over all threads of a process, so that what each place held at any
 * time is known exactly, as far as samples say it.
 *
 *     struct heap h;
 *     if (profile_has_memory(p) && heap_make(&h, p, &options, &err) < 0) ...
 *     ... h.all, h.processes, h.cells ...
 *     heap_free(&h);
 *
 * A place is whatever options.places say: the line that is charged with a stack,
 * a function, a file. What a place held at its own highest is no sum of what other
 * places held, so that it must be followed while the rows go by: several kinds of
 * places at once.
 *
 * All sizes are bytes, estimated from samples. Memory is bounded by the number of
 * distinct stacks and places, not by the number of rows.
 *
 * What is selected of a profile is what the rows say that are selected. So blocks
 * may be freed that were allocated before, elsewhere, or in a part of a recording
 * that is not given: a stack holds at least nothing, and frees beyond what it holds
 * are only counted.
 *
 * Aggregates have no time: of them sums are known, what was held at the end, and
 * what was held at the peak of a recording, where they have it.
 */
#ifndef TOOLS_CORE_HEAP_H
#define TOOLS_CORE_HEAP_H

#include "tools/core/profile.h"

enum heap_domain {
	HEAP_PYTHON, /* the allocators of CPython */
	HEAP_NATIVE, /* malloc and its family */
	HEAP_DOMAIN_COUNT,
};

/* Points of a line over time, for pictures of the size of a word. */
#define HEAP_LEVEL_COUNT 64u

/* What a place has done with memory; of a process, a cell, or everything. */
struct heap_use {
	int64_t allocated_bytes[HEAP_DOMAIN_COUNT];
	int64_t copied_bytes;
	int64_t live_bytes; /* held at the end of its process */
	/* Held when its process held most; of several processes the sum. */
	int64_t peak_bytes;
	/* The most that it ever held itself; of Aggregates: peak_bytes. */
	int64_t maximum_bytes;
	/* Held on average over the life of its process; of several the sum. */
	int64_t average_bytes;
	/*
	 * Standard errors of estimates, as they are samples. NAN where that cannot be
	 * known: of Aggregates, and of traces that do not say how they were sampled.
	 */
	double allocated_error_bytes, live_error_bytes, peak_error_bytes;
	uint64_t allocation_count, free_count, copy_count; /* samples */
	/* Of its allocations, on the profile's axis; 0 without any. */
	int64_t first_ns, last_ns;
	/* The eighths of the life of its process in which it allocates: 1 << 0 to 7. */
	unsigned eighths;
	/*
	 * The most it held in each HEAP_LEVEL_COUNTth of the time (but see
	 * heap_options); NULL = not kept.
	 */
	int64_t *levels;
};

struct heap_uses {
	struct heap_use *item;
	size_t count, capacity;
};

/*
 * Whether a place keeps what it allocates: how likely a block of it outlives the
 * run (rule of succession over its sampled blocks), and how fast it grows. Only of
 * places that go on allocating over most of the run, so that what a program sets up once
 * is no leak; and not where frees may be left out (heap.lacks_frees).
 */
struct heap_leak {
	bool is_likely; /* at HEAP_LEAK_LIKELIHOOD or above, and it goes on */
	double likelihood;
	double bytes_per_s;
	uint64_t observation_count; /* sampled blocks that this is known by */
};

#define HEAP_LEAK_LIKELIHOOD 0.95

/* Kinds of places in one pass: lines, functions, files. */
#define HEAP_PLACE_KIND_COUNT 3

/* By (stack, class, process): adds up over stacks, except maximum_bytes. */
struct heap_cell {
	uint32_t node, class_id;
	uint32_t process; /* 0 = unknown */
	/* That it is charged to, by options.places; 0 = none. */
	uint32_t place[HEAP_PLACE_KIND_COUNT];
	struct heap_use use; /* without levels */
};

struct heap_places {
	/* The place of a stack, or 0; asked once for each. NULL = none are wanted. */
	uint32_t (*place_of)(void *context, uint32_t node);
	void *context;
};

struct heap_options {
	struct heap_places places[HEAP_PLACE_KIND_COUNT];
	/* Which rows are wanted; NULL = all. Ids may be 0. */
	bool (*is_wanted)(void *context, uint32_t process, uint32_t thread);
	void *is_wanted_context;
	bool is_of_threads;   /* is_wanted picks threads, not only processes */
	bool levels;          /* keep them: of everything, of processes and of places */
	uint32_t level_count; /* of them; 0 = HEAP_LEVEL_COUNT */
	/* Not the most of each part of the time, but what is held when it begins. */
	bool levels_add_up;
};

struct heap {
	struct heap_use all;      /* peak_bytes: the most of all processes at one time */
	int64_t peak_ns;          /* when that was, on the profile's axis */
	int64_t start_ns, end_ns; /* what levels are spread over */
	struct heap_uses processes; /* [process], [0] = unknown */
	VEC(struct heap_cell) cells;
	struct heap_uses places[HEAP_PLACE_KIND_COUNT]; /* [place], [0] = none */
	bool has_time; /* else only sums are known: all rows were aggregates */
	/* Blocks may have been freed by threads or at times that are left out. */
	bool lacks_frees;
	struct arena arena; /* of levels */
};

/* Whether any row of it is about memory, at the times that are selected. */
bool profile_has_memory(const struct profile *p);

/*
 * 0, or negative when an input could not be read again or the temporary file not be
 * written; then *h is empty.
 */
int heap_make(struct heap *h, const struct profile *p, const struct heap_options *options,
	struct ptf_error *err);
void heap_free(struct heap *h);

int64_t heap_allocated(const struct heap_use *use);
/* Of all processes, each at its own peak: what the peak_bytes of cells add up to. */
int64_t heap_sum_of_peaks(const struct heap *h);
/* Of a place, cell or process in a heap that has time. */
struct heap_leak heap_leak_of(const struct heap *h, const struct heap_use *use);

#endif
