/*
 * Rows of samples on their way to a Block, thread by thread, so that callers
 * may hand over few rows at a time.
 */
#ifndef PTF_FORMAT_GATHER_H
#define PTF_FORMAT_GATHER_H

#include <ptf/types.h>

/*
 * What is measured at other times than time itself (memory) has Blocks of its own,
 * which follow one another by themselves.
 */
enum { PTF_GATHER_TIMED, PTF_GATHER_OTHER, PTF_GATHER_RUNS };

struct ptf_gather_run {
	uint32_t thread; /* id - 1 */
	uint32_t run;
};

struct ptf_gather {
	/*
	 * The rows, as the API's type; its arrays belong to the gather. Kinds
	 * stand in for node and class_id, which stay NULL.
	 */
	struct ptf_samples rows;
	size_t capacity;
	int64_t *time_ns;
	uint32_t *kind, *labels, *cpu, *task;
	struct ptf_value_column *columns;
	int64_t **values; /* of each column */
	size_t column_capacity;

	/* Of the run's whole life. */
	bool has_rows;
	bool is_waiting; /* in the writer's list of those with rows */
	int64_t last_time_ns;
	int64_t last_step; /* stamp of its last coded row, when has_step */
	bool has_step;
	uint64_t row_count;
	int64_t time_sum_ns;
};

/* Can the rows stand in one Block with those gathered? */
bool ptf_gather_fits(const struct ptf_gather *g, const struct ptf_samples *samples);

/* Where the kinds of the next count rows belong. NULL: out of memory. */
uint32_t *ptf_gather_kinds(struct ptf_gather *g, size_t count);

/* Copies rows [from, from + count), whose kinds are there. False: out of memory. */
bool ptf_gather_add(struct ptf_gather *g, const struct ptf_samples *samples, size_t from,
	size_t count);

/* The rows have become a Block. */
void ptf_gather_clear(struct ptf_gather *g);
void ptf_gather_finish(struct ptf_gather *g);

#endif
