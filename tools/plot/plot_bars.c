/*
 * lines, functions: who has most time, by class, as bars; with several runs
 * their mean and its 95 % interval. Or memory, by allocator: all that is called time
 * is then bytes.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/names.h"
#include "tools/core/statistics.h"
#include "tools/core/units.h"
#include "tools/plot/plot_kinds.h"
#include "tools/plot/script.h"

#define SHARE_MIN_PERCENT 0.1

struct bar {
	uint32_t file;            /* string; 0 = no source file */
	uint32_t line;            /* of lines */
	uint32_t function;        /* of functions */
	struct class_times times; /* of all runs together */
	double end_ns;            /* of what is drawn, the interval too */
};

struct drawing {
	FILE *out;
	const struct plot_request *request;
	const struct profile *p;
	bool functions;
	VEC(struct bar) bars;
	struct class_times times;   /* of the bars that are drawn */
	int64_t all_ns;             /* 100 %, of all runs together */
	struct profile_cells bytes; /* where memory is asked for */
	struct script_unit unit;    /* of the axis */
};

static int by_time(const void *left, const void *right)
{
	int64_t a = class_times_sum(&((const struct bar *)left)->times);
	int64_t b = class_times_sum(&((const struct bar *)right)->times);

	return a > b ? -1 : a < b;
}

static struct report_options counted(const struct drawing *d)
{
	/* As the tables: libraries count for who called them. */
	return (struct report_options){.selection = d->p->selection,
		.charge = CHARGE_USER,
		.cpu_only = d->request->cpu_only,
		.wait_all = d->request->wait_all,
		.bytes = d->request->is_memory ? &d->bytes : NULL,
		.runs = &d->request->runs};
}

static void find_bars(struct drawing *d)
{
	const struct report_options options = counted(d);
	struct report report = {0};

	report_make(&report, d->p, &options);
	d->all_ns = report.all_ns;
	for (size_t i = 0; i < report.files.count; i++) {
		const struct report_file *f = &report.files.item[i];

		if (!f->is_selected)
			continue;
		for (size_t k = 0; !d->functions && k < f->lines.count; k++)
			if (class_times_sum(&f->lines.item[k].self) > 0)
				vec_push(&d->bars,
					(struct bar){f->file, f->lines.item[k].line, 0,
						f->lines.item[k].self, 0});
		for (size_t k = 0; d->functions && k < f->functions.count; k++)
			if (class_times_sum(&f->functions.item[k].self) > 0)
				vec_push(&d->bars,
					(struct bar){f->file, 0,
						f->functions.item[k].function,
						f->functions.item[k].self, 0});
	}
	report_free(&report);
	if (d->bars.count)
		qsort(d->bars.item, d->bars.count, sizeof(*d->bars.item), by_time);
	if (d->bars.count > d->request->top)
		d->bars.count = d->request->top;
	/* Of characters each has a row, beside headline, axis and legend. */
	if (d->request->characters && d->bars.count > d->request->height - 8)
		d->bars.count = d->request->height - 8;
	/* A bar that nobody can see says nothing, but for the first. */
	while (d->bars.count > 1 &&
		units_percent((double)class_times_sum(
				      &d->bars.item[d->bars.count - 1].times),
			(double)d->all_ns) < SHARE_MIN_PERCENT)
		d->bars.count--;
	for (size_t i = 0; i < d->bars.count; i++) {
		class_times_add(&d->times, &d->bars.item[i].times);
		d->bars.item[i].end_ns = (double)class_times_sum(&d->bars.item[i].times) /
			(double)d->request->runs.of.count;
	}
}

/* ------------------------------------------------------------ each run */

static int64_t time_in(const struct drawing *d, const struct bar *bar,
	const struct report *report)
{
	int64_t time_ns = 0;

	for (size_t i = 0; i < report->files.count; i++) {
		const struct report_file *f = &report->files.item[i];

		if (bar->file != f->file)
			continue;
		for (size_t k = 0; !d->functions && k < f->lines.count; k++)
			if (f->lines.item[k].line == bar->line)
				time_ns += class_times_sum(&f->lines.item[k].self);
		for (size_t k = 0; d->functions && k < f->functions.count; k++)
			if (f->functions.item[k].function == bar->function)
				time_ns += class_times_sum(&f->functions.item[k].self);
	}
	return time_ns;
}

/* Means of the runs and half of their interval, in nanoseconds. */
static void put_intervals(struct drawing *d)
{
	size_t runs = d->request->runs.of.count;
	double *x = memory_zeroed(runs * (d->bars.count + 1), sizeof(*x));
	double t = statistics_t_quantile(0.975, (double)runs - 1);

	for (size_t run = 0; run < runs; run++) {
		struct report_options options = counted(d);
		struct report report = {0};

		options.only_run = (uint32_t)run + 1;
		report_make(&report, d->p, &options);
		for (size_t i = 0; i < d->bars.count; i++)
			x[i * runs + run] = (double)time_in(d, &d->bars.item[i], &report);
		report_free(&report);
	}
	fprintf(d->out, "$intervals << EOD\n# bar mean_ns half_ns\n");
	for (size_t i = 0; i < d->bars.count; i++) {
		double mean = statistics_mean(x + i * runs, runs);
		double half =
			t * sqrt(statistics_variance(x + i * runs, runs) / (double)runs);

		fprintf(d->out, "%zu %.3f %.3f\n", i, mean, half);
		d->bars.item[i].end_ns = mean + half;
	}
	fprintf(d->out, "EOD\n");
	free(x);
}

/* ------------------------------------------------------------- drawing */

static void put_data(const struct drawing *d)
{
	fprintf(d->out, "$bars << EOD\n# bar");
	script_class_names(d->out);
	for (size_t i = 0; i < d->bars.count; i++) {
		fprintf(d->out, "%zu", i);
		script_class_row(d->out, d->bars.item[i].times.ns);
	}
	fprintf(d->out, "EOD\n");
}

/* What a bar is called, and what stands behind it. */
static void put_names(const struct drawing *d)
{
	const struct profile *p = d->p;
	unsigned columns =
		d->request->characters ? d->request->width / 4 : d->request->width / 32;

	fprintf(d->out, "set ytics scale 0 (");
	for (size_t i = 0; i < d->bars.count; i++) {
		const struct bar *bar = &d->bars.item[i];
		struct ptf_text file = name_of_path(profile_string(p, bar->file));
		char *text;
		int size;

		if (d->functions) {
			text = report_function_title(p, bar->function);
			size = (int)strlen(text);
		} else {
			size = asprintf(&text, "%.*s:%" PRIu32, (int)file.size, file.data,
				bar->line);
		}
		if (size < 0)
			continue;
		script_tic(d->out, text, (size_t)size, columns, i);
		free(text);
	}
	fprintf(d->out, ")\n");
}

static void put_remarks(const struct drawing *d)
{
	const struct profile *p = d->p;
	unsigned columns = d->request->characters ? 24 : d->request->width / 22;

	for (size_t i = 0; i < d->bars.count; i++) {
		const struct bar *bar = &d->bars.item[i];
		int64_t time_ns = class_times_sum(&bar->times);
		struct ptf_text line = {"", 0};

		if (d->functions)
			line = name_of_path(profile_string(p, bar->file));
		else if (!profile_source_line(profile_source_of(p, bar->file), bar->line,
				 &line))
			line = (struct ptf_text){"", 0};
		while (line.size && (*line.data == ' ' || *line.data == '\t')) {
			line.data++;
			line.size--;
		}
		fprintf(d->out, "set label %zu ", i + 1);
		script_format(d->out, columns + 8, "%.1f %%  %.*s",
			units_percent((double)time_ns, (double)d->all_ns), (int)line.size,
			line.data);
		fprintf(d->out, " at %.9g,%zu left offset 1,0 front noenhanced",
			bar->end_ns / d->unit.size, i);
		if (!d->request->characters)
			fprintf(d->out, " font ',9' tc rgb '%s'", script_ink(d->request));
		fputc('\n', d->out);
	}
}

static void put_plot(const struct drawing *d)
{
	double scale = d->unit.size * (double)d->request->runs.of.count;

	fprintf(d->out, "plot");
	script_class_bars(d->out, d->request, "$bars", &d->times, scale);
	if (d->request->runs.of.count > 1)
		fprintf(d->out,
			" $intervals using ($2/%.9g):1:($3/%.9g) with xerrorbars pt 0 lw "
			"1.5 lc rgb '%s' title '95 %% interval',",
			d->unit.size, d->unit.size, script_ink(d->request));
	fprintf(d->out, " NaN notitle\n");
}

static double largest_end(const struct drawing *d)
{
	double largest = 0;

	for (size_t i = 0; i < d->bars.count; i++)
		if (d->bars.item[i].end_ns > largest)
			largest = d->bars.item[i].end_ns;
	return largest > 0 ? largest : 1;
}

static void put_headline(const struct drawing *d)
{
	const struct plot_request *request = d->request;
	int64_t run_count = (int64_t)request->runs.of.count;
	char shown[200], whole[UNITS_SIZE], runs[64] = "";

	if (run_count > 1)
		snprintf(runs, sizeof(runs), ", mean of %" PRId64 " runs", run_count);
	if (request->is_memory)
		units_bytes(whole, (uint64_t)(d->all_ns / run_count));
	else
		units_time_brief(whole, d->all_ns / run_count);
	snprintf(shown, sizeof(shown), "%s by %s%s; 100 %% is %s of %s",
		d->functions ? "functions" : "lines",
		request->is_memory ? "memory" : "time", runs, whole,
		script_what_counts(request));
	script_headline(d->out, request, shown);
}

static int write_bars(FILE *script, const struct plot_request *request, bool functions,
	struct ptf_error *err)
{
	struct drawing d = {.out = script,
		.request = request,
		.p = request->all,
		.functions = functions};

	if (request->is_memory) {
		int rc = heap_measure_cells(&d.bytes, d.p, request->measure, err);

		if (rc < 0)
			return rc;
	}
	find_bars(&d);
	d.unit = script_unit_of(request, largest_end(&d));
	put_data(&d);
	if (request->runs.of.count > 1)
		put_intervals(&d);
	put_headline(&d);
	put_names(&d);
	put_remarks(&d);
	fprintf(script,
		"set tmargin %s\nset bmargin %s\nset lmargin at screen %s\n"
		"set rmargin at screen 0.97\nset yrange [%.1f:-0.6]\n"
		"set xrange [0:%.9g]\nset xlabel '%s'\n"
		"set key outside bottom center horizontal Left reverse samplen 1.5\n",
		request->characters ? "2" : "4.5", request->characters ? "4" : "6",
		request->characters ? "0.3" : "0.26", (double)d.bars.count - 0.4,
		largest_end(&d) / d.unit.size * 1.7, d.unit.name);
	script_grid_of_bars(script, request);
	put_plot(&d);
	vec_free(&d.bars);
	cells_free(&d.bytes);
	return 0;
}

static int write_lines(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	return write_bars(script, request, false, err);
}

static int write_functions(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	return write_bars(script, request, true, err);
}

const struct plot_kind plot_lines = {
	.name = "lines",
	.description = "the busiest lines, by class; several runs with their interval",
	.tells_runs_apart = true,
	.options = PLOT_OPTIONS_OF_PICTURES | PLOT_OPTION_METRIC | PLOT_OPTION_MEMORY |
		PLOT_OPTION_TOP,
	.top = 20,
	.write = write_lines,
};

const struct plot_kind plot_functions = {
	.name = "functions",
	.description = "the busiest functions, likewise",
	.tells_runs_apart = true,
	.options = PLOT_OPTIONS_OF_PICTURES | PLOT_OPTION_METRIC | PLOT_OPTION_MEMORY |
		PLOT_OPTION_TOP,
	.top = 20,
	.write = write_functions,
};
