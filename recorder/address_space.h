/*
 * What code a process has mapped, and what an interrupted instruction in it
 * means for the class of a sample.
 */
#ifndef PREC_ADDRESS_SPACE_H
#define PREC_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <ptf/types.h>

#include "recorder/cpython/versions.h"
#include "recorder/eval_loop.h"
#include "recorder/ring.h"

enum mapping_kind {
	MAPPING_OTHER,       /* extensions, libraries, the program itself */
	MAPPING_INTERPRETER, /* has the evaluation loop */
	MAPPING_RUNTIME,     /* what the interpreter itself is built upon: libc, libm */
};

struct mapping {
	uint64_t start, end, file_offset;
	char *path; /* heap */
	enum mapping_kind kind;
	struct eval_loop loop; /* of an interpreter */
};

struct address_space {
	struct mapping *item; /* sorted by start */
	size_t count, capacity;
	pid_t pid;
	bool is_python;
	uint64_t last_scan_ns;  /* of /proc/PID/maps */
	uint64_t runtime_bytes; /* size of _PyRuntime, 0 = unknown */
};

void address_space_init(struct address_space *space, pid_t pid, bool is_python);
/* Copies what is mapped; 0, or -1 when memory is out. */
int address_space_copy(struct address_space *to, const struct address_space *from);

void address_space_finish(struct address_space *space);

/* 0, or -1 when memory is out. A mapping that is known is not added again. */
int address_space_add(struct address_space *space, uint64_t start, uint64_t end,
	uint64_t file_offset, const char *path, size_t path_bytes);

/*
 * The mapping of an address, or NULL. Looks into /proc/PID/maps when it is not
 * known, at most fifty times a second.
 */
const struct mapping *address_space_find(struct address_space *space, uint64_t address);

/*
 * The class of an on-CPU sample with Python frames or without (version NULL).
 * mapping is that of sample->pc, NULL = unknown.
 */
enum ptf_class classify_sample(const struct prec_sample *sample,
	const struct mapping *mapping, const struct python_version *version);

#endif
