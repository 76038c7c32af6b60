#include "tools/core/merge_peaks.h"

#include <stdlib.h>

#include "tools/core/heap_events.h"

/* Behind the kinds of heap_events.h, and behind all threads. */
#define EVENT_EXEC     3u
#define BEHIND_THREADS ((uint32_t)1 << 28)

/* Blocks that are held: how many samples, how large, and their squares. */
struct held {
	uint64_t n;
	int64_t bytes;
	unsigned __int128 squares;
};

struct cell_key {
	struct merge_sum_key key;
	uint32_t process;
};

struct cell {
	struct held held;
	/*
	 * At the peak of its process. Peaks are numbered: as long as the cell does not
	 * change after the last one, it holds what it held then.
	 */
	struct held peak;
	uint64_t peak_number;
	/*
	 * Freed at the instant that goes on, beyond what it holds: the allocation may
	 * be another thread's, and still to come.
	 */
	struct held owed;
	uint32_t process;
	uint32_t next; /* of its process, index + 1 */
};

struct process {
	int64_t held_bytes, peak_bytes;
	uint64_t peak_number;
	uint32_t first_cell; /* index + 1 */
};

struct merge_peaks {
	struct heap_events *events;
	uint64_t sizes;     /* of all events together */
	struct intern keys; /* struct cell_key: id - 1 = cell */
	VEC(struct cell) cells;
	VEC(struct process) processes; /* [id in the section] */
	VEC(uint32_t) owing;           /* cells */
	int64_t now_ns;
};

/* ------------------------------------------------------------- gathering */

static struct merge_peaks *begun(struct merge_peaks **peaks)
{
	if (!*peaks) {
		*peaks = memory_zeroed(1, sizeof(**peaks));
		(*peaks)->events = heap_events_new(0);
	}
	return *peaks;
}

static uint32_t cell_of(struct merge_peaks *p, const struct merge_peak_row *row)
{
	struct cell_key key = {row->key, row->process};
	uint32_t id = intern_bytes(&p->keys, &key, sizeof(key));

	if (id > p->cells.count) {
		struct process *process;

		vec_cover(&p->processes, row->process);
		process = &p->processes.item[row->process];
		vec_push(&p->cells,
			(struct cell){.process = row->process,
				.next = process->first_cell});
		process->first_cell = id;
	}
	return id - 1;
}

static void add_event(struct merge_output *out, struct merge_peaks *p,
	const struct heap_event *event)
{
	if (heap_sizes_take(&p->sizes, event->bytes) && out->rc == 0)
		merge_did(out, heap_events_add(p->events, event, &out->err));
}

void merge_peaks_take(struct merge_output *out, struct merge_peaks **peaks,
	const struct merge_peak_row *row, int64_t allocated_bytes, int64_t freed_bytes)
{
	struct merge_peaks *p = begun(peaks);
	struct heap_event event = {.time_ns = row->time_ns,
		.cell = cell_of(p, row),
		.thread = row->thread};

	event.kind = HEAP_EVENT_ALLOCATED;
	event.bytes = allocated_bytes;
	if (allocated_bytes > 0)
		add_event(out, p, &event);
	event.kind = HEAP_EVENT_FREED;
	event.bytes = freed_bytes;
	if (freed_bytes > 0)
		add_event(out, p, &event);
}

void merge_peaks_exec(struct merge_output *out, struct merge_peaks **peaks,
	uint32_t process, int64_t time_ns)
{
	struct merge_peaks *p = begun(peaks);

	vec_cover(&p->processes, process);
	add_event(out, p,
		&(struct heap_event){.time_ns = time_ns,
			.cell = process,
			.thread = BEHIND_THREADS,
			.kind = EVENT_EXEC});
}

/* ------------------------------------------------------- as time goes by */

static void change(struct merge_peaks *p, uint32_t index, struct held held)
{
	struct cell *cell = &p->cells.item[index];
	struct process *process = &p->processes.item[cell->process];

	if (cell->peak_number != process->peak_number) {
		cell->peak = cell->held;
		cell->peak_number = process->peak_number;
	}
	process->held_bytes += held.bytes - cell->held.bytes;
	cell->held = held;
	if (process->held_bytes > process->peak_bytes) {
		process->peak_bytes = process->held_bytes;
		process->peak_number++;
	}
}

static struct held one_block(int64_t bytes)
{
	unsigned __int128 wide = (uint64_t)bytes;

	return (struct held){1, bytes, wide * wide};
}

static struct held sum_of(struct held a, struct held b)
{
	return (struct held){a.n + b.n, a.bytes + b.bytes, a.squares + b.squares};
}

/* Of more than is held nothing is left. */
static struct held rest_of(struct held held, struct held gone)
{
	if (gone.bytes >= held.bytes)
		return (struct held){0};
	held.bytes -= gone.bytes;
	held.n -= gone.n < held.n ? gone.n : held.n;
	held.squares -= gone.squares < held.squares ? gone.squares : held.squares;
	return held;
}

static void settle_owed(struct merge_peaks *p)
{
	for (size_t i = 0; i < p->owing.count; i++) {
		struct cell *cell = &p->cells.item[p->owing.item[i]];

		change(p, p->owing.item[i], rest_of(cell->held, cell->owed));
		cell->owed = (struct held){0};
	}
	p->owing.count = 0;
}

static void release(struct merge_peaks *p, uint32_t index, struct held block)
{
	struct cell *cell = &p->cells.item[index];

	if (block.bytes <= cell->held.bytes) {
		change(p, index, rest_of(cell->held, block));
		return;
	}
	if (!cell->owed.n)
		vec_push(&p->owing, index);
	cell->owed = sum_of(cell->owed, block);
}

static void on_event(void *context, const struct heap_event *event)
{
	struct merge_peaks *p = context;

	if (event->time_ns != p->now_ns)
		settle_owed(p);
	p->now_ns = event->time_ns;
	if (event->kind == HEAP_EVENT_ALLOCATED) {
		change(p, event->cell,
			sum_of(p->cells.item[event->cell].held, one_block(event->bytes)));
	} else if (event->kind == HEAP_EVENT_FREED) {
		release(p, event->cell, one_block(event->bytes));
	} else {
		uint32_t cell = p->processes.item[event->cell].first_cell;

		for (; cell; cell = p->cells.item[cell - 1].next)
			change(p, cell - 1, (struct held){0});
	}
}

/* --------------------------------------------------------------- ending */

uint32_t merge_peak_metric(struct merge_output *out)
{
	struct ptf_metric metric = {.kind = PTF_METRIC_WEIGHT, .addition = PTF_ADD_SUM};

	if (!out->peak_metric && out->rc == 0 &&
		merge_did(out,
			ptf_writer_string(out->w, PTF_TEXT("peak_bytes"), &metric.name,
				&out->err)) &&
		merge_did(out,
			ptf_writer_string(out->w, PTF_TEXT("bytes"), &metric.unit,
				&out->err)))
		merge_did(out,
			ptf_writer_metric(out->w, &metric, &out->peak_metric, &out->err));
	return out->peak_metric;
}

static void put(struct merge_output *out, const struct merge_peaks *p, uint32_t index)
{
	const struct cell *cell = &p->cells.item[index];
	const struct held *peak =
		cell->peak_number == p->processes.item[cell->process].peak_number
		? &cell->peak
		: &cell->held;
	struct cell_key key;

	if (!peak->bytes)
		return;
	memcpy(&key, intern_get(&p->keys, index + 1).data, sizeof(key));
	key.key.metric = merge_peak_metric(out);
	merge_add_blocks(out, &key.key, peak->n, peak->bytes, peak->squares);
}

void merge_peaks_finish(struct merge_output *out, struct merge_peaks **peaks)
{
	struct merge_peaks *p = *peaks;

	if (p && out->rc == 0 &&
		merge_did(out, heap_events_give(p->events, on_event, p, &out->err))) {
		settle_owed(p);
		for (uint32_t i = 0; i < p->cells.count; i++)
			put(out, p, i);
	}
	merge_peaks_free(p);
	*peaks = NULL;
}

void merge_peaks_free(struct merge_peaks *p)
{
	if (!p)
		return;
	heap_events_free(p->events);
	intern_free(&p->keys);
	vec_free(&p->cells);
	vec_free(&p->processes);
	vec_free(&p->owing);
	free(p);
}
