/* Where the parts of an installation lie, relative to prec itself. */
#ifndef PREC_INSTALL_H
#define PREC_INSTALL_H

#include <stddef.h>

/*
 * The path of a file below the folder that holds bin/prec, for instance
 * "bin/pinfo". 0, or -1 when it is not there; path is filled in anyway.
 */
int install_find(char *path, size_t size, const char *relative);

#endif
