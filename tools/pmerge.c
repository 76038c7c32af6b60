/* pmerge: many traces into one. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ptf/version.h>

#include "tools/cli/inputs.h"
#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
#include "tools/core/merge.h"
#include "tools/core/units.h"

enum {
	KEY_ALIGN = CLI_KEY_FIRST,
	KEY_AS_RUNS,
	KEY_AGGREGATE,
	KEY_LABEL,
	KEY_KEEP_GOING,
};

static const struct argp_option options[] = {
	{"output", 'o', "OUT", 0, "Write to OUT (- is standard output)", 1},
	{"keep-going", KEY_KEEP_GOING, NULL, 0,
		"Leave out traces that are damaged or cannot be read", 1},

	{NULL, 0, NULL, 0, "What the inputs are:", 2},
	{"as-runs", KEY_AS_RUNS, NULL, 0,
		"Repetitions of one experiment, each one run (default: parts of one "
		"run)",
		2},
	{"label", KEY_LABEL, "KEY=VALUE", 0,
		"Tells them from others in later merges (repeatable)", 2},

	{NULL, 0, NULL, 0, "What is made of them:", 3},
	{"align", KEY_ALIGN, "HOW", 0,
		"Bring their times together by their hosts' clocks (clock, default), "
		"let all begin at 0 (start), or leave times as they are (none)",
		3},
	{"aggregate", KEY_AGGREGATE, NULL, 0,
		"No times: of each run and stack only number, sum, sum of squares, "
		"smallest and largest; small, for baselines that are kept long",
		3},
	{0},
};

static const char doc[] =
	"Merge profile traces into one: of threads, processes, hosts, MPI ranks, or of "
	"repeated runs, which all stay apart. An input is a file, a folder (every .ptf "
	"below it), a pattern, @LIST (a file with one input a line) or - (standard "
	"input). Totals are kept to the nanosecond and the byte. The order of inputs "
	"does not matter; what comes twice is taken once.\v"
	"Examples:\n"
	"  pmerge -o all.ptf rank*.ptf             the ranks of a job\n"
	"  pmerge -o all.ptf results/              every trace below a folder\n"
	"  pmerge --as-runs -o base.ptf run*.ptf   repetitions, for pdiff\n"
	"  pmerge --as-runs --aggregate -o base.ptf run*.ptf\n"
	"  pmerge --label build=new -o new.ptf a.ptf b.ptf\n"
	"  ls *.ptf | pmerge -o all.ptf @/dev/stdin\n\n"
	"A trace that was cut is taken as far as it goes, with a note. One that is "
	"damaged or cannot be read is a failure, unless --keep-going leaves it out.\n\n"
	"Exit status: 0 when all went well, 1 after a failure, 2 after wrong use.";

struct arguments {
	const char *out;
	char **names;
	size_t name_count;
	bool keep_going;
	struct merge_options merge;
};

static void add_label(struct arguments *a, struct argp_state *state, char *text)
{
	char *equals = strchr(text, '=');
	struct ptf_attribute label;

	if (!equals || equals == text) {
		argp_error(state, "--label: '%s' is not KEY=VALUE", text);
		return;
	}
	label.key = (struct ptf_text){text, (size_t)(equals - text)};
	label.value = (struct ptf_text){equals + 1, strlen(equals + 1)};
	vec_push(&a->merge.labels, label);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'o':
		a->out = arg;
		break;
	case KEY_KEEP_GOING:
		a->keep_going = true;
		break;
	case KEY_AS_RUNS:
		a->merge.as_runs = true;
		break;
	case KEY_AGGREGATE:
		a->merge.aggregate = true;
		break;
	case KEY_LABEL:
		add_label(a, state, arg);
		break;
	case KEY_ALIGN:
		a->merge.align = cli_choice(state, "--align", arg, merge_align_names);
		break;
	case ARGP_KEY_ARGS:
		a->names = state->argv + state->next;
		a->name_count = (size_t)(state->argc - state->next);
		break;
	case ARGP_KEY_END:
		if (a->name_count == 0)
			argp_error(state, "no trace given");
		if (!a->out && isatty(STDOUT_FILENO))
			argp_error(state, "no output given: -o OUT");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void on_damage(void *context, const char *path, const struct ptf_error *note)
{
	(void)context;
	message_read_note(path, note);
}

static void on_note(void *context, const char *path, const char *text)
{
	const struct arguments *a = context;

	message_note(path ? path : a->out ? a->out : "", "%s", text);
}

static void on_progress(void *context, const char *path, uint64_t done, uint64_t total)
{
	const struct arguments *a = context;

	message_progress(path ? path : a->out ? a->out : "-", done, total);
}

static bool scan(struct merge *m, const struct arguments *a, const struct inputs *inputs)
{
	size_t left_out = 0;

	for (size_t i = 0; i < inputs->count; i++) {
		struct ptf_error err = {0};
		int rc = merge_add(m, inputs->path[i], &err);

		message_progress_end();
		if (rc == 0)
			continue;
		message_read_error(inputs->path[i], rc, &err);
		if (!a->keep_going)
			return false;
		left_out++;
	}
	if (left_out == inputs->count) {
		message_error("", "no trace is left to merge");
		return false;
	}
	if (left_out)
		message_note("", "%zu of %zu inputs left out (--keep-going)", left_out,
			inputs->count);
	return true;
}

static void tell_plan(const struct arguments *a, const struct merge_plan *plan)
{
	char off[UNITS_SIZE];
	const char *out = a->out ? a->out : "";

	if (plan->double_count)
		message_note(out, "%zu recording%s came more than once, taken once",
			plan->double_count, plan->double_count == 1 ? "" : "s");
	if (plan->uncertainty_ns)
		message_note(out,
			"recordings of %zu hosts or boots are aligned by their time of "
			"day; by the readings of their clocks they may be off by %s, "
			"and by what these clocks differed",
			plan->boot_count, units_time(off, (int64_t)plan->uncertainty_ns));
	if (plan->clockless_count)
		message_note(out,
			"%zu recording%s without a clock begin%s with the first one",
			plan->clockless_count, plan->clockless_count == 1 ? "" : "s",
			plan->clockless_count == 1 ? "s" : "");
}

static bool write_out(struct merge *m, const struct arguments *a)
{
	struct ptf_error err = {0};
	struct merge_plan plan;
	struct output out;
	const char *path = NULL;
	int rc = merge_plan(m, &plan, &err);

	if (rc < 0) {
		message_read_error("", rc, &err);
		return false;
	}
	tell_plan(a, &plan);
	if (!output_open(&out, a->out))
		return false;
	rc = merge_write(m, fileno(out.file), &path, &err);
	message_progress_end();
	if (rc < 0) {
		message_read_error(path ? path : out.name, rc, &err);
		output_abandon(&out);
		return false;
	}
	return output_commit(&out);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {options, parse, "INPUT...", doc, cli_children,
		NULL, NULL};
	struct arguments a = {0};
	const struct merge_hooks hooks = {&a, on_damage, on_note, on_progress};
	struct inputs inputs = {0};
	struct merge *m;
	bool ok = true;

	cli_start(argc, argv, &argp, PTF_VERSION_STRING, &a);
	m = merge_new(&a.merge, &hooks);
	for (size_t i = 0; ok && i < a.name_count; i++)
		ok = inputs_add(&inputs, a.names[i]);
	ok = ok && scan(m, &a, &inputs) && write_out(m, &a);
	merge_free(m);
	inputs_free(&inputs);
	vec_free(&a.merge.labels);
	return ok ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}
