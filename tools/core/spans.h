/* Spans of time, and which rows lie in them. */
#ifndef TOOLS_CORE_SPANS_H
#define TOOLS_CORE_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/core/memory.h"

struct time_span {
	int64_t from_ns, to_ns; /* to_ns excluded */
};

/* After spans_settle: in order, none empty, none touching another. */
struct time_spans {
	VEC(struct time_span) span;
};

/* Makes any spans an orderly list of what lies in [from_ns, to_ns). */
void spans_settle(struct time_spans *spans, int64_t from_ns, int64_t to_ns);

bool spans_have(const struct time_spans *spans, int64_t time_ns);

/*
 * Runs of rows inside the spans, one after the other:
 *
 *     size_t at = 0, first, end;
 *     while (spans_next_rows(spans, time_ns, count, &at, &first, &end)) ...
 *
 * Times do not decrease. spans NULL: all rows are inside.
 */
bool spans_next_rows(const struct time_spans *spans, const int64_t *time_ns, size_t count,
	size_t *at, size_t *first, size_t *end);

void spans_free(struct time_spans *spans);

#endif
