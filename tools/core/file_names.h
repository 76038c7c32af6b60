/* What people call the files of a report. */
#ifndef TOOLS_CORE_FILE_NAMES_H
#define TOOLS_CORE_FILE_NAMES_H

#include "tools/core/path_roots.h"
#include "tools/core/report.h"

/* All zero is without names. */
struct file_names {
	struct path_roots roots;
	struct intern names; /* of own files below a root */
	VEC(uint32_t) count; /* [id of names] how many files have it */
};

void file_names_find(struct file_names *names, const struct profile *p,
	const struct report *r);
void file_names_free(struct file_names *names);

/*
 * Files of the user are named as seen from the program or from where it ran, if that
 * tells them apart; of libraries one may want to know where they are.
 */
struct ptf_text file_name(const struct file_names *names, const struct profile *p,
	const struct report_file *f);

#endif
