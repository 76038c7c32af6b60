#include "tools/core/spool_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/core/temporary.h"

/* PTF_ERR_IO, with the system's reason. */
static int refuse(const struct spool_file *file, struct ptf_error *err)
{
	struct ptf_error error = {.code = PTF_ERR_IO, .os_errno = errno};

	snprintf(error.message, sizeof(error.message), "temporary file in %.100s: %.100s",
		file->folder, strerror(errno));
	if (err)
		*err = error;
	return error.code;
}

int spool_file_open(struct spool_file *file, struct ptf_error *err)
{
	*file = (struct spool_file){0};
	file->fd = temporary_open(&file->folder);
	return file->fd < 0 ? refuse(file, err) : 0;
}

void spool_file_put(struct spool_file *file, uint64_t at, const void *data, size_t size)
{
	const char *bytes = data;

	while (size && !file->failed.code) {
		ssize_t n = pwrite(file->fd, bytes, size, (off_t)at);

		if (n < 0 && errno != EINTR)
			refuse(file, &file->failed);
		if (n <= 0)
			continue;
		bytes += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
}

int spool_file_settle(const struct spool_file *file, struct ptf_error *err)
{
	if (file->failed.code && err)
		*err = file->failed;
	return file->failed.code;
}

int spool_file_get(const struct spool_file *file, uint64_t at, void *data, size_t size,
	struct ptf_error *err)
{
	char *bytes = data;

	while (size) {
		ssize_t n = pread(file->fd, bytes, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return refuse(file, err);
		bytes += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

void spool_file_close(struct spool_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}
