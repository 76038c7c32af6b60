#include "tools/cli/options.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/cli/message.h"
#include "tools/cli/output.h"

enum {
	KEY_COLOR = 0x7000,
};

/* More than any help text. */
#define STDOUT_BYTES 65536

static enum color_mode color = COLOR_AUTO;

static const struct argp_option shared_options[] = {
	{"color", KEY_COLOR, "WHEN", 0, "Colour: auto (default), always or never", 0},
	{"quiet", 'q', NULL, 0, "No notes and no progress on standard error", 0},
	{0},
};

static error_t parse_shared(int key, char *arg, struct argp_state *state)
{
	static const char *const when[] = {"auto", "always", "never", NULL};

	switch (key) {
	case KEY_COLOR:
		color = cli_choice(state, "--color", arg, when);
		return 0;
	case 'q':
		message_set_quiet(true);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_argp = {shared_options, parse_shared, NULL, NULL, NULL, NULL, NULL};

const struct argp_child cli_children[] = {
	CLI_ARGP_CHILD,
	{0},
};

void cli_start(int argc, char **argv, const struct argp *argp, const char *version,
	void *input)
{
	static char line[64], buffer[STDOUT_BYTES];

	atexit(output_close_stdout);
	/*
	 * A help text is written in one piece at the end, where the reason of a
	 * failure is still known; argp does not look.
	 */
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	/* getopt names the program by the path it was called by. */
	if (argc > 0)
		argv[0] = program_invocation_short_name;
	/* Not LC_NUMERIC: what is written is read by programs too. */
	setlocale(LC_CTYPE, "");
	snprintf(line, sizeof(line), "%s %s", program_invocation_short_name, version);
	argp_program_version = line;
	argp_err_exit_status = EXIT_STATUS_USAGE;
	argp_parse(argp, argc, argv, 0, NULL, input);
}

static char separator[] = "(--)";

void cli_keep_separator(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--")) {
			argv[i] = separator;
			break;
		}
}

bool cli_is_separator(const char *operand)
{
	return operand == separator;
}

enum color_mode cli_color(void)
{
	return color;
}

unsigned long cli_number(struct argp_state *state, const char *option, const char *arg,
	unsigned long max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(arg, &end, 10);
	if (errno || *arg < '0' || *arg > '9' || *end || value > max)
		argp_error(state, "%s: '%s' is not a number from 0 to %lu", option, arg,
			max);
	return value;
}

/* The choices that name_of_choice tells of. */
static const char *const *choices;

static const char *name_of_choice(size_t index)
{
	return choices[index];
}

void cli_unknown_name(struct argp_state *state, const char *option, const char *arg,
	const char *(*name_at)(size_t index))
{
	char list[512] = "";
	const char *name;

	for (size_t i = 0; (name = name_at(i)) != NULL; i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "", name);
	}
	argp_error(state, "%s: '%s' is none of %s", option, arg, list);
}

unsigned cli_choice(struct argp_state *state, const char *option, const char *arg,
	const char *const *names)
{
	unsigned i = 0;

	while (names[i] && strcmp(names[i], arg) != 0)
		i++;
	if (!names[i]) {
		choices = names;
		cli_unknown_name(state, option, arg, name_of_choice);
	}
	return i;
}
