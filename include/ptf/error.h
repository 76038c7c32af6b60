/*
 * Errors of libptf.
 *
 * Every function that can fail returns 0 or a negative enum ptf_err, and
 * describes the failure in its last parameter, struct ptf_error *err, which
 * may be NULL. The library never prints, exits or aborts on what it reads.
 */
#ifndef PTF_ERROR_H
#define PTF_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include <ptf/export.h>

/* Name, pinned value, meaning. Values never change and are never reused. */
#define PTF_ERR_MAP(X)                                                                   \
	X(PTF_ERR_NOMEM, -1, "out of memory")                                            \
	X(PTF_ERR_IO, -2, "input/output error")                                          \
	X(PTF_ERR_USAGE, -3, "wrong use of the library")                                 \
	X(PTF_ERR_NOT_PTF, -4, "not a ptf trace")                                        \
	X(PTF_ERR_EMPTY, -5, "no data")                                                  \
	X(PTF_ERR_VERSION, -6, "made by a newer, incompatible format version")           \
	X(PTF_ERR_FEATURE, -7, "needs a feature this version does not know")             \
	X(PTF_ERR_CORRUPT, -8, "damaged data")                                           \
	X(PTF_ERR_LIMIT, -9, "a size is over the limit")                                 \
	X(PTF_ERR_TRUNCATED, -10, "cut short")

enum ptf_err {
#define PTF_ERR_ENUM(name, value, text) name = value,
	PTF_ERR_MAP(PTF_ERR_ENUM)
#undef PTF_ERR_ENUM
};

struct ptf_error {
	int code;          /* enum ptf_err, 0 = none */
	int os_errno;      /* errno where the system refused, else 0 */
	bool has_offset;   /* offset is meaningful */
	uint64_t offset;   /* byte of the file where the trouble begins */
	char message[256]; /* one line, no newline, without the file's name */
};

/* The meaning of a code in words; static, never NULL. */
PTF_API const char *ptf_err_text(int code);

#endif
