#include "tools/cli/message.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/cli/text.h"

/* Guarded by the lock of stderr: a tool may read two inputs at a time. */
static struct {
	bool quiet;
	bool progress_shown;
	int64_t started_ns, last_shown_ns; /* of the progress; 0 = not yet */
} state;

void message_set_quiet(bool quiet)
{
	state.quiet = quiet;
}

void message_progress_end(void)
{
	flockfile(stderr);
	if (state.progress_shown)
		fputs("\r\033[K", stderr);
	state.progress_shown = false;
	funlockfile(stderr);
}

static void say(const char *subject, const char *kind, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void say(const char *subject, const char *kind, const char *format, va_list args)
{
	struct text_style style = {.unicode = !strcmp(nl_langinfo(CODESET), "UTF-8")};
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	flockfile(stderr);
	message_progress_end();
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	if (*subject) {
		text_put(stderr, subject, strlen(subject), &style);
		fputs(": ", stderr);
	}
	fputs(kind, stderr);
	text_put(stderr, text, strlen(text), &style);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void message_error(const char *subject, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(subject, "", format, args);
	va_end(args);
}

void message_note(const char *subject, const char *format, ...)
{
	va_list args;

	if (state.quiet)
		return;
	va_start(args, format);
	say(subject, "note: ", format, args);
	va_end(args);
}

static const char *input_name(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

void message_read_error(const char *path, int code, const struct ptf_error *err)
{
	const char *text = *err->message ? err->message : ptf_err_text(code);

	path = input_name(path);
	if (code == PTF_ERR_IO && err->os_errno)
		message_error(path, "%s", strerror(err->os_errno));
	else if (code == PTF_ERR_EMPTY)
		message_error(path, "no data: %s", text);
	else if (err->has_offset && err->offset > 0)
		message_error(path, "at offset 0x%" PRIx64 ": %s", err->offset, text);
	else
		message_error(path, "%s", text);
}

void message_read_note(const char *path, const struct ptf_error *note)
{
	path = input_name(path);
	if (note->has_offset)
		message_note(path, "at offset 0x%" PRIx64 ": %s", note->offset,
			note->message);
	else
		message_note(path, "%s", note->message);
}

static void show_progress(const char *subject, uint64_t done, uint64_t total)
{
	struct text_style style = {.unicode = !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.max_columns = 50};
	struct timespec now;
	int64_t now_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	if (!state.started_ns)
		state.started_ns = now_ns;
	if (now_ns - state.started_ns < 1000000000 ||
		now_ns - state.last_shown_ns < 100000000)
		return;
	state.last_shown_ns = now_ns;
	fputs("\r\033[K", stderr);
	subject = input_name(subject);
	text_put(stderr, subject, strlen(subject), &style);
	if (total)
		fprintf(stderr, ": %3.0f %%", 100.0 * (double)done / (double)total);
	fflush(stderr);
	state.progress_shown = true;
}

void message_progress(const char *subject, uint64_t done, uint64_t total)
{
	if (state.quiet || !isatty(STDERR_FILENO))
		return;
	flockfile(stderr);
	show_progress(subject, done, total);
	funlockfile(stderr);
}
