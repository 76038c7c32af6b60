/* Versions of the toolkit and of the file format. */
#ifndef PTF_VERSION_H
#define PTF_VERSION_H

/* The one place that names the toolkit's version. */
#define PTF_VERSION_STRING "0.1.0"

/*
 * The file format. Readers accept every file of the same major version; a
 * higher minor version only adds what older readers may ignore.
 */
#define PTF_FORMAT_MAJOR 1
#define PTF_FORMAT_MINOR 0

#endif
