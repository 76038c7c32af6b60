/* Finding the next sound place after damage. */
#ifndef PTF_FORMAT_SALVAGE_H
#define PTF_FORMAT_SALVAGE_H

#include "format/frames.h"

enum ptf_found {
	PTF_FOUND_NOTHING,
	PTF_FOUND_HEADER, /* a section begins there */
	PTF_FOUND_FRAME,  /* a data frame whose checksum is right */
};

/*
 * Looks in [from, end) for either; *found says what stands at *offset.
 * A negative error is one of the system or of memory.
 */
int ptf_salvage_find(struct ptf_frames *f, uint64_t from, uint64_t end,
	enum ptf_found *found, uint64_t *offset, struct ptf_error *err);

#endif
