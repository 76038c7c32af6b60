/*
 * What a trace holds, as C values. Reader and writer share these types.
 *
 * Ids are dense, count from 1 in order of definition, are scoped to a section
 * and 0 means "none" (schemas/FORMAT.md). Times are nanoseconds since the
 * section's origin unless a name says otherwise.
 *
 * Pointers are borrowed: those given to a writer need only live for the call,
 * those that a reader returns live until the next call on that reader.
 */
#ifndef PTF_TYPES_H
#define PTF_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes, by convention UTF-8; not NUL-terminated, may contain NUL. */
struct ptf_text {
	const char *data;
	size_t size;
};

struct ptf_attribute {
	struct ptf_text key;
	struct ptf_text value;
};

struct ptf_attributes {
	const struct ptf_attribute *item;
	size_t count;
};

/* Ids, for instance the arguments of a command line. */
struct ptf_ids {
	const uint32_t *item;
	size_t count;
};

/* Where the time of a sample went (see the table in the manual). */
enum ptf_class {
	PTF_CLASS_UNKNOWN = 0,
	PTF_CLASS_PYTHON = 1,   /* on CPU, the interpreter itself */
	PTF_CLASS_NATIVE = 2,   /* on CPU, any other code in user space */
	PTF_CLASS_KERNEL = 3,   /* on CPU, in a system call */
	PTF_CLASS_RUNNABLE = 4, /* ready, but not given a processor */
	PTF_CLASS_GIL = 5,      /* off CPU, waiting for the GIL */
	PTF_CLASS_WAIT = 6,     /* off CPU for any other reason */
};
/* Class ids below this are enum ptf_class; others need a descriptor. */
#define PTF_CLASS_KIND_COUNT 7

enum ptf_function_kind {
	PTF_FUNCTION_UNKNOWN = 0,
	PTF_FUNCTION_PYTHON = 1,
	PTF_FUNCTION_NATIVE = 2,
	PTF_FUNCTION_KERNEL = 3,
	PTF_FUNCTION_SYNTHETIC = 4, /* made by a tool: "[unsampled]" */
};

enum ptf_metric_kind {
	PTF_METRIC_WEIGHT = 0, /* what a sample stands for */
	PTF_METRIC_GAUGE = 1,  /* a level at an instant */
	PTF_METRIC_TOTAL = 2,  /* a counter that only grows */
};

enum ptf_addition {
	PTF_ADD_SUM = 0,
	PTF_ADD_MAX = 1,
	PTF_ADD_MEAN = 2,
	PTF_ADD_LAST = 3,
};

enum ptf_mark_kind {
	PTF_MARK_INSTANT = 0,
	PTF_MARK_BEGIN = 1,
	PTF_MARK_END = 2,
	PTF_MARK_RECORDING_ON = 3,
	PTF_MARK_RECORDING_OFF = 4,
};

/* ------------------------------------------------------- definitions */

struct ptf_module {
	uint32_t path; /* string */
	struct ptf_text build_id;
};

struct ptf_function {
	uint32_t name; /* string: qualified name */
	uint32_t file; /* string: source path */
	uint32_t module;
	enum ptf_function_kind kind;
	uint32_t first_line; /* 0 = unknown */
	uint32_t line_count; /* 0 = unknown */
};

/*
 * Either a line of a function, or an offset of a module (function == 0), or
 * neither: a frame of which nothing is known.
 */
struct ptf_frame {
	uint32_t function;
	uint32_t line; /* 0 = unknown */
	uint32_t module;
	uint64_t module_offset; /* bytes from the start of the module's file */
};

/* A stack: its innermost frame and the node of the callers. */
struct ptf_node {
	uint32_t parent; /* node, 0 = frame is the outermost */
	uint32_t frame;
};

struct ptf_metric {
	uint32_t name; /* string */
	uint32_t unit; /* string: "ns", "bytes", "count", "%" */
	enum ptf_metric_kind kind;
	enum ptf_addition addition;
	uint32_t description; /* string */
};

struct ptf_class_descriptor {
	enum ptf_class kind;
	uint32_t detail; /* string: "futex" */
};

/* What a sample shows: its stack, and where the time went. */
struct ptf_kind {
	uint32_t node;     /* 0 = no stack */
	uint32_t class_id; /* enum ptf_class or a class descriptor */
};

struct ptf_label_set {
	struct ptf_ids keys;   /* strings */
	struct ptf_ids values; /* strings, as many */
};

struct ptf_process {
	uint32_t pid;
	uint32_t parent; /* process, 0 = not in this section */
	int64_t start_ns;
	uint32_t executable;      /* string */
	struct ptf_ids arguments; /* strings */
	struct ptf_attributes attributes;
};

struct ptf_thread {
	uint32_t process; /* 0 = unknown */
	uint32_t tid;
	bool is_main;
	int64_t start_ns;
};

/*
 * New ids. In each list item[0] has the id first_*, and the lists continue
 * where the section's last definitions stopped: a reader fills gaps that damage
 * tore with things named "[lost]" or not named at all.
 */
struct ptf_definitions {
	uint32_t first_string, first_module, first_function, first_frame, first_node,
		first_metric, first_class, first_kind, first_label_set, first_process,
		first_thread;
	size_t string_count, module_count, function_count, frame_count, node_count,
		metric_count, class_count, kind_count, label_set_count, process_count,
		thread_count;
	const struct ptf_text *strings;
	const struct ptf_module *modules;
	const struct ptf_function *functions;
	const struct ptf_frame *frames;
	const struct ptf_node *nodes;
	const struct ptf_metric *metrics;
	const struct ptf_class_descriptor *classes;
	const struct ptf_kind *kinds;
	const struct ptf_label_set *label_sets;
	const struct ptf_process *processes;
	const struct ptf_thread *threads;
};

/* ------------------------------------------------------------- blocks */

struct ptf_section_start {
	uint32_t format_major, format_minor;
	uint64_t features_compatible, features_read_only, features_incompatible;
	uint8_t trace_id[16];
	struct ptf_text producer;
	int64_t origin_monotonic_ns; /* time 0 of the section */
	int64_t origin_realtime_ns;
	uint64_t time_resolution_ns; /* step of the stamps, 1 = exact */
	uint64_t sample_period_ns;   /* asked of the main source, 0 = none */
	uint32_t time_metric;        /* metric that weighs samples by time */
	struct ptf_attributes attributes;
};

struct ptf_section_end {
	int64_t time_ns;
	uint64_t block_count;
	uint64_t sample_count;
};

struct ptf_value_column {
	uint32_t metric;
	uint64_t scale; /* what most values are, or a divisor of most: a hint */
	const int64_t *values;
};

/* Samples of one thread, in order of time. All arrays have count items. */
struct ptf_samples {
	uint32_t thread;
	size_t count;
	uint64_t period_ns; /* hint for the coding of the stamps; 0 = none */
	const int64_t *time_ns;
	const uint32_t *node;     /* 0 = no stack */
	const uint32_t *class_id; /* enum ptf_class or a class descriptor */
	const uint32_t *labels;   /* label set; NULL = none */
	const uint32_t *cpu;      /* processor + 1, 0 = unknown; NULL = unknown */
	const uint32_t *task;     /* string; NULL = none */
	const struct ptf_value_column *columns;
	size_t column_count;
	const uint32_t *kind; /* of (node, class_id): readers give it, writers need
				 it not */
};

struct ptf_aggregate {
	uint32_t node, class_id, thread, labels;
	uint64_t n; /* observations */
	int64_t sum, minimum, maximum;
	double sum_of_squares;
};

struct ptf_aggregates {
	uint32_t metric;
	bool has_sum_of_squares, has_range;
	const struct ptf_aggregate *rows;
	size_t count;
};

struct ptf_edge {
	uint32_t caller; /* frame, 0 = a root */
	uint32_t callee; /* frame */
	uint64_t calls;
	int64_t inclusive;
	uint32_t thread; /* 0 = any */
};

struct ptf_edges {
	uint32_t metric;
	const struct ptf_edge *rows;
	size_t count;
};

struct ptf_counters {
	uint32_t metric;
	uint32_t process;  /* 0 = of the host */
	uint32_t thread;   /* 0 = of the process */
	uint32_t instance; /* string, 0 = the only one */
	size_t count;
	const int64_t *time_ns;
	const int64_t *values;
};

struct ptf_mark {
	int64_t time_ns;
	uint32_t thread; /* 0 = the whole run */
	enum ptf_mark_kind kind;
	uint32_t name; /* string */
};

struct ptf_marks {
	const struct ptf_mark *rows;
	size_t count;
};

/* One reading of all clocks; absolute, not relative to the section. */
struct ptf_clock {
	int64_t monotonic_ns, boottime_ns, realtime_ns;
	uint64_t uncertainty_ns;
	struct ptf_text boot_id; /* 16 bytes, or empty = unknown */
	int64_t monotonic_offset_ns, boottime_offset_ns; /* time namespace */
};

struct ptf_source {
	uint32_t file; /* string: the path as functions name it */
	struct ptf_text text;
	uint32_t first_line; /* of an excerpt; 1 = from the start */
	uint32_t line_count; /* of the whole file */
	uint64_t size_bytes; /* of the whole file */
	uint64_t xxh3;       /* XXH3-64 of the whole file */
	bool is_excerpt;
	bool changed_after_start;
};

struct ptf_symbol {
	uint32_t frame;
	uint32_t name; /* string */
	uint32_t file; /* string */
	uint32_t line;
	uint32_t inline_depth; /* 0 = innermost */
};

struct ptf_thread_name {
	uint32_t thread;
	int64_t time_ns;
	uint32_t name; /* string */
};

struct ptf_thread_end {
	uint32_t thread;
	int64_t time_ns;
	uint64_t cpu_ns; /* of its whole life */
};

struct ptf_process_end {
	uint32_t process;
	int64_t time_ns;
	int32_t exit_status; /* 0 to 255, or 128 + signal; -1 = not known */
	uint64_t cpu_ns;     /* of all its threads, without children */
	uint64_t user_ns, system_ns;
	uint64_t major_fault_count, minor_fault_count;
	uint64_t maximum_rss_bytes;
};

/* The process replaced its program (exec). */
struct ptf_process_image {
	uint32_t process;
	int64_t time_ns;
	uint32_t executable;      /* string */
	struct ptf_ids arguments; /* strings */
	struct ptf_attributes attributes;
};

struct ptf_facts {
	const struct ptf_source *sources;
	const struct ptf_symbol *symbols;
	const struct ptf_thread_name *thread_names;
	const struct ptf_thread_end *thread_ends;
	const struct ptf_process_end *process_ends;
	const struct ptf_process_image *process_images;
	size_t source_count, symbol_count, thread_name_count, thread_end_count,
		process_end_count, process_image_count;
};

struct ptf_loss {
	uint32_t kind;            /* string: FORMAT.md lists them */
	uint32_t process, thread; /* 0 = unknown */
	uint64_t count;
	uint64_t weight_ns; /* time they stood for, 0 = unknown */
};

struct ptf_losses {
	const struct ptf_loss *rows;
	size_t count;
};

/* Values are the field numbers of ptf.Block. */
enum ptf_block_kind {
	PTF_BLOCK_SECTION_START = 1,
	PTF_BLOCK_DEFINITIONS = 2,
	PTF_BLOCK_SAMPLES = 3,
	PTF_BLOCK_AGGREGATES = 4,
	PTF_BLOCK_EDGES = 5,
	PTF_BLOCK_COUNTERS = 6,
	PTF_BLOCK_MARKS = 7,
	PTF_BLOCK_CLOCK = 8,
	PTF_BLOCK_FACTS = 9,
	PTF_BLOCK_LOSSES = 10,
	PTF_BLOCK_SECTION_END = 11,
};

struct ptf_block {
	enum ptf_block_kind kind;
	uint32_t section_index; /* counts from 0 in the file */
	uint64_t file_offset;   /* of the frame that holds it */
	union {
		struct ptf_section_start section_start;
		struct ptf_definitions definitions;
		struct ptf_samples samples;
		struct ptf_aggregates aggregates;
		struct ptf_edges edges;
		struct ptf_counters counters;
		struct ptf_marks marks;
		struct ptf_clock clock;
		struct ptf_facts facts;
		struct ptf_losses losses;
		struct ptf_section_end section_end;
	};
};

#endif
