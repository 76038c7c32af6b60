/* Scripts that stand for an interpreter; see wrapper.h. */
#include "recorder/wrapper.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recorder/inherited_signals.h"

/* A script that asks its user something is not worth waiting for. */
#define PATIENCE_MS 10000

/* More than arguments and environment of a process can be. */
#define ANSWER_MAX (8u << 20)

/* What the interpreter tells of itself, each with its size in front. */
enum part {
	PART_PID,
	PART_EXECUTABLE,
	PART_DIRECTORY,
	PART_COMMAND,     /* each word with a 0 behind it */
	PART_ENVIRONMENT, /* as it was started; each variable with a 0 behind it */
	PART_COUNT,
};

/* Then it ends at once, whatever is registered for its end. */
static const char question[] =
	"import os, sys\n"
	"def get(name):\n"
	"    with open('/proc/self/' + name, 'rb') as file:\n"
	"        return file.read()\n"
	"parts = [b'%d' % os.getpid(), os.fsencode(os.readlink('/proc/self/exe'))]\n"
	"parts += [os.getcwdb(), get('cmdline'), get('environ')]\n"
	"answer = b''.join(b'%d ' % len(part) + part for part in parts)\n"
	"with os.fdopen(int(sys.argv[1]), 'wb') as out:\n"
	"    out.write(b'%d ' % len(answer) + answer)\n"
	"os._exit(0)\n";

/* Of the words that the interpreter was started with, those that are ours. */
#define QUESTION_WORDS 5

static _Noreturn void ask(const char *script, int answer)
{
	char descriptor[16];
	int nothing = open("/dev/null", O_RDWR);

	/* Not one of the standard ones, which may be closed; and it stays open. */
	answer = fcntl(answer, F_DUPFD, STDERR_FILENO + 1);
	snprintf(descriptor, sizeof descriptor, "%d", answer);
	/* What it says, it says again when the program is started. */
	for (int fd = 0; fd <= 2; fd++)
		dup2(nothing, fd);
	inherited_signals_restore();
	execl(script, script, "-I", "-S", "-c", question, descriptor, (char *)NULL);
	_exit(127);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether the text is whole, by the size in front of it; what is behind that. */
static const char *whole_answer(const char *text, size_t size)
{
	char *behind;
	uintmax_t length = strtoumax(text, &behind, 10);

	return behind != text && *behind == ' ' && length <= ANSWER_MAX &&
			(size_t)(text + size - behind - 1) >= length
		? behind + 1
		: NULL;
}

/*
 * Up to where it is whole: what else the script has started may keep the pipe open.
 * A 0 behind it; NULL when that does not come in time.
 */
static char *read_answer(int fd, size_t *size)
{
	int64_t end = now_ms() + PATIENCE_MS;
	char *text = malloc(ANSWER_MAX + 1);

	*size = 0;
	while (text) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		int64_t left = end - now_ms();
		ssize_t got;

		if (left <= 0 || *size == ANSWER_MAX)
			break;
		if (poll(&wait, 1, (int)left) < 0) {
			if (errno != EINTR)
				break;
			continue;
		}
		if (!wait.revents)
			break;
		got = read(fd, text + *size, ANSWER_MAX - *size);
		if (got == 0 || (got < 0 && errno != EINTR))
			break;
		*size += got > 0 ? (size_t)got : 0;
		text[*size] = '\0';
		if (whole_answer(text, *size))
			return text;
	}
	free(text);
	return NULL;
}

/* The texts in a part, each of which has a 0 behind it; NULL-terminated. */
static char **split(char *text, size_t size)
{
	size_t count = 0;
	char **texts;

	for (size_t i = 0; i < size; i++)
		count += text[i] == '\0';
	texts = calloc(count + 1, sizeof *texts);
	for (size_t i = 0; texts && i < count; i++) {
		texts[i] = text;
		text += strlen(text) + 1;
	}
	return texts;
}

static bool is_here(const char *directory)
{
	char *here = getcwd(NULL, 0);
	bool same = here && !strcmp(here, directory);

	free(here);
	return same;
}

/*
 * Takes the answer apart; it may be anything, as the script may be. An interpreter
 * with another pid than the script's is not the last thing that the script does.
 */
static bool understand(struct wrapped *w, pid_t pid, char *text, size_t size)
{
	char *part[PART_COUNT], *at = text + (whole_answer(text, size) - text);
	size_t part_size[PART_COUNT], count = 0;

	for (int i = 0; i < PART_COUNT; i++) {
		char *behind;
		uintmax_t length = strtoumax(at, &behind, 10);

		if (behind == at || *behind != ' ' ||
			length > (size_t)(text + size - behind - 1))
			return false;
		part[i] = behind + 1;
		part_size[i] = (size_t)length;
		at = part[i] + length;
	}
	/* The sizes in front are read: each part's end can become a 0. */
	for (int i = 0; i < PART_COUNT; i++)
		part[i][part_size[i]] = '\0';
	w->executable = strdup(part[PART_EXECUTABLE]);
	w->words = split(part[PART_COMMAND], part_size[PART_COMMAND]);
	w->environment = split(part[PART_ENVIRONMENT], part_size[PART_ENVIRONMENT]);
	while (w->words && w->words[count])
		count++;
	if (strtoimax(part[PART_PID], NULL, 10) != pid || !w->executable ||
		!*w->executable || !w->environment || count <= QUESTION_WORDS ||
		/* Words of the script's own, behind those of the program. */
		strcmp(w->words[count - 2], question) != 0 ||
		!is_here(part[PART_DIRECTORY]))
		return false;
	w->words[count - QUESTION_WORDS] = NULL;
	return true;
}

/*
 * Whether the last thing that the script does is to become another program: one that
 * goes on behind its interpreter cannot be asked, as it would do all that twice.
 */
static bool ends_in_exec(const char *script)
{
	char text[4096 + 1], *line, *end;
	int fd = open(script, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	size_t wanted = sizeof text - 1;
	ssize_t length = fd < 0
		? 0
		: pread(fd, text, wanted,
			  size > (off_t)wanted ? size - (off_t)wanted : 0);

	if (fd >= 0)
		close(fd);
	end = text + (length > 0 ? length : 0);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	line += strspn(line, " \t");
	return !strncmp(line, "exec ", 5);
}

bool wrapper_follow(struct wrapped *wrapped, const char *script)
{
	size_t size = 0;
	int answer[2];
	pid_t pid;

	*wrapped = (struct wrapped){0};
	if (!ends_in_exec(script) || pipe2(answer, O_CLOEXEC) != 0)
		return false;
	pid = fork();
	if (pid == 0)
		ask(script, answer[1]);
	close(answer[1]);
	wrapped->storage = pid < 0 ? NULL : read_answer(answer[0], &size);
	close(answer[0]);
	if (wrapped->storage && understand(wrapped, pid, wrapped->storage, size)) {
		/* It is the interpreter itself, at its end. */
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return true;
	}
	/* It does what we do not know, and may take its time to end. */
	if (pid > 0 && waitpid(pid, NULL, WNOHANG) == 0)
		kill(pid, SIGTERM);
	wrapper_free(wrapped);
	return false;
}

void wrapper_free(struct wrapped *wrapped)
{
	free(wrapped->executable);
	free(wrapped->words);
	free(wrapped->environment);
	free(wrapped->storage);
	*wrapped = (struct wrapped){0};
}
