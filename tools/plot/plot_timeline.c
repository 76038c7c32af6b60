/*
 * timeline: the CPU time of all threads by class over time, for the whole run or
 * one panel for each process or thread; counters and marks below it.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/class_names.h"
#include "tools/core/texts.h"
#include "tools/core/timeline.h"
#include "tools/core/units.h"
#include "tools/plot/class_bins.h"
#include "tools/plot/counter_panels.h"
#include "tools/plot/plot_kinds.h"
#include "tools/plot/script.h"

enum {
	BINS_OF_A_PICTURE = 300,
	REGION_LANES_MAX = 8,
	COUNTER_PANELS_MAX = 3,
};

/* Heights are parts of the screen's. */
struct layout {
	size_t panel_count, counter_count;
	double panel, counter, marks;
};

struct drawing {
	FILE *out;
	const struct plot_request *request;
	const struct profile *p;
	struct timeline t;
	struct class_bins_list panels;
	struct counter_panels counters;
	unsigned lane_count;  /* of regions */
	struct panels places; /* where panels are */
};

static bool has_waits(const struct plot_request *request)
{
	return request->metric.words && request->metric.word == 0;
}

static void make_panels(struct drawing *d)
{
	const struct selection *s = d->p->selection;
	/* CPU time unless waits are what was asked for. */
	const struct class_bins_options options = {
		.by_process = d->request->by_process,
		.by_thread = d->request->by_thread,
		.class_mask = CLASS_MASK_CPU | (s ? s->class_mask : 0) |
			(has_waits(d->request) ? CLASS_MASK_OFF_CPU : 0),
	};

	/* Who asks for counters wants to see these. */
	if (d->request->metric.name)
		return;
	class_bins_make(&d->panels, d->p, &d->t, &options);
}

/* ---------------------------------------------------------------- CPU */

static void put_cpu_data(struct drawing *d, const struct class_bins *panel, size_t number)
{
	fprintf(d->out, "$cpu%zu << EOD\n# start_ns", number);
	script_class_names(d->out);
	for (uint32_t bin = 0; bin < d->t.grid.bin_count; bin++) {
		fprintf(d->out, "%" PRId64,
			d->t.grid.start_ns + (int64_t)bin * d->t.grid.bin_ns);
		script_class_row(d->out,
			panel->bin_ns + (size_t)bin * PTF_CLASS_KIND_COUNT);
	}
	fprintf(d->out, "EOD\n");
}

static void put_panel_title(struct drawing *d, const struct class_bins *panel)
{
	const struct profile *p = d->p;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!panel->thread && !panel->process)
		return;
	out = open_memstream(&text, &size);
	if (!out)
		return;
	if (panel->thread) {
		const struct profile_thread *t = &p->threads.item[panel->thread - 1];
		struct ptf_text name = profile_string(p, t->name);

		fprintf(out, "thread %u %.*s", t->tid, (int)name.size, name.data);
	} else {
		const struct profile_process *process =
			&p->processes.item[panel->process - 1];
		struct ptf_text name = profile_string(p, process->executable);

		fprintf(out, "process %u %.*s", process->pid, (int)name.size, name.data);
	}
	fclose(out);
	fprintf(d->out, "set label 1 ");
	script_text(d->out, text, size, 60);
	fprintf(d->out, " at graph 0, graph 1 left offset 0,0.5 noenhanced");
	if (!d->request->characters)
		fprintf(d->out, " font ',9' tc rgb '%s'", script_ink(d->request));
	fputc('\n', d->out);
	free(text);
}

static double largest_sum(const struct drawing *d, const struct class_bins *panel)
{
	int64_t largest = 0;

	for (uint32_t bin = 0; bin < d->t.grid.bin_count; bin++) {
		int64_t sum = 0;

		for (unsigned k = 0; k < PTF_CLASS_KIND_COUNT; k++)
			sum += panel->bin_ns[bin * PTF_CLASS_KIND_COUNT + k];
		largest = sum > largest ? sum : largest;
	}
	return (double)largest;
}

static double largest_of_all(const struct drawing *d, size_t panel_count)
{
	double largest = 0;

	for (size_t i = 0; i < panel_count; i++)
		largest = fmax(largest, largest_sum(d, &d->panels.item.item[i]));
	return largest;
}

/* Then it is not processors that are counted. */
static bool has_off_cpu(const struct class_bins_list *panels)
{
	return class_times_waits(&panels->times) > 0;
}

/*
 * Areas are drawn from the highest sum down, each from the axis up, so that
 * what is seen of one is its own part.
 */
static void put_cpu(struct drawing *d, const struct class_bins *panel, size_t number,
	const struct layout *l)
{
	double bin_s = (double)d->t.grid.bin_ns / 1e9, height = l->panel;
	double largest = largest_of_all(d, l->panel_count) / (double)d->t.grid.bin_ns;
	double step;
	bool first = true;

	panels_next(&d->places, height);
	put_panel_title(d, panel);
	/* Panels are compared: they have one scale. */
	step = script_ytics(d->out, largest, panels_tics(&d->places, height));
	if (l->panel_count > 1 && largest > 0)
		fprintf(d->out, "set yrange [0:%.9g]\n", ceil(largest / step) * step);
	else
		fprintf(d->out, "set yrange [0:*]\n");
	if (number)
		fprintf(d->out, "set ylabel ''\n");
	else if (has_off_cpu(&d->panels))
		panels_axis(&d->places, "threads", "", (struct ptf_text){"", 0}, height);
	else
		panels_axis(&d->places, "CPUs", " ", (struct ptf_text){"in use", 6},
			height);
	if (number == 0 && d->request->characters)
		fprintf(d->out,
			"set key outside right top Left reverse samplen 1.5 "
			"invert\n");
	else
		fprintf(d->out, "unset key\n");
	if (number == 0 && !d->request->characters)
		script_legend(d->out, d->request, &d->panels.times,
			d->places.bottom + height);
	fprintf(d->out, "plot");
	for (unsigned k = PTF_CLASS_KIND_COUNT; k-- > 0;) {
		uint32_t kind = class_stack_order[k];

		if (d->panels.times.ns[kind] <= 0)
			continue;
		fprintf(d->out, "%s $cpu%zu using (($1+%" PRId64 ")/1e9):(",
			first ? "" : ",", number,
			d->request->characters ? d->t.grid.bin_ns / 2 : 0);
		script_class_sum(d->out, 2, k + 1);
		fprintf(d->out, "/1e9/%.9g) with %s", bin_s,
			d->request->characters ? "boxes" : "fillsteps");
		fprintf(d->out, " fc rgb '%s' title '%s'", script_color(d->request, kind),
			class_label(kind));
		first = false;
	}
	fprintf(d->out, "%s\nunset label 1\n", first ? " NaN notitle" : "");
}

/* --------------------------------------------------------------- marks */

struct region {
	int64_t from_ns, to_ns;
	uint32_t name;
	bool is_instant;
	unsigned lane;
};

struct regions {
	VEC(struct region) item;
	VEC(int64_t) lane_end_ns;
};

static bool is_same(const struct profile_mark *a, const struct profile_mark *b)
{
	return a->section == b->section && a->thread == b->thread && a->name == b->name;
}

/* Where the region that begins with this mark ends; regions may be nested. */
static int64_t end_of(const struct profile *p, size_t begin, int64_t last_ns)
{
	unsigned depth = 0;

	for (size_t i = begin; i < p->marks.count; i++) {
		const struct profile_mark *m = &p->marks.item[i];

		if (!is_same(m, &p->marks.item[begin]))
			continue;
		if (m->kind == PTF_MARK_BEGIN)
			depth++;
		else if (m->kind == PTF_MARK_END && --depth == 0)
			return profile_axis_time(p, m->section, m->time_ns);
	}
	return last_ns;
}

static unsigned free_lane(struct regions *r, int64_t from_ns, int64_t to_ns)
{
	unsigned lane = 0;

	while (lane < r->lane_end_ns.count && r->lane_end_ns.item[lane] > from_ns)
		lane++;
	vec_cover(&r->lane_end_ns, lane);
	r->lane_end_ns.item[lane] = to_ns;
	return lane;
}

static int by_start(const void *left, const void *right)
{
	const struct region *a = left, *b = right;

	return a->from_ns < b->from_ns ? -1 : a->from_ns > b->from_ns;
}

/* Only so many: a picture of thousands of marks shows none. */
enum { REGIONS_MAX = 200 };

static void find_regions(struct drawing *d, struct regions *r)
{
	const struct profile *p = d->p;
	int64_t last_ns =
		d->t.grid.start_ns + (int64_t)d->t.grid.bin_count * d->t.grid.bin_ns;

	for (size_t i = 0; i < p->marks.count && r->item.count < REGIONS_MAX; i++) {
		const struct profile_mark *m = &p->marks.item[i];
		struct region region = {
			.from_ns = profile_axis_time(p, m->section, m->time_ns),
			.name = m->name,
			.is_instant = m->kind == PTF_MARK_INSTANT,
		};

		if (m->kind != PTF_MARK_BEGIN && m->kind != PTF_MARK_INSTANT)
			continue;
		region.to_ns = region.is_instant ? region.from_ns : end_of(p, i, last_ns);
		vec_push(&r->item, region);
	}
	if (r->item.count)
		qsort(r->item.item, r->item.count, sizeof(*r->item.item), by_start);
	for (size_t i = 0; i < r->item.count; i++) {
		struct region *region = &r->item.item[i];

		/* An instant's name needs room beside it. */
		region->lane = free_lane(r, region->from_ns,
			region->is_instant ? region->from_ns + (last_ns / 8)
					   : region->to_ns);
	}
	d->lane_count = (unsigned)r->lane_end_ns.count;
	if (d->lane_count > REGION_LANES_MAX)
		d->lane_count = REGION_LANES_MAX;
}

static void put_regions(struct drawing *d, const struct regions *r, double height)
{
	double to_s = (double)(d->t.grid.start_ns +
			      (int64_t)d->t.grid.bin_count * d->t.grid.bin_ns) /
		1e9;

	panels_next(&d->places, height);
	fprintf(d->out, "unset key\nunset ytics\nset ylabel 'marks'\nset yrange [%u:0]\n",
		d->lane_count);
	for (size_t i = 0; i < r->item.count; i++) {
		const struct region *region = &r->item.item[i];
		struct ptf_text name = profile_string(d->p, region->name);
		double from = (double)region->from_ns / 1e9;
		char tint[8];
		double to = (double)region->to_ns / 1e9;
		/* Of the axis: a character takes about 1 % of its width. */
		unsigned columns =
			region->is_instant ? 12 : (unsigned)((to - from) / to_s * 85);

		if (region->lane >= d->lane_count)
			continue;
		if (region->is_instant)
			fprintf(d->out,
				"set arrow from %.9f,%u to %.9f,%u nohead lw 2 lc rgb "
				"'%s'\n",
				from, region->lane, from, region->lane + 1,
				script_curve(d->request, 3));
		else
			fprintf(d->out,
				"set object rectangle from %.9f,%.2f to %.9f,%.2f fc rgb "
				"'%s' fs solid 1.0 border lc rgb '%s'\n",
				from, region->lane + 0.1, to, region->lane + 0.9,
				script_tint(tint, d->request,
					script_curve(d->request, 0)),
				script_curve(d->request, 0));
		if (columns < 2)
			continue;
		fprintf(d->out, "set label ");
		script_text(d->out, name.data, name.size, columns);
		fprintf(d->out, " at %.9f,%.2f left offset 0.4,0 noenhanced front", from,
			region->lane + 0.5);
		if (!d->request->characters)
			fprintf(d->out, " font ',9' tc rgb '%s'", script_ink(d->request));
		fputc('\n', d->out);
	}
	fprintf(d->out, "plot NaN notitle\n");
}

/* ----------------------------------------------------------- all of it */

/* What "shown" is, for the headline. */
static void put_shown(const struct drawing *d, size_t panel_count)
{
	const char *what = has_off_cpu(&d->panels) ? "time of threads" : "CPU time";
	char shown[160], bin[UNITS_SIZE];

	units_time_brief(bin, d->t.grid.bin_ns);
	if (panel_count == 0)
		snprintf(shown, sizeof(shown), "levels, in bins of %s", bin);
	else if (panel_count < d->panels.item.count)
		snprintf(shown, sizeof(shown),
			"%s by class, in bins of %s; the %zu busiest of %zu", what, bin,
			panel_count, d->panels.item.count);
	else
		snprintf(shown, sizeof(shown), "%s by class, in bins of %s", what, bin);
	script_headline(d->out, d->request, shown);
}

/* Marks take what they need, all else shares what is left; what has no room is left out.
 */
static struct layout lay_out(struct drawing *d)
{
	bool characters = d->request->characters;
	double line = 1.0 / d->request->height; /* a pixel, or a row */
	double least = characters ? 2 * line : 30 * line, part, room;
	struct layout l = {0};
	size_t panel_max;

	l.panel_count = d->panels.item.count < d->request->top ? d->panels.item.count
							       : d->request->top;
	l.counter_count = d->counters.item.count < COUNTER_PANELS_MAX
		? d->counters.item.count
		: COUNTER_PANELS_MAX;
	if (d->lane_count) /* "marks" stands beside them */
		l.marks = characters ? (d->lane_count + 1.5) * line
				     : fmax(d->lane_count * 19 + 6, 40) * line;
	d->places.bottom = characters ? 0.95 : 1 - 55 * line;
	room = d->places.bottom - (characters ? 0.14 : 50 * line) - l.marks -
		PANEL_GAP * (double)(l.counter_count + (d->lane_count != 0));
	panel_max = (size_t)fmax(1,
		(room - least * (double)l.counter_count) / (least + PANEL_GAP));
	if (l.panel_count > panel_max)
		l.panel_count = panel_max;
	/* One for the whole run is what is looked at. */
	part = l.panel_count == 1 ? 3 : 1;
	l.counter = (room - PANEL_GAP * (double)l.panel_count) /
		(part * (double)l.panel_count + (double)l.counter_count);
	l.panel = part * l.counter;
	d->places.left_count =
		(unsigned)(l.panel_count + l.counter_count + (d->lane_count != 0));
	return l;
}

static void put_all(struct drawing *d, const struct regions *regions)
{
	struct layout l = lay_out(d);
	double end_s = (double)(d->t.grid.start_ns +
			       (int64_t)d->t.grid.bin_count * d->t.grid.bin_ns) /
		1e9;

	for (size_t i = 0; i < l.panel_count; i++)
		put_cpu_data(d, &d->panels.item.item[i], i);
	put_shown(d, l.panel_count);
	fprintf(d->out, "set multiplot\nset xrange [%.9f:%.9f]\n",
		(double)d->t.grid.start_ns / 1e9, end_s);
	for (size_t i = 0; i < l.panel_count; i++) {
		put_cpu(d, &d->panels.item.item[i], i, &l);
		if (i == 0) /* what stands beside the panels is drawn once */
			script_end_margins(d->out);
	}
	for (size_t i = 0; i < l.counter_count; i++) {
		counter_panels_put(&d->counters, &d->places, i, l.counter);
		script_end_margins(d->out);
	}
	if (d->lane_count)
		put_regions(d, regions, l.marks);
	fprintf(d->out, "unset multiplot\n");
}

static int write_timeline(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	const struct timeline_options options = {
		.bin_count_max =
			request->characters ? request->width - 20 : BINS_OF_A_PICTURE,
	};
	struct drawing d = {.out = script,
		.request = request,
		.p = request->all,
		.places = {.out = script, .request = request, .right = 0.86}};
	struct regions regions = {0};
	int rc = timeline_make(&d.t, request->all, &options, err);

	if (rc < 0)
		return rc;
	make_panels(&d);
	if (!request->characters || request->metric.name)
		counter_panels_find(&d.counters, request, &d.t, &request->metric);
	find_regions(&d, &regions);
	put_all(&d, &regions);
	class_bins_free(&d.panels);
	counter_panels_free(&d.counters);
	vec_free(&regions.item);
	vec_free(&regions.lane_end_ns);
	timeline_free(&d.t);
	return 0;
}

const struct plot_kind plot_timeline = {
	.name = "timeline",
	.options = PLOT_OPTIONS_OF_PICTURES | PLOT_OPTION_METRIC | PLOT_OPTION_TOP |
		PLOT_OPTION_THREADS | PLOT_OPTION_PROCESSES,
	.draws_counters = true,
	.description = "CPU time by class over time, with counters and marks",
	.top = 8,
	.write = write_timeline,
};
