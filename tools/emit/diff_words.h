/* What every form of a diff says in the same words. */
#ifndef TOOLS_EMIT_DIFF_WORDS_H
#define TOOLS_EMIT_DIFF_WORDS_H

#include "tools/emit/diff_format.h"

#define DIFF_WORDS_SIZE 64

/* "470 ms", "12.3 MiB", "3.20 %" (of shares): a number of the diff's scale. */
char *diff_amount(char buffer[DIFF_WORDS_SIZE], const struct diff *d, double value);
/* "+470 ms" */
char *diff_change(char buffer[DIFF_WORDS_SIZE], const struct diff *d, double value);
/* "+98 %", "from 0" where there was nothing, "x 12" from tenfold on */
char *diff_percent(char buffer[DIFF_WORDS_SIZE], const struct diff_measured *m);
/* "+440 ms to +500 ms"; "unknown" where it has no bounds */
char *diff_interval(char buffer[2 * DIFF_WORDS_SIZE], const struct diff *d,
	const struct diff_measured *m);
/* Half of the interval: "30.1 ms", "" when unknown. */
char *diff_half_width(char buffer[DIFF_WORDS_SIZE], const struct diff *d,
	const struct diff_measured *m);

/* "Time", "Peak", "Allocated": what is compared, as a heading. */
const char *diff_metric_title(const struct diff *d);
/* "time", "peak of memory": "the program's ..." */
const char *diff_metric_noun(const struct diff *d);
/* "kinds of time", "allocators": what DIFF_CLASS tells apart. */
const char *diff_classes_title(const struct diff *d);

/* "slower", "few runs", ...: a verdict for people; "" for what is too small. */
const char *diff_verdict_words(const struct diff *d, const struct diff_measured *m);

/* "work.py:12", "step (work.py:10)", "sin (libm.so.6)"; the caller frees it. */
char *diff_node_title(const struct diff *d, const struct diff_node *node);
/* ", renamed from f", ", moved", ", new", ", gone": what became of it, or "". The
   caller frees it. */
char *diff_fate_words(const struct diff *d, const struct diff_node *node);
/* The line's text, of the new side if it is there. Empty when unknown. */
struct ptf_text diff_line_text(const struct diff *d, const struct diff_node *node);
/* The file of a node, of the new side if it is there, below its root. */
struct ptf_text diff_file_path(const struct diff *d, const struct diff_node *node);

/*
 * The sentences of the first screen: index 0, 1, ... until NULL. The caller frees
 * each. They hold text of traces.
 */
char *diff_sentence(const struct diff_print *print, size_t index);
/* How many of them say what came out; the others are notes. */
size_t diff_headline_count(const struct diff_print *print);

/*
 * The nodes worth naming: those of lines and functions that were found, or with
 * one run a side that are beyond the sampling error. First those that differ by
 * themselves, then who calls them, each with the largest difference first.
 */
struct diff_named {
	uint32_t node;
	bool is_total; /* by what it calls, too; not by itself */
};
struct diff_names {
	VEC(struct diff_named) item;
};
void diff_name_changes(const struct diff *d, struct diff_names *names);
/* Of print->memory: those that differ by themselves. Empty when not comparable. */
void diff_name_memory(const struct diff_print *print, size_t metric,
	struct diff_names *names);

static inline const struct diff_measured *diff_named_measure(const struct diff *d,
	const struct diff_named *named)
{
	const struct diff_node *node = &d->nodes.item[named->node];

	return named->is_total ? &node->total_measured : &node->self_measured;
}

#endif
