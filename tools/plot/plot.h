/*
 * Pictures of traces, drawn by gnuplot. Each kind is one file here that exports
 * one const struct plot_kind, and one line in plot_kinds.c. A kind writes the middle
 * of a gnuplot script, data included; what is the same for all stands in
 * script.h. Nothing of a trace reaches a script but through its functions.
 */
#ifndef TOOLS_PLOT_PLOT_H
#define TOOLS_PLOT_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include <ptf/error.h>

#include "tools/core/class_style.h"
#include "tools/core/profile.h"
#include "tools/core/report.h"
#include "tools/emit/emit.h"
#include "tools/emit/metric_option.h"

struct plot_request {
	struct profile *all;  /* inputs as one */
	struct runs runs;     /* in it; for kinds that tell them apart */
	struct profile *base; /* of a comparison: `all` is the new side */

	unsigned top;    /* at most so many bars, lanes or panels */
	bool dark;       /* colours for a dark page */
	bool characters; /* drawn with characters: no areas, few of everything */
	bool by_thread, by_process; /* panels of the timeline */
	bool by_function;           /* of a comparison; else by line */
	bool cpu_only;              /* bars without waits */
	bool wait_all;              /* waits of all threads, not only of main ones */
	bool is_memory;             /* not time, but bytes: */
	enum heap_measure measure;
	struct metric_option metric;
	unsigned width, height; /* pixels; or characters */
};

/* Options that not every kind knows; bits of plot_kind.options. */
enum plot_option {
	PLOT_OPTION_METRIC = 1 << 0,
	PLOT_OPTION_TOP = 1 << 1,
	PLOT_OPTION_SIZE = 1 << 2,
	PLOT_OPTION_DARK = 1 << 3,
	PLOT_OPTION_THREADS = 1 << 4,
	PLOT_OPTION_PROCESSES = 1 << 5,
	PLOT_OPTION_BY = 1 << 6,
	PLOT_OPTION_MEMORY = 1 << 7, /* --metric alloc, live, peak, copy */
};
/* Of every picture that gnuplot draws. */
#define PLOT_OPTIONS_OF_PICTURES (PLOT_OPTION_SIZE | PLOT_OPTION_DARK)

struct plot_kind {
	const char *name, *description;
	bool tells_runs_apart;
	bool is_comparison;
	unsigned options; /* that it knows: enum plot_option */
	bool draws_counters;
	bool is_of_memory; /* as request.is_memory */
	/* A picture that is no plot: this format of pconv, in SVG; no write. */
	const struct emit_format *emits;
	unsigned top; /* without --top, of kinds that know it */
	/* 0, or negative when an input could not be read again. */
	int (*write)(FILE *script, const struct plot_request *request,
		struct ptf_error *err);
};

/* NULL past the last, or when there is none. */
const struct plot_kind *plot_kind_at(size_t index);
const struct plot_kind *plot_kind_named(const char *name);

#endif
