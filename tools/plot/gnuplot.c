#include "tools/plot/gnuplot.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cli/message.h"
#include "tools/cli/text.h"

/* The first that has all that the scripts use (fillsteps, data blocks, sums). */
#define VERSION_MIN      500
#define VERSION_MIN_TEXT "5.0"

extern char **environ;

/*
 * gnuplot with a script as its input. -d: no settings of the user's. The
 * outputs are files, so that nobody has to read along. Returns its exit status,
 * or -1 when it could not be run.
 */
static int run(const char *argument, int in, int out, int complaints)
{
	char name[] = "gnuplot", text[32];
	char *const arguments[] = {name, text, NULL};
	posix_spawn_file_actions_t actions;
	int status, error;
	pid_t pid;

	snprintf(text, sizeof(text), "%s", argument);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
	error = posix_spawnp(&pid, "gnuplot", &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error) {
		message_error("",
			error == ENOENT
				? "gnuplot is not installed (Debian: apt-get install "
				  "gnuplot-nox)"
				: "gnuplot cannot be run: %s",
			strerror(error));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static size_t read_start(int fd, char *text, size_t size)
{
	ssize_t length = pread(fd, text, size - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
}

unsigned gnuplot_version(void)
{
	int fd = memfd_create("version", MFD_CLOEXEC);
	char text[128];
	unsigned major, minor;
	int status;

	if (fd < 0) {
		message_error("", "no memory file: %s", strerror(errno));
		return 0;
	}
	status = run("--version", STDIN_FILENO, fd, fd);
	read_start(fd, text, sizeof(text));
	close(fd);
	if (status < 0)
		return 0;
	if (status || sscanf(text, "gnuplot %u.%u", &major, &minor) != 2) {
		message_error("", "gnuplot does not say its version");
		return 0;
	}
	if (major * 100 + minor < VERSION_MIN) {
		message_error("",
			"gnuplot %u.%u is too old, " VERSION_MIN_TEXT " is needed", major,
			minor);
		return 0;
	}
	return major * 100 + minor;
}

bool gnuplot_has_terminal(const char *name)
{
	int in = memfd_create("script", MFD_CLOEXEC);
	int said = memfd_create("said", MFD_CLOEXEC);
	bool has = in >= 0 && said >= 0 && dprintf(in, "set terminal %s\n", name) > 0 &&
		lseek(in, 0, SEEK_SET) == 0 && run("-d", in, said, said) == 0;
	char text[1024];

	/* Since 6.0 an unknown one is but a warning. */
	if (has) {
		read_start(said, text, sizeof(text));
		has = !strstr(text, "unknown");
	}
	close(in);
	close(said);
	return has;
}

/* "line 12: undefined variable": what of its complaints says most. */
static void complain(int fd, int status)
{
	char text[4096], *line, *rest = text, *said = NULL;
	bool misses_terminal = false;
	const struct text_style style = {.unicode = true, .max_columns = 200};
	char *shown;
	size_t size;
	FILE *out;

	read_start(fd, text, sizeof(text));
	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, " \t^");
		if (*line && (!said || strstr(line, "line ")) && !misses_terminal)
			said = line;
		misses_terminal |= strstr(line, "unknown or ambiguous terminal") != NULL;
	}
	out = open_memstream(&shown, &size);
	if (!out)
		return;
	text_put(out, said ? said : "", said ? strlen(said) : 0, &style);
	fclose(out);
	if (misses_terminal)
		message_error("",
			"this gnuplot was built without the terminal that draws such "
			"pictures (Debian's gnuplot-nox has it): %s",
			shown);
	else
		message_error("", "gnuplot ended with status %d%s%s", status,
			*shown ? ": " : "", shown);
	free(shown);
}

static bool write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done < 0 && errno != EINTR)
			return false;
		data += done > 0 ? done : 0;
		size -= done > 0 ? (size_t)done : 0;
	}
	return true;
}

static void copy(int from, FILE *out)
{
	char part[65536];
	/* Pictures of characters begin with a form feed, to clear the screen. */
	off_t at = pread(from, part, 1, 0) == 1 && part[0] == '\f';
	ssize_t size;

	while ((size = pread(from, part, sizeof(part), at)) > 0) {
		fwrite(part, 1, (size_t)size, out);
		at += size;
	}
}

bool gnuplot_run(const char *script, size_t size, FILE *out)
{
	int in = memfd_create("script", MFD_CLOEXEC);
	int complaints = memfd_create("complaints", MFD_CLOEXEC);
	/* Of a full disk gnuplot says nothing: what it draws is written by us. */
	int picture = memfd_create("picture", MFD_CLOEXEC);
	int status = -1;

	if (in < 0 || complaints < 0 || picture < 0 || !write_all(in, script, size) ||
		lseek(in, 0, SEEK_SET) != 0)
		message_error("", "no memory file: %s", strerror(errno));
	else if ((status = run("-d", in, picture, complaints)) > 0)
		complain(complaints, status);
	else if (status == 0)
		copy(picture, out);
	close(in);
	close(complaints);
	close(picture);
	return status == 0;
}
