#include "recorder/output/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ptf/ptf.h>

#include "recorder/say.h"

bool output_file_is_foreign(const char *path)
{
	struct stat status;
	struct ptf_reader *reader = NULL;
	struct ptf_error err;

	if (stat(path, &status) != 0 || status.st_size == 0)
		return false;
	int rc = ptf_reader_open(&reader, path, NULL, &err);
	ptf_reader_close(reader);
	return rc == PTF_ERR_NOT_PTF || rc == PTF_ERR_IO;
}

static int check(struct output_file *file, const char *path)
{
	struct stat status;

	if (file->fd < 0 || fstat(file->fd, &status) != 0) {
		complain("%s: %s", path, strerror(errno));
		return -1;
	}
	if (isatty(file->fd)) {
		complain("%s: a trace is not written to a terminal", path);
		return -1;
	}
	/* What a shell opened for us (> or >>) is its business. */
	if (!strcmp(path, "-") || !S_ISREG(status.st_mode))
		return 0;
	file->is_locked = true;
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0) {
		complain("%s: another prec is writing it; give another name with -o",
			path);
		return -1;
	}
	if (output_file_is_foreign(path)) {
		complain(OUTPUT_FILE_FOREIGN, path);
		return -1;
	}
	return 0;
}

int output_file_open(struct output_file *file, const char *path)
{
	*file = (struct output_file){.path = path, .fd = -1};
	if (!strcmp(path, "-")) {
		file->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		file->fd = open(path, O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, 0666);
		file->is_ours = file->fd >= 0;
		if (file->fd < 0 && errno == EEXIST)
			file->fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	if (check(file, path) == 0)
		return 0;
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	return -1;
}

void output_file_empty(struct output_file *file)
{
	if (file->is_locked && ftruncate(file->fd, 0) != 0)
		complain("%s: %s", file->path, strerror(errno));
}

void output_file_drop(struct output_file *file)
{
	if (file->is_ours)
		unlink(file->path);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

int output_file_close(struct output_file *file)
{
	int rc = file->fd >= 0 ? close(file->fd) : 0;

	file->fd = -1;
	if (rc != 0)
		complain("%s: %s", file->path, strerror(errno));
	return rc;
}
