/* runs: the CPU time of each run by class, and the median of them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/statistics.h"
#include "tools/core/units.h"
#include "tools/plot/plot_kinds.h"
#include "tools/plot/script.h"

static struct class_times times_of(const struct plot_request *request, size_t run)
{
	const struct profile *p = request->all;
	const struct report_options options = {.cpu_only = request->cpu_only,
		.wait_all = request->wait_all,
		.runs = &request->runs,
		.only_run = (uint32_t)run + 1};
	struct class_times times = {{0}};

	for (size_t i = 0; i < p->cells.count; i++)
		if (report_counts(p, &options, &p->cells.item[i]))
			times.ns[profile_get_class(p, p->cells.item[i].class_id).kind] +=
				p->cells.item[i].time_ns;
	return times;
}

static void put_names(FILE *out, const struct plot_request *request)
{
	fprintf(out, "set ytics scale 0 (");
	for (size_t i = 0; i < request->runs.of.count; i++) {
		char *name = runs_name(&request->runs, i);

		script_tic(out, name, strlen(name), request->characters ? 20 : 30, i);
		free(name);
	}
	fprintf(out, ")\n");
}

static int write_runs(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	struct class_times all = {{0}};
	double *sum = memory_zeroed(request->runs.of.count, sizeof(*sum)), unit_ns,
	       median;
	char shown[160], text[UNITS_SIZE];

	(void)err; /* nothing is read again */
	fprintf(script, "$runs << EOD\n# run");
	script_class_names(script);
	for (size_t i = 0; i < request->runs.of.count; i++) {
		struct class_times times = times_of(request, i);

		fprintf(script, "%zu", i);
		script_class_row(script, times.ns);
		class_times_add(&all, &times);
		sum[i] = (double)class_times_sum(&times);
	}
	fprintf(script, "EOD\n");
	median = statistics_median(sum, request->runs.of.count);
	unit_ns = median < 1e9 ? 1e6 : 1e9;
	snprintf(shown, sizeof(shown), "%zu run%s, %s; the median is %s",
		request->runs.of.count, request->runs.of.count == 1 ? "" : "s",
		script_what_counts(request), units_time_brief(text, (int64_t)median));
	script_headline(script, request, shown);
	put_names(script, request);
	/* On a page of characters the line of the median ends a row above the graph. */
	fprintf(script,
		"set tmargin %s\nset bmargin 4\nset lmargin at screen 0.26\n"
		"set rmargin at screen 0.85\nset yrange [%.1f:-0.6]\nset xrange [0:*]\n"
		"set xlabel '%s'\n"
		"set key outside right top Left reverse samplen 1.5\n"
		"set arrow 1 from %.9g,graph 0 to %.9g,graph 1 nohead lw 1.5 dt 2 lc rgb "
		"'%s' front\n",
		request->characters ? "3" : "4.5", (double)request->runs.of.count - 0.4,
		unit_ns == 1e6 ? "milliseconds" : "seconds", median / unit_ns,
		median / unit_ns, script_ink(request));
	script_grid_of_bars(script, request);
	fprintf(script, "plot");
	script_class_bars(script, request, "$runs", &all, unit_ns);
	fprintf(script, " NaN notitle\n");
	free(sum);
	return 0;
}

const struct plot_kind plot_runs = {
	.name = "runs",
	.description = "the time of each run by class, and their median",
	.tells_runs_apart = true,
	.options = PLOT_OPTIONS_OF_PICTURES | PLOT_OPTION_METRIC,
	.write = write_runs,
};
