/*
 * What a reader knows about the section it is in, and the checks that rest on
 * it: every id in every Block is one that has been defined, so that users may
 * index arrays with ids.
 */
#ifndef PTF_FORMAT_SECTION_H
#define PTF_FORMAT_SECTION_H

#include <ptf/error.h>
#include <ptf/types.h>

#include "format/arena.h"
#include "format/payload.h"

/* Ids of lost Definitions that may be made up for, in one Block. */
#define PTF_LOST_IDS_MAX (UINT32_C(1) << 20)

struct ptf_section {
	bool has_start;  /* its SectionStart was read, so that Blocks mean something */
	bool is_refused; /* its version or features are not ours */
	struct ptf_samples_context samples;

	/* Highest id defined of each list. */
	uint32_t strings, modules, functions, frames, nodes, metrics, classes, kinds,
		label_sets, processes, threads;
	uint32_t *first_lines; /* of functions */
	size_t first_line_capacity;
	struct ptf_kind *kind; /* of kind id - 1 */
	size_t kind_capacity;

	uint64_t block_count, sample_count; /* read, before any was dropped */
	bool has_end;
};

/* Forgets everything, as at the start of a section. */
void ptf_section_reset(struct ptf_section *s);
void ptf_section_finish(struct ptf_section *s);

/* SectionStart: PTF_ERR_VERSION, PTF_ERR_FEATURE, PTF_ERR_CORRUPT. */
int ptf_section_begin(struct ptf_section *s, const struct ptf_section_start *start,
	struct ptf_error *err);

/*
 * Does the Block start above the next free ids, so that definitions before it
 * were lost? 1 with a *lost Block that stands in for them (in the arena), 0 if
 * nothing is missing, PTF_ERR_LIMIT when too much is, PTF_ERR_CORRUPT when it
 * defines again what is defined.
 */
int ptf_section_lost(const struct ptf_section *s, const struct ptf_definitions *d,
	struct ptf_arena *arena, struct ptf_definitions *lost, struct ptf_error *err);

/* Checks what the Block refers to and takes in its ids. */
int ptf_section_define(struct ptf_section *s, const struct ptf_definitions *d,
	uint32_t max_ids, struct ptf_error *err);

/*
 * Checks the ids of any other Block. Rows that refer to what is not defined
 * are taken out of it: *dropped is how many. An error is about the whole
 * Block. has_lost_kinds is what decoding found of a Samples Block.
 */
int ptf_section_check(const struct ptf_section *s, struct ptf_block *block,
	bool has_lost_kinds, size_t *dropped, struct ptf_error *err);

#endif
