/*
 * The time of a profile by file, line and function.
 *
 * 100 % is the CPU time of all threads plus the waits of each process's main
 * thread (report_options.wait_all: the waits of all threads; only_thread: CPU
 * time and waits of that one; cpu_only: no waits). "Waits" are all time off
 * CPU. Time of class "unknown" is CPU time that no sample stands for.
 *
 * Each stack has one owner, the line that is charged with its time: its
 * innermost Python line, else its innermost line of a source file, else its
 * innermost function. CHARGE_USER takes the innermost line of the user's own
 * code instead, if there is one, so that time in a library stands where the
 * user's code called it.
 *
 * Time awaited is apart from all that, with a 100 % of its own: the sum over all
 * tasks. It is always charged as by CHARGE_USER: tasks nearly always await inside
 * asyncio, which says nothing.
 *
 * Memory is charged to owners as time is; its 100 % is all that was allocated.
 * What a line, a function or a file held at its own highest is no sum, see heap.h.
 */
#ifndef TOOLS_CORE_REPORT_H
#define TOOLS_CORE_REPORT_H

#include "tools/core/heap.h"
#include "tools/core/profile.h"
#include "tools/core/runs.h"
#include "tools/core/selection.h"

enum charge {
	CHARGE_SELF,
	CHARGE_USER,
};

struct report_options {
	const struct selection *selection; /* for its files; NULL = all */
	uint32_t only_thread;              /* 0 = all */
	const struct runs *runs;           /* only what is of one of these; NULL = all */
	uint32_t only_run;                 /* of runs, index + 1; 0 = all of them */
	bool wait_all, cpu_only;
	bool awaits;        /* not time, but time awaited */
	bool memory_levels; /* heap_use.levels of everything, of lines, ... */
	/* Not time, but the bytes of these (heap_measure.h); what is called time is
	 * bytes. */
	const struct profile_cells *bytes;
	enum charge charge;
};

struct class_times {
	int64_t ns[PTF_CLASS_KIND_COUNT]; /* [enum ptf_class] */
};

/* Time that tasks were suspended, as self and total of time. */
struct await_times {
	int64_t self_ns, total_ns;
};

struct report_line {
	uint32_t line;     /* 0 = unknown */
	uint32_t function; /* that it is a line of */
	struct class_times self;
	int64_t total_ns; /* of all stacks with this line in them */
	struct await_times await;
	/* What stacks did that are charged to it; NULL = nothing, or not asked for. */
	const struct heap_use *memory;
};

struct report_function {
	uint32_t function;
	uint32_t line; /* where it begins, or its first line that was seen */
	struct class_times self;
	int64_t total_ns;
	struct await_times await;
	const struct heap_use *memory; /* as of lines */
};

struct report_file {
	uint32_t file; /* string; 0 = what has no source file */
	bool is_selected;
	bool is_own; /* the user's; own_code.h, or the files of the selection */
	struct class_times self;
	int64_t total_ns;
	struct await_times await;
	const struct heap_use *memory; /* as of lines */
	VEC(struct report_line) lines; /* by line */
	VEC(struct report_function)
	functions; /* by line; time descending in the
		      file without a name */
};

struct report {
	struct class_times all;
	int64_t all_ns;
	/* Waits that are not in `all`: of threads that are not main, or all. */
	int64_t other_waits_ns;
	int64_t await_ns; /* of all tasks */
	/* Of report_make_with_memory, where there is any. */
	bool has_memory;
	struct heap heap;
	VEC(struct report_file) files; /* own ones first, no file last; by time */
};

/* The cells that options ask for; not all of them count. */
const struct profile_cells *report_cells(const struct profile *p,
	const struct report_options *options);

/* Whether one of them is part of the 100 %. */
bool report_counts(const struct profile *p, const struct report_options *options,
	const struct profile_cell *cell);

void report_make(struct report *r, const struct profile *p,
	const struct report_options *options);
/*
 * The same with memory, if the profile has any: lines, functions and files that only
 * allocated are there, too. 0, or negative as heap_make; then *r is empty.
 */
int report_make_with_memory(struct report *r, const struct profile *p,
	const struct report_options *options, struct ptf_error *err);
void report_free(struct report *r);

/* The time of a line of a function, with the classes of its total. */
struct report_place {
	uint32_t thread;          /* 0 = unknown, or all */
	uint32_t place;           /* 0 = "[no stack]" */
	struct class_times self;  /* of the stacks it is charged with */
	struct class_times total; /* of all stacks with it in them */
};

struct report_places {
	VEC(struct report_place) items; /* by thread, in no order of places */
};

void report_places_make(struct report_places *places, const struct profile *p,
	const struct report_options *options, bool by_thread);
void report_places_free(struct report_places *places);

int64_t class_times_sum(const struct class_times *t);
/* kernel + runnable + gil + wait: the table's "system" */
int64_t class_times_system(const struct class_times *t);
/* python + native + kernel + unknown: what the CPU clocks said */
int64_t class_times_cpu(const struct class_times *t);
int64_t class_times_waits(const struct class_times *t);
/*
 * Whether so much CPU time stands for no sample that it must be said: where
 * samples are few, or some were lost.
 */
bool class_times_lack_samples(const struct class_times *t);
void class_times_add(struct class_times *to, const struct class_times *t);
/* The class with most of the time. */
enum ptf_class class_times_largest(const struct class_times *t);

/*
 * Time of each thread, waits included: [thread], and [0] for rows without one.
 * The caller frees it.
 */
struct class_times *report_thread_times(const struct profile *p);

/*
 * Whether a file is worth showing: it has its share of the time or of what was
 * allocated, or it is the user's own and what it called has.
 */
bool report_shows_file(const struct report *r, const struct profile *p,
	const struct report_file *file, double min_percent);

/* "797 ms", "797 ms (21 ms of it unsampled)"; returns its buffer. */
#define REPORT_CPU_SIZE 96
char *report_cpu_time(char buffer[REPORT_CPU_SIZE], const struct class_times *t);

/* "sin (libm.so.6)": a function for people; the caller frees it. */
char *report_function_title(const struct profile *p, uint32_t function);
/* "worker-1, thread 4711", "[no thread]"; the caller frees it. */
char *report_thread_title(const struct profile *p, uint32_t thread);
/*
 * What people call a process: the script or module that Python runs ("walk.py"),
 * else the program ("burn"); the caller frees it.
 */
char *report_process_title(const struct profile *p, uint32_t process);

/* The class that time in a function has unless something else is said. */
enum ptf_class report_function_class(struct profile_function f);

#endif
