#include "tools/core/temporary.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int open_in(const char *folder)
{
	char *path;
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	/* Not every file system can do that. */
	if (fd >= 0 || asprintf(&path, "%s/ptf.XXXXXX", folder) < 0)
		return fd;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	free(path);
	return fd;
}

int temporary_open(const char **folder)
{
	const char *asked = getenv("TMPDIR");
	int fd;

	*folder = asked && *asked ? asked : "/var/tmp";
	fd = open_in(*folder);
	if (fd >= 0 || *folder == asked)
		return fd;
	/* It may be memory; it comes last. */
	*folder = "/tmp";
	return open_in(*folder);
}
