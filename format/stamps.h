/*
 * The time of each row of a Samples Block (FORMAT.md, "Stamps").
 *
 * A grid predicts it: a row comes as long after the one before as the time
 * that it stands for. `shift` moves the grid where the prediction stops
 * fitting; `late` is what remains row by row.
 */
#ifndef PTF_FORMAT_STAMPS_H
#define PTF_FORMAT_STAMPS_H

#include "format/columns.h"

/* Stamps and shifts of a file stay within +-2^62 ns (146 years). */
#define PTF_TIME_LIMIT (INT64_C(1) << 62)
/* Times given to a writer stay within this, so that no sum can overflow. */
#define PTF_TIME_LIMIT_WRITING (INT64_C(1) << 60)
/* A longer (or negative) weight does not move the grid: 19 hours. */
#define PTF_GRID_WEIGHT_LIMIT (INT64_C(1) << 46)

struct ptf_grid {
	uint64_t resolution_ns;
	uint64_t period_ns;
	const int64_t *weight_ns; /* of each row; NULL: period_ns for all */
	size_t count;
};

struct ptf_stamp_columns {
	int64_t start;
	struct ptf_view shift_gap, shift, late;
};

/* Into time_ns[count]; false when the columns are bad or memory is out. */
bool ptf_stamps_decode(struct ptf_arena *arena, const struct ptf_grid *grid,
	const struct ptf_stamp_columns *columns, int64_t *time_ns);

/* Scratch of the encoder, kept from Block to Block. */
struct ptf_stamp_encoder {
	int64_t *offset;
	size_t capacity;
	struct ptf_pair shift;
	struct ptf_buf late;
	/* Another way to code the same Block, to compare with. */
	struct ptf_pair other_shift;
};

/*
 * Codes times that do not decrease; the views of *columns live in e. The
 * stamp of row 0 is not below first_step, which is below time_ns[0] plus one
 * step. *last_step becomes the stamp of the last row. False: out of memory.
 */
bool ptf_stamps_encode(struct ptf_stamp_encoder *e, const struct ptf_grid *grid,
	const int64_t *time_ns, int64_t first_step, struct ptf_stamp_columns *columns,
	int64_t *last_step);

void ptf_stamp_encoder_finish(struct ptf_stamp_encoder *e);

#endif
