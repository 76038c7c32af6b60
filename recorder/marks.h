/* Marks of the program and of who controls the recording, until they are written. */
#ifndef PREC_MARKS_H
#define PREC_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include <ptf/types.h>

struct recording;
struct recorded_thread;

struct marks {
	struct ptf_mark *item;
	size_t count, capacity;
};

/*
 * The regions that a thread is in, the outermost first, as many as are kept: one
 * that never ends its regions is not to fill our memory.
 */
#define OPEN_REGIONS_MAX 256u

struct open_regions {
	char **name; /* heap, and each */
	size_t count;
};

/* A mark of a thread, NULL = of the whole run. */
void marks_add(struct recording *r, struct recorded_thread *thread,
	enum ptf_mark_kind kind, struct ptf_text name, uint64_t time_ns);

/*
 * At the seam of two sections: the regions that the thread is in end with the
 * one, and begin with the other, so that each section can be understood alone.
 */
void marks_close_regions(struct recording *r, struct recorded_thread *thread);
void marks_reopen_regions(struct recording *r, struct recorded_thread *thread);

/* In a section that begins while recording is off. */
void marks_tell_off(struct recording *r);

/* As one Block; those of one thread in order of time. */
void marks_write(struct recording *r);

void marks_finish(struct marks *marks);
void open_regions_finish(struct open_regions *open);

#endif
