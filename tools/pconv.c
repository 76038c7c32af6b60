/* pconv: turns traces into other formats. */
#include <stdlib.h>
#include <string.h>

#include <ptf/version.h>

#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
#include "tools/emit/emit.h"

enum {
	KEY_LIST = CLI_KEY_FIRST,
	KEY_FILES,
	KEY_THREAD,
	KEY_THREADS,
	KEY_WAIT,
	KEY_CHARGE,
	KEY_MIN_SHARE,
	KEY_ALL_LINES,
	KEY_SORT,
	KEY_CLASSES,
	KEY_WEIGHT,
	KEY_NO_LINES,
};

static const struct argp_option options[] = {
	{"to", 't', "FORMAT", 0,
		"Format: see --list (default: by the name of OUT, else table)", 1},
	{"output", 'o', "OUT", 0, "Write to OUT instead of standard output", 1},
	{"list", KEY_LIST, NULL, 0, "List the formats, and what each cannot carry", 1},

	{NULL, 0, NULL, 0, "What is counted:", 2},
	{"files", KEY_FILES, "GLOB", 0,
		"Only source files that match, by path or its end (repeatable)", 2},
	{"thread", KEY_THREAD, "NAME", 0,
		"Only threads with this name (a pattern) or thread id (repeatable)", 2},
	{"threads", KEY_THREADS, NULL, 0, "Each thread by itself, with its waits", 2},
	{"weight", KEY_WEIGHT, "WHAT", 0,
		"Time with waits (wall; default of table and json) or only on CPU (cpu; "
		"default of folded); for folded also the number of samples (samples)",
		2},
	{"wait", KEY_WAIT, "WHOSE", 0, "Waits of: main threads (main, default) or all",
		2},
	{"charge", KEY_CHARGE, "LINE", 0,
		"Charge time to: the line that ran (self, default), or the innermost "
		"line of"
		" your own code, which called the library (user)",
		2},
	{"min-share", KEY_MIN_SHARE, "PERCENT", 0,
		"Leave out files with a smaller share of the time (default 1)", 2},

	{NULL, 0, NULL, 0, "--to table:", 3},
	{"reduced", 'r', NULL, 0, "Only lines with time", 3},
	{"all-lines", KEY_ALL_LINES, NULL, 0,
		"All lines of every file (default: of long files, the functions with "
		"time)",
		3},
	{"sort", KEY_SORT, "KEY", 0, "Lines by: line (default), time or total", 3},
	{"classes", KEY_CLASSES, NULL, 0,
		"Split system into kernel, ready to run, waiting for the GIL, other "
		"waits",
		3},

	{NULL, 0, NULL, 0, "--to folded:", 4},
	{"no-lines", KEY_NO_LINES, NULL, 0, "Frames are functions, without line numbers",
		4},
	{0},
};

static const char doc[] =
	"Turn profile traces into other formats. Several traces are taken together.\v"
	"Examples:\n"
	"  pconv walk.ptf                       the table of lines\n"
	"  pconv -r --sort time walk.ptf        the busiest lines\n"
	"  pconv --charge user walk.ptf         libraries count for who called them\n"
	"  pconv --weight cpu walk.ptf          shares of the CPU time, without waits\n"
	"  pconv walk.ptf -o walk.json          as Scalene's JSON\n"
	"  pconv walk.ptf --to folded | flamegraph.pl > walk.svg\n\n"
	"Exit status: 0 when all went well, 1 after a failure, 2 after wrong use.";

struct arguments {
	char **paths;
	size_t path_count;
	const char *out;
	const struct emit_format *format;
	struct emit_options emit;
	/* Options that were given and that some formats do not know. */
	unsigned used;
	const char *used_name[32];
};

static void use(struct arguments *a, enum emit_option option, const char *name)
{
	a->used |= option;
	a->used_name[__builtin_ctz(option)] = name;
}

static void list_formats(void)
{
	const struct emit_format *f;

	for (size_t i = 0; (f = emit_format_at(i)) != NULL; i++) {
		printf("%-8s %-8s %s\n", f->name, f->suffix ? f->suffix : "",
			f->description);
		printf("%-8s %-8s cannot carry: %s\n", "", "", f->cannot_carry);
	}
}

static const struct emit_format *named_format(struct argp_state *state, const char *name)
{
	const struct emit_format *format = emit_format_named(name);
	char list[256] = "";

	if (format)
		return format;
	for (size_t i = 0; (format = emit_format_at(i)) != NULL; i++) {
		size_t length = strlen(list);

		snprintf(list + length, sizeof(list) - length, "%s%s", i ? ", " : "",
			format->name);
	}
	argp_error(state, "--to: unknown format '%s'; there are %s", name, list);
	return NULL;
}

static void finish(struct arguments *a, struct argp_state *state)
{
	unsigned unknown;

	if (a->path_count == 0)
		argp_error(state, "no trace given");
	if (!a->format && a->out)
		a->format = emit_format_of_file(a->out);
	if (!a->format && a->out && strcmp(a->out, "-") != 0 && strchr(a->out, '.') &&
		strncmp(a->out, "/dev/", 5) != 0)
		argp_error(state, "no format has files named '%s'; give --to", a->out);
	if (!a->format)
		a->format = emit_format_at(0);
	unknown = a->used & ~a->format->options;
	if (unknown)
		argp_error(state, "%s has no meaning with --to %s",
			a->used_name[__builtin_ctz(unknown)], a->format->name);
	if ((a->used & EMIT_OPTION_WAIT) &&
		emit_weight(a->format, &a->emit) != EMIT_WEIGHT_WALL)
		argp_error(state, "--wait needs --weight wall");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const whose[] = {"main", "all", NULL};
	static const char *const charge[] = {"self", "user", NULL};
	static const char *const sort[] = {"line", "time", "total", NULL};
	static const char *const weight[] = {"cpu", "wall", "samples", NULL};
	struct arguments *a = state->input;

	switch (key) {
	case 't':
		a->format = named_format(state, arg);
		break;
	case 'o':
		a->out = arg;
		break;
	case KEY_LIST:
		list_formats();
		exit(EXIT_STATUS_OK);
	case KEY_FILES:
		use(a, EMIT_OPTION_FILES, "--files");
		vec_push(&a->emit.selection.file_globs, arg);
		break;
	case KEY_THREAD:
		use(a, EMIT_OPTION_THREAD, "--thread");
		vec_push(&a->emit.selection.thread_globs, arg);
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
	case KEY_MIN_SHARE:
		use(a, EMIT_OPTION_MIN_SHARE, "--min-share");
		a->emit.min_share_percent =
			(unsigned)cli_number(state, "--min-share", arg, 100);
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
	case KEY_WEIGHT:
		use(a, EMIT_OPTION_WEIGHT, "--weight");
		a->emit.weight =
			EMIT_WEIGHT_CPU + cli_choice(state, "--weight", arg, weight);
		if (a->emit.weight == EMIT_WEIGHT_SAMPLES)
			use(a, EMIT_OPTION_SAMPLES, "--weight samples");
		break;
	case KEY_NO_LINES:
		use(a, EMIT_OPTION_NO_LINES, "--no-lines");
		a->emit.no_lines = true;
		break;
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

static void on_note(void *context, const char *path, const struct ptf_error *note)
{
	(void)context;
	message_read_note(path, note);
}

static void on_progress(void *context, const char *path, uint64_t done, uint64_t total)
{
	(void)context;
	message_progress(path, done, total);
}

static bool read_inputs(struct profile *p, const struct arguments *a)
{
	const struct profile_hooks hooks = {.note = on_note, .progress = on_progress};

	for (size_t i = 0; i < a->path_count; i++) {
		struct ptf_error err = {0};
		int rc = profile_add_file(p, a->paths[i], &hooks, &err);

		message_progress_end();
		if (rc < 0) {
			message_read_error(a->paths[i], rc, &err);
			return false;
		}
	}
	profile_finish(p);
	return true;
}

/* False after a message: nothing is what was asked for, so it is a mistake. */
static bool finds_selected(const struct profile *p, const struct selection *s)
{
	bool thread = s->thread_globs.count == 0, file = s->file_globs.count == 0;

	for (uint32_t id = 1; id <= p->threads.count && !thread; id++)
		thread = selection_has_thread(s, p, id);
	if (!thread) {
		message_error("",
			"no thread has a name or id that matches --thread %s "
			"(pinfo lists the threads)",
			s->thread_globs.item[0]);
		return false;
	}
	for (uint32_t id = 1; id <= p->functions.items.count && !file; id++) {
		uint32_t name = profile_get_function(p, id).file;

		file = name && selection_has_file(s, profile_string(p, name));
	}
	if (!file)
		message_error("", "no source file matches --files %s",
			s->file_globs.item[0]);
	return file;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {options, parse, "FILE...", doc, cli_children,
		NULL, NULL};
	struct arguments a = {.emit = {.min_share_percent = 1}};
	struct profile *p = profile_new();
	int status = EXIT_STATUS_FAILED;
	struct output out;

	cli_start(argc, argv, &argp, PTF_VERSION_STRING, &a);
	/* The inputs first: a trace that cannot be read writes nothing. */
	if (read_inputs(p, &a) && finds_selected(p, &a.emit.selection) &&
		output_open(&out, a.out)) {
		a.emit.terminal = terminal_of(out.file, cli_color());
		a.format->write(out.file, p, &a.emit);
		if (output_commit(&out)) {
			status = EXIT_STATUS_OK;
			/* A file may travel far from its trace. */
			if (a.out && strcmp(a.out, "-") != 0)
				message_note(a.out, "%s cannot carry: %s", a.format->name,
					a.format->cannot_carry);
		}
	}
	profile_free(p);
	selection_free(&a.emit.selection);
	return status;
}
