/*
 * The columns of a Definitions Block: functions, frames, stack nodes and kinds
 * of samples.
 */
#ifndef PTF_FORMAT_DEFINITIONS_H
#define PTF_FORMAT_DEFINITIONS_H

#include <ptf/error.h>
#include <ptf/types.h>

#include "format/columns.h"

/* Lists of things with ids; `first` has an entry for each. */
#define PTF_DEFINITION_LISTS 11

struct ptf_definition_columns {
	struct ptf_view first;
	struct ptf_view function_name, function_file, function_module, function_kind,
		function_first_line, function_line_count;
	struct ptf_view frame_scope, frame_position;
	struct ptf_view node_parent, node_frame;
	struct ptf_view kind_node, kind_class;
};

/* First lines of the functions defined so far: frames are relative to them. */
struct ptf_first_lines {
	const uint32_t *item; /* of function id - 1 */
	size_t count;
};

/*
 * Fills in the first_* of *out, its functions, frames, nodes and kinds. That ids inside
 * refer to what is defined is checked as far as decoding needs it.
 */
int ptf_definitions_decode(struct ptf_arena *arena,
	const struct ptf_definition_columns *columns, const struct ptf_first_lines *known,
	struct ptf_definitions *out, struct ptf_error *err);

/* Buffers of the columns, kept from Block to Block. */
struct ptf_definition_encoder {
	struct ptf_buf buf[13];
};

/*
 * Codes functions, frames, nodes, kinds and first ids of *in; first_line_of(context, id)
 * tells the first line of any function. Views live in e. False: out of memory.
 */
bool ptf_definitions_encode(struct ptf_definition_encoder *e,
	const struct ptf_definitions *in,
	uint32_t (*first_line_of)(const void *context, uint32_t function),
	const void *context, struct ptf_definition_columns *columns);

void ptf_definition_encoder_finish(struct ptf_definition_encoder *e);

#endif
