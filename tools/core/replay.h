/*
 * The rows of a profile once more, in time, for what has a time axis.
 *
 * A profile adds rows up while it reads; what shows them one by one reads the
 * inputs a second time, when all names, symbols and ends are known:
 *
 *     static void on_rows(void *context, const struct replay_rows *rows) ...
 *     const struct replay_hooks hooks = {.context = &mine, .rows = on_rows};
 *     if (profile_replay(p, &hooks, err) < 0) ...
 *
 * Everything has the ids of the profile, everything is selected as its cells
 * are (selection.h), and all sections have one time axis: nanoseconds since the
 * start of the earliest (profile_section.shift_ns was added).
 *
 * Rows of one thread come in order of time. Rows of different threads overlap:
 * those that come later may be earlier by as much as a recorder keeps in hand
 * (seconds; schemas/FORMAT.md). Memory does not grow with their number.
 */
#ifndef TOOLS_CORE_REPLAY_H
#define TOOLS_CORE_REPLAY_H

#include "tools/core/profile.h"

struct replay_rows {
	uint32_t section; /* index */
	uint32_t thread;  /* 0 = unknown */
	size_t count;     /* at least 1 */
	const int64_t *time_ns;
	const uint32_t *node, *class_id;
	const uint32_t *kind;     /* both in one: an id of the section (section_maps.h) */
	const int64_t *weight_ns; /* may be 0, never negative unless damaged */
	const uint32_t *cpu;      /* processor + 1, 0 = unknown; NULL = all unknown */
	const uint32_t *task;     /* string; NULL = none */
};

/* Rows about memory (schemas/FORMAT.md, "Memory"), in order of time as those. */
struct replay_memory {
	uint32_t section; /* index */
	uint32_t thread;  /* that allocates, frees or copies; 0 = unknown */
	size_t count;     /* at least 1 */
	const int64_t *time_ns;
	/* That allocated what is freed. */
	const uint32_t *node, *class_id;
	/* Never negative; of a row nearly always one is above 0. */
	const int64_t *allocated_bytes, *freed_bytes, *copied_bytes;
};

/* A row of Aggregates: what has no time. */
struct replay_sum {
	uint32_t section; /* index */
	uint32_t metric;
	uint32_t node, class_id, thread;
	uint64_t n;
	int64_t sum;
};

/* Values of a counter (a metric of kind gauge or total). */
struct replay_points {
	uint32_t section; /* index */
	uint32_t metric;
	uint32_t process, thread; /* 0 = of the host; of the process */
	uint32_t instance;        /* string, 0 = the only one */
	size_t count;
	const int64_t *time_ns, *values;
};

struct replay_hooks {
	void *context;
	void (*rows)(void *context, const struct replay_rows *rows);
	void (*memory)(void *context, const struct replay_memory *rows);
	void (*sum)(void *context, const struct replay_sum *sum);
	void (*points)(void *context, const struct replay_points *points);
	/* One reading of all clocks: absolute values, as in the trace. */
	void (*clock)(void *context, uint32_t section, const struct ptf_clock *clock);
	/* Every Block as it is, with all its rows and the ids of its section. */
	void (*block)(void *context, uint32_t section, const struct ptf_block *block);
};

/*
 * 0, or negative when an input cannot be read again (it was removed or changed
 * meanwhile); err->message then begins with its path. Any hook may be NULL. The
 * profile must be finished, and made by profile_add_file.
 */
int profile_replay(const struct profile *p, const struct replay_hooks *hooks,
	struct ptf_error *err);

/*
 * The same of one input, also before the profile is finished: then with all that
 * is selected by time, but nothing by names.
 */
int replay_input(const struct profile *p, const struct profile_input *input,
	const struct replay_hooks *hooks, struct ptf_error *err);

/* The time selected of a counter, by ids of the profile; NULL = all. */
const struct time_spans *replay_points_spans(const struct profile *p, uint32_t section,
	uint32_t process, uint32_t thread);

#endif
