/* A diff as JSON, by itself or inside of a page. */
#ifndef TOOLS_EMIT_DIFF_JSON_H
#define TOOLS_EMIT_DIFF_JSON_H

#include "tools/cli/json.h"
#include "tools/emit/diff_format.h"

void diff_put_json(struct json *j, const char *key, const struct diff_print *print);

#endif
