/*
 * diff: where the new side took more or less time, or memory, than the base, by line
 * or function, with the interval of the difference; the words are pdiff's.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/diff.h"
#include "tools/core/units.h"
#include "tools/emit/diff_words.h"
#include "tools/plot/plot_kinds.h"
#include "tools/plot/script.h"

struct drawing {
	FILE *out;
	const struct plot_request *request;
	struct diff d;
	VEC(const struct diff_node *) bars; /* largest difference first */
	struct script_unit unit;            /* of the axis */
	double low, high;                   /* of the axis */
};

static int by_difference(const void *left, const void *right)
{
	const struct diff_node *const *a = left, *const *b = right;
	double x = fabs((*a)->self_measured.difference);
	double y = fabs((*b)->self_measured.difference);

	if (x != y)
		return x > y ? -1 : 1;
	return *a < *b ? -1 : *a > *b; /* in the diff's own order */
}

static void find_bars(struct drawing *d)
{
	enum diff_view view = d->request->by_function ? DIFF_FUNCTION : DIFF_LINE;

	const struct diff_measured *all = &d->d.nodes.item[0].self_measured;
	/* A bar that nobody can see says nothing. */
	double least = fmax(all->base, all->new) / 1000;

	for (size_t i = 0; i < d->d.nodes.count; i++) {
		const struct diff_node *node = &d->d.nodes.item[i];

		if (node->view == view && fabs(node->self_measured.difference) > least)
			vec_push(&d->bars, node);
	}
	if (d->bars.count)
		qsort(d->bars.item, d->bars.count, sizeof(*d->bars.item), by_difference);
	if (d->bars.count > d->request->top)
		d->bars.count = d->request->top;
	/* Of characters each has a row, beside headline, axis and legend. */
	if (d->request->characters && d->bars.count > d->request->height - 9)
		d->bars.count = d->request->height - 9;
}

/* The interval, as far as it has bounds. */
static struct statistics_interval interval_of(const struct diff_node *node)
{
	struct statistics_interval interval = node->self_measured.interval;

	if (!isfinite(interval.low) || !isfinite(interval.high))
		interval.low = interval.high = node->self_measured.difference;
	return interval;
}

static bool is_time(const struct drawing *d)
{
	return d->d.options.metric == DIFF_TIME;
}

static void find_range(struct drawing *d)
{
	for (size_t i = 0; i < d->bars.count; i++) {
		struct statistics_interval interval = interval_of(d->bars.item[i]);
		double difference = d->bars.item[i]->self_measured.difference;

		d->low = fmin(d->low, fmin(interval.low, difference));
		d->high = fmax(d->high, fmax(interval.high, difference));
	}
	if (d->high - d->low <= 0)
		d->high = 1e6;
	d->unit = script_unit_of(d->request, d->high - d->low);
}

/* 1 more, -1 less, 0 neither is sure. */
static int verdict_of(const struct diff_node *node)
{
	const struct diff_measured *m = &node->self_measured;

	if (m->verdict == DIFF_MORE || m->verdict == DIFF_LESS)
		return m->verdict == DIFF_MORE ? 1 : -1;
	return 0;
}

static void put_data(const struct drawing *d)
{
	const char *unit = is_time(d) ? "ns" : "bytes";

	fprintf(d->out,
		"$bars << EOD\n# bar base_%s new_%s difference_%s low_%s high_%s "
		"verdict\n",
		unit, unit, unit, unit, unit);
	for (size_t i = 0; i < d->bars.count; i++) {
		const struct diff_measured *m = &d->bars.item[i]->self_measured;
		struct statistics_interval interval = interval_of(d->bars.item[i]);

		fprintf(d->out, "%zu %.3f %.3f %.3f %.3f %.3f %d\n", i, m->base, m->new,
			m->difference, interval.low, interval.high,
			verdict_of(d->bars.item[i]));
	}
	fprintf(d->out, "EOD\n");
}

static void put_names(const struct drawing *d)
{
	unsigned columns =
		d->request->characters ? d->request->width / 4 : d->request->width / 32;

	fprintf(d->out, "set ytics scale 0 (");
	for (size_t i = 0; i < d->bars.count; i++) {
		char *title = diff_node_title(&d->d, d->bars.item[i]);

		script_tic(d->out, title, strlen(title), columns, i);
		free(title);
	}
	fprintf(d->out, ")\n");
}

/* "470 ms -> 940 ms, +98 %, slower": behind the bar, on its own side. */
static void put_remarks(const struct drawing *d)
{
	for (size_t i = 0; i < d->bars.count; i++) {
		const struct diff_node *node = d->bars.item[i];
		const struct diff_measured *m = &node->self_measured;
		char base[DIFF_WORDS_SIZE], new[DIFF_WORDS_SIZE],
			percent[DIFF_WORDS_SIZE];
		const char *verdict = diff_verdict_words(&d->d, m);
		char *fate = diff_fate_words(&d->d, node);

		fprintf(d->out, "set label %zu ", i + 1);
		script_format(d->out, 60, "%s → %s, %s%s%s%s",
			diff_amount(base, &d->d, m->base),
			diff_amount(new, &d->d, m->new), diff_percent(percent, m),
			*verdict ? ", " : "", verdict, fate);
		fprintf(d->out, " at %.9g,%zu left offset 1,0 front noenhanced",
			fmax(fmax(interval_of(node).high, m->difference), 0) /
				d->unit.size,
			i);
		if (!d->request->characters)
			fprintf(d->out, " font ',9' tc rgb '%s'", script_ink(d->request));
		fputc('\n', d->out);
		free(fate);
	}
}

static void put_bars(const struct drawing *d, int verdict, const char *color,
	const char *title)
{
	fprintf(d->out,
		" $bars using (0):1:(0):($7 == %d ? $4/%.0f : 0):($1-0.38):($1+0.38) "
		"with "
		"boxxyerror fc rgb '%s' title '%s',",
		verdict, d->unit.size, color, title);
}

static void put_plot(const struct drawing *d)
{
	double width = (d->high - d->low) / d->unit.size;

	/* On a page of characters the line at 0 ends a row above the graph. */
	fprintf(d->out,
		"set tmargin %s\nset bmargin %s\nset lmargin at screen %s\n"
		"set rmargin at screen 0.97\nset yrange [%.1f:-0.6]\n"
		"set xrange [%.9g:%.9g]\nset xlabel '%s a run: more is %s'\n"
		"set key outside bottom center horizontal Left reverse samplen 1.5\n"
		"set arrow 1 from 0,graph 0 to 0,graph 1 nohead lc rgb '%s' front\n",
		d->request->characters ? "3" : "4.5", d->request->characters ? "5" : "6",
		d->request->characters ? "0.3" : "0.26", (double)d->bars.count - 0.4,
		d->low / d->unit.size - width * 0.03,
		d->high / d->unit.size + width * 0.9, d->unit.name,
		diff_verdict_name(d->d.options.metric, DIFF_MORE),
		script_ink(d->request));
	script_grid_of_bars(d->out, d->request);
	fprintf(d->out, "plot");
	put_bars(d, 1, script_curve(d->request, 3),
		diff_verdict_name(d->d.options.metric, DIFF_MORE));
	put_bars(d, -1, script_curve(d->request, 2),
		diff_verdict_name(d->d.options.metric, DIFF_LESS));
	put_bars(d, 0, d->request->dark ? "#5f6d80" : "#b4bfcd", "not sure");
	fprintf(d->out,
		" $bars using ($4/%.0f):1:($5/%.0f):($6/%.0f) with xerrorbars pt 0 lw "
		"1.5 lc "
		"rgb '%s' title '%g %% interval', NaN notitle\n",
		d->unit.size, d->unit.size, d->unit.size, script_ink(d->request),
		(1 - d->d.options.alpha) * 100);
}

static void put_headline(const struct drawing *d)
{
	size_t base = d->d.side[DIFF_BASE].runs.count;
	size_t new = d->d.side[DIFF_NEW].runs.count;
	char from[DIFF_WORDS_SIZE], to[DIFF_WORDS_SIZE], text[300];
	const struct diff_measured *all = &d->d.nodes.item[0].self_measured;

	snprintf(text, sizeof(text), "%s%s%s, %zu run%s against %zu: in all %s → %s%s",
		is_time(d) ? "" : diff_metric_noun(&d->d), is_time(d) ? "" : " of ",
		d->request->by_function ? "functions" : "lines", new, new == 1 ? "" : "s",
		base, diff_amount(from, &d->d, all->base),
		diff_amount(to, &d->d, all->new),
		base == 1 && new == 1
			? "; the interval is that of the sampling, other runs differ more"
			: "");
	script_headline(d->out, d->request, text);
}

static int write_difference(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	static const enum diff_metric memory[HEAP_MEASURE_COUNT] = {
		[HEAP_MEASURE_ALLOC] = DIFF_ALLOCATED,
		[HEAP_MEASURE_LIVE] = DIFF_LIVE,
		[HEAP_MEASURE_PEAK] = DIFF_PEAK,
		[HEAP_MEASURE_COPY] = DIFF_COPIED,
	};
	const struct diff_options options = {
		.metric = request->is_memory ? memory[request->measure] : DIFF_TIME,
		.selection = request->all->selection,
		.cpu_only = request->cpu_only,
		.wait_all = request->wait_all,
		.runnable = request->all->selection->class_mask >> PTF_CLASS_RUNNABLE & 1,
		.views = 1u << (request->by_function ? DIFF_FUNCTION : DIFF_LINE),
		.alpha = 0.05,
	};
	struct drawing d = {.out = script, .request = request};
	int rc = diff_make(&d.d, request->base, request->all, &options, err);

	if (rc >= 0) {
		diff_judge(&d.d);
		find_bars(&d);
		find_range(&d);
		put_data(&d);
		put_headline(&d);
		put_names(&d);
		put_remarks(&d);
		put_plot(&d);
	}
	vec_free(&d.bars);
	diff_free(&d.d);
	return rc < 0 ? rc : 0;
}

const struct plot_kind plot_diff = {
	.name = "diff",
	.description = "two sides: what became slower or faster, larger or smaller, with "
		       "its interval",
	.is_comparison = true,
	.options = PLOT_OPTIONS_OF_PICTURES | PLOT_OPTION_METRIC | PLOT_OPTION_MEMORY |
		PLOT_OPTION_TOP | PLOT_OPTION_BY,
	.top = 20,
	.write = write_difference,
};
