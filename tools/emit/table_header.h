/* What stands above the tables of lines, in sentences. */
#ifndef TOOLS_EMIT_TABLE_HEADER_H
#define TOOLS_EMIT_TABLE_HEADER_H

#include "tools/emit/emit.h"

/* What is counted in the tables that follow. */
struct table_scope {
	bool cpu_only, one_thread;
	bool has_unknown; /* a column of it */
};

/* A paragraph as wide as the terminal. */
void table_prose(FILE *out, const struct terminal *terminal, const char *text);

/* What was recorded: command, when, where, how much. */
void table_header(FILE *out, const struct profile *p, const struct terminal *terminal);

/* What 100 % is, and what the columns are; a person must not have to guess. */
void table_basis(FILE *out, const struct emit_options *options,
	const struct report *report, struct table_scope scope);

#endif
