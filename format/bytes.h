/*
 * Raw bytes: views, a bounds-checked cursor, varints, and a growing buffer.
 *
 * The only place of the library that takes bytes of a file apart. Numbers of
 * fixed size are little-endian. A varint is protobuf's: 7 bits a byte, lowest
 * first, at most 10 bytes; signed numbers are zigzag-coded.
 */
#ifndef PTF_FORMAT_BYTES_H
#define PTF_FORMAT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. */
struct ptf_view {
	const uint8_t *data;
	size_t size;
};

/* ------------------------------------------------------------- reading */

struct ptf_cursor {
	const uint8_t *at, *end;
};

static inline struct ptf_cursor ptf_cursor(struct ptf_view view)
{
	/* Not even 0 may be added to a null pointer. */
	return (struct ptf_cursor){view.data,
		view.size ? view.data + view.size : view.data};
}

/* All of these return false, and leave the output alone, on bad bytes. */
bool ptf_cursor_varint(struct ptf_cursor *c, uint64_t *value);
bool ptf_cursor_skip(struct ptf_cursor *c, size_t size);
bool ptf_cursor_view(struct ptf_cursor *c, uint64_t size, struct ptf_view *view);

/* One field of a protobuf message. */
struct ptf_field {
	uint32_t number;
	uint32_t wire_type;
	struct ptf_view whole; /* with the tag */
	struct ptf_view value; /* of a length-delimited field: its content */
};
#define PTF_WIRE_LENGTH 2

bool ptf_cursor_field(struct ptf_cursor *c, struct ptf_field *field);

static inline int64_t ptf_unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline uint64_t ptf_zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

uint16_t ptf_load16(const uint8_t *bytes);
uint32_t ptf_load32(const uint8_t *bytes);
uint64_t ptf_load64(const uint8_t *bytes);

/* How many varints the bytes hold when they are well-formed. */
size_t ptf_varint_count(struct ptf_view view);

/*
 * A whole column: exactly count varints and not a byte more, each within the
 * type. Eight at once where eight in a row take one byte each.
 */
bool ptf_varints_u32(struct ptf_view view, size_t count, uint32_t *out);
bool ptf_varints_u64(struct ptf_view view, size_t count, uint64_t *out);
bool ptf_varints_s64(struct ptf_view view, size_t count, int64_t *out);

/* ------------------------------------------------------------- writing */

/*
 * Grows as needed. When memory runs out `failed` is set and stays, and what
 * is put is dropped: callers check once at the end.
 */
struct ptf_buf {
	uint8_t *data;
	size_t size, capacity;
	bool failed;
};

/* Room for size more bytes: where they go, or NULL. */
uint8_t *ptf_buf_reserve(struct ptf_buf *b, size_t size);
void ptf_buf_put(struct ptf_buf *b, const void *data, size_t size);
void ptf_buf_varint(struct ptf_buf *b, uint64_t value);
void ptf_buf_put32(struct ptf_buf *b, uint32_t value);
void ptf_buf_put64(struct ptf_buf *b, uint64_t value);
void ptf_buf_finish(struct ptf_buf *b);

static inline void ptf_buf_signed(struct ptf_buf *b, int64_t value)
{
	ptf_buf_varint(b, ptf_zigzag(value));
}

static inline void ptf_buf_clear(struct ptf_buf *b)
{
	b->size = 0;
	b->failed = false;
}

static inline struct ptf_view ptf_buf_view(const struct ptf_buf *b)
{
	return (struct ptf_view){b->data, b->size};
}

void ptf_store16(uint8_t *bytes, uint16_t value);
void ptf_store32(uint8_t *bytes, uint32_t value);
void ptf_store64(uint8_t *bytes, uint64_t value);

#endif
