/* pinfo's ways to tell what is in a trace. */
#ifndef TOOLS_EMIT_INFO_H
#define TOOLS_EMIT_INFO_H

#include <stdio.h>

#include "tools/cli/terminal.h"
#include "tools/core/trace_info.h"

struct info_view {
	bool all; /* also long lists to their ends */
	struct terminal terminal;
};

void info_write_text(FILE *out, const struct trace_info *info,
	const struct info_view *view);
/* A few lines, for after a recording. 0, or negative as report_make_with_memory. */
int info_write_summary(FILE *out, const struct trace_info *info,
	const struct info_view *view, struct ptf_error *err);
/* The schema is in tools/README.md. */
void info_write_json(FILE *out, const struct trace_info *info);

/* For people: "-" is standard input. */
const char *info_file_name(const struct info_file *file);

#endif
