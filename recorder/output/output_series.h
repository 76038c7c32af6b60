/*
 * Names of traces that follow each other: svc.0001.ptf, svc.0002.ptf, ...
 *
 * Numbers go on where those that are there end, so that a service that is started
 * again does not overwrite what tells why it had to be.
 */
#ifndef PREC_OUTPUT_SERIES_H
#define PREC_OUTPUT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

struct output_series {
	char *before, *after; /* of the number; heap */
};

/*
 * Of a pattern as output_name.h has it, in which %n stands for the number; without
 * a %n it comes before the suffix. 0, or -1 after a complaint, the user's fault.
 */
int output_series_init(struct output_series *series, const char *pattern);

/* Of a plain name, in which a % is one. */
int output_series_init_plain(struct output_series *series, const char *name);

/* On the heap; NULL when memory is out. */
char *output_series_name(const struct output_series *series, uint32_t number);

/* The highest number that is in use; 0 = none. */
uint32_t output_series_last(const struct output_series *series);

/* Removes the traces with numbers up to this one. */
void output_series_remove(const struct output_series *series, uint32_t last_number);

void output_series_finish(struct output_series *series);

#endif
