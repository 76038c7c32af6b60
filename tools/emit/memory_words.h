/* What a program did with memory, in words that all views share. */
#ifndef TOOLS_EMIT_MEMORY_WORDS_H
#define TOOLS_EMIT_MEMORY_WORDS_H

#include "tools/core/heap.h"

#define MEMORY_WORDS_SIZE 384

/*
 * "peak 123 MiB (± 4 MiB), 1.30 GiB allocated, 45 % of it by Python, 12 MiB held at
 * the end, 300 MiB copied"; in ASCII with "+-". Returns its buffer.
 */
char *memory_words(char buffer[MEMORY_WORDS_SIZE], const struct heap *heap, bool unicode);

#endif
