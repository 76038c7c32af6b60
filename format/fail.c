#include "format/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ptf_err_text(int code)
{
	switch (code) {
#define PTF_ERR_CASE(name, value, text)                                                  \
	case name:                                                                       \
		return text;
		PTF_ERR_MAP(PTF_ERR_CASE)
#undef PTF_ERR_CASE
	case 0:
		return "no error";
	default:
		return "unknown error";
	}
}

static void fill(struct ptf_error *err, int code, const char *format, va_list args)
{
	memset(err, 0, sizeof(*err));
	err->code = code;
	vsnprintf(err->message, sizeof(err->message), format, args);
	/* A message is one line, whatever a name inside it holds. */
	for (char *c = err->message; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

int ptf_fail(struct ptf_error *err, int code, const char *format, ...)
{
	if (err) {
		va_list args;

		va_start(args, format);
		fill(err, code, format, args);
		va_end(args);
	}
	return code;
}

int ptf_fail_at(struct ptf_error *err, int code, uint64_t offset, const char *format, ...)
{
	if (err) {
		va_list args;

		va_start(args, format);
		fill(err, code, format, args);
		va_end(args);
		err->has_offset = true;
		err->offset = offset;
	}
	return code;
}

int ptf_fail_errno(struct ptf_error *err, const char *what)
{
	int saved = errno;
	char text[128];

	ptf_fail(err, PTF_ERR_IO, "%s: %s", what, strerror_r(saved, text, sizeof(text)));
	if (err)
		err->os_errno = saved;
	errno = saved;
	return PTF_ERR_IO;
}

int ptf_fail_nomem(struct ptf_error *err)
{
	return ptf_fail(err, PTF_ERR_NOMEM, "out of memory");
}
