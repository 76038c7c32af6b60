/*
 * What a reader found wrong, each once, in order. Notes about the end of the
 * file are provisional: more may be appended while a recording runs.
 */
#ifndef PTF_FORMAT_NOTES_H
#define PTF_FORMAT_NOTES_H

#include <stddef.h>

#include <ptf/error.h>

struct ptf_notes {
	struct ptf_error **item;
	size_t count, capacity;
	size_t provisional; /* this many of the last ones */
	/* Withdrawn ones: pointers to them were given out. */
	struct ptf_error **withdrawn;
	size_t withdrawn_count, withdrawn_capacity;
};

/* Memory that is out loses a note, nothing else. */
void ptf_notes_add(struct ptf_notes *n, int code, uint64_t offset, const char *format,
	...) PTF_PRINTF(4, 5);
void ptf_notes_add_provisional(struct ptf_notes *n, int code, uint64_t offset,
	const char *format, ...) PTF_PRINTF(4, 5);

/* The file has grown, or is read again. */
void ptf_notes_withdraw_provisional(struct ptf_notes *n);
void ptf_notes_finish(struct ptf_notes *n);

#endif
