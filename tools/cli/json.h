/*
 * A JSON writer that holds nothing but its nesting.
 *
 *     json_begin(&j, out);
 *     json_object(&j, NULL);                 {
 *     json_string(&j, "name", "walk", 4);      "name": "walk",
 *     json_array(&j, "lines");                 "lines": [
 *     json_integer(&j, NULL, 12);                12
 *     json_end(&j);                            ]
 *     json_end(&j);                          }
 *     json_finish(&j);
 *
 * Keys are literals of the program; NULL inside arrays and at the top. The
 * result is always valid: strings become UTF-8 (what is not is replaced by
 * U+FFFD), infinities and NaN become 0, and "<", ">" and "&" are written as
 * \u003c and so on, so that it may stand inside an HTML page or
 * XML.
 */
#ifndef TOOLS_CLI_JSON_H
#define TOOLS_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 32

struct json {
	FILE *out;
	unsigned depth;
	bool is_array[JSON_DEPTH_MAX];
	bool has_items[JSON_DEPTH_MAX];
	bool is_inline[JSON_DEPTH_MAX]; /* all on one line */
};

void json_begin(struct json *j, FILE *out);
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
/* An object or array whose items stand on one line. */
void json_inline_object(struct json *j, const char *key);
void json_inline_array(struct json *j, const char *key);
void json_end(struct json *j);
void json_finish(struct json *j);

void json_string(struct json *j, const char *key, const char *text, size_t size);
void json_literal(struct json *j, const char *key, const char *text); /* NUL-terminated */
void json_integer(struct json *j, const char *key, int64_t value);
void json_unsigned(struct json *j, const char *key, uint64_t value);
void json_number(struct json *j, const char *key, double value);
/* value / 10^decimals, exact and as short as it can be: 6 for ns as milliseconds. */
void json_decimal(struct json *j, const char *key, int64_t value, unsigned decimals);
/* Nanoseconds as seconds, with every digit: never what looks like an integer. */
void json_seconds(struct json *j, const char *key, int64_t time_ns);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/* A key that is data (a path) for the next value, which is given key NULL. */
void json_key(struct json *j, const char *text, size_t size);

#endif
