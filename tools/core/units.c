#include "tools/core/units.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *units_time(char buffer[UNITS_SIZE], int64_t time_ns)
{
	uint64_t ns = time_ns < 0 ? 0 - (uint64_t)time_ns : (uint64_t)time_ns;
	const char *sign = time_ns < 0 ? "-" : "";
	/* Rounded once, to what is shown, so that 59.9996 s is "1m:00.000s". */
	uint64_t ms = ns / 1000000 + (ns % 1000000 >= 500000);

	if (ns == 0)
		snprintf(buffer, UNITS_SIZE, "0 s");
	else if (ns < 1000)
		snprintf(buffer, UNITS_SIZE, "%s%" PRIu64 " ns", sign, ns);
	else if (ns < 1000000)
		snprintf(buffer, UNITS_SIZE, "%s%.3f us", sign, (double)ns / 1e3);
	else if (ms < 1000)
		snprintf(buffer, UNITS_SIZE, "%s%.3f ms", sign, (double)ns / 1e6);
	else if (ms < 60000)
		snprintf(buffer, UNITS_SIZE, "%s%.3f s", sign, (double)ms / 1e3);
	else if (ms < 3600000)
		snprintf(buffer, UNITS_SIZE, "%s%" PRIu64 "m:%06.3fs", sign, ms / 60000,
			(double)(ms % 60000) / 1e3);
	else
		snprintf(buffer, UNITS_SIZE, "%s%" PRIu64 "h:%02um:%06.3fs", sign,
			ms / 3600000, (unsigned)(ms / 60000 % 60),
			(double)(ms % 60000) / 1e3);
	return buffer;
}

char *units_time_brief(char buffer[UNITS_SIZE], int64_t time_ns)
{
	static const char *const unit[] = {"ns", "us", "ms", "s"};
	uint64_t ns = time_ns < 0 ? 0 - (uint64_t)time_ns : (uint64_t)time_ns;
	uint64_t seconds = ns / NS_PER_SECOND + (ns % NS_PER_SECOND >= NS_PER_SECOND / 2);
	const char *sign = time_ns < 0 ? "-" : "";
	double value = (double)ns;
	size_t i = 0;

	if (ns < 1000) {
		snprintf(buffer, UNITS_SIZE, "%s%" PRIu64 " %s", sign, ns,
			ns ? "ns" : "s");
		return buffer;
	}
	/* Where the next unit begins once rounded. */
	for (; i < 3 && value >= 999.5; i++)
		value /= 1000;
	if (i < 3 || value < 59.95)
		snprintf(buffer, UNITS_SIZE, "%s%.*f %s", sign,
			value < 9.995           ? 2
				: value < 99.95 ? 1
						: 0,
			value, unit[i]);
	else if (seconds < 3600)
		snprintf(buffer, UNITS_SIZE, "%s%" PRIu64 "m:%02us", sign, seconds / 60,
			(unsigned)(seconds % 60));
	else
		snprintf(buffer, UNITS_SIZE, "%s%" PRIu64 "h:%02um", sign, seconds / 3600,
			(unsigned)(seconds / 60 % 60));
	return buffer;
}

char *units_bytes(char buffer[UNITS_SIZE], uint64_t bytes)
{
	static const char *const unit[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	size_t i = 0;

	if (bytes < 1024) {
		snprintf(buffer, UNITS_SIZE, "%u byte%s", (unsigned)bytes,
			bytes == 1 ? "" : "s");
		return buffer;
	}
	for (; value >= 1023.5 && i + 1 < sizeof(unit) / sizeof(unit[0]); i++)
		value /= 1024;
	snprintf(buffer, UNITS_SIZE, "%.*f %s",
		value < 9.995           ? 2
			: value < 99.95 ? 1
					: 0,
		value, unit[i]);
	return buffer;
}

char *units_count(char buffer[UNITS_SIZE], uint64_t count)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	size_t used = 0;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			buffer[used++] = ',';
		buffer[used++] = digits[i];
	}
	buffer[used] = '\0';
	return buffer;
}

double units_percent(double part, double whole)
{
	return whole > 0 ? 100.0 * part / whole : 0.0;
}

/* A number at the start of *text, which is moved behind it. */
static bool read_number(const char **text, double *value)
{
	size_t size = strspn(*text, "0123456789.");
	char number[32], *end;

	/* "2..5" is two numbers: a point belongs to one when a digit follows. */
	for (size_t i = 0; i + 1 < size; i++)
		if ((*text)[i] == '.' && (*text)[i + 1] == '.')
			size = i;
	if (size == 0 || size >= sizeof(number))
		return false;
	memcpy(number, *text, size);
	number[size] = '\0';
	*value = strtod(number, &end);
	if (*end)
		return false;
	*text += size;
	return true;
}

bool units_read_time(const char **text, int64_t *time_ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9},
		{"h", 3600e9}};
	double value, unit = 1e9;
	size_t size;

	if (!read_number(text, &value))
		return false;
	size = strspn(*text, "numsh");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (size && strlen(units[i].name) == size &&
			!memcmp(units[i].name, *text, size)) {
			unit = units[i].ns;
			*text += size;
			size = 0;
		}
	if (size || value * unit >= (double)INT64_MAX)
		return false;
	*time_ns = (int64_t)(value * unit + 0.5);
	return true;
}

bool units_read_bytes(const char **text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	double value;

	if (!read_number(text, &value))
		return false;
	unit = **text ? strchr(units, toupper((unsigned char)**text)) : NULL;
	if (unit) {
		value = ldexp(value, 10 * (int)(unit - units + 1));
		++*text;
		if (**text == 'i')
			++*text;
	}
	if (**text == 'B')
		++*text;
	if (value >= 0x1p63)
		return false;
	*bytes = (uint64_t)(value + 0.5);
	return true;
}
