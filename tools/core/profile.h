/*
 * A profile: all inputs together, without the time axis.
 *
 * Reading adds up time by (stack, class, thread) while the rows go by, so that
 * memory grows with the number of distinct stacks, not with the number of
 * samples. Ids of the sections are translated to ids of the profile: equal
 * strings, functions and stacks of different sections or files become one;
 * processes and threads stay apart, but for those that go on from one part of a
 * recording to the next (parts.h).
 *
 *     struct profile *p = profile_new();
 *     profile_select(p, &selection);                unless all is wanted
 *     profile_add_file(p, path, &hooks, &err);      for each input
 *     profile_finish(p);                            places can now be asked for
 *     ...
 *     profile_free(p);
 *
 * All ids count from 1 and 0 is "none", as in a trace.
 */
#ifndef TOOLS_CORE_PROFILE_H
#define TOOLS_CORE_PROFILE_H

#include <ptf/error.h>
#include <ptf/types.h>

#include "tools/core/cells.h"
#include "tools/core/intern_table.h"
#include "tools/core/parts.h"
#include "tools/core/selection.h"
#include "tools/core/spans.h"

struct profile_module {
	uint32_t path, build_id; /* strings */
};

struct profile_function {
	uint32_t name, file; /* strings */
	uint32_t module;
	uint32_t kind; /* enum ptf_function_kind */
	uint32_t first_line, line_count;
};

struct profile_frame {
	uint64_t module_offset;
	uint32_t function, line, module;
	uint32_t zero; /* no padding: these bytes are interned */
};

struct profile_node {
	uint32_t parent, frame;
};

struct profile_class {
	uint32_t kind;   /* enum ptf_class */
	uint32_t detail; /* string */
};

/*
 * Where a frame is, for people: a function (made up for native frames: the
 * symbol, or "module (no symbols)") and a line of it (0 = unknown). A frame has
 * several when calls were inlined.
 */
struct profile_place {
	uint32_t function, line;
};

struct profile_metric {
	uint32_t name, unit, description; /* strings */
	uint32_t kind, addition;          /* enum ptf_metric_kind, ptf_addition */
};

/* What was seen of a metric. */
struct profile_metric_use {
	uint64_t sample_count;    /* rows with a value of it */
	uint64_t point_count;     /* of counters */
	uint64_t aggregate_count; /* rows */
	uint64_t edge_count;      /* rows */
	int64_t sum;              /* of samples and aggregates */
};

struct profile_process {
	uint32_t section;      /* index of the first that has it: whose times it has */
	uint32_t last_section; /* index of the last that has it */
	uint32_t part;         /* index of the first that has it */
	uint32_t pid, parent;
	/* In merged sections the process that stands for its recording (or for its
	   part of one), of that one itself; else 0. */
	uint32_t recording;
	int64_t start_ns;
	VEC(int64_t) exec_ns; /* when it replaced its program, in no order */
	int64_t image_ns;     /* when it became what the next fields say */
	uint32_t executable;
	VEC(uint32_t) arguments;
	uint32_t python;       /* string: "3.11.2", 0 = none */
	uint32_t not_followed; /* string: why it has no samples, 0 = it has */
	VEC(struct ptf_attribute) attributes; /* texts live as long as the profile */
	bool has_end;
	struct ptf_process_end end;
};

struct profile_thread {
	uint32_t process, tid;
	uint32_t name;   /* string */
	int64_t name_ns; /* when it was last named */
	bool is_main;
	bool has_end;
	int64_t start_ns, end_ns; /* in the section of its process */
	uint64_t cpu_ns;          /* of its whole life, when has_end */
	uint64_t sample_count;
};

struct profile_section {
	const char *path;                            /* of the input */
	uint32_t part;                               /* index */
	uint32_t producer, host, command, directory; /* strings, 0 = unknown */
	uint32_t format_major, format_minor;
	uint8_t trace_id[16];
	int64_t origin_monotonic_ns, origin_realtime_ns;
	uint64_t period_ns, resolution_ns;
	bool has_end;
	int64_t end_ns; /* of the section, else of the last row */
	/*
	 * What puts its times on one axis with the other sections': how much later
	 * than the earliest it began. By the system's clock, so that sections of
	 * different machines are only as close as their clocks were.
	 */
	int64_t shift_ns;
	uint64_t sample_count, ownerless_count;          /* all; of no known process */
	uint64_t memory_count;                           /* rows about memory */
	uint64_t block_count[PTF_BLOCK_SECTION_END + 1]; /* [enum ptf_block_kind] */
	VEC(struct ptf_attribute) attributes; /* texts live as long as the profile */
};

struct profile_source {
	struct ptf_text text;
	uint32_t first_line;
	uint32_t line_count; /* of the whole file */
	uint64_t size_bytes;
	bool is_excerpt, changed_after_start;
	bool has_variants;         /* other sections have another text of this file */
	VEC(uint32_t) line_starts; /* offsets in text; filled by profile_finish */
};

struct profile_loss {
	uint32_t kind;    /* string */
	uint32_t section; /* index */
	uint64_t count, weight_ns;
};

struct profile_mark {
	uint32_t section, thread, name;
	enum ptf_mark_kind kind;
	int64_t time_ns;
};

struct ptf_reader;

/* What was read, so that it can be read again (replay.h). */
struct profile_input {
	const char *path;
	struct ptf_reader *reader; /* of what can be read only once; else NULL */
	uint32_t first_section;    /* index */
	uint64_t block_count;
	struct ptf_error damage; /* the first but for having been cut; code 0 = none */
	/* Of all its sections, those that this version does not know. */
	uint64_t features_compatible, features_read_only;
};

struct section_maps;
struct profile_filter;

struct profile {
	struct intern strings, modules, functions, frames, nodes, classes, metrics,
		places;
	struct arena arena;

	VEC(struct profile_input) inputs;
	VEC(struct profile_section) sections;
	VEC(struct section_maps *) section_maps; /* [section] */
	struct parts parts;
	VEC(struct profile_process) processes; /* item[id - 1] */
	VEC(struct profile_thread) threads;    /* item[id - 1] */

	struct profile_cells cells;
	/* Time that tasks of asyncio were suspended, by their chain of awaits: no part
	   of any thread's time. */
	struct profile_cells awaits;

	VEC(struct profile_source) sources;
	VEC(uint32_t) source_of_file;              /* [string] = index + 1 in sources */
	VEC(struct profile_metric_use) metric_use; /* [metric] */
	VEC(struct profile_loss) losses;
	VEC(struct profile_mark) marks;

	VEC(struct ptf_symbol) symbols;  /* ids of the profile */
	VEC(uint32_t) frame_places;      /* runs of place ids, innermost first */
	VEC(uint32_t) frame_place_start; /* [frame - 1], and one more at the end */

	const struct selection *selection; /* NULL = everything */
	struct time_spans time_spans;      /* of selection.has_time */
	/* Where regions are selected, by section and thread: known when an input has
	   been read. */
	struct intern region_keys;
	VEC(struct time_spans) region_spans; /* [id of key - 1] */
	struct profile_filter *filter;       /* the same, once all names are known */

	uint64_t sample_count; /* of time */
	/* Rows about memory, at the times that are selected; heap.h says what of them. */
	uint64_t memory_count;
	bool has_memory_sums;  /* Aggregates about memory */
	size_t damage_count;   /* places of inputs that were stepped over */
	uint64_t time_seen_ns; /* sum of the sizes of all times */
};

/* Ids, to be used with the vec_ macros. */
struct id_list {
	uint32_t *item;
	size_t count, capacity;
};

/* The time selected of a thread (0 = unknown) in a section; NULL = all. */
const struct time_spans *profile_spans(const struct profile *p, uint32_t section,
	uint32_t thread);

/* What happens on the way; each may be NULL. */
struct profile_hooks {
	void *context;
	/* Damage that was stepped over. */
	void (*note)(void *context, const char *path, const struct ptf_error *note);
	void (*progress)(void *context, const char *path, uint64_t done, uint64_t total);
	/* Every Block, before the profile takes it in. */
	void (*block)(void *context, const struct ptf_block *block);
};

struct profile *profile_new(void);
/* Before the first input. The selection must outlive the profile. */
void profile_select(struct profile *p, const struct selection *selection);
int profile_add_file(struct profile *p, const char *path,
	const struct profile_hooks *hooks, struct ptf_error *err);
/*
 * The same with a reader that the caller opened; it is read to its end. The caller
 * closes it, unless the profile keeps it.
 */
int profile_add_reader(struct profile *p, const char *path, struct ptf_reader *reader,
	const struct profile_hooks *hooks, struct ptf_error *err);
bool profile_keeps_reader(const char *path);
/*
 * The same Block by Block, for who reads by himself. A feed belongs to one
 * file; it keeps what the ids of the section mean.
 */
struct profile_feed;
struct profile_feed *profile_feed_new(struct profile *p, const char *path);
void profile_feed_block(struct profile_feed *feed, const struct ptf_block *block);
void profile_feed_free(struct profile_feed *feed);

/*
 * After the last input, before anything is asked about places. What is not
 * selected is gone then.
 */
void profile_finish(struct profile *p);
void profile_free(struct profile *p);

/* ------------------------------------------------------------- asking */

struct ptf_text profile_string(const struct profile *p, uint32_t id);
struct profile_module profile_get_module(const struct profile *p, uint32_t id);
struct profile_function profile_get_function(const struct profile *p, uint32_t id);
struct profile_frame profile_get_frame(const struct profile *p, uint32_t id);
struct profile_node profile_get_node(const struct profile *p, uint32_t id);
struct profile_class profile_get_class(const struct profile *p, uint32_t id);
struct profile_metric profile_get_metric(const struct profile *p, uint32_t id);
struct profile_place profile_get_place(const struct profile *p, uint32_t id);

/* Place ids of a frame, innermost first; *count is at least 1. */
const uint32_t *profile_frame_places(const struct profile *p, uint32_t frame,
	size_t *count);

/* All places of a stack, innermost first; list->count is 0 for no stack. */
void profile_stack(const struct profile *p, uint32_t node, struct id_list *list);

/* The text of a file that functions name, or NULL. */
const struct profile_source *profile_source_of(const struct profile *p, uint32_t file);
/* One line without its end; false when the text does not have it. */
bool profile_source_line(const struct profile_source *source, uint32_t line,
	struct ptf_text *text);

/*
 * A time of a section on the axis that all sections have in common; of a damaged
 * trace it may wrap.
 */
int64_t profile_axis_time(const struct profile *p, uint32_t section, int64_t time_ns);

/* Of a thread, 0 = unknown. */
static inline uint32_t profile_process_of(const struct profile *p, uint32_t thread)
{
	return thread ? p->threads.item[thread - 1].process : 0;
}

/* Off CPU: time a thread spent ready, waiting for the GIL, or waiting. */
static inline bool profile_is_off_cpu(uint32_t class_kind)
{
	return class_kind == PTF_CLASS_RUNNABLE || class_kind == PTF_CLASS_GIL ||
		class_kind == PTF_CLASS_WAIT;
}

/* Time by class of everything, all waits included. */
void profile_class_times(const struct profile *p, int64_t ns[PTF_CLASS_KIND_COUNT]);

/* "" when there is none. */
struct ptf_text profile_section_attribute(const struct profile_section *section,
	const char *key);
/*
 * What a process says of itself, or who began it (of merged traces: the process
 * that stands for its recording), or else its section: "run.rank".
 */
struct ptf_text profile_process_attribute(const struct profile *p, uint32_t process,
	const char *key);

/* Does it stand for a recording of a merged section, and is no process at all? */
bool profile_is_recording(const struct profile *p, uint32_t process);
/* Are both, neither of them 0, of one recording, be it of different parts? */
bool profile_same_recording(const struct profile *p, uint32_t a, uint32_t b);
size_t profile_process_count(const struct profile *p); /* without those */
/* Who began what was recorded, or NULL. */
const struct profile_process *profile_first_process(const struct profile *p);

/* The longest recording, from the begin of its first part to the end of its last. */
int64_t profile_elapsed_ns(const struct profile *p);
/* The command that was recorded, "" when unknown; freed by the caller. */
char *profile_command(const struct profile *p);

#endif
