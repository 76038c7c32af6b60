/* The limit of descriptors; see descriptors.h. */
#include "recorder/descriptors.h"

#include <sys/resource.h>

void descriptors_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

bool descriptors_may_keep(int fd)
{
	struct rlimit limit;

	return fd >= 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
		(rlim_t)fd < limit.rlim_cur / 4 * 3;
}
