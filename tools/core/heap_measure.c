#include "tools/core/heap_measure.h"

#include <stdlib.h>

const char *heap_measure_name(enum heap_measure measure)
{
	static const char *const names[HEAP_MEASURE_COUNT] = {"alloc", "live", "peak",
		"copy"};

	return names[measure];
}

const char *heap_measure_title(enum heap_measure measure)
{
	static const char *const titles[HEAP_MEASURE_COUNT] = {"memory allocated",
		"memory held at the end", "memory held at the peak", "memory copied"};

	return titles[measure];
}

int64_t heap_measure_of(const struct heap_use *use, enum heap_measure measure)
{
	switch (measure) {
	case HEAP_MEASURE_LIVE:
		return use->live_bytes;
	case HEAP_MEASURE_PEAK:
		return use->peak_bytes;
	case HEAP_MEASURE_COPY:
		return use->copied_bytes;
	default:
		return heap_allocated(use);
	}
}

/* [process]: the thread that stands for it; the caller frees it. */
static uint32_t *process_threads(const struct profile *p)
{
	uint32_t *thread = memory_zeroed(p->processes.count + 1, sizeof(*thread));

	for (uint32_t id = 1; id <= p->threads.count; id++) {
		const struct profile_thread *t = &p->threads.item[id - 1];

		if (!thread[t->process] || t->is_main)
			thread[t->process] = id;
	}
	thread[0] = 0;
	return thread;
}

static void add_cell(struct profile_cells *cells, const struct heap_cell *from,
	uint32_t thread, enum heap_measure measure)
{
	int64_t bytes = heap_measure_of(&from->use, measure);
	uint32_t cell;

	if (!bytes)
		return;
	cell = cells_add(cells, (struct cell_key){from->node, from->class_id, thread});
	cells->item[cell - 1].time_ns += bytes;
}

/* Of measures first to last. */
static int make_cells(struct profile_cells *cells, const struct profile *p,
	enum heap_measure first, enum heap_measure last, struct ptf_error *err)
{
	static const struct heap_options options = {0};
	uint32_t *thread;
	struct heap h;
	int rc;

	for (unsigned m = first; m <= last; m++)
		cells[m - first] = (struct profile_cells){0};
	if ((rc = heap_make(&h, p, &options, err)) < 0)
		return rc;
	thread = process_threads(p);
	for (size_t i = 0; i < h.cells.count; i++)
		for (unsigned m = first; m <= last; m++)
			add_cell(&cells[m - first], &h.cells.item[i],
				thread[h.cells.item[i].process], (enum heap_measure)m);
	free(thread);
	heap_free(&h);
	return 0;
}

int heap_measure_cells(struct profile_cells *cells, const struct profile *p,
	enum heap_measure measure, struct ptf_error *err)
{
	return make_cells(cells, p, measure, measure, err);
}

int heap_all_measures(struct profile_cells cells[HEAP_MEASURE_COUNT],
	const struct profile *p, struct ptf_error *err)
{
	return make_cells(cells, p, 0, HEAP_MEASURE_COUNT - 1, err);
}
