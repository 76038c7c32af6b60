/*
 * Stack and class of each row as one number, the key, coded as its place in
 * two sorted tables of the Block: at most 128 hot keys, so that most rows take
 * one byte, and the cold rest (FORMAT.md, "Keys").
 */
#ifndef PTF_FORMAT_KEYS_H
#define PTF_FORMAT_KEYS_H

#include "format/columns.h"

#define PTF_HOT_KEYS_MAX 128

struct ptf_key_columns {
	uint32_t class_count; /* key = node * class_count + class */
	struct ptf_view hot, cold, rank;
};

/* No row has a higher id than these; there may be lower bounds. */
struct ptf_key_peak {
	uint32_t node, class_id;
};

/*
 * Into node[count] and class_id[count]. The peak of the tables spares users a
 * look at every row. False: bad columns or out of memory.
 */
bool ptf_keys_decode(struct ptf_arena *arena, const struct ptf_key_columns *columns,
	size_t count, uint32_t *node, uint32_t *class_id, struct ptf_key_peak *peak);

struct ptf_key_slot {
	uint64_t key;
	uint32_t rows;  /* 0 = free slot */
	uint32_t place; /* rank */
};

/* Scratch of the encoder, kept from Block to Block. */
struct ptf_key_encoder {
	struct ptf_key_slot *slots;
	uint32_t *slot_of_row;
	struct ptf_key_slot **distinct;
	size_t slot_count, row_capacity;
	struct ptf_buf hot, cold, rank;
};

/* Views of *columns live in e. False: out of memory. */
bool ptf_keys_encode(struct ptf_key_encoder *e, const uint32_t *node,
	const uint32_t *class_id, size_t count, uint32_t class_count,
	struct ptf_key_columns *columns);

void ptf_key_encoder_finish(struct ptf_key_encoder *e);

#endif
