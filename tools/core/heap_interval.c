#include "tools/core/heap_interval.h"

static int64_t whole_number(struct ptf_text text)
{
	int64_t number = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || number > INT64_MAX / 20)
			return 0;
		number = 10 * number + (text.data[i] - '0');
	}
	return number;
}

int64_t heap_interval_bytes(const struct profile *p, const char *key)
{
	int64_t most = 0;

	for (size_t i = 0; i < p->sections.count; i++) {
		int64_t bytes = whole_number(
			profile_section_attribute(&p->sections.item[i], key));

		most = bytes > most ? bytes : most;
	}
	/* Of merged recordings. */
	for (uint32_t i = 1; i <= p->processes.count; i++) {
		int64_t bytes = whole_number(profile_process_attribute(p, i, key));

		most = bytes > most ? bytes : most;
	}
	return most;
}
