#include "format/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "format/fail.h"
#include "format/payload.h"

/* Fixed keys are rows of 32-bit numbers. */
static const size_t key_sizes[PTF_ID_KINDS] = {
	[PTF_ID_FUNCTION] = 6 * 4,
	[PTF_ID_FRAME] = 5 * 4,
	[PTF_ID_NODE] = 2 * 4,
	[PTF_ID_METRIC] = 5 * 4,
	[PTF_ID_CLASS] = 2 * 4,
	[PTF_ID_SAMPLE_KIND] = 2 * 4,
};

static const char *const kind_names[PTF_ID_KINDS] = {"string", "module", "function",
	"frame", "node", "metric", "class", "sample kind", "label set", "process",
	"thread"};

void ptf_dictionary_init(struct ptf_dictionary *d)
{
	*d = (struct ptf_dictionary){0};
	for (int k = 0; k < PTF_ID_KINDS; k++)
		ptf_intern_init(&d->intern[k], key_sizes[k]);
}

void ptf_dictionary_finish(struct ptf_dictionary *d)
{
	for (int k = 0; k < PTF_ID_KINDS; k++)
		ptf_intern_finish(&d->intern[k]);
	free(d->threads);
	ptf_definition_encoder_finish(&d->encoder);
}

bool ptf_dictionary_has(const struct ptf_dictionary *d, enum ptf_id_kind kind,
	uint32_t id)
{
	if (kind == PTF_ID_CLASS)
		return id < PTF_CLASS_KIND_COUNT + d->count[kind];
	return id <= d->count[kind];
}

static int intern(struct ptf_dictionary *d, enum ptf_id_kind kind, const void *key,
	size_t size, uint32_t *id, struct ptf_error *err)
{
	uint32_t found = ptf_intern_id(&d->intern[kind], key, size);

	if (!found && d->intern[kind].count == PTF_IDS_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT, "too many ids of kind %s",
			kind_names[kind]);
	if (!found)
		return ptf_fail_nomem(err);
	d->count[kind] = d->intern[kind].count;
	*id = found;
	return 0;
}

static int need(const struct ptf_dictionary *d, enum ptf_id_kind kind, uint32_t id,
	struct ptf_error *err)
{
	if (ptf_dictionary_has(d, kind, id))
		return 0;
	return ptf_fail(err, PTF_ERR_USAGE, "there is no %s %u", kind_names[kind], id);
}

/* ---------------------------------------------------------- new things */

int ptf_dictionary_string(struct ptf_dictionary *d, struct ptf_text text, uint32_t *id,
	struct ptf_error *err)
{
	if (text.size > PTF_STRING_BYTES_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT, "a string is over 1 MiB");
	return intern(d, PTF_ID_STRING, text.data, text.size, id, err);
}

int ptf_dictionary_module(struct ptf_dictionary *d, const struct ptf_module *module,
	uint32_t *id, struct ptf_error *err)
{
	uint8_t key[4 + 64];
	int rc = need(d, PTF_ID_STRING, module->path, err);

	if (rc < 0)
		return rc;
	if (module->build_id.size > sizeof(key) - 4)
		return ptf_fail(err, PTF_ERR_LIMIT, "a build id is over 64 bytes");
	ptf_store32(key, module->path);
	if (module->build_id.size)
		memcpy(key + 4, module->build_id.data, module->build_id.size);
	return intern(d, PTF_ID_MODULE, key, 4 + module->build_id.size, id, err);
}

int ptf_dictionary_function(struct ptf_dictionary *d, const struct ptf_function *f,
	uint32_t *id, struct ptf_error *err)
{
	uint32_t key[6] = {f->name, f->file, f->module, (uint32_t)f->kind, f->first_line,
		f->line_count};
	int rc = need(d, PTF_ID_STRING, f->name, err);

	if (rc == 0)
		rc = need(d, PTF_ID_STRING, f->file, err);
	if (rc == 0)
		rc = need(d, PTF_ID_MODULE, f->module, err);
	if (rc == 0 && key[3] > PTF_FUNCTION_SYNTHETIC)
		rc = ptf_fail(err, PTF_ERR_USAGE, "bad kind of function %u", key[3]);
	return rc < 0 ? rc : intern(d, PTF_ID_FUNCTION, key, sizeof(key), id, err);
}

int ptf_dictionary_frame(struct ptf_dictionary *d, const struct ptf_frame *f,
	uint32_t *id, struct ptf_error *err)
{
	uint32_t key[5] = {f->function, 0, 0, 0, 0};
	int rc = need(d, PTF_ID_FUNCTION, f->function, err);

	if (rc == 0)
		rc = need(d, PTF_ID_MODULE, f->module, err);
	if (rc < 0)
		return rc;
	if (f->function) {
		key[1] = f->line;
	} else {
		key[2] = f->module;
		if (f->module) {
			key[3] = (uint32_t)f->module_offset;
			key[4] = (uint32_t)(f->module_offset >> 32);
		}
	}
	return intern(d, PTF_ID_FRAME, key, sizeof(key), id, err);
}

int ptf_dictionary_node(struct ptf_dictionary *d, uint32_t parent, uint32_t frame,
	uint32_t *id, struct ptf_error *err)
{
	uint32_t key[2] = {parent, frame};
	int rc = need(d, PTF_ID_NODE, parent, err);

	if (rc == 0)
		rc = need(d, PTF_ID_FRAME, frame, err);
	return rc < 0 ? rc : intern(d, PTF_ID_NODE, key, sizeof(key), id, err);
}

int ptf_dictionary_metric(struct ptf_dictionary *d, const struct ptf_metric *m,
	uint32_t *id, struct ptf_error *err)
{
	uint32_t key[5] = {m->name, m->unit, (uint32_t)m->kind, (uint32_t)m->addition,
		m->description};
	int rc = need(d, PTF_ID_STRING, m->name, err);

	if (rc == 0)
		rc = need(d, PTF_ID_STRING, m->unit, err);
	if (rc == 0)
		rc = need(d, PTF_ID_STRING, m->description, err);
	if (rc == 0 && (key[2] > PTF_METRIC_TOTAL || key[3] > PTF_ADD_LAST))
		rc = ptf_fail(err, PTF_ERR_USAGE, "bad kind of metric");
	return rc < 0 ? rc : intern(d, PTF_ID_METRIC, key, sizeof(key), id, err);
}

int ptf_dictionary_class(struct ptf_dictionary *d, const struct ptf_class_descriptor *c,
	uint32_t *id, struct ptf_error *err)
{
	uint32_t key[2] = {(uint32_t)c->kind, c->detail};
	int rc = need(d, PTF_ID_STRING, c->detail, err);

	if (rc == 0 && key[0] >= PTF_CLASS_KIND_COUNT)
		rc = ptf_fail(err, PTF_ERR_USAGE, "bad kind of class %u", key[0]);
	if (rc == 0)
		rc = intern(d, PTF_ID_CLASS, key, sizeof(key), id, err);
	if (rc == 0)
		*id += PTF_CLASS_KIND_COUNT - 1;
	return rc;
}

int ptf_dictionary_kind(struct ptf_dictionary *d, const struct ptf_kind *kind,
	uint32_t *id, struct ptf_error *err)
{
	uint32_t key[2] = {kind->node, kind->class_id};
	struct ptf_recent_kind *recent =
		&d->recent[(kind->node * PTF_CLASS_KIND_COUNT + kind->class_id) %
			PTF_RECENT_KINDS];
	int rc = 0;

	/* An unused entry is node 0 and class 0, whose id is 0. */
	if (recent->kind.node != key[0] || recent->kind.class_id != key[1]) {
		*id = 0;
		if (key[0] || key[1])
			rc = intern(d, PTF_ID_SAMPLE_KIND, key, sizeof(key), id, err);
		if (rc < 0)
			return rc;
		*recent = (struct ptf_recent_kind){*kind, *id};
	}
	*id = recent->id;
	return 0;
}

int ptf_dictionary_label_set(struct ptf_dictionary *d, const struct ptf_label_set *set,
	uint32_t *id, struct ptf_error *err)
{
	struct ptf_buf key = {0};
	int rc = 0;

	if (set->keys.count != set->values.count)
		return ptf_fail(err, PTF_ERR_USAGE, "a label set needs a value per key");
	if (set->keys.count > 4096)
		return ptf_fail(err, PTF_ERR_LIMIT, "a label set has over 4096 labels");
	for (size_t i = 0; rc == 0 && i < set->keys.count; i++) {
		rc = need(d, PTF_ID_STRING, set->keys.item[i], err);
		if (rc == 0)
			rc = need(d, PTF_ID_STRING, set->values.item[i], err);
		ptf_buf_put32(&key, set->keys.item[i]);
		ptf_buf_put32(&key, set->values.item[i]);
	}
	if (rc == 0 && key.failed)
		rc = ptf_fail_nomem(err);
	if (rc == 0)
		rc = intern(d, PTF_ID_LABEL_SET, key.data, key.size, id, err);
	ptf_buf_finish(&key);
	return rc;
}

int ptf_dictionary_thread(struct ptf_dictionary *d, const struct ptf_thread *thread,
	uint32_t *id, struct ptf_error *err)
{
	uint32_t *count = &d->count[PTF_ID_THREAD];
	int rc = need(d, PTF_ID_PROCESS, thread->process, err);

	if (rc < 0)
		return rc;
	if (*count == PTF_IDS_MAX)
		return ptf_fail(err, PTF_ERR_LIMIT, "too many threads");
	if (*count == d->thread_capacity) {
		size_t capacity = *count ? 2 * (size_t)*count : 16;
		struct ptf_thread *threads =
			realloc(d->threads, capacity * sizeof(*threads));

		if (!threads)
			return ptf_fail_nomem(err);
		d->threads = threads;
		d->thread_capacity = capacity;
	}
	d->threads[*count] = *thread;
	*id = ++*count;
	return 0;
}

/* ------------------------------------------------ writing definitions */

bool ptf_dictionary_is_pending(const struct ptf_dictionary *d)
{
	return memcmp(d->count, d->written, sizeof(d->count)) != 0;
}

/* A Block stays well below its limit: payload that its items may take. */
#define BLOCK_BUDGET_BYTES ((size_t)8 << 20)

static size_t item_bytes(const struct ptf_dictionary *d, int kind, uint32_t id)
{
	static const size_t fixed[PTF_ID_KINDS] = {8, 16, 36, 16, 10, 36, 16, 10, 16, 0,
		32};

	if (key_sizes[kind] || kind >= PTF_ID_PROCESS)
		return fixed[kind];
	return fixed[kind] + 2 * ptf_intern_key(&d->intern[kind], id).size;
}

/* How many of each kind fit; false when something is left over. */
static bool take(const struct ptf_dictionary *d, uint32_t taken[PTF_ID_KINDS])
{
	size_t budget = BLOCK_BUDGET_BYTES;

	memset(taken, 0, PTF_ID_KINDS * sizeof(taken[0]));
	for (int k = 0; k < PTF_ID_KINDS; k++) {
		for (uint32_t id = d->written[k] + 1; id <= d->count[k]; id++) {
			size_t bytes = item_bytes(d, k, id);

			if (bytes > budget)
				return false;
			budget -= bytes;
			taken[k]++;
		}
	}
	return true;
}

static void key32(const struct ptf_intern *intern, uint32_t id, uint32_t out[6])
{
	struct ptf_view key = ptf_intern_key(intern, id);

	memcpy(out, key.data, key.size);
}

static uint32_t first_line_of(const void *context, uint32_t function)
{
	const struct ptf_dictionary *d = context;
	uint32_t key[6];

	if (!function)
		return 0;
	key32(&d->intern[PTF_ID_FUNCTION], function, key);
	return key[4];
}

#define ARRAY(name, kind)                                                                \
	ptf_arena_array(arena, taken[kind], sizeof(*(name)));                            \
	ok = ok && (name)

/* The pending things as the types that the payload is made from. */
static bool collect(const struct ptf_dictionary *d, const uint32_t taken[PTF_ID_KINDS],
	struct ptf_arena *arena, struct ptf_definitions *out)
{
	const struct ptf_intern *in = d->intern;
	const uint32_t *written = d->written;
	uint32_t key[6];
	bool ok = true;
	struct ptf_text *strings = ARRAY(strings, PTF_ID_STRING);
	struct ptf_module *modules = ARRAY(modules, PTF_ID_MODULE);
	struct ptf_function *functions = ARRAY(functions, PTF_ID_FUNCTION);
	struct ptf_frame *frames = ARRAY(frames, PTF_ID_FRAME);
	struct ptf_node *nodes = ARRAY(nodes, PTF_ID_NODE);
	struct ptf_metric *metrics = ARRAY(metrics, PTF_ID_METRIC);
	struct ptf_class_descriptor *classes = ARRAY(classes, PTF_ID_CLASS);
	struct ptf_kind *kinds = ARRAY(kinds, PTF_ID_SAMPLE_KIND);
	struct ptf_label_set *sets = ARRAY(sets, PTF_ID_LABEL_SET);

	if (!ok)
		return false;
	for (uint32_t i = 0; i < taken[PTF_ID_STRING]; i++) {
		struct ptf_view v = ptf_intern_key(&in[PTF_ID_STRING],
			written[PTF_ID_STRING] + 1 + i);

		strings[i] = (struct ptf_text){(const char *)v.data, v.size};
	}
	for (uint32_t i = 0; i < taken[PTF_ID_MODULE]; i++) {
		struct ptf_view v = ptf_intern_key(&in[PTF_ID_MODULE],
			written[PTF_ID_MODULE] + 1 + i);

		modules[i] = (struct ptf_module){ptf_load32(v.data),
			{(const char *)v.data + 4, v.size - 4}};
	}
	for (uint32_t i = 0; i < taken[PTF_ID_FUNCTION]; i++) {
		key32(&in[PTF_ID_FUNCTION], written[PTF_ID_FUNCTION] + 1 + i, key);
		functions[i] = (struct ptf_function){key[0], key[1], key[2],
			(enum ptf_function_kind)key[3], key[4], key[5]};
	}
	for (uint32_t i = 0; i < taken[PTF_ID_FRAME]; i++) {
		key32(&in[PTF_ID_FRAME], written[PTF_ID_FRAME] + 1 + i, key);
		frames[i] = (struct ptf_frame){key[0], key[1], key[2],
			key[3] | (uint64_t)key[4] << 32};
	}
	for (uint32_t i = 0; i < taken[PTF_ID_NODE]; i++) {
		key32(&in[PTF_ID_NODE], written[PTF_ID_NODE] + 1 + i, key);
		nodes[i] = (struct ptf_node){key[0], key[1]};
	}
	for (uint32_t i = 0; i < taken[PTF_ID_METRIC]; i++) {
		key32(&in[PTF_ID_METRIC], written[PTF_ID_METRIC] + 1 + i, key);
		metrics[i] = (struct ptf_metric){key[0], key[1],
			(enum ptf_metric_kind)key[2], (enum ptf_addition)key[3], key[4]};
	}
	for (uint32_t i = 0; i < taken[PTF_ID_CLASS]; i++) {
		key32(&in[PTF_ID_CLASS], written[PTF_ID_CLASS] + 1 + i, key);
		classes[i] =
			(struct ptf_class_descriptor){(enum ptf_class)key[0], key[1]};
	}
	for (uint32_t i = 0; i < taken[PTF_ID_SAMPLE_KIND]; i++) {
		key32(&in[PTF_ID_SAMPLE_KIND], written[PTF_ID_SAMPLE_KIND] + 1 + i, key);
		kinds[i] = (struct ptf_kind){key[0], key[1]};
	}
	for (uint32_t i = 0; i < taken[PTF_ID_LABEL_SET]; i++) {
		struct ptf_view v = ptf_intern_key(&in[PTF_ID_LABEL_SET],
			written[PTF_ID_LABEL_SET] + 1 + i);
		size_t n = v.size / 8;
		uint32_t *ids = ptf_arena_array(arena, 2 * n, sizeof(*ids));

		if (!ids)
			return false;
		for (size_t j = 0; j < n; j++) {
			ids[j] = ptf_load32(v.data + 8 * j);
			ids[n + j] = ptf_load32(v.data + 8 * j + 4);
		}
		sets[i] = (struct ptf_label_set){{ids, n}, {ids + n, n}};
	}
	*out = (struct ptf_definitions){
		.first_string = written[PTF_ID_STRING] + 1,
		.first_module = written[PTF_ID_MODULE] + 1,
		.first_function = written[PTF_ID_FUNCTION] + 1,
		.first_frame = written[PTF_ID_FRAME] + 1,
		.first_node = written[PTF_ID_NODE] + 1,
		.first_metric = written[PTF_ID_METRIC] + 1,
		.first_class = written[PTF_ID_CLASS] + PTF_CLASS_KIND_COUNT,
		.first_kind = written[PTF_ID_SAMPLE_KIND] + 1,
		.first_label_set = written[PTF_ID_LABEL_SET] + 1,
		.first_process = written[PTF_ID_PROCESS] + 1,
		.first_thread = written[PTF_ID_THREAD] + 1,
		.string_count = taken[PTF_ID_STRING],
		.module_count = taken[PTF_ID_MODULE],
		.function_count = taken[PTF_ID_FUNCTION],
		.frame_count = taken[PTF_ID_FRAME],
		.node_count = taken[PTF_ID_NODE],
		.metric_count = taken[PTF_ID_METRIC],
		.class_count = taken[PTF_ID_CLASS],
		.kind_count = taken[PTF_ID_SAMPLE_KIND],
		.label_set_count = taken[PTF_ID_LABEL_SET],
		.thread_count = taken[PTF_ID_THREAD],
		.strings = strings,
		.modules = modules,
		.functions = functions,
		.frames = frames,
		.nodes = nodes,
		.metrics = metrics,
		.classes = classes,
		.kinds = kinds,
		.label_sets = sets,
		.threads = d->threads ? d->threads + written[PTF_ID_THREAD] : NULL,
	};
	return true;
}

int ptf_dictionary_put(struct ptf_dictionary *d, const struct ptf_process **process,
	struct ptf_buf *payload, struct ptf_arena *arena, uint32_t *items,
	struct ptf_error *err)
{
	uint32_t taken[PTF_ID_KINDS];
	struct ptf_definition_columns columns;
	struct ptf_definitions in;
	bool all = take(d, taken);
	int rc;

	if (!collect(d, taken, arena, &in))
		return ptf_fail_nomem(err);
	if (all && process && *process) {
		in.processes = *process;
		in.process_count = 1;
	}
	if (!ptf_definitions_encode(&d->encoder, &in, first_line_of, d, &columns))
		return ptf_fail_nomem(err);
	rc = ptf_payload_definitions(payload, arena, &in, &columns, err);
	if (rc < 0)
		return rc;
	*items = 0;
	for (int k = 0; k < PTF_ID_KINDS; k++) {
		d->written[k] += taken[k];
		*items += taken[k];
	}
	if (in.process_count) {
		*process = NULL;
		d->count[PTF_ID_PROCESS]++;
		d->written[PTF_ID_PROCESS]++;
		*items += 1;
	}
	return 0;
}
