/* pinfo --dump: every record of a trace as one line of text, in file order. */
#ifndef TOOLS_EMIT_DUMP_H
#define TOOLS_EMIT_DUMP_H

#include <stdio.h>

#include <ptf/types.h>

struct dump;

struct dump *dump_new(FILE *out);
void dump_block(struct dump *d, const struct ptf_block *block);
void dump_free(struct dump *d);

#endif
