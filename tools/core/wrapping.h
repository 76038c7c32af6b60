/* Numbers of a damaged trace may overflow, which must not be undefined. */
#ifndef TOOLS_CORE_WRAPPING_H
#define TOOLS_CORE_WRAPPING_H

#include <stdint.h>

static inline int64_t add_wrapping(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t subtract_wrapping(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

#endif
