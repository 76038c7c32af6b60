/* Marks of the program and of who controls the recording, until they are written. */
#ifndef PREC_MARKS_H
#define PREC_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include <ptf/types.h>

struct recording;

struct marks {
	struct ptf_mark *item;
	size_t count, capacity;
};

/* A mark of a thread (its id in the trace), 0 = of the whole run. */
void marks_add(struct recording *r, uint32_t thread, enum ptf_mark_kind kind,
	struct ptf_text name, uint64_t time_ns);

/* As one Block; those of one thread in order of time. */
void marks_write(struct recording *r);

void marks_finish(struct marks *marks);

#endif
