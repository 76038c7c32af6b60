/* Processes of a recording; see recorded_process.h. */
#include "recorder/recorded_process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "recorder/clocks.h"
#include "recorder/process_usage.h"
#include "recorder/recording.h"
#include "recorder/say.h"
#include "recorder/unfollowed.h"

/* A dead process waits so long for somebody who knows how it ended. */
#define KEPT_NS 20000000u

/* Between the word of a process that it ends, and our notice of its death. */
#define SEEN_LATE_NS 20000000u

/* Since linux 5.3; glibc 2.36 has a wrapper in a header that older ones lack. */
static int open_pid(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* ------------------------------------------------------------- it appears */

static struct recorded_process *add_process(struct recording *r, uint32_t number,
	pid_t pid, uint64_t start_ns)
{
	struct recorded_process **grown =
		realloc(r->process, (r->process_count + 1) * sizeof *r->process);
	struct recorded_process *process = calloc(1, sizeof *process);

	if (grown)
		r->process = grown;
	if (!grown || !process) {
		free(process);
		recording_no_memory(r);
		return NULL;
	}
	process->number = number;
	process->pid = pid;
	process->start_ns = start_ns;
	process->end.exit_status = -1;
	process->pid_fd = open_pid(pid);
	if (process->pid_fd >= 0 && r->wake_fd >= 0) {
		struct epoll_event once = {.events = EPOLLIN | EPOLLONESHOT};
		epoll_ctl(r->wake_fd, EPOLL_CTL_ADD, process->pid_fd, &once);
	}
	r->process[r->process_count++] = process;
	return process;
}

/* What it runs, as it was told: NUL behind the path and behind each argument. */
static void take_words(struct recording *r, struct recorded_process *process,
	const char *text, size_t size)
{
	char *copy = size && text[size - 1] == '\0' ? malloc(size) : NULL;

	if (!copy && size && text[size - 1] == '\0')
		recording_no_memory(r);
	if (!copy)
		return;
	memcpy(copy, text, size);
	free(process->words);
	process->words = copy;
	process->words_bytes = size;
}

/* What is told of its image; the arguments' ids are the caller's to free. */
struct told_image {
	uint32_t executable;
	struct ptf_ids arguments;
	struct ptf_attribute attribute; /* at most one */
	struct ptf_attributes attributes;
	char version[32];
};

static void describe(const struct recorded_process *process, struct told_image *told)
{
	const char *why = unfollowed_words(process->not_followed);
	uint32_t version = process->python_version;

	if (process->is_unfollowed && why) {
		told->attribute =
			(struct ptf_attribute){PTF_TEXT("recorder.not_followed"),
				{why, strlen(why)}};
	} else if (version) {
		int size = snprintf(told->version, sizeof told->version, "%u.%u.%u",
			version >> 24, version >> 16 & 255, version >> 8 & 255);
		told->attribute = (struct ptf_attribute){PTF_TEXT("python.version"),
			{told->version, (size_t)size}};
	}
	told->attributes =
		(struct ptf_attributes){&told->attribute, told->attribute.key.size != 0};
}

static void tell_image(struct recording *r, const struct recorded_process *process,
	struct told_image *told)
{
	const char *end = process->words + process->words_bytes;
	const char *word = process->words;
	uint32_t *item;

	*told = (struct told_image){0};
	describe(process, told);
	if (!word)
		return;
	told->executable = recording_string(r, word);
	item = malloc(PROCESS_ARGUMENTS_MAX * sizeof *item);
	if (!item) {
		recording_no_memory(r);
		return;
	}
	told->arguments.item = item;
	for (word += strlen(word) + 1; word < end && r->keep_arguments &&
		told->arguments.count < PROCESS_ARGUMENTS_MAX;
		word += strlen(word) + 1)
		item[told->arguments.count++] = recording_string(r, word);
}

static void forget_told(struct told_image *told)
{
	free((void *)(uintptr_t)told->arguments.item);
}

static void define(struct recording *r, struct recorded_process *process)
{
	const uint32_t *parent =
		idmap_get(&r->section.process_ids, process->parent_number);
	struct told_image told;
	struct ptf_error err;

	tell_image(r, process, &told);
	struct ptf_process definition = {
		.pid = (uint32_t)process->pid,
		.parent = parent ? *parent : 0,
		.start_ns = recording_time(r, process->start_ns),
		.executable = told.executable,
		.arguments = told.arguments,
		.attributes = told.attributes,
	};
	if (recording_is_sound(r))
		recording_check(r,
			ptf_writer_process(r->section.writer, &definition, &process->id,
				&err),
			&err);
	if (idmap_set(&r->section.process_ids, process->number, process->id) < 0)
		recording_no_memory(r);
	forget_told(&told);
}

void process_leave_section(struct recording *r, struct recorded_process *process)
{
	process_memory_leave_section(r, process);
	gauges_write(r, process);
	awaits_leave_section(r, process, r->section.end_ns);
}

void process_enter_section(struct recording *r, struct recorded_process *process)
{
	idmap_finish(&process->frames);
	codes_enter_section(&process->codes);
	awaits_enter_section(&process->awaits);
	gauges_enter_section(&process->gauges);
	process->main_thread = 0;
	define(r, process);
	process_memory_enter_section(r, process);
}

/* Its first definition. */
static void begin_process(struct recording *r, struct recorded_process *process,
	uint32_t parent_number)
{
	struct recorded_process *maker = process_find(r, parent_number);

	process->parent_number = parent_number;
	if (maker)
		maker->has_children = true;
	define(r, process);
}

/* It runs another program. */
static void write_image(struct recording *r, const struct recorded_process *process,
	uint64_t time_ns)
{
	struct told_image told;

	tell_image(r, process, &told);
	struct ptf_process_image fact = {
		.process = process->id,
		.time_ns = recording_time(r, time_ns),
		.executable = told.executable,
		.arguments = told.arguments,
		.attributes = told.attributes,
	};
	recording_facts(r,
		&(struct ptf_facts){.process_images = &fact, .process_image_count = 1});
	forget_told(&told);
}

/* The words of a command as records have them. */
static void take_command(struct recording *r, struct recorded_process *process,
	const char *executable, char *const *command)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to) {
		recording_no_memory(r);
		return;
	}
	fwrite(executable, 1, strlen(executable) + 1, to);
	for (size_t i = 0; command[i] && i < PROCESS_ARGUMENTS_MAX; i++)
		fwrite(command[i], 1, strlen(command[i]) + 1, to);
	if (fclose(to) == 0)
		take_words(r, process, text, size);
	else
		recording_no_memory(r);
	free(text);
}

struct recorded_process *process_begin_first(struct recording *r, pid_t pid,
	const char *executable, char *const *command)
{
	struct recorded_process *process =
		add_process(r, PREC_FIRST_PROCESS, pid, r->section.origin_ns);

	if (!process)
		return NULL;
	take_command(r, process, executable, command);
	process->cwd = strdup(r->cwd);
	begin_process(r, process, 0);
	return process;
}

/* ------------------------------------------------------------ its images */

static void read_cwd(struct recorded_process *process)
{
	char link[64], cwd[4096];

	snprintf(link, sizeof link, "/proc/%d/cwd", (int)process->pid);
	ssize_t length = readlink(link, cwd, sizeof cwd - 1);
	if (length <= 0)
		return;
	cwd[length] = '\0';
	free(process->cwd);
	process->cwd = strdup(cwd);
}

static void free_image(struct recorded_process *process)
{
	address_space_finish(&process->space);
	codes_finish(&process->codes);
	idmap_finish(&process->frames);
	awaits_finish(&process->awaits);
}

static void take_python(struct recorded_process *process, const struct prec_image *image)
{
	process->generation = image->generation;
	process->image_ns = image->time_ns;
	process->is_unfollowed = false;
	process->python_version = image->python_version;
	process->python = (struct python_process){
		.version = image->is_readable ? python_version_find(image->python_version)
					      : NULL,
		.runtime = image->python_runtime,
		.code_type = image->python_code_type,
		.generation = image->generation,
	};
	if (image->python_version && !process->python.version)
		note("this build of Python %u.%u is not known to prec: recorded as "
		     "native code",
			image->python_version >> 24, image->python_version >> 16 & 255);
}

/* What a forked process has of its parent, when that still runs the image. */
static void inherit(struct recording *r, struct recorded_process *process,
	const struct prec_image *image)
{
	const struct recorded_process *parent = process_find(r, image->parent);

	if (!parent)
		return;
	take_words(r, process, parent->words, parent->words_bytes);
	if (parent->cwd && !process->cwd)
		process->cwd = strdup(parent->cwd);
	if (parent->generation == image->parent_generation &&
		address_space_copy(&process->space, &parent->space) < 0)
		recording_no_memory(r);
}

static struct recorded_process *begin(struct recording *r, struct prec_slot *slot,
	const struct prec_image *image, const char *text)
{
	struct recorded_process *process = add_process(r, slot->process,
		(pid_t)atomic_load(&slot->pid), image->time_ns);

	if (!process)
		return NULL;
	take_python(process, image);
	address_space_init(&process->space, process->pid,
		process->python.version != NULL);
	read_cwd(process);
	if (image->parent_generation)
		inherit(r, process, image);
	else
		take_words(r, process, text, image->text_bytes);
	begin_process(r, process, image->parent);
	return process;
}

/* The first record of a ring that begins an image. */
static bool load_image(const struct recording *r, struct prec_slot *slot,
	struct prec_image *image, char text[PREC_COMMAND_MAX])
{
	const uint64_t *words = prec_ring_words(r->shm, (uint32_t)(slot - r->shm->slot));
	uint64_t tail = atomic_load(&slot->tail);
	const size_t fixed = sizeof *image / 8;

	if (atomic_load_explicit(&slot->head, memory_order_acquire) == tail)
		return false;
	prec_ring_load(words, tail, image, fixed);
	if (image->record.type != PREC_RECORD_IMAGE ||
		image->text_bytes > PREC_COMMAND_MAX ||
		image->record.size_words != fixed + prec_words(image->text_bytes))
		return false;
	prec_ring_load(words, tail + fixed, text, prec_words(image->text_bytes));
	return true;
}

struct recorded_process *process_find(const struct recording *r, uint32_t number)
{
	for (size_t i = r->process_count; i-- > 0;)
		if (r->process[i]->number == number)
			return r->process[i];
	return NULL;
}

static bool has_older_ring(const struct recording *r,
	const struct recorded_process *process, uint32_t generation)
{
	for (size_t i = 0; i < r->thread_count; i++)
		if (r->thread[i]->process == process && r->thread[i]->slot &&
			r->thread[i]->generation < generation)
			return true;
	return false;
}

struct recorded_process *process_of_slot(struct recording *r, struct prec_slot *slot)
{
	static char text[PREC_COMMAND_MAX];
	struct recorded_process *process = process_find(r, slot->process);
	struct prec_image image;

	if (process && process->generation == slot->generation)
		return process;
	if (process && has_older_ring(r, process, slot->generation)) {
		process->waits = true;
		return NULL;
	}
	if (!slot->begins_image || !load_image(r, slot, &image, text)) {
		if (process)
			process->waits = true;
		return NULL;
	}
	if (!process)
		return begin(r, slot, &image, text);
	awaits_write(r, process);
	process_memory_leave_image(r, process, image.time_ns);
	free_image(process);
	process_take_image(r, process, &image, text);
	return process;
}

void process_take_image(struct recording *r, struct recorded_process *process,
	const struct prec_image *image, const char *text)
{
	/* Of a process that enters it, it was read when the ring was first seen;
	   one that could not be left after all is entered again. */
	if (process->generation == image->generation && !process->is_unfollowed) {
		process->image_ns = image->time_ns;
		return;
	}
	take_python(process, image);
	process_forget_space(process);
	for (size_t i = 0; i < r->thread_count; i++)
		if (r->thread[i]->process == process)
			offcpu_forget_image(r->thread[i]);
	read_cwd(process);
	take_words(r, process, text, image->text_bytes);
	write_image(r, process, image->time_ns);
}

/* The parents of what is told may still wait in their rings: they are not. */
void process_take_unfollowed(struct recording *r, const struct prec_unfollowed *told)
{
	struct recorded_process *process =
		told->process ? process_find(r, told->process) : NULL;

	if (!process && (told->process || !told->pid))
		return;
	if (!process) {
		uint32_t number = atomic_fetch_add(&r->shm->process_count, 1) + 1;
		process = add_process(r, number, (pid_t)told->pid, told->time_ns);
		if (!process)
			return;
		process->is_unfollowed = true;
		process->not_followed = told->reason;
		take_words(r, process, told->path, strlen(told->path) + 1);
		address_space_init(&process->space, process->pid, false);
		begin_process(r, process, told->parent);
		return;
	}
	/* The program could not be executed after all, and went on. */
	if (told->time_ns < process->image_ns)
		return;
	process_memory_leave_image(r, process, told->time_ns);
	process->is_unfollowed = true;
	process->not_followed = told->reason;
	process->python = (struct python_process){0};
	process_forget_space(process);
	for (size_t i = 0; i < r->thread_count; i++)
		if (r->thread[i]->process == process)
			offcpu_forget_image(r->thread[i]);
	take_words(r, process, told->path, strlen(told->path) + 1);
	write_image(r, process, told->time_ns);
}

void process_forget_space(struct recorded_process *process)
{
	address_space_finish(&process->space);
	address_space_init(&process->space, process->pid,
		process->python.version != NULL);
}

/* --------------------------------------------------------------- its end */

void process_take_end(struct recorded_process *process,
	const struct prec_process_end *record)
{
	struct ptf_process_end *end = &process->end;

	process->exit_ns = record->time_ns;
	end->maximum_rss_bytes = record->maximum_rss_bytes;
	if (end->exit_status < 0)
		end->exit_status = record->exit_status;
	/* Its remains may have been read first, and know more. */
	if (record->cpu_ns <= end->cpu_ns)
		return;
	end->cpu_ns = record->cpu_ns;
	end->user_ns = record->user_ns;
	end->system_ns = record->system_ns;
	end->minor_fault_count = record->minor_fault_count;
	end->major_fault_count = record->major_fault_count;
}

void process_take_child_end(struct recording *r, const struct prec_child_end *record)
{
	struct recorded_process *process = NULL;

	for (size_t i = 0; i < r->process_count; i++)
		if (r->process[i]->pid == (pid_t)record->pid)
			process = r->process[i];
	if (!process)
		return;
	struct ptf_process_end *end = &process->end;
	if (end->exit_status < 0)
		end->exit_status = record->exit_status;
	/* What its own children used cannot be told from its own. */
	if (process->has_children || end->cpu_ns)
		return;
	end->user_ns = record->tree_user_ns;
	end->system_ns = record->tree_system_ns;
	end->cpu_ns = end->user_ns + end->system_ns;
}

static void look_at_dead(struct recording *r, struct recorded_process *process,
	uint64_t now_ns)
{
	bool is_first = process->number == PREC_FIRST_PROCESS;

	process->is_dead = true;
	process->died_ns = now_ns;
	process_usage_read(process->pid, process->pid_fd, &process->end,
		is_first ? &r->children_cpu_ns : NULL);
	if (is_first)
		process_usage_read_child(process->pid, &process->end);
	if (!process->end.maximum_rss_bytes)
		process->end.maximum_rss_bytes =
			(uint64_t)process->gauges.series[GAUGE_RSS].maximum;
}

void processes_poll(struct recording *r)
{
	uint64_t now_ns = clock_now_ns();

	for (size_t i = 0; i < r->process_count; i++) {
		struct recorded_process *process = r->process[i];
		if (process->is_dead)
			continue;
		uint64_t cpu_ns = clock_process_cpu_ns(process->pid);
		if (cpu_ns > process->cpu_ns)
			process->cpu_ns = cpu_ns;
		if (process_is_dead(process->pid, process->pid_fd))
			look_at_dead(r, process, now_ns);
	}
}

/* The main thread has what no other had; without a word of the process at
   least what its own samples say. */
static uint64_t main_cpu_ns(const struct recorded_process *process,
	const struct recorded_thread *thread)
{
	uint64_t cpu_ns = process->cpu_ns, known_ns = thread_known_cpu_ns(thread);
	bool is_exact = process->end.cpu_ns >= cpu_ns;

	if (is_exact)
		cpu_ns = process->end.cpu_ns;
	cpu_ns = cpu_ns > process->ended_cpu_ns ? cpu_ns - process->ended_cpu_ns : 0;
	return is_exact || cpu_ns > known_ns ? cpu_ns : known_ns;
}

static void end_threads(struct recording *r, struct recorded_process *process,
	uint64_t time_ns)
{
	struct recorded_thread *main_thread = NULL;

	for (size_t i = 0; i < r->thread_count; i++) {
		struct recorded_thread *thread = r->thread[i];
		if (thread->process != process)
			continue;
		if (thread->is_main && !thread->is_ended) {
			main_thread = thread;
			continue;
		}
		if (!thread->is_ended)
			thread_end_overtaken(r, thread);
		if (thread->slot)
			thread_release_slot(r, thread);
	}
	/* A program that never loaded the agent has no thread yet. */
	if (!main_thread && !process->generation)
		main_thread =
			thread_add(r, process, (uint32_t)process->pid, process->start_ns);
	if (!main_thread)
		return;
	thread_end(r, main_thread, time_ns, main_cpu_ns(process, main_thread));
	if (main_thread->slot)
		thread_release_slot(r, main_thread);
}

/* It said that it ends a moment before it did, unless something kept it. */
static uint64_t end_time_ns(const struct recorded_process *process)
{
	bool was_seen_late = process->died_ns - process->exit_ns > SEEN_LATE_NS;

	return process->exit_ns && was_seen_late ? process->exit_ns : process->died_ns;
}

static void end_process(struct recording *r, struct recorded_process *process)
{
	struct ptf_process_end *end = &process->end;
	uint64_t time_ns = end_time_ns(process);

	end_threads(r, process, time_ns);
	process_memory_write(r, process, INT64_MAX);
	gauges_write(r, process);
	awaits_end(process, time_ns);
	awaits_write(r, process);
	/* Of one that was killed what its threads are known to have used. */
	if (process->cpu_ns > end->cpu_ns)
		end->cpu_ns = process->cpu_ns;
	if (process->ended_cpu_ns > end->cpu_ns)
		end->cpu_ns = process->ended_cpu_ns;
	end->process = process->id;
	end->time_ns = recording_time(r, time_ns);
	recording_facts(r,
		&(struct ptf_facts){.process_ends = end, .process_end_count = 1});
	if (process->number != PREC_FIRST_PROCESS)
		r->ended_cpu_ns += end->cpu_ns;
	if (process->number != PREC_FIRST_PROCESS && process->is_unfollowed) {
		r->unfollowed_cpu_ns += end->cpu_ns;
		r->unfollowed_count++;
	}
}

/*
 * Whether how it ended may still be told: it was reaped between two looks, and
 * its parent has not come to say it. A descriptor of it knows it afterwards.
 */
static bool may_learn(struct recorded_process *process, uint64_t now_ns)
{
	struct ptf_process_end *end = &process->end;

	if (end->exit_status < 0)
		process_usage_read(process->pid, process->pid_fd, end, NULL);
	return end->exit_status < 0 && now_ns - process->died_ns < KEPT_NS;
}

bool processes_end_dead(struct recording *r)
{
	size_t kept = 0;
	uint64_t now_ns = clock_now_ns();
	bool keeps = false;

	for (size_t i = 0; i < r->process_count; i++) {
		struct recorded_process *process = r->process[i];
		if (process->is_dead && !process->waits && may_learn(process, now_ns)) {
			keeps = true;
			r->process[kept++] = process;
		} else if (process->is_dead && !process->waits) {
			end_process(r, process);
			threads_free_ended(r);
			process_finish(r, process);
		} else {
			r->process[kept++] = process;
		}
	}
	r->process_count = kept;
	return keeps;
}

void process_leave(struct recording *r, struct recorded_process *process)
{
	for (size_t i = 0; i < r->thread_count; i++)
		if (r->thread[i]->process == process)
			thread_leave(r, r->thread[i]);
	process_memory_write(r, process, INT64_MAX);
	gauges_write(r, process);
	awaits_end(process, clock_now_ns());
	awaits_write(r, process);
}

void process_finish(struct recording *r, struct recorded_process *process)
{
	gauges_finish(&process->gauges);
	debugger_finish(r, process);
	process_memory_finish(&process->memory);
	free_image(process);
	if (process->pid_fd >= 0)
		close(process->pid_fd);
	free(process->words);
	free(process->cwd);
	free(process);
}
