/*
 * The section header: the skippable zstd frame that begins a section.
 *
 * Its 16-byte magic is made to be broken by what breaks files: a transfer in
 * text mode (CR LF <-> LF), 7-bit channels, dropped NULs, ^Z.
 */
#ifndef PTF_FORMAT_HEADER_H
#define PTF_FORMAT_HEADER_H

#include <ptf/error.h>

#include "format/bytes.h"

#define PTF_HEADER_BYTES     80 /* the whole frame */
#define PTF_HEADER_MAGIC     0x184D2A5Au
#define PTF_HEADER_TEXT_SIZE 16

/* The text after the first 8 bytes of the frame. */
extern const uint8_t ptf_header_text[PTF_HEADER_TEXT_SIZE];

struct ptf_header {
	uint32_t format_major, format_minor;
	uint64_t features_compatible, features_read_only, features_incompatible;
	uint8_t trace_id[16];
};

void ptf_header_encode(const struct ptf_header *header, uint8_t out[PTF_HEADER_BYTES]);

/* Is this the start of a section header (at least 24 bytes are looked at)? */
bool ptf_header_is_at(struct ptf_view bytes);

/* Do the bytes there are, fewer than a header, begin one? */
bool ptf_header_is_prefix(struct ptf_view bytes);

/* Was this a header before something treated it as text? */
bool ptf_header_is_text_damaged(struct ptf_view bytes);

/* PTF_ERR_TRUNCATED, or PTF_ERR_CORRUPT when the checksum is wrong. */
int ptf_header_decode(struct ptf_view bytes, struct ptf_header *header,
	struct ptf_error *err);

/* PTF_ERR_VERSION or PTF_ERR_FEATURE when this library cannot read it. */
int ptf_header_check(const struct ptf_header *header, struct ptf_error *err);

#endif
