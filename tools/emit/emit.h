/*
 * Formats that a trace can be turned into. Each is one file here that exports
 * one const struct emit_format, and one line in registry.c.
 */
#ifndef TOOLS_EMIT_EMIT_H
#define TOOLS_EMIT_EMIT_H

#include <stdio.h>

#include <ptf/error.h>

#include "tools/cli/terminal.h"
#include "tools/core/class_names.h"
#include "tools/core/heap_measure.h"
#include "tools/core/profile.h"
#include "tools/core/report.h"
#include "tools/core/selection.h"

enum emit_sort {
	EMIT_SORT_LINE,
	EMIT_SORT_TIME,
	EMIT_SORT_TOTAL,
};

enum emit_metric {
	EMIT_METRIC_DEFAULT, /* what emit_format.weight says */
	EMIT_METRIC_CPU,     /* time on a processor */
	EMIT_METRIC_WALL,    /* waits included */
	EMIT_METRIC_SAMPLES, /* rows */
	EMIT_METRIC_AWAIT,   /* time that tasks were suspended */
	/* Memory: these and those that follow, in the order of enum heap_measure. */
	EMIT_METRIC_MEMORY,
};

/* Options that not every format knows; bits of emit_format.options. */
enum emit_option {
	EMIT_OPTION_BY_FILE = 1 << 0, /* --files hides files, but all time counts */
	EMIT_OPTION_THREADS = 1 << 1,
	EMIT_OPTION_WAIT = 1 << 2,
	EMIT_OPTION_CHARGE = 1 << 3,
	EMIT_OPTION_MIN = 1 << 4,
	EMIT_OPTION_REDUCED = 1 << 5,
	EMIT_OPTION_ALL_LINES = 1 << 6,
	EMIT_OPTION_SORT = 1 << 7,
	EMIT_OPTION_CLASSES = 1 << 8,
	EMIT_OPTION_METRIC = 1 << 9,
	EMIT_OPTION_SAMPLES = 1 << 10, /* --metric samples */
	EMIT_OPTION_NO_LINES = 1 << 11,
	EMIT_OPTION_REVERSE = 1 << 12,
	EMIT_OPTION_OPEN = 1 << 13, /* a browser shows it */
	EMIT_OPTION_PERFETTO_COMPAT = 1 << 14,
	EMIT_OPTION_STACK_SAMPLES = 1 << 15,
	EMIT_OPTION_STRIP = 1 << 16,
	EMIT_OPTION_AWAIT = 1 << 17,  /* --metric await */
	EMIT_OPTION_MEMORY = 1 << 18, /* --metric alloc, live, peak, copy */
};

struct emit_options {
	struct selection selection;
	bool threads, wait_all, reduced, all_lines, classes, no_lines, reverse;
	bool perfetto_compat; /* for versions of Perfetto before 58 */
	bool stack_samples;   /* for who reads them from Trace Event JSON */
	enum charge charge;
	enum emit_sort sort;
	enum emit_metric metric;
	unsigned min_percent;
	unsigned strip;           /* enum strip_what */
	struct terminal terminal; /* where the output goes */
};

struct emit_format {
	const char *name;
	const char *suffix;      /* of files, ".pb.gz .pprof"; NULL = not guessed */
	const char *description; /* for --list */
	const char
		*cannot_carry; /* what a trace holds and this format loses; NULL = none */
	bool is_binary;        /* not for terminals */
	unsigned options;      /* enum emit_option */
	enum emit_metric metric; /* without --metric */
	/*
	 * 0, or negative when the inputs could not be read again (replay.h). Errors
	 * of writing show at the end, in the file's error flag.
	 */
	int (*write)(FILE *out, const struct profile *p,
		const struct emit_options *options, struct ptf_error *err);
};

static inline enum emit_metric emit_metric(const struct emit_format *format,
	const struct emit_options *options)
{
	return options->metric == EMIT_METRIC_DEFAULT ? format->metric : options->metric;
}

static inline bool emit_is_memory(enum emit_metric metric)
{
	return metric >= EMIT_METRIC_MEMORY;
}

static inline enum heap_measure emit_heap_measure(enum emit_metric metric)
{
	return (enum heap_measure)(metric - EMIT_METRIC_MEMORY);
}

/* The classes of time that a metric has, as bits 1 << enum ptf_class. */
static inline unsigned emit_class_mask(const struct emit_format *format,
	const struct emit_options *options)
{
	return emit_metric(format, options) == EMIT_METRIC_CPU
		? CLASS_MASK_CPU
		: CLASS_MASK_CPU | CLASS_MASK_OFF_CPU;
}

/* NULL past the last. */
const struct emit_format *emit_format_at(size_t index);
/*
 * By name, or by the suffix of a file name (the longest that fits: "x.foo.json"
 * is that of ".foo.json"); NULL when there is none.
 */
const struct emit_format *emit_format_named(const char *name);
const struct emit_format *emit_format_of_file(const char *path);

#endif
