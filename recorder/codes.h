/*
 * Code objects that samples refer to by their keys: functions of the trace and
 * their line tables.
 */
#ifndef PREC_CODES_H
#define PREC_CODES_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/cpython/linetable.h"
#include "recorder/idmap.h"
#include "recorder/ring.h"

struct recording;
struct recorded_process;

struct code {
	uint32_t function; /* in the section, 0 = not defined there yet */
	uint32_t first_line;
	char *file, *name; /* heap */
	struct python_lines lines;
};

struct codes {
	struct code *item;
	size_t count, capacity;
	struct idmap index; /* key -> place in item */
};

/*
 * Takes in a record of the ring; texts are what follows it. Known keys are
 * passed over. Failures are noted in the recording.
 */
void codes_add(struct recording *r, struct recorded_process *process,
	const struct prec_code *record, const unsigned char *texts);

/* The same by reading the target's memory; false when it cannot be read. */
bool codes_add_remote(struct recording *r, struct recorded_process *process, uint64_t key,
	uintptr_t address);

/* NULL when the facts of the code object never came. */
struct code *codes_find(const struct codes *codes, uint64_t key);

/* Its function in the section. */
uint32_t codes_function(struct recording *r, const struct recorded_process *process,
	struct code *code);

/* The section is another one. */
void codes_enter_section(struct codes *codes);

void codes_finish(struct codes *codes);

#endif
