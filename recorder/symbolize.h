/*
 * Names of places in native code, looked up at the end of a recording.
 * Only the mapped files themselves are read: nothing is downloaded.
 */
#ifndef PREC_SYMBOLIZE_H
#define PREC_SYMBOLIZE_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/idmap.h"

struct recording;

struct native_frame {
	uint32_t frame; /* in the trace */
	uint32_t path;  /* place in native_frames.path */
	uint64_t file_offset;
};

struct native_frames {
	struct native_frame *item;
	size_t count, capacity;
	char **path; /* of the files, heap */
	size_t path_count;
	struct idmap known; /* frame -> 1 */
};

/* Remembers a frame, once; 0, or -1 when memory is out. */
int native_frames_add(struct native_frames *frames, uint32_t frame, const char *path,
	uint64_t file_offset);
void native_frames_finish(struct native_frames *frames);

/* Writes Symbol facts for all of them that have a symbol. */
void symbolize(struct recording *r);

#endif
