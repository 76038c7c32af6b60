#include "recorder/marks.h"

#include <stdlib.h>

#include "recorder/recording.h"

void marks_add(struct recording *r, uint32_t thread, enum ptf_mark_kind kind,
	struct ptf_text name, uint64_t time_ns)
{
	struct marks *marks = &r->marks;

	if (marks->count == marks->capacity) {
		size_t capacity = marks->capacity * 2 + 64;
		struct ptf_mark *grown =
			realloc(marks->item, capacity * sizeof *marks->item);
		if (!grown) {
			recording_no_memory(r);
			return;
		}
		marks->item = grown;
		marks->capacity = capacity;
	}
	marks->item[marks->count++] = (struct ptf_mark){
		.time_ns = recording_time(r, time_ns),
		.thread = thread,
		.kind = kind,
		.name = recording_text(r, name),
	};
}

void marks_write(struct recording *r)
{
	struct marks *marks = &r->marks;
	struct ptf_error err;

	if (!marks->count || !recording_is_sound(r))
		return;
	recording_check(r,
		ptf_writer_marks(r->writer,
			&(struct ptf_marks){marks->item, marks->count}, &err),
		&err);
	marks->count = 0;
}

void marks_finish(struct marks *marks)
{
	free(marks->item);
	*marks = (struct marks){0};
}
