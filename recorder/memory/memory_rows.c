/* Ordering and writing; see memory_rows.h. */
#include "recorder/memory/memory_rows.h"

#include <stdbool.h>
#include <stdlib.h>

#include "recorder/recording.h"

int memory_rows_add(struct memory_rows *rows, struct memory_row row)
{
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity * 2 + 256;
		void *grown = realloc(rows->item, capacity * sizeof *rows->item);
		if (!grown)
			return -1;
		rows->item = grown;
		rows->capacity = capacity;
	}
	if (row.time_ns < rows->written_ns)
		row.time_ns = rows->written_ns;
	if (row.time_ns < rows->image_ns)
		row.time_ns = rows->image_ns;
	row.order = (uint32_t)rows->count;
	rows->item[rows->count++] = row;
	return 0;
}

static int by_time(const void *left, const void *right)
{
	const struct memory_row *a = left, *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static int by_thread(const void *left, const void *right)
{
	const struct memory_row *a = left, *b = right;

	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	return by_time(left, right);
}

/* ----------------------------------------------------------------- Blocks */

static uint32_t metric_of(struct recording *r, enum memory_use use)
{
	static const char *const name[MEMORY_USE_COUNT] = {
		[MEMORY_ALLOCATED] = "alloc_bytes",
		[MEMORY_FREED] = "free_bytes",
		[MEMORY_COPIED] = "copy_bytes",
	};
	static const char *const description[MEMORY_USE_COUNT] = {
		[MEMORY_ALLOCATED] = "heap memory that was allocated",
		[MEMORY_FREED] = "heap memory that was freed, by where it was allocated",
		[MEMORY_COPIED] = "memory that was copied",
	};
	uint32_t *metric = &r->section.memory_metric[use];

	if (!*metric)
		*metric = recording_metric(r,
			&(struct ptf_metric){
				.name = recording_string(r, name[use]),
				.unit = recording_string(r, "bytes"),
				.kind = PTF_METRIC_WEIGHT,
				.addition = PTF_ADD_SUM,
				.description = recording_string(r, description[use]),
			});
	return *metric;
}

/* Columns of a Block, for all rows at once. */
struct columns {
	int64_t *time_ns, *value_bytes[MEMORY_USE_COUNT];
	uint32_t *node, *class_id;
};

static bool columns_make(struct columns *columns, size_t count)
{
	bool is_made;

	*columns = (struct columns){
		.time_ns = malloc(count * sizeof *columns->time_ns),
		.node = malloc(count * sizeof *columns->node),
		.class_id = malloc(count * sizeof *columns->class_id),
	};
	is_made = columns->time_ns && columns->node && columns->class_id;
	for (size_t use = 0; use < MEMORY_USE_COUNT; use++) {
		columns->value_bytes[use] = malloc(count * sizeof(int64_t));
		is_made = is_made && columns->value_bytes[use];
	}
	return is_made;
}

static void columns_free(struct columns *columns)
{
	free(columns->time_ns);
	free(columns->node);
	free(columns->class_id);
	for (size_t use = 0; use < MEMORY_USE_COUNT; use++)
		free(columns->value_bytes[use]);
}

static uint64_t interval_of(const struct recording *r, enum memory_use use)
{
	return use == MEMORY_COPIED ? r->shm->copy_interval_bytes
				    : r->shm->memory_interval_bytes;
}

/* Of one thread. */
static void write_run(struct recording *r, const struct memory_row *row, size_t count,
	const struct columns *columns)
{
	struct ptf_value_column values[MEMORY_USE_COUNT];
	struct ptf_samples samples = {
		.thread = row->thread,
		.count = count,
		.time_ns = columns->time_ns,
		.node = columns->node,
		.class_id = columns->class_id,
		.columns = values,
	};
	int64_t step_ns = (int64_t)section_resolution_ns(r);
	struct ptf_error err;

	for (size_t i = 0; i < count; i++) {
		/* Down to a step, so that rows of two threads keep their order. */
		columns->time_ns[i] = row[i].time_ns - row[i].time_ns % step_ns;
		columns->node[i] = row[i].node;
		columns->class_id[i] = row[i].class_id;
		for (size_t use = 0; use < MEMORY_USE_COUNT; use++)
			columns->value_bytes[use][i] =
				use == row[i].use ? row[i].value_bytes : 0;
	}
	/* Always all: only Blocks of the same columns can become one later. */
	for (uint32_t use = 0; use < MEMORY_USE_COUNT; use++)
		values[samples.column_count++] = (struct ptf_value_column){
			.metric = metric_of(r, use),
			.scale = block_value_step(interval_of(r, use)),
			.values = columns->value_bytes[use],
		};
	if (recording_is_sound(r))
		recording_check(r, ptf_writer_samples(r->section.writer, &samples, &err),
			&err);
}

static void write_runs(struct recording *r, const struct memory_row *row, size_t count)
{
	struct columns columns;
	size_t begin = 0;

	if (!columns_make(&columns, count))
		recording_no_memory(r);
	for (size_t i = 1; i <= count && recording_is_sound(r); i++) {
		if (i < count && row[i].thread == row[begin].thread)
			continue;
		write_run(r, row + begin, i - begin, &columns);
		begin = i;
	}
	columns_free(&columns);
}

void memory_rows_write(struct memory_rows *rows, struct recording *r,
	struct recorded_process *process, int64_t until_ns)
{
	size_t count = 0;

	if (until_ns > rows->written_ns)
		rows->written_ns = until_ns;
	if (!rows->count)
		return;
	qsort(rows->item, rows->count, sizeof *rows->item, by_time);
	for (size_t i = 0; i < rows->count; i++)
		rows->item[i].order = (uint32_t)i;
	for (; count < rows->count && rows->item[count].time_ns <= until_ns; count++)
		footprint_follow(&process->memory.footprint, r, process,
			&rows->item[count]);
	if (!count)
		return;
	qsort(rows->item, count, sizeof *rows->item, by_thread);
	write_runs(r, rows->item, count);
	rows->count -= count;
	for (size_t i = 0; i < rows->count; i++) {
		rows->item[i] = rows->item[count + i];
		rows->item[i].order = (uint32_t)i;
	}
}

void memory_rows_enter_section(struct memory_rows *rows)
{
	/* Whatever comes late lies at the seam. */
	rows->written_ns = rows->image_ns = 0;
}

void memory_rows_enter_image(struct memory_rows *rows, const struct recording *r,
	int64_t time_ns)
{
	int64_t step_ns = (int64_t)section_resolution_ns(r);

	/* Cut down, its rows would be those of the program before. */
	rows->image_ns = time_ns + (step_ns - time_ns % step_ns) % step_ns;
}

void memory_rows_finish(struct memory_rows *rows)
{
	free(rows->item);
	*rows = (struct memory_rows){0};
}
