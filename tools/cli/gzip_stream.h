/*
 * gzip while writing: what goes in comes out of `zcat`.
 *
 *     gzip_begin(&gzip, out);
 *     gzip_write(&gzip, data, size);
 *     gzip_end(&gzip);
 *
 * Holds less than half a megabyte. Errors of writing show in the file's error
 * flag.
 */
#ifndef TOOLS_CLI_GZIP_STREAM_H
#define TOOLS_CLI_GZIP_STREAM_H

#include <stddef.h>
#include <stdio.h>

struct gzip_stream {
	FILE *out;
	struct gzip_state *state;
};

void gzip_begin(struct gzip_stream *gzip, FILE *out);
void gzip_write(struct gzip_stream *gzip, const void *data, size_t size);
void gzip_end(struct gzip_stream *gzip);

#endif
