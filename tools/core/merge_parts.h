/*
 * What a merge knows of its inputs; shared by the files that make it up:
 * merge_scan.c (what is in them), merge_plan.c (what the result is), merge.c
 * (writing it).
 */
#ifndef TOOLS_CORE_MERGE_PARTS_H
#define TOOLS_CORE_MERGE_PARTS_H

#include <stdbool.h>
#include <string.h>

#include <ptf/reader.h>

#include "tools/core/intern_table.h"
#include "tools/core/merge.h"
#include "tools/core/wrapping.h"

#define MERGE_ID_BYTES 16

/* One recording: a section that is not merged, or a recording process. */
struct merge_recording {
	uint8_t id[MERGE_ID_BYTES];           /* all 0 = unknown */
	VEC(struct ptf_attribute) attributes; /* but for recording.* */
	struct ptf_text producer;
	int64_t origin_monotonic_ns, origin_realtime_ns;
	int64_t monotonic_offset_ns; /* of its time namespace */
	uint64_t resolution_ns, period_ns;
	bool has_boot;
	uint8_t boot_id[MERGE_ID_BYTES];
	bool has_end;
	struct ptf_process_end end; /* time_ns since its time 0 */
	uint64_t row_count;
	int64_t was_start_ns; /* of its time 0 in the input's section */

	/* The plan. */
	bool is_double; /* another one stands for it */
	/* What it goes on from (prec --rotate): the first part of all; or itself. */
	const struct merge_recording *first_part;
	int64_t start_ns;

	/* In the output; 0 = not yet defined. */
	uint32_t process, thread, other_thread;
	bool has_rows;
};

struct merge_section {
	uint32_t index; /* in its input */
	bool is_merged;
	/* item[0] also has what belongs to none in a merged section. */
	VEC(struct merge_recording) recordings;
};

struct merge_input {
	const char *path;
	struct ptf_text memory; /* of what cannot be opened twice; data NULL = path */
	VEC(struct merge_section) sections;
};

struct merge {
	struct merge_options options;
	struct merge_hooks hooks;
	struct arena arena;
	VEC(struct merge_input) inputs;
	VEC(int) own;         /* descriptors of inputs that are temporary files */
	struct intern clocks; /* struct merge_clock: equal readings are one */

	/* The plan. */
	VEC(struct merge_recording *) recordings; /* all, doubles too */
	struct merge_plan plan;
	uint64_t resolution_ns;
	const struct merge_recording *earliest; /* NULL: there is none */
};

/* A Clock as bytes that can be compared. */
struct merge_clock {
	int64_t monotonic_ns, boottime_ns, realtime_ns;
	uint64_t uncertainty_ns;
	int64_t monotonic_offset_ns, boottime_offset_ns;
	uint8_t boot_id[MERGE_ID_BYTES];
	uint64_t has_boot;
};

/*
 * Which recording of a section its processes and threads belong to, learnt
 * from its Definitions as they come; the same in both passes.
 */
struct merge_people {
	VEC(uint32_t) process; /* [id - 1] = index of the recording */
	VEC(bool) process_is_recording;
	VEC(uint32_t) thread;
	VEC(bool) thread_is_main;
	VEC(uint32_t) thread_process; /* ids of the section */
	uint32_t recording_count;     /* recording processes so far */
};

/* Is it a recording process? id may be NULL. */
bool merge_is_recording(const struct ptf_process *p, uint8_t id[MERGE_ID_BYTES]);
bool merge_is_recording_id(const struct merge_people *people, uint32_t process);
/* Takes in a process; the index of its recording. */
uint32_t merge_people_process(struct merge_people *people, const struct ptf_process *p);
uint32_t merge_people_thread(struct merge_people *people, const struct ptf_thread *t);
/* 0 is recording 0, too. */
uint32_t merge_recording_of_process(const struct merge_people *people, uint32_t process);
uint32_t merge_recording_of_thread(const struct merge_people *people, uint32_t thread);
void merge_people_free(struct merge_people *people);

void merge_free_input(struct merge_input *input);
/* Opens an input once more. */
int merge_open_input(const struct merge_input *input, struct ptf_reader **reader,
	struct ptf_error *err);

int merge_fail(struct ptf_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void merge_note(const struct merge *m, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
