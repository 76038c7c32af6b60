/*
 * Kinds of samples: each pair of stack and class has an id in the section, in
 * order of first sight, so that the ids of the frequent ones are small. Rows
 * have theirs in two planes, a byte each and the rest (FORMAT.md, "Kinds").
 */
#ifndef PTF_FORMAT_KINDS_H
#define PTF_FORMAT_KINDS_H

#include <ptf/types.h>

#include "format/columns.h"

/* The node of a row whose kind is not defined; ids stay far below. */
#define PTF_LOST_KIND_NODE UINT32_MAX

struct ptf_kind_columns {
	struct ptf_view low, high;
};

/* The kinds that are defined; kind 0 is no entry. */
struct ptf_kind_table {
	const struct ptf_kind *item; /* of kind id - 1 */
	size_t count;
};

/* As long as the rows that they are decoded to. */
struct ptf_kind_rows {
	uint32_t *kind, *node, *class_id;
};

/*
 * An entry of rows per byte of low. Rows of a kind that is not in the table get
 * PTF_LOST_KIND_NODE; *has_lost tells whether there are any. False: bad columns
 * or out of memory.
 */
bool ptf_kinds_decode(struct ptf_arena *arena, const struct ptf_kind_columns *columns,
	const struct ptf_kind_table *table, const struct ptf_kind_rows *rows,
	bool *has_lost);

/* Scratch of the encoder, kept from Block to Block. */
struct ptf_kind_encoder {
	struct ptf_buf low, high;
};

/* Views of *columns live in e. False: out of memory. */
bool ptf_kinds_encode(struct ptf_kind_encoder *e, const uint32_t *kind, size_t count,
	struct ptf_kind_columns *columns);

void ptf_kind_encoder_finish(struct ptf_kind_encoder *e);

#endif
