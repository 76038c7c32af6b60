#include "tools/emit/firefox_tables.h"

#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/class_names.h"
#include "tools/core/report.h"

/* Longer files than that are damage. */
#define LINES_BEFORE_MAX 10000000u

struct frame {
	uint32_t place; /* 0 = "[no stack]" */
	uint32_t category, subcategory;
};

uint32_t firefox_string(struct firefox_tables *t, const char *text, size_t size)
{
	return intern_bytes(&t->strings, text, size) - 1;
}

static uint32_t index_of(struct intern *table, uint32_t id)
{
	return intern_bytes(table, &id, sizeof(id)) - 1;
}

static uint32_t id_at(const struct intern *table, size_t index)
{
	return *(const uint32_t *)(const void *)intern_get(table, (uint32_t)index + 1)
			.data;
}

/* -------------------------------------------------------------- stacks */

static uint32_t frame_index(struct firefox_tables *t, struct frame frame)
{
	return intern_bytes(&t->frames, &frame, sizeof(frame)) - 1;
}

static uint32_t new_stack(struct firefox_tables *t, uint32_t frame, uint32_t prefix)
{
	vec_push(&t->stacks, (struct firefox_stack){frame, prefix});
	return (uint32_t)t->stacks.count;
}

static struct frame own_frame(const struct firefox_tables *t, uint32_t place)
{
	uint32_t function = profile_get_place(t->p, place).function;

	return (struct frame){.place = place,
		.category = report_function_class(profile_get_function(t->p, function))};
}

/* The places of a node, innermost first; a node without any has "[no stack]". */
static const uint32_t *places_of(const struct firefox_tables *t, uint32_t node,
	size_t *count)
{
	static const uint32_t no_place;
	uint32_t frame = profile_get_node(t->p, node).frame;

	*count = 1;
	return frame ? profile_frame_places(t->p, frame, count) : &no_place;
}

/* Everything of a node but its innermost place. */
static uint32_t outer_stack(struct firefox_tables *t, uint32_t node)
{
	uint32_t parent = profile_get_node(t->p, node).parent;
	uint32_t stack = parent ? t->stack_of_node.item[parent] : 0;
	size_t count;
	const uint32_t *place = places_of(t, node, &count);

	for (size_t i = count; i-- > 1;)
		stack = new_stack(t, frame_index(t, own_frame(t, place[i])), stack);
	return stack;
}

/* From the root on, without recursion: stacks may be very deep. */
static void cover_node(struct firefox_tables *t, uint32_t node, struct id_list *path)
{
	path->count = 0;
	for (; node && !t->stack_of_node.item[node];
		node = profile_get_node(t->p, node).parent)
		vec_push(path, node);
	while (path->count) {
		uint32_t next = path->item[--path->count];
		size_t count;
		uint32_t innermost = places_of(t, next, &count)[0];
		uint32_t stack = outer_stack(t, next);

		t->stack_of_node.item[next] =
			new_stack(t, frame_index(t, own_frame(t, innermost)), stack);
	}
}

struct leaf {
	uint32_t node, class_id;
};

static void add_leaf(struct firefox_tables *t, struct leaf leaf)
{
	struct profile_class class = profile_get_class(t->p, leaf.class_id);
	uint32_t id = intern_bytes(&t->leaves, &leaf, sizeof(leaf)), own, prefix;
	size_t count;
	struct frame frame;

	if (id <= t->stack_of_leaf.count)
		return;
	frame = own_frame(t, places_of(t, leaf.node, &count)[0]);
	own = t->stack_of_node.item[leaf.node];
	if (!own || frame.category != class.kind || class.detail) {
		frame.category = class.kind;
		frame.subcategory = t->subcategory.item[leaf.class_id];
		prefix = own ? t->stacks.item[own - 1].prefix : 0;
		own = new_stack(t, frame_index(t, frame), prefix);
	}
	vec_push(&t->stack_of_leaf, own - 1);
}

/* Details are numbered in each class; 0 is for none. */
static void number_subcategories(struct firefox_tables *t)
{
	uint32_t last[PTF_CLASS_KIND_COUNT] = {0};

	vec_cover(&t->subcategory, t->p->classes.items.count);
	for (uint32_t id = 0; id < t->subcategory.count; id++) {
		struct profile_class class = profile_get_class(t->p, id);

		if (class.detail)
			t->subcategory.item[id] = ++last[class.kind];
	}
}

void firefox_tables_make(struct firefox_tables *t, struct json *j,
	const struct profile *p, unsigned class_mask, bool no_lines)
{
	struct id_list path = {0};

	*t = (struct firefox_tables){.j = j, .p = p, .no_lines = no_lines};
	number_subcategories(t);
	vec_cover(&t->stack_of_node, p->nodes.items.count);
	for (size_t i = 0; i < p->cells.count; i++) {
		const struct profile_cell *c = &p->cells.item[i];

		if (!(class_mask & 1u << profile_get_class(p, c->class_id).kind))
			continue;
		cover_node(t, c->node, &path);
		add_leaf(t, (struct leaf){c->node, c->class_id});
	}
	vec_free(&path);
}

bool firefox_stack_index(const struct firefox_tables *t, uint32_t node, uint32_t class_id,
	uint32_t *index)
{
	const struct leaf leaf = {node, class_id};
	uint32_t id = intern_lookup(&t->leaves, &leaf, sizeof(leaf));

	if (id)
		*index = t->stack_of_leaf.item[id - 1];
	return id != 0;
}

void firefox_tables_free(struct firefox_tables *t)
{
	intern_free(&t->strings);
	intern_free(&t->frames);
	intern_free(&t->functions);
	intern_free(&t->sources);
	intern_free(&t->resources);
	intern_free(&t->leaves);
	vec_free(&t->stacks);
	vec_free(&t->stack_of_node);
	vec_free(&t->stack_of_leaf);
	vec_free(&t->subcategory);
}

/* ---------------------------------------------------------- categories */

/* The nearest that Firefox has to core/class_style.h. */
static const char *category_color(uint32_t class_kind)
{
	static const char *const colors[PTF_CLASS_KIND_COUNT] = {
		[PTF_CLASS_UNKNOWN] = "darkgrey",
		[PTF_CLASS_PYTHON] = "blue",
		[PTF_CLASS_NATIVE] = "green",
		[PTF_CLASS_KERNEL] = "magenta",
		[PTF_CLASS_RUNNABLE] = "yellow",
		[PTF_CLASS_GIL] = "orange",
		[PTF_CLASS_WAIT] = "lightblue",
	};

	return colors[class_kind];
}

static void put_category(struct firefox_tables *t, uint32_t kind, const char *name,
	const char *color)
{
	struct json *j = t->j;

	json_inline_object(j, NULL);
	json_literal(j, "name", name);
	json_literal(j, "color", color);
	json_array(j, "subcategories");
	json_literal(j, NULL, "Other");
	/* In the order of their numbers. */
	for (uint32_t id = 0; id < t->subcategory.count; id++) {
		struct profile_class class = profile_get_class(t->p, id);
		struct ptf_text detail = profile_string(t->p, class.detail);

		if (class.detail && class.kind == kind)
			json_string(j, NULL, detail.data, detail.size);
	}
	json_end(j);
	json_end(j);
}

void firefox_put_categories(struct firefox_tables *t)
{
	json_array(t->j, "categories");
	for (uint32_t kind = 0; kind < PTF_CLASS_KIND_COUNT; kind++)
		put_category(t, kind, class_label(kind), category_color(kind));
	/* Firefox wants a grey one, for where different ones come together. */
	put_category(t, FIREFOX_CATEGORY_OTHER, "Other", "grey");
	json_end(t->j);
}

/* -------------------------------------------------------------- tables */

/* One column of a table: put() for each of count entries. */
static void put_column(struct firefox_tables *t, const char *name, size_t count,
	void (*put)(struct firefox_tables *t, size_t index))
{
	json_inline_array(t->j, name);
	for (size_t i = 0; i < count; i++)
		put(t, i);
	json_end(t->j);
}

static void put_null(struct firefox_tables *t, size_t index)
{
	(void)index;
	json_null(t->j, NULL);
}

static void put_zero(struct firefox_tables *t, size_t index)
{
	(void)index;
	json_unsigned(t->j, NULL, 0);
}

static void put_one(struct firefox_tables *t, size_t index)
{
	(void)index;
	json_unsigned(t->j, NULL, 1);
}

static void put_minus_one(struct firefox_tables *t, size_t index)
{
	(void)index;
	json_integer(t->j, NULL, -1);
}

static void put_false(struct firefox_tables *t, size_t index)
{
	(void)index;
	json_bool(t->j, NULL, false);
}

static void put_stack_frame(struct firefox_tables *t, size_t index)
{
	json_unsigned(t->j, NULL, t->stacks.item[index].frame);
}

/* How many entries before the entry its caller's stands; 0 = it is a root. */
static void put_stack_prefix(struct firefox_tables *t, size_t index)
{
	uint32_t prefix = t->stacks.item[index].prefix;

	json_unsigned(t->j, NULL, prefix ? index + 1 - prefix : 0);
}

static void put_stack_table(struct firefox_tables *t)
{
	size_t count = t->stacks.count;

	json_object(t->j, "stackTable");
	put_column(t, "frame", count, put_stack_frame);
	put_column(t, "prefixOffset", count, put_stack_prefix);
	json_unsigned(t->j, "length", count);
	json_end(t->j);
}

static struct frame frame_at(const struct firefox_tables *t, size_t index)
{
	return *(const struct frame *)(const void *)intern_get(&t->frames,
		(uint32_t)index + 1)
			.data;
}

static void put_frame_category(struct firefox_tables *t, size_t index)
{
	json_unsigned(t->j, NULL, frame_at(t, index).category);
}

static void put_frame_subcategory(struct firefox_tables *t, size_t index)
{
	json_unsigned(t->j, NULL, frame_at(t, index).subcategory);
}

static void put_frame_function(struct firefox_tables *t, size_t index)
{
	uint32_t place = frame_at(t, index).place;

	json_unsigned(t->j, NULL,
		index_of(&t->functions, profile_get_place(t->p, place).function));
}

static void put_frame_line(struct firefox_tables *t, size_t index)
{
	uint32_t line = profile_get_place(t->p, frame_at(t, index).place).line;

	if (line && !t->no_lines)
		json_unsigned(t->j, NULL, line);
	else
		json_null(t->j, NULL);
}

static void put_frame_table(struct firefox_tables *t)
{
	size_t count = t->frames.items.count;

	json_object(t->j, "frameTable");
	put_column(t, "address", count, put_minus_one);
	put_column(t, "lib", count, put_minus_one);
	put_column(t, "inlineDepth", count, put_zero);
	put_column(t, "category", count, put_frame_category);
	put_column(t, "subcategory", count, put_frame_subcategory);
	put_column(t, "func", count, put_frame_function);
	put_column(t, "nativeSymbol", count, put_null);
	put_column(t, "innerWindowID", count, put_null);
	put_column(t, "line", count, put_frame_line);
	put_column(t, "column", count, put_null);
	put_column(t, "originalLocation", count, put_null);
	json_unsigned(t->j, "length", count);
	json_end(t->j);
}

static struct profile_function function_at(const struct firefox_tables *t, size_t index)
{
	return profile_get_function(t->p, id_at(&t->functions, index));
}

static void put_function_name(struct firefox_tables *t, size_t index)
{
	uint32_t id = id_at(&t->functions, index);
	struct ptf_text name = profile_string(t->p, function_at(t, index).name);

	if (!id)
		name = (struct ptf_text){"[no stack]", 10};
	json_unsigned(t->j, NULL, firefox_string(t, name.data, name.size));
}

static void put_function_resource(struct firefox_tables *t, size_t index)
{
	struct profile_function function = function_at(t, index);
	/* Names that were made up name the module themselves. */
	uint32_t module = function.kind == PTF_FUNCTION_SYNTHETIC ? 0 : function.module;

	json_integer(t->j, NULL, module ? (int64_t)index_of(&t->resources, module) : -1);
}

static void put_function_source(struct firefox_tables *t, size_t index)
{
	uint32_t file = function_at(t, index).file;

	if (file)
		json_unsigned(t->j, NULL, index_of(&t->sources, file));
	else
		json_null(t->j, NULL);
}

static void put_function_line(struct firefox_tables *t, size_t index)
{
	uint32_t line = function_at(t, index).first_line;

	if (line)
		json_unsigned(t->j, NULL, line);
	else
		json_null(t->j, NULL);
}

static void put_function_table(struct firefox_tables *t)
{
	size_t count = t->functions.items.count;

	json_object(t->j, "funcTable");
	put_column(t, "name", count, put_function_name);
	put_column(t, "isJS", count, put_false);
	put_column(t, "relevantForJS", count, put_false);
	put_column(t, "resource", count, put_function_resource);
	put_column(t, "source", count, put_function_source);
	put_column(t, "lineNumber", count, put_function_line);
	put_column(t, "columnNumber", count, put_null);
	put_column(t, "originalLocation", count, put_null);
	json_unsigned(t->j, "length", count);
	json_end(t->j);
}

static void put_resource_name(struct firefox_tables *t, size_t index)
{
	uint32_t module = id_at(&t->resources, index);
	struct ptf_text name =
		name_of_path(profile_string(t->p, profile_get_module(t->p, module).path));

	json_unsigned(t->j, NULL, firefox_string(t, name.data, name.size));
}

static void put_resource_table(struct firefox_tables *t)
{
	size_t count = t->resources.items.count;

	json_object(t->j, "resourceTable");
	put_column(t, "name", count, put_resource_name);
	put_column(t, "host", count, put_null);
	put_column(t, "type", count, put_one); /* a library */
	json_unsigned(t->j, "length", count);
	json_end(t->j);
}

static void put_source_name(struct firefox_tables *t, size_t index)
{
	struct ptf_text path = profile_string(t->p, id_at(&t->sources, index));

	json_unsigned(t->j, NULL, firefox_string(t, path.data, path.size));
}

/* The text of a file, which the viewer shows beside the times of its lines. */
static void put_source_text(struct firefox_tables *t, size_t index)
{
	const struct profile_source *source =
		profile_source_of(t->p, id_at(&t->sources, index));
	size_t before = source ? source->first_line - 1 : 0;
	char *text;

	if (!source || before > LINES_BEFORE_MAX) {
		json_null(t->j, NULL);
		return;
	}
	/* An excerpt begins where it stood. */
	text = memory_zeroed(before + source->text.size, 1);
	memset(text, '\n', before);
	memcpy(text + before, source->text.data, source->text.size);
	json_string(t->j, NULL, text, before + source->text.size);
	free(text);
}

static void put_source_table(struct firefox_tables *t)
{
	size_t count = t->sources.items.count;

	json_object(t->j, "sources");
	put_column(t, "id", count, put_null);
	put_column(t, "filename", count, put_source_name);
	put_column(t, "startLine", count, put_one);
	put_column(t, "startColumn", count, put_one);
	put_column(t, "sourceMapURL", count, put_null);
	put_column(t, "content", count, put_source_text);
	json_unsigned(t->j, "length", count);
	json_end(t->j);
}

static void put_empty_table(struct firefox_tables *t, const char *name,
	const char *const *columns)
{
	json_object(t->j, name);
	for (size_t i = 0; columns[i]; i++)
		put_column(t, columns[i], 0, put_null);
	json_unsigned(t->j, "length", 0);
	json_end(t->j);
}

static void put_string(struct firefox_tables *t, size_t index)
{
	struct ptf_text text = intern_get(&t->strings, (uint32_t)index + 1);

	json_string(t->j, NULL, text.data, text.size);
}

/* Each table adds to those after it; the strings come last. */
void firefox_put_tables(struct firefox_tables *t)
{
	static const char *const symbols[] = {"libIndex", "address", "name",
		"functionSize", NULL};
	static const char *const locations[] = {"source", "line", "column", NULL};

	json_object(t->j, "shared");
	put_stack_table(t);
	put_frame_table(t);
	put_function_table(t);
	put_resource_table(t);
	put_source_table(t);
	put_empty_table(t, "nativeSymbols", symbols);
	put_empty_table(t, "sourceLocationTable", locations);
	put_column(t, "stringArray", t->strings.items.count, put_string);
	json_end(t->j);
}
