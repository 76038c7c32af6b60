#include "tools/cli/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "tools/cli/text.h"

/*
 * Exports write many millions of values: stdio without its locks, as a writer is
 * never shared between threads.
 */
static void put_bytes(FILE *out, const char *bytes, size_t size)
{
	fwrite_unlocked(bytes, 1, size, out);
}

static void put_char(FILE *out, char c)
{
	putc_unlocked(c, out);
}

/* What stands in a string as it is: most of ASCII. */
static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' &&
		c != '&';
}

/* The length of the character. */
static size_t put_character(FILE *out, const char *text, size_t size)
{
	uint32_t c;
	size_t length = text_decode(text, size, &c);

	if (length == 0) {
		put_bytes(out, "\\ufffd", 6);
		return 1;
	}
	if (c == '"' || c == '\\')
		fprintf(out, "\\%c", (char)c);
	else if (c == '\n')
		put_bytes(out, "\\n", 2);
	else if (c == '\t')
		put_bytes(out, "\\t", 2);
	else if (c < 0x80 || c == 0x2028 || c == 0x2029 || c == 0xfffe || c == 0xffff)
		fprintf(out, "\\u%04x", c);
	else
		put_bytes(out, text, length);
	return length;
}

static void put_string(FILE *out, const char *text, size_t size)
{
	put_char(out, '"');
	for (size_t i = 0; i < size;) {
		size_t plain = i;

		while (plain < size && is_plain(text[plain]))
			plain++;
		put_bytes(out, text + i, plain - i);
		i = plain;
		if (i < size)
			i += put_character(out, text + i, size - i);
	}
	put_char(out, '"');
}

static void put_line_start(struct json *j)
{
	static const char blanks[JSON_DEPTH_MAX] = "                               ";

	put_char(j->out, '\n');
	put_bytes(j->out, blanks, j->depth);
}

static void separate(struct json *j)
{
	if (j->depth == 0)
		return;
	if (j->has_items[j->depth - 1])
		put_char(j->out, ',');
	if (!j->is_inline[j->depth - 1])
		put_line_start(j);
	else if (j->has_items[j->depth - 1])
		put_char(j->out, ' ');
	j->has_items[j->depth - 1] = true;
}

void json_key(struct json *j, const char *text, size_t size)
{
	separate(j);
	put_string(j->out, text, size);
	put_bytes(j->out, ": ", 2);
}

/* What stands before a value: nothing when json_key() has been called. */
static void begin_value(struct json *j, const char *key)
{
	if (key)
		json_key(j, key, strlen(key));
	else if (j->depth && j->is_array[j->depth - 1])
		separate(j);
}

static void open_level(struct json *j, const char *key, bool is_array, bool is_inline)
{
	assert(j->depth < JSON_DEPTH_MAX);
	begin_value(j, key);
	put_char(j->out, is_array ? '[' : '{');
	j->is_array[j->depth] = is_array;
	j->has_items[j->depth] = false;
	j->is_inline[j->depth] = is_inline || (j->depth && j->is_inline[j->depth - 1]);
	j->depth++;
}

void json_begin(struct json *j, FILE *out)
{
	*j = (struct json){.out = out};
}

void json_object(struct json *j, const char *key)
{
	open_level(j, key, false, false);
}

void json_array(struct json *j, const char *key)
{
	open_level(j, key, true, false);
}

void json_inline_object(struct json *j, const char *key)
{
	open_level(j, key, false, true);
}

void json_inline_array(struct json *j, const char *key)
{
	open_level(j, key, true, true);
}

void json_end(struct json *j)
{
	assert(j->depth > 0);
	j->depth--;
	if (j->has_items[j->depth] && !j->is_inline[j->depth])
		put_line_start(j);
	put_char(j->out, j->is_array[j->depth] ? ']' : '}');
}

void json_finish(struct json *j)
{
	assert(j->depth == 0);
	fputc('\n', j->out);
}

void json_string(struct json *j, const char *key, const char *text, size_t size)
{
	begin_value(j, key);
	put_string(j->out, text, size);
}

void json_literal(struct json *j, const char *key, const char *text)
{
	json_string(j, key, text, strlen(text));
}

static void put_decimal(FILE *out, bool is_negative, uint64_t size, unsigned decimals)
{
	char digits[32], *end = digits + sizeof(digits), *text = end;
	bool fraction = false;

	/* From the last digit on; zeros at the end of a fraction say nothing. */
	for (unsigned i = 0; i < decimals; i++, size /= 10) {
		fraction = fraction || size % 10;
		if (fraction)
			*--text = (char)('0' + size % 10);
	}
	if (fraction)
		*--text = '.';
	do {
		*--text = (char)('0' + size % 10);
		size /= 10;
	} while (size);
	if (is_negative)
		*--text = '-';
	put_bytes(out, text, (size_t)(end - text));
}

void json_decimal(struct json *j, const char *key, int64_t value, unsigned decimals)
{
	begin_value(j, key);
	put_decimal(j->out, value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value,
		decimals);
}

void json_integer(struct json *j, const char *key, int64_t value)
{
	json_decimal(j, key, value, 0);
}

void json_unsigned(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	put_decimal(j->out, false, value, 0);
}

void json_number(struct json *j, const char *key, double value)
{
	char text[40];

	begin_value(j, key);
	if (!isfinite(value))
		value = 0;
	snprintf(text, sizeof(text), "%.9g", value);
	fputs(text, j->out);
	/* 3 would be read back as an integer by typed readers. */
	if (!strpbrk(text, ".e"))
		fputs(".0", j->out);
}

void json_seconds(struct json *j, const char *key, int64_t time_ns)
{
	uint64_t ns = time_ns < 0 ? 0 - (uint64_t)time_ns : (uint64_t)time_ns;

	begin_value(j, key);
	fprintf(j->out, "%s%" PRIu64 ".%09" PRIu64, time_ns < 0 ? "-" : "",
		ns / 1000000000, ns % 1000000000);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin_value(j, key);
	fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key)
{
	begin_value(j, key);
	fputs("null", j->out);
}
