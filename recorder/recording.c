/* The state of a recording, its processes and threads; see recording.h. */
#include "recorder/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/host.h"
#include "recorder/output_name.h"
#include "recorder/say.h"
#include "recorder/stacks.h"

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
		recording_check(r, ptf_writer_string(r->writer, text, &id, &err), &err);
	return id;
}

uint32_t recording_string(struct recording *r, const char *text)
{
	return recording_text(r, (struct ptf_text){text, strlen(text)});
}

void recording_facts(struct recording *r, const struct ptf_facts *facts)
{
	struct ptf_error err;

	if (recording_is_sound(r))
		recording_check(r, ptf_writer_facts(r->writer, facts, &err), &err);
}

/* --------------------------------------------------------- its beginning */

static void write_clock(struct recording *r)
{
	char boot_id[16];
	struct ptf_clock clock;
	struct ptf_error err;

	clock_read_all(&clock, boot_id);
	if (recording_is_sound(r))
		recording_check(r, ptf_writer_clock(r->writer, &clock, &err), &err);
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

bool recording_begin(struct recording *r, const struct recording_start *start)
{
	struct ptf_section_start section = {
		.producer = PTF_TEXT("prec " PTF_VERSION_STRING),
		.origin_monotonic_ns = (int64_t)r->origin_ns,
		.sample_period_ns = r->shm->period_ns,
		/* No view can tell apart stamps closer than this. */
		.time_resolution_ns = start->time_resolution_ns
			? start->time_resolution_ns
			: r->shm->period_ns / 16,
	};
	struct host host;
	struct ptf_clock clock;
	char boot_id[16], rate[32];
	struct ptf_error err;

	clock_read_all(&clock, boot_id);
	section.origin_realtime_ns =
		clock.realtime_ns - (clock.monotonic_ns - (int64_t)r->origin_ns);
	r->sources.start_realtime_ns = (uint64_t)section.origin_realtime_ns;
	if (getrandom(section.trace_id, sizeof section.trace_id, 0) < 0)
		memcpy(section.trace_id, &section.origin_realtime_ns, 8);
	host_init(&host);
	char *command = r->keep_arguments ? join(start->command) : NULL;
	host_add(&host, "run.command", command ? command : start->executable);
	free(command);
	host_add(&host, "run.cwd", r->cwd);
	host_add(&host, "run.rank", parallel_rank());
	host_add(&host, "sampling.source",
		r->shm->source == PREC_SOURCE_PERF ? "perf" : "timer");
	snprintf(rate, sizeof rate, "%g", start->rate_hz);
	host_add(&host, "sampling.rate_hz", rate);
	section.attributes = (struct ptf_attributes){host.item, host.count};
	recording_check(r, ptf_writer_open(&r->writer, start->fd, NULL, &section, &err),
		&err);
	host_finish(&host);

	write_clock(r);
	process_begin_first(r, start->pid, start->executable, start->command);
	r->unsampled_node = stacks_node(r, 0, stacks_synthetic_frame(r, "[unsampled]"));
	r->elided_frame = stacks_synthetic_frame(r, "[elided]");
	r->unknown_frame = stacks_synthetic_frame(r, "[unknown code]");
	return recording_is_sound(r);
}

/* --------------------------------------------------------- flush and end */

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
		gauges_write(r, r->process[i]);
		awaits_write(r, r->process[i]);
	}
	marks_write(r);
	if (now_ns - r->clock_ns > 60000000000u) {
		r->clock_ns = now_ns;
		write_clock(r);
	}
	if (recording_is_sound(r))
		recording_check(r, ptf_writer_flush(r->writer, &err), &err);
}

void recording_count_losses(struct recording *r, const struct prec_slot *slot)
{
	r->lost.ring_full += atomic_load(&slot->lost_full_count);
	r->lost.mark += atomic_load(&slot->lost_mark_count);
	r->lost.torn += atomic_load(&slot->lost_torn_count);
	r->lost.throttled += atomic_load(&slot->throttled_count);
}

/* Some are known by themselves, others by what the first process waited for. */
static uint64_t unfollowed_cpu_ns(const struct recording *r)
{
	uint64_t cpu_ns = r->unfollowed_cpu_ns;

	if (atomic_load(&r->shm->unfollowed_child_count) > r->unfollowed_count &&
		r->children_cpu_ns > r->ended_cpu_ns)
		cpu_ns += r->children_cpu_ns - r->ended_cpu_ns;
	return cpu_ns;
}

static void write_losses(struct recording *r)
{
	const struct prec_shm *shm = r->shm;
	const struct {
		const char *kind;
		uint64_t count, weight_ns;
	} lost[] = {
		{"switched_off", r->lost.switched_off, r->lost.switched_off_ns},
		{"ring_full", r->lost.ring_full, 0},
		{"mark", r->lost.mark, 0},
		{"torn", r->lost.torn, 0},
		{"throttled", r->lost.throttled, 0},
		{"unread_code", r->lost.unread_code, 0},
		{"stack_elided", r->lost.stack_elided, 0},
		{"await_unread", r->lost.await_unread, r->lost.await_unread_ns},
		{"unknown_pc", r->lost.unknown_pc, 0},
		{"no_slot", atomic_load(&shm->no_slot_count), 0},
		{"raw_thread", atomic_load(&shm->raw_thread_count), 0},
		{"source_refused", atomic_load(&shm->unarmed_count), 0},
		{"child_not_followed", atomic_load(&shm->unfollowed_child_count),
			unfollowed_cpu_ns(r)},
		{"seccomp", atomic_load(&shm->sealed_count), 0},
		{"debugger", r->debugger_gaps.count, r->debugger_gaps.time_ns},
	};
	struct ptf_loss rows[sizeof lost / sizeof *lost];
	struct ptf_losses losses = {.rows = rows};
	struct ptf_error err;

	for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
		if (lost[i].count)
			rows[losses.count++] = (struct ptf_loss){
				.kind = recording_string(r, lost[i].kind),
				.count = lost[i].count,
				.weight_ns = lost[i].weight_ns,
			};
	if (losses.count && recording_is_sound(r))
		recording_check(r, ptf_writer_losses(r->writer, &losses, &err), &err);
}

void recording_end(struct recording *r, uint64_t time_ns)
{
	struct ptf_error err;

	for (size_t i = 0; i < r->process_count; i++)
		process_leave(r, r->process[i]);
	marks_write(r);
	symbolize(r);
	write_losses(r);
	write_clock(r);
	if (recording_is_sound(r)) {
		struct ptf_writer *writer = r->writer;
		r->writer = NULL;
		recording_check(r,
			ptf_writer_close(writer, recording_time(r, time_ns), &err), &err);
	}
}

void recording_finish(struct recording *r)
{
	ptf_writer_destroy(r->writer);
	for (size_t i = 0; i < r->thread_count; i++) {
		rows_finish(&r->thread[i]->rows);
		free(r->thread[i]);
	}
	free(r->thread);
	for (size_t i = 0; i < r->process_count; i++)
		process_finish(r, r->process[i]);
	free(r->process);
	idmap_finish(&r->process_ids);
	idmap_finish(&r->modules);
	native_frames_finish(&r->native_frames);
	sources_finish(&r->sources);
	marks_finish(&r->marks);
}
