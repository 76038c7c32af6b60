#include "tools/emit/merge_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
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
		"smallest and largest, and what of memory it held at the peak; small, "
		"for baselines that are kept long",
		3},
	{0},
};

static void add_label(struct merge_command *c, struct argp_state *state, char *text)
{
	char *equals = strchr(text, '=');
	struct ptf_attribute label;

	if (!equals || equals == text) {
		argp_error(state, "--label: '%s' is not KEY=VALUE", text);
		return;
	}
	label.key = (struct ptf_text){text, (size_t)(equals - text)};
	label.value = (struct ptf_text){equals + 1, strlen(equals + 1)};
	vec_push(&c->merge.labels, label);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct merge_command *c = state->input;

	switch (key) {
	case 'o':
		c->out = arg;
		break;
	case KEY_KEEP_GOING:
		c->keep_going = true;
		break;
	case KEY_AS_RUNS:
		c->merge.as_runs = true;
		break;
	case KEY_AGGREGATE:
		c->merge.aggregate = true;
		break;
	case KEY_LABEL:
		add_label(c, state, arg);
		break;
	case KEY_ALIGN:
		c->merge.align = cli_choice(state, "--align", arg, merge_align_names);
		break;
	case ARGP_KEY_ARGS:
		c->names = state->argv + state->next;
		c->name_count = (size_t)(state->argc - state->next);
		break;
	case ARGP_KEY_END:
		if (c->name_count == 0)
			argp_error(state, "no trace given");
		if (!c->out && isatty(STDOUT_FILENO))
			argp_error(state, "no output given: -o OUT");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp merge_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

/* -------------------------------------------------------------- telling */

static const char *subject(const struct merge_command *c)
{
	return c->out ? c->out : "";
}

static void on_damage(void *context, const char *path, const struct ptf_error *note)
{
	const struct merge_command *c = context;

	if (!c->is_quiet)
		message_read_note(path, note);
}

static void on_note(void *context, const char *path, const char *text)
{
	const struct merge_command *c = context;

	if (!c->is_quiet)
		message_note(path ? path : subject(c), "%s", text);
}

static void on_progress(void *context, const char *path, uint64_t done, uint64_t total)
{
	const struct merge_command *c = context;

	if (!c->is_quiet)
		message_progress(path ? path : subject(c), done, total);
}

struct merge_hooks merge_command_hooks(struct merge_command *c)
{
	return (struct merge_hooks){c, on_damage, on_note, on_progress};
}

void merge_command_tell(const struct merge_command *c, const struct merge_plan *plan)
{
	char off[UNITS_SIZE];
	const char *out = subject(c);

	if (plan->double_count)
		message_note(out, "%zu recording%s came more than once, taken once",
			plan->double_count, plan->double_count == 1 ? "" : "s");
	if (plan->overlap_count)
		message_note(out,
			"%zu part%s of a recording begin%s before the one before ends: "
			"what both have counts twice",
			plan->overlap_count, plan->overlap_count == 1 ? "" : "s",
			plan->overlap_count == 1 ? "s" : "");
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

/* -------------------------------------------------------------- working */

int merge_command_scan(struct merge_command *c, struct merge *m,
	const struct inputs *inputs, size_t first, size_t step)
{
	int left_out = 0;

	for (size_t i = first; i < inputs->count; i += step) {
		struct ptf_error err = {0};
		int rc = merge_add(m, inputs->path[i], &err);

		message_progress_end();
		if (rc == 0)
			continue;
		message_read_error(inputs->path[i], rc, &err);
		if (!c->keep_going)
			return -1;
		left_out++;
	}
	return left_out;
}

bool merge_command_write(struct merge_command *c, struct merge *m)
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
	merge_command_tell(c, &plan);
	if (!output_open(&out, c->out))
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

void merge_command_free(struct merge_command *c)
{
	vec_free(&c->merge.labels);
}
