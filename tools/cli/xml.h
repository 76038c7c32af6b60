/*
 * Text inside XML, as the content of an element or in a quoted attribute.
 *
 * Whatever the bytes are, the document stays well-formed and the text text:
 * markup is escaped, and U+FFFD stands for what XML cannot hold (most control
 * characters, bytes that are not UTF-8).
 */
#ifndef TOOLS_CLI_XML_H
#define TOOLS_CLI_XML_H

#include <stddef.h>
#include <stdio.h>

void xml_text(FILE *out, const char *text, size_t size);

#endif
