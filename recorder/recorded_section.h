/*
 * The section of the trace that is being written, with all that has ids in it.
 *
 * A recording is one section, or, with --rotate and --last, many: one ends where
 * the next begins, so that each can be read alone, and together they say what one
 * would have said. Ids mean something in their section only: what keeps one is
 * here, or is given up at the seam (the functions named *_enter_section). All else
 * of a recording keeps texts and addresses.
 */
#ifndef PREC_RECORDED_SECTION_H
#define PREC_RECORDED_SECTION_H

#include <stdint.h>

#include <ptf/ptf.h>

#include "recorder/gauges.h"
#include "recorder/idmap.h"
#include "recorder/memory/memory_rows.h"
#include "recorder/symbolize.h"

struct recording;

/* Between readings of the clocks. */
#define SECTION_CLOCK_INTERVAL_NS 60000000000

struct recorded_section {
	struct ptf_writer *writer; /* NULL = complete */
	uint64_t origin_ns;        /* CLOCK_MONOTONIC of its time 0 */
	uint64_t end_ns;           /* 0 = not left yet */
	uint64_t clock_ns;         /* of the last clock reading that was written */
	struct idmap process_ids;  /* number -> id, of all so far */
	struct idmap modules;      /* hash of a path -> module */
	struct idmap sources_seen; /* string id of a path -> 1 */
	struct native_frames native_frames; /* to be symbolized */
	/* 0 = not defined yet */
	uint32_t gauge_metric[GAUGE_COUNT], memory_metric[MEMORY_USE_COUNT];
	uint32_t unsampled_node, elided_frame, unknown_frame;
};

/* The step of its stamps. */
uint64_t section_resolution_ns(const struct recording *r);

/* Begins one on fd, with its time 0 at r->section.origin_ns: host, run, clock. */
void section_begin(struct recording *r, int fd);

/* A reading of the clocks, when one is due. */
void section_poll_clock(struct recording *r, uint64_t now_ns);

/*
 * The recording goes on in another section, on fd, from now on. All rows so far
 * are in the one that it leaves, which becomes the caller's, to be completed at
 * once or later. Rings must have been drained just before.
 */
struct recorded_section section_go_on(struct recording *r, int fd);

/* The last rows are there: losses, clock. */
void section_leave(struct recording *r, uint64_t end_ns);

/*
 * Writes names, end and index of a section that was left; its fd must still be
 * open. A failure is one of the recording. May be called again, without effect.
 */
void section_complete(struct recording *r, struct recorded_section *section);

/* Frees it, whole or not. */
void section_finish(struct recorded_section *section);

#endif
