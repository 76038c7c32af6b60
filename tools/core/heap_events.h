/*
 * What happened to memory, put in order of time.
 *
 * Rows come thread by thread, and those of different threads overlap by as much as
 * whoever wrote the trace liked: by the whole run, once it was regrouped. They are
 * sorted in runs of a fixed size, which go to a temporary file when there are
 * several, and are merged from there. So memory does not grow with their number.
 *
 * Of equal times those of the lower thread come first, and those of one thread as they
 * were added: a thread does one thing after the other.
 */
#ifndef TOOLS_CORE_HEAP_EVENTS_H
#define TOOLS_CORE_HEAP_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ptf/error.h>

enum heap_event_kind {
	HEAP_EVENT_ALLOCATED,
	HEAP_EVENT_FREED,
	HEAP_EVENT_COPIED,
};

struct heap_event {
	int64_t time_ns, bytes;
	uint32_t cell;   /* whatever the caller means */
	uint32_t thread; /* below 2^28, as all ids are */
	uint32_t kind;   /* enum heap_event_kind */
};

/*
 * All sizes that are put in order together stay below 2^61, so that no sum of any of
 * them can overflow. What is beyond that is damage and is left out: false.
 */
static inline bool heap_sizes_take(uint64_t *sizes, int64_t bytes)
{
	if (bytes < 0 || (uint64_t)bytes > (UINT64_C(1) << 61) - *sizes)
		return false;
	*sizes += (uint64_t)bytes;
	return true;
}

struct heap_events;

/* run_count: events in memory at a time; 0 = as many as are good. */
struct heap_events *heap_events_new(size_t run_count);
/* 0, or negative when the temporary file cannot be written. */
int heap_events_add(struct heap_events *events, const struct heap_event *event,
	struct ptf_error *err);
/* Gives all, once; 0, or negative as above. */
int heap_events_give(struct heap_events *events,
	void (*give)(void *context, const struct heap_event *event), void *context,
	struct ptf_error *err);
void heap_events_free(struct heap_events *events);

#endif
