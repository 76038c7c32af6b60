/*
 * --metric of all tools: words that every trace knows (wall, cpu, ...), classes of
 * time, or what the traces at hand carry. The last is known only when they have
 * been read:
 *
 *     metric_option_read(&o, arg, words, &selection)     while options are parsed
 *     metric_option_finds(&o, p, true)                   afterwards
 *
 * Words of memory are the same in all tools (core/heap_measure.h): alloc (bytes
 * allocated), live (held at the end), peak (held when the process held most) and copy
 * (copied). With --class it is that of one allocator, python or native.
 */
#ifndef TOOLS_EMIT_METRIC_OPTION_H
#define TOOLS_EMIT_METRIC_OPTION_H

#include <stdbool.h>

#include "tools/core/heap_measure.h"

struct metric_option {
	const char *const *words; /* as given to read; NULL: the option was not used */
	int word;                 /* index; -1 = it is no word of these */
	/* Classes of time, which are then what is selected: their time is the metric. */
	bool is_classes;
	bool has_waits;   /* among these classes */
	const char *name; /* else: what a trace may carry */
};

/* words ends with NULL. Texts are borrowed. */
void metric_option_read(struct metric_option *option, const char *text,
	const char *const *words, struct selection *selection);

/*
 * False after a message that says what there is. Names of counters are good
 * where counters are drawn.
 */
bool metric_option_finds(const struct metric_option *option, const struct profile *p,
	bool draws_counters);

/* Whether there is memory to be shown; false after a message. */
bool metric_option_finds_memory(const struct profile *p);

/* Whether a counter is asked for: all are, unless some are named ("rss,gpu"). */
bool metric_option_has(const struct metric_option *option, const struct profile *p,
	uint32_t metric);

#endif
