#include "format/definitions.h"

#include "format/fail.h"

/* ------------------------------------------------------------- reading */

static int fail_column(const struct ptf_arena *arena, const char *name,
	struct ptf_error *err)
{
	if (arena->over_limit)
		return ptf_fail(err, PTF_ERR_LIMIT, "definitions take too much memory");
	if (arena->no_memory)
		return ptf_fail_nomem(err);
	return ptf_fail(err, PTF_ERR_CORRUPT, "definitions: bad column %s", name);
}

/* Lists that a later version added have their entries behind ours. */
static int decode_first(struct ptf_arena *arena,
	const struct ptf_definition_columns *columns, struct ptf_definitions *out,
	struct ptf_error *err)
{
	size_t n = ptf_varint_count(columns->first);
	const uint32_t *first = ptf_column_u32(arena, columns->first, n);

	if (!first || n < PTF_DEFINITION_LISTS)
		return fail_column(arena, "first", err);
	out->first_string = first[0];
	out->first_module = first[1];
	out->first_function = first[2];
	out->first_frame = first[3];
	out->first_node = first[4];
	out->first_metric = first[5];
	out->first_class = first[6];
	out->first_kind = first[7];
	out->first_label_set = first[8];
	out->first_process = first[9];
	out->first_thread = first[10];
	return 0;
}

static int decode_functions(struct ptf_arena *arena,
	const struct ptf_definition_columns *columns, struct ptf_definitions *out,
	struct ptf_error *err)
{
	size_t n = ptf_varint_count(columns->function_name);
	uint32_t *name = ptf_column_u32(arena, columns->function_name, n);
	uint32_t *file = ptf_column_u32(arena, columns->function_file, n);
	uint32_t *module = ptf_column_u32(arena, columns->function_module, n);
	uint32_t *kind = ptf_column_u32(arena, columns->function_kind, n);
	uint32_t *first = ptf_column_u32(arena, columns->function_first_line, n);
	uint32_t *lines = ptf_column_u32(arena, columns->function_line_count, n);
	struct ptf_function *f = ptf_arena_array(arena, n, sizeof(*f));

	if (!name || !file || !module || !kind || !first || !lines || !f)
		return fail_column(arena, "function_*", err);
	for (size_t i = 0; i < n; i++) {
		f[i].name = name[i];
		f[i].file = file[i];
		f[i].module = module[i];
		f[i].kind = kind[i] <= PTF_FUNCTION_SYNTHETIC
			? (enum ptf_function_kind)kind[i]
			: PTF_FUNCTION_UNKNOWN;
		f[i].first_line = first[i];
		f[i].line_count = lines[i];
	}
	out->functions = f;
	out->function_count = n;
	return 0;
}

static bool first_line(const struct ptf_first_lines *known,
	const struct ptf_definitions *out, uint64_t function, int64_t *line)
{
	if (function == 0) {
		*line = 0;
		return true;
	}
	if (function - 1 < known->count) {
		*line = known->item[function - 1];
		return true;
	}
	if (out->function_count && function >= out->first_function &&
		function - out->first_function < out->function_count) {
		*line = out->functions[function - out->first_function].first_line;
		return true;
	}
	/* Lost with its Definitions: then the line cannot be known either. */
	if (function < out->first_function) {
		*line = -1;
		return true;
	}
	return false;
}

static int decode_frames(struct ptf_arena *arena,
	const struct ptf_definition_columns *columns, const struct ptf_first_lines *known,
	struct ptf_definitions *out, struct ptf_error *err)
{
	size_t n = ptf_varint_count(columns->frame_scope);
	uint64_t *scope = ptf_column_u64(arena, columns->frame_scope, n);
	int64_t *position = ptf_column_s64(arena, columns->frame_position, n);
	struct ptf_frame *f = ptf_arena_array(arena, n, sizeof(*f));
	uint64_t offset = 0;

	if (!scope || !position || !f)
		return fail_column(arena, "frame_*", err);
	for (size_t i = 0; i < n; i++) {
		uint64_t id = scope[i] >> 1;
		int64_t line;

		f[i] = (struct ptf_frame){0};
		if (id > UINT32_MAX)
			return fail_column(arena, "frame_scope", err);
		if (scope[i] & 1) {
			/* Differences of 64-bit offsets wrap around. */
			offset += (uint64_t)position[i];
			f[i].module = (uint32_t)id;
			f[i].module_offset = offset;
			continue;
		}
		if (!first_line(known, out, id, &line))
			return fail_column(arena, "frame_scope", err);
		f[i].function = (uint32_t)id;
		if (line < 0)
			continue;
		if (__builtin_add_overflow(line, position[i], &line) || line < 0 ||
			line > UINT32_MAX)
			return fail_column(arena, "frame_position", err);
		f[i].line = (uint32_t)line;
	}
	out->frames = f;
	out->frame_count = n;
	return 0;
}

static int decode_nodes(struct ptf_arena *arena,
	const struct ptf_definition_columns *columns, struct ptf_definitions *out,
	struct ptf_error *err)
{
	size_t n = ptf_varint_count(columns->node_parent);
	uint32_t *parent = ptf_column_u32(arena, columns->node_parent, n);
	uint32_t *frame = ptf_column_u32(arena, columns->node_frame, n);
	struct ptf_node *node = ptf_arena_array(arena, n, sizeof(*node));

	if (!parent || !frame || !node)
		return fail_column(arena, "node_*", err);
	for (size_t i = 0; i < n; i++) {
		uint64_t id = out->first_node + i;

		/* A node that is its own parent, or comes later, is damage. */
		if (parent[i] == 0 || parent[i] > id)
			return fail_column(arena, "node_parent", err);
		node[i] = (struct ptf_node){(uint32_t)(id - parent[i]), frame[i]};
	}
	out->nodes = node;
	out->node_count = n;
	return 0;
}

static int decode_kinds(struct ptf_arena *arena,
	const struct ptf_definition_columns *columns, struct ptf_definitions *out,
	struct ptf_error *err)
{
	size_t n = ptf_varint_count(columns->kind_node);
	int64_t *node = ptf_column_s64(arena, columns->kind_node, n);
	uint32_t *class_id = ptf_column_u32(arena, columns->kind_class, n);
	struct ptf_kind *kind = ptf_arena_array(arena, n, sizeof(*kind));
	int64_t next = out->first_node, id;

	if (!node || !class_id || !kind)
		return fail_column(arena, "kind_*", err);
	for (size_t i = 0; i < n; i++) {
		if (__builtin_sub_overflow(next, node[i], &id) || id < 0 ||
			id > UINT32_MAX)
			return fail_column(arena, "kind_node", err);
		if (id >= next)
			next = id + 1;
		kind[i] = (struct ptf_kind){(uint32_t)id, class_id[i]};
	}
	out->kinds = kind;
	out->kind_count = n;
	return 0;
}

int ptf_definitions_decode(struct ptf_arena *arena,
	const struct ptf_definition_columns *columns, const struct ptf_first_lines *known,
	struct ptf_definitions *out, struct ptf_error *err)
{
	int rc = decode_first(arena, columns, out, err);

	if (rc == 0)
		rc = decode_functions(arena, columns, out, err);
	if (rc == 0)
		rc = decode_frames(arena, columns, known, out, err);
	if (rc == 0)
		rc = decode_nodes(arena, columns, out, err);
	if (rc == 0)
		rc = decode_kinds(arena, columns, out, err);
	return rc;
}

/* ------------------------------------------------------------- writing */

enum {
	NAME,
	FILE_,
	MODULE,
	KIND,
	FIRST_LINE,
	LINE_COUNT,
	SCOPE,
	POSITION,
	PARENT,
	FRAME,
	KIND_NODE,
	KIND_CLASS,
	FIRST,
	BUFFERS
};

static void encode_first(struct ptf_buf *out, const struct ptf_definitions *in)
{
	const uint32_t first[PTF_DEFINITION_LISTS] = {in->first_string, in->first_module,
		in->first_function, in->first_frame, in->first_node, in->first_metric,
		in->first_class, in->first_kind, in->first_label_set, in->first_process,
		in->first_thread};

	for (size_t i = 0; i < PTF_DEFINITION_LISTS; i++)
		ptf_buf_varint(out, first[i]);
}

bool ptf_definitions_encode(struct ptf_definition_encoder *e,
	const struct ptf_definitions *in,
	uint32_t (*first_line_of)(const void *context, uint32_t function),
	const void *context, struct ptf_definition_columns *columns)
{
	struct ptf_buf *b = e->buf;
	uint64_t offset = 0;
	int64_t next = in->first_node;
	bool ok = true;

	for (size_t i = 0; i < BUFFERS; i++)
		ptf_buf_clear(&b[i]);
	encode_first(&b[FIRST], in);
	for (size_t i = 0; i < in->function_count; i++) {
		const struct ptf_function *f = &in->functions[i];

		ptf_buf_varint(&b[NAME], f->name);
		ptf_buf_varint(&b[FILE_], f->file);
		ptf_buf_varint(&b[MODULE], f->module);
		ptf_buf_varint(&b[KIND], (uint32_t)f->kind);
		ptf_buf_varint(&b[FIRST_LINE], f->first_line);
		ptf_buf_varint(&b[LINE_COUNT], f->line_count);
	}
	for (size_t i = 0; i < in->frame_count; i++) {
		const struct ptf_frame *f = &in->frames[i];

		if (f->module) {
			ptf_buf_varint(&b[SCOPE], (uint64_t)f->module * 2 + 1);
			ptf_buf_signed(&b[POSITION],
				(int64_t)(f->module_offset - offset));
			offset = f->module_offset;
		} else {
			uint32_t first = first_line_of(context, f->function);

			ptf_buf_varint(&b[SCOPE], (uint64_t)f->function * 2);
			ptf_buf_signed(&b[POSITION], (int64_t)f->line - first);
		}
	}
	for (size_t i = 0; i < in->node_count; i++) {
		uint32_t id = in->first_node + (uint32_t)i;

		ptf_buf_varint(&b[PARENT], id - in->nodes[i].parent);
		ptf_buf_varint(&b[FRAME], in->nodes[i].frame);
	}
	for (size_t i = 0; i < in->kind_count; i++) {
		int64_t node = in->kinds[i].node;

		ptf_buf_signed(&b[KIND_NODE], next - node);
		ptf_buf_varint(&b[KIND_CLASS], in->kinds[i].class_id);
		if (node >= next)
			next = node + 1;
	}
	for (size_t i = 0; i < BUFFERS; i++)
		ok = ok && !b[i].failed;
	*columns = (struct ptf_definition_columns){ptf_buf_view(&b[FIRST]),
		ptf_buf_view(&b[NAME]), ptf_buf_view(&b[FILE_]), ptf_buf_view(&b[MODULE]),
		ptf_buf_view(&b[KIND]), ptf_buf_view(&b[FIRST_LINE]),
		ptf_buf_view(&b[LINE_COUNT]), ptf_buf_view(&b[SCOPE]),
		ptf_buf_view(&b[POSITION]), ptf_buf_view(&b[PARENT]),
		ptf_buf_view(&b[FRAME]), ptf_buf_view(&b[KIND_NODE]),
		ptf_buf_view(&b[KIND_CLASS])};
	return ok;
}

void ptf_definition_encoder_finish(struct ptf_definition_encoder *e)
{
	for (size_t i = 0; i < BUFFERS; i++)
		ptf_buf_finish(&e->buf[i]);
}
