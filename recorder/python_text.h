/* Characters of Python's str objects, as UTF-8. */
#ifndef PREC_PYTHON_TEXT_H
#define PREC_PYTHON_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * size_bytes bytes of characters of kind bytes each (1 = Latin-1, 2, 4;
 * 0 = ASCII), as NUL-terminated UTF-8 on the heap; NULL = out of memory.
 * Surrogates that stand for undecodable bytes of file names (PEP 383) become
 * these bytes again; other code points that are none become U+FFFD.
 */
char *text_to_utf8(const void *characters, size_t size_bytes, unsigned kind);

#endif
