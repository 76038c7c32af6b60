#include "recorder/output/rejoin_ids.h"

#include <stdlib.h>

static int no_memory(struct ptf_error *err)
{
	*err = (struct ptf_error){.code = PTF_ERR_NOMEM, .message = "out of memory"};
	return PTF_ERR_NOMEM;
}

static int push(struct rejoin_ids *ids, enum rejoin_kind kind, uint32_t id,
	struct ptf_error *err)
{
	struct rejoin_map *map = &ids->map[kind];

	if (map->count == map->capacity) {
		size_t capacity = map->capacity * 2 + 64;
		uint32_t *grown = realloc(map->item, capacity * sizeof *grown);
		if (!grown)
			return no_memory(err);
		map->item = grown;
		map->capacity = capacity;
	}
	map->item[map->count++] = id;
	return 0;
}

uint32_t *rejoin_many(const struct rejoin_ids *ids, enum rejoin_kind kind,
	const uint32_t *id, size_t count)
{
	uint32_t *other = malloc((count + 1) * sizeof *other);

	for (size_t i = 0; other && i < count; i++)
		other[i] = rejoin_id(ids, kind, id[i]);
	return other;
}

/* Each defines one thing and remembers its id. */

static int define_string(struct rejoin_ids *ids, struct ptf_text text,
	struct ptf_error *err)
{
	uint32_t id;
	int rc = ptf_writer_string(ids->writer, text, &id, err);

	return rc < 0 ? rc : push(ids, REJOIN_STRING, id, err);
}

static int define_module(struct rejoin_ids *ids, struct ptf_module m,
	struct ptf_error *err)
{
	uint32_t id;

	m.path = rejoin_id(ids, REJOIN_STRING, m.path);
	int rc = ptf_writer_module(ids->writer, &m, &id, err);
	return rc < 0 ? rc : push(ids, REJOIN_MODULE, id, err);
}

static int define_function(struct rejoin_ids *ids, struct ptf_function f,
	struct ptf_error *err)
{
	uint32_t id;

	f.name = rejoin_id(ids, REJOIN_STRING, f.name);
	f.file = rejoin_id(ids, REJOIN_STRING, f.file);
	f.module = rejoin_id(ids, REJOIN_MODULE, f.module);
	int rc = ptf_writer_function(ids->writer, &f, &id, err);
	return rc < 0 ? rc : push(ids, REJOIN_FUNCTION, id, err);
}

static int define_frame(struct rejoin_ids *ids, struct ptf_frame f, struct ptf_error *err)
{
	uint32_t id;

	f.function = rejoin_id(ids, REJOIN_FUNCTION, f.function);
	f.module = rejoin_id(ids, REJOIN_MODULE, f.module);
	int rc = ptf_writer_frame(ids->writer, &f, &id, err);
	return rc < 0 ? rc : push(ids, REJOIN_FRAME, id, err);
}

static int define_node(struct rejoin_ids *ids, struct ptf_node n, struct ptf_error *err)
{
	uint32_t id;
	int rc = ptf_writer_node(ids->writer, rejoin_id(ids, REJOIN_NODE, n.parent),
		rejoin_id(ids, REJOIN_FRAME, n.frame), &id, err);

	return rc < 0 ? rc : push(ids, REJOIN_NODE, id, err);
}

static int define_metric(struct rejoin_ids *ids, struct ptf_metric m,
	struct ptf_error *err)
{
	uint32_t id;

	m.name = rejoin_id(ids, REJOIN_STRING, m.name);
	m.unit = rejoin_id(ids, REJOIN_STRING, m.unit);
	m.description = rejoin_id(ids, REJOIN_STRING, m.description);
	int rc = ptf_writer_metric(ids->writer, &m, &id, err);
	return rc < 0 ? rc : push(ids, REJOIN_METRIC, id, err);
}

static int define_class(struct rejoin_ids *ids, struct ptf_class_descriptor c,
	struct ptf_error *err)
{
	uint32_t id;

	c.detail = rejoin_id(ids, REJOIN_STRING, c.detail);
	int rc = ptf_writer_class(ids->writer, &c, &id, err);
	return rc < 0 ? rc : push(ids, REJOIN_CLASS, id, err);
}

static int define_label_set(struct rejoin_ids *ids, struct ptf_label_set set,
	struct ptf_error *err)
{
	uint32_t *keys = rejoin_many(ids, REJOIN_STRING, set.keys.item, set.keys.count);
	uint32_t *values =
		rejoin_many(ids, REJOIN_STRING, set.values.item, set.values.count);
	int rc = no_memory(err);
	uint32_t id;

	set.keys.item = keys;
	set.values.item = values;
	if (keys && values)
		rc = ptf_writer_label_set(ids->writer, &set, &id, err);
	free(keys);
	free(values);
	return rc < 0 ? rc : push(ids, REJOIN_LABEL_SET, id, err);
}

static uint64_t identity(uint64_t number, int64_t origin_ns, int64_t start_ns)
{
	return idmap_join(number, (uint64_t)origin_ns + (uint64_t)start_ns);
}

static int define_process(struct rejoin_ids *ids, struct ptf_process p,
	struct ptf_error *err)
{
	uint64_t key = identity(p.pid, ids->origin_ns, p.start_ns);
	const uint32_t *known = idmap_get(&ids->processes, key);
	uint32_t id, *arguments;

	if (known)
		return push(ids, REJOIN_PROCESS, *known, err);
	arguments = rejoin_many(ids, REJOIN_STRING, p.arguments.item, p.arguments.count);
	if (!arguments)
		return no_memory(err);
	p.arguments.item = arguments;
	p.executable = rejoin_id(ids, REJOIN_STRING, p.executable);
	p.parent = rejoin_id(ids, REJOIN_PROCESS, p.parent);
	p.start_ns += ids->shift_ns;
	int rc = ptf_writer_process(ids->writer, &p, &id, err);
	free(arguments);
	if (rc == 0 && idmap_set(&ids->processes, key, id) < 0)
		rc = no_memory(err);
	return rc < 0 ? rc : push(ids, REJOIN_PROCESS, id, err);
}

static int define_thread(struct rejoin_ids *ids, struct ptf_thread t,
	struct ptf_error *err)
{
	uint32_t process = rejoin_id(ids, REJOIN_PROCESS, t.process), id;
	uint64_t key =
		identity((uint64_t)process << 32 | t.tid, ids->origin_ns, t.start_ns);
	const uint32_t *known = idmap_get(&ids->threads, key);

	if (known)
		return push(ids, REJOIN_THREAD, *known, err);
	t.process = process;
	t.start_ns += ids->shift_ns;
	int rc = ptf_writer_thread(ids->writer, &t, &id, err);
	if (rc == 0 && idmap_set(&ids->threads, key, id) < 0)
		rc = no_memory(err);
	return rc < 0 ? rc : push(ids, REJOIN_THREAD, id, err);
}

#define DEFINE_ALL(name, items)                                                          \
	for (size_t i = 0; rc == 0 && i < d->name##_count; i++)                          \
	rc = define_##name(ids, d->items[i], err)

int rejoin_ids_define(struct rejoin_ids *ids, const struct ptf_definitions *d,
	struct ptf_error *err)
{
	int rc = 0;

	DEFINE_ALL(string, strings);
	DEFINE_ALL(module, modules);
	DEFINE_ALL(function, functions);
	DEFINE_ALL(frame, frames);
	DEFINE_ALL(node, nodes);
	DEFINE_ALL(metric, metrics);
	DEFINE_ALL(class, classes);
	DEFINE_ALL(label_set, label_sets);
	DEFINE_ALL(process, processes);
	DEFINE_ALL(thread, threads);
	return rc;
}

void rejoin_ids_enter(struct rejoin_ids *ids, int64_t origin_ns, int64_t shift_ns)
{
	ids->origin_ns = origin_ns;
	ids->shift_ns = shift_ns;
	for (size_t i = 0; i < REJOIN_KIND_COUNT; i++)
		ids->map[i].count = 0;
}

void rejoin_ids_finish(struct rejoin_ids *ids)
{
	for (size_t i = 0; i < REJOIN_KIND_COUNT; i++)
		free(ids->map[i].item);
	idmap_finish(&ids->processes);
	idmap_finish(&ids->threads);
}
