/* Comparing texts without an end mark, as traces have them. */
#ifndef TOOLS_CORE_TEXTS_H
#define TOOLS_CORE_TEXTS_H

#include <stdbool.h>
#include <string.h>

#include <ptf/types.h>

static inline bool text_equal(struct ptf_text a, struct ptf_text b)
{
	return a.size == b.size && (a.size == 0 || !memcmp(a.data, b.data, a.size));
}

/* By bytes, what is shorter first: below, at or above 0, as strcmp. */
static inline int text_order(struct ptf_text a, struct ptf_text b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size ? memcmp(a.data, b.data, size) : 0;

	return order ? order : (a.size > b.size) - (a.size < b.size);
}

static inline bool text_is(struct ptf_text text, const char *literal)
{
	return text_equal(text, (struct ptf_text){literal, strlen(literal)});
}

static inline bool text_begins(struct ptf_text text, const char *literal)
{
	size_t size = strlen(literal);

	return text.size >= size && (size == 0 || !memcmp(text.data, literal, size));
}

#endif
