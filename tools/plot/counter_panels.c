#include "tools/plot/counter_panels.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tools/core/texts.h"
#include "tools/plot/script.h"

static struct ptf_text unit_of(const struct counter_panels *counters,
	const struct timeline_counter *c)
{
	return profile_string(counters->p,
		profile_get_metric(counters->p, c->metric).unit);
}

static struct ptf_text name_of(const struct counter_panels *counters,
	const struct timeline_counter *c)
{
	return profile_string(counters->p,
		profile_get_metric(counters->p, c->metric).name);
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
void counter_panels_find(struct counter_panels *counters,
	const struct plot_request *request, const struct timeline *t,
	const struct metric_option *wanted)
{
	*counters = (struct counter_panels){.p = request->all, .t = t};
	for (size_t i = 0; i < t->counters.count; i++) {
		const struct timeline_counter *c = &t->counters.item[i];
		struct counter_panel *panel;
		size_t k = 0;

		if (!metric_option_has(wanted, counters->p, c->metric))
			continue;
		while (k < counters->item.count &&
			!text_equal(unit_of(counters,
					    counters->item.item[k].curves.item[0]),
				unit_of(counters, c)))
			k++;
		vec_cover(&counters->item, k);
		panel = &counters->item.item[k];
		vec_push(&panel->curves, c);
		panel->has_several |= panel->curves.item[0]->metric != c->metric;
		panel->has_several_processes |=
			panel->curves.item[0]->process != c->process;
	}
	for (size_t k = 0; k < counters->item.count; k++) {
		struct counter_panel *panel = &counters->item.item[k];

		qsort(panel->curves.item, panel->curves.count,
			sizeof(*panel->curves.item), by_largest);
		panel->shown = panel->curves.count < request->top ? panel->curves.count
								  : request->top;
	}
}

/*
 * "rss, eth0, pid 4242", as far as it is not the same for all; false when nothing is
 * left to tell.
 */
static bool put_curve_name(const struct counter_panels *counters,
	const struct panels *panels, const struct counter_panel *panel,
	const struct timeline_counter *c)
{
	struct ptf_text name = name_of(counters, c);
	struct ptf_text instance = profile_string(counters->p, c->instance);
	char process[24] = "";

	if (panel->has_several_processes && c->process)
		snprintf(process, sizeof(process), "pid %u",
			counters->p->processes.item[c->process - 1].pid);
	if (!panel->has_several)
		name.size = 0;
	if (!name.size && !instance.size && !*process)
		return false;
	script_format(panels->out, panels_name_columns(panels), "%.*s%s%.*s%s%s",
		(int)name.size, name.data, name.size && instance.size ? ", " : "",
		(int)instance.size, instance.data,
		*process && (name.size || instance.size) ? ", " : "", process);
	return true;
}

static void put_curve_data(FILE *out, const struct timeline_grid *grid, size_t number,
	size_t curve, const struct timeline_counter *c)
{
	fprintf(out, "$counter%zu_%zu << EOD\n# start_ns last\n", number, curve);
	for (size_t k = 0; k < c->levels.count; k++)
		fprintf(out, "%" PRId64 " %" PRId64 "\n",
			grid->start_ns + (int64_t)c->levels.item[k].bin * grid->bin_ns,
			c->levels.item[k].last);
	fprintf(out, "EOD\n");
}

void counter_panels_put(struct counter_panels *counters, struct panels *panels,
	size_t number, double height)
{
	struct counter_panel *panel = &counters->item.item[number];
	const struct plot_request *request = panels->request;
	/* A legend that is higher than its panel would run into the next. */
	unsigned lines =
		(unsigned)(height * request->height / (request->characters ? 1 : 13));
	struct ptf_text unit = unit_of(counters, panel->curves.item[0]);
	struct ptf_text name = name_of(counters, panel->curves.item[0]);
	bool is_bytes = text_is(unit, "bytes");
	double scale = is_bytes ? 1048576 : 1;
	double largest = (double)largest_level(panel->curves.item[0]);
	FILE *out = panels->out;
	char axis[64];

	if (panel->shown > lines)
		panel->shown = lines ? lines : 1;
	for (size_t i = 0; i < panel->shown; i++)
		put_curve_data(out, &counters->t->grid, number, i, panel->curves.item[i]);
	panels_next(panels, height);
	script_ytics(out, largest / scale, panels_tics(panels, height));
	/* 40k: wide numbers would leave no room for what they are. */
	if (!is_bytes && largest >= 10000)
		fprintf(out, "set format y '%%.0s%%c'\n");
	if (is_bytes)
		unit = (struct ptf_text){"MiB", 3};
	if (panel->has_several)
		name.size = 0;
	snprintf(axis, sizeof(axis), "%.*s", (int)name.size, name.data);
	fprintf(out, "set yrange [0:*]\n");
	panels_axis(panels, axis, *axis && unit.size ? ", " : "", unit, height);
	panels_names(panels, height);
	fprintf(out, "plot");
	for (size_t i = 0; i < panel->shown; i++) {
		fprintf(out,
			"%s $counter%zu_%zu using ($1/1e9):($2/%.1f) with steps lw 2 lc "
			"rgb '%s' title ",
			i ? "," : "", number, i, scale, script_curve(request, i));
		if (!put_curve_name(counters, panels, panel, panel->curves.item[i]))
			fprintf(out, "''");
	}
	fprintf(out, "\nset format y\n");
}

void counter_panels_free(struct counter_panels *counters)
{
	for (size_t i = 0; i < counters->item.count; i++)
		vec_free(&counters->item.item[i].curves);
	vec_free(&counters->item);
}
