#include "tools/cli/sparkline.h"

#include <string.h>

static const char *const unicode_steps[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const ascii_steps[] = {" ", ".", "_", "-", "~", "=", "+", "*", "#"};

#define STEP_COUNT (sizeof(ascii_steps) / sizeof(ascii_steps[0]) - 1)

static size_t step_of(int64_t level, int64_t full)
{
	double part;

	if (level <= 0 || full <= 0)
		return 0;
	part = (double)level / (double)full * (double)STEP_COUNT + 0.5;
	return part >= STEP_COUNT ? STEP_COUNT : part < 1 ? 1 : (size_t)part;
}

char *sparkline(char buffer[SPARKLINE_SIZE], const int64_t *levels, size_t count,
	unsigned columns, int64_t full, bool unicode)
{
	const char *const *steps = unicode ? unicode_steps : ascii_steps;
	char *end = buffer;

	if (columns > SPARKLINE_COLUMNS_MAX)
		columns = SPARKLINE_COLUMNS_MAX;
	for (size_t column = 0; column < columns && count; column++) {
		size_t from = column * count / columns;
		size_t to = (column + 1) * count / columns;
		int64_t highest = levels[from];

		for (size_t i = from + 1; i < to; i++)
			highest = levels[i] > highest ? levels[i] : highest;
		end = stpcpy(end, steps[step_of(highest, full)]);
	}
	*end = '\0';
	return buffer;
}
