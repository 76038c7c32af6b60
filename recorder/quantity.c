#include "recorder/quantity.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	double factor;
};

static bool read_quantity(const char *text, const struct unit *units, size_t count,
	uint64_t *value)
{
	char *end;
	double number = strtod(text, &end);

	/* Not the words that strtod takes for numbers, nor its signs. */
	if (end == text || strspn(text, "0123456789.") != (size_t)(end - text))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(end, units[i].name)) {
			number *= units[i].factor;
			if (!(number >= 1 && number < 9e18))
				return false;
			*value = (uint64_t)(number + 0.5);
			return true;
		}
	return false;
}

bool quantity_time_ns(const char *text, uint64_t *time_ns)
{
	static const struct unit units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6},
		{"us", 1e3}, {"m", 60e9}, {"h", 3600e9}};

	return read_quantity(text, units, sizeof units / sizeof *units, time_ns);
}

bool quantity_bytes(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {{"", 1}, {"K", 1024}, {"M", 1048576},
		{"G", 1073741824}, {"T", 1099511627776}};

	return read_quantity(text, units, sizeof units / sizeof *units, bytes);
}
