/* Facts about the machine; see host.h. */
#include "recorder/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

void host_add(struct host *host, const char *key, const char *value)
{
	if (host->count == HOST_ATTRIBUTE_COUNT || !value || !*value)
		return;
	char *copy = strdup(value);
	if (!copy)
		return;
	host->value[host->count] = copy;
	host->item[host->count++] =
		(struct ptf_attribute){{key, strlen(key)}, {copy, strlen(copy)}};
}

/* The value of the first line "name : value" of /proc/cpuinfo. */
static void add_cpu_model(struct host *host)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return;
	while (getline(&line, &size, file) > 0) {
		char *colon = strchr(line, ':');
		if (!strncmp(line, "model name", 10) && colon) {
			colon[strcspn(colon, "\n")] = '\0';
			host_add(host, "host.cpu_model", colon + 2);
			break;
		}
	}
	free(line);
	fclose(file);
}

void host_init(struct host *host)
{
	struct utsname system;
	char number[32];

	*host = (struct host){0};
	if (uname(&system) == 0) {
		host_add(host, "host.name", system.nodename);
		host_add(host, "host.kernel", system.release);
		host_add(host, "host.arch", system.machine);
	}
	add_cpu_model(host);
	snprintf(number, sizeof number, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	host_add(host, "host.cpu_count", number);
}

void host_finish(struct host *host)
{
	for (size_t i = 0; i < host->count; i++)
		free(host->value[i]);
	host->count = 0;
}
