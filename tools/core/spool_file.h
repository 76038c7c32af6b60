/*
 * A temporary file (temporary.h) that is written first and read then. Failures to
 * write are remembered until it is read.
 */
#ifndef TOOLS_CORE_SPOOL_FILE_H
#define TOOLS_CORE_SPOOL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <ptf/error.h>

struct spool_file {
	int fd;
	const char *folder;
	struct ptf_error failed; /* the first failure to write; code 0 = none */
};

/* 0, or negative when there can be none; then fd is -1. */
int spool_file_open(struct spool_file *file, struct ptf_error *err);
void spool_file_put(struct spool_file *file, uint64_t at, const void *data, size_t size);
/* 0, or negative when something could not be written (a full disk). */
int spool_file_settle(const struct spool_file *file, struct ptf_error *err);
int spool_file_get(const struct spool_file *file, uint64_t at, void *data, size_t size,
	struct ptf_error *err);
/* Also one whose fd is -1. */
void spool_file_close(struct spool_file *file);

#endif
