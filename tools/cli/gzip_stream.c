#include "tools/cli/gzip_stream.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tools/cli/message.h"

#define BUFFER_SIZE 65536

/* Small pieces are collected: deflate() has a price for each call. */
struct gzip_state {
	z_stream z;
	size_t in_count;
	unsigned char in[BUFFER_SIZE], out[BUFFER_SIZE];
};

static void deflate_collected(struct gzip_stream *gzip, int flush)
{
	struct gzip_state *s = gzip->state;

	s->z.next_in = s->in;
	s->z.avail_in = (uInt)s->in_count;
	do {
		s->z.next_out = s->out;
		s->z.avail_out = sizeof(s->out);
		deflate(&s->z, flush);
		fwrite(s->out, 1, sizeof(s->out) - s->z.avail_out, gzip->out);
	} while (s->z.avail_out == 0);
	s->in_count = 0;
}

void gzip_begin(struct gzip_stream *gzip, FILE *out)
{
	/* 15 bits of window, 16 = with gzip's header: no name, no time of day. */
	enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };

	gzip->out = out;
	gzip->state = calloc(1, sizeof(*gzip->state));
	if (!gzip->state ||
		deflateInit2(&gzip->state->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
			GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		message_error("", "out of memory");
		exit(EXIT_FAILURE);
	}
}

void gzip_write(struct gzip_stream *gzip, const void *data, size_t size)
{
	struct gzip_state *s = gzip->state;
	const unsigned char *from = data;

	while (size > 0) {
		size_t part = BUFFER_SIZE - s->in_count;

		if (part > size)
			part = size;
		memcpy(s->in + s->in_count, from, part);
		s->in_count += part;
		from += part;
		size -= part;
		if (s->in_count == BUFFER_SIZE)
			deflate_collected(gzip, Z_NO_FLUSH);
	}
}

void gzip_end(struct gzip_stream *gzip)
{
	deflate_collected(gzip, Z_FINISH);
	deflateEnd(&gzip->state->z);
	free(gzip->state);
	gzip->state = NULL;
}
