/* pdiff: compares traces of two versions of a program. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/version.h>

#include "tools/cli/inputs.h"
#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
#include "tools/core/units.h"
#include "tools/emit/diff_format.h"
#include "tools/emit/metric_option.h"
#include "tools/emit/read_inputs.h"
#include "tools/emit/selection_options.h"

/* What a shell and a CI ask; the other tools' 1 is no failure here. */
enum diff_status {
	DIFF_STATUS_SAME = 0,
	DIFF_STATUS_REGRESSION = 1,
	DIFF_STATUS_TROUBLE = 2, /* and wrong use */
	DIFF_STATUS_INCOMPARABLE = 3,
};

enum {
	KEY_LIST = CLI_KEY_FIRST,
	KEY_BY,
	KEY_METRIC,
	KEY_WAIT,
	KEY_RUNNABLE,
	KEY_EQUAL_SPEED,
	KEY_ABSOLUTE,
	KEY_SHARE,
	KEY_PER,
	KEY_MEDIAN,
	KEY_ALPHA,
	KEY_MIN,
	KEY_FORCE,
	KEY_FAIL_ABOVE,
	KEY_MIN_TIME,
	KEY_MIN_BYTES,
	KEY_SELF_CHECK,
	KEY_SPLITS,
};

static const struct argp_option options[] = {
	{"to", 't', "FORMAT", 0,
		"Format: see --list (default: by the name of OUT, else table)", 1},
	{"output", 'o', "OUT", 0, "Write to OUT instead of standard output", 1},
	{"list", KEY_LIST, NULL, 0, "List the formats", 1},

	{NULL, 0, NULL, 0, "What is compared:", 3},
	{"by", KEY_BY, "LIST", 0,
		"Places: line, function, file, stack, thread, module, or all (default "
		"line,function)",
		3},
	{"metric", KEY_METRIC, "WHAT", 0,
		"Time with waits (wall or time, default), only on CPU (cpu), or of some "
		"classes in all threads (gil; python,native). Memory, where prec "
		"--memory recorded it: allocated (alloc), held at the peak (peak) or at "
		"the end (live), leaked (leaked), copied (copy)",
		3},
	{"wait", KEY_WAIT, "WHOSE", 0, "Waits of: main threads (main, default) or all",
		3},
	{"runnable", KEY_RUNNABLE, NULL, 0,
		"Count time ready to run without a processor, which is the machine's "
		"fault",
		3},
	{"equal-speed", KEY_EQUAL_SPEED, NULL, 0,
		"Time of a run without what the speed of the machine did to it, as far "
		"as code that is the same on both sides shows that (default)",
		3},
	{"absolute", KEY_ABSOLUTE, NULL, 0, "A run as it was measured", 3},
	{"share", KEY_SHARE, NULL, 0, "Shares of all of a run", 3},
	{"per", KEY_PER, "MARK", 0,
		"Time, or memory allocated or copied, for each mark, or region, of this "
		"name: a unit of work",
		3},
	{"min", KEY_MIN, "PERCENT", 0,
		"Leave out rows with a smaller share of all, unless they are named "
		"(default 1)",
		3},
	{"force", KEY_FORCE, NULL, 0, "Compare what is not comparable", 3},

	{NULL, 0, NULL, 0, "How sure:", 4},
	{"alpha", KEY_ALPHA, "P", 0,
		"Chance that anything is named of equal programs; intervals are at 1 - P "
		"(default 0.05)",
		4},
	{"median", KEY_MEDIAN, NULL, 0,
		"Medians of the runs, not means; less is found, but single odd runs do "
		"not "
		"matter",
		4},
	{"self-check", KEY_SELF_CHECK, NULL, 0,
		"Of runs of one and the same program: split them at random, count the "
		"false "
		"alarms, and tell the noise",
		4},
	{"splits", KEY_SPLITS, "N", 0, "Splits of --self-check (default 200)", 4},

	{NULL, 0, NULL, 0, "As a gate (exit status 1):", 5},
	{"fail-above", KEY_FAIL_ABOVE, "PERCENT", 0,
		"Fail when the program, or a file, function or line, takes more of the "
		"metric by more than that",
		5},
	{"min-time", KEY_MIN_TIME, "TIME", 0,
		"... and by more than that a run, such as 10ms, and not by chance; what "
		"takes less is not tested",
		5},
	{"min-bytes", KEY_MIN_BYTES, "SIZE", 0, "The same of memory, such as 1M", 5},
	{0},
};

static const char doc[] =
	"Compare traces of two versions of a program: what got slower, or takes more "
	"memory, and how sure that is. "
	"Each side is one trace or several; each recording is one run.\v"
	"Examples:\n"
	"  pdiff base.ptf new.ptf               one run a side: no verdict\n"
	"  pdiff base*.ptf -- new*.ptf          ten runs a side, made by turns\n"
	"  pdiff base*.ptf -- new*.ptf --fail-above 5% --min-time 10ms --alpha 0.01\n"
	"  pdiff base*.ptf -- new*.ptf --metric peak --fail-above 10% --min-bytes 1M\n"
	"  pdiff base.ptf new.ptf --to folded | flamegraph.pl > diff.svg\n"
	"  pdiff --self-check runs*.ptf         what this machine's noise is\n\n"
	"Lines are followed from one source text to the other. Exit status: 0 when all "
	"went well, 1 after a regression (--fail-above), 2 after trouble or wrong use, 3 "
	"when the traces are not comparable or too few for the gate.";

struct arguments {
	char **paths;
	size_t count[DIFF_SIDE_COUNT]; /* paths of the base, then of the new side */
	const char *out;
	const struct diff_format *format;
	bool list, force, self_check, has_gate;
	/* Options that are good for some metrics only. */
	const char *of_time, *of_memory;
	bool by_thread;
	size_t split_count;
	struct gate_options gate;
	struct diff_options diff;
	struct selection selection;
	struct metric_option metric;
	double min_share;
};

static void list_formats(void)
{
	const struct diff_format *f;

	for (size_t i = 0; (f = diff_format_at(i)) != NULL; i++)
		printf("%-10s %-14s %s\n", f->name, f->suffix, f->description);
}

/* --------------------------------------------------------------- options */

/* Words of --metric; those of memory in the order of enum diff_metric. */
static const char *const metrics[] = {"wall", "cpu", "time", "alloc", "live", "peak",
	"leaked", "copy", NULL};

enum {
	METRIC_CPU = 1,
	METRIC_MEMORY = 3,
};

/* A number from low to high, with or without a sign behind it. */
static double number(struct argp_state *state, const char *option, const char *arg,
	const char *sign, double low, double high)
{
	char *end;
	double value = strtod(arg, &end);

	if (end != arg && *sign && !strcmp(end, sign))
		end += strlen(sign);
	if (end == arg || *end || !(value >= low && value <= high))
		argp_error(state, "%s: '%s' is not a number from %g to %g", option, arg,
			low, high);
	return value;
}

static unsigned views(struct argp_state *state, const char *arg)
{
	unsigned mask = 0;

	for (;;) {
		size_t size = strcspn(arg, ",");
		unsigned bits = size == 3 && !memcmp(arg, "all", 3)
			? (1u << DIFF_VIEW_COUNT) - 1
			: 0;

		for (enum diff_view v = DIFF_LINE; v < DIFF_CLASS; v++)
			if (strlen(diff_view_name(v)) == size &&
				!memcmp(diff_view_name(v), arg, size))
				bits = 1u << v;
		if (!bits)
			argp_error(state,
				"--by: '%.*s' is none of line, function, file, stack, "
				"thread, module, all",
				(int)size, arg);
		mask |= bits;
		if (!arg[size])
			return mask;
		arg += size + 1;
	}
}

static const char *name_at(size_t index)
{
	const struct diff_format *format = diff_format_at(index);

	return format ? format->name : NULL;
}

static void take_paths(struct arguments *a, char **paths, size_t count)
{
	size_t kept = 0;

	a->paths = paths;
	a->count[DIFF_BASE] = count;
	for (size_t i = 0; i < count; i++) {
		if (cli_is_separator(paths[i]))
			a->count[DIFF_BASE] = kept;
		else
			paths[kept++] = paths[i];
	}
	if (kept < count)
		a->count[DIFF_NEW] = kept - a->count[DIFF_BASE];
}

/* BASE NEW, or BASE... -- NEW... */
static void split_paths(struct arguments *a, struct argp_state *state)
{
	size_t all = a->count[DIFF_BASE] + a->count[DIFF_NEW];

	if (all == 0)
		argp_error(state, "no trace given");
	if (a->self_check || (a->count[DIFF_BASE] && a->count[DIFF_NEW])) {
		a->count[DIFF_BASE] = a->self_check ? all : a->count[DIFF_BASE];
		return;
	}
	if (all == 1)
		argp_error(state, "only one trace given; what is it compared with?");
	if (all > 2)
		argp_error(state,
			"which of these %zu traces are the new ones? pdiff BASE... -- "
			"NEW...",
			all);
	a->count[DIFF_BASE] = a->count[DIFF_NEW] = 1;
}

/* What has no meaning with the metric is no silent nothing. */
static void check_metric(const struct arguments *a, struct argp_state *state)
{
	enum diff_metric metric = a->diff.metric;
	bool is_time = metric == DIFF_TIME;
	const char *wrong = is_time ? a->of_memory : a->of_time;

	if (wrong)
		argp_error(state, "%s is about %s, not --metric %s", wrong,
			is_time ? "memory" : "time", diff_metric_name(metric));
	if (!diff_metric_has_threads(metric) &&
		(a->by_thread || a->selection.thread_globs.count))
		argp_error(state,
			"%s has no meaning with --metric %s: what one thread allocates, "
			"others free",
			a->by_thread ? "--by thread" : "--thread",
			diff_metric_name(metric));
	if (!diff_metric_has_threads(metric) && a->diff.scale == DIFF_PER_UNIT)
		argp_error(state, "--per has no meaning with --metric %s",
			diff_metric_name(metric));
}

static void finish(struct arguments *a, struct argp_state *state)
{
	if (a->list) {
		list_formats();
		exit(DIFF_STATUS_SAME);
	}
	split_paths(a, state);
	if (a->self_check && (a->has_gate || a->format))
		argp_error(state, "--self-check has neither a gate nor a format");
	if (!a->format && a->out)
		a->format = diff_format_of_file(a->out);
	if (!a->format && a->out && strcmp(a->out, "-") != 0 && strchr(a->out, '.') &&
		strncmp(a->out, "/dev/", 5) != 0)
		argp_error(state, "no format has files named '%s'; give --to", a->out);
	if (!a->format)
		a->format = diff_format_at(0);
	a->diff.views |= a->format->views;
	if (a->diff.scale == DIFF_SHARE && a->diff.min_amount > 0)
		argp_error(state, "%s has no meaning with --share",
			a->of_memory ? a->of_memory : "--min-time");
	check_metric(a, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const whose[] = {"main", "all", NULL};
	struct arguments *a = state->input;
	const char *rest;
	int64_t time_ns;
	uint64_t bytes;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->selection;
		break;
	case 't':
		a->format = diff_format_named(arg);
		if (!a->format)
			cli_unknown_name(state, "--to", arg, name_at);
		break;
	case 'o':
		a->out = arg;
		break;
	case KEY_LIST:
		a->list = true;
		break;
	case KEY_BY:
		a->diff.views = views(state, arg);
		a->by_thread = strstr(arg, "thread") != NULL;
		break;
	case KEY_METRIC:
		metric_option_read(&a->metric, arg, metrics, &a->selection);
		a->diff.cpu_only = a->metric.word == METRIC_CPU;
		a->diff.metric = a->metric.word >= METRIC_MEMORY
			? DIFF_ALLOCATED + (unsigned)(a->metric.word - METRIC_MEMORY)
			: DIFF_TIME;
		a->diff.wait_all |= a->metric.has_waits;
		break;
	case KEY_WAIT:
		a->of_time = "--wait";
		a->diff.wait_all = cli_choice(state, "--wait", arg, whose) == 1;
		break;
	case KEY_RUNNABLE:
		a->of_time = "--runnable";
		a->diff.runnable = true;
		break;
	case KEY_EQUAL_SPEED:
		a->of_time = "--equal-speed";
		a->diff.scale = DIFF_EQUAL_SPEED;
		break;
	case KEY_ABSOLUTE:
		a->diff.scale = DIFF_ABSOLUTE;
		break;
	case KEY_SHARE:
		a->diff.scale = DIFF_SHARE;
		break;
	case KEY_PER:
		a->diff.scale = DIFF_PER_UNIT;
		a->diff.unit = arg;
		break;
	case KEY_MEDIAN:
		a->diff.statistic = DIFF_MEDIAN;
		break;
	case KEY_ALPHA:
		a->diff.alpha = number(state, "--alpha", arg, "", 1e-6, 0.5);
		break;
	case KEY_MIN:
		a->min_share = number(state, "--min", arg, "%", 0, 100) / 100;
		break;
	case KEY_FORCE:
		a->force = true;
		break;
	case KEY_FAIL_ABOVE:
		a->has_gate = true;
		a->gate.above = number(state, "--fail-above", arg, "%", 0, 1e6) / 100;
		break;
	case KEY_MIN_TIME:
		rest = arg;
		if (!units_read_time(&rest, &time_ns) || *rest)
			argp_error(state, "--min-time: '%s' is not a time such as 10ms",
				arg);
		a->of_time = "--min-time";
		a->gate.min_amount = a->diff.min_amount = (double)time_ns;
		break;
	case KEY_MIN_BYTES:
		rest = arg;
		if (!units_read_bytes(&rest, &bytes) || *rest)
			argp_error(state, "--min-bytes: '%s' is not a size such as 1M",
				arg);
		a->of_memory = "--min-bytes";
		a->gate.min_amount = a->diff.min_amount = (double)bytes;
		break;
	case KEY_SELF_CHECK:
		a->self_check = true;
		break;
	case KEY_SPLITS:
		a->split_count = cli_number(state, "--splits", arg, 100000);
		break;
	case ARGP_KEY_ARGS:
		take_paths(a, state->argv + state->next,
			(size_t)(state->argc - state->next));
		break;
	case ARGP_KEY_END:
		finish(a, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* --------------------------------------------------------------- reading */

static bool read_side(struct profile *p, const struct arguments *a, char **paths,
	size_t count)
{
	struct inputs inputs = {0};
	bool well = true;

	for (size_t i = 0; i < count && well; i++)
		well = inputs_add(&inputs, paths[i]);
	well = well && read_inputs(p, inputs.path, inputs.count, &a->selection);
	inputs_free(&inputs);
	return well;
}

/* One of two sides, which are read at a time. */
struct side_to_read {
	struct profile *p;
	const struct arguments *arguments;
	char **paths;
	size_t count;
	bool is_read;
};

static void *read_in_thread(void *context)
{
	struct side_to_read *side = context;

	side->is_read = read_side(side->p, side->arguments, side->paths, side->count);
	return NULL;
}

static bool read_both(struct profile *base, struct profile *new,
	const struct arguments *a)
{
	struct side_to_read side = {new, a, a->paths + a->count[DIFF_BASE],
		a->count[DIFF_NEW], false};
	pthread_t thread;
	bool has_thread = !pthread_create(&thread, NULL, read_in_thread, &side);
	bool is_read = read_side(base, a, a->paths, a->count[DIFF_BASE]);

	if (has_thread)
		pthread_join(thread, NULL);
	else
		read_in_thread(&side);
	return is_read && side.is_read;
}

/* A unit of work that a run has no mark of cannot be divided by. */
static bool has_units(const struct diff *d)
{
	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++)
		for (size_t i = 0; i < d->side[side].runs.count; i++)
			if (d->options.scale == DIFF_PER_UNIT &&
				d->side[side].runs.item[i].unit_count <= 0) {
				message_error(d->side[side].which.of.item[i].path,
					"has no mark or region named '%s'",
					d->options.unit);
				return false;
			}
	return true;
}

/* False after messages: the comparison is refused. */
static bool is_comparable(const struct diff_facts *facts, bool force)
{
	for (size_t i = 0; i < facts->item.count && !force; i++) {
		const struct diff_fact *f = &facts->item.item[i];

		if (!f->is_refusal)
			continue;
		if (f->new)
			message_error("", "not comparable: %s: %s -> %s (--force)",
				f->what, *f->base ? f->base : "unknown",
				*f->new ? f->new : "unknown");
		else
			message_error("", "not comparable: %s (--force)", f->base);
	}
	return force || !facts->refuses;
}

/* ------------------------------------------------------------------- main */

static int write_diff(const struct arguments *a, struct diff_print *print)
{
	struct output out;

	if (!output_open(&out, a->out))
		return DIFF_STATUS_TROUBLE;
	print->terminal = terminal_of(out.file, cli_color());
	a->format->write(out.file, print);
	if (!output_commit(&out))
		return DIFF_STATUS_TROUBLE;
	if (!print->gate || print->gate->outcome == GATE_PASSED)
		return DIFF_STATUS_SAME;
	return print->gate->outcome == GATE_REGRESSED ? DIFF_STATUS_REGRESSION
						      : DIFF_STATUS_INCOMPARABLE;
}

/* What a report of time says of memory. False after a message. */
static bool read_memory(struct diff_memory *memory, const struct arguments *a,
	const struct diff *d)
{
	struct ptf_error err = {0};

	if (d->options.metric != DIFF_TIME || !a->format->tells_memory ||
		diff_memory_make(memory, d, a->force, &err) >= 0)
		return true;
	message_error("", "%s", err.message);
	return false;
}

static int compare(const struct arguments *a, const struct profile *base,
	const struct profile *new)
{
	struct diff d;
	struct diff_facts facts = {0};
	struct diff_memory memory = {0};
	struct gate gate = {0};
	struct ptf_error err = {0};
	int status = DIFF_STATUS_TROUBLE;

	if (diff_make(&d, base, new, &a->diff, &err) < 0) {
		message_error("", "%s", err.message);
	} else if (has_units(&d)) {
		struct diff_print print = {.d = &d,
			.facts = &facts,
			.memory = &memory,
			.is_forced = a->force,
			.min_share = a->min_share};

		diff_facts_find(&facts, &d);
		status = DIFF_STATUS_INCOMPARABLE;
		if (is_comparable(&facts, a->force)) {
			diff_judge(&d);
			gate_judge(&gate, &d, &a->gate);
			print.gate = a->has_gate ? &gate : NULL;
			if (read_memory(&memory, a, &d))
				status = write_diff(a, &print);
			else
				status = DIFF_STATUS_TROUBLE;
		}
	}
	gate_free(&gate);
	diff_memory_free(&memory);
	diff_facts_free(&facts);
	diff_free(&d);
	return status;
}

static int check_itself(const struct arguments *a, const struct profile *runs)
{
	struct profile *none = profile_new();
	struct diff_self_check c;
	struct ptf_error err = {0};
	struct output out;
	struct diff d;
	int status = DIFF_STATUS_TROUBLE;

	profile_finish(none);
	if (diff_make(&d, runs, none, &a->diff, &err) < 0) {
		message_error("", "%s", err.message);
	} else if (d.side[DIFF_BASE].runs.count < 4) {
		message_error("",
			"%zu runs are too few to be split; at least 4 are needed",
			d.side[DIFF_BASE].runs.count);
		status = DIFF_STATUS_INCOMPARABLE;
	} else if (has_units(&d) && output_open(&out, a->out)) {
		struct terminal terminal = terminal_of(out.file, cli_color());

		diff_check_itself(&d, a->split_count, &c);
		diff_self_check_print(out.file, &terminal, &d, &c);
		if (output_commit(&out))
			status = DIFF_STATUS_SAME;
	}
	diff_free(&d);
	profile_free(none);
	return status;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&selection_argp, 0, "What is selected:", 2},
		CLI_ARGP_CHILD,
		{0},
	};
	static const struct argp argp = {options, parse,
		"BASE NEW\nBASE... -- NEW...\n--self-check RUN...", doc, children, NULL,
		NULL};
	struct arguments a = {.diff = {.views = 1u << DIFF_LINE | 1u << DIFF_FUNCTION,
				      .scale = DIFF_EQUAL_SPEED,
				      .alpha = 0.05},
		.min_share = 0.01,
		.split_count = 200,
		.selection = {.keep_stacks_of_files = true}};
	struct profile *base = profile_new(), *new = profile_new();
	int status = DIFF_STATUS_TROUBLE;

	memory_failure_status = output_failure_status = DIFF_STATUS_TROUBLE;
	cli_keep_separator(argc, argv);
	cli_start(argc, argv, &argp, PTF_VERSION_STRING, &a);
	a.diff.selection = &a.selection;
	a.diff.runnable |= (a.selection.class_mask & 1u << PTF_CLASS_RUNNABLE) != 0;
	if (a.self_check && read_side(base, &a, a.paths, a.count[DIFF_BASE]) &&
		metric_option_finds(&a.metric, base, false))
		status = check_itself(&a, base);
	else if (!a.self_check && read_both(base, new, &a) &&
		metric_option_finds(&a.metric, new, false))
		status = compare(&a, base, new);
	profile_free(base);
	profile_free(new);
	selection_free(&a.selection);
	return status;
}
