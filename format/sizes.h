/* How many bytes each part of the Blocks takes. */
#ifndef PTF_FORMAT_SIZES_H
#define PTF_FORMAT_SIZES_H

#include <ptf/reader.h>

#include "format/codec.h"
#include "format/payload.h"

struct ptf_sizes;

struct ptf_sizes *ptf_sizes_create(void); /* NULL: out of memory */
void ptf_sizes_destroy(struct ptf_sizes *s);

/* Counts a Block; also compresses its parts where codec is given. */
void ptf_sizes_add(struct ptf_sizes *s, struct ptf_view block, struct ptf_codec *codec);

/* Largest first; lives until the next call. NULL: out of memory, or none. */
const struct ptf_size_part *ptf_sizes_list(struct ptf_sizes *s, size_t *count);

#endif
