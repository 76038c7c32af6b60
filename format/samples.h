/*
 * The columns of a Samples Block: the kind of each row (kinds.h), its values,
 * and its time (stamps.h).
 */
#ifndef PTF_FORMAT_SAMPLES_H
#define PTF_FORMAT_SAMPLES_H

#include <ptf/error.h>
#include <ptf/types.h>

#include "format/kinds.h"
#include "format/stamps.h"

/* No Block holds more rows, of any kind of row. */
#define PTF_BLOCK_ROWS_MAX    65536
#define PTF_VALUE_COLUMNS_MAX 64

/* As they stand in the payload. */
struct ptf_value_wire {
	uint32_t metric;
	uint64_t scale;
	struct ptf_view multiple_gap, multiple, exact_gap, exact;
};

struct ptf_samples_wire {
	uint32_t thread, count;
	uint64_t period_ns;
	struct ptf_stamp_columns stamps;
	struct ptf_kind_columns kinds;
	struct ptf_view labels_gap, labels, cpu_gap, cpu, task_gap, task;
	const struct ptf_value_wire *values;
	size_t value_count;
};

/* What the section says about all of its Samples Blocks. */
struct ptf_samples_context {
	uint64_t resolution_ns;
	uint32_t time_metric;
	struct ptf_kind_table kinds; /* of readers */
};

/*
 * Arrays of *out live in the arena. PTF_ERR_CORRUPT, PTF_ERR_LIMIT or
 * PTF_ERR_NOMEM. Other ids than kinds are not checked against what is defined.
 */
int ptf_samples_decode(struct ptf_arena *arena, const struct ptf_samples_wire *wire,
	const struct ptf_samples_context *context, struct ptf_samples *out,
	bool *has_lost_kinds, struct ptf_error *err);

struct ptf_samples_encoder;

struct ptf_samples_encoder *ptf_samples_encoder_create(void);
void ptf_samples_encoder_destroy(struct ptf_samples_encoder *e);

/*
 * Codes 1 to PTF_BLOCK_ROWS_MAX rows, whose kinds stand in for node and class_id.
 * The views of *wire live in the encoder until its next use. first_step and last_step:
 * see ptf_stamps_encode.
 */
int ptf_samples_encode(struct ptf_samples_encoder *e, const struct ptf_samples *samples,
	const struct ptf_samples_context *context, const uint32_t *kind,
	int64_t first_step, struct ptf_samples_wire *wire, int64_t *last_step,
	struct ptf_error *err);

#endif
