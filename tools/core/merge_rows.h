/* Blocks of one section of an input, taken into the output. */
#ifndef TOOLS_CORE_MERGE_ROWS_H
#define TOOLS_CORE_MERGE_ROWS_H

#include "tools/core/merge_peaks.h"

/* A section of an input, and what its ids mean so far. */
struct merge_feed {
	struct merge_section *section;
	struct merge_ids ids;
	struct merge_people people;
	struct merge_peaks *peaks; /* of sums; NULL = none so far */
};

void merge_feed_block(struct merge_output *out, struct merge_feed *feed,
	const struct ptf_block *block);

/* After the last Block of the section. */
void merge_feed_end(struct merge_output *out, struct merge_feed *feed);

/* When, in the output, the Block's rows begin; false when it has no times. */
bool merge_block_begins(const struct merge_feed *feed, const struct ptf_block *block,
	int64_t *time_ns);

void merge_feed_free(struct merge_feed *feed);

#endif
