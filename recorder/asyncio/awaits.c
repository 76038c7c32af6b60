/* Time awaited; see awaits.h. */
#include "recorder/asyncio/awaits.h"

#include <stdlib.h>
#include <string.h>

#include "recorder/clocks.h"
#include "recorder/recording.h"
#include "recorder/stacks.h"

#define LOOK_INTERVAL_NS 20000000u
#define COST_MAX         100u /* at most a hundredth of a processor */

/*
 * While asyncio is imported its tasks are not there yet. The search reads all of
 * sys.modules: it is made ever more rarely, until more of asyncio is seen to run.
 */
#define SEARCH_INTERVAL_NS     20000000u
#define SEARCH_INTERVAL_MAX_NS 1000000000u

void awaits_note_file(struct recorded_process *process, const char *file)
{
	struct awaits *awaits = &process->awaits;

	if (!strstr(file, "/asyncio/"))
		return;
	awaits->is_wanted = true;
	awaits->search_ns = awaits->search_interval_ns = 0;
}

/* Whether the tasks are known now. */
static bool find(struct recording *r, struct recorded_process *process, uint64_t now_ns)
{
	struct awaits *awaits = &process->awaits;

	if (awaits->tasks.task_type)
		return true;
	if (now_ns < awaits->search_ns)
		return false;
	remote_memory_init(&r->memory, process->pid);
	if (asyncio_tasks_find(&r->memory.memory, &process->python, &awaits->tasks))
		return true;
	awaits->search_interval_ns = awaits->search_interval_ns * 2 + SEARCH_INTERVAL_NS;
	if (awaits->search_interval_ns > SEARCH_INTERVAL_MAX_NS)
		awaits->search_interval_ns = SEARCH_INTERVAL_MAX_NS;
	awaits->search_ns = now_ns + awaits->search_interval_ns;
	return false;
}

/* -------------------------------------------------------------- one look */

/* What a task was found in. */
#define NOT_SUSPENDED 0u
#define NOT_READ      UINT32_MAX

/* The stack of a chain, whose code objects are read when they are new. */
static uint32_t node_of(struct recording *r, struct recorded_process *process,
	const struct await_chain *chain)
{
	uint32_t node = 0;

	for (size_t i = 0; i < chain->count; i++) {
		const struct python_frame *frame = &chain->frame[i];
		if (!codes_find(&process->codes, frame->key) &&
			!codes_add_remote(r, process, frame->key, frame->code))
			return NOT_READ;
		node = stacks_python_call(r, process, node,
			&(struct prec_frame){frame->key, frame->instruction, 1});
	}
	return node;
}

static uint32_t read_task(struct recording *r, struct recorded_process *process,
	uintptr_t coroutine)
{
	static struct await_chain chain; /* too large for a stack */

	switch (coroutine_read(&r->memory.memory, &process->python,
		&process->awaits.types, coroutine, &chain)) {
	case COROUTINE_SUSPENDED:
		return node_of(r, process, &chain);
	case COROUTINE_ACTIVE:
		return NOT_SUSPENDED;
	default:
		return NOT_READ;
	}
}

static struct awaited *awaited_of(struct recording *r, struct awaits *awaits,
	uint32_t node)
{
	const uint32_t *place = idmap_get(&awaits->place, node);

	if (place)
		return &awaits->chain[*place];
	if (awaits->count == awaits->capacity) {
		size_t capacity = awaits->capacity * 2 + 64;
		void *grown = realloc(awaits->chain, capacity * sizeof *awaits->chain);
		if (!grown) {
			recording_no_memory(r);
			return NULL;
		}
		awaits->chain = grown;
		awaits->capacity = capacity;
	}
	if (idmap_set(&awaits->place, node, (uint32_t)awaits->count) < 0) {
		recording_no_memory(r);
		return NULL;
	}
	struct awaited *awaited = &awaits->chain[awaits->count++];
	*awaited = (struct awaited){.node = node};
	return awaited;
}

/*
 * The chains of all tasks into next_count. Tasks that are not the same when they
 * are read again were read while they ran. Returns how many could not be read.
 */
static double see_tasks(struct recording *r, struct recorded_process *process)
{
	static struct task_list list;
	static uint32_t node[TASKS_PER_LOOK];
	struct awaits *awaits = &process->awaits;
	uint64_t before_ns = clock_process_cpu_ns(process->pid);
	size_t lost_count;

	remote_memory_init(&r->memory, process->pid);
	asyncio_tasks_list(&r->memory.memory, &process->python, &awaits->tasks,
		(uint32_t)random(), &list);
	for (size_t i = 0; i < list.count; i++)
		node[i] = read_task(r, process, list.coroutine[i]);
	awaits->cpu_ns = clock_process_cpu_ns(process->pid);
	if (awaits->cpu_ns != before_ns) {
		remote_memory_init(&r->memory, process->pid);
		for (size_t i = 0; i < list.count; i++)
			if (node[i] != NOT_SUSPENDED &&
				read_task(r, process, list.coroutine[i]) != node[i])
				node[i] = NOT_READ;
		/* It may have run since it was read. */
		awaits->cpu_ns = 0;
	}
	lost_count = list.torn_count;
	for (size_t i = 0; i < list.count && recording_is_sound(r); i++) {
		struct awaited *awaited = NULL;
		if (node[i] == NOT_READ)
			lost_count++;
		else if (node[i] != NOT_SUSPENDED)
			awaited = awaited_of(r, awaits, node[i]);
		if (awaited)
			awaited->next_count += list.stands_for;
	}
	return (double)lost_count * list.stands_for;
}

/* Half of the time since the last look to what was seen at either end. */
static void share(struct awaits *awaits, uint64_t interval_ns)
{
	for (size_t i = 0; i < awaits->count; i++) {
		struct awaited *awaited = &awaits->chain[i];
		awaited->await_ns += (awaited->task_count + awaited->next_count) / 2 *
			(double)interval_ns;
		awaited->n += (uint64_t)(awaited->next_count + 0.5);
		awaited->task_count = awaited->next_count;
		awaited->next_count = 0;
	}
}

/* Chains have ids of the section before no more: they were what they are. */
static void see_since_seam(struct awaits *awaits)
{
	for (size_t i = 0; i < awaits->count && awaits->is_at_seam; i++)
		awaits->chain[i].task_count = awaits->chain[i].next_count;
	awaits->is_at_seam = false;
}

static void keep_counts(struct awaits *awaits)
{
	for (size_t i = 0; i < awaits->count; i++)
		awaits->chain[i].next_count = awaits->chain[i].task_count;
}

/*
 * Reads the tasks; returns how long to pause for it. What is new (functions, source
 * texts) costs once: of two times the lesser counts.
 */
static uint64_t read_anew(struct recording *r, struct recorded_process *process,
	uint64_t interval_ns)
{
	struct awaits *awaits = &process->awaits;
	uint64_t began_ns = clock_thread_cpu_ns(), before_ns = awaits->cost_ns;
	double lost_count = see_tasks(r, process);

	see_since_seam(awaits);
	r->lost.await_unread += (uint64_t)(lost_count + 0.5);
	r->lost.await_unread_ns += (uint64_t)(lost_count * (double)interval_ns);
	awaits->cost_ns = clock_thread_cpu_ns() - began_ns;
	return (awaits->cost_ns < before_ns ? awaits->cost_ns : before_ns) * COST_MAX;
}

static void look(struct recording *r, struct recorded_process *process, uint64_t now_ns)
{
	struct awaits *awaits = &process->awaits;
	uint64_t interval_ns = awaits->looked_ns ? now_ns - awaits->looked_ns : 0;
	uint64_t cpu_ns = clock_process_cpu_ns(process->pid);

	/* CPU time of 0 is a process that is gone. */
	if (!cpu_ns)
		return;
	if (awaits->looked_ns && awaits->cpu_ns == cpu_ns)
		keep_counts(awaits);
	else if (now_ns >= awaits->read_next_ns)
		awaits->read_next_ns = now_ns + read_anew(r, process, interval_ns);
	else
		return;
	share(awaits, interval_ns);
	awaits->looked_ns = now_ns;
	awaits->next_ns = now_ns + LOOK_INTERVAL_NS;
}

void awaits_end(struct recorded_process *process, uint64_t time_ns)
{
	struct awaits *awaits = &process->awaits;

	if (awaits->looked_ns && time_ns > awaits->looked_ns)
		share(awaits, time_ns - awaits->looked_ns);
	awaits->looked_ns = 0;
}

/* While recording is off nothing is awaited, and nothing seen before holds. */
static void forget_look(struct awaits *awaits)
{
	awaits->looked_ns = 0;
	for (size_t i = 0; i < awaits->count; i++)
		awaits->chain[i].task_count = 0;
}

void awaits_poll(struct recording *r)
{
	uint64_t now_ns = clock_now_ns();
	bool is_off = atomic_load(&r->shm->is_off);

	for (size_t i = 0; i < r->process_count && recording_is_sound(r); i++) {
		struct recorded_process *process = r->process[i];
		struct awaits *awaits = &process->awaits;
		if (!awaits->is_wanted || process->is_dead || !process->python.version)
			continue;
		if (is_off)
			forget_look(awaits);
		else if (now_ns >= awaits->next_ns && find(r, process, now_ns))
			look(r, process, now_ns);
	}
}

/* -------------------------------------------------------------- writing */

static uint32_t define_metric(struct recording *r)
{
	const struct ptf_metric metric = {
		.name = recording_string(r, "await"),
		.unit = recording_string(r, "ns"),
		.kind = PTF_METRIC_WEIGHT,
		.addition = PTF_ADD_SUM,
		.description = recording_string(r, "time that tasks were suspended"),
	};

	return recording_metric(r, &metric);
}

void awaits_write(struct recording *r, struct recorded_process *process)
{
	struct awaits *awaits = &process->awaits;
	struct ptf_aggregate *rows;
	struct ptf_error err;
	size_t row_count = 0;

	if (!awaits->count || !process->main_thread)
		return;
	rows = calloc(awaits->count, sizeof *rows);
	if (!rows) {
		recording_no_memory(r);
		return;
	}
	uint32_t class_id = recording_wait_class(r, "await");
	for (size_t i = 0; i < awaits->count; i++) {
		struct awaited *awaited = &awaits->chain[i];
		int64_t await_ns = (int64_t)awaited->await_ns;
		if (!await_ns)
			continue;
		rows[row_count++] = (struct ptf_aggregate){
			.node = awaited->node,
			.class_id = class_id,
			.thread = process->main_thread,
			.n = awaited->n,
			.sum = await_ns,
		};
		awaited->n = 0;
		awaited->await_ns -= (double)await_ns;
	}
	const struct ptf_aggregates aggregates = {
		.metric = row_count ? define_metric(r) : 0,
		.rows = rows,
		.count = row_count,
	};
	if (row_count && recording_is_sound(r))
		recording_check(r,
			ptf_writer_aggregates(r->section.writer, &aggregates, &err),
			&err);
	free(rows);
}

void awaits_leave_section(struct recording *r, struct recorded_process *process,
	uint64_t seam_ns)
{
	struct awaits *awaits = &process->awaits;

	if (awaits->looked_ns && seam_ns > awaits->looked_ns) {
		keep_counts(awaits);
		share(awaits, seam_ns - awaits->looked_ns);
		awaits->looked_ns = seam_ns;
	}
	awaits_write(r, process);
}

void awaits_enter_section(struct awaits *awaits)
{
	idmap_finish(&awaits->place);
	awaits->count = 0;
	awaits->is_at_seam = true;
	/* Even if nothing has run since. */
	awaits->cpu_ns = 0;
	awaits->next_ns = awaits->read_next_ns = 0;
}

void awaits_finish(struct awaits *awaits)
{
	free(awaits->chain);
	idmap_finish(&awaits->place);
	*awaits = (struct awaits){0};
}
