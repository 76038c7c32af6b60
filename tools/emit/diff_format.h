/*
 * Forms that a diff is written in. Each is one file here that exports one const
 * struct diff_format, and one line in diff_format.c.
 */
#ifndef TOOLS_EMIT_DIFF_FORMAT_H
#define TOOLS_EMIT_DIFF_FORMAT_H

#include <stdio.h>

#include "tools/cli/terminal.h"
#include "tools/core/diff_facts.h"
#include "tools/core/diff_gate.h"
#include "tools/core/diff_memory.h"

struct diff_print {
	const struct diff *d;
	const struct diff_facts *facts;
	const struct gate *gate; /* NULL = not asked for */
	const struct diff_memory *memory;
	bool is_forced;   /* refusals were overruled */
	double min_share; /* of all: what is smaller is left out */
	struct terminal terminal;
};

struct diff_format {
	const char *name;
	const char *suffix; /* of files */
	const char *description;
	unsigned views;    /* bits 1 << enum diff_view that it needs, or 0 */
	bool tells_memory; /* besides time */
	/* Errors of writing show at the end, in the file's error flag. */
	void (*write)(FILE *out, const struct diff_print *print);
};

extern const struct diff_format diff_table, diff_json, diff_markdown, diff_junit,
	diff_folded, diff_html;

/* NULL past the last. The first is what is written when nothing is said. */
const struct diff_format *diff_format_at(size_t index);
/* By name, or by the suffix of a file name; NULL when there is none. */
const struct diff_format *diff_format_named(const char *name);
const struct diff_format *diff_format_of_file(const char *path);

/* For people, and the same each time. */
void diff_self_check_print(FILE *out, const struct terminal *terminal,
	const struct diff *d, const struct diff_self_check *check);

#endif
