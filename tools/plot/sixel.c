#include "tools/plot/sixel.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Even over a slow line terminals answer within this. */
#define ANSWER_MS 200

/* "\e[?62;4;22c": attributes between '?' and 'c'; 4 is sixel. */
static bool has_attribute_4(const char *answer)
{
	const char *at = strchr(answer, '?');

	while (at && *at && *at != 'c') {
		char *end;
		long number = strtol(at + 1, &end, 10);

		if (number == 4 && (*end == ';' || *end == 'c'))
			return true;
		at = *end == ';' ? end : NULL;
	}
	return false;
}

static bool ask(int fd)
{
	struct pollfd ready = {fd, POLLIN, 0};
	char answer[64];
	size_t size = 0;

	if (write(fd, "\033[c", 3) != 3)
		return false;
	while (size < sizeof(answer) - 1 && poll(&ready, 1, ANSWER_MS) > 0) {
		ssize_t got = read(fd, answer + size, sizeof(answer) - 1 - size);

		if (got <= 0)
			break;
		size += (size_t)got;
		if (memchr(answer, 'c', size))
			break;
	}
	answer[size] = '\0';
	return has_attribute_4(answer);
}

bool sixel_is_known(void)
{
	const char *term = getenv("TERM");
	struct termios before, raw;
	bool is_known = false;
	int fd;

	/* What is not even a terminal of this family would show the question. */
	if (!term || !*term || !strcmp(term, "dumb") || !isatty(STDOUT_FILENO))
		return false;
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return false;
	/* In the background the question would stop us. */
	if (tcgetpgrp(fd) == getpgrp() && tcgetattr(fd, &before) == 0) {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		if (tcsetattr(fd, TCSAFLUSH, &raw) == 0) {
			is_known = ask(fd);
			tcsetattr(fd, TCSAFLUSH, &before);
		}
	}
	close(fd);
	return is_known;
}
