/* pmerge: many traces into one. */
#include <ptf/version.h>

#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/emit/merge_command.h"

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

static bool all(struct merge_command *c, struct merge *m, const struct inputs *inputs)
{
	int left_out = merge_command_scan(c, m, inputs, 0, 1);

	if (left_out < 0)
		return false;
	if ((size_t)left_out == inputs->count) {
		message_error("", "no trace is left to merge");
		return false;
	}
	if (left_out)
		message_note("", "%d of %zu inputs left out (--keep-going)", left_out,
			inputs->count);
	return merge_command_write(c, m);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&merge_argp, 0, NULL, 0},
		CLI_ARGP_CHILD,
		{0},
	};
	static const struct argp argp = {NULL, parse, "INPUT...", doc, children, NULL,
		NULL};
	struct merge_command c = {0};
	struct inputs inputs = {0};
	struct merge_hooks hooks = merge_command_hooks(&c);
	struct merge *m;
	bool ok = true;

	cli_start(argc, argv, &argp, PTF_VERSION_STRING, &c);
	m = merge_new(&c.merge, &hooks);
	for (size_t i = 0; ok && i < c.name_count; i++)
		ok = inputs_add(&inputs, c.names[i]);
	ok = ok && all(&c, m, &inputs);
	merge_free(m);
	inputs_free(&inputs);
	merge_command_free(&c);
	return ok ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}
