/*
 * --to flamegraph: one SVG that is a picture everywhere, and in a browser an
 * instrument: its script (tools/web/flamegraph.js) draws again what is asked
 * for, from the tree that the file holds as JSON.
 *
 * The tree is cut where it is too small to be seen: frames below a share of the
 * whole are gathered beside their siblings, so that every width stays right.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli/json.h"
#include "tools/cli/text.h"
#include "tools/cli/xml.h"
#include "tools/core/class_names.h"
#include "tools/core/class_style.h"
#include "tools/core/flame_tree.h"
#include "tools/core/recordings.h"
#include "tools/core/units.h"
#include "tools/emit/registry.h"

/* tools/web/embed.S */
extern const char flamegraph_css[], flamegraph_js[];

/* A frame of the whole's so manieth part is 1 pixel wide at 16 times zoom. */
#define SHARE_MIN 20000
/* Some megabytes. Beyond, smaller shares are gathered. */
#define SHOWN_COUNT_MAX 200000

/* The picture without script; sizes in pixels. */
enum {
	WIDTH = 1200,
	MARGIN = 10,
	HEAD_HEIGHT = 92,
	ROW_HEIGHT = 18,
	ROW_COUNT_MAX = 250, /* a browser shows the deeper ones */
};
#define CHARACTER_WIDTH 7.2 /* of the 12 pixel font */
#define FRAME_WIDTH_MIN 0.5

/* What a frame shows: the rest of a node is time. */
struct frame {
	uint32_t thread, function, line;
	uint32_t kind; /* enum frame_kind */
};

enum frame_kind {
	FRAME_ALL, /* everything */
	FRAME_THREAD,
	FRAME_FUNCTION,
	FRAME_GATHERED, /* what is too small to be shown */
};

struct shown {
	uint32_t frame; /* id in graph.frames */
	uint32_t depth;
	int64_t start;
	struct class_times times;
};

struct graph {
	FILE *out;
	const struct profile *p;
	const struct emit_options *options;
	enum emit_metric metric;
	struct flame_tree tree;
	struct intern frames;    /* struct frame */
	int64_t *start;          /* [node] where it begins, in time */
	int64_t least;           /* nodes with less are gathered */
	VEC(struct shown) shown; /* parents before children */
};

/* ------------------------------------------------------- what can be seen */

static void find_starts(struct graph *g)
{
	const struct flame_node *nodes = g->tree.nodes.item;

	g->start = memory_zeroed(g->tree.nodes.count, sizeof(*g->start));
	for (uint32_t id = 0; id < g->tree.nodes.count; id++) {
		int64_t at = g->start[id];

		for (uint32_t c = nodes[id].first_child; c; c = nodes[c].next_sibling) {
			g->start[c] = at;
			at += nodes[c].total_ns;
		}
	}
}

static void find_least(struct graph *g)
{
	size_t count = SIZE_MAX;

	g->least = g->tree.nodes.item[0].total_ns / SHARE_MIN;
	if (g->least < 1)
		g->least = 1;
	while (count > SHOWN_COUNT_MAX) {
		count = 0;
		for (uint32_t id = 1; id < g->tree.nodes.count; id++)
			count += g->tree.nodes.item[id].total_ns >= g->least;
		if (count > SHOWN_COUNT_MAX)
			g->least *= 2;
	}
}

static void show(struct graph *g, const struct frame *frame, uint32_t depth,
	int64_t start, const struct class_times *times)
{
	vec_push(&g->shown,
		(struct shown){intern_bytes(&g->frames, frame, sizeof(*frame)), depth,
			start, *times});
}

static void show_node(struct graph *g, uint32_t id)
{
	const struct flame_node *node = &g->tree.nodes.item[id];
	struct frame frame = {node->thread, node->function, node->line,
		!id                    ? FRAME_ALL
			: node->thread ? FRAME_THREAD
				       : FRAME_FUNCTION};

	show(g, &frame, node->depth, g->start[id], &node->total);
}

/* A node and its siblings after it: they are in order of time. */
static void show_gathered(struct graph *g, uint32_t first)
{
	const struct frame gathered = {.kind = FRAME_GATHERED};
	struct class_times times = {{0}};

	for (uint32_t id = first; id; id = g->tree.nodes.item[id].next_sibling)
		class_times_add(&times, &g->tree.nodes.item[id].total);
	show(g, &gathered, g->tree.nodes.item[first].depth, g->start[first], &times);
}

/* Goes on to a node if it is large enough, else gathers from it on. */
static bool enter(struct graph *g, uint32_t node, uint32_t *id)
{
	if (!node)
		return false;
	if (g->tree.nodes.item[node].total_ns >= g->least) {
		*id = node;
		return true;
	}
	show_gathered(g, node);
	return false;
}

static void find_shown(struct graph *g)
{
	uint32_t id = 0;

	find_starts(g);
	find_least(g);
	do {
		show_node(g, id);
		if (enter(g, g->tree.nodes.item[id].first_child, &id))
			continue;
		while (id && !enter(g, g->tree.nodes.item[id].next_sibling, &id))
			id = g->tree.nodes.item[id].parent;
	} while (id);
}

/* -------------------------------------------------------------------- texts */

/* Safe to show: what would not be seen, or reverse the text, is spelled out. */
static char *visible(const char *text, size_t size)
{
	static const struct text_style style = {.unicode = true};
	char *copy = NULL;
	size_t copy_size;
	FILE *out = open_memstream(&copy, &copy_size);

	if (!out)
		return memory_zeroed(1, 1);
	text_put(out, text, size, &style);
	fclose(out);
	return copy;
}

static struct frame frame_of(const struct graph *g, const struct shown *s)
{
	struct frame frame;

	memcpy(&frame, intern_get(&g->frames, s->frame).data, sizeof(frame));
	return frame;
}

static char *frame_name(const struct graph *g, const struct frame *frame)
{
	char *title, *name;

	if (frame->kind == FRAME_ALL)
		return visible("all", 3);
	if (frame->kind == FRAME_GATHERED)
		return visible("[smaller frames]", 16);
	title = frame->kind == FRAME_THREAD
		? report_thread_title(g->p, frame->thread)
		: report_function_title(g->p, frame->function);
	name = visible(title, strlen(title));
	free(title);
	return name;
}

/* "" when a frame has none. */
static char *frame_file(const struct graph *g, const struct frame *frame)
{
	uint32_t file = profile_get_function(g->p, frame->function).file;
	struct ptf_text path = profile_string(g->p, file);

	return visible(path.data, path.size);
}

/* The line that ran or, where lines are not told apart, where it begins. */
static uint32_t frame_line(const struct graph *g, const struct frame *frame)
{
	return g->options->no_lines
		? profile_get_function(g->p, frame->function).first_line
		: frame->line;
}

/* "step (walk.py:12)" as a new string. */
static char *label_of(const struct graph *g, const struct shown *s, bool whole_path)
{
	struct frame frame = frame_of(g, s);
	char *name = frame_name(g, &frame), *file = frame_file(g, &frame), *label;
	const char *slash = strrchr(file, '/'), *shown = slash ? slash + 1 : file;
	uint32_t line = frame_line(g, &frame);
	int size;

	if (whole_path)
		shown = file;
	if (!*file)
		size = asprintf(&label, "%s", name);
	else if (line)
		size = asprintf(&label, "%s (%s:%" PRIu32 ")", name, shown, line);
	else
		size = asprintf(&label, "%s (%s)", name, shown);
	free(name);
	free(file);
	return size < 0 ? memory_zeroed(1, 1) : label;
}

static char *amount(const struct graph *g, char buffer[UNITS_SIZE + 16], int64_t value)
{
	char number[UNITS_SIZE];

	if (g->metric == EMIT_METRIC_SAMPLES)
		snprintf(buffer, UNITS_SIZE + 16, "%s sample%s",
			units_count(number, (uint64_t)value), value == 1 ? "" : "s");
	else
		snprintf(buffer, UNITS_SIZE + 16, "%s",
			emit_is_memory(g->metric) ? units_bytes(number, (uint64_t)value)
						  : units_time_brief(number, value));
	return buffer;
}

static char *title(const struct graph *g)
{
	char *command = profile_command(g->p), *text = visible(command, strlen(command));

	free(command);
	return text;
}

/* "CPU time 1.11 s; 250 samples/s on vm; selected: 2 s to 5 s" */
static char *subtitle(const struct graph *g)
{
	static const char *const what[] = {[EMIT_METRIC_CPU] = "CPU time",
		[EMIT_METRIC_WALL] = "time with waits",
		[EMIT_METRIC_SAMPLES] = "all samples",
		[EMIT_METRIC_AWAIT] = "time awaited by tasks"};
	const struct profile *p = g->p;
	const struct profile_section *first = p->sections.count ? p->sections.item : NULL;
	char *selected = p->selection ? selection_text(p->selection) : NULL;
	char *text = NULL, *shown, number[UNITS_SIZE + 16], period[UNITS_SIZE];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return memory_zeroed(1, 1);
	fprintf(out, "%s: %s",
		emit_is_memory(g->metric)
			? heap_measure_title(emit_heap_measure(g->metric))
			: what[g->metric],
		amount(g, number, g->tree.nodes.item[0].total_ns));
	if (g->options->reverse)
		fputs("; callers below what they called", out);
	if (first && first->period_ns && first->period_ns <= INT64_MAX &&
		!emit_is_memory(g->metric))
		fprintf(out, "; a sample every %s",
			units_time_brief(period, (int64_t)first->period_ns));
	if (first && first->host) {
		struct ptf_text host = profile_string(p, first->host);

		fprintf(out, "; on %.*s", (int)host.size, host.data);
	}
	if (recordings_count(p) > 1)
		fprintf(out, "; %zu recordings", recordings_count(p));
	if (selected && *selected)
		fprintf(out, "; selected: %s", selected);
	fclose(out);
	free(selected);
	shown = visible(text, size);
	free(text);
	return shown;
}

/* --------------------------------------------------------------- the picture */

static void put_text(const struct graph *g, const char *text)
{
	xml_text(g->out, text, strlen(text));
}

/* As much of a text as fits, with a mark where it was cut. */
static void put_fitting(const struct graph *g, const char *text, double width)
{
	struct text_style style = {.unicode = true,
		.max_columns = (unsigned)(width / CHARACTER_WIDTH)};
	char *cut = NULL;
	size_t size;
	FILE *out = open_memstream(&cut, &size);

	if (!out)
		return;
	text_put(out, text, strlen(text), &style);
	fclose(out);
	xml_text(g->out, cut, size);
	free(cut);
}

/* Colours as variables for the script, and as rules for all other readers. */
static void put_colors(const struct graph *g)
{
	for (int dark = 0; dark < 2; dark++) {
		fputs(dark ? "@media (prefers-color-scheme: dark) {\n" : "", g->out);
		for (uint32_t kind = 0; kind < PTF_CLASS_KIND_COUNT; kind++) {
			const struct class_style *style = class_style(kind);

			fprintf(g->out,
				"svg { --%s: %s }\n"
				".%s { fill: %s } .%s + text { fill: %s }\n",
				class_name(kind), dark ? style->dark : style->light,
				class_name(kind), dark ? style->dark : style->light,
				class_name(kind),
				dark ? style->text_on_dark : style->text_on_light);
		}
		fputs(dark ? "}\n" : "", g->out);
	}
}

static void put_legend(const struct graph *g)
{
	const struct class_times *all = &g->tree.nodes.item[0].total;
	double x = MARGIN;

	for (size_t i = 0; i < PTF_CLASS_KIND_COUNT; i++) {
		uint32_t kind = class_stack_order[i];
		char text[80], value[UNITS_SIZE + 16];

		if (!all->ns[kind])
			continue;
		snprintf(text, sizeof(text), "%s %s, %.1f %%", class_label(kind),
			amount(g, value, all->ns[kind]),
			units_percent((double)all->ns[kind],
				(double)g->tree.nodes.item[0].total_ns));
		/* The text first: behind a class's area it would have its ink. */
		fprintf(g->out, "<text class=\"note\" x=\"%.1f\" y=\"72\">", x + 17);
		put_text(g, text);
		fprintf(g->out,
			"</text><rect class=\"%s\" x=\"%.1f\" y=\"62\" width=\"12\" "
			"height=\"12\"/>\n",
			class_name(kind), x);
		x += 40 + (double)strlen(text) * CHARACTER_WIDTH;
	}
}

static void put_frame(const struct graph *g, const struct shown *s)
{
	int64_t all = g->tree.nodes.item[0].total_ns, total = class_times_sum(&s->times);
	double scale = (WIDTH - 2 * MARGIN) / (double)all;
	double width = (double)total * scale, x = MARGIN + (double)s->start * scale;
	int y = HEAD_HEIGHT + (int)s->depth * ROW_HEIGHT;
	char *label = label_of(g, s, true), value[UNITS_SIZE + 16];

	fputs("<g><title>", g->out);
	put_text(g, label);
	fprintf(g->out, "\n%s, %.2f %%</title>", amount(g, value, total),
		units_percent((double)total, (double)all));
	free(label);
	fprintf(g->out,
		"<rect class=\"%s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>",
		frame_of(g, s).kind == FRAME_GATHERED
			? "gathered"
			: class_name(class_times_largest(&s->times)),
		x, y, width, ROW_HEIGHT - 1);
	if (width > 3 * CHARACTER_WIDTH) {
		label = label_of(g, s, false);
		fprintf(g->out, "<text x=\"%.2f\" y=\"%d\">", x + 3, y + 13);
		put_fitting(g, label, width - 6);
		fputs("</text>", g->out);
		free(label);
	}
	fputs("</g>\n", g->out);
}

/* Whether a frame can be seen without zooming and scrolling. */
static bool is_in_picture(const struct graph *g, const struct shown *s)
{
	double share = units_percent((double)class_times_sum(&s->times),
		(double)g->tree.nodes.item[0].total_ns);

	return s->depth < ROW_COUNT_MAX &&
		share / 100 * (WIDTH - 2 * MARGIN) >= FRAME_WIDTH_MIN;
}

static uint32_t row_count(const struct graph *g)
{
	uint32_t rows = 0;

	for (size_t i = 0; i < g->shown.count; i++)
		if (g->shown.item[i].depth >= rows)
			rows = g->shown.item[i].depth + 1;
	return rows;
}

static void put_picture(const struct graph *g)
{
	uint32_t rows = row_count(g);
	char *text = title(g);

	fprintf(g->out,
		"<g id=\"picture\">\n"
		"<text class=\"title\" x=\"%d\" y=\"26\">",
		MARGIN);
	put_fitting(g, text, (WIDTH - 2 * MARGIN) / 1.34);
	free(text);
	text = subtitle(g);
	fprintf(g->out, "</text>\n<text class=\"note\" x=\"%d\" y=\"47\">", MARGIN);
	put_fitting(g, text, WIDTH - 2 * MARGIN);
	free(text);
	fputs("</text>\n", g->out);
	put_legend(g);
	for (size_t i = 0; i < g->shown.count; i++)
		if (is_in_picture(g, &g->shown.item[i]))
			put_frame(g, &g->shown.item[i]);
	if (g->tree.nodes.item[0].total_ns == 0)
		fprintf(g->out,
			"<text class=\"note\" x=\"%d\" y=\"%d\">nothing was "
			"counted</text>\n",
			MARGIN, HEAD_HEIGHT + 13);
	if (rows > ROW_COUNT_MAX)
		fprintf(g->out,
			"<text class=\"note\" x=\"%d\" y=\"%d\">%" PRIu32
			" more rows below: open this file in a browser</text>\n",
			MARGIN, HEAD_HEIGHT + ROW_COUNT_MAX * ROW_HEIGHT + 14,
			rows - ROW_COUNT_MAX);
	fputs("</g>\n", g->out);
}

/* -------------------------------------------------------- data of the script */

static void put_string(struct json *j, const char *key, char *made)
{
	json_literal(j, key, made);
	free(made);
}

/* Files once: their paths are long. */
static void put_frames(struct json *j, const struct graph *g)
{
	struct intern files = {0};

	json_array(j, "names");
	for (uint32_t id = 1; id <= g->frames.items.count; id++) {
		struct frame frame = frame_of(g, &(struct shown){.frame = id});

		put_string(j, NULL, frame_name(g, &frame));
	}
	json_end(j);
	json_inline_array(j, "lines");
	for (uint32_t id = 1; id <= g->frames.items.count; id++) {
		struct frame frame = frame_of(g, &(struct shown){.frame = id});

		json_unsigned(j, NULL, frame_line(g, &frame));
	}
	json_end(j);
	json_inline_array(j, "fileOf");
	for (uint32_t id = 1; id <= g->frames.items.count; id++) {
		struct frame frame = frame_of(g, &(struct shown){.frame = id});
		char *file = frame_file(g, &frame);

		json_unsigned(j, NULL, intern_bytes(&files, file, strlen(file)));
		free(file);
	}
	json_end(j);
	json_array(j, "files");
	for (uint32_t id = 1; id <= files.items.count; id++) {
		struct ptf_text file = intern_get(&files, id);

		json_string(j, NULL, file.data, file.size);
	}
	json_end(j);
	intern_free(&files);
}

static void put_nodes(struct json *j, const struct graph *g)
{
	json_inline_array(j, "frame");
	for (size_t i = 0; i < g->shown.count; i++)
		json_unsigned(j, NULL, g->shown.item[i].frame);
	json_end(j);
	json_inline_array(j, "depth");
	for (size_t i = 0; i < g->shown.count; i++)
		json_unsigned(j, NULL, g->shown.item[i].depth);
	json_end(j);
	json_array(j, "classes");
	for (size_t k = 0; k < PTF_CLASS_KIND_COUNT; k++) {
		uint32_t kind = class_stack_order[k];

		if (!g->tree.nodes.item[0].total.ns[kind])
			continue;
		json_object(j, NULL);
		json_literal(j, "name", class_name(kind));
		json_literal(j, "label", class_label(kind));
		json_inline_array(j, "values");
		for (size_t i = 0; i < g->shown.count; i++)
			json_integer(j, NULL, g->shown.item[i].times.ns[kind]);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void put_data(const struct graph *g)
{
	const struct frame gathered = {.kind = FRAME_GATHERED};
	struct json j;

	/* The writer escapes what is markup, so that it may stand in XML. */
	fputs("<metadata id=\"data\">", g->out);
	json_begin(&j, g->out);
	json_object(&j, NULL);
	put_string(&j, "title", title(g));
	put_string(&j, "subtitle", subtitle(g));
	json_literal(&j, "unit",
		g->metric == EMIT_METRIC_SAMPLES    ? "samples"
			: emit_is_memory(g->metric) ? "bytes"
						    : "ns");
	json_integer(&j, "least", g->least);
	json_integer(&j, "cut", g->tree.cut_ns);
	json_unsigned(&j, "gathered",
		intern_lookup(&g->frames, &gathered, sizeof(gathered)));
	put_frames(&j, g);
	put_nodes(&j, g);
	json_end(&j);
	json_finish(&j);
	fputs("</metadata>\n", g->out);
}

static void put_svg(const struct graph *g)
{
	uint32_t rows = row_count(g);
	char *text = title(g);
	int height = HEAD_HEIGHT +
		(int)(rows > ROW_COUNT_MAX ? ROW_COUNT_MAX + 1 : rows) * ROW_HEIGHT +
		MARGIN;

	fprintf(g->out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n<title>",
		WIDTH, height, WIDTH, height);
	put_text(g, text);
	free(text);
	fputs("</title>\n<style>\n", g->out);
	put_colors(g);
	fputs(flamegraph_css, g->out);
	fputs("</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n",
		g->out);
	put_picture(g);
	put_data(g);
	fputs("<script><![CDATA[\n", g->out);
	fputs(flamegraph_js, g->out);
	fputs("]]></script>\n</svg>\n", g->out);
}

static int write_flamegraph(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct graph g = {.out = out,
		.p = p,
		.options = options,
		.metric = emit_metric(&emit_flamegraph, options)};
	struct profile_cells memory = {0};
	struct report_options counted = {.wait_all =
						 options->wait_all || options->threads,
		.cpu_only = g.metric == EMIT_METRIC_CPU,
		.awaits = g.metric == EMIT_METRIC_AWAIT};

	if (emit_is_memory(g.metric)) {
		int rc = heap_measure_cells(&memory, p, emit_heap_measure(g.metric), err);

		if (rc < 0)
			return rc;
		counted.bytes = &memory;
	}
	flame_tree_make(&g.tree, p,
		&(struct flame_options){.counted = &counted,
			.rows = g.metric == EMIT_METRIC_SAMPLES,
			.lines = !options->no_lines,
			.inverted = options->reverse,
			.threads = options->threads});
	find_shown(&g);
	put_svg(&g);
	flame_tree_free(&g.tree);
	intern_free(&g.frames);
	vec_free(&g.shown);
	free(g.start);
	cells_free(&memory);
	return 0;
}

const struct emit_format emit_flamegraph = {
	.name = "flamegraph",
	.suffix = ".svg",
	.description = "a flame graph: a picture that a browser zooms and searches",
	.cannot_carry = "times of the samples, source text, counters, marks; time "
			"awaited without --metric await; memory without --metric alloc, "
			"live, peak or copy",
	.options = EMIT_OPTION_THREADS | EMIT_OPTION_WAIT | EMIT_OPTION_METRIC |
		EMIT_OPTION_SAMPLES | EMIT_OPTION_AWAIT | EMIT_OPTION_MEMORY |
		EMIT_OPTION_NO_LINES | EMIT_OPTION_REVERSE,
	.metric = EMIT_METRIC_CPU,
	.write = write_flamegraph,
};
