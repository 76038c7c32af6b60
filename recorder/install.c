/* Finding the parts of the installation; see install.h. */
#include "recorder/install.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int install_find(char *path, size_t size, const char *relative)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

	self[length > 0 ? length : 0] = '\0';
	/* Twice up: the program's name, then bin. */
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
	}
	int written = snprintf(path, size, "%s/%s", self, relative);
	return written > 0 && (size_t)written < size && access(path, R_OK) == 0 ? 0 : -1;
}
