#include "tools/cli/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "tools/cli/text.h"

static void put_string(FILE *out, const char *text, size_t size)
{
	fputc('"', out);
	for (size_t i = 0; i < size;) {
		uint32_t c;
		size_t length = text_decode(text + i, size - i, &c);

		if (length == 0) {
			fputs("\\ufffd", out);
			length = 1;
		} else if (c == '"' || c == '\\') {
			fprintf(out, "\\%c", (char)c);
		} else if (c == '\n') {
			fputs("\\n", out);
		} else if (c == '\t') {
			fputs("\\t", out);
		} else if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&' ||
			c == 0x2028 || c == 0x2029 || c == 0xfffe || c == 0xffff) {
			fprintf(out, "\\u%04x", c);
		} else {
			fwrite(text + i, 1, length, out);
		}
		i += length;
	}
	fputc('"', out);
}

static void separate(struct json *j)
{
	if (j->depth == 0)
		return;
	if (j->has_items[j->depth - 1])
		fputc(',', j->out);
	if (!j->is_inline[j->depth - 1])
		fprintf(j->out, "\n%*s", (int)j->depth, "");
	else if (j->has_items[j->depth - 1])
		fputc(' ', j->out);
	j->has_items[j->depth - 1] = true;
}

void json_key(struct json *j, const char *text, size_t size)
{
	separate(j);
	put_string(j->out, text, size);
	fputs(": ", j->out);
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
	fputc(is_array ? '[' : '{', j->out);
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
		fprintf(j->out, "\n%*s", (int)j->depth, "");
	fputc(j->is_array[j->depth] ? ']' : '}', j->out);
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

void json_integer(struct json *j, const char *key, int64_t value)
{
	begin_value(j, key);
	fprintf(j->out, "%" PRId64, value);
}

void json_unsigned(struct json *j, const char *key, uint64_t value)
{
	begin_value(j, key);
	fprintf(j->out, "%" PRIu64, value);
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
