/*
 * Scripts that stand for a Python interpreter, as version managers put them into
 * PATH: a shim of pyenv starts dozens of processes before the program begins. Such
 * a script is asked which interpreter it leads to, and that is recorded.
 */
#ifndef PREC_WRAPPER_H
#define PREC_WRAPPER_H

#include <stdbool.h>

/* How the script starts the interpreter; all of it on the heap. */
struct wrapped {
	char *executable;
	char **words;       /* the interpreter's name and options; NULL-terminated */
	char **environment; /* NULL-terminated */
	char *storage;      /* of the words and the environment */
};

/*
 * Whether the script leads to an interpreter that can be started in its place: it
 * becomes one within a few seconds, in this folder, by an exec in its last line. Any
 * other, as one that goes on behind its interpreter to clean up, is run as it is.
 */
bool wrapper_follow(struct wrapped *wrapped, const char *script);

void wrapper_free(struct wrapped *wrapped);

#endif
