#include "tools/emit/memory_words.h"

#include <stdio.h>
#include <string.h>

#include "tools/core/units.h"

/* Estimates are never negative, whatever a damaged trace says. */
static char *bytes_text(char buffer[UNITS_SIZE], int64_t bytes)
{
	return units_bytes(buffer, bytes > 0 ? (uint64_t)bytes : 0);
}

/* Each process ends at a time of its own: then the sum may be above the peak. */
static bool ends_are_many(const struct heap *heap)
{
	size_t count = 0;

	for (size_t i = 0; i < heap->processes.count; i++)
		count += heap->processes.item[i].live_bytes > 0;
	return count > 1;
}

char *memory_words(char buffer[MEMORY_WORDS_SIZE], const struct heap *heap, bool unicode)
{
	const struct heap_use *all = &heap->all;
	char peak[UNITS_SIZE], error[UNITS_SIZE], allocated[UNITS_SIZE], live[UNITS_SIZE],
		copied[UNITS_SIZE];
	size_t used;

	bytes_text(peak, all->peak_bytes);
	bytes_text(allocated, heap_allocated(all));
	used = (size_t)snprintf(buffer, MEMORY_WORDS_SIZE, "peak %s", peak);
	if (all->peak_error_bytes >= 0) /* else unknown */
		used += (size_t)snprintf(buffer + used, MEMORY_WORDS_SIZE - used,
			" (%s %s)", unicode ? "±" : "+-",
			bytes_text(error, (int64_t)all->peak_error_bytes));
	used += (size_t)snprintf(buffer + used, MEMORY_WORDS_SIZE - used,
		", %s allocated, %.0f %% of it by Python", allocated,
		units_percent((double)all->allocated_bytes[HEAP_PYTHON],
			(double)heap_allocated(all)));
	if (all->live_bytes > 0)
		used += (size_t)snprintf(buffer + used, MEMORY_WORDS_SIZE - used,
			ends_are_many(heap) ? ", %s held by processes as they ended"
					    : ", %s held at the end",
			bytes_text(live, all->live_bytes));
	if (all->copied_bytes > 0)
		snprintf(buffer + used, MEMORY_WORDS_SIZE - used, ", %s copied",
			bytes_text(copied, all->copied_bytes));
	return buffer;
}
