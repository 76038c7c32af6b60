/* Decoding CPython's line tables; see linetable.h. */
#include "recorder/cpython/linetable.h"

#include <stdbool.h>
#include <stdlib.h>

struct decoder {
	const uint8_t *at, *end;
	struct python_lines *lines;
	size_t capacity;
	int64_t line;
	uint32_t byte;
};

static bool add(struct decoder *d, bool has_line)
{
	struct python_lines *lines = d->lines;
	uint32_t line =
		has_line && d->line > 0 && d->line <= INT32_MAX ? (uint32_t)d->line : 0;

	if (lines->count && lines->item[lines->count - 1].line == line)
		return true;
	if (lines->count && lines->item[lines->count - 1].start_byte == d->byte)
		lines->count--;
	if (lines->count == d->capacity) {
		size_t capacity = d->capacity ? d->capacity * 2 : 16;
		void *grown = realloc(lines->item, capacity * sizeof *lines->item);
		if (!grown)
			return false;
		lines->item = grown;
		d->capacity = capacity;
	}
	lines->item[lines->count++] = (struct python_line){d->byte, line};
	if (line > lines->last_line)
		lines->last_line = line;
	return true;
}

/* Little-endian groups of six bits; 0x40 says that another follows. */
static bool take_varint(struct decoder *d, uint32_t *value)
{
	uint32_t result = 0;

	for (unsigned shift = 0; shift < 32 && d->at < d->end; shift += 6) {
		uint8_t byte = *d->at++;
		result |= (uint32_t)(byte & 0x3f) << shift;
		if (!(byte & 0x40)) {
			*value = result;
			return true;
		}
	}
	return false;
}

static bool take_signed(struct decoder *d, int64_t *value)
{
	uint32_t coded;

	if (!take_varint(d, &coded))
		return false;
	*value = coded & 1 ? -(int64_t)(coded >> 1) : (int64_t)(coded >> 1);
	return true;
}

static bool skip(struct decoder *d, ptrdiff_t bytes)
{
	if (d->end - d->at < bytes)
		return false;
	d->at += bytes;
	return true;
}

/* Entry kinds of the location table. */
enum { ONE_LINE_0 = 10, ONE_LINE_2 = 12, NO_COLUMNS = 13, LONG = 14, NONE = 15 };

static bool decode_3_11(struct decoder *d)
{
	while (d->at < d->end) {
		uint8_t first = *d->at++;
		unsigned kind = first >> 3 & 15;
		int64_t delta = 0;
		uint32_t ignored;
		bool whole = true;

		if (!(first & 0x80))
			break;
		if (kind < ONE_LINE_0) {
			whole = skip(d, 1);
		} else if (kind <= ONE_LINE_2) {
			delta = kind - ONE_LINE_0;
			whole = skip(d, 2);
		} else if (kind == NO_COLUMNS) {
			whole = take_signed(d, &delta);
		} else if (kind == LONG) {
			whole = take_signed(d, &delta) && take_varint(d, &ignored) &&
				take_varint(d, &ignored) && take_varint(d, &ignored);
		}
		if (!whole)
			break;
		d->line += delta;
		if (!add(d, kind != NONE))
			return false;
		d->byte += (first & 7u) * 2 + 2;
	}
	return true;
}

/* Pairs: bytes covered, signed line delta from the entry before; -128: no line. */
static bool decode_3_10(struct decoder *d)
{
	for (; d->end - d->at >= 2; d->at += 2) {
		int8_t delta = (int8_t)d->at[1];
		if (delta != -128)
			d->line += delta;
		if (d->at[0] && !add(d, delta != -128))
			return false;
		d->byte += d->at[0];
	}
	return true;
}

/* Pairs: byte delta, then signed line delta, of the start of the next entry. */
static bool decode_lnotab(struct decoder *d)
{
	if (!add(d, true))
		return false;
	for (; d->end - d->at >= 2; d->at += 2) {
		d->byte += d->at[0];
		d->line += (int8_t)d->at[1];
		if (!add(d, true))
			return false;
	}
	return true;
}

int python_lines_init(struct python_lines *lines, const struct python_version *version,
	const uint8_t *table, size_t size, uint32_t first_line)
{
	struct decoder d = {table, table + size, lines, 0, first_line, 0};
	bool ok = false;

	*lines = (struct python_lines){.last_line = first_line};
	switch (version->linetable) {
	case PYTHON_LNOTAB:
		ok = decode_lnotab(&d);
		break;
	case PYTHON_LINETABLE_3_10:
		ok = decode_3_10(&d);
		break;
	case PYTHON_LINETABLE_3_11:
		ok = decode_3_11(&d);
		break;
	}
	if (!ok)
		python_lines_finish(lines);
	return ok ? 0 : -1;
}

void python_lines_finish(struct python_lines *lines)
{
	free(lines->item);
	lines->item = NULL;
	lines->count = 0;
}

uint32_t python_lines_find(const struct python_lines *lines, int32_t byte,
	uint32_t first_line)
{
	size_t low = 0, high = lines->count;

	if (byte < 0)
		return first_line;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (lines->item[middle].start_byte <= (uint32_t)byte)
			low = middle + 1;
		else
			high = middle;
	}
	while (low > 0 && lines->item[low - 1].line == 0)
		low--;
	return low > 0 ? lines->item[low - 1].line : first_line;
}
