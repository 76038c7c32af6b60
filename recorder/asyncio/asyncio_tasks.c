/* Tasks of asyncio; see asyncio_tasks.h. */
#include "recorder/asyncio/asyncio_tasks.h"

#include <string.h>

#include "recorder/asyncio/python_objects.h"

/* In PySetObject; an entry is a key and its hash. */
#define SET_USED        24u
#define SET_MASK        32u
#define SET_TABLE       40u
#define SET_ENTRY_BYTES 16u
#define SET_SLOTS_MAX   (UINT64_C(1) << 20)

#define WEAK_REFERENCE_OBJECT 16u

/* Longer lists are loops in torn data. */
#define LINKED_MAX  (UINT64_C(1) << 17)
#define THREADS_MAX 65536u

static uintptr_t main_interpreter(struct python_memory *memory,
	const struct python_process *process)
{
	uintptr_t interpreter;

	return python_read_pointer(memory,
		       process->runtime + process->version->runtime_main_interpreter,
		       &interpreter)
		? interpreter
		: 0;
}

bool asyncio_tasks_find(struct python_memory *memory,
	const struct python_process *process, struct asyncio_tasks *tasks)
{
	const struct python_version *v = process->version;
	uintptr_t interpreter = main_interpreter(memory, process);
	uintptr_t modules, module, names, type;

	if (!v->asyncio.task_coroutine || !interpreter ||
		!python_read_pointer(memory, interpreter + v->asyncio.interpreter_modules,
			&modules))
		return false;
	module = python_dict_find(memory, v, modules, "asyncio.tasks");
	if (!module || !python_read_pointer(memory, module + PYTHON_MODULE_DICT, &names))
		return false;
	type = python_dict_find(memory, v, names, "_CTask");
	if (v->asyncio.list != PYTHON_TASKS_LINKED) {
		/* The last thing that the module does is to take the set that is used
		   in place of its own; only then it has this name. */
		if (!python_dict_find(memory, v, names, "_c_register_task"))
			return false;
		tasks->weak_set = python_dict_find(memory, v, names,
			v->asyncio.list == PYTHON_TASKS_ALL ? "_all_tasks"
							    : "_scheduled_tasks");
		if (!tasks->weak_set)
			return false;
	}
	tasks->task_type = type;
	return type != 0;
}

/*
 * Which tasks a look takes, when there are more than there is room for: any has
 * the same chance, and each time others have it.
 */
struct choice {
	uint32_t random;
	uint32_t chance; /* of UINT32_MAX */
};

static struct choice choose(uint64_t task_count, uint32_t random, struct task_list *list)
{
	double chance = 1;

	if (task_count > TASKS_PER_LOOK)
		chance = TASKS_PER_LOOK * 0.75 / (double)task_count;
	list->stands_for = 1 / chance;
	return (struct choice){random, (uint32_t)(chance * UINT32_MAX)};
}

static bool is_chosen(const struct choice *choice, uint64_t number)
{
	uint64_t hash =
		(number ^ (uint64_t)choice->random << 32) * UINT64_C(0x9e3779b97f4a7c15);

	hash = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	return (uint32_t)(hash >> 32) <= choice->chance;
}

/* Adds a task's coroutine. What is no task is passed over. */
static void add_task(struct python_memory *memory, const struct python_version *v,
	const struct asyncio_tasks *tasks, uintptr_t task, struct task_list *list)
{
	uintptr_t type, coroutine;

	if (list->count == TASKS_PER_LOOK)
		return;
	if (!python_read_pointer(memory, task + PYTHON_OBJECT_TYPE, &type) ||
		!python_read_pointer(memory, task + v->asyncio.task_coroutine,
			&coroutine))
		list->torn_count++;
	else if (coroutine && python_type_is(memory, type, tasks->task_type))
		list->coroutine[list->count++] = coroutine;
}

/* What a slot of the set refers to; 0 = nothing, or nothing any more. */
static uintptr_t referent(struct python_memory *memory, struct asyncio_tasks *tasks,
	uintptr_t reference)
{
	char name[PYTHON_TYPE_NAME_SIZE];
	uintptr_t type, object;

	if (!reference ||
		!python_read_pointer(memory, reference + PYTHON_OBJECT_TYPE, &type))
		return 0;
	if (!tasks->reference_type && python_type_name(memory, type, name) &&
		!strncmp(name, "weakref", strlen("weakref")))
		tasks->reference_type = type;
	/* Slots that were emptied hold an object of another type. */
	if (type != tasks->reference_type ||
		!python_read_pointer(memory, reference + WEAK_REFERENCE_OBJECT, &object))
		return 0;
	return object;
}

static void list_set(struct python_memory *memory, const struct python_version *v,
	struct asyncio_tasks *tasks, uint32_t random, struct task_list *list)
{
	uintptr_t set = python_first_attribute(memory, v, tasks->weak_set, "data");
	uintptr_t type, table, reference;
	char name[PYTHON_TYPE_NAME_SIZE];
	uint64_t mask, used;

	if (!set || !python_read_pointer(memory, set + PYTHON_OBJECT_TYPE, &type) ||
		!python_type_name(memory, type, name) || strcmp(name, "set") != 0 ||
		!memory->read(memory, set + SET_USED, &used, sizeof used) ||
		!memory->read(memory, set + SET_MASK, &mask, sizeof mask) ||
		!python_read_pointer(memory, set + SET_TABLE, &table) ||
		mask >= SET_SLOTS_MAX || used > mask) {
		list->torn_count++;
		return;
	}
	const struct choice choice = choose(used, random, list);
	for (uint64_t slot = 0; slot <= mask; slot++) {
		if (!is_chosen(&choice, slot))
			continue;
		if (!python_read_pointer(memory, table + slot * SET_ENTRY_BYTES,
			    &reference)) {
			list->torn_count++;
			return;
		}
		uintptr_t task = referent(memory, tasks, reference);
		if (task)
			add_task(memory, v, tasks, task, list);
	}
}

/* How many there are is what was counted the last time. */
static void list_linked(struct python_memory *memory,
	const struct python_process *process, struct asyncio_tasks *tasks,
	uint32_t random, struct task_list *list)
{
	const struct python_version *v = process->version;
	const struct choice choice = choose(tasks->count, random, list);
	uint64_t seen = 0;
	uintptr_t interpreter = main_interpreter(memory, process);
	uintptr_t thread = 0, node;

	if (interpreter)
		python_read_pointer(memory, interpreter + v->interpreter_threads,
			&thread);
	for (uint32_t i = 0; thread && i < THREADS_MAX; i++) {
		uintptr_t head = thread + v->asyncio.thread_tasks;
		bool is_whole = python_read_pointer(memory, head, &node);
		while (is_whole && node && node != head && seen < LINKED_MAX) {
			if (is_chosen(&choice, seen++))
				add_task(memory, v, tasks, node - v->asyncio.task_node,
					list);
			is_whole = python_read_pointer(memory, node, &node);
		}
		if (!is_whole)
			list->torn_count++;
		if (!python_read_pointer(memory, thread + v->thread_next, &thread))
			break;
	}
	tasks->count = seen;
}

void asyncio_tasks_list(struct python_memory *memory,
	const struct python_process *process, struct asyncio_tasks *tasks,
	uint32_t random, struct task_list *list)
{
	list->count = 0;
	list->torn_count = 0;
	list->stands_for = 1;
	if (process->version->asyncio.list == PYTHON_TASKS_LINKED)
		list_linked(memory, process, tasks, random, list);
	else
		list_set(memory, process->version, tasks, random, list);
}
