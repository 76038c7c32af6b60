#include "tools/emit/packed.h"

#include <stdlib.h>

void packed_add(struct packed *column, int64_t value)
{
	uint64_t rest = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);

	do {
		uint8_t low = rest & 0x7f;

		rest >>= 7;
		vec_push(&column->bytes, (uint8_t)(rest ? low | 0x80 : low));
	} while (rest);
}

void packed_write(struct packed *column, struct json *j, const char *key)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *byte = column->bytes.item;
	size_t count = column->bytes.count;
	VEC(char) text = {0};

	vec_reserve(&text, count / 3 * 4 + 4);
	for (size_t i = 0; i < count; i += 3) {
		size_t have = count - i < 3 ? count - i : 3;
		uint32_t group = (uint32_t)byte[i] << 16 |
			(uint32_t)(have > 1 ? byte[i + 1] : 0) << 8 |
			(have > 2 ? byte[i + 2] : 0);

		for (size_t k = 0; k < 4; k++)
			vec_push(&text,
				k <= have ? digits[group >> (18 - 6 * k) & 63] : '=');
	}
	json_string(j, key, text.item, text.count);
	vec_free(&text);
	vec_free(&column->bytes);
}
