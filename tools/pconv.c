/* pconv: turns traces into other formats. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ptf/version.h>

#include "tools/cli/browser.h"
#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
#include "tools/cli/serve.h"
#include "tools/core/strip.h"
#include "tools/emit/emit.h"
#include "tools/emit/metric_option.h"
#include "tools/emit/read_inputs.h"
#include "tools/emit/selection_options.h"

enum {
	KEY_LIST = CLI_KEY_FIRST,
	KEY_THREADS,
	KEY_WAIT,
	KEY_CHARGE,
	KEY_MIN,
	KEY_ALL_LINES,
	KEY_SORT,
	KEY_CLASSES,
	KEY_METRIC,
	KEY_NO_LINES,
	KEY_REVERSE,
	KEY_OPEN,
	KEY_SERVE,
	KEY_PERFETTO_COMPAT,
	KEY_STACK_SAMPLES,
	KEY_STRIP,
};

static const struct argp_option options[] = {
	{"to", 't', "FORMAT", 0,
		"Format: see --list (default: by the name of OUT, else table)", 1},
	{"output", 'o', "OUT", 0, "Write to OUT instead of standard output", 1},
	{"open", KEY_OPEN, NULL, 0,
		"Open the page in a browser, or print where it is when there is no "
		"display (--to html; without -o in a private temporary file)",
		1},
	{"serve", KEY_SERVE, "PORT", 0,
		"Serve the page at http://127.0.0.1:PORT/ until Ctrl-C; 0 is any free "
		"port. Every user of this machine can read it there",
		1},
	{"list", KEY_LIST, NULL, 0,
		"List the formats; with -v also what each cannot carry", 1},
	{"verbose", 'v', NULL, 0, "Say more with --list", 1},

	{NULL, 0, NULL, 0, "What is counted:", 3},
	{"threads", KEY_THREADS, NULL, 0, "Each thread by itself, with its waits", 3},
	{"metric", KEY_METRIC, "WHAT", 0,
		"Time with waits (wall; default of table and json), only on CPU (cpu; "
		"default of the others), of some classes in all threads (gil; "
		"python,native), or, where there are stacks, the number of samples "
		"(samples), the time that tasks of asyncio awaited (await), or the bytes "
		"of memory allocated (alloc), held at the end (live), held when the "
		"process held most (peak) or copied (copy)",
		3},
	{"wait", KEY_WAIT, "WHOSE", 0, "Waits of: main threads (main, default) or all",
		3},
	{"charge", KEY_CHARGE, "LINE", 0,
		"Charge time to: the innermost line of your own code, which called the "
		"library (user, default), or the line that ran (self)",
		3},
	{"min", KEY_MIN, "PERCENT", 0,
		"Leave out files with a smaller share of the time (default 1)", 3},

	{NULL, 0, NULL, 0, "--to table:", 4},
	{"reduced", 'r', NULL, 0, "Only lines with time", 4},
	{"all-lines", KEY_ALL_LINES, NULL, 0,
		"All lines of every file (default: of long files, the functions with "
		"time)",
		4},
	{"sort", KEY_SORT, "KEY", 0, "Lines by: line (default), time or total", 4},
	{"classes", KEY_CLASSES, NULL, 0,
		"Split system into kernel, ready to run, waiting for the GIL, other "
		"waits",
		4},

	{NULL, 0, NULL, 0, "Formats of stacks:", 5},
	{"no-lines", KEY_NO_LINES, NULL, 0, "Frames are functions, without line numbers",
		5},
	{"reverse", KEY_REVERSE, NULL, 0,
		"From the functions that ran to those that called them (flamegraph)", 5},
	{"stack-samples", KEY_STACK_SAMPLES, NULL, 0,
		"Write the samples too, which Perfetto ignores (chrome)", 5},

	{NULL, 0, NULL, 0, "--to perfetto:", 6},
	{"perfetto-compat", KEY_PERFETTO_COMPAT, NULL, 0,
		"For Perfetto before version 58: classic samples, and slices for the "
		"classes",
		6},

	{NULL, 0, NULL, 0, "--to ptf:", 7},
	{"strip", KEY_STRIP, "WHAT", 0,
		"Take out what strangers should not see, any of: sources (texts), args "
		"(command lines), hosts (names and boot ids), paths (all that lies above "
		"the project or the library). Names of functions, threads and marks stay",
		7},
	{0},
};

static const char doc[] =
	"Turn profile traces into other formats. Several traces are taken together.\v"
	"Examples:\n"
	"  pconv walk.ptf                       the table of lines\n"
	"  pconv -r --sort time walk.ptf        the busiest lines\n"
	"  pconv --charge self walk.ptf         libraries count for themselves\n"
	"  pconv --metric cpu walk.ptf          shares of the CPU time, without waits\n"
	"  pconv --metric gil -o gil.svg walk.ptf\n"
	"                                       a flame graph of the waits for the GIL\n"
	"  pconv --metric peak -o peak.svg walk.ptf\n"
	"                                       who held memory when it was most\n"
	"  pconv --time 2s..5s --thread main walk.ptf\n"
	"                                       three seconds of one thread\n"
	"  pconv walk.ptf -o walk.json          as Scalene's JSON\n"
	"  pconv --open walk.ptf                as a page, in a browser\n"
	"  pconv walk.ptf -o walk.svg           a flame graph\n"
	"  pconv walk.ptf -o walk.pftrace       for the Perfetto UI\n"
	"  pconv walk.ptf -o walk.pb.gz         for go tool pprof\n"
	"  pconv walk.ptf -o walk.speedscope.json\n"
	"  pconv walk.ptf -o walk.firefox.json  for profiler.firefox.com\n"
	"  pconv walk.ptf -o walk.csv           for spreadsheets and scripts\n"
	"  pconv --time 2s..5s walk.ptf -o part.ptf\n"
	"                                       a trace of three seconds\n"
	"  pconv --strip sources,args,hosts,paths walk.ptf -o public.ptf\n"
	"                                       a trace to show to strangers\n\n"
	"Exit status: 0 when all went well, 1 after a failure, 2 after wrong use.";

struct arguments {
	char **paths;
	size_t path_count;
	const char *out;
	char *temporary; /* what `out` is when none was given */
	bool list, verbose, open, serve;
	uint16_t port;
	const struct emit_format *format;
	struct emit_options emit;
	struct metric_option metric;
	/* Options that were given and that some formats do not know. */
	unsigned used;
	const char *used_name[32];
};

static void use(struct arguments *a, enum emit_option option, const char *name)
{
	a->used |= option;
	a->used_name[__builtin_ctz(option)] = name;
}

static void list_formats(bool verbose)
{
	const struct emit_format *f;
	size_t name = 0, suffix = 0;

	for (size_t i = 0; (f = emit_format_at(i)) != NULL; i++) {
		size_t length = f->suffix ? strlen(f->suffix) : 0;

		name = strlen(f->name) > name ? strlen(f->name) : name;
		suffix = length > suffix ? length : suffix;
	}
	for (size_t i = 0; (f = emit_format_at(i)) != NULL; i++) {
		printf("%-*s  %-*s  %s\n", (int)name, f->name, (int)suffix,
			f->suffix ? f->suffix : "", f->description);
		if (verbose)
			printf("%-*s  %s%s\n", (int)(name + 2 + suffix), "",
				f->cannot_carry ? "cannot carry: " : "carries everything",
				f->cannot_carry ? f->cannot_carry : "");
	}
}

static const char *name_at(size_t index)
{
	const struct emit_format *format = emit_format_at(index);

	return format ? format->name : NULL;
}

static void finish(struct arguments *a, struct argp_state *state)
{
	unsigned unknown;

	if (a->list) {
		list_formats(a->verbose);
		exit(EXIT_STATUS_OK);
	}
	if (a->path_count == 0)
		argp_error(state, "no trace given");
	if (a->serve && a->out)
		argp_error(state, "--serve writes no file: -o has no meaning");
	if (a->open && a->out && !strcmp(a->out, "-"))
		argp_error(state, "--open needs a file: -o - has no meaning");
	if (!a->format && a->out)
		a->format = emit_format_of_file(a->out);
	if (!a->format && (a->open || a->serve) && !a->out)
		a->format = emit_format_named("html");
	if (!a->format && a->out && strcmp(a->out, "-") != 0 && strchr(a->out, '.') &&
		strncmp(a->out, "/dev/", 5) != 0)
		argp_error(state, "no format has files named '%s'; give --to", a->out);
	if (!a->format)
		a->format = emit_format_at(0);
	a->emit.selection.keep_stacks_of_files =
		!(a->format->options & EMIT_OPTION_BY_FILE);
	/* Who writes "-o -" wants it all the same. */
	if (a->format->is_binary && !a->out && isatty(STDOUT_FILENO))
		argp_error(state,
			"%s is binary and standard output is a terminal; give -o OUT",
			a->format->name);
	unknown = a->used & ~a->format->options;
	if (unknown)
		argp_error(state, "%s has no meaning with --to %s",
			a->used_name[__builtin_ctz(unknown)], a->format->name);
	if ((a->used & EMIT_OPTION_WAIT) &&
		emit_metric(a->format, &a->emit) != EMIT_METRIC_WALL)
		argp_error(state, "--wait needs --metric wall");
	if (a->emit.threads && emit_is_memory(a->emit.metric))
		argp_error(state,
			"--threads has no meaning with memory, which threads "
			"hold in common");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const whose[] = {"main", "all", NULL};
	static const char *const charge[] = {"self", "user", NULL};
	static const char *const sort[] = {"line", "time", "total", NULL};
	static const char *const weight[] = {"cpu", "wall", "samples", "await", "alloc",
		"live", "peak", "copy", NULL};
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->emit.selection;
		break;
	case 't':
		a->format = emit_format_named(arg);
		if (!a->format)
			cli_unknown_name(state, "--to", arg, name_at);
		break;
	case 'o':
		a->out = arg;
		break;
	case KEY_LIST:
		a->list = true;
		break;
	case 'v':
		a->verbose = true;
		break;
	case KEY_THREADS:
		use(a, EMIT_OPTION_THREADS, "--threads");
		a->emit.threads = true;
		break;
	case KEY_WAIT:
		use(a, EMIT_OPTION_WAIT, "--wait");
		a->emit.wait_all = cli_choice(state, "--wait", arg, whose) == 1;
		break;
	case KEY_CHARGE:
		use(a, EMIT_OPTION_CHARGE, "--charge");
		a->emit.charge = cli_choice(state, "--charge", arg, charge);
		break;
	case KEY_MIN:
		use(a, EMIT_OPTION_MIN, "--min");
		a->emit.min_percent = (unsigned)cli_number(state, "--min", arg, 100);
		break;
	case 'r':
		use(a, EMIT_OPTION_REDUCED, "--reduced");
		a->emit.reduced = true;
		break;
	case KEY_ALL_LINES:
		use(a, EMIT_OPTION_ALL_LINES, "--all-lines");
		a->emit.all_lines = true;
		break;
	case KEY_SORT:
		use(a, EMIT_OPTION_SORT, "--sort");
		a->emit.sort = cli_choice(state, "--sort", arg, sort);
		break;
	case KEY_CLASSES:
		use(a, EMIT_OPTION_CLASSES, "--classes");
		a->emit.classes = true;
		break;
	case KEY_METRIC:
		use(a, EMIT_OPTION_METRIC, "--metric");
		metric_option_read(&a->metric, arg, weight, &a->emit.selection);
		if (a->metric.word >= 0)
			a->emit.metric = EMIT_METRIC_CPU + (unsigned)a->metric.word;
		if (a->metric.is_classes)
			a->emit.metric = EMIT_METRIC_WALL;
		a->emit.wait_all |= a->metric.has_waits;
		if (a->emit.metric == EMIT_METRIC_SAMPLES)
			use(a, EMIT_OPTION_SAMPLES, "--metric samples");
		if (a->emit.metric == EMIT_METRIC_AWAIT)
			use(a, EMIT_OPTION_AWAIT, "--metric await");
		if (emit_is_memory(a->emit.metric))
			use(a, EMIT_OPTION_MEMORY, "memory as --metric");
		break;
	case KEY_NO_LINES:
		use(a, EMIT_OPTION_NO_LINES, "--no-lines");
		a->emit.no_lines = true;
		break;
	case KEY_REVERSE:
		use(a, EMIT_OPTION_REVERSE, "--reverse");
		a->emit.reverse = true;
		break;
	case KEY_OPEN:
		use(a, EMIT_OPTION_OPEN, "--open");
		a->open = true;
		break;
	case KEY_SERVE:
		use(a, EMIT_OPTION_OPEN, "--serve");
		a->serve = true;
		a->port = (uint16_t)cli_number(state, "--serve", arg, UINT16_MAX);
		break;
	case KEY_PERFETTO_COMPAT:
		use(a, EMIT_OPTION_PERFETTO_COMPAT, "--perfetto-compat");
		a->emit.perfetto_compat = true;
		break;
	case KEY_STACK_SAMPLES:
		use(a, EMIT_OPTION_STACK_SAMPLES, "--stack-samples");
		a->emit.stack_samples = true;
		break;
	case KEY_STRIP: {
		const char *problem = strip_read(&a->emit.strip, arg);

		use(a, EMIT_OPTION_STRIP, "--strip");
		if (problem)
			argp_error(state, "--strip: '%s' %s", arg, problem);
		break;
	}
	case ARGP_KEY_ARGS:
		a->paths = state->argv + state->next;
		a->path_count = (size_t)(state->argc - state->next);
		break;
	case ARGP_KEY_END:
		finish(a, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static bool write_output(struct output *out, const struct profile *p,
	const struct arguments *a)
{
	struct ptf_error err = {0};

	if (a->format->write(out->file, p, &a->emit, &err) < 0) {
		message_error("", "%s", err.message);
		output_abandon(out);
		return false;
	}
	if (!output_commit(out))
		return false;
	/* A file may travel far from its trace. */
	if (a->out && strcmp(a->out, "-") != 0 && a->format->cannot_carry)
		message_note(a->out, "%s cannot carry: %s", a->format->name,
			a->format->cannot_carry);
	return true;
}

static bool write_file(const struct profile *p, struct arguments *a)
{
	struct output out;

	if (a->open && !a->out) {
		a->temporary = browser_temporary_path(a->paths[0], a->format->suffix);
		if (!a->temporary)
			return false;
	}
	if (!output_open(&out, a->temporary ? a->temporary : a->out))
		return false;
	a->emit.terminal = terminal_of(out.file, cli_color());
	if (!write_output(&out, p, a))
		return false;
	if (a->open)
		browser_show(a->temporary ? a->temporary : a->out);
	return true;
}

/* What is asked for by name, and is not there, is not shown as nothing. */
static bool has_metric(const struct profile *p, const struct arguments *a)
{
	if (emit_is_memory(a->emit.metric))
		return metric_option_finds_memory(p);
	if (a->emit.metric != EMIT_METRIC_AWAIT || p->awaits.count)
		return true;
	message_error("", "no task of asyncio was seen to await%s",
		p->selection && selection_is_partial(p->selection)
			? " in what is selected (--time and --region: it has no times)"
			: "");
	return false;
}

/* The page stays in memory; first the port, as it may be taken. */
static bool serve(const struct profile *p, struct arguments *a)
{
	struct serve_page page;
	struct ptf_error err = {0};
	char *data = NULL, address[64];
	int listening = serve_listen(&a->port);
	FILE *memory = listening < 0 ? NULL : open_memstream(&data, &page.size);
	bool done = memory && a->format->write(memory, p, &a->emit, &err) >= 0;

	if (memory && fclose(memory) != 0)
		done = false;
	if (done) {
		page.data = data;
		snprintf(address, sizeof(address), "http://127.0.0.1:%u/", a->port);
		if (a->open)
			browser_show(address);
		else
			printf("%s\n", address);
		fflush(stdout);
		message_note("", "Ctrl-C ends it");
		serve_run(listening, &page);
	} else if (listening >= 0) {
		message_error("", "%s", err.message[0] ? err.message : strerror(ENOMEM));
	}
	free(data);
	return done;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&selection_argp, 0, "What is selected:", 2},
		CLI_ARGP_CHILD,
		{0},
	};
	static const struct argp argp = {options, parse, "FILE...", doc, children, NULL,
		NULL};
	struct arguments a = {.emit = {.min_percent = 1, .charge = CHARGE_USER}};
	struct profile *p = profile_new();
	int status = EXIT_STATUS_FAILED;

	cli_start(argc, argv, &argp, PTF_VERSION_STRING, &a);
	/* The inputs first: a trace that cannot be read writes nothing. */
	if (read_inputs(p, a.paths, a.path_count, &a.emit.selection) &&
		metric_option_finds(&a.metric, p, false) && has_metric(p, &a) &&
		(a.serve ? serve(p, &a) : write_file(p, &a)))
		status = EXIT_STATUS_OK;
	free(a.temporary);
	profile_free(p);
	selection_free(&a.emit.selection);
	return status;
}
