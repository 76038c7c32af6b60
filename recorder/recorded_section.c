/* Sections of a recording and the seams between them; see recorded_section.h. */
#include "recorder/recorded_section.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "recorder/clocks.h"
#include "recorder/host.h"
#include "recorder/output/output_name.h"
#include "recorder/recording.h"
#include "recorder/stacks.h"

/* --------------------------------------------------------- its beginning */

static void write_clock(struct recording *r)
{
	char boot_id[16];
	struct ptf_clock clock;
	struct ptf_error err;

	clock_read_all(&clock, boot_id);
	r->section.clock_ns = (uint64_t)clock.monotonic_ns;
	if (recording_is_sound(r))
		recording_check(r, ptf_writer_clock(r->section.writer, &clock, &err),
			&err);
}

void section_poll_clock(struct recording *r, uint64_t now_ns)
{
	if (now_ns - r->section.clock_ns > SECTION_CLOCK_INTERVAL_NS)
		write_clock(r);
}

static char *join(char *const *words)
{
	size_t size = 1;

	for (size_t i = 0; words[i]; i++)
		size += strlen(words[i]) + 1;
	char *line = malloc(size), *at = line;
	if (!line)
		return NULL;
	*at = '\0';
	for (size_t i = 0; words[i]; i++)
		at = stpcpy(stpcpy(at, i ? " " : ""), words[i]);
	return line;
}

static void add_bytes(struct host *host, const char *key, uint64_t bytes)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRIu64, bytes);
	if (bytes)
		host_add(host, key, text);
}

static void describe_run(const struct recording *r, struct host *host)
{
	const struct recording_start *start = &r->start;
	char *command = r->keep_arguments ? join(start->command) : NULL;
	char rate[32];

	host_add(host, "run.command", command ? command : start->executable);
	free(command);
	host_add(host, "run.cwd", r->cwd);
	host_add(host, "run.rank", parallel_rank());
	host_add(host, "sampling.source",
		r->shm->source == PREC_SOURCE_PERF ? "perf" : "timer");
	snprintf(rate, sizeof rate, "%g", start->rate_hz);
	host_add(host, "sampling.rate_hz", rate);
	add_bytes(host, "memory.interval_bytes", r->shm->memory_interval_bytes);
	add_bytes(host, "memory.copy_interval_bytes", r->shm->copy_interval_bytes);
}

/* What happens to memory does not come at the rate of the ticks. */
#define MEMORY_RESOLUTION_NS UINT64_C(625000)

/* No view can tell apart stamps closer than a sixteenth of the period. */
uint64_t section_resolution_ns(const struct recording *r)
{
	uint64_t asked_ns = r->start.time_resolution_ns;
	uint64_t step_ns = r->shm->period_ns / 16;

	if (asked_ns)
		return asked_ns;
	if (r->shm->memory_interval_bytes && step_ns > MEMORY_RESOLUTION_NS)
		return MEMORY_RESOLUTION_NS;
	return step_ns;
}

/* All sections of a recording have its trace id; the first makes it up. */
static void identify(struct recording *r, struct ptf_section_start *section)
{
	static const uint8_t none[sizeof r->trace_id];
	struct ptf_clock clock;
	char boot_id[16];

	clock_read_all(&clock, boot_id);
	section->origin_monotonic_ns = (int64_t)r->section.origin_ns;
	section->origin_realtime_ns =
		clock.realtime_ns - (clock.monotonic_ns - section->origin_monotonic_ns);
	if (!memcmp(r->trace_id, none, sizeof none)) {
		r->start_realtime_ns = (uint64_t)section->origin_realtime_ns;
		if (getrandom(r->trace_id, sizeof r->trace_id, 0) < 0)
			memcpy(r->trace_id, &section->origin_realtime_ns, 8);
	}
	memcpy(section->trace_id, r->trace_id, sizeof section->trace_id);
}

void section_begin(struct recording *r, int fd)
{
	struct ptf_section_start section = {
		.producer = PTF_TEXT("prec " PTF_VERSION_STRING),
		.sample_period_ns = r->shm->period_ns,
		.time_resolution_ns = section_resolution_ns(r),
	};
	struct host host;
	struct ptf_error err;

	identify(r, &section);
	host_init(&host);
	describe_run(r, &host);
	section.attributes = (struct ptf_attributes){host.item, host.count};
	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_open(&r->section.writer, fd, NULL, &section, &err),
			&err);
	host_finish(&host);
	write_clock(r);
	r->section.unsampled_node =
		stacks_node(r, 0, stacks_synthetic_frame(r, "[unsampled]"));
	r->section.elided_frame = stacks_synthetic_frame(r, "[elided]");
	r->section.unknown_frame = stacks_synthetic_frame(r, "[unknown code]");
}

/* --------------------------------------------------------------- its end */

void section_leave(struct recording *r, uint64_t end_ns)
{
	struct ptf_error err;

	r->section.end_ns = end_ns;
	marks_write(r);
	losses_write(r);
	write_clock(r);
	if (recording_is_sound(r))
		recording_check(r, ptf_writer_flush(r->section.writer, &err), &err);
}

void section_complete(struct recording *r, struct recorded_section *section)
{
	struct recorded_section current = r->section;
	struct ptf_error err;

	/* Strings are interned, and symbols written, in the recording's section. */
	r->section = *section;
	if (r->section.writer && recording_is_sound(r))
		symbolize(r);
	if (r->section.writer && recording_is_sound(r)) {
		recording_check(r,
			ptf_writer_close(r->section.writer,
				recording_time(r, r->section.end_ns), &err),
			&err);
		r->section.writer = NULL;
	}
	*section = r->section;
	if (section != &r->section)
		r->section = current;
}

void section_finish(struct recorded_section *section)
{
	ptf_writer_destroy(section->writer);
	idmap_finish(&section->process_ids);
	idmap_finish(&section->modules);
	idmap_finish(&section->sources_seen);
	native_frames_finish(&section->native_frames);
	*section = (struct recorded_section){0};
}

/* ------------------------------------------------------------------ a seam */

static void leave_all(struct recording *r, uint64_t seam_ns)
{
	r->section.end_ns = seam_ns;
	for (size_t i = 0; i < r->thread_count; i++)
		thread_leave_section(r, r->thread[i]);
	for (size_t i = 0; i < r->process_count; i++)
		process_leave_section(r, r->process[i]);
	section_leave(r, seam_ns);
}

/* In the order in which they were made: parents first. */
static int by_number(const void *left, const void *right)
{
	const struct recorded_process *a = *(struct recorded_process *const *)left;
	const struct recorded_process *b = *(struct recorded_process *const *)right;

	return (a->number > b->number) - (a->number < b->number);
}

static void enter_all(struct recording *r)
{
	qsort(r->process, r->process_count, sizeof *r->process, by_number);
	for (size_t i = 0; i < r->process_count; i++)
		process_enter_section(r, r->process[i]);
	for (size_t i = 0; i < r->thread_count; i++)
		thread_enter_section(r, r->thread[i]);
	if (atomic_load(&r->shm->is_off))
		marks_tell_off(r);
}

struct recorded_section section_go_on(struct recording *r, int fd)
{
	struct recorded_section left;
	uint64_t seam_ns = clock_now_ns();

	/* On a step of the stamps, so that sections can become one again. */
	seam_ns -= (seam_ns - r->origin_ns) % section_resolution_ns(r);
	leave_all(r, seam_ns);
	left = r->section;
	r->left_bytes += left.writer ? ptf_writer_bytes(left.writer) : 0;
	r->section = (struct recorded_section){.origin_ns = seam_ns};
	section_begin(r, fd);
	enter_all(r);
	return left;
}
