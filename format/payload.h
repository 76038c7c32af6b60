/*
 * Payload <-> ptf types.
 *
 * The one place that knows the messages of schemas/ptf.proto (through
 * protobuf-c); columns inside them are taken apart by their own files.
 */
#ifndef PTF_FORMAT_PAYLOAD_H
#define PTF_FORMAT_PAYLOAD_H

#include <ptf/error.h>
#include <ptf/types.h>

#include "format/definitions.h"
#include "format/index.h"
#include "format/samples.h"

#define PTF_BLOCK_BYTES_MAX ((size_t)16 << 20)

/* ------------------------------------------------------------- reading */

struct ptf_payload_context {
	struct ptf_samples_context samples;
	struct ptf_first_lines first_lines;
	bool skip_samples;    /* leave the rows of Samples Blocks undecoded */
	bool *has_lost_kinds; /* out: of a Samples Block (kinds.h) */
};

/*
 * Decodes the content of one Trace.block. *out has its kind and its part of
 * the union set, all pointers live in the arena or in the view. Returns 1, or
 * 0 for a Block of a kind that this version does not know.
 */
int ptf_payload_decode(struct ptf_arena *arena, struct ptf_view block,
	const struct ptf_payload_context *context, struct ptf_block *out,
	struct ptf_error *err);

/* The kind of a Block without decoding it; 0 where unknown. */
uint32_t ptf_payload_kind(struct ptf_view block);

/*
 * Calls back for each part of a Block: field `field` of the kind's message,
 * or where that is a message field `sub` of it. sub is 0 otherwise.
 */
typedef void ptf_payload_part_fn(void *context, uint32_t kind, uint32_t field,
	uint32_t sub, struct ptf_view bytes);
void ptf_payload_parts(struct ptf_view block, ptf_payload_part_fn *each, void *context);

#define PTF_PART_FIELDS_MAX 32 /* field and sub are below */

/* "samples", "kind_low", NULL; NULL, NULL, NULL for what has no name. */
struct ptf_part_name {
	const char *kind, *field, *sub;
};
struct ptf_part_name ptf_payload_part_name(uint32_t kind, uint32_t field, uint32_t sub);

int ptf_payload_decode_index(struct ptf_arena *arena, struct ptf_view body,
	struct ptf_index_columns *out, struct ptf_error *err);

/* ------------------------------------------------------------- writing */

/*
 * Each appends one Trace.block to *out and takes scratch from the arena.
 * PTF_ERR_LIMIT when the Block would be too large; nothing is appended then.
 */
int ptf_payload_section_start(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_section_start *start, struct ptf_error *err);
int ptf_payload_definitions(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_definitions *in, const struct ptf_definition_columns *columns,
	struct ptf_error *err);
int ptf_payload_samples(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_samples_wire *wire, struct ptf_error *err);
int ptf_payload_clock(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_clock *clock, struct ptf_error *err);
int ptf_payload_facts(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_facts *facts, struct ptf_error *err);
int ptf_payload_losses(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_losses *losses, struct ptf_error *err);
int ptf_payload_marks(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_marks *marks, struct ptf_error *err);
int ptf_payload_section_end(struct ptf_buf *out, struct ptf_arena *arena,
	const struct ptf_section_end *end, struct ptf_error *err);

struct ptf_row_encoder;
int ptf_payload_aggregates(struct ptf_buf *out, struct ptf_arena *arena,
	struct ptf_row_encoder *e, const struct ptf_aggregates *in,
	struct ptf_error *err);
int ptf_payload_edges(struct ptf_buf *out, struct ptf_arena *arena,
	struct ptf_row_encoder *e, const struct ptf_edges *in, struct ptf_error *err);
int ptf_payload_counters(struct ptf_buf *out, struct ptf_arena *arena,
	struct ptf_row_encoder *e, const struct ptf_counters *in, uint64_t resolution_ns,
	struct ptf_error *err);

int ptf_payload_encode_index(struct ptf_buf *out, const struct ptf_index_columns *in,
	struct ptf_error *err);

#endif
