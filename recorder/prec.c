/* prec: records a program into a .ptf trace. Options, defaults, what follows. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ptf/export.h>
#include <ptf/version.h>

#include "recorder/ctl.h"
#include "recorder/inherited_signals.h"
#include "recorder/install.h"
#include "recorder/quantity.h"
#include "recorder/say.h"
#include "recorder/output/output_name.h"
#include "recorder/session.h"

#define RATE_DEFAULT_HZ 100
#define RATE_MIN_HZ     1
#define RATE_MAX_HZ     20000

#define MEMORY_INTERVAL_DEFAULT_BYTES (UINT64_C(512) << 10)
#define MEMORY_INTERVAL_MIN_BYTES     (UINT64_C(1) << 10)
#define MEMORY_INTERVAL_MAX_BYTES     (UINT64_C(1) << 40)

#define SUMMARY_FILES_MAX 64

/* Visible, so that libc finds it. */
PTF_API const char *argp_program_version = "prec " PTF_VERSION_STRING;

struct command {
	const char *output; /* -o, NULL = not given */
	struct session_options session;
	struct target_request request;
	bool shows_table, shows_page, is_quiet;
};

enum {
	KEY_PYTHON = 256,
	KEY_CLI,
	KEY_WEB,
	KEY_SOURCE,
	KEY_NO_SOURCE,
	KEY_NO_ARGS,
	KEY_RESOLUTION,
	KEY_MEMORY,
	KEY_MEMORY_INTERVAL,
	KEY_NO_CHILDREN,
	KEY_WAIT_ALL,
	KEY_DELAY,
	KEY_DURATION,
	KEY_MAX_SIZE,
	KEY_ROTATE,
	KEY_KEEP,
	KEY_LAST
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "What is run and recorded:", 1},
	{NULL, 'm', "MODULE", 0,
		"Run a Python module, as python3 -m does; ends the options", 1},
	{NULL, 'c', "CODE", 0, "Run Python code, as python3 -c does; ends the options",
		1},
	{"python", KEY_PYTHON, "PATH", 0,
		"The interpreter to run PROGRAM, MODULE or CODE with (for scripts, "
		"python3 of PATH)",
		1},
	{"no-children", KEY_NO_CHILDREN, NULL, 0,
		"Record PROGRAM alone, not the processes that it starts", 1},
	{"wait-all", KEY_WAIT_ALL, NULL, 0,
		"Go on until the last process that PROGRAM started has ended, also those "
		"in the background",
		1},
	{"no-source", KEY_NO_SOURCE, NULL, 0, "Keep source texts out of the trace", 1},
	{"no-args", KEY_NO_ARGS, NULL, 0, "Keep command lines out of the trace", 1},

	{NULL, 0, NULL, 0, "What is sampled, and how often:", 2},
	{"rate", 'F', "HZ", 0, "Samples per second of CPU time of each thread (100)", 2},
	{"source", KEY_SOURCE, "SOURCE", 0,
		"What ticks: perf, timer, or auto, the best that works (auto)", 2},
	{"time-resolution", KEY_RESOLUTION, "US", 0,
		"Step of the time stamps in microseconds; finer ones cost space (a "
		"sixteenth of the sampling period; with --memory 625 at most)",
		2},
	{"memory", KEY_MEMORY, NULL, 0,
		"Record memory, too: what is allocated, held, freed and copied, and "
		"where",
		2},
	{"memory-interval", KEY_MEMORY_INTERVAL, "SIZE", 0,
		"Bytes allocated between two samples of memory, on average, of copies 8 "
		"times as many (512K); implies --memory",
		2},

	{NULL, 0, NULL, 0, "Where the trace goes, and what is shown:", 3},
	{"output", 'o', "FILE", 0,
		"Write the trace to FILE, - for standard output, and "
		"the program's output to standard error then (default: the program's "
		"name with .ptf, here). %r stands for the rank in a parallel run, %p for "
		"prec's process id, %h for the host, %% for %",
		3},
	{"cli", KEY_CLI, NULL, 0, "Print the line table when the program has ended", 3},
	{"web", KEY_WEB, NULL, 0,
		"Open the trace as a page in a browser when the program has ended, or "
		"print where the page is when there is no display",
		3},
	{"quiet", 'q', NULL, 0, "No summary, no notes", 3},

	{NULL, 0, NULL, 0, "Of long runs and services:", 4},
	{"delay", KEY_DELAY, "TIME", 0,
		"Record only from then on (seconds, or with ms, s, m, h); or from prec "
		"ctl start on",
		4},
	{"duration", KEY_DURATION, "TIME", 0,
		"Record for so long; the program goes on without", 4},
	{"max-size", KEY_MAX_SIZE, "SIZE", 0,
		"Record until the trace has so many bytes (or with K, M, G); with "
		"--last: keep no more than that in memory",
		4},
	{"rotate", KEY_ROTATE, "SIZE|TIME", 0,
		"Go on in another file when one has that size (100M) or has lasted that "
		"time (10m), or, given twice, either: x.0001.ptf, x.0002.ptf, ...; in "
		"the name given with -o, %n stands for the number",
		4},
	{"keep", KEY_KEEP, "N", 0, "With --rotate: keep only the newest N files", 4},
	{"last", KEY_LAST, "TIME", 0,
		"Keep the last TIME (60s) in memory only, and write it at the end, "
		"however the program ends, and whenever prec ctl dump asks for it",
		4},
	{0},
};

static const char usage[] = "PROGRAM [ARG...]\n-m MODULE [ARG...]\n-c CODE [ARG...]";
static const char doc[] =
	"Records a Python or native program, and all that it starts, into a profile "
	"trace.\v"
	"Examples:\n"
	"  prec walk.py 1000             records into walk.ptf\n"
	"  prec --cli walk.py            ... and prints the line table\n"
	"  prec --web walk.py            ... and opens the page in a browser\n"
	"  prec -F 1000 -o x.ptf -- make test\n"
	"  prec --memory --cli walk.py   where memory goes as well as time\n"
	"  prec -m pytest -q -n 8        all processes are in one trace\n"
	"  prec --delay 10m --duration 30s server.py\n"
	"  prec --rotate 10m --keep 144 server.py\n"
	"                                a day, in files of ten minutes\n"
	"  prec --last 60s server.py     the minute before a crash, or prec ctl dump\n"
	"  prec ctl --help               stops, marks, dumps, ends a recording that "
	"runs\n"
	"\n"
	"Time that tasks of asyncio await is recorded by line, apart from the time of\n"
	"threads (CPython 3.8 to 3.14; pconv shows it as await).\n"
	"\n"
	"The program's output, exit status and signals are as without prec. Then: "
	"pinfo walk.ptf, pconv walk.ptf --to table.\n"
	"\n"
	"Exit status: that of the program, 128 + N when signal N killed it; 1 when it "
	"could not be recorded, 2 after wrong use, 126 or 127 when it could not be "
	"started.";

static double parse_rate(struct argp_state *state, const char *text)
{
	char *end;
	double rate_hz = strtod(text, &end);

	if (end == text || *end || !(rate_hz >= RATE_MIN_HZ && rate_hz <= RATE_MAX_HZ))
		argp_error(state, "rate '%s' is not a number from %d to %d", text,
			RATE_MIN_HZ, RATE_MAX_HZ);
	return rate_hz;
}

static uint64_t parse_resolution(struct argp_state *state, const char *text)
{
	char *end;
	double resolution_us = strtod(text, &end);

	if (end == text || *end || !(resolution_us >= 0.001 && resolution_us <= 1e6))
		argp_error(state, "resolution '%s' is no number of microseconds", text);
	return (uint64_t)(resolution_us * 1000 + 0.5);
}

static uint64_t parse_memory_interval(struct argp_state *state, const char *text)
{
	uint64_t interval_bytes;

	if (!quantity_bytes(text, &interval_bytes) ||
		interval_bytes < MEMORY_INTERVAL_MIN_BYTES ||
		interval_bytes > MEMORY_INTERVAL_MAX_BYTES)
		argp_error(state, "memory interval '%s' is no size from 1K to 1T", text);
	return interval_bytes;
}

static enum prec_source parse_source(struct argp_state *state, const char *text)
{
	if (!strcmp(text, "perf"))
		return PREC_SOURCE_PERF;
	if (!strcmp(text, "timer"))
		return PREC_SOURCE_TIMER;
	if (strcmp(text, "auto") != 0)
		argp_error(state, "source '%s' is none of auto, perf, timer", text);
	return 0;
}

/* A number without a unit could be either. */
static void parse_rotation(struct argp_state *state, const char *text,
	struct rotation_options *rotation)
{
	bool has_unit = *text && !strchr("0123456789.", text[strlen(text) - 1]);

	if (!has_unit ||
		(!quantity_time_ns(text, &rotation->time_ns) &&
			!quantity_bytes(text, &rotation->size_bytes)))
		argp_error(state, "'%s' is neither a size (K, M, G) nor a time (s, m, h)",
			text);
}

static uint32_t parse_count(struct argp_state *state, const char *text)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || count < 1 || count > UINT32_MAX)
		argp_error(state, "'%s' is no number of files", text);
	return (uint32_t)count;
}

/* What cannot be together. */
static void check_output(struct argp_state *state, struct command *command)
{
	struct trace_output_options *output = &command->session.output;
	struct control_options *control = &command->session.control;
	bool rotates = output->rotation.size_bytes || output->rotation.time_ns;
	bool is_flight = output->flight.window_ns != 0;

	if (rotates && is_flight)
		argp_error(state, "--rotate keeps all, --last only the end: one of them");
	if (output->rotation.keep_count && !rotates)
		argp_error(state, "--keep is for --rotate");
	if ((rotates || is_flight) && command->output && !strcmp(command->output, "-"))
		argp_error(state, "%s needs files, not standard output",
			rotates ? "--rotate" : "--last");
	/* The trace has no size to stop at, but its memory has a limit. */
	if (is_flight) {
		output->flight.max_bytes = control->max_size_bytes;
		control->max_size_bytes = 0;
	}
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct command *command = state->input;

	switch (key) {
	case 'o':
		command->output = text;
		break;
	case 'F':
		command->session.rate_hz = parse_rate(state, text);
		break;
	case 'm':
	case 'c':
		/* Everything behind it is the module's or the code's. */
		*(key == 'm' ? &command->request.module : &command->request.code) = text;
		command->request.words = state->argv + state->next;
		state->next = state->argc;
		break;
	case ARGP_KEY_ARG:
		command->request.words = state->argv + state->next - 1;
		state->next = state->argc;
		break;
	case ARGP_KEY_NO_ARGS:
		if (!command->request.words)
			argp_error(state, "no program to record");
		break;
	case KEY_PYTHON:
		command->request.python = text;
		break;
	case KEY_CLI:
		command->shows_table = true;
		break;
	case KEY_WEB:
		command->shows_page = true;
		break;
	case 'q':
		command->is_quiet = true;
		break;
	case KEY_RESOLUTION:
		command->session.time_resolution_ns = parse_resolution(state, text);
		break;
	case KEY_MEMORY:
		if (!command->session.memory_interval_bytes)
			command->session.memory_interval_bytes =
				MEMORY_INTERVAL_DEFAULT_BYTES;
		break;
	case KEY_MEMORY_INTERVAL:
		command->session.memory_interval_bytes =
			parse_memory_interval(state, text);
		break;
	case KEY_SOURCE:
		command->session.source = parse_source(state, text);
		break;
	case KEY_NO_CHILDREN:
		command->session.follows_children = false;
		break;
	case KEY_WAIT_ALL:
		command->session.waits_for_all = true;
		break;
	case KEY_DELAY:
		if (!quantity_time_ns(text, &command->session.control.delay_ns))
			argp_error(state, "delay '%s' is no time", text);
		break;
	case KEY_DURATION:
		if (!quantity_time_ns(text, &command->session.control.duration_ns))
			argp_error(state, "duration '%s' is no time", text);
		break;
	case KEY_MAX_SIZE:
		if (!quantity_bytes(text, &command->session.control.max_size_bytes))
			argp_error(state, "size '%s' is no number of bytes", text);
		break;
	case KEY_ROTATE:
		parse_rotation(state, text, &command->session.output.rotation);
		break;
	case KEY_KEEP:
		command->session.output.rotation.keep_count = parse_count(state, text);
		break;
	case KEY_LAST:
		if (!quantity_time_ns(text, &command->session.output.flight.window_ns))
			argp_error(state, "'%s' is no time", text);
		break;
	case ARGP_KEY_END:
		check_output(state, command);
		break;
	case KEY_NO_SOURCE:
		command->session.keep_sources = false;
		break;
	case KEY_NO_ARGS:
		command->session.keep_arguments = false;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* walk.py and python3 walk.py -> walk.ptf, /usr/bin/make -> make.ptf, json.tool ->
   json.tool.ptf; of a parallel run walk.0.ptf, walk.1.ptf, ... */
static const char *default_output(const struct target *target)
{
	static char name[NAME_MAX + 1];
	const char *rank = parallel_rank();
	const char *slash = strrchr(target->subject, '/');
	const char *base = slash && !target->is_module ? slash + 1 : target->subject;
	const char *dot = strrchr(base, '.');
	size_t length = strlen(base);

	if (!target->is_module && dot && dot != base)
		length = (size_t)(dot - base);
	snprintf(name, sizeof name, "%.*s%s%s.ptf", (int)(length < 200 ? length : 200),
		base, rank ? "." : "", rank ? rank : "");
	return name;
}

/* Runs a tool that is installed beside prec; its output goes to fd. */
static void run_tool(const char *relative, int fd, char *const arguments[])
{
	char path[PATH_MAX];
	int status;

	if (install_find(path, sizeof path, relative) < 0) {
		note("%s is missing", path);
		return;
	}
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		inherited_signals_restore();
		dup2(fd, STDOUT_FILENO);
		execv(path, arguments);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* A tool on all traces of the recording: first and second before them. */
static void run_on(char *const files[], int fd, const char *relative, const char *option,
	const char *value)
{
	static char end_of_options[] = "--";
	const char *slash = strrchr(relative, '/');
	size_t count = 0, n = 0;
	char **arguments;

	while (files[count])
		count++;
	if (!(arguments = calloc(count + 5, sizeof *arguments)))
		return;
	arguments[n++] = (char *)(uintptr_t)(slash + 1);
	arguments[n++] = (char *)(uintptr_t)option;
	if (value)
		arguments[n++] = (char *)(uintptr_t)value;
	arguments[n++] = end_of_options;
	memcpy(arguments + n, files, count * sizeof *files);
	run_tool(relative, fd, arguments);
	free(arguments);
}

static void show(const struct command *command, char *const files[])
{
	struct stat status;
	size_t count = 0;

	while (files[count])
		count++;
	/* What went to standard output, a pipe or /dev/null cannot be read again. */
	if (!count || !strcmp(files[0], "-") ||
		(stat(files[0], &status) == 0 && !S_ISREG(status.st_mode)))
		return;
	if (count > 1)
		note("%zu traces, %s to %s", count, files[0], files[count - 1]);
	if (command->shows_table)
		run_on(files, STDOUT_FILENO, "bin/pconv", "--to", "table");
	/* Days of a service are not read again just to say goodbye. */
	if (!command->is_quiet && count <= SUMMARY_FILES_MAX)
		run_on(files, STDERR_FILENO, "bin/pinfo", "--summary", NULL);
	/* The program's own output stays what it was: where the page is goes beside. */
	if (command->shows_page)
		run_on(files, STDERR_FILENO, "bin/pconv", "--open", NULL);
}

/* The descriptors 0 to 2 may be closed: nothing of ours may become them. */
static void fill_standard_descriptors(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (fd > 2)
		close(fd);
}

/* --help on a full disk is a failure. Of a recorded program nothing is held. */
static void close_stdout(void)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		complain("standard output: %s", strerror(errno));
		_exit(1);
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {options, parse, usage, doc, NULL, NULL, NULL};
	struct command command = {.session = {.rate_hz = RATE_DEFAULT_HZ,
					  .keep_sources = true,
					  .keep_arguments = true,
					  .follows_children = true}};
	struct target target;
	char **files = NULL;

	fill_standard_descriptors();
	atexit(close_stdout);
	argp_err_exit_status = 2;
	if (argc > 0)
		argv[0] = program_invocation_short_name;
	if (argc > 1 && !strcmp(argv[1], "ctl"))
		return ctl_main(argc - 1, argv + 1);
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &command);
	if (command.is_quiet)
		say_set_quiet();
	if (command.output &&
		trace_output_name(&command.session.output, command.output, true) < 0)
		return argp_err_exit_status;
	int exit_code = target_resolve(&target, &command.request);
	if (exit_code == 0 && !command.output &&
		trace_output_name(&command.session.output, default_output(&target),
			false) < 0)
		exit_code = 1;
	if (exit_code == 0) {
		exit_code = session_run(&target, &command.session, &files);
		if (files)
			show(&command, files);
	}
	target_finish(&target);
	trace_output_forget_name(&command.session.output);
	for (size_t i = 0; files && files[i]; i++)
		free(files[i]);
	free(files);
	/* A shell must see that Ctrl-C ended it, to stop its loop. */
	if (exit_code == 128 + SIGINT) {
		signal(SIGINT, SIG_DFL);
		inherited_signals_restore();
		raise(SIGINT);
	}
	return exit_code;
}
