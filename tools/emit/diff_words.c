#include "tools/emit/diff_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/class_names.h"
#include "tools/core/units.h"

/* The change that reports say how many runs it takes to find. */
#define POWER_WANTED 0.05
/* ... at a place with so much of the time. */
#define POWER_SHARE 0.1

/* What is said of each metric. */
static const struct {
	const char *title;       /* of a table */
	const char *more, *less; /* what was found: "The program ..." */
	const char *noun;        /* "The program's ..." */
	const char *of_what;     /* "Numbers are means of ..." */
	const char *brief;       /* in a list of metrics */
} words_of[DIFF_METRIC_COUNT] = {
	[DIFF_TIME] = {"Time", "The program is slower", "The program is faster", "time",
		"CPU time of all threads and waits of main ones", "time"},
	[DIFF_ALLOCATED] = {"Allocated", "The program allocates more",
		"The program allocates less", "allocated memory", "the memory allocated",
		"allocated"},
	[DIFF_LIVE] = {"At end", "The program holds more memory at its end",
		"The program holds less memory at its end", "memory at its end",
		"the memory held at the end", "held at the end"},
	[DIFF_PEAK] = {"Peak", "The program's peak of memory is higher",
		"The program's peak of memory is lower", "peak of memory",
		"the memory held when each process held most", "peak"},
	[DIFF_LEAKED] = {"Leaked", "The program leaks more memory",
		"The program leaks less memory", "leaked memory",
		"the memory held at the end by places that leak on either side",
		"leaked"},
	[DIFF_COPIED] = {"Copied", "The program copies more", "The program copies less",
		"copied memory", "the memory copied", "copied"},
};

const char *diff_metric_title(const struct diff *d)
{
	return words_of[d->options.metric].title;
}

const char *diff_metric_noun(const struct diff *d)
{
	return words_of[d->options.metric].noun;
}

const char *diff_classes_title(const struct diff *d)
{
	return d->options.metric == DIFF_TIME ? "kinds of time" : "allocators";
}

/* -------------------------------------------------------------- numbers */

/* Sums of a profile stay far below; infinities are asked for before. */
static int64_t whole(double value)
{
	return (int64_t)llround(value);
}

/* Of differences, too: "-12.3 MiB". */
static void put_bytes(char buffer[DIFF_WORDS_SIZE], int64_t bytes)
{
	char size[UNITS_SIZE];

	units_bytes(size, bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes);
	snprintf(buffer, DIFF_WORDS_SIZE, "%s%s", bytes < 0 ? "-" : "", size);
}

char *diff_amount(char buffer[DIFF_WORDS_SIZE], const struct diff *d, double value)
{
	if (d->options.scale == DIFF_SHARE)
		snprintf(buffer, DIFF_WORDS_SIZE, "%.2f %%", 100 * value);
	else if (d->options.metric == DIFF_TIME)
		units_time_brief(buffer, whole(value));
	else
		put_bytes(buffer, whole(value));
	return buffer;
}

char *diff_change(char buffer[DIFF_WORDS_SIZE], const struct diff *d, double value)
{
	char amount[DIFF_WORDS_SIZE];

	diff_amount(amount, d, value);
	snprintf(buffer, DIFF_WORDS_SIZE, "%s%.60s", *amount == '-' ? "" : "+", amount);
	return buffer;
}

char *diff_percent(char buffer[DIFF_WORDS_SIZE], const struct diff_measured *m)
{
	double relative = diff_relative(m);

	if (isinf(relative))
		snprintf(buffer, DIFF_WORDS_SIZE, "from 0");
	else if (relative >= 9)
		snprintf(buffer, DIFF_WORDS_SIZE, "x %.0f", relative + 1);
	else
		snprintf(buffer, DIFF_WORDS_SIZE, "%+.*f %%",
			fabs(relative) < 0.0995 ? 1 : 0, 100 * relative);
	return buffer;
}

static bool has_bounds(const struct diff_measured *m)
{
	return isfinite(m->interval.low) && isfinite(m->interval.high);
}

char *diff_interval(char buffer[2 * DIFF_WORDS_SIZE], const struct diff *d,
	const struct diff_measured *m)
{
	char low[DIFF_WORDS_SIZE], high[DIFF_WORDS_SIZE];

	if (has_bounds(m))
		snprintf(buffer, 2 * DIFF_WORDS_SIZE, "%.60s to %.60s",
			diff_change(low, d, m->interval.low),
			diff_change(high, d, m->interval.high));
	else
		snprintf(buffer, 2 * DIFF_WORDS_SIZE, "unknown");
	return buffer;
}

char *diff_half_width(char buffer[DIFF_WORDS_SIZE], const struct diff *d,
	const struct diff_measured *m)
{
	buffer[0] = '\0';
	if (has_bounds(m))
		diff_amount(buffer, d, (m->interval.high - m->interval.low) / 2);
	return buffer;
}

const char *diff_verdict_words(const struct diff *d, const struct diff_measured *m)
{
	if (!diff_has_replicates(d) && m->verdict == DIFF_INSUFFICIENT)
		return !has_bounds(m)        ? "unclear"
			: m->beyond_sampling ? (m->difference > 0 ? "more" : "less")
					     : "unclear";
	return m->verdict == DIFF_SMALL ? ""
		: m->verdict == DIFF_INSUFFICIENT
		? "few runs"
		: diff_verdict_name(d->options.metric, m->verdict);
}

/* ---------------------------------------------------------------- names */

static enum diff_side side_of(const struct diff_node *node)
{
	bool is_new =
		node->function[DIFF_NEW] || node->file[DIFF_NEW] || node->line[DIFF_NEW];

	return is_new ? DIFF_NEW : DIFF_BASE;
}

struct ptf_text diff_file_path(const struct diff *d, const struct diff_node *node)
{
	enum diff_side side = node->file[DIFF_NEW] ? DIFF_NEW : DIFF_BASE;

	return diff_match_short_path(d->match, side, node->file[side]);
}

struct ptf_text diff_line_text(const struct diff *d, const struct diff_node *node)
{
	enum diff_side side = node->line[DIFF_NEW] ? DIFF_NEW : DIFF_BASE;
	struct ptf_text text = {"", 0};

	if (node->line[side])
		profile_source_line(profile_source_of(d->side[side].which.p,
					    node->file[side]),
			node->line[side], &text);
	return text;
}

char *diff_node_title(const struct diff *d, const struct diff_node *node)
{
	enum diff_side side = side_of(node);
	struct ptf_text path = {"", 0}, name;
	char *text = NULL, *title;
	int size = 0;

	if (node->file[side])
		path = diff_match_short_path(d->match, side, node->file[side]);
	switch (node->view) {
	case DIFF_PROGRAM:
		return strdup("the program");
	case DIFF_LINE:
		size = asprintf(&text, "%.*s:%u", (int)path.size, path.data,
			node->line[side]);
		break;
	case DIFF_FUNCTION:
	case DIFF_STACK:
		title = report_function_title(d->side[side].which.p,
			node->function[side]);
		size = !path.size ? asprintf(&text, "%s", title)
			: node->line[side] && node->view == DIFF_FUNCTION
			? asprintf(&text, "%s (%.*s:%u)", title, (int)path.size,
				  path.data, node->line[side])
			: asprintf(&text, "%s (%.*s)", title, (int)path.size, path.data);
		free(title);
		break;
	case DIFF_FILE:
		size = asprintf(&text, "%.*s", (int)path.size, path.data);
		break;
	default:
		name = intern_get(&d->texts, node->name);
		size = asprintf(&text, "%.*s", (int)name.size, name.data);
		break;
	}
	return size < 0 || !text ? memory_zeroed(1, 1) : text;
}

static char *renamed_words(const struct diff *d, const struct diff_node *node)
{
	struct ptf_text old = node->view == DIFF_FILE
		? diff_match_short_path(d->match, DIFF_BASE, node->file[DIFF_BASE])
		: profile_string(d->side[DIFF_BASE].which.p,
			  profile_get_function(d->side[DIFF_BASE].which.p,
				  node->function[DIFF_BASE])
				  .name);
	char *text;

	return asprintf(&text, ", was %.*s", (int)old.size, old.data) < 0
		? memory_zeroed(1, 1)
		: text;
}

char *diff_fate_words(const struct diff *d, const struct diff_node *node)
{
	static const char *const words[] = {"", ", edited", ", moved", "", ", new",
		", gone"};

	return node->fate == DIFF_RENAMED ? renamed_words(d, node)
					  : strdup(words[node->fate]);
}

/* ------------------------------------------------------------ sentences */

/* "x, y: 12 % slower (...)" of the whole program. */
static char *headline(const struct diff *d)
{
	const struct diff_measured *m = &d->nodes.item[0].total_measured;
	enum diff_metric metric = d->options.metric;
	char base[DIFF_WORDS_SIZE], new[DIFF_WORDS_SIZE], percent[DIFF_WORDS_SIZE];
	char interval[2 * DIFF_WORDS_SIZE], detectable[DIFF_WORDS_SIZE], *text = NULL;
	char half[DIFF_WORDS_SIZE];
	int size;

	diff_amount(base, d, m->base);
	diff_amount(new, d, m->new);
	diff_percent(percent, m);
	if (m->base_amount <= 0 && m->new_amount <= 0)
		size = asprintf(&text, "Neither side has any %s.", words_of[metric].noun);
	else if (!diff_has_replicates(d))
		size = asprintf(&text,
			"One run a side: %s%s%s -> %s (%s). What other runs would take "
			"is not known: this is no verdict.",
			metric == DIFF_TIME ? "" : words_of[metric].noun,
			metric == DIFF_TIME ? "" : " ", base, new, percent);
	else if (diff_is_found(m))
		size = asprintf(&text, "%s: %s -> %s a run, %s (%s), p = %.2g.",
			m->verdict == DIFF_MORE ? words_of[metric].more
						: words_of[metric].less,
			base, new, percent, diff_interval(interval, d, m), m->p);
	else if (m->verdict == DIFF_INSUFFICIENT)
		size = asprintf(&text,
			"Too few runs to tell a difference from chance at alpha %g: %s "
			"-> %s a run (%s). %zu a side would do.",
			d->options.alpha, base, new, percent,
			statistics_runs_needed(d->options.alpha));
	else
		size = asprintf(&text,
			"The program's %s is not told apart: %s -> %s a run (%s, "
			"%s%s), p = "
			"%.2g. A difference of %s would most likely have been found.",
			words_of[metric].noun, base, new, percent,
			*diff_half_width(half, d, m) ? "+-" : "", half, m->p,
			diff_amount(detectable, d, m->detectable));
	return size < 0 || !text ? memory_zeroed(1, 1) : text;
}

static char *basis(const struct diff *d)
{
	static const char *const scales[] = {"a run", "as shares of all of a run", "",
		"a run"};
	bool is_time = d->options.metric == DIFF_TIME;
	const char *of_what = is_time && d->options.cpu_only ? "CPU time of all threads"
		: is_time && d->options.wait_all ? "CPU time and waits of all threads"
						 : words_of[d->options.metric].of_what;
	char *text = NULL;
	int size;

	if (diff_has_replicates(d))
		size = asprintf(&text,
			"Numbers are %s of %s, %s%s; +- is the %g %% interval. %zu %s "
			"tested; chance names any of them in at most %g %% of "
			"comparisons.",
			d->options.statistic == DIFF_MEAN ? "means" : "medians", of_what,
			d->options.scale == DIFF_PER_UNIT ? "for each " : "",
			d->options.scale == DIFF_PER_UNIT ? d->options.unit
							  : scales[d->options.scale],
			100 * (1 - d->options.alpha), d->tested_count,
			d->tested_count == 1 ? "place was" : "places were",
			100 * d->options.alpha);
	else
		size = asprintf(&text,
			"Numbers are %s%s%s; +- is the sampling error alone (%g %% "
			"interval%s).",
			of_what,
			d->options.scale == DIFF_PER_UNIT        ? ", for each "
				: d->options.scale == DIFF_SHARE ? ", "
								 : "",
			d->options.scale == DIFF_PER_UNIT        ? d->options.unit
				: d->options.scale == DIFF_SHARE ? scales[DIFF_SHARE]
								 : "",
			100 * (1 - d->options.alpha),
			!is_time ? ", by the blocks of memory that were sampled"
				: d->columns[DIFF_BASE] > 1
				? ", by resampling blocks of time"
				: "; not known, as the runs are too short, or "
				  "sums");
	return size < 0 || !text ? memory_zeroed(1, 1) : text;
}

/* Whether times are at equal speed, and why not. */
static char *speed(const struct diff *d)
{
	const struct diff_speed *s = &d->speed;
	char percent[DIFF_WORDS_SIZE], interval[2 * DIFF_WORDS_SIZE], *text = NULL;
	int size = -1;

	if (s->use == DIFF_SPEED_USED)
		size = asprintf(&text,
			"Times are as if all runs were equally fast: their speed (varies "
			"by %.1f %%, as %zu function%s show%s that did not change) is "
			"taken out; --absolute leaves it in.",
			100 * s->spread, s->functions.count,
			s->functions.count == 1 ? "" : "s",
			s->functions.count == 1 ? "s" : "");
	else if (s->use == DIFF_SPEED_DIFFERS)
		size = asprintf(&text,
			"Functions that did not change are %s as well, by %s a run (%s): "
			"the machine, or what runs the program, differs. Times are as "
			"measured.",
			s->measured.verdict == DIFF_MORE ? "slower" : "faster",
			diff_percent(percent, &s->measured),
			diff_interval(interval, d, &s->measured));
	else if (s->use == DIFF_SPEED_UNKNOWN)
		size = asprintf(&text,
			"Times are as measured: too little is spent in functions that "
			"did not change to tell how fast each run was.");
	return size < 0 ? NULL : text;
}

/* The longest line, or function, of some weight that was not told apart. */
static const struct diff_node *longest_unclear(const struct diff *d)
{
	const struct diff_node *longest = NULL;
	double least = POWER_SHARE * d->nodes.item[0].total_measured.base;

	for (size_t i = 1; i < d->nodes.count; i++) {
		const struct diff_node *node = &d->nodes.item[i];
		const struct diff_measured *m = &node->self_measured;

		if ((node->view == DIFF_LINE || node->view == DIFF_FUNCTION) &&
			node->file[DIFF_BASE] && m->verdict == DIFF_UNCLEAR &&
			m->base >= least &&
			(!longest || m->base > longest->self_measured.base))
			longest = node;
	}
	return longest;
}

/* How small a change would have been found, and what it takes to find 5 %. */
static char *power(const struct diff *d)
{
	const struct diff_node *node = longest_unclear(d);
	const struct diff_measured *m = node ? &node->self_measured : NULL;
	size_t n = d->columns[DIFF_BASE], k = d->columns[DIFF_NEW];
	char *title, *text;
	double least;
	int size;

	if (!diff_has_replicates(d) || !node || !isfinite(m->detectable) ||
		m->detectable <= 0)
		return NULL;
	title = diff_node_title(d, node);
	least = m->detectable / m->base;
	if (least > POWER_WANTED)
		/* The error goes with the root of the number of runs. */
		size = asprintf(&text,
			"At %s a change of %.1f %% would most likely have been found; "
			"for one of %g %% it takes about %.0f runs a side.",
			title, 100 * least, 100 * POWER_WANTED,
			ceil(2 / (1 / (double)n + 1 / (double)k) *
				(least / POWER_WANTED) * (least / POWER_WANTED)));
	else
		size = asprintf(&text,
			"At %s a change of %.1f %% would most likely have been found.",
			title, 100 * least);
	free(title);
	return size < 0 ? NULL : text;
}

static double mean_runnable(const struct diff_runs *r)
{
	double sum = 0;

	for (size_t i = 0; i < r->runs.count; i++)
		sum += r->runs.item[i].runnable_ns;
	return r->runs.count ? sum / (double)r->runs.count : 0;
}

static char *runnable(const struct diff *d)
{
	double base = mean_runnable(&d->side[DIFF_BASE]),
	       new = mean_runnable(&d->side[DIFF_NEW]);
	char x[UNITS_SIZE], y[UNITS_SIZE], *text;

	if (d->options.runnable || d->options.cpu_only || base + new <= 0)
		return NULL; /* none was left out, as of memory */
	return asprintf(&text,
		       "Left out: time ready to run while no processor was free, %s -> "
		       "%s a run (--runnable).",
		       units_time_brief(x, whole(base)),
		       units_time_brief(y, whole(new))) < 0
		? NULL
		: text;
}

static char *unplaced(const struct diff *d)
{
	double amount =
		d->side[DIFF_BASE].unplaced_amount + d->side[DIFF_NEW].unplaced_amount;
	char left_out[DIFF_WORDS_SIZE], *text;
	const struct diff absolute = {.options.metric = d->options.metric};

	if (amount == 0)
		return NULL;
	return asprintf(&text, "Left out: %s of no known thread, and so of no known run.",
		       diff_amount(left_out, &absolute, amount)) < 0
		? NULL
		: text;
}

static char *textless(const struct diff *d)
{
	size_t count = diff_match_textless_count(d->match);
	char *text;

	if (count == 0)
		return NULL;
	return asprintf(&text,
		       "%zu file%s without source text on both sides: lines are followed "
		       "by number there.",
		       count, count == 1 ? "" : "s") < 0
		? NULL
		: text;
}

static char *gate_words(const struct diff *d, const struct gate *gate)
{
	char *text;
	int size;

	if (!gate)
		return NULL;
	if (gate->outcome == GATE_REGRESSED)
		size = asprintf(&text, "Gate: %zu regression%s of more than %g %%.",
			gate->nodes.count, gate->nodes.count == 1 ? "" : "s",
			100 * gate->options.above);
	else if (gate->outcome == GATE_INSUFFICIENT)
		size = asprintf(&text, "Gate: insufficient: %s.", gate->why);
	else
		size = asprintf(&text,
			"Gate: passed, no regression of more than %g %%%s.",
			100 * gate->options.above,
			d->speed.use == DIFF_SPEED_USED ? " at equal speed" : "");
	return size < 0 ? NULL : text;
}

/* "peak 120 MiB -> 240 MiB (+100 %, larger, p = 1e-05)" */
static void put_memory(FILE *f, const struct diff *d)
{
	const struct diff_measured *m = &d->nodes.item[0].total_measured;
	char base[DIFF_WORDS_SIZE], new[DIFF_WORDS_SIZE], percent[DIFF_WORDS_SIZE];
	const char *verdict = diff_verdict_words(d, m);

	fprintf(f, "%s %s -> %s (%s", words_of[d->options.metric].brief,
		diff_amount(base, d, m->base), diff_amount(new, d, m->new),
		diff_percent(percent, m));
	if (*verdict)
		fprintf(f, ", %s", verdict);
	if (diff_is_found(m))
		fprintf(f, ", p = %.2g", m->p);
	fputc(')', f);
}

static char *memory(const struct diff_memory *memory)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	if (!memory || memory->count == 0)
		return NULL;
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	fputs(memory->why_not ? "Memory is not compared: " : "Memory: ", f);
	if (memory->why_not)
		fputs(memory->why_not, f);
	for (size_t i = 0; i < memory->count && !memory->why_not; i++) {
		const struct diff_measured *m =
			&memory->of[i].nodes.item[0].total_measured;

		/* Leaks are worth a word where there are any. */
		if (i > 0 && m->base_amount <= 0 && m->new_amount <= 0)
			continue;
		fputs(i ? ", " : "", f);
		put_memory(f, &memory->of[i]);
	}
	fputc('.', f);
	fclose(f);
	return text;
}

static char *memory_basis(const struct diff_memory *memory)
{
	const struct diff *d = memory ? &memory->of[0] : NULL;
	char *text;

	if (!memory || memory->count == 0 || memory->why_not || !diff_has_replicates(d))
		return NULL;
	return asprintf(&text,
		       "Of memory, %zu places were tested by themselves; chance names "
		       "any of them in at most %g %% of comparisons. More by --metric "
		       "peak, alloc, live, leaked or copy.",
		       d->tested_count, 100 * d->options.alpha) < 0
		? NULL
		: text;
}

size_t diff_headline_count(const struct diff_print *print)
{
	return 1 + (print->gate != NULL) + (print->memory && print->memory->count);
}

char *diff_sentence(const struct diff_print *print, size_t index)
{
	const struct diff *d = print->d;

	for (size_t kind = 0; kind < 10; kind++) {
		char *text = kind == 0 ? headline(d)
			: kind == 1    ? gate_words(d, print->gate)
			: kind == 2    ? memory(print->memory)
			: kind == 3    ? power(d)
			: kind == 4    ? speed(d)
			: kind == 5    ? basis(d)
			: kind == 6    ? memory_basis(print->memory)
			: kind == 7    ? runnable(d)
			: kind == 8    ? unplaced(d)
				       : textless(d);

		if (text && index-- == 0)
			return text;
		free(text);
	}
	return NULL;
}

/* ---------------------------------------------------------------- names */

static bool is_change(const struct diff *d, const struct diff_measured *m)
{
	return diff_has_replicates(d) ? diff_is_found(m) : m->beyond_sampling;
}

static int compare_named(const void *a, const void *b, void *context)
{
	const struct diff *d = context;
	const struct diff_named *m = a, *n = b;
	double x = fabs(diff_named_measure(d, m)->difference);
	double y = fabs(diff_named_measure(d, n)->difference);

	if (m->is_total != n->is_total)
		return m->is_total ? 1 : -1;
	if (x != y)
		return x > y ? -1 : 1;
	return m->node < n->node ? -1 : m->node > n->node;
}

void diff_name_changes(const struct diff *d, struct diff_names *names)
{
	for (uint32_t i = 0; i < d->nodes.count; i++) {
		const struct diff_node *node = &d->nodes.item[i];

		if (node->view != DIFF_LINE && node->view != DIFF_FUNCTION)
			continue;
		if (is_change(d, &node->self_measured))
			vec_push(&names->item, (struct diff_named){i, false});
		else if (node->view == DIFF_FUNCTION &&
			is_change(d, &node->total_measured))
			vec_push(&names->item, (struct diff_named){i, true});
	}
	if (names->item.count)
		qsort_r(names->item.item, names->item.count, sizeof(*names->item.item),
			compare_named, (void *)(uintptr_t)d);
}

void diff_name_memory(const struct diff_print *print, size_t metric,
	struct diff_names *names)
{
	size_t kept = 0;

	if (!print->memory || print->memory->why_not || metric >= print->memory->count)
		return;
	diff_name_changes(&print->memory->of[metric], names);
	for (size_t i = 0; i < names->item.count; i++)
		if (!names->item.item[i].is_total)
			names->item.item[kept++] = names->item.item[i];
	names->item.count = kept;
}
