/*
 * Sections of one recording become one again, from a time on: what a dump of the
 * flight recorder is. What goes on over the seams (processes, threads, regions) is
 * one again; stacks, symbols and source texts are there once.
 *
 * It reads the sections as any reader would. Their resolution must be the same, and
 * their origins whole steps apart (section_go_on sees to it): then stamps stay what
 * they were.
 */
#ifndef PREC_REJOIN_H
#define PREC_REJOIN_H

#include <stdint.h>

#include <ptf/ptf.h>

struct rejoin;

/*
 * Into a section on fd. Its time 0 is cut_ns of CLOCK_MONOTONIC, or the first
 * section's if that is later. NULL when memory is out.
 */
struct rejoin *rejoin_new(int fd, uint64_t cut_ns);

/*
 * Adds the section at path, the next in time; seam_ns of CLOCK_MONOTONIC is where it
 * ends and another begins, 0 = it is the last. 0 or an error.
 */
int rejoin_add(struct rejoin *join, const char *path, uint64_t seam_ns,
	struct ptf_error *err);

/* Ends the section and frees join, whatever happens. 0 or an error. */
int rejoin_end(struct rejoin *join, struct ptf_error *err);

/* Frees it without an end. */
void rejoin_free(struct rejoin *join);

#endif
