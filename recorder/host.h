/* Facts about the machine and the run, as attributes of the section. */
#ifndef PREC_HOST_H
#define PREC_HOST_H

#include <ptf/types.h>

#define HOST_ATTRIBUTE_COUNT 16u

struct host {
	struct ptf_attribute item[HOST_ATTRIBUTE_COUNT];
	size_t count;
	char *value[HOST_ATTRIBUTE_COUNT]; /* heap */
};

/* Looks at the machine; keys are listed in FORMAT.md. */
void host_init(struct host *host);

/* Adds an attribute; the key is a literal, the value is copied. Without
   memory or room nothing is added. */
void host_add(struct host *host, const char *key, const char *value);

void host_finish(struct host *host);

#endif
