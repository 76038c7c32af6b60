/* Threads of a recording; see recorded_thread.h. */
#include "recorder/recorded_thread.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/recording.h"

/* Of threads that run the kernel knows the CPU time as of its last tick. */
#define KERNEL_TICK_MAX_NS 10000000u

static void define(struct recording *r, struct recorded_thread *thread)
{
	const struct ptf_thread definition = {
		.process = thread->process->id,
		.tid = thread->tid,
		.is_main = thread->is_main,
		.start_ns = recording_time(r, thread->start_time_ns),
	};
	struct ptf_error err;

	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_thread(r->section.writer, &definition, &thread->id,
				&err),
			&err);
	if (thread->is_main)
		thread->process->main_thread = thread->id;
}

struct recorded_thread *thread_add(struct recording *r, struct recorded_process *process,
	uint32_t tid, uint64_t start_time_ns)
{
	struct recorded_thread **grown =
		realloc(r->thread, (r->thread_count + 1) * sizeof *r->thread);
	struct recorded_thread *thread = calloc(1, sizeof *thread);

	if (grown)
		r->thread = grown;
	if (!grown || !thread) {
		free(thread);
		recording_no_memory(r);
		return NULL;
	}
	thread->process = process;
	thread->tid = tid;
	thread->is_main = tid == (uint32_t)process->pid;
	thread->start_time_ns = start_time_ns;
	thread->event_fd = -1;
	thread->rows.written_time_ns = INT64_MIN;
	r->thread[r->thread_count++] = thread;
	define(r, thread);
	return thread;
}

static void write_name(struct recording *r, const struct recorded_thread *thread,
	uint64_t time_ns)
{
	struct ptf_thread_name fact = {
		.thread = thread->id,
		.time_ns = recording_time(r, time_ns),
		.name = recording_string(r, thread->told_name),
	};
	recording_facts(r,
		&(struct ptf_facts){.thread_names = &fact, .thread_name_count = 1});
}

static void tell_name(struct recording *r, struct recorded_thread *thread,
	const char *name, uint64_t time_ns)
{
	snprintf(thread->told_name, sizeof thread->told_name, "%s", name);
	write_name(r, thread, time_ns);
}

void thread_enter_section(struct recording *r, struct recorded_thread *thread)
{
	thread->last_node = 0;
	offcpu_enter_section(thread);
	/* Whatever comes late lies at the seam. */
	thread->rows.written_time_ns = 0;
	define(r, thread);
	if (*thread->told_name)
		write_name(r, thread, r->section.origin_ns);
	marks_reopen_regions(r, thread);
}

void thread_take_name(struct recording *r, struct recorded_thread *thread,
	const char *name, uint64_t time_ns)
{
	bool is_first = !*thread->name;

	if (!*name || !strcmp(name, thread->name))
		return;
	snprintf(thread->name, sizeof thread->name, "%s", name);
	/* What it inherited says less than what Python calls it. */
	if (!is_first || !thread->has_python_name)
		tell_name(r, thread, name, time_ns);
}

struct recorded_thread *thread_of_slot(struct recording *r,
	struct recorded_process *process, struct prec_slot *slot)
{
	struct recorded_thread *thread = NULL;

	for (size_t i = 0; i < r->thread_count; i++)
		if (r->thread[i]->tid == slot->tid && r->thread[i]->process == process &&
			!r->thread[i]->is_ended)
			thread = r->thread[i];
	if (thread && thread->slot)
		return NULL;
	if (!thread && !(thread = thread_add(r, process, slot->tid, slot->start_time_ns)))
		return NULL;
	r->thread_of_slot[slot - r->shm->slot] = thread;
	thread->slot = slot;
	debugger_drop_event(thread);
	thread->generation = slot->generation;
	thread->drained = atomic_load(&slot->tail);
	thread->codes_drained = thread->drained;
	ticks_start(&thread->ticks, r->shm->period_ns, slot->start_cpu_ns);
	slot->name[sizeof slot->name - 1] = '\0';
	thread->has_python_name = slot->has_python_name;
	if (thread->has_python_name)
		tell_name(r, thread, slot->name, slot->start_time_ns);
	else
		thread_take_name(r, thread, slot->name, slot->start_time_ns);
	return thread;
}

void thread_note_name(struct recording *r, struct recorded_thread *thread)
{
	char path[96], name[16] = "";

	snprintf(path, sizeof path, "/proc/%d/task/%u/comm", (int)thread->process->pid,
		thread->tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t length = read(fd, name, sizeof name - 1);
	close(fd);
	name[length > 0 ? length : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	thread_take_name(r, thread, name, clock_now_ns());
}

/* All rows up to time_ns, with one of the CPU time that no sample stands for. */
static void write_rest(struct recording *r, struct recorded_thread *thread,
	uint64_t time_ns, uint64_t cpu_ns)
{
	struct row rest = {
		.time_ns = recording_time(r, time_ns),
		.weight_ns = ticks_rest(&thread->ticks, cpu_ns),
		.node = r->section.unsampled_node,
		.class_id = PTF_CLASS_UNKNOWN,
	};

	thread->is_ended = true;
	debugger_drop_event(thread);
	offcpu_end(r, thread, time_ns, cpu_ns);
	if (rest.weight_ns < 0)
		rows_take_back(&thread->rows, (uint64_t)-rest.weight_ns);
	if (rest.weight_ns > 0 && atomic_load(&r->shm->is_off))
		r->lost.switched_off_ns += (uint64_t)rest.weight_ns;
	else if (rest.weight_ns > 0 && rows_add(&thread->rows, rest) < 0)
		recording_no_memory(r);
	rows_write(&thread->rows, r, thread->id, INT64_MAX, 0);
	rows_finish(&thread->rows);
	thread->process->ended_cpu_ns += cpu_ns;
}

void thread_end(struct recording *r, struct recorded_thread *thread, uint64_t time_ns,
	uint64_t cpu_ns)
{
	struct ptf_thread_end fact = {
		.thread = thread->id,
		.time_ns = recording_time(r, time_ns),
		.cpu_ns = cpu_ns,
	};

	if (thread->is_ended)
		return;
	write_rest(r, thread, time_ns, cpu_ns);
	recording_facts(r,
		&(struct ptf_facts){.thread_ends = &fact, .thread_end_count = 1});
}

/* The kernel is exact about who is blocked, and has been since. */
static bool is_known_exactly(const struct recorded_thread *thread)
{
	return thread->offcpu.is_blocked &&
		thread->offcpu.credited_ns == thread->ticks.credited_ns;
}

uint64_t thread_known_cpu_ns(const struct recorded_thread *thread)
{
	uint64_t run_ns = thread->offcpu.run_ns, credited_ns = thread->ticks.credited_ns;

	return run_ns > credited_ns || is_known_exactly(thread) ? run_ns : credited_ns;
}

void thread_write_rows(struct recording *r, struct recorded_thread *thread,
	uint64_t until_ns)
{
	uint64_t run_ns = thread->offcpu.run_ns, credited_ns = thread->ticks.credited_ns;
	uint64_t ahead_ns = credited_ns > run_ns ? credited_ns - run_ns : 0;
	uint64_t most_ns = 2 * r->shm->period_ns + KERNEL_TICK_MAX_NS;
	int64_t time_ns = recording_time(r, until_ns);

	/* No more than that, should it not be possible to learn what it has used. */
	if (ahead_ns > most_ns)
		ahead_ns = most_ns;
	/* One that runs is told late by the kernel, and will soon be further. */
	if (is_known_exactly(thread))
		rows_write(&thread->rows, r, thread->id, time_ns, ahead_ns);
	else
		rows_write(&thread->rows, r, thread->id,
			rows_until(&thread->rows, time_ns, ahead_ns), 0);
}

void thread_leave_section(struct recording *r, struct recorded_thread *thread)
{
	uint64_t run_ns = thread->offcpu.run_ns, credited_ns = thread->ticks.credited_ns;

	if (thread->is_ended)
		return;
	offcpu_leave_section(r, thread);
	marks_close_regions(r, thread);
	/* What one that waits has not used is given by its next ticks instead. */
	if (is_known_exactly(thread) && credited_ns > run_ns)
		ticks_take_back(&thread->ticks,
			rows_take_back(&thread->rows, credited_ns - run_ns));
	rows_write(&thread->rows, r, thread->id, INT64_MAX, 0);
}

void thread_end_overtaken(struct recording *r, struct recorded_thread *thread)
{
	uint64_t polled_ns = thread->offcpu.polled_ns;

	thread_end(r, thread, polled_ns ? polled_ns : clock_now_ns(),
		thread_known_cpu_ns(thread));
}

void thread_leave(struct recording *r, struct recorded_thread *thread)
{
	if (!thread->is_ended)
		write_rest(r, thread, clock_now_ns(), thread_known_cpu_ns(thread));
}

void thread_release_slot(struct recording *r, struct recorded_thread *thread)
{
	struct prec_slot *slot = thread->slot;

	losses_take_slot(&r->lost, slot);
	if (thread->end_time_ns && !thread->is_ended)
		thread_end(r, thread, thread->end_time_ns, thread->end_cpu_ns);
	else if (thread->is_main)
		offcpu_forget_image(thread);
	else /* ended by exec, or without room for its last record */
		thread_end_overtaken(r, thread);
	thread->slot = NULL;
	r->thread_of_slot[slot - r->shm->slot] = NULL;
	atomic_store(&slot->pid, 0);
	atomic_store_explicit(&slot->state, PREC_SLOT_FREE, memory_order_release);
}

void thread_finish(struct recorded_thread *thread)
{
	rows_finish(&thread->rows);
	open_regions_finish(&thread->open_regions);
	free(thread);
}

void threads_free_ended(struct recording *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->thread_count; i++) {
		if (r->thread[i]->is_ended && !r->thread[i]->slot)
			thread_finish(r->thread[i]);
		else
			r->thread[kept++] = r->thread[i];
	}
	r->thread_count = kept;
}
