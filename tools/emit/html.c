/*
 * pconv --to html: one page that needs nothing but a browser.
 *
 * The page is tools/web, put together and embedded when this is built; what is
 * written here is its data. Stacks come as a trie of places, time as series by
 * (stack, thread, class) over bins of time, so that the page can sum up any part
 * of the run by line, function and stack by itself (tools/web/README.md).
 */
#include <stdlib.h>
#include <string.h>

#include <ptf/version.h>

#include "tools/cli/json.h"
#include "tools/core/class_names.h"
#include "tools/core/class_style.h"
#include "tools/core/own_code.h"
#include "tools/core/owner.h"
#include "tools/core/texts.h"
#include "tools/core/timeline.h"
#include "tools/core/units.h"
#include "tools/emit/emit.h"
#include "tools/emit/loss_words.h"
#include "tools/emit/memory_words.h"
#include "tools/emit/packed.h"
#include "tools/emit/registry.h"

/*
 * How finely the run can be cut. So many bins that a bin is seldom narrower than
 * a few samples, nor a pixel.
 */
#define BIN_COUNT_MIN       48
#define BIN_COUNT_MAX       600
#define STACK_BIN_COUNT_MAX 300
#define SAMPLES_PER_BIN     5
/* About 5 bytes each in the page. */
#define STACK_POINT_COUNT_MAX 300000

/* A period beyond this, which only a damaged trace has, is not counted with. */
#define PERIOD_MAX_NS NS_PER_SECOND

/* What stands in web_page for the data. */
#define DATA_MARK "<!-- data -->"

/* tools/web/embed.S */
extern const char web_page[];

/* Ids of the page: dense, of what it shows only. [id of the profile] */
struct id_map {
	VEC(uint32_t) page; /* 0 = not in the page */
	VEC(uint32_t) list; /* list.item[page id - 1] = id of the profile */
};

struct page {
	struct json j;
	const struct profile *p;
	const struct emit_options *options;
	struct timeline timeline;
	int64_t period_ns; /* what most samples stand for */
	struct id_map files, functions, places;
	VEC(uint32_t) node_page; /* [node] = page id of its innermost place */
	VEC(bool) node_used;     /* [node] */
	VEC(bool) file_is_shown; /* [file] */
	/* [enum charge]: what the page shows at first, and with memory both, as what
	   a line holds at most is no sum that the page could make. */
	struct report reports[2];
};

static uint32_t page_id(struct id_map *map, uint32_t id)
{
	if (!id)
		return 0;
	vec_cover(&map->page, id);
	if (!map->page.item[id]) {
		vec_push(&map->list, id);
		map->page.item[id] = (uint32_t)map->list.count;
	}
	return map->page.item[id];
}

static void put_text(struct page *page, const char *key, struct ptf_text text)
{
	json_string(&page->j, key, text.data, text.size);
}

static void put_string(struct page *page, const char *key, uint32_t string)
{
	put_text(page, key, profile_string(page->p, string));
}

static const struct report *first_report(const struct page *page)
{
	return &page->reports[page->options->charge];
}

/* ------------------------------------------------------------------- run */

static void put_sampling(struct page *page, const struct profile_section *section)
{
	static const char *const keys[] = {"host.cpu_model", "host.cpu_count",
		"host.kernel", "sampling.source", "sampling.rate_hz", "sampling.limits"};

	json_object(&page->j, "attributes");
	for (size_t i = 0; i < section->attributes.count; i++) {
		const struct ptf_attribute *a = &section->attributes.item[i];

		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
			if (text_is(a->key, keys[k]))
				put_text(page, keys[k], a->value);
	}
	json_end(&page->j);
}

static void put_run(struct page *page)
{
	const struct profile *p = page->p;
	struct json *j = &page->j;
	char *command = profile_command(p),
	     *selected = selection_text(&page->options->selection);
	struct loss_told told;

	json_object(j, "run");
	json_literal(j, "ptf_version", PTF_VERSION_STRING);
	json_string(j, "command", command, strlen(command));
	json_string(j, "selected", selected, strlen(selected));
	json_integer(j, "elapsed_ns", profile_elapsed_ns(p));
	json_unsigned(j, "samples", p->sample_count);
	json_array(j, "sections");
	for (size_t i = 0; i < p->sections.count; i++) {
		const struct profile_section *section = &p->sections.item[i];
		const char *slash = strrchr(section->path, '/');
		const char *name = slash ? slash + 1 : section->path;

		json_object(j, NULL);
		json_string(j, "file", name, strlen(name));
		put_string(page, "host", section->host);
		put_string(page, "directory", section->directory);
		json_number(j, "started_ms", (double)section->origin_realtime_ns / 1e6);
		json_integer(j, "shift_ns", section->shift_ns);
		json_integer(j, "end_ns", section->end_ns);
		json_unsigned(j, "period_ns", section->period_ns);
		json_bool(j, "has_end", section->has_end);
		put_sampling(page, section);
		json_end(j);
	}
	json_end(j);
	json_array(j, "losses");
	for (size_t i = 0; loss_tell(p, i, &told); i++) {
		json_inline_object(j, NULL);
		json_string(j, "text", told.text, strlen(told.text));
		json_bool(j, "matters", told.matters);
		json_end(j);
	}
	json_end(j);
	json_end(j);
	free(command);
	free(selected);
}

/* What the page shows at first; it can be changed there. */
static void put_view(struct page *page)
{
	const struct emit_options *o = page->options;
	struct json *j = &page->j;

	json_object(j, "view");
	json_literal(j, "waits",
		emit_metric(&emit_html, o) == EMIT_METRIC_CPU ? "none"
			: o->wait_all                         ? "all"
							      : "main");
	json_literal(j, "charge", o->charge == CHARGE_USER ? "user" : "self");
	json_unsigned(j, "min_percent", o->min_percent);
	json_end(j);
}

static void put_classes(struct page *page)
{
	struct json *j = &page->j;

	json_array(j, "classes");
	for (uint32_t kind = 0; kind < PTF_CLASS_KIND_COUNT; kind++) {
		const struct class_style *style = class_style(kind);

		json_inline_object(j, NULL);
		json_literal(j, "name", class_name(kind));
		json_literal(j, "label", class_label(kind));
		json_bool(j, "is_off_cpu", CLASS_MASK_OFF_CPU >> kind & 1);
		json_bool(j, "is_system", CLASS_MASK_SYSTEM >> kind & 1);
		json_literal(j, "light", style->light);
		json_literal(j, "text_on_light", style->text_on_light);
		json_literal(j, "dark", style->dark);
		json_literal(j, "text_on_dark", style->text_on_dark);
		json_end(j);
	}
	json_end(j);
	json_inline_array(j, "class_order");
	for (size_t i = 0; i < PTF_CLASS_KIND_COUNT; i++)
		json_unsigned(j, NULL, class_stack_order[i]);
	json_end(j);
	/* What samples name: a class, or a kind of it ("futex"). */
	json_array(j, "class_ids");
	for (uint32_t id = 0; id <= page->p->classes.items.count; id++) {
		struct profile_class c = profile_get_class(page->p, id);

		json_inline_object(j, NULL);
		json_unsigned(j, "kind", c.kind);
		put_string(page, "detail", c.detail);
		json_end(j);
	}
	json_end(j);
}

static void put_threads(struct page *page)
{
	const struct profile *p = page->p;
	struct json *j = &page->j;

	json_array(j, "processes");
	for (size_t i = 0; i < p->processes.count; i++) {
		const struct profile_process *process = &p->processes.item[i];

		json_inline_object(j, NULL);
		json_unsigned(j, "pid", process->pid);
		json_unsigned(j, "section", process->section);
		put_string(page, "executable", process->executable);
		put_string(page, "python", process->python);
		json_end(j);
	}
	json_end(j);
	json_array(j, "threads");
	for (size_t i = 0; i < p->threads.count; i++) {
		const struct profile_thread *thread = &p->threads.item[i];

		json_inline_object(j, NULL);
		json_unsigned(j, "process", thread->process);
		json_unsigned(j, "tid", thread->tid);
		put_string(page, "name", thread->name);
		json_bool(j, "is_main", thread->is_main);
		json_end(j);
	}
	json_end(j);
}

/* ---------------------------------------------------------------- stacks */

static void mark_used(struct page *page, uint32_t node)
{
	for (; node && !page->node_used.item[node];
		node = profile_get_node(page->p, node).parent)
		page->node_used.item[node] = true;
}

static void mark_used_nodes(struct page *page)
{
	vec_cover(&page->node_used, page->p->nodes.items.count);
	for (size_t i = 0; i < page->timeline.stacks.count; i++)
		mark_used(page, page->timeline.stacks.item[i].node);
	for (size_t i = 0; i < page->p->awaits.count; i++)
		mark_used(page, page->p->awaits.item[i].node);
	for (size_t i = 0; i < first_report(page)->heap.cells.count; i++)
		mark_used(page, first_report(page)->heap.cells.item[i].node);
}

/*
 * Callers come before what they call, so the page can go through the trie
 * without recursion. An inlined call is a node of its own.
 */
static void put_nodes(struct page *page)
{
	const struct profile *p = page->p;
	struct packed parents = {0}, places = {0}, owners = {0};
	struct id_list stack = {0};
	uint32_t count = 0;

	mark_used_nodes(page);
	vec_cover(&page->node_page, p->nodes.items.count);
	for (uint32_t id = 1; id <= p->nodes.items.count; id++) {
		struct profile_node node = profile_get_node(p, id);
		uint32_t parent = page->node_page.item[node.parent];
		size_t place_count = 0;
		const uint32_t *place;

		if (!page->node_used.item[id])
			continue;
		place = node.frame ? profile_frame_places(p, node.frame, &place_count)
				   : NULL;
		profile_stack(p, id, &stack);
		for (size_t i = place_count; i-- > 0;) {
			packed_add(&parents, (int64_t)++count - parent);
			packed_add(&places, page_id(&page->places, place[i]));
			/* How many nodes up the charged line is. */
			packed_add(&owners,
				i || !stack.count ? 0 : (int64_t)stack_owner(p, &stack));
			parent = count;
		}
		page->node_page.item[id] = parent;
	}
	vec_free(&stack);
	json_object(&page->j, "nodes");
	packed_write(&parents, &page->j, "parent");
	packed_write(&places, &page->j, "place");
	packed_write(&owners, &page->j, "owner");
	json_end(&page->j);
}

static void put_places(struct page *page)
{
	struct packed functions = {0}, lines = {0};

	for (size_t i = 0; i < page->places.list.count; i++) {
		struct profile_place place =
			profile_get_place(page->p, page->places.list.item[i]);

		packed_add(&functions, page_id(&page->functions, place.function));
		packed_add(&lines, place.line);
	}
	json_object(&page->j, "places");
	packed_write(&functions, &page->j, "function");
	packed_write(&lines, &page->j, "line");
	json_end(&page->j);
}

static void put_functions(struct page *page)
{
	struct packed files = {0}, lines = {0}, counts = {0}, kinds = {0};
	struct json *j = &page->j;

	json_object(j, "functions");
	json_array(j, "name");
	for (size_t i = 0; i < page->functions.list.count; i++) {
		uint32_t id = page->functions.list.item[i];
		struct profile_function f = profile_get_function(page->p, id);
		char *title = report_function_title(page->p, id);

		json_string(j, NULL, title, strlen(title));
		free(title);
		packed_add(&files, page_id(&page->files, f.file));
		packed_add(&lines, f.first_line);
		packed_add(&counts, f.line_count);
		packed_add(&kinds, f.kind);
	}
	json_end(j);
	packed_write(&files, j, "file");
	packed_write(&lines, j, "line");
	packed_write(&counts, j, "line_count");
	packed_write(&kinds, j, "kind");
	json_end(j);
}

/* --------------------------------------------------------------- sources */

/* Files whose whole text is in the page; of others only what stacks name. */
static void find_shown_files(struct page *page)
{
	const struct report *report = first_report(page);

	vec_cover(&page->file_is_shown, page->p->strings.items.count);
	for (size_t i = 0; i < report->files.count; i++)
		page->file_is_shown.item[report->files.item[i].file] =
			report_shows_file(report, page->p, &report->files.item[i],
				page->options->min_percent);
}

struct used_line {
	uint32_t file, line;
};

static int compare_used(const void *a, const void *b)
{
	const struct used_line *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void put_whole_source(struct page *page, const struct profile_source *source)
{
	struct json *j = &page->j;
	struct ptf_text text;

	json_unsigned(j, "first_line", source->first_line);
	json_array(j, "lines");
	for (size_t i = 0; i < source->line_starts.count; i++)
		if (profile_source_line(source, source->first_line + (uint32_t)i, &text))
			put_text(page, NULL, text);
	json_end(j);
}

static void put_used_source(struct page *page, const struct profile_source *source,
	const struct used_line *used, size_t count)
{
	struct json *j = &page->j;
	struct ptf_text text;

	json_array(j, "excerpt");
	for (size_t i = 0; i < count; i++) {
		if ((i && used[i].line == used[i - 1].line) ||
			!profile_source_line(source, used[i].line, &text))
			continue;
		json_inline_array(j, NULL);
		json_unsigned(j, NULL, used[i].line);
		put_text(page, NULL, text);
		json_end(j);
	}
	json_end(j);
}

static void put_files(struct page *page)
{
	const struct profile *p = page->p;
	struct json *j = &page->j;
	unsigned char *own = own_files(p);
	VEC(struct used_line) used = {0};
	size_t next = 0;

	find_shown_files(page);
	for (size_t i = 0; i < page->places.list.count; i++) {
		struct profile_place place =
			profile_get_place(p, page->places.list.item[i]);
		uint32_t file = profile_get_function(p, place.function).file;

		if (file)
			vec_push(&used,
				(struct used_line){page_id(&page->files, file),
					place.line});
	}
	if (used.count)
		qsort(used.item, used.count, sizeof(*used.item), compare_used);
	json_array(j, "files");
	for (uint32_t id = 1; id <= page->files.list.count; id++) {
		uint32_t file = page->files.list.item[id - 1];
		struct ptf_text path = profile_string(p, file);
		const struct profile_source *source = profile_source_of(p, file);
		size_t first = next;

		while (next < used.count && used.item[next].file == id)
			next++;
		json_object(j, NULL);
		put_text(page, "path", path);
		json_bool(j, "is_library", !own[file]);
		json_bool(j, "is_user",
			page->options->selection.file_globs.count
				? selection_has_file(&page->options->selection, path)
				: own[file]);
		json_bool(j, "is_selected",
			selection_has_file(&page->options->selection, path));
		if (source) {
			json_bool(j, "changed", source->changed_after_start);
			json_unsigned(j, "line_count", source->line_count);
			if (page->file_is_shown.item[file])
				put_whole_source(page, source);
			else
				put_used_source(page, source, used.item + first,
					next - first);
		}
		json_end(j);
	}
	json_end(j);
	vec_free(&used);
	free(own);
}

/* ------------------------------------------------------------------ time */

static void put_grid(struct page *page, const char *key, const struct timeline_grid *grid)
{
	json_inline_object(&page->j, key);
	json_integer(&page->j, "start_ns", grid->start_ns);
	json_integer(&page->j, "bin_ns", grid->bin_ns);
	json_unsigned(&page->j, "bin_count", grid->bin_count);
	json_end(&page->j);
}

static int compare_series(const void *a, const void *b)
{
	const struct timeline_series *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	return x->class_id < y->class_id ? -1 : x->class_id > y->class_id;
}

/* What most samples stand for goes without saying. */
static int64_t beyond_period(const struct page *page, int64_t time_ns, uint64_t row_count)
{
	return (int64_t)((uint64_t)time_ns - row_count * (uint64_t)page->period_ns);
}

/* Numbers that are near those before them are small once packed. */
static void put_series(struct page *page, const char *key, struct timeline_series *series,
	size_t count)
{
	struct packed nodes = {0}, threads = {0}, classes = {0}, times = {0}, rows = {0},
		      counts = {0}, bins = {0}, point_times = {0}, point_rows = {0};
	struct json *j = &page->j;
	int64_t node_before = 0;

	if (count)
		qsort(series, count, sizeof(*series), compare_series);
	for (size_t i = 0; i < count; i++) {
		const struct timeline_series *s = &series[i];
		uint32_t before = 0;

		packed_add(&nodes, page->node_page.item[s->node] - node_before);
		node_before = page->node_page.item[s->node];
		packed_add(&threads, s->thread);
		packed_add(&classes, s->class_id);
		packed_add(&counts, (int64_t)s->points.count);
		for (size_t k = 0; k < s->points.count; k++) {
			const struct timeline_point *point = &s->points.item[k];

			packed_add(&bins, (int64_t)point->bin - before);
			packed_add(&point_times,
				beyond_period(page, point->time_ns, point->count));
			packed_add(&point_rows, point->count);
			before = point->bin;
		}
		packed_add(&times, beyond_period(page, s->time_ns, s->count));
		packed_add(&rows, (int64_t)s->count);
	}
	json_object(j, key);
	packed_write(&nodes, j, "node");
	packed_write(&threads, j, "thread");
	packed_write(&classes, j, "class_id");
	packed_write(&times, j, "time_ns");
	packed_write(&rows, j, "samples");
	packed_write(&counts, j, "point_count");
	packed_write(&bins, j, "point_bin");
	packed_write(&point_times, j, "point_time_ns");
	packed_write(&point_rows, j, "point_samples");
	json_end(j);
}

/* Time awaited has no bins. */
static void put_awaits(struct page *page)
{
	struct packed nodes = {0}, threads = {0}, classes = {0}, times = {0};

	for (size_t i = 0; i < page->p->awaits.count; i++) {
		const struct profile_cell *c = &page->p->awaits.item[i];

		packed_add(&nodes, page->node_page.item[c->node]);
		packed_add(&threads, c->thread);
		packed_add(&classes, c->class_id);
		packed_add(&times, c->time_ns);
	}
	json_object(&page->j, "awaits");
	packed_write(&nodes, &page->j, "node");
	packed_write(&threads, &page->j, "thread");
	packed_write(&classes, &page->j, "class_id");
	packed_write(&times, &page->j, "time_ns");
	json_end(&page->j);
}

/* ---------------------------------------------------------------- memory */

/* Of an estimate whose error is not known -1. */
static int64_t error_bytes(double bytes)
{
	return bytes >= 0 && bytes < (double)INT64_MAX ? (int64_t)bytes : -1;
}

/* What places have in common. */
struct memory_columns {
	struct packed python, native, copied, live, peak, maximum, average, samples;
	struct packed allocated_error, peak_error;
	struct packed leak_bytes_per_s, leak_permille, leak_blocks; /* 0: no leak */
	struct packed levels; /* in parts of LEVEL_MAX of the most */
};

/* What one byte holds, and a picture of the size of a word can show. */
#define LEVEL_MAX 63

static void add_levels(struct packed *column, const struct heap_use *use)
{
	for (size_t i = 0; use->levels && i < HEAP_LEVEL_COUNT; i++) {
		double part = use->maximum_bytes > 0
			? (double)use->levels[i] / (double)use->maximum_bytes
			: 0;

		packed_add(column,
			part >= 1          ? LEVEL_MAX
				: part > 0 ? (int64_t)(part * LEVEL_MAX + 0.5)
					   : 0);
	}
}

static void add_use(struct memory_columns *c, const struct heap *heap,
	const struct heap_use *use, bool may_leak)
{
	struct heap_leak leak = {0};

	if (may_leak && heap->has_time)
		leak = heap_leak_of(heap, use);
	packed_add(&c->python, use->allocated_bytes[HEAP_PYTHON]);
	packed_add(&c->native, use->allocated_bytes[HEAP_NATIVE]);
	packed_add(&c->copied, use->copied_bytes);
	packed_add(&c->live, use->live_bytes);
	packed_add(&c->peak, use->peak_bytes);
	packed_add(&c->maximum, use->maximum_bytes);
	packed_add(&c->average, use->average_bytes);
	packed_add(&c->samples, (int64_t)(use->allocation_count + use->copy_count));
	packed_add(&c->allocated_error, error_bytes(use->allocated_error_bytes));
	packed_add(&c->peak_error, error_bytes(use->peak_error_bytes));
	packed_add(&c->leak_bytes_per_s, leak.is_likely ? (int64_t)leak.bytes_per_s : 0);
	packed_add(&c->leak_permille,
		leak.is_likely ? (int64_t)(leak.likelihood * 1000) : 0);
	packed_add(&c->leak_blocks, leak.is_likely ? (int64_t)leak.observation_count : 0);
	add_levels(&c->levels, use);
}

static void put_memory_columns(struct page *page, struct memory_columns *c)
{
	struct json *j = &page->j;

	packed_write(&c->python, j, "python");
	packed_write(&c->native, j, "native");
	packed_write(&c->copied, j, "copied");
	packed_write(&c->live, j, "live");
	packed_write(&c->peak, j, "peak");
	packed_write(&c->maximum, j, "maximum");
	packed_write(&c->average, j, "average");
	packed_write(&c->samples, j, "samples");
	packed_write(&c->allocated_error, j, "allocated_error");
	packed_write(&c->peak_error, j, "peak_error");
	packed_write(&c->leak_bytes_per_s, j, "leak_bytes_per_s");
	packed_write(&c->leak_permille, j, "leak_permille");
	packed_write(&c->leak_blocks, j, "leak_blocks");
	packed_write(&c->levels, j, "level");
}

/* The page's id of what the page has, as all stacks with memory are in it. */
static uint32_t known_id(const struct id_map *map, uint32_t id)
{
	return id < map->page.count ? map->page.item[id] : 0;
}

static void put_charged_memory(struct page *page, const char *key,
	const struct report *report)
{
	struct memory_columns lines = {0}, functions = {0}, files = {0};
	struct packed line_file = {0}, line_number = {0}, function = {0}, file = {0};
	struct json *j = &page->j;

	for (size_t i = 0; i < report->files.count; i++) {
		const struct report_file *f = &report->files.item[i];
		uint32_t file_id = known_id(&page->files, f->file);

		for (size_t k = 0; k < f->lines.count; k++) {
			const struct report_line *l = &f->lines.item[k];

			if (!l->memory)
				continue;
			packed_add(&line_file, file_id);
			packed_add(&line_number, l->line);
			add_use(&lines, &report->heap, l->memory, true);
		}
		for (size_t k = 0; k < f->functions.count; k++) {
			const struct report_function *g = &f->functions.item[k];

			if (!g->memory)
				continue;
			packed_add(&function, known_id(&page->functions, g->function));
			add_use(&functions, &report->heap, g->memory, true);
		}
		if (f->memory) {
			packed_add(&file, file_id);
			add_use(&files, &report->heap, f->memory, false);
		}
	}
	json_object(j, key);
	json_object(j, "lines");
	packed_write(&line_file, j, "file");
	packed_write(&line_number, j, "line");
	put_memory_columns(page, &lines);
	json_end(j);
	json_object(j, "functions");
	packed_write(&function, j, "function");
	put_memory_columns(page, &functions);
	json_end(j);
	json_object(j, "files");
	packed_write(&file, j, "file");
	put_memory_columns(page, &files);
	json_end(j);
	json_end(j);
}

/* For flame graphs: what adds up over stacks. */
static void put_memory_stacks(struct page *page, const struct heap *heap)
{
	struct packed nodes = {0}, is_python = {0}, allocated = {0}, peak = {0},
		      live = {0}, copied = {0}, samples = {0};
	struct json *j = &page->j;

	for (size_t i = 0; i < heap->cells.count; i++) {
		const struct heap_cell *c = &heap->cells.item[i];

		packed_add(&nodes, page->node_page.item[c->node]);
		packed_add(&is_python,
			profile_get_class(page->p, c->class_id).kind == PTF_CLASS_PYTHON);
		packed_add(&allocated, heap_allocated(&c->use));
		packed_add(&peak, c->use.peak_bytes);
		packed_add(&live, c->use.live_bytes);
		packed_add(&copied, c->use.copied_bytes);
		packed_add(&samples,
			(int64_t)(c->use.allocation_count + c->use.copy_count));
	}
	json_object(j, "stacks");
	packed_write(&nodes, j, "node");
	packed_write(&is_python, j, "is_python");
	packed_write(&allocated, j, "allocated");
	packed_write(&peak, j, "peak");
	packed_write(&live, j, "live");
	packed_write(&copied, j, "copied");
	packed_write(&samples, j, "samples");
	json_end(j);
}

static void put_memory(struct page *page)
{
	const struct report *report = first_report(page);
	struct memory_columns all = {0};
	char words[MEMORY_WORDS_SIZE];
	struct json *j = &page->j;

	if (!report->has_memory) {
		json_null(j, "memory");
		return;
	}
	json_object(j, "memory");
	json_literal(j, "words", memory_words(words, &report->heap, true));
	add_use(&all, &report->heap, &report->heap.all, false);
	json_object(j, "all");
	put_memory_columns(page, &all);
	json_end(j);
	put_memory_stacks(page, &report->heap);
	json_object(j, "charges");
	put_charged_memory(page, "self", &page->reports[CHARGE_SELF]);
	put_charged_memory(page, "user", &page->reports[CHARGE_USER]);
	json_end(j);
	json_end(j);
}

/* --------------------------------------------------------------- all of it */

static void put_counters(struct page *page)
{
	struct json *j = &page->j;

	json_array(j, "counters");
	for (size_t i = 0; i < page->timeline.counters.count; i++) {
		const struct timeline_counter *c = &page->timeline.counters.item[i];
		struct profile_metric metric = profile_get_metric(page->p, c->metric);
		struct packed bins = {0}, minima = {0}, maxima = {0}, last = {0};
		uint32_t before = 0;

		for (size_t k = 0; k < c->levels.count; k++) {
			const struct timeline_level *level = &c->levels.item[k];

			packed_add(&bins, (int64_t)level->bin - before);
			packed_add(&minima, level->minimum);
			packed_add(&maxima, level->maximum);
			packed_add(&last, level->last);
			before = level->bin;
		}
		json_object(j, NULL);
		put_string(page, "name", metric.name);
		put_string(page, "unit", metric.unit);
		put_string(page, "description", metric.description);
		json_bool(j, "is_total", metric.kind == PTF_METRIC_TOTAL);
		json_unsigned(j, "process", c->process);
		json_unsigned(j, "thread", c->thread);
		put_string(page, "instance", c->instance);
		packed_write(&bins, j, "bin");
		packed_write(&minima, j, "minimum");
		packed_write(&maxima, j, "maximum");
		packed_write(&last, j, "last");
		json_end(j);
	}
	json_end(j);
}

static void put_marks(struct page *page)
{
	static const char *const kinds[] = {"instant", "begin", "end", "recording_on",
		"recording_off"};
	struct json *j = &page->j;

	json_array(j, "marks");
	for (size_t i = 0; i < page->p->marks.count; i++) {
		const struct profile_mark *m = &page->p->marks.item[i];

		json_inline_object(j, NULL);
		json_integer(j, "time_ns",
			profile_axis_time(page->p, m->section, m->time_ns));
		json_unsigned(j, "thread", m->thread);
		json_literal(j, "kind",
			(size_t)m->kind < sizeof(kinds) / sizeof(kinds[0])
				? kinds[m->kind]
				: "instant");
		put_string(page, "name", m->name);
		json_end(j);
	}
	json_end(j);
}

static void put_data(struct page *page)
{
	struct timeline *t = &page->timeline;
	struct json *j = &page->j;

	json_object(j, NULL);
	put_run(page);
	put_view(page);
	put_classes(page);
	put_threads(page);
	/* In this order: each names what the next ones define. */
	put_nodes(page);
	put_places(page);
	put_functions(page);
	put_files(page);
	put_grid(page, "grid", &t->grid);
	put_grid(page, "stack_grid", &t->stack_grid);
	json_integer(j, "period_ns", page->period_ns);
	put_series(page, "thread_series", t->threads.item, t->threads.count);
	put_series(page, "stack_series", t->stacks.item, t->stacks.count);
	put_awaits(page);
	put_memory(page);
	put_counters(page);
	put_marks(page);
	json_end(j);
	json_finish(j);
}

static uint32_t useful_bin_count(const struct profile *p)
{
	uint64_t period_ns = 0, bins = BIN_COUNT_MAX;

	for (size_t i = 0; i < p->sections.count; i++)
		if (p->sections.item[i].period_ns > period_ns)
			period_ns = p->sections.item[i].period_ns;
	if (period_ns)
		bins = (uint64_t)profile_elapsed_ns(p) / SAMPLES_PER_BIN / period_ns;
	return bins > BIN_COUNT_MAX    ? BIN_COUNT_MAX
		: bins < BIN_COUNT_MIN ? BIN_COUNT_MIN
				       : (uint32_t)bins;
}

static int make_reports(struct page *page, struct ptf_error *err)
{
	struct report_options options = {.selection = &page->options->selection,
		.wait_all = true,
		.memory_levels = true,
		.charge = page->options->charge};
	int rc = report_make_with_memory(&page->reports[options.charge], page->p,
		&options, err);

	if (rc < 0 || !first_report(page)->has_memory)
		return rc;
	options.charge = options.charge == CHARGE_SELF ? CHARGE_USER : CHARGE_SELF;
	return report_make_with_memory(&page->reports[options.charge], page->p, &options,
		err);
}

static void free_page(struct page *page)
{
	timeline_free(&page->timeline);
	report_free(&page->reports[CHARGE_SELF]);
	report_free(&page->reports[CHARGE_USER]);
	vec_free(&page->files.page);
	vec_free(&page->files.list);
	vec_free(&page->functions.page);
	vec_free(&page->functions.list);
	vec_free(&page->places.page);
	vec_free(&page->places.list);
	vec_free(&page->node_page);
	vec_free(&page->node_used);
	vec_free(&page->file_is_shown);
}

static int write_html(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	const struct timeline_options timeline = {
		.bin_count_max = useful_bin_count(p),
		.stack_bin_count_max = STACK_BIN_COUNT_MAX,
		.stack_point_max = STACK_POINT_COUNT_MAX,
	};
	struct page page = {.p = p,
		.options = options,
		.period_ns =
			p->sections.count && p->sections.item[0].period_ns < PERIOD_MAX_NS
			? (int64_t)p->sections.item[0].period_ns
			: 0};
	const char *data = strstr(web_page, DATA_MARK);
	int rc = timeline_make(&page.timeline, p, &timeline, err);

	if (rc >= 0)
		rc = make_reports(&page, err);
	if (rc < 0) {
		free_page(&page);
		return rc;
	}
	fwrite(web_page, 1, (size_t)(data - web_page), out);
	fputs("<script type=\"application/json\" id=\"data\">", out);
	json_begin(&page.j, out);
	put_data(&page);
	fputs("</script>", out);
	data += strlen(DATA_MARK);
	fputs(data, out);
	free_page(&page);
	return 0;
}

const struct emit_format emit_html = {
	.name = "html",
	.suffix = ".html",
	.description = "a page with all views, for any browser, without a network",
	.cannot_carry = "single samples (time is in bins), processors, address ranges, "
			"chains of awaits (their time is there by line)",
	.options = EMIT_OPTION_BY_FILE | EMIT_OPTION_WAIT | EMIT_OPTION_CHARGE |
		EMIT_OPTION_MIN | EMIT_OPTION_METRIC | EMIT_OPTION_OPEN,
	.metric = EMIT_METRIC_WALL,
	.write = write_html,
};
