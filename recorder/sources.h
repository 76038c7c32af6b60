/*
 * Source texts: kept as they were when first seen.
 */
#ifndef PREC_SOURCES_H
#define PREC_SOURCES_H

#include <stdint.h>

#include "recorder/idmap.h"

struct recording;

struct sources {
	struct idmap seen;          /* string id of a path -> 1 */
	uint64_t start_realtime_ns; /* a later change of a file is told */
};

/* Of a larger file the first bytes and the hash of the whole are kept. */
#define SOURCE_BYTES_MAX (1u << 20)

/*
 * A function lies in this file: its text is written with the next Block, once.
 * cwd is where a relative path begins, NULL = nobody knows.
 * Names that are no file ("<string>", "<frozen ...>") have no text.
 */
void sources_want(struct recording *r, uint32_t file, const char *path, const char *cwd);

void sources_finish(struct sources *sources);

#endif
