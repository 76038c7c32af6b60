/* Messages of prec; see say.h. */
#include "recorder/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

static bool is_quiet;

/* In one write, so that it does not mix with the program's own output. */
static void say(const char *format, va_list arguments)
{
	char line[1024];
	int length = vsnprintf(line, sizeof line, format, arguments);

	/* Names can hold what a terminal would obey. */
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	if (length > 0)
		dprintf(2, "prec: %s\n", line);
}

void note(const char *format, ...)
{
	va_list arguments;

	if (is_quiet)
		return;
	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void say_set_quiet(void)
{
	is_quiet = true;
}
