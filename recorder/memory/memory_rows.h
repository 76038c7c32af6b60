/*
 * Rows about memory of one process that are not written yet.
 *
 * They come from the rings of its threads, nearly in order: the end of a block is
 * known only when its beginning is, which may stand in another ring. A flush puts
 * those in order that nothing earlier can follow any more, and goes through them twice:
 * in order of time, for what the process holds at each, and by threads, to write them.
 */
#ifndef PREC_MEMORY_ROWS_H
#define PREC_MEMORY_ROWS_H

#include <stddef.h>
#include <stdint.h>

struct recording;
struct recorded_process;

enum memory_use { MEMORY_ALLOCATED, MEMORY_FREED, MEMORY_COPIED, MEMORY_USE_COUNT };

struct memory_row {
	int64_t time_ns; /* of the section, as all times here */
	int64_t value_bytes;
	uint32_t thread, node;
	uint8_t class_id; /* enum ptf_class */
	uint8_t use;
	uint32_t order; /* of equal times; memory_rows_add counts it */
};

struct memory_rows {
	struct memory_row *item;
	size_t count, capacity;
	int64_t written_ns; /* nothing earlier may be written */
	int64_t image_ns;   /* nor of this image: the first step that is all its own */
};

/* 0, or -1 when memory is out. */
int memory_rows_add(struct memory_rows *rows, struct memory_row row);

/* Writes those up to until_ns, and tells the process's footprint of them. */
void memory_rows_write(struct memory_rows *rows, struct recording *r,
	struct recorded_process *process, int64_t until_ns);

/* Another program begins; what is added from now on is its. */
void memory_rows_enter_image(struct memory_rows *rows, const struct recording *r,
	int64_t time_ns);

/* All are written; the section is another one. */
void memory_rows_enter_section(struct memory_rows *rows);

void memory_rows_finish(struct memory_rows *rows);

#endif
