/*
 * The bytes of a trace: a file, memory, or standard input.
 *
 * Files are read with pread into a window, not mapped: a file that shrinks
 * under a mapping kills the reading program with SIGBUS, and a library cannot
 * catch that. The copy costs little beside the decompression, and memory stays
 * bounded whatever the size of the file.
 */
#ifndef PTF_FORMAT_INPUT_H
#define PTF_FORMAT_INPUT_H

#include <ptf/error.h>

#include "format/bytes.h"

struct ptf_input {
	int fd;        /* -1: all bytes are in memory */
	uint64_t size; /* as far as is known */
	struct ptf_view memory;
	struct ptf_buf window; /* part of the file, or all of a pipe */
	uint64_t window_offset;
};

/* "-" is standard input, which is read whole, as are pipes. */
int ptf_input_open(struct ptf_input *in, const char *path, struct ptf_error *err);
void ptf_input_open_memory(struct ptf_input *in, const void *data, size_t size);
void ptf_input_close(struct ptf_input *in);

/*
 * The bytes [offset, offset + want), fewer where the file ends; live until the
 * next call.
 */
int ptf_input_view(struct ptf_input *in, uint64_t offset, size_t want,
	struct ptf_view *out, struct ptf_error *err);

/* 1 when the file has grown since the last look. */
int ptf_input_refresh(struct ptf_input *in, struct ptf_error *err);

#endif
