/*
 * Columns of integers inside JSON, a third as long as their digits: zigzag
 * LEB128 (as protobuf's sint64) in base64. tools/web/model.js reads them.
 *
 *     struct packed column = {0};
 *     packed_add(&column, 12);                        for each value
 *     packed_write(&column, json, "line");            also empties it
 */
#ifndef TOOLS_EMIT_PACKED_H
#define TOOLS_EMIT_PACKED_H

#include <stdint.h>

#include "tools/cli/json.h"
#include "tools/core/memory.h"

/* All zero is empty. */
struct packed {
	VEC(uint8_t) bytes;
};

void packed_add(struct packed *column, int64_t value);
/* Writes it as a JSON string, and frees it. */
void packed_write(struct packed *column, struct json *j, const char *key);

#endif
