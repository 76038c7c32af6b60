#include "tools/cli/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cli/message.h"

#define WORD_COUNT_MAX 16

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static bool has_display(void)
{
	/* A display that SSH forwards is far away, as its browser would be. */
	return (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")) &&
		!is_set("SSH_CONNECTION") && !is_set("SSH_TTY");
}

char *browser_temporary_path(const char *trace, const char *suffix)
{
	const char *folder = is_set("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	const char *slash = strrchr(trace, '/'), *name = slash ? slash + 1 : trace;
	const char *dot = strrchr(name, '.');
	int length = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
	char *made, *path = NULL;

	if (!strcmp(trace, "-")) {
		name = "trace";
		length = 5;
	}
	if (asprintf(&made, "%s/ptf-XXXXXX", folder) < 0)
		return NULL;
	if (!mkdtemp(made))
		message_error(folder, "%s", strerror(errno));
	else if (asprintf(&path, "%s/%.*s%s", made, length, name, suffix) < 0)
		path = NULL;
	free(made);
	return path;
}

/*
 * $BROWSER is a list of commands with colons between them; the first counts.
 * "%s" in a word is the target, which else comes last. The words are of `text`,
 * which is changed.
 */
static void split_command(char *text, char *target, char *words[WORD_COUNT_MAX + 2])
{
	size_t count = 0;
	bool placed = false;
	char *rest = text;

	text[strcspn(text, ":")] = '\0';
	for (char *word = strtok_r(text, " \t", &rest); word && count < WORD_COUNT_MAX;
		word = strtok_r(NULL, " \t", &rest)) {
		bool is_place = !strcmp(word, "%s");

		words[count++] = is_place ? target : word;
		placed = placed || is_place;
	}
	if (!placed)
		words[count++] = target;
	words[count] = NULL;
}

/* In a session of its own, with nothing of ours: Ctrl-C here is not for it. */
static bool start_detached(char *const words[])
{
	int report[2], failure = 0, null;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return false;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		/* The grandchild has no parent that would have to wait for it. */
		if (setsid() < 0 || fork() != 0)
			_exit(0);
		null = open("/dev/null", O_RDWR);
		if (null >= 0) {
			dup2(null, STDIN_FILENO);
			dup2(null, STDOUT_FILENO);
			dup2(null, STDERR_FILENO);
		}
		execvp(words[0], words);
		failure = errno;
		if (write(report[1], &failure, sizeof(failure)) < 0)
			_exit(126);
		_exit(127);
	}
	close(report[1]);
	if (pid > 0) {
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		/* Closed by exec, or the reason why there was none. */
		while (read(report[0], &failure, sizeof(failure)) < 0 && errno == EINTR)
			;
	}
	close(report[0]);
	errno = failure;
	return pid > 0 && !failure;
}

void browser_show(const char *target)
{
	char *copy = strdup(target),
	     *command = strdup(is_set("BROWSER") ? getenv("BROWSER") : "");
	char xdg_open[] = "xdg-open", *words[WORD_COUNT_MAX + 2] = {xdg_open, copy, NULL};

	printf("%s\n", target);
	fflush(stdout);
	if (copy && command && *command)
		split_command(command, copy, words);
	if (!copy || !command)
		message_error("", "%s", strerror(ENOMEM));
	else if (!*command && !has_display())
		message_note("", "no display here: open it in a browser");
	else if (!start_detached(words))
		message_note(words[0], "%s: open the page by hand", strerror(errno));
	free(copy);
	free(command);
}
