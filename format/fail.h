/* Filling in struct ptf_error. */
#ifndef PTF_FORMAT_FAIL_H
#define PTF_FORMAT_FAIL_H

#include <ptf/error.h>

/*
 * Sets *err (which may be NULL) and returns code, so that a failure is one
 * statement: return ptf_fail(err, PTF_ERR_LIMIT, "...").
 */
int ptf_fail(struct ptf_error *err, int code, const char *format, ...) PTF_PRINTF(3, 4);

/* The same with the byte of the file where the trouble begins. */
int ptf_fail_at(struct ptf_error *err, int code, uint64_t offset, const char *format, ...)
	PTF_PRINTF(4, 5);

/* PTF_ERR_IO for errno, "what: strerror". */
int ptf_fail_errno(struct ptf_error *err, const char *what);

/* PTF_ERR_NOMEM. */
int ptf_fail_nomem(struct ptf_error *err);

#endif
