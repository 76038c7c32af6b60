#include "recorder/ctl.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "recorder/control.h"
#include "recorder/say.h"

#define RECORDERS_MAX 256
#define ANSWER_BYTES  16384

struct command;

/* One that is stopped would be waited for without end; one that answers may have
   much to do then. */
#define STATUS_SECONDS 2
#define DOING_SECONDS  120

struct request {
	const struct command *command;
	int pid; /* of a prec or of its program; 0 = the only one there is */
	char question[CONTROL_QUESTION_MAX];
};

static const struct argp_option options[] = {
	{"pid", 'p', "PID", 0,
		"The recording of this prec or of this program (default: the only one)",
		0},
	{0},
};

static const char doc[] =
	"Controls a recording that runs.\v"
	"  prec ctl status            which recordings run, and how far they are\n"
	"  prec ctl stop              nothing is recorded any more, until\n"
	"  prec ctl start             it goes on\n"
	"  prec ctl mark NAME         an instant of this name, now\n"
	"  prec ctl rotate            with --rotate: goes on in the next file\n"
	"  prec ctl dump [FILE]       with --last: writes what is kept, to FILE or to a\n"
	"                             numbered one beside the trace\n"
	"  prec ctl finish            completes the trace; the program goes on without\n"
	"\n"
	"A program that shall begin unrecorded: prec --delay 1e9 ..., then start.";

/* What can be asked, with how many words behind it. */
static const struct command {
	const char *name;
	unsigned words_min, words_max;
} commands[] = {
	{"status", 0, 0},
	{"start", 0, 0},
	{"stop", 0, 0},
	{"mark", 1, UINT_MAX},
	{"rotate", 0, 0},
	{"dump", 0, 1},
	{"finish", 0, 0},
};

static const struct command *find_command(struct argp_state *state, const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	argp_error(state,
		"'%s' is none of status, start, stop, mark, rotate, dump, finish", name);
	return NULL;
}

static void add_word(struct argp_state *state, struct request *request, const char *word)
{
	size_t length = strlen(request->question);

	if (strchr(word, '\n') || length + strlen(word) + 2 > sizeof request->question)
		argp_error(state, "'%s' is no line of text, or too long", word);
	snprintf(request->question + length, sizeof request->question - length, "%s%s",
		length ? " " : "", word);
}

/* It is written by prec, which runs elsewhere. */
static void add_path(struct argp_state *state, struct request *request, const char *path)
{
	char *absolute = NULL, *here = *path == '/' ? strdup("") : getcwd(NULL, 0);

	if (!here || asprintf(&absolute, "%s%s%s", here, *here ? "/" : "", path) < 0)
		argp_failure(state, 1, errno, "%s", path);
	else
		add_word(state, request, absolute);
	free(absolute);
	free(here);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct request *request = state->input;
	char *end;

	switch (key) {
	case 'p':
		request->pid = (int)strtol(text, &end, 10);
		if (end == text || *end || request->pid <= 0)
			argp_error(state, "'%s' is no process id", text);
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			request->command = find_command(state, text);
		else if (state->arg_num > request->command->words_max)
			argp_error(state, "'%s' is too much", text);
		if (state->arg_num > 0 && !strcmp(request->command->name, "dump"))
			add_path(state, request, text);
		else
			add_word(state, request, text);
		break;
	case ARGP_KEY_END:
		if (state->arg_num == 0)
			argp_error(state, "nothing to do");
		else if (state->arg_num <= request->command->words_min)
			argp_error(state, "%s needs a name", request->command->name);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Sends a line and reads the answer. False when there is no such prec. */
static bool ask(int pid, const char *question, int seconds, char answer[ANSWER_BYTES])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
		CONTROL_ADDRESS, pid);
	socklen_t size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval patience = {.tv_sec = seconds};
	char line[CONTROL_QUESTION_MAX + 1];
	size_t got = 0;
	ssize_t part;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&address, size) != 0) {
		close(fd);
		return false;
	}
	length = snprintf(line, sizeof line, "%s\n", question);
	send(fd, line, (size_t)length, MSG_NOSIGNAL);
	while (got < ANSWER_BYTES - 1 &&
		(part = read(fd, answer + got, ANSWER_BYTES - 1 - got)) > 0)
		got += (size_t)part;
	answer[got] = '\0';
	close(fd);
	return got > 0;
}

/* The precs that listen here, by the kernel's list of sockets. */
static size_t find_recorders(int pids[RECORDERS_MAX])
{
	FILE *file = fopen("/proc/net/unix", "re");
	char line[512];
	size_t count = 0;

	if (!file)
		return 0;
	while (fgets(line, sizeof line, file) && count < RECORDERS_MAX) {
		const char *name = strstr(line, " @" CONTROL_ADDRESS_PREFIX);
		int pid = name ? atoi(name + 2 + strlen(CONTROL_ADDRESS_PREFIX)) : 0;
		bool is_known = pid <= 0;
		for (size_t i = 0; i < count && !is_known; i++)
			is_known = pids[i] == pid;
		if (!is_known)
			pids[count++] = pid;
	}
	fclose(file);
	return count;
}

/* Those of ours that are meant; of other users' not even the status is told. */
static size_t choose(int pids[RECORDERS_MAX], size_t count, int wanted)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		char answer[ANSWER_BYTES], program[32];

		if (!ask(pids[i], "status", STATUS_SECONDS, answer) ||
			!strncmp(answer, "error", 5))
			continue;
		snprintf(program, sizeof program, ", program %d,", wanted);
		if (!wanted || pids[i] == wanted || strstr(answer, program))
			pids[kept++] = pids[i];
	}
	return kept;
}

int ctl_main(int argc, char **argv)
{
	static const struct argp argp = {options, parse,
		"status|start|stop|mark NAME|rotate|dump [FILE]|finish", doc, NULL, NULL,
		NULL};
	struct request request = {0};
	int pids[RECORDERS_MAX];
	char answer[ANSWER_BYTES], name[] = "prec ctl";

	argv[0] = name;
	argp_parse(&argp, argc, argv, 0, NULL, &request);
	size_t count = choose(pids, find_recorders(pids), request.pid);
	if (count == 0 && request.pid)
		complain("no recording of process %d runs", request.pid);
	else if (count == 0)
		complain("no recording runs");
	else if (count > 1 && strcmp(request.question, "status") != 0)
		complain("%zu recordings run (prec ctl status); choose one with -p",
			count);
	if (count == 0 || (count > 1 && strcmp(request.question, "status") != 0))
		return 1;
	for (size_t i = 0; i < count; i++) {
		if (!ask(pids[i], request.question, DOING_SECONDS, answer)) {
			complain("prec %d does not answer", pids[i]);
			return 1;
		}
		if (!strncmp(answer, "error: ", 7)) {
			complain("%.*s", (int)strcspn(answer + 7, "\n"), answer + 7);
			return 1;
		}
		fputs(answer, stdout);
	}
	return 0;
}
