/*
 * The columns of Aggregates, Edges and Counters Blocks.
 */
#ifndef PTF_FORMAT_ROWS_H
#define PTF_FORMAT_ROWS_H

#include <ptf/error.h>
#include <ptf/types.h>

#include "format/columns.h"

/* Columns in the order of their field numbers (ptf.proto). */
struct ptf_aggregate_columns {
	struct ptf_view node, class_id, thread, labels, n, sum, sum_of_squares, minimum,
		maximum;
};

struct ptf_edge_columns {
	struct ptf_view caller, callee, calls, inclusive, thread;
};

struct ptf_counter_columns {
	int64_t start;
	struct ptf_view step, value;
};

int ptf_aggregates_decode(struct ptf_arena *arena,
	const struct ptf_aggregate_columns *columns, struct ptf_aggregates *out,
	struct ptf_error *err);
int ptf_edges_decode(struct ptf_arena *arena, const struct ptf_edge_columns *columns,
	struct ptf_edges *out, struct ptf_error *err);
int ptf_counters_decode(struct ptf_arena *arena,
	const struct ptf_counter_columns *columns, uint64_t resolution_ns,
	struct ptf_counters *out, struct ptf_error *err);

/* Buffers of the columns, kept from Block to Block. */
struct ptf_row_encoder {
	struct ptf_buf buf[9];
};

/* Views of *columns live in e. False: out of memory. */
bool ptf_aggregates_encode(struct ptf_row_encoder *e, const struct ptf_aggregates *in,
	struct ptf_aggregate_columns *columns);
bool ptf_edges_encode(struct ptf_row_encoder *e, const struct ptf_edges *in,
	struct ptf_edge_columns *columns);
/* Times must not decrease. */
bool ptf_counters_encode(struct ptf_row_encoder *e, const struct ptf_counters *in,
	uint64_t resolution_ns, struct ptf_counter_columns *columns);

void ptf_row_encoder_finish(struct ptf_row_encoder *e);

#endif
