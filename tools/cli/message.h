/*
 * What a tool has to say on standard error: one line each, as
 * "pconv: walk.ptf: what is wrong". Text that came from outside is made safe
 * for terminals (see text.h).
 */
#ifndef TOOLS_CLI_MESSAGE_H
#define TOOLS_CLI_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <ptf/error.h>

/* Notes are left out from now on. */
void message_set_quiet(bool quiet);

/* subject is the file or "" for none. */
void message_error(const char *subject, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void message_note(const char *subject, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The failure of reading a file, in words: code and os_errno of the library's
 * error, and what it says. The path "-" is standard input.
 */
void message_read_error(const char *path, int code, const struct ptf_error *err);
/* Damage in a file that was stepped over. */
void message_read_note(const char *path, const struct ptf_error *note);

/*
 * Progress of work that takes more than a second, shown on standard error when
 * that is a terminal; any other message removes it first.
 */
void message_progress(const char *subject, uint64_t done, uint64_t total);
void message_progress_end(void);

#endif
