/*
 * The section a merge writes: a writer whose first failure stays, and what is
 * gathered over all inputs before it can be written (facts about code, losses,
 * counters, marks; sums in place of rows).
 */
#ifndef TOOLS_CORE_MERGE_OUTPUT_H
#define TOOLS_CORE_MERGE_OUTPUT_H

#include <ptf/writer.h>

#include "tools/core/merge_ids.h"
#include "tools/core/merge_parts.h"

struct merge_sum {
	uint64_t n;
	int64_t sum, minimum, maximum;
	unsigned __int128 squares; /* exact: sums must not depend on their order */
	double more_squares;       /* of rows that were sums already */
	bool lacks_squares, lacks_range;
};

/* What is told of a frame. */
struct merge_symbols {
	struct ptf_symbol *item;
	uint32_t count;
	uint64_t weight;
};

/* Points of one counter on their way. */
struct merge_series {
	uint32_t metric, process, thread, instance;
	VEC(int64_t) times;
	VEC(int64_t) values;
};

struct merge_output {
	const struct merge *m;
	struct ptf_writer *w;
	int rc; /* of the first failure */
	struct ptf_error err;
	bool is_input_wrong; /* that failure is about what was to be written */
	bool is_copy; /* of one section as it is, not as a recording among others */

	int64_t end_ns;            /* the last time of all */
	VEC(int64_t) last_ns;      /* [2 * thread + with the time metric], of its rows */
	VEC(uint64_t) string_hash; /* [string - 1] */

	struct intern source_keys;
	VEC(struct ptf_source) sources;    /* [id of key - 1] */
	VEC(struct merge_symbols) symbols; /* [frame - 1] */
	VEC(struct ptf_symbol) told;
	struct intern loss_keys;
	VEC(struct ptf_loss) losses;
	struct intern series_keys;
	VEC(struct merge_series) series;
	size_t point_count;
	VEC(struct ptf_mark) marks;

	struct intern sum_keys;
	VEC(struct merge_sum) sums;
	uint32_t peak_metric; /* merge_peaks.h; 0 = not yet defined */
	struct arena arena;

	/* Rows on their way. */
	VEC(int64_t) times;
	VEC(uint32_t) nodes, classes, labels, tasks;
	VEC(struct ptf_value_column) columns;

	/* What --aggregate leaves out. */
	uint64_t dropped_marks, dropped_tasks;
};

/* Begins the section on fd; all this returns false after a failure. */
bool merge_output_open(struct merge_output *out, int fd);
void merge_output_free(struct merge_output *out);
void merge_put_clocks(struct merge_output *out);
void merge_put_recording_ends(struct merge_output *out);

/* True when the call worked, and every call before it. */
bool merge_did(struct merge_output *out, int rc);

/* The recording's process; defines it at first. 0 in a copy, as all of these. */
uint32_t merge_recording_process(struct merge_output *out, struct merge_recording *r);
/* Its thread for what belongs to none, or (not is_main) to none that is main. */
uint32_t merge_recording_thread(struct merge_output *out, struct merge_recording *r,
	bool is_main);

/* merge_facts.c */
void merge_take_sources(struct merge_output *out, const struct merge_ids *ids,
	const struct ptf_facts *f);
void merge_take_symbols(struct merge_output *out, const struct merge_ids *ids,
	const struct ptf_facts *f);
void merge_put_code_facts(struct merge_output *out);

/* merge_gather.c; ids and times are those of the output. */
void merge_take_loss(struct merge_output *out, const struct ptf_loss *loss);
void merge_take_points(struct merge_output *out, const struct ptf_counters *c,
	int64_t shift_ns);
void merge_take_mark(struct merge_output *out, const struct ptf_mark *mark);
void merge_put_gathered(struct merge_output *out);

/* merge_sums.c */
struct merge_sum_key {
	uint32_t metric, node, class_id, thread, labels;
};
void merge_add_value(struct merge_output *out, const struct merge_sum_key *key,
	int64_t value);
void merge_add_sum(struct merge_output *out, const struct merge_sum_key *key,
	const struct ptf_aggregates *of, const struct ptf_aggregate *row);
/* Of blocks of which the least and the most are not known. */
void merge_add_blocks(struct merge_output *out, const struct merge_sum_key *key,
	uint64_t n, int64_t bytes, unsigned __int128 squares);
void merge_put_sums(struct merge_output *out);

#endif
