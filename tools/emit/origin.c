#include "tools/emit/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ptf/version.h>

#include "tools/core/recordings.h"
#include "tools/core/texts.h"

const char origin_exporter[] = "ptf " PTF_VERSION_STRING;

void origin_facts(const struct profile *p,
	void (*fact)(void *context, const char *label, struct ptf_text text),
	void *context)
{
	static const struct {
		const char *key, *label;
	} shown[] = {
		{"host.name", "host"},
		{"host.cpu", "processor"},
		{"host.kernel", "kernel"},
		{"sampling.source", "sampling source"},
		{"sampling.rate_hz", "samples per second"},
		{"sampling.limits", "limits of the sampling"},
	};
	const struct profile_section *first = p->sections.count ? p->sections.item : NULL;
	char *command = profile_command(p);
	char *selected = p->selection ? selection_text(p->selection) : NULL;
	char more[32];

	if (*command)
		fact(context, "command", (struct ptf_text){command, strlen(command)});
	for (size_t i = 0; first && i < sizeof(shown) / sizeof(shown[0]); i++)
		for (size_t k = 0; k < first->attributes.count; k++) {
			const struct ptf_attribute *a = &first->attributes.item[k];

			if (text_is(a->key, shown[i].key))
				fact(context, shown[i].label, a->value);
		}
	if (recordings_count(p) > 1) {
		snprintf(more, sizeof(more), "%zu", recordings_count(p));
		fact(context, "recordings shown together",
			(struct ptf_text){more, strlen(more)});
	}
	if (selected && *selected)
		fact(context, "selected", (struct ptf_text){selected, strlen(selected)});
	free(command);
	free(selected);
}
