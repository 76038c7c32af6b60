/* Descriptors of prec: some are kept of every thread, as far as limits allow. */
#ifndef PREC_DESCRIPTORS_H
#define PREC_DESCRIPTORS_H

#include <stdbool.h>

/* As many as the system allows us; the program keeps its own limit. */
void descriptors_raise_limit(void);

/*
 * Whether one may be kept for long: the last quarter of the range is for what
 * is opened and closed again. fd < 0 may not.
 */
bool descriptors_may_keep(int fd);

#endif
