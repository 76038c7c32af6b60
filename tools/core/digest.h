/*
 * One number for the content of traces: equal content, equal digest.
 *
 * Content is what the records say once every id is replaced by what it stands
 * for. The digest does not depend on how rows are cut into Blocks, on the order
 * of definitions or of the ids, on how threads are interleaved, on the order of
 * sections or files, on hints for the coding, or on the format's version.
 * Definitions count where they are used; processes and threads always count.
 *
 * Every record is hashed (XXH3, 128 bits), and the hashes are added up, modulo
 * 2^128, within a section and then over sections. That needs no sorting, and
 * no memory that grows with the rows. It guards against mistakes, not against
 * someone who constructs another trace with the same digest.
 */
#ifndef TOOLS_CORE_DIGEST_H
#define TOOLS_CORE_DIGEST_H

#include <ptf/types.h>

struct digest;

struct digest *digest_new(void);
/* Every Block of every file, in the order of reading. */
void digest_block(struct digest *d, const struct ptf_block *block);
/* The end of a file: what follows belongs to another one. */
void digest_end_file(struct digest *d);
/* 32 hexadecimal digits and NUL; frees the digest. */
void digest_finish(struct digest *d, char text[33]);

#endif
