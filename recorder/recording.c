/* The state of a recording, its processes and threads; see recording.h. */
#include "recorder/recording.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/host.h"
#include "recorder/say.h"
#include "recorder/stacks.h"

/* Rows younger than this wait for the next flush: a handler may still be
   writing one that is earlier. */
#define ROW_SETTLE_NS 5000000u

#define ARGUMENTS_MAX 4096u

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

/* ------------------------------------------------------------- the process */

static void write_facts(struct recording *r, const struct ptf_facts *facts)
{
	struct ptf_error err;

	if (recording_is_sound(r))
		recording_check(r, ptf_writer_facts(r->writer, facts, &err), &err);
}

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

static void define_process(struct recording *r, const struct recording_start *start)
{
	static uint32_t arguments[ARGUMENTS_MAX];
	struct ptf_process process = {
		.pid = (uint32_t)r->pid,
		.executable = recording_string(r, start->executable),
		.arguments.item = arguments,
	};
	struct ptf_error err;

	for (; r->keep_arguments && process.arguments.count < ARGUMENTS_MAX &&
		start->command[process.arguments.count];
		process.arguments.count++)
		arguments[process.arguments.count] =
			recording_string(r, start->command[process.arguments.count]);
	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_process(r->writer, &process, &r->process, &err), &err);
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
	host_add(&host, "sampling.source",
		r->shm->source == PREC_SOURCE_PERF ? "perf" : "timer");
	snprintf(rate, sizeof rate, "%g", start->rate_hz);
	host_add(&host, "sampling.rate_hz", rate);
	section.attributes = (struct ptf_attributes){host.item, host.count};
	recording_check(r, ptf_writer_open(&r->writer, start->fd, NULL, &section, &err),
		&err);
	host_finish(&host);

	write_clock(r);
	define_process(r, start);
	r->unsampled_node = stacks_node(r, 0, stacks_synthetic_frame(r, "[unsampled]"));
	r->elided_frame = stacks_synthetic_frame(r, "[elided]");
	r->unknown_frame = stacks_synthetic_frame(r, "[unknown code]");
	return recording_is_sound(r);
}

/* The words of /proc/PID/cmdline as string ids. */
static size_t read_arguments(struct recording *r, uint32_t *arguments)
{
	char path[64], text[65536];
	size_t count = 0;

	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)r->pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	for (char *at = text; at < text + length && count < ARGUMENTS_MAX;
		at += strlen(at) + 1)
		arguments[count++] = recording_string(r, at);
	return count;
}

void recording_begin_image(struct recording *r, const struct prec_image *image)
{
	static uint32_t arguments[ARGUMENTS_MAX];
	char link[64], exe[4096], version[32];
	struct ptf_attribute attribute = {PTF_TEXT("python.version"), {version, 0}};
	struct ptf_process_image fact = {
		.process = r->process,
		.time_ns = recording_time(r, image->time_ns),
		.arguments.item = arguments,
	};

	r->generation = image->generation;
	r->python = (struct python_process){
		.version = image->is_readable ? python_version_find(image->python_version)
					      : NULL,
		.runtime = image->python_runtime,
		.code_type = image->python_code_type,
		.generation = image->generation,
	};
	if (image->python_version && !r->python.version)
		note("this build of Python %u.%u is not known to prec: recorded as "
		     "native code",
			image->python_version >> 24, image->python_version >> 16 & 255);
	address_space_finish(&r->space);
	address_space_init(&r->space, r->pid, r->python.version != NULL);
	for (size_t i = 0; i < r->thread_count; i++)
		offcpu_forget_image(r->thread[i]);

	snprintf(link, sizeof link, "/proc/%d/exe", (int)r->pid);
	ssize_t length = readlink(link, exe, sizeof exe - 1);
	exe[length > 0 ? length : 0] = '\0';
	if (length > 0)
		fact.executable = recording_string(r, exe);
	if (r->keep_arguments)
		fact.arguments.count = read_arguments(r, arguments);
	if (image->python_version) {
		int size = snprintf(version, sizeof version, "%u.%u.%u",
			image->python_version >> 24, image->python_version >> 16 & 255,
			image->python_version >> 8 & 255);
		attribute.value.size = (size_t)size;
		fact.attributes = (struct ptf_attributes){&attribute, 1};
	}
	write_facts(r,
		&(struct ptf_facts){.process_images = &fact, .process_image_count = 1});
}

/* ------------------------------------------------------------- its threads */

static struct recorded_thread *add_thread(struct recording *r, uint32_t tid,
	uint64_t start_time_ns)
{
	struct recorded_thread **grown =
		realloc(r->thread, (r->thread_count + 1) * sizeof *r->thread);
	struct recorded_thread *thread = calloc(1, sizeof *thread);
	struct ptf_thread definition = {
		.process = r->process,
		.tid = tid,
		.is_main = tid == (uint32_t)r->pid,
		.start_ns = recording_time(r, start_time_ns),
	};
	struct ptf_error err;

	if (grown)
		r->thread = grown;
	if (!grown || !thread) {
		free(thread);
		recording_no_memory(r);
		return NULL;
	}
	thread->tid = tid;
	thread->is_main = definition.is_main;
	thread->event_fd = -1;
	thread->rows.written_time_ns = INT64_MIN;
	r->thread[r->thread_count++] = thread;
	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_thread(r->writer, &definition, &thread->id, &err),
			&err);
	return thread;
}

struct recorded_thread *recording_thread(struct recording *r, struct prec_slot *slot)
{
	struct recorded_thread *thread = NULL;

	struct recorded_thread **of_slot = &r->thread_of_slot[slot - r->shm->slot];

	if (*of_slot)
		return *of_slot;
	for (size_t i = 0; i < r->thread_count; i++)
		if (r->thread[i]->tid == slot->tid && !r->thread[i]->is_ended)
			thread = r->thread[i];
	if (thread && thread->slot)
		return NULL;
	if (!thread && !(thread = add_thread(r, slot->tid, slot->start_time_ns)))
		return NULL;
	*of_slot = thread;
	thread->slot = slot;
	debugger_drop_event(thread);
	thread->generation = slot->generation;
	thread->drained = atomic_load(&slot->tail);
	thread->codes_drained = thread->drained;
	ticks_start(&thread->ticks, r->shm->period_ns, slot->start_cpu_ns);
	return thread;
}

/* The kernel's name of the thread, told when it is new. */
static void note_name(struct recording *r, struct recorded_thread *thread)
{
	char path[96], name[16] = "";

	snprintf(path, sizeof path, "/proc/%d/task/%u/comm", (int)r->pid, thread->tid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t length = read(fd, name, sizeof name - 1);
	close(fd);
	name[length > 0 ? length : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	if (!*name || !strcmp(name, thread->name))
		return;
	memcpy(thread->name, name, sizeof name);
	struct ptf_thread_name fact = {
		.thread = thread->id,
		.time_ns = recording_time(r, clock_now_ns()),
		.name = recording_string(r, name),
	};
	write_facts(r,
		&(struct ptf_facts){.thread_names = &fact, .thread_name_count = 1});
}

void recording_end_thread(struct recording *r, struct recorded_thread *thread,
	uint64_t time_ns, uint64_t cpu_ns)
{
	struct row rest = {
		.time_ns = recording_time(r, time_ns),
		.weight_ns = ticks_rest(&thread->ticks, cpu_ns),
		.node = r->unsampled_node,
		.class_id = PTF_CLASS_UNKNOWN,
	};
	struct ptf_thread_end fact = {
		.thread = thread->id,
		.time_ns = rest.time_ns,
		.cpu_ns = cpu_ns,
	};

	if (thread->is_ended)
		return;
	thread->is_ended = true;
	debugger_drop_event(thread);
	offcpu_end(r, thread, time_ns, cpu_ns);
	if (rest.weight_ns < 0)
		rows_take_back(&thread->rows, (uint64_t)-rest.weight_ns);
	if (rest.weight_ns > 0 && rows_add(&thread->rows, rest) < 0)
		recording_no_memory(r);
	rows_write(&thread->rows, r, thread->id, INT64_MAX);
	rows_finish(&thread->rows);
	r->ended_cpu_ns += cpu_ns;
	write_facts(r, &(struct ptf_facts){.thread_ends = &fact, .thread_end_count = 1});
}

void recording_end_overtaken_thread(struct recording *r, struct recorded_thread *thread)
{
	const struct offcpu *off = &thread->offcpu;
	uint64_t cpu_ns = thread->ticks.credited_ns;

	if (off->run_ns > cpu_ns)
		cpu_ns = off->run_ns;
	recording_end_thread(r, thread, off->polled_ns ? off->polled_ns : clock_now_ns(),
		cpu_ns);
}

/* --------------------------------------------------------- flush and end */

static void free_ended_threads(struct recording *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->thread_count; i++) {
		if (r->thread[i]->is_ended && !r->thread[i]->slot)
			free(r->thread[i]);
		else
			r->thread[kept++] = r->thread[i];
	}
	r->thread_count = kept;
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
			note_name(r, thread);
			if (thread->offcpu.polled_ns)
				offcpu_settle(r, thread, thread->offcpu.polled_ns);
		}
		rows_write(&thread->rows, r, thread->id,
			recording_time(r, now_ns - ROW_SETTLE_NS));
	}
	free_ended_threads(r);
	gauges_write(r);
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

static void write_losses(struct recording *r)
{
	const struct prec_shm *shm = r->shm;
	const struct {
		const char *kind;
		uint64_t count, weight_ns;
	} lost[] = {
		{"ring_full", r->lost.ring_full, 0},
		{"mark", r->lost.mark, 0},
		{"torn", r->lost.torn, 0},
		{"throttled", r->lost.throttled, 0},
		{"unread_code", r->lost.unread_code, 0},
		{"stack_elided", r->lost.stack_elided, 0},
		{"unknown_pc", r->lost.unknown_pc, 0},
		{"no_slot", atomic_load(&shm->no_slot_count), 0},
		{"source_refused", atomic_load(&shm->unarmed_count), 0},
		{"child_not_followed", atomic_load(&shm->unfollowed_child_count),
			r->children_cpu_ns},
		{"seccomp", atomic_load(&shm->sealed_count), 0},
		{"debugger", r->debugger.gap_count, r->debugger.gap_ns},
	};
	struct ptf_loss rows[sizeof lost / sizeof *lost];
	struct ptf_losses losses = {.rows = rows};
	struct ptf_error err;

	for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
		if (lost[i].count)
			rows[losses.count++] = (struct ptf_loss){
				.kind = recording_string(r, lost[i].kind),
				.process = r->process,
				.count = lost[i].count,
				.weight_ns = lost[i].weight_ns,
			};
	if (losses.count && recording_is_sound(r))
		recording_check(r, ptf_writer_losses(r->writer, &losses, &err), &err);
}

void recording_end(struct recording *r, uint64_t time_ns, uint64_t cpu_ns)
{
	struct recorded_thread *main_thread = NULL;
	struct ptf_process_end fact = {
		.process = r->process,
		.time_ns = recording_time(r, time_ns),
		.exit_status = r->exit_status,
		.cpu_ns = cpu_ns,
		.user_ns = r->user_ns,
		.system_ns = r->system_ns,
		.major_fault_count = r->major_fault_count,
		.minor_fault_count = r->minor_fault_count,
		.maximum_rss_bytes = r->maximum_rss_bytes,
	};
	struct ptf_error err;

	for (size_t i = 0; i < r->thread_count; i++) {
		struct recorded_thread *thread = r->thread[i];
		if (thread->slot)
			recording_count_losses(r, thread->slot);
		if (thread->is_main && !thread->is_ended) {
			main_thread = thread;
			continue;
		}
		if (!thread->is_ended)
			recording_end_overtaken_thread(r, thread);
	}
	/* A program that never loaded the agent has no thread yet. */
	if (!main_thread)
		main_thread = add_thread(r, (uint32_t)r->pid, r->origin_ns);
	if (main_thread)
		recording_end_thread(r, main_thread, time_ns,
			cpu_ns > r->ended_cpu_ns ? cpu_ns - r->ended_cpu_ns : 0);
	write_facts(r,
		&(struct ptf_facts){.process_ends = &fact, .process_end_count = 1});
	gauges_write(r);
	gauges_finish(&r->gauges);
	marks_write(r);
	debugger_finish(&r->debugger, time_ns);
	symbolize(r);
	write_losses(r);
	write_clock(r);
	if (recording_is_sound(r)) {
		struct ptf_writer *writer = r->writer;
		r->writer = NULL;
		recording_check(r, ptf_writer_close(writer, fact.time_ns, &err), &err);
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
	codes_finish(&r->codes);
	idmap_finish(&r->frames);
	idmap_finish(&r->modules);
	native_frames_finish(&r->native_frames);
	sources_finish(&r->sources);
	marks_finish(&r->marks);
	address_space_finish(&r->space);
}
