/* The state of a recording, its processes and threads; see recording.h. */
#include "recorder/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/clocks.h"

/* Rows younger than this wait for the next flush: a handler may still be
   writing one that is earlier. */
#define ROW_SETTLE_NS 5000000u

bool recording_check(struct recording *r, int rc, const struct ptf_error *err)
{
	if (rc >= 0)
		return true;
	if (recording_is_sound(r)) {
		r->error = *err;
		atomic_store(&r->shm->stop, 1);
	}
	return false;
}

void recording_no_memory(struct recording *r)
{
	struct ptf_error err = {.code = PTF_ERR_NOMEM};

	snprintf(err.message, sizeof err.message, "%s", ptf_err_text(err.code));
	recording_check(r, err.code, &err);
}

uint32_t recording_text(struct recording *r, struct ptf_text text)
{
	uint32_t id = 0;
	struct ptf_error err;

	if (recording_is_sound(r))
		recording_check(r, ptf_writer_string(r->section.writer, text, &id, &err),
			&err);
	return id;
}

uint32_t recording_string(struct recording *r, const char *text)
{
	return recording_text(r, (struct ptf_text){text, strlen(text)});
}

uint32_t recording_metric(struct recording *r, const struct ptf_metric *metric)
{
	struct ptf_error err;
	uint32_t id = 0;

	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_metric(r->section.writer, metric, &id, &err), &err);
	return id;
}

uint32_t recording_wait_class(struct recording *r, const char *kind)
{
	const struct ptf_class_descriptor descriptor = {
		.kind = PTF_CLASS_WAIT,
		.detail = recording_string(r, kind),
	};
	struct ptf_error err;
	uint32_t id = PTF_CLASS_WAIT;

	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_class(r->section.writer, &descriptor, &id, &err),
			&err);
	return id;
}

void recording_facts(struct recording *r, const struct ptf_facts *facts)
{
	struct ptf_error err;

	if (recording_is_sound(r))
		recording_check(r, ptf_writer_facts(r->section.writer, facts, &err),
			&err);
}

/* ------------------------------------------- from its beginning to its end */

bool recording_begin(struct recording *r, const struct recording_start *start)
{
	r->start = *start;
	r->section.origin_ns = r->origin_ns;
	section_begin(r, start->fd);
	process_begin_first(r, start->pid, start->executable, start->command);
	return recording_is_sound(r);
}

void recording_flush(struct recording *r)
{
	uint64_t now_ns = clock_now_ns();
	struct ptf_error err;

	for (size_t i = 0; i < r->thread_count; i++) {
		struct recorded_thread *thread = r->thread[i];
		if (thread->is_ended)
			continue;
		if (thread->slot) {
			thread_note_name(r, thread);
			if (thread->offcpu.polled_ns)
				offcpu_settle(r, thread, thread->offcpu.polled_ns);
		}
		thread_write_rows(r, thread, now_ns - ROW_SETTLE_NS);
	}
	threads_free_ended(r);
	for (size_t i = 0; i < r->process_count; i++) {
		process_memory_write(r, r->process[i],
			recording_time(r, now_ns - ROW_SETTLE_NS));
		gauges_write(r, r->process[i]);
		awaits_write(r, r->process[i]);
	}
	marks_write(r);
	section_poll_clock(r, now_ns);
	if (recording_is_sound(r))
		recording_check(r, ptf_writer_flush(r->section.writer, &err), &err);
}

uint64_t recording_bytes(const struct recording *r)
{
	const struct ptf_writer *writer = r->section.writer;

	return r->left_bytes + (writer ? ptf_writer_bytes(writer) : 0);
}

void recording_end(struct recording *r, uint64_t time_ns)
{
	for (size_t i = 0; i < r->process_count; i++)
		process_leave(r, r->process[i]);
	section_leave(r, time_ns);
	section_complete(r, &r->section);
}

void recording_finish(struct recording *r)
{
	section_finish(&r->section);
	for (size_t i = 0; i < r->thread_count; i++)
		thread_finish(r->thread[i]);
	free(r->thread);
	for (size_t i = 0; i < r->process_count; i++)
		process_finish(r, r->process[i]);
	free(r->process);
	marks_finish(&r->marks);
}
