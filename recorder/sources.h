/*
 * Source texts: kept as they were when first seen.
 */
#ifndef PREC_SOURCES_H
#define PREC_SOURCES_H

#include <stdint.h>

struct recording;

/* Of a larger file the first bytes and the hash of the whole are kept. */
#define SOURCE_BYTES_MAX (1u << 20)

/*
 * A function lies in this file: its text is written with the next Block, once
 * in a section.
 * cwd is where a relative path begins, NULL = nobody knows.
 * Names that are no file ("<string>", "<frozen ...>") have no text.
 */
void sources_want(struct recording *r, uint32_t file, const char *path, const char *cwd);

#endif
