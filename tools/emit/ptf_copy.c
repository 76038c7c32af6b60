/* pconv --to ptf: a trace again, whole, in part, or fit for strangers. */
#include <inttypes.h>

#include "tools/cli/message.h"
#include "tools/core/rewrite.h"
#include "tools/core/strip.h"
#include "tools/emit/emit.h"
#include "tools/emit/registry.h"

static int write_ptf(FILE *out, const struct profile *p,
	const struct emit_options *options, struct ptf_error *err)
{
	struct ptf_error unwanted;
	int rc = rewrite(p, options->strip, fileno(out), err ? err : &unwanted);

	if (rc == 0 && p->sources.count &&
		(options->strip & (STRIP_HOSTS | STRIP_PATHS)) &&
		!(options->strip & STRIP_SOURCES))
		message_note("",
			"source texts are kept as they are, with any name that is in "
			"them; --strip sources takes them out");
	for (size_t i = 0; rc == 0 && i < p->inputs.count; i++)
		if (p->inputs.item[i].features_compatible)
			message_note(p->inputs.item[i].path,
				"features that this version does not know are left out "
				"(0x%" PRIx64 ")",
				p->inputs.item[i].features_compatible);
	return rc;
}

const struct emit_format emit_ptf = {
	.name = "ptf",
	.suffix = ".ptf",
	.description = "a trace again: in large blocks, a part of it, or stripped",
	.is_binary = true,
	.options = EMIT_OPTION_STRIP,
	.write = write_ptf,
};
