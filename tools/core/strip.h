/*
 * Taking from a trace what strangers should not see, Block by Block, so that what
 * is left is still of use and can be compared with others:
 *
 * sources  no source texts
 * args     no command lines: neither arguments nor run.command
 * hosts    hosts are "host-1", "host-2", ..., wherever their names stand; ids of
 *          boots are others, that tell boots of these inputs apart
 * paths    of files of the system all ("/usr/lib/libm.so.6"); of Python's library
 *          and installed packages what follows from its folder on
 *          ("/site-packages/numpy/linalg.py"), so that they still count as such;
 *          of what lies below the working directory or the program's folder the
 *          rest; else the last name. No two files become one. In other texts the
 *          same is done to whatever looks like an absolute path. No run.cwd.
 */
#ifndef TOOLS_CORE_STRIP_H
#define TOOLS_CORE_STRIP_H

#include "tools/core/profile.h"

enum strip_what {
	STRIP_SOURCES = 1 << 0,
	STRIP_ARGS = 1 << 1,
	STRIP_HOSTS = 1 << 2,
	STRIP_PATHS = 1 << 3,
};

/* "sources,args": adds bits; NULL, or what is wrong with the text. */
const char *strip_read(unsigned *what, const char *text);
/* The same the other way; at most STRIP_TEXT_SIZE bytes. */
#define STRIP_TEXT_SIZE 32
const char *strip_text(char *text, unsigned what);

struct strip;

/* The profile must be finished and outlive this. Its --map is done as well. */
struct strip *strip_new(const struct profile *p, unsigned what);
/* What is put into the Block lives until the next call. */
void strip_block(struct strip *s, struct ptf_block *block);
/* One text, as if it stood in a Block; lives until the next Block. */
struct ptf_text strip_one(struct strip *s, struct ptf_text text);
void strip_free(struct strip *s);

#endif
