/*
 * memory: what the lines of the program hold over time, the largest ones stacked
 * upon each other, and what the system says beside it.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/heap.h"
#include "tools/core/names.h"
#include "tools/core/own_code.h"
#include "tools/core/owner.h"
#include "tools/core/units.h"
#include "tools/plot/counter_panels.h"
#include "tools/plot/plot_kinds.h"
#include "tools/plot/script.h"

enum { LEVELS_OF_A_PICTURE = 300 };

#define MIB         1048576.0
#define TIME_MAX_NS 4e18

/* Who is charged with a block: a line or, of what has no file, a function. */
struct charged {
	uint32_t file, line;
	uint32_t function; /* of what has no file */
};

struct drawing {
	FILE *out;
	const struct plot_request *request;
	const struct profile *p;
	struct timeline t;
	struct counter_panels counters;
	struct panels places;

	unsigned char *own;    /* [file] */
	struct intern charged; /* struct charged; id = the heap's place */
	struct id_list stack;
	struct heap heap;
	uint32_t level_count;
	bool peak_is_known;  /* what each place held then */
	VEC(uint32_t) shown; /* places, the largest first */
	int64_t *rest;       /* [level] of all other places */
};

/* -------------------------------------------------------- what is held */

static uint32_t file_of(const struct drawing *d, uint32_t place)
{
	return profile_get_function(d->p, profile_get_place(d->p, place).function).file;
}

/* As the tables: libraries count for who called them. */
static uint32_t owner_of(const struct drawing *d)
{
	for (size_t i = 0; i < d->stack.count; i++)
		if (d->own[file_of(d, d->stack.item[i])])
			return d->stack.item[i];
	return d->stack.count ? d->stack.item[stack_owner(d->p, &d->stack)] : 0;
}

static uint32_t charged_of(void *context, uint32_t node)
{
	struct drawing *d = context;
	struct charged charged = {0};
	struct profile_place place;
	uint32_t owner;

	profile_stack(d->p, node, &d->stack);
	owner = owner_of(d);
	place = profile_get_place(d->p, owner);
	charged.file = file_of(d, owner);
	if (charged.file)
		charged.line = place.line;
	else
		charged.function = place.function;
	return intern_bytes(&d->charged, &charged, sizeof(charged));
}

static const struct heap_use *use_of(const struct drawing *d, uint32_t place)
{
	return &d->heap.places[0].item[place];
}

static int by_maximum(const void *left, const void *right, void *context)
{
	const struct drawing *d = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int64_t x = use_of(d, a)->maximum_bytes, y = use_of(d, b)->maximum_bytes;

	if (x != y)
		return x > y ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Of a single process, what each place held at its peak is known. */
static void find_peak(struct drawing *d)
{
	size_t count = 0;

	for (size_t i = 0; i < d->heap.processes.count; i++)
		count += d->heap.processes.item[i].maximum_bytes > 0;
	d->peak_is_known = count == 1;
}

/* In the level that has the peak it is drawn, however short it was. */
static void put_peak_into_levels(struct drawing *d)
{
	double all = (double)d->heap.end_ns - (double)d->heap.start_ns;
	double at = (double)d->heap.peak_ns - (double)d->heap.start_ns;
	uint32_t level = all > 0 ? (uint32_t)(at / all * d->level_count) : 0;

	if (level >= d->level_count)
		level = d->level_count - 1;
	d->heap.all.levels[level] = d->heap.all.peak_bytes;
	for (uint32_t id = 1; id < d->heap.places[0].count; id++)
		if (use_of(d, id)->levels)
			use_of(d, id)->levels[level] = use_of(d, id)->peak_bytes;
}

static void find_shown(struct drawing *d)
{
	for (uint32_t id = 1; id < d->heap.places[0].count; id++)
		if (use_of(d, id)->maximum_bytes > 0)
			vec_push(&d->shown, id);
	if (d->shown.count)
		qsort_r(d->shown.item, d->shown.count, sizeof(*d->shown.item), by_maximum,
			d);
	if (d->shown.count > d->request->top)
		d->shown.count = d->request->top;
	/* What nobody can see is with the others. */
	while (d->shown.count > 1 &&
		units_percent((double)use_of(d, d->shown.item[d->shown.count - 1])
				      ->maximum_bytes,
			(double)d->heap.all.maximum_bytes) < 1)
		d->shown.count--;
	d->rest = memory_zeroed(d->level_count, sizeof(*d->rest));
	for (uint32_t level = 0; level < d->level_count; level++) {
		d->rest[level] = d->heap.all.levels[level];
		for (size_t i = 0; i < d->shown.count; i++)
			d->rest[level] -= use_of(d, d->shown.item[i])->levels[level];
	}
}

static int find_held(struct drawing *d, struct ptf_error *err)
{
	const struct heap_options options = {
		.places = {{charged_of, d}},
		.levels = true,
		.level_count = d->level_count,
		.levels_add_up = true,
	};
	int rc = heap_make(&d->heap, d->p, &options, err);

	if (rc < 0)
		return rc;
	if (!d->heap.has_time) {
		*err = (struct ptf_error){.code = PTF_ERR_EMPTY};
		snprintf(err->message, sizeof(err->message),
			"of memory only sums are in the traces, not how it went on in "
			"time");
		return err->code;
	}
	find_peak(d);
	if (d->peak_is_known)
		put_peak_into_levels(d);
	find_shown(d);
	return 0;
}

/* ------------------------------------------------------------- drawing */

static bool has_rest(const struct drawing *d)
{
	for (uint32_t level = 0; level < d->level_count; level++)
		if (d->rest[level] > 0)
			return true;
	return false;
}

/* When a level begins. */
static int64_t level_ns(const struct drawing *d, uint32_t level)
{
	double start = (double)d->heap.start_ns, all = (double)d->heap.end_ns - start;
	double at = start + all * level / d->level_count;

	/* Only damaged traces have times that far away. */
	return (int64_t)fmin(fmax(at, -TIME_MAX_NS), TIME_MAX_NS);
}

static void put_data(const struct drawing *d)
{
	fprintf(d->out, "$held << EOD\n# start_ns others");
	for (size_t i = 0; i < d->shown.count; i++)
		fprintf(d->out, " line%zu", i);
	fputc('\n', d->out);
	for (uint32_t level = 0; level <= d->level_count; level++) {
		/* Steps go on to the end of the last. */
		uint32_t of = level < d->level_count ? level : level - 1;

		fprintf(d->out, "%" PRId64 " %" PRId64, level_ns(d, level), d->rest[of]);
		for (size_t i = d->shown.count; i-- > 0;)
			fprintf(d->out, " %" PRId64,
				use_of(d, d->shown.item[i])->levels[of]);
		fputc('\n', d->out);
	}
	fprintf(d->out, "EOD\n");
}

/* "walk.py:56", what is charged; the caller frees it. */
static char *name_of(const struct drawing *d, uint32_t place)
{
	struct charged charged;
	struct ptf_text file;
	char *text;

	memcpy(&charged, intern_get(&d->charged, place).data, sizeof(charged));
	if (!charged.file)
		return report_function_title(d->p, charged.function);
	file = name_of_path(profile_string(d->p, charged.file));
	if (asprintf(&text, "%.*s:%" PRIu32, (int)file.size, file.data, charged.line) < 0)
		return memory_zeroed(1, 1);
	return text;
}

/* Behind it stands how much that is; 0 = nothing. */
static void put_title(const struct drawing *d, const char *name, int64_t bytes)
{
	unsigned columns = panels_name_columns(&d->places);
	char amount[UNITS_SIZE] = "";

	if (bytes > 0)
		units_bytes(amount, (uint64_t)bytes);
	fprintf(d->out, " title ");
	if (columns < strlen(amount) + 8)
		*amount = '\0';
	script_path(d->out, name, strlen(name),
		columns - (*amount ? (unsigned)strlen(amount) + 2 : 0));
	fprintf(d->out, ".'%s%s'", *amount ? "  " : "", amount);
}

/* The sum of the first so many columns of the data, others first. */
static void put_sum(const struct drawing *d, size_t count)
{
	fprintf(d->out, "((0");
	for (size_t i = 0; i < count; i++)
		fprintf(d->out, "+$%zu", i + 2);
	fprintf(d->out, ")/%.1f)", MIB);
}

/*
 * What the names' amounts are: of what was held at the peak or, where that is not
 * known, the most that was held at any time.
 */
static int64_t amount_of(const struct drawing *d, const struct heap_use *use)
{
	return d->peak_is_known ? use->peak_bytes : use->maximum_bytes;
}

/*
 * Areas are drawn from the highest sum down, each from the axis up, so that what is
 * seen of one is its own part. The largest is the topmost, as in the list of names.
 */
static void put_areas(const struct drawing *d)
{
	int64_t half_ns = (level_ns(d, 1) - level_ns(d, 0)) / 2;
	const char *style = d->request->characters ? "boxes" : "fillsteps";
	int64_t rest_bytes = d->peak_is_known ? d->heap.all.peak_bytes : 0;

	fprintf(d->out, "plot");
	for (size_t i = 0; i < d->shown.count; i++) {
		char *name = name_of(d, d->shown.item[i]);
		int64_t bytes = amount_of(d, use_of(d, d->shown.item[i]));

		fprintf(d->out, "%s $held using (($1+%" PRId64 ")/1e9):", i ? "," : "",
			d->request->characters ? half_ns : 0);
		put_sum(d, d->shown.count - i + 1);
		fprintf(d->out, " with %s fc rgb '%s'", style,
			script_curve(d->request, i));
		put_title(d, name, bytes);
		rest_bytes -= bytes;
		free(name);
	}
	if (has_rest(d)) {
		char tint[8];

		fprintf(d->out, ", $held using (($1+%" PRId64 ")/1e9):",
			d->request->characters ? half_ns : 0);
		put_sum(d, 1);
		fprintf(d->out, " with %s fc rgb '%s'", style,
			script_tint(tint, d->request, script_ink(d->request)));
		put_title(d, "others", rest_bytes);
	}
	fprintf(d->out, "%s\n", d->shown.count ? "" : " NaN notitle");
}

static void put_peak_mark(const struct drawing *d)
{
	double at_s = (double)d->heap.peak_ns / 1e9;
	double share = ((double)d->heap.peak_ns - (double)d->t.grid.start_ns) /
		((double)d->t.grid.bin_count * (double)d->t.grid.bin_ns);
	char amount[UNITS_SIZE];

	units_bytes(amount, (uint64_t)d->heap.all.peak_bytes);
	if (!d->request->characters)
		fprintf(d->out,
			"set arrow 1 from %.9f, graph 0 to %.9f, graph 1 nohead dt 2 lw "
			"1.5 lc rgb '%s' front\n",
			at_s, at_s, script_ink(d->request));
	fprintf(d->out,
		"set label 2 'peak %s' at %.9f, graph 1 %s offset %s,0.5 noenhanced "
		"front",
		amount, at_s, share > 0.7 ? "right" : "left", "0");
	if (!d->request->characters)
		fprintf(d->out, " font ',9' tc rgb '%s'", script_ink(d->request));
	fputc('\n', d->out);
}

static void put_held(struct drawing *d, double height)
{
	double largest = (double)d->heap.all.maximum_bytes / MIB;

	panels_next(&d->places, height);
	script_ytics(d->out, largest, panels_tics(&d->places, height));
	fprintf(d->out, "set yrange [0:*]\n");
	panels_axis(&d->places, "held", ", ", (struct ptf_text){"MiB", 3}, height);
	panels_names(&d->places, height);
	fprintf(d->out, "set key title '%s' left\n",
		d->peak_is_known ? "at the peak" : "at most");
	if (d->heap.all.maximum_bytes > 0)
		put_peak_mark(d);
	put_areas(d);
	fprintf(d->out, "unset arrow 1\nunset label 2\nset key notitle\n");
	script_end_margins(d->out);
}

static void put_all(struct drawing *d)
{
	const struct plot_request *request = d->request;
	double line = 1.0 / request->height; /* a pixel, or a row */
	double end_s = (double)(d->t.grid.start_ns +
			       (int64_t)d->t.grid.bin_count * d->t.grid.bin_ns) /
		1e9;
	char shown[160], amount[UNITS_SIZE], at[UNITS_SIZE];
	bool has_counters = d->counters.item.count > 0;
	double room;

	snprintf(shown, sizeof(shown), "memory held, by line; most is %s, at %s",
		units_bytes(amount, (uint64_t)d->heap.all.peak_bytes),
		units_time_brief(at, d->heap.peak_ns));
	put_data(d);
	script_headline(d->out, request, shown);
	d->places.bottom = request->characters ? 0.95 : 1 - 55 * line;
	d->places.left_count = has_counters ? 2 : 1;
	room = d->places.bottom - (request->characters ? 0.14 : 50 * line) -
		PANEL_GAP * d->places.left_count;
	fprintf(d->out, "set multiplot\nset xrange [%.9f:%.9f]\n",
		(double)d->t.grid.start_ns / 1e9, end_s);
	put_held(d, has_counters ? room * 0.7 : room);
	if (has_counters)
		counter_panels_put(&d->counters, &d->places, 0, room * 0.3);
	fprintf(d->out, "unset multiplot\n");
}

static int write_memory(FILE *script, const struct plot_request *request,
	struct ptf_error *err)
{
	const struct metric_option both = {.name = "rss,footprint"};
	struct drawing d = {.out = script,
		.request = request,
		.p = request->all,
		.places = {.out = script,
			.request = request,
			.right = request->characters ? 0.65 : 0.74},
		.level_count = request->characters ? request->width * 6 / 10
						   : LEVELS_OF_A_PICTURE};
	const struct timeline_options options = {.bin_count_max = d.level_count};
	int rc;

	d.own = own_files(d.p);
	rc = find_held(&d, err);
	if (rc >= 0)
		rc = timeline_make(&d.t, d.p, &options, err);
	if (rc >= 0) {
		counter_panels_find(&d.counters, request, &d.t, &both);
		put_all(&d);
		counter_panels_free(&d.counters);
		timeline_free(&d.t);
	}
	heap_free(&d.heap);
	intern_free(&d.charged);
	vec_free(&d.stack);
	vec_free(&d.shown);
	free(d.rest);
	free(d.own);
	return rc;
}

const struct plot_kind plot_memory = {
	.name = "memory",
	.options = PLOT_OPTIONS_OF_PICTURES | PLOT_OPTION_TOP,
	.is_of_memory = true,
	.description = "memory held over time, by line; its peak; what the system says",
	.top = 6,
	.write = write_memory,
};
