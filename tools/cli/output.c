#include "tools/cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cli/message.h"

/*
 * The temporary file, for exit and for signals. One output is open at a time;
 * a signal handler may read this, so it only ever points to a whole path.
 */
static char *volatile pending;

static void remove_pending(void)
{
	if (pending)
		unlink(pending);
}

static void remove_pending_and_die(int signal_number)
{
	remove_pending();
	/* SA_RESETHAND: this time it kills. */
	raise(signal_number);
}

static void guard_pending(void)
{
	static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU,
		SIGXFSZ};
	static bool installed;
	struct sigaction action = {.sa_handler = remove_pending_and_die,
		.sa_flags = (int)SA_RESETHAND};

	if (installed)
		return;
	installed = true;
	atexit(remove_pending);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		struct sigaction old;

		/* Who ignores a signal (nohup) wants that to stay. */
		if (!sigaction(deadly[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(deadly[i], &action, NULL);
	}
}

static bool open_temporary(struct output *o, mode_t mode)
{
	static const char suffix[] = ".XXXXXX";
	int fd;

	o->temporary = malloc(strlen(o->target) + sizeof(suffix));
	if (!o->temporary) {
		message_error(o->name, "%s", strerror(ENOMEM));
		return false;
	}
	strcpy(o->temporary, o->target);
	strcat(o->temporary, suffix);
	guard_pending();
	fd = mkostemp(o->temporary, O_CLOEXEC);
	if (fd < 0) {
		message_error(o->name, "%s", strerror(errno));
		return false;
	}
	pending = o->temporary;
	/* mkstemp gives 0600; the result shall look as if open() had made it. */
	if (fchmod(fd, mode) < 0 || !(o->file = fdopen(fd, "w"))) {
		message_error(o->name, "%s", strerror(errno));
		close(fd);
		return false;
	}
	return true;
}

bool output_open(struct output *o, const char *path)
{
	struct stat st;
	mode_t mask;

	*o = (struct output){.name = path};
	if (!path || !strcmp(path, "-")) {
		*o = (struct output){.name = "standard output", .file = stdout};
		return true;
	}
	mask = umask(0);
	umask(mask);
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode)) {
			message_error(path, "%s", strerror(EISDIR));
			return false;
		}
		if (!S_ISREG(st.st_mode)) {
			o->file = fopen(path, "we");
			if (!o->file)
				message_error(path, "%s", strerror(errno));
			return o->file != NULL;
		}
		/* A link stays a link: what it points to is replaced. */
		o->target = realpath(path, NULL);
		if (access(path, W_OK) < 0 || !o->target) {
			message_error(path, "%s", strerror(errno));
			output_abandon(o);
			return false;
		}
		mask = 0777 & ~st.st_mode;
	} else {
		o->target = strdup(path);
		if (!o->target) {
			message_error(path, "%s", strerror(ENOMEM));
			return false;
		}
	}
	if (open_temporary(o, 0666 & ~mask))
		return true;
	output_abandon(o);
	return false;
}

static void report_failure(const char *name, int code)
{
	if (code != EPIPE)
		message_error(name, "cannot write: %s", strerror(code ? code : EIO));
}

/* By output_commit(): once is enough. */
static bool stdout_failure_told;

bool output_commit(struct output *o)
{
	int code = ferror(o->file) ? (errno ? errno : EIO) : 0;
	bool is_stdout = o->file == stdout;

	if (fflush(o->file) != 0 && !code)
		code = errno;
	/* Closing tells of errors that network file systems find late. */
	if (o->file != stdout && fclose(o->file) != 0 && !code)
		code = errno;
	o->file = NULL;
	if (!code && o->target && rename(o->temporary, o->target) < 0)
		code = errno;
	if (code)
		report_failure(o->name, code);
	else
		pending = NULL;
	stdout_failure_told = code && is_stdout;
	output_abandon(o);
	return code == 0;
}

int output_failure_status = EXIT_FAILURE;

void output_close_stdout(void)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	/* A standard output that was closed from the start is no failure of
	   who did not write to it. */
	if (fclose(stdout) == 0 ? !failed : !failed && errno == EBADF)
		return;
	if (!stdout_failure_told)
		report_failure("standard output", errno);
	remove_pending();
	_exit(output_failure_status);
}

void output_abandon(struct output *o)
{
	if (o->file && o->file != stdout)
		fclose(o->file);
	remove_pending();
	pending = NULL;
	free(o->temporary);
	free(o->target);
	*o = (struct output){0};
}
