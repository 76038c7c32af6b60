/* Ids that are bytes, as traces and programs write them: "00ff". */
#ifndef TOOLS_CORE_HEX_H
#define TOOLS_CORE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Two digits a byte and an end mark, into text: 2 * count + 1 bytes. */
static inline void hex_write(char *text, const uint8_t *byte, size_t count)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		*text++ = digit[byte[i] >> 4];
		*text++ = digit[byte[i] & 15];
	}
	*text = '\0';
}

#endif
