/* pplot: pictures of traces, by gnuplot. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ptf/version.h>

#include "tools/cli/message.h"
#include "tools/cli/options.h"
#include "tools/cli/output.h"
#include "tools/emit/read_inputs.h"
#include "tools/emit/registry.h"
#include "tools/emit/selection_options.h"
#include "tools/plot/gnuplot.h"
#include "tools/plot/plot.h"
#include "tools/plot/script.h"
#include "tools/plot/sixel.h"

enum {
	KEY_LIST = CLI_KEY_FIRST,
	KEY_SCRIPT,
	KEY_SIZE,
	KEY_TOP,
	KEY_DARK,
	KEY_THREADS,
	KEY_PROCESSES,
	KEY_METRIC,
	KEY_BY,
};

static const struct argp_option options[] = {
	{"kind", 'k', "KIND", 0, "What to draw: see --list (default: timeline)", 1},
	{"list", KEY_LIST, NULL, 0, "List the kinds of pictures", 1},
	{"output", 'o', "OUT", 0,
		"Write to OUT: .png, .svg or .pdf (default: draw on the terminal, or as "
		"characters)",
		1},
	{"to", 't', "FORMAT", 0,
		"png, svg, pdf, sixel or text (default: by the name of OUT; on terminals "
		"what they can)",
		1},
	{"size", KEY_SIZE, "WxH", 0,
		"Pixels of the picture (default 1200x675), or characters of text", 1},
	{"script", KEY_SCRIPT, NULL, 0,
		"Write the gnuplot script with its data instead of the picture", 1},

	{NULL, 0, NULL, 0, "How it is drawn:", 3},
	{"top", KEY_TOP, "N", 0,
		"At most N bars (20), lanes (24), panels (8) or lines of memory (6)", 3},
	{"dark", KEY_DARK, NULL, 0, "For a dark page", 3},
	{"threads", KEY_THREADS, NULL, 0,
		"timeline: a panel for each thread; flame: each by itself", 3},
	{"processes", KEY_PROCESSES, NULL, 0, "timeline: a panel for each process", 3},
	{"by", KEY_BY, "WHAT", 0, "diff: by line (default) or function", 3},
	{"metric", KEY_METRIC, "WHAT", 0,
		"Time with waits of main threads (wall; default of bars), only on CPU "
		"(cpu; default of timeline and flame), of some classes in all threads "
		"(gil; python,native); lines, functions, flame, diff: memory allocated "
		"(alloc), "
		"held at the end (live), held when the process held most (peak), or "
		"copied (copy); timeline: only these counters (rss)",
		3},
	{0},
};

static const char doc[] =
	"Draw pictures of profile traces with gnuplot. Several traces, and the runs of "
	"merged ones (pmerge --as-runs), are several runs where the kind tells them "
	"apart, else they are taken together.\v"
	"Examples:\n"
	"  pplot walk.ptf                       on the terminal\n"
	"  pplot walk.ptf -o walk.png           the CPU time by class over time\n"
	"  pplot -k lines run*.ptf -o top.svg   the busiest lines, mean of the runs\n"
	"  pplot -k threads --time 2s..5s walk.ptf -o threads.pdf\n"
	"  pplot -k diff old.ptf new.ptf -o diff.png\n"
	"  pplot -k memory walk.ptf -o mem.png  what each line holds over time\n"
	"  pplot -k lines --metric peak walk.ptf\n"
	"                                       who held most at the peak\n"
	"  pplot walk.ptf --script -o walk.gp   a script to change, and to run by\n"
	"                                       gnuplot walk.gp\n\n"
	"Exit status: 0 when all went well, 1 after a failure, 2 after wrong use.";

enum picture {
	PICTURE_NONE,
	PICTURE_PNG,
	PICTURE_SVG,
	PICTURE_PDF,
	PICTURE_SIXEL,
	PICTURE_TEXT,
};

static const char *const picture_names[] = {"png", "svg", "pdf", "sixel", "text", NULL};

struct arguments {
	char **paths;
	size_t path_count;
	size_t base_count; /* of a comparison: so many paths are the base */
	const char *out;
	const struct plot_kind *kind;
	struct selection selection;
	struct plot_request request;
	/* Options that were given and that some kinds do not know. */
	unsigned used;
	const char *used_name[32];
	enum picture picture;
	bool has_blocks; /* characters that are quarters of a cell can be drawn */
	bool script;
};

static void use(struct arguments *a, enum plot_option option, const char *name)
{
	a->used |= option;
	a->used_name[__builtin_ctz(option)] = name;
}

static void list_kinds(void)
{
	const struct plot_kind *kind;

	for (size_t i = 0; (kind = plot_kind_at(i)) != NULL; i++)
		printf("%-10s %s\n", kind->name, kind->description);
}

static const char *name_at(size_t index)
{
	const struct plot_kind *kind = plot_kind_at(index);

	return kind ? kind->name : NULL;
}

static void read_size(struct argp_state *state, struct plot_request *request,
	const char *text)
{
	char rest;

	if (sscanf(text, "%ux%u%c", &request->width, &request->height, &rest) != 2 ||
		request->width < 20 || request->height < 10 || request->width > 20000 ||
		request->height > 20000)
		argp_error(state, "--size: '%s' is not WIDTHxHEIGHT, such as 800x500",
			text);
}

static enum picture picture_of_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	for (unsigned i = 0; dot && i < PICTURE_PDF; i++)
		if (!strcmp(dot + 1, picture_names[i]))
			return PICTURE_PNG + i;
	return PICTURE_NONE;
}

/* What the terminal in front can show. */
static void size_of_terminal(unsigned *columns, unsigned *rows)
{
	struct winsize size = {0};

	*columns = 80;
	*rows = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
		*columns = size.ws_col;
		*rows = size.ws_row;
	}
}

static void choose_size(struct plot_request *request, enum picture picture)
{
	unsigned columns, rows;

	request->characters = picture == PICTURE_TEXT;
	if (request->width)
		return;
	size_of_terminal(&columns, &rows);
	switch (picture) {
	case PICTURE_TEXT:
		request->width = columns;
		request->height = rows > 11 ? rows - 1 : 10; /* the prompt's line */
		break;
	case PICTURE_SIXEL:
		request->width = 960;
		request->height = 540;
		break;
	default:
		request->width = 1200;
		request->height = 675;
		break;
	}
}

/* BASE NEW, or BASE... -- NEW... */
static void split_sides(struct arguments *a, struct argp_state *state)
{
	size_t at = 0;

	while (at < a->path_count && !cli_is_separator(a->paths[at]))
		at++;
	if (at < a->path_count) {
		memmove(a->paths + at, a->paths + at + 1,
			(a->path_count - at - 1) * sizeof(*a->paths));
		a->path_count--;
	} else if (a->path_count == 2) {
		at = 1;
	}
	if (at == 0 || at >= a->path_count)
		argp_error(state, "--kind %s compares BASE NEW, or BASE... -- NEW...",
			a->kind->name);
	a->base_count = at;
}

static void finish(struct arguments *a, struct argp_state *state)
{
	bool to_terminal = !a->out && isatty(STDOUT_FILENO);
	unsigned unknown;

	if (a->path_count == 0)
		argp_error(state, "no trace given");
	if (!a->kind)
		a->kind = plot_kind_at(0);
	if (a->kind->is_comparison)
		split_sides(a, state);
	if (!a->picture && a->out)
		a->picture = picture_of_name(a->out);
	if (a->kind->emits && !a->picture)
		a->picture = PICTURE_SVG;
	if (a->kind->emits && (a->picture != PICTURE_SVG || a->script))
		argp_error(state, "--kind %s is SVG and nothing else", a->kind->name);
	if (!a->picture && a->script)
		a->picture = PICTURE_PNG;
	if (!a->picture && a->out)
		argp_error(state, "'%s' is no name of a .png, .svg or .pdf; give --to",
			a->out);
	if (!a->picture)
		a->picture =
			to_terminal && sixel_is_known() ? PICTURE_SIXEL : PICTURE_TEXT;
	if (to_terminal && !a->script && a->picture < PICTURE_SIXEL)
		argp_error(state, "a picture is not written to a terminal; give -o OUT");
	unknown = a->used & ~a->kind->options;
	if (unknown)
		argp_error(state, "%s has no meaning with --kind %s",
			a->used_name[__builtin_ctz(unknown)], a->kind->name);
	if (a->request.is_memory && a->request.by_thread)
		argp_error(state,
			"--threads has no meaning with memory, which threads "
			"hold in common");
	a->request.is_memory |= a->kind->is_of_memory;
	if (!a->request.top)
		a->request.top = a->kind->top;
	choose_size(&a->request, a->picture);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	enum { METRIC_WALL, METRIC_CPU, METRIC_MEMORY /* and those that follow */ };
	static const char *const metric[] = {"wall", "cpu", "alloc", "live", "peak",
		"copy", NULL};
	static const char *const by[] = {"line", "function", NULL};
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->selection;
		break;
	case 'k':
		a->kind = plot_kind_named(arg);
		if (!a->kind)
			cli_unknown_name(state, "--kind", arg, name_at);
		break;
	case KEY_LIST:
		list_kinds();
		exit(EXIT_STATUS_OK);
	case 'o':
		a->out = arg;
		break;
	case 't':
		a->picture = PICTURE_PNG + cli_choice(state, "--to", arg, picture_names);
		break;
	case KEY_SIZE:
		use(a, PLOT_OPTION_SIZE, "--size");
		read_size(state, &a->request, arg);
		break;
	case KEY_SCRIPT:
		a->script = true;
		break;
	case KEY_TOP:
		use(a, PLOT_OPTION_TOP, "--top");
		a->request.top = (unsigned)cli_number(state, "--top", arg, 1000);
		break;
	case KEY_DARK:
		use(a, PLOT_OPTION_DARK, "--dark");
		a->request.dark = true;
		break;
	case KEY_THREADS:
		use(a, PLOT_OPTION_THREADS, "--threads");
		a->request.by_thread = true;
		break;
	case KEY_PROCESSES:
		use(a, PLOT_OPTION_PROCESSES, "--processes");
		a->request.by_process = true;
		break;
	case KEY_BY:
		use(a, PLOT_OPTION_BY, "--by");
		a->request.by_function = cli_choice(state, "--by", arg, by) == 1;
		break;
	case KEY_METRIC:
		use(a, PLOT_OPTION_METRIC, "--metric");
		metric_option_read(&a->request.metric, arg, metric, &a->selection);
		a->request.cpu_only = a->request.metric.word == METRIC_CPU;
		a->request.is_memory = a->request.metric.word >= METRIC_MEMORY;
		if (a->request.is_memory) {
			use(a, PLOT_OPTION_MEMORY, "memory as --metric");
			a->request.measure = (enum heap_measure)(
				a->request.metric.word - METRIC_MEMORY);
		}
		a->request.wait_all = a->request.metric.has_waits;
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

/* ------------------------------------------------------------- reading */

static bool read_base(struct arguments *a)
{
	if (!a->base_count)
		return true;
	a->request.base = profile_new();
	return read_inputs(a->request.base, a->paths, a->base_count, &a->selection);
}

static bool read_all(struct arguments *a)
{
	if (!read_inputs(a->request.all, a->paths + a->base_count,
		    a->path_count - a->base_count, &a->selection) ||
		!metric_option_finds(&a->request.metric, a->request.all,
			a->kind->draws_counters))
		return false;
	if (a->request.is_memory &&
		(!metric_option_finds_memory(a->request.all) ||
			(a->request.base &&
				!metric_option_finds_memory(a->request.base))))
		return false;
	if (!a->kind->tells_runs_apart)
		return true;
	runs_find(&a->request.runs, a->request.all);
	if (a->request.runs.double_count)
		message_note("", "%zu recording%s came more than once, taken once",
			a->request.runs.double_count,
			a->request.runs.double_count == 1 ? "" : "s");
	return true;
}

/* ------------------------------------------------------------- drawing */

#define VERSION_OF_BLOCKS 600

static void put_terminal(FILE *script, const struct arguments *a)
{
	static const char *const names[] = {
		[PICTURE_PNG] = "pngcairo font 'Sans,10'",
		[PICTURE_SVG] = "svg dynamic font 'sans-serif,12'",
		[PICTURE_PDF] = "pdfcairo font 'Sans,9'",
		[PICTURE_SIXEL] = "sixelgd truecolor font 'Sans,10'",
		[PICTURE_TEXT] = "dumb",
	};
	const struct plot_request *r = &a->request;

	fprintf(script, "set terminal %s noenhanced",
		a->has_blocks ? "block quadrants" : names[a->picture]);
	if (a->picture == PICTURE_PDF) /* 96 pixels are an inch, as in SVG */
		fprintf(script, " size %.3fin,%.3fin", r->width / 96.0, r->height / 96.0);
	else
		fprintf(script, " size %u,%u", r->width, r->height);
	if (a->picture != PICTURE_TEXT)
		fprintf(script, " background rgb '%s'", script_page(r));
	else if (terminal_of(stdout, cli_color()).color && !a->out)
		fprintf(script, " ansi256");
	fputc('\n', script);
}

/* The file that a script draws into: walk.ptf -> walk.png. */
static void put_script_output(FILE *script, const struct arguments *a)
{
	const char *slash = strrchr(a->paths[0], '/');
	const char *base = slash ? slash + 1 : a->paths[0];
	const char *dot = strrchr(base, '.');
	int length = dot && dot != base ? (int)(dot - base) : (int)strlen(base);

	if (a->picture >= PICTURE_SIXEL)
		return;
	fprintf(script, "set output ");
	script_format(script, 0, "%.*s-%s.%s", length, base, a->kind->name,
		picture_names[a->picture - PICTURE_PNG]);
	fputc('\n', script);
}

static bool write_script(FILE *script, const struct arguments *a)
{
	struct ptf_error err = {0};

	if (a->script)
		fprintf(script, "# pplot " PTF_VERSION_STRING ", kind %s\n",
			a->kind->name);
	put_terminal(script, a);
	if (a->script)
		put_script_output(script, a);
	script_begin(script, &a->request);
	if (a->kind->write(script, &a->request, &err) >= 0)
		return true;
	message_error("", "%s", err.message);
	return false;
}

static bool draw(FILE *out, const struct arguments *a)
{
	char *text = NULL;
	size_t size;
	FILE *script = open_memstream(&text, &size);
	bool done;

	if (!script)
		return false;
	done = write_script(script, a);
	fclose(script);
	if (done)
		done = gnuplot_run(text, size, out);
	free(text);
	return done;
}

/* By a format of pconv. */
static bool emit(FILE *out, const struct arguments *a)
{
	const struct emit_options chosen = {
		.selection = a->selection,
		.threads = a->request.by_thread,
		.wait_all = a->request.wait_all,
		.metric = a->request.is_memory
			? EMIT_METRIC_MEMORY + (unsigned)a->request.measure
			: a->request.cpu_only     ? EMIT_METRIC_CPU
			: a->request.metric.words ? EMIT_METRIC_WALL
						  : EMIT_METRIC_DEFAULT,
	};
	struct ptf_error err = {0};

	if (a->kind->emits->write(out, a->request.all, &chosen, &err) >= 0)
		return true;
	message_error("", "%s", err.message);
	return false;
}

static bool write_file(FILE *out, const struct arguments *a)
{
	if (a->kind->emits)
		return emit(out, a);
	return a->script ? write_script(out, a) : draw(out, a);
}

/* A script is for whichever gnuplot there will be. */
static bool find_gnuplot(struct arguments *a)
{
	unsigned version;
	struct terminal terminal = terminal_of(stdout, cli_color());

	if (a->script || a->kind->emits)
		return true;
	version = gnuplot_version();
	/* Without colours its areas are all the same, and dumb's are not. */
	a->has_blocks = a->picture == PICTURE_TEXT && !a->out && terminal.unicode &&
		terminal.color && version >= VERSION_OF_BLOCKS &&
		gnuplot_has_terminal("block");
	return version != 0;
}

static bool write_picture(struct arguments *a)
{
	struct output out;

	if (!find_gnuplot(a))
		return false;
	if (!output_open(&out, a->out))
		return false;
	if (write_file(out.file, a))
		return output_commit(&out);
	output_abandon(&out);
	return false;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{&selection_argp, 0, "What is selected:", 2},
		CLI_ARGP_CHILD,
		{0},
	};
	static const struct argp argp = {options, parse,
		"FILE...\nBASE NEW\nBASE... -- NEW...", doc, children, NULL, NULL};
	struct arguments a = {0};
	bool done;

	cli_keep_separator(argc, argv);
	cli_start(argc, argv, &argp, PTF_VERSION_STRING, &a);
	a.request.all = profile_new();
	done = read_base(&a) && read_all(&a) && write_picture(&a);
	runs_free(&a.request.runs);
	profile_free(a.request.base);
	profile_free(a.request.all);
	selection_free(&a.selection);
	return done ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
}
