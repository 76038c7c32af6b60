/* Holding and writing rows; see thread_rows.h. */
#include "recorder/thread_rows.h"

#include <stdlib.h>
#include <string.h>

#include "recorder/recording.h"

int rows_add(struct rows *rows, struct row row)
{
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity * 2 + 256;
		void *grown = realloc(rows->item, capacity * sizeof *rows->item);
		if (!grown)
			return -1;
		rows->item = grown;
		rows->capacity = capacity;
	}
	rows->item[rows->count++] = row;
	return 0;
}

/* Nearly sorted already: a few off-CPU rows stand one place too late. */
static void sort(struct row *item, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct row row = item[i];
		size_t j = i;
		for (; j && item[j - 1].time_ns > row.time_ns; j--)
			item[j] = item[j - 1];
		item[j] = row;
	}
}

static bool is_on_cpu(const struct row *row)
{
	return row->class_id <= PTF_CLASS_KERNEL;
}

/* One tick stands for a period: less than two of them are ever held. */
#define HELD_COUNT 2

struct held {
	struct row row[HELD_COUNT]; /* the last one first */
	size_t count;
};

/* Takes hold_ns out of the on-CPU rows among the first *count, from their end. */
static struct held hold_back(struct rows *rows, size_t *count, uint64_t hold_ns)
{
	struct held held = {.count = 0};

	for (size_t i = *count; i-- > 0 && hold_ns && held.count < HELD_COUNT;) {
		struct row *row = &rows->item[i], part = *row;
		if (!is_on_cpu(row))
			continue;
		if ((uint64_t)part.weight_ns > hold_ns)
			part.weight_ns = (int64_t)hold_ns;
		row->weight_ns -= part.weight_ns;
		hold_ns -= (uint64_t)part.weight_ns;
		held.row[held.count++] = part;
		if (row->weight_ns == 0) {
			memmove(row, row + 1, (--rows->count - i) * sizeof *row);
			--*count;
		}
	}
	return held;
}

/* In place of the first count rows, which are written: of these was all that is held. */
static void keep_held(struct rows *rows, size_t count, const struct held *held)
{
	struct row *rest = rows->item + held->count;

	memmove(rest, rows->item + count, (rows->count - count) * sizeof *rest);
	for (size_t i = 0; i < held->count; i++)
		rows->item[i] = held->row[held->count - 1 - i];
	rows->count += held->count - count;
}

void rows_write(struct rows *rows, struct recording *r, uint32_t thread, int64_t until_ns,
	uint64_t hold_ns)
{
	size_t count = 0;
	struct ptf_error err;

	sort(rows->item, rows->count);
	while (count < rows->count && rows->item[count].time_ns <= until_ns)
		count++;
	if (!count || !recording_is_sound(r))
		return;
	struct held held = hold_back(rows, &count, hold_ns);
	if (!count) {
		keep_held(rows, count, &held);
		return;
	}
	int64_t *time_ns = malloc(count * sizeof *time_ns);
	int64_t *weight_ns = malloc(count * sizeof *weight_ns);
	uint32_t *node = malloc(count * sizeof *node);
	uint32_t *class_id = malloc(count * sizeof *class_id);
	if (!time_ns || !weight_ns || !node || !class_id) {
		recording_no_memory(r);
		goto out;
	}
	for (size_t i = 0; i < count; i++) {
		const struct row *row = &rows->item[i];
		if (row->time_ns > rows->written_time_ns)
			rows->written_time_ns = row->time_ns;
		time_ns[i] = rows->written_time_ns;
		weight_ns[i] = row->weight_ns;
		node[i] = row->node;
		class_id[i] = row->class_id;
	}
	struct ptf_value_column time_column = {PTF_TIME_METRIC, r->shm->period_ns,
		weight_ns};
	struct ptf_samples samples = {
		.thread = thread,
		.count = count,
		.period_ns = r->shm->period_ns,
		.time_ns = time_ns,
		.node = node,
		.class_id = class_id,
		.columns = &time_column,
		.column_count = 1,
	};
	recording_check(r, ptf_writer_samples(r->section.writer, &samples, &err), &err);
	keep_held(rows, count, &held);
out:
	free(time_ns);
	free(weight_ns);
	free(node);
	free(class_id);
}

int64_t rows_until(const struct rows *rows, int64_t until_ns, uint64_t ahead_ns)
{
	for (size_t i = rows->count; i-- > 0 && ahead_ns;) {
		const struct row *row = &rows->item[i];
		if (!is_on_cpu(row))
			continue;
		if (row->time_ns <= until_ns)
			until_ns = row->time_ns - 1;
		ahead_ns -= (uint64_t)row->weight_ns < ahead_ns ? (uint64_t)row->weight_ns
								: ahead_ns;
	}
	return until_ns;
}

uint64_t rows_take_back(struct rows *rows, uint64_t excess_ns)
{
	uint64_t left_ns = excess_ns;

	for (size_t i = rows->count; i-- > 0 && left_ns;) {
		struct row *row = &rows->item[i];
		if (!is_on_cpu(row))
			continue;
		uint64_t part_ns = (uint64_t)row->weight_ns;
		if (part_ns > left_ns)
			part_ns = left_ns;
		row->weight_ns -= (int64_t)part_ns;
		left_ns -= part_ns;
	}
	return excess_ns - left_ns;
}

void rows_finish(struct rows *rows)
{
	free(rows->item);
	*rows = (struct rows){0};
}
