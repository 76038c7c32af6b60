/*
 * Columns that several kinds of Block share: plain ones, and pairs
 * (X_gap, X) that list some rows only (FORMAT.md, "Columns").
 */
#ifndef PTF_FORMAT_COLUMNS_H
#define PTF_FORMAT_COLUMNS_H

#include "format/arena.h"
#include "format/bytes.h"

/* ------------------------------------------------------------- reading */

/*
 * Each decodes a whole column into the arena; NULL when the bytes are bad or
 * memory is out (arena->over_limit tells which limit). count 0 gives a
 * non-NULL pointer to nothing.
 */
uint32_t *ptf_column_u32(struct ptf_arena *arena, struct ptf_view view, size_t count);
uint64_t *ptf_column_u64(struct ptf_arena *arena, struct ptf_view view, size_t count);
int64_t *ptf_column_s64(struct ptf_arena *arena, struct ptf_view view, size_t count);

/*
 * The rows that a pair lists, ascending and below row_count; *listed is how
 * many. NULL as above.
 */
uint32_t *ptf_column_rows(struct ptf_arena *arena, struct ptf_view gap,
	struct ptf_view values, size_t row_count, size_t *listed);

/* A pair that holds from its row on, spread over all rows; 0 before the first. */
uint32_t *ptf_column_runs(struct ptf_arena *arena, struct ptf_view gap,
	struct ptf_view values, size_t row_count);

/* ------------------------------------------------------------- writing */

/* A pair under construction. */
struct ptf_pair {
	struct ptf_buf gap, value;
	size_t next_row, listed;
};

void ptf_pair_clear(struct ptf_pair *pair);
/* Lists a row, which is above those listed before; the value is put after. */
void ptf_pair_row(struct ptf_pair *pair, size_t row);
/* Ends the pair; drops the gaps where every row is listed. */
void ptf_pair_end(struct ptf_pair *pair, size_t row_count);
void ptf_pair_finish(struct ptf_pair *pair);

/* The changes of values; nothing for values == NULL or all 0. */
void ptf_pair_runs(struct ptf_pair *pair, const uint32_t *values, size_t row_count);

#endif
