#include "format/bytes.h"

#include <stdlib.h>
#include <string.h>

#define HIGH_BITS 0x8080808080808080u

/* ------------------------------------------------------------- reading */

bool ptf_cursor_varint(struct ptf_cursor *c, uint64_t *value)
{
	const uint8_t *p = c->at;
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint64_t byte;

		if (p == c->end)
			return false;
		byte = *p++;
		/* The tenth byte has room for one bit. */
		if (shift == 63 && byte > 1)
			return false;
		v |= (byte & 0x7f) << shift;
		if (byte < 0x80) {
			c->at = p;
			*value = v;
			return true;
		}
	}
	return false;
}

bool ptf_cursor_skip(struct ptf_cursor *c, size_t size)
{
	if ((size_t)(c->end - c->at) < size)
		return false;
	c->at += size;
	return true;
}

bool ptf_cursor_view(struct ptf_cursor *c, uint64_t size, struct ptf_view *view)
{
	if ((uint64_t)(c->end - c->at) < size)
		return false;
	*view = (struct ptf_view){c->at, (size_t)size};
	c->at += size;
	return true;
}

bool ptf_cursor_field(struct ptf_cursor *c, struct ptf_field *field)
{
	struct ptf_cursor at = *c;
	struct ptf_field f = {0};
	uint64_t tag, number;

	if (!ptf_cursor_varint(&at, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
		return false;
	f.number = (uint32_t)(tag >> 3);
	f.wire_type = tag & 7;
	switch (f.wire_type) {
	case 0:
		if (!ptf_cursor_varint(&at, &number))
			return false;
		break;
	case 1:
		if (!ptf_cursor_skip(&at, 8))
			return false;
		break;
	case PTF_WIRE_LENGTH:
		if (!ptf_cursor_varint(&at, &number) ||
			!ptf_cursor_view(&at, number, &f.value))
			return false;
		break;
	case 5:
		if (!ptf_cursor_skip(&at, 4))
			return false;
		break;
	default:
		return false;
	}
	f.whole = (struct ptf_view){c->at, (size_t)(at.at - c->at)};
	*c = at;
	*field = f;
	return true;
}

uint16_t ptf_load16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t ptf_load32(const uint8_t *bytes)
{
	return ptf_load16(bytes) | (uint32_t)ptf_load16(bytes + 2) << 16;
}

uint64_t ptf_load64(const uint8_t *bytes)
{
	return ptf_load32(bytes) | (uint64_t)ptf_load32(bytes + 4) << 32;
}

size_t ptf_varint_count(struct ptf_view view)
{
	size_t count = 0, i = 0;

	/* Every varint has exactly one byte without the high bit. */
	for (; view.size - i >= 8; i += 8) {
		uint64_t eight;

		memcpy(&eight, view.data + i, 8);
		count += (size_t)__builtin_popcountll(~eight & HIGH_BITS);
	}
	for (; i < view.size; i++)
		count += view.data[i] < 0x80;
	return count;
}

/*
 * One decoder per output type; convert() turns the unsigned varint into it
 * and maximum is what the type holds. A macro, because the inner loop is what
 * decides the speed of reading and must know its types.
 */
#define DEFINE_VARINTS(name, type, maximum, convert)                                     \
	bool name(struct ptf_view view, size_t count, type *out)                         \
	{                                                                                \
		struct ptf_cursor c = ptf_cursor(view);                                  \
		size_t i = 0;                                                            \
                                                                                         \
		while (count - i >= 8 && c.end - c.at >= 8) {                            \
			uint64_t eight;                                                  \
                                                                                         \
			memcpy(&eight, c.at, 8);                                         \
			if (!(eight & HIGH_BITS)) {                                      \
				for (int k = 0; k < 8; k++)                              \
					out[i + k] = convert((uint64_t)c.at[k]);         \
				c.at += 8;                                               \
				i += 8;                                                  \
				continue;                                                \
			}                                                                \
			/* One byte or two, without a branch to mispredict. */           \
			for (int k = 0; k < 4; k++) {                                    \
				uint64_t low = c.at[0], high = c.at[1];                  \
				uint64_t two = low >> 7, v;                              \
                                                                                         \
				if (two & (high >> 7)) {                                 \
					if (!ptf_cursor_varint(&c, &v) || v > (maximum)) \
						return false;                            \
					out[i++] = convert(v);                           \
					break;                                           \
				}                                                        \
				v = (low & 0x7f) | (high << 7 & (0 - two));              \
				c.at += 1 + two;                                         \
				out[i++] = convert(v);                                   \
			}                                                                \
		}                                                                        \
		for (; i < count; i++) {                                                 \
			uint64_t v;                                                      \
                                                                                         \
			if (!ptf_cursor_varint(&c, &v) || v > (maximum))                 \
				return false;                                            \
			out[i] = convert(v);                                             \
		}                                                                        \
		return c.at == c.end;                                                    \
	}

#define AS_U32(v) ((uint32_t)(v))
#define AS_U64(v) (v)
DEFINE_VARINTS(ptf_varints_u32, uint32_t, UINT32_MAX, AS_U32)
DEFINE_VARINTS(ptf_varints_u64, uint64_t, UINT64_MAX, AS_U64)
DEFINE_VARINTS(ptf_varints_s64, int64_t, UINT64_MAX, ptf_unzigzag)

/* ------------------------------------------------------------- writing */

uint8_t *ptf_buf_reserve(struct ptf_buf *b, size_t size)
{
	if (b->failed)
		return NULL;
	if (b->capacity - b->size < size) {
		size_t capacity = b->capacity ? b->capacity : 256;
		uint8_t *data;

		if (size > SIZE_MAX / 2 - b->size) {
			b->failed = true;
			return NULL;
		}
		/* Doubling is for what grows; an empty one takes what it needs. */
		if (b->size == 0 && capacity < size)
			capacity = size;
		while (capacity < b->size + size)
			capacity *= 2;
		data = realloc(b->data, capacity);
		if (!data) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->capacity = capacity;
	}
	return b->data + b->size;
}

void ptf_buf_put(struct ptf_buf *b, const void *data, size_t size)
{
	uint8_t *to = ptf_buf_reserve(b, size);

	if (to && size) {
		memcpy(to, data, size);
		b->size += size;
	}
}

void ptf_buf_varint(struct ptf_buf *b, uint64_t value)
{
	uint8_t *to = ptf_buf_reserve(b, 10);

	if (!to)
		return;
	while (value >= 0x80) {
		*to++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*to++ = (uint8_t)value;
	b->size = (size_t)(to - b->data);
}

void ptf_buf_put32(struct ptf_buf *b, uint32_t value)
{
	uint8_t bytes[4];

	ptf_store32(bytes, value);
	ptf_buf_put(b, bytes, sizeof(bytes));
}

void ptf_buf_put64(struct ptf_buf *b, uint64_t value)
{
	uint8_t bytes[8];

	ptf_store64(bytes, value);
	ptf_buf_put(b, bytes, sizeof(bytes));
}

void ptf_buf_finish(struct ptf_buf *b)
{
	free(b->data);
	*b = (struct ptf_buf){0};
}

void ptf_store16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

void ptf_store32(uint8_t *bytes, uint32_t value)
{
	ptf_store16(bytes, (uint16_t)value);
	ptf_store16(bytes + 2, (uint16_t)(value >> 16));
}

void ptf_store64(uint8_t *bytes, uint64_t value)
{
	ptf_store32(bytes, (uint32_t)value);
	ptf_store32(bytes + 4, (uint32_t)(value >> 32));
}
