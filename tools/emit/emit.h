/*
 * Formats that a trace can be turned into. Each is one file here that exports
 * one const struct emit_format, and one line in registry.c.
 */
#ifndef TOOLS_EMIT_EMIT_H
#define TOOLS_EMIT_EMIT_H

#include <stdio.h>

#include <ptf/error.h>

#include "tools/cli/terminal.h"
#include "tools/core/profile.h"
#include "tools/core/report.h"
#include "tools/core/selection.h"

enum emit_sort {
	EMIT_SORT_LINE,
	EMIT_SORT_TIME,
	EMIT_SORT_TOTAL,
};

enum emit_weight {
	EMIT_WEIGHT_DEFAULT, /* what emit_format.weight says */
	EMIT_WEIGHT_CPU,     /* time on a processor */
	EMIT_WEIGHT_WALL,    /* waits included */
	EMIT_WEIGHT_SAMPLES, /* rows */
};

/* Options that not every format knows; bits of emit_format.options. */
enum emit_option {
	EMIT_OPTION_FILES = 1 << 0,
	EMIT_OPTION_THREAD = 1 << 1,
	EMIT_OPTION_THREADS = 1 << 2,
	EMIT_OPTION_WAIT = 1 << 3,
	EMIT_OPTION_CHARGE = 1 << 4,
	EMIT_OPTION_MIN_SHARE = 1 << 5,
	EMIT_OPTION_REDUCED = 1 << 6,
	EMIT_OPTION_ALL_LINES = 1 << 7,
	EMIT_OPTION_SORT = 1 << 8,
	EMIT_OPTION_CLASSES = 1 << 9,
	EMIT_OPTION_WEIGHT = 1 << 10,
	EMIT_OPTION_SAMPLES = 1 << 11, /* --weight samples */
	EMIT_OPTION_NO_LINES = 1 << 12,
};

struct emit_options {
	struct selection selection;
	bool threads, wait_all, reduced, all_lines, classes, no_lines;
	enum charge charge;
	enum emit_sort sort;
	enum emit_weight weight;
	unsigned min_share_percent;
	struct terminal terminal; /* where the output goes */
};

struct emit_format {
	const char *name;
	const char *suffix;       /* of files, ".json"; NULL = not guessed from names */
	const char *description;  /* for --list */
	const char *cannot_carry; /* what a trace holds and this format loses */
	unsigned options;         /* enum emit_option */
	enum emit_weight weight;  /* without --weight */
	/* Write errors show at the end, in the file's error flag. */
	void (*write)(FILE *out, const struct profile *p,
		const struct emit_options *options);
};

static inline enum emit_weight emit_weight(const struct emit_format *format,
	const struct emit_options *options)
{
	return options->weight == EMIT_WEIGHT_DEFAULT ? format->weight : options->weight;
}

/* NULL past the last. */
const struct emit_format *emit_format_at(size_t index);
/* By name or by the suffix of a file name; NULL when there is none. */
const struct emit_format *emit_format_named(const char *name);
const struct emit_format *emit_format_of_file(const char *path);

#endif
