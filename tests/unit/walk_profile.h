/* The Blocks of walk_blocks.h as a finished profile, and as formats. */
#ifndef TESTS_UNIT_WALK_PROFILE_H
#define TESTS_UNIT_WALK_PROFILE_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/walk_blocks.h"
#include "tools/core/profile.h"
#include "tools/emit/emit.h"

static inline struct profile *walk_profile(void)
{
	struct profile *p = profile_new();
	struct profile_feed *feed = profile_feed_new(p, "walk.ptf");

	for (int i = 0; i < WALK_BLOCK_COUNT; i++)
		profile_feed_block(feed, &walk_blocks[i]);
	profile_feed_free(feed);
	profile_finish(p);
	return p;
}

static inline char *walk_as(const char *format, const struct emit_options *options)
{
	struct profile *p = walk_profile();
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	emit_format_named(format)->write(out, p, options);
	fclose(out);
	profile_free(p);
	return text;
}

#endif
