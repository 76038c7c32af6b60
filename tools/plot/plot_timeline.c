/*
 * timeline: the CPU time of all threads by class over time, for the whole run or
 * one panel for each process or thread; counters and marks below it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/class_names.h"
#include "tools/core/timeline.h"
#include "tools/core/units.h"
#include "tools/plot/class_bins.h"
#include "tools/plot/plot_kinds.h"
#include "tools/plot/script.h"

enum {
	BINS_OF_A_PICTURE = 300,
	REGION_LANES_MAX = 8,
	COUNTER_PANELS_MAX = 3,
};

/* Counters of one unit. */
struct counter_panel {
	VEC(const struct timeline_counter *) curves; /* the largest first */
	size_t shown;                                /* so many of them */
	bool has_several;                            /* metrics */
	bool has_several_processes;
};

struct drawing {
	FILE *out;
	const struct plot_request *request;
	const struct profile *p;
	struct timeline t;
	struct class_bins_list panels;
	VEC(struct counter_panel) counters;
	unsigned lane_count; /* of regions */
	double bottom;       /* of the next panel's top, of the screen */
	unsigned left_count; /* panels still to be drawn */
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

/* -------------------------------------------------------------- layout */

/* Parts of the picture's height, from the top on. */
static void next_panel(struct drawing *d, double height)
{
	double top = d->bottom - 0.035;

	d->bottom = top - height;
	d->left_count--;
	fprintf(d->out,
		"set tmargin at screen %.4f\nset bmargin at screen %.4f\n"
		"set lmargin at screen 0.085\nset rmargin at screen 0.86\n",
		top, d->bottom);
	/* One axis of time, below the last. */
	fprintf(d->out,
		d->left_count ? "set format x ''\nset xlabel ''\n"
			      : "set format x '%%g'\nset xlabel 'seconds'\n");
}

/* How many steps of an axis have room in a panel. */
static unsigned tics_of(const struct drawing *d, double height)
{
	double room = height * d->request->height / (d->request->characters ? 2 : 28);

	return room < 1 ? 1 : (unsigned)room;
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
	double height)
{
	double bin_s = (double)d->t.grid.bin_ns / 1e9;
	bool first = true;

	next_panel(d, height);
	put_panel_title(d, panel);
	fprintf(d->out, "set yrange [0:*]\nset ylabel '%s'\n",
		number != 0                       ? ""
			: has_off_cpu(&d->panels) ? "threads"
						  : "CPUs in use");
	script_ytics(d->out, largest_sum(d, panel) / (double)d->t.grid.bin_ns,
		tics_of(d, height));
	if (number == 0 && d->request->characters)
		fprintf(d->out,
			"set key outside right top Left reverse samplen 1.5 "
			"invert\n");
	else
		fprintf(d->out, "unset key\n");
	if (number == 0 && !d->request->characters)
		script_legend(d->out, d->request, &d->panels.times, d->bottom + height);
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

/* ------------------------------------------------------------ counters */

static struct ptf_text unit_of(const struct drawing *d, const struct timeline_counter *c)
{
	return profile_string(d->p, profile_get_metric(d->p, c->metric).unit);
}

static struct ptf_text name_of(const struct drawing *d, const struct timeline_counter *c)
{
	return profile_string(d->p, profile_get_metric(d->p, c->metric).name);
}

static bool is_equal(struct ptf_text a, struct ptf_text b)
{
	return a.size == b.size && (a.size == 0 || !memcmp(a.data, b.data, a.size));
}

static int64_t largest_level(const struct timeline_counter *c)
{
	int64_t largest = 0;

	for (size_t i = 0; i < c->levels.count; i++)
		if (c->levels.item[i].last > largest)
			largest = c->levels.item[i].last;
	return largest;
}

static int by_largest(const void *left, const void *right)
{
	const struct timeline_counter *const *a = left, *const *b = right;
	int64_t x = largest_level(*a), y = largest_level(*b);

	if (x != y)
		return x > y ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

/* A panel for each unit: curves of one unit have one axis, be they of any metric. */
static void find_counters(struct drawing *d)
{
	for (size_t i = 0; i < d->t.counters.count; i++) {
		const struct timeline_counter *c = &d->t.counters.item[i];
		size_t k = 0;

		if (!metric_option_has(&d->request->metric, d->p, c->metric))
			continue;
		while (k < d->counters.count &&
			!is_equal(unit_of(d, d->counters.item[k].curves.item[0]),
				unit_of(d, c)))
			k++;
		vec_cover(&d->counters, k);
		vec_push(&d->counters.item[k].curves, c);
		d->counters.item[k].has_several |=
			d->counters.item[k].curves.item[0]->metric != c->metric;
		d->counters.item[k].has_several_processes |=
			d->counters.item[k].curves.item[0]->process != c->process;
	}
	for (size_t k = 0; k < d->counters.count; k++) {
		struct counter_panel *panel = &d->counters.item[k];

		qsort(panel->curves.item, panel->curves.count,
			sizeof(*panel->curves.item), by_largest);
		panel->shown = panel->curves.count < d->request->top ? panel->curves.count
								     : d->request->top;
	}
}

/*
 * "rss, eth0, 4242", as far as it is not the same for all; false when nothing is
 * left to tell.
 */
static bool put_curve_name(struct drawing *d, const struct counter_panel *panel,
	const struct timeline_counter *c)
{
	struct ptf_text name = name_of(d, c);
	struct ptf_text instance = profile_string(d->p, c->instance);
	/* What is beside the panels, in characters of its font. */
	unsigned columns = (unsigned)(0.125 * d->request->width - 36) / 7;
	char process[24] = "";

	if (panel->has_several_processes && c->process)
		snprintf(process, sizeof(process), "%u",
			d->p->processes.item[c->process - 1].pid);
	if (!panel->has_several)
		name.size = 0;
	if (!name.size && !instance.size && !*process)
		return false;
	script_format(d->out, columns > 4 ? columns : 4, "%.*s%s%.*s%s%s", (int)name.size,
		name.data, name.size && instance.size ? ", " : "", (int)instance.size,
		instance.data, *process && (name.size || instance.size) ? ", " : "",
		process);
	return true;
}

static void put_curve_data(struct drawing *d, size_t number, size_t curve,
	const struct timeline_counter *c)
{
	fprintf(d->out, "$counter%zu_%zu << EOD\n# start_ns last\n", number, curve);
	for (size_t k = 0; k < c->levels.count; k++)
		fprintf(d->out, "%" PRId64 " %" PRId64 "\n",
			d->t.grid.start_ns +
				(int64_t)c->levels.item[k].bin * d->t.grid.bin_ns,
			c->levels.item[k].last);
	fprintf(d->out, "EOD\n");
}

static void put_counters(struct drawing *d, size_t number, double height)
{
	const struct counter_panel *panel = &d->counters.item[number];
	struct ptf_text unit = unit_of(d, panel->curves.item[0]);
	struct ptf_text name = name_of(d, panel->curves.item[0]);
	bool is_bytes = unit.size == 5 && !memcmp(unit.data, "bytes", 5);
	const char *scale = is_bytes ? "1048576.0" : "1.0";

	for (size_t i = 0; i < panel->shown; i++)
		put_curve_data(d, number, i, panel->curves.item[i]);
	next_panel(d, height);
	script_ytics(d->out,
		(double)largest_level(panel->curves.item[0]) / (is_bytes ? 1048576.0 : 1),
		tics_of(d, height));
	/* 40k: wide numbers would leave no room for what they are. */
	if (!is_bytes && largest_level(panel->curves.item[0]) >= 10000)
		fprintf(d->out, "set format y '%%.0s%%c'\n");
	fprintf(d->out, "set yrange [0:*]\nset ylabel ");
	if (is_bytes)
		unit = (struct ptf_text){"MiB", 3};
	if (panel->has_several)
		name.size = 0;
	script_format(d->out, 24, "%.*s%s%.*s", (int)name.size, name.data,
		name.size && unit.size ? ", " : "", (int)unit.size, unit.data);
	fprintf(d->out,
		"\nset key at screen 0.875, screen %.4f left top Left reverse samplen "
		"1.5 width 0 noinvert font ',9'\nplot",
		d->bottom + height);
	for (size_t i = 0; i < panel->shown; i++) {
		fprintf(d->out,
			"%s $counter%zu_%zu using ($1/1e9):($2/%s) with steps lw 2 lc "
			"rgb "
			"'%s' title ",
			i ? "," : "", number, i, scale, script_curve(d->request, i));
		if (!put_curve_name(d, panel, panel->curves.item[i]))
			fprintf(d->out, "''");
	}
	fprintf(d->out, "\nset format y\n");
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

	next_panel(d, height);
	fprintf(d->out, "unset key\nunset ytics\nset ylabel 'marks'\nset yrange [%u:0]\n",
		d->lane_count);
	for (size_t i = 0; i < r->item.count; i++) {
		const struct region *region = &r->item.item[i];
		struct ptf_text name = profile_string(d->p, region->name);
		double from = (double)region->from_ns / 1e9;
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
				"'%s' fs solid 0.35 border lc rgb '%s'\n",
				from, region->lane + 0.1, to, region->lane + 0.9,
				script_curve(d->request, 0), script_curve(d->request, 0));
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

static void put_all(struct drawing *d, const struct regions *regions)
{
	size_t panel_count = d->panels.item.count < d->request->top ? d->panels.item.count
								    : d->request->top;
	size_t counter_count = d->counters.count < COUNTER_PANELS_MAX
		? d->counters.count
		: COUNTER_PANELS_MAX;
	bool has_marks = d->lane_count != 0;
	double top = d->request->characters ? 0.95 : 1 - 55.0 / d->request->height;
	double foot = d->request->characters ? 0.14 : 50.0 / d->request->height;
	double parts = (double)panel_count * (panel_count > 1 ? 1 : 3) +
		(double)counter_count + (has_marks ? 0.25 + 0.2 * d->lane_count : 0);
	double room =
		top - foot - 0.035 * (double)(panel_count + counter_count + has_marks);
	double end_s = (double)(d->t.grid.start_ns +
			       (int64_t)d->t.grid.bin_count * d->t.grid.bin_ns) /
		1e9;
	char shown[160], bin[UNITS_SIZE];
	const char *what = has_off_cpu(&d->panels) ? "time of threads" : "CPU time";

	d->bottom = top;
	d->left_count = (unsigned)(panel_count + counter_count + has_marks);
	if (panel_count == 0)
		snprintf(shown, sizeof(shown), "levels, in bins of %s",
			units_time_brief(bin, d->t.grid.bin_ns));
	else if (panel_count < d->panels.item.count)
		snprintf(shown, sizeof(shown),
			"%s by class, in bins of %s; the %zu busiest of %zu", what,
			units_time_brief(bin, d->t.grid.bin_ns), panel_count,
			d->panels.item.count);
	else
		snprintf(shown, sizeof(shown), "%s by class, in bins of %s", what,
			units_time_brief(bin, d->t.grid.bin_ns));
	for (size_t i = 0; i < panel_count; i++)
		put_cpu_data(d, &d->panels.item.item[i], i);
	script_headline(d->out, d->request, shown);
	fprintf(d->out, "set multiplot\nset xrange [%.9f:%.9f]\n",
		(double)d->t.grid.start_ns / 1e9, end_s);
	for (size_t i = 0; i < panel_count; i++) {
		put_cpu(d, &d->panels.item.item[i], i,
			room * (panel_count > 1 ? 1 : 3) / parts);
		if (i == 0) /* what stands beside the panels is drawn once */
			script_end_margins(d->out);
	}
	for (size_t i = 0; i < counter_count; i++) {
		put_counters(d, i, room / parts);
		script_end_margins(d->out);
	}
	if (has_marks)
		put_regions(d, regions, room * (0.25 + 0.2 * d->lane_count) / parts);
	fprintf(d->out, "unset multiplot\n");
}

static int write_timeline(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	const struct timeline_options options = {
		.bin_count_max =
			request->characters ? request->width - 20 : BINS_OF_A_PICTURE,
	};
	struct drawing d = {.out = script, .request = request, .p = request->all};
	struct regions regions = {0};
	int rc = timeline_make(&d.t, request->all, &options, err);

	if (rc < 0)
		return rc;
	make_panels(&d);
	if (!request->characters || request->metric.name)
		find_counters(&d);
	find_regions(&d, &regions);
	put_all(&d, &regions);
	class_bins_free(&d.panels);
	for (size_t i = 0; i < d.counters.count; i++)
		vec_free(&d.counters.item[i].curves);
	vec_free(&d.counters);
	vec_free(&regions.item);
	vec_free(&regions.lane_end_ns);
	timeline_free(&d.t);
	return 0;
}

const struct plot_kind plot_timeline = {
	.name = "timeline",
	.has_metric = true,
	.draws_counters = true,
	.description = "CPU time by class over time, with counters and marks",
	.top = 8,
	.write = write_timeline,
};
