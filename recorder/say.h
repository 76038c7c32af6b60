/* What prec says on stderr: one line, "prec: ...". */
#ifndef PREC_SAY_H
#define PREC_SAY_H

#include <ptf/export.h>

/* A note that --quiet leaves out. */
void note(const char *format, ...) PTF_PRINTF(1, 2);

/* Something that went wrong; always shown. */
void complain(const char *format, ...) PTF_PRINTF(1, 2);

/* From now on notes are left out. */
void say_set_quiet(void);

#endif
