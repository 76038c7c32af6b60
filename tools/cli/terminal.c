#include "tools/cli/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Narrower than this no table can be drawn; then lines wrap. */
#define COLUMNS_MIN 40

static unsigned columns_of(FILE *file)
{
	const char *text = getenv("COLUMNS");
	char *end;
	unsigned long asked = text ? strtoul(text, &end, 10) : 0;
	struct winsize size;

	if (text && *text && !*end && asked > 0 && asked < 100000)
		return (unsigned)(asked < COLUMNS_MIN ? COLUMNS_MIN : asked);
	if (!isatty(fileno(file)))
		return 0;
	if (ioctl(fileno(file), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

static bool color_of(FILE *file, enum color_mode mode)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (mode != COLOR_AUTO)
		return mode == COLOR_ALWAYS;
	if (no_color && *no_color)
		return false;
	return isatty(fileno(file)) && term && strcmp(term, "dumb") != 0;
}

struct terminal terminal_of(FILE *file, enum color_mode color)
{
	return (struct terminal){
		.color = color_of(file, color),
		.unicode = !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.columns = columns_of(file),
	};
}

const char *terminal_paint(const struct terminal *t, enum paint paint)
{
	static const char *const sequence[] = {
		[PAINT_PLAIN] = "\033[0m",
		[PAINT_HOT] = "\033[1;31m",
		[PAINT_GOOD] = "\033[1;32m",
		[PAINT_TITLE] = "\033[1m",
		[PAINT_DIM] = "\033[2m",
		[PAINT_PYTHON] = "\033[34m",
		[PAINT_NATIVE] = "\033[32m",
		[PAINT_SYSTEM] = "\033[35m",
	};

	return t->color ? sequence[paint] : "";
}
