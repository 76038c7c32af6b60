/* A file that a trace is written into. */
#ifndef PREC_OUTPUT_FILE_H
#define PREC_OUTPUT_FILE_H

#include <stdbool.h>

struct output_file {
	const char *path; /* borrowed; "-" = standard output */
	int fd;           /* -1 = not open */
	bool is_locked;   /* one that we opened by its name, and nobody else writes */
	bool is_ours;     /* made by us */
};

/*
 * Opens or makes it; what is in it stays until output_file_empty. Refuses a
 * terminal, a file that is no trace (a script named by mistake must not be lost),
 * and one that another prec writes. 0, or -1 after a complaint.
 */
int output_file_open(struct output_file *file, const char *path);

/* Something will be written: what was there is lost. */
void output_file_empty(struct output_file *file);

/* Nothing was written: one that we made is gone again. */
void output_file_drop(struct output_file *file);

/* 0, or -1 after a complaint. */
int output_file_close(struct output_file *file);

/* Whether there is a file of this name that is no trace; and what is said of it. */
#define OUTPUT_FILE_FOREIGN "%s: this file is no trace, and is not overwritten"
bool output_file_is_foreign(const char *path);

#endif
