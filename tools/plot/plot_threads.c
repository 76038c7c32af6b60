/*
 * threads: a lane for each thread that shows, bin by bin, how much of the time
 * it ran, waited, or waited for the GIL.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "tools/core/class_names.h"
#include "tools/core/timeline.h"
#include "tools/core/units.h"
#include "tools/plot/class_bins.h"
#include "tools/plot/plot_kinds.h"
#include "tools/plot/script.h"

enum {
	BINS_OF_A_PICTURE = 300,
};

struct drawing {
	FILE *out;
	const struct plot_request *request;
	const struct profile *p;
	struct timeline t;
	struct class_bins_list lanes;
};

/* The busiest ones, in the order that they began in. */
static int by_thread(const void *left, const void *right)
{
	uint32_t a = ((const struct class_bins *)left)->thread;
	uint32_t b = ((const struct class_bins *)right)->thread;

	return a < b ? -1 : a > b;
}

/* Returns how many threads there are. */
static size_t make_lanes(struct drawing *d)
{
	const struct class_bins_options options = {.by_thread = true,
		.class_mask = CLASS_MASK_CPU | CLASS_MASK_OFF_CPU};
	size_t thread_count;

	class_bins_make(&d->lanes, d->p, &d->t, &options);
	thread_count = d->lanes.item.count;
	class_bins_keep(&d->lanes, d->request->top);
	if (d->lanes.item.count)
		qsort(d->lanes.item.item, d->lanes.item.count,
			sizeof(*d->lanes.item.item), by_thread);
	return thread_count;
}

static void put_data(const struct drawing *d)
{
	fprintf(d->out, "$lanes << EOD\n# lane start_ns");
	script_class_names(d->out);
	for (size_t i = 0; i < d->lanes.item.count; i++)
		for (uint32_t bin = 0; bin < d->t.grid.bin_count; bin++) {
			const int64_t *ns = d->lanes.item.item[i].bin_ns +
				(size_t)bin * PTF_CLASS_KIND_COUNT;
			bool any = false;

			for (unsigned k = 0; k < PTF_CLASS_KIND_COUNT; k++)
				any = any || ns[k];
			if (!any)
				continue;
			fprintf(d->out, "%zu %" PRId64, i,
				d->t.grid.start_ns + (int64_t)bin * d->t.grid.bin_ns);
			script_class_row(d->out, ns);
		}
	fprintf(d->out, "EOD\n");
}

static void put_names(const struct drawing *d)
{
	/* What stands left of a fifth of the picture. */
	unsigned columns = d->request->characters ? d->request->width / 5 - 2
						  : d->request->width / 5 / 8;

	fprintf(d->out, "set ytics scale 0 (");
	for (size_t i = 0; i < d->lanes.item.count; i++) {
		uint32_t id = d->lanes.item.item[i].thread;
		const struct profile_thread *t = id ? &d->p->threads.item[id - 1] : NULL;
		struct ptf_text name = profile_string(d->p, t ? t->name : 0);
		char *text;
		int size;

		if (t)
			size = asprintf(&text, "%.*s%s%u", (int)name.size, name.data,
				name.size ? " " : "", t->tid);
		else
			size = asprintf(&text, "[no thread]");
		if (size < 0)
			continue;
		script_tic(d->out, text, (size_t)size, columns, i);
		free(text);
	}
	fprintf(d->out, ")\n");
}

/* Of a lane's height, which stands for a whole bin: one class upon the other. */
static void put_plot(const struct drawing *d)
{
	double bin_ns = (double)d->t.grid.bin_ns;

	fprintf(d->out, "part(x) = x > 1 ? 1 : x\nplot");
	for (unsigned k = 0; k < PTF_CLASS_KIND_COUNT; k++) {
		uint32_t kind = class_stack_order[k];

		if (d->lanes.times.ns[kind] <= 0)
			continue;
		fprintf(d->out,
			" $lanes using ($2/1e9):1:($2/1e9):(($2+%.0f)/1e9):"
			"($1+0.42-0.84*part(",
			bin_ns);
		script_class_sum(d->out, 3, k + 1);
		fprintf(d->out, "/%.0f)):($1+0.42-0.84*part(", bin_ns);
		script_class_sum(d->out, 3, k);
		fprintf(d->out, "/%.0f)) with boxxyerror fc rgb '%s' title '%s',", bin_ns,
			script_color(d->request, kind), class_label(kind));
	}
	fprintf(d->out, " NaN notitle\n");
}

static int write_threads(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	const struct timeline_options options = {
		.bin_count_max =
			request->characters ? request->width - 20 : BINS_OF_A_PICTURE,
	};
	struct drawing d = {.out = script, .request = request, .p = request->all};
	char shown[160], bin[UNITS_SIZE];
	size_t thread_count;
	int rc = timeline_make(&d.t, request->all, &options, err);

	if (rc < 0)
		return rc;
	thread_count = make_lanes(&d);
	if (d.lanes.item.count < thread_count)
		snprintf(shown, sizeof(shown),
			"what each thread did, in bins of %s; the %zu busiest of %zu",
			units_time_brief(bin, d.t.grid.bin_ns), d.lanes.item.count,
			thread_count);
	else
		snprintf(shown, sizeof(shown), "what each thread did, in bins of %s",
			units_time_brief(bin, d.t.grid.bin_ns));
	put_data(&d);
	script_headline(script, request, shown);
	put_names(&d);
	fprintf(script,
		"set tmargin %s\nset bmargin 4\nset lmargin at screen 0.2\n"
		"set rmargin at screen %s\nset yrange [%.1f:-0.6]\n"
		"set xrange [%.9f:%.9f]\nset xlabel 'seconds'\nunset grid\n"
		"set key outside right top Left reverse samplen 1.5\n",
		request->characters ? "2" : "4.5", request->characters ? "0.8" : "0.86",
		(double)d.lanes.item.count - 0.4, (double)d.t.grid.start_ns / 1e9,
		(double)(d.t.grid.start_ns +
			(int64_t)d.t.grid.bin_count * d.t.grid.bin_ns) /
			1e9);
	put_plot(&d);
	class_bins_free(&d.lanes);
	timeline_free(&d.t);
	return 0;
}

const struct plot_kind plot_threads = {
	.name = "threads",
	.description = "what each thread did when: ran, waited, waited for the GIL",
	.options = PLOT_OPTIONS_OF_PICTURES | PLOT_OPTION_TOP,
	.top = 24,
	.write = write_threads,
};
