#include "recorder/ctl.h"

#include <argp.h>
#include <errno.h>
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
#define ANSWER_BYTES  8192

/* One that is stopped would be waited for without end. */
#define ANSWER_SECONDS 2

struct request {
	int pid; /* of a prec or of its program; 0 = the only one there is */
	char question[512];
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
	"  prec ctl finish            completes the trace; the program goes on without\n"
	"\n"
	"A program that shall begin unrecorded: prec --delay 1e9 ..., then start.";

static error_t parse(int key, char *text, struct argp_state *state)
{
	static const char *const commands[] = {"status", "start", "stop", "finish",
		"mark"};
	struct request *request = state->input;
	size_t length = strlen(request->question);
	char *end;

	switch (key) {
	case 'p':
		request->pid = (int)strtol(text, &end, 10);
		if (end == text || *end || request->pid <= 0)
			argp_error(state, "'%s' is no process id", text);
		break;
	case ARGP_KEY_ARG:
		for (size_t i = 0; state->arg_num == 0; i++) {
			if (i == sizeof commands / sizeof *commands)
				argp_error(state,
					"'%s' is none of status, start, stop, mark, "
					"finish",
					text);
			else if (!strcmp(text, commands[i]))
				break;
		}
		if (state->arg_num > 0 && strncmp(request->question, "mark", 4) != 0)
			argp_error(state, "'%s' is too much", text);
		if (strchr(text, '\n') ||
			length + strlen(text) + 2 > sizeof request->question)
			argp_error(state, "a name has one line of at most 255 bytes");
		snprintf(request->question + length, sizeof request->question - length,
			"%s%s", length ? " " : "", text);
		break;
	case ARGP_KEY_END:
		if (state->arg_num == 0)
			argp_error(state, "nothing to do");
		if (!strcmp(request->question, "mark"))
			argp_error(state, "mark needs a name");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Sends a line and reads the answer. False when there is no such prec. */
static bool ask(int pid, const char *question, char answer[ANSWER_BYTES])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
		CONTROL_ADDRESS, pid);
	socklen_t size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	char line[600];
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

		if (!ask(pids[i], "status", answer) || !strncmp(answer, "error", 5))
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
		"status|start|stop|mark NAME|finish", doc, NULL, NULL, NULL};
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
		if (!ask(pids[i], request.question, answer)) {
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
