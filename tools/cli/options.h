/*
 * What is the same in the command lines of all tools: --help and its layout,
 * --version, --color, --quiet, exit status 2 for wrong use.
 *
 *     static const struct argp_option options[] = {...};
 *     static const struct argp argp = {options, parse, "FILE...", doc,
 *             cli_children, NULL, NULL};
 *     cli_start(argc, argv, &argp, &my_options);
 */
#ifndef TOOLS_CLI_OPTIONS_H
#define TOOLS_CLI_OPTIONS_H

#include <argp.h>

#include "tools/cli/terminal.h"

enum exit_status {
	EXIT_STATUS_OK = 0,
	EXIT_STATUS_FAILED = 1,
	EXIT_STATUS_USAGE = 2,
};

/*
 * For struct argp: the shared options, below the tool's own. A tool with more
 * children lists &cli_argp among them, as options.c does.
 */
extern const struct argp_child cli_children[];
extern const struct argp cli_argp;
#define CLI_ARGP_CHILD                                                                   \
	{                                                                                \
		&cli_argp, 0, "Common options:", -2                                      \
	}

/* Keys of options without a short form begin here in every tool. */
#define CLI_KEY_FIRST 0x1000

/*
 * Sets the locale, parses, and exits by itself after --help, --version and
 * wrong use. input is what the tool's own parser finds in state->input.
 */
void cli_start(int argc, char **argv, const struct argp *argp, const char *version,
	void *input);

enum color_mode cli_color(void);

/*
 * A "--" that separates two sides of operands. For getopt it would end the
 * options, but they may well stand behind the second side: before cli_start it
 * gets another operand in its place, which cli_is_separator knows.
 */
void cli_keep_separator(int argc, char **argv);
bool cli_is_separator(const char *operand);

/* A whole number in a range, or exit status 2 with a message. */
unsigned long cli_number(struct argp_state *state, const char *option, const char *arg,
	unsigned long max);

/*
 * Exit status 2 with a message that lists the names there are: name_at gives them
 * by number, NULL past the last.
 */
void cli_unknown_name(struct argp_state *state, const char *option, const char *arg,
	const char *(*name_at)(size_t index));

/*
 * The index of arg among names (ending with NULL), or exit status 2 with a
 * message that lists them.
 */
unsigned cli_choice(struct argp_state *state, const char *option, const char *arg,
	const char *const *names);

#endif
