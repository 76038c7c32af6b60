/* The formats there are; each is defined in the file of its name. */
#ifndef TOOLS_EMIT_REGISTRY_H
#define TOOLS_EMIT_REGISTRY_H

#include "tools/emit/emit.h"

extern const struct emit_format emit_table;
extern const struct emit_format emit_json;
extern const struct emit_format emit_folded;
extern const struct emit_format emit_pprof;
extern const struct emit_format emit_html;
extern const struct emit_format emit_flamegraph;
extern const struct emit_format emit_perfetto;
extern const struct emit_format emit_chrome;
extern const struct emit_format emit_speedscope;
extern const struct emit_format emit_firefox;
extern const struct emit_format emit_csv;
extern const struct emit_format emit_ptf;

#endif
