/*
 * The dictionaries of a section being written: everything that has an id, and
 * which of it the file does not define yet.
 */
#ifndef PTF_FORMAT_DICTIONARY_H
#define PTF_FORMAT_DICTIONARY_H

#include <ptf/error.h>
#include <ptf/types.h>

#include "format/definitions.h"
#include "format/intern.h"

#define PTF_STRING_BYTES_MAX ((size_t)1 << 20)

/* In the order of ptf.proto: a thing refers only to kinds up to its own. */
enum ptf_id_kind {
	PTF_ID_STRING,
	PTF_ID_MODULE,
	PTF_ID_FUNCTION,
	PTF_ID_FRAME,
	PTF_ID_NODE,
	PTF_ID_METRIC,
	PTF_ID_CLASS,
	PTF_ID_SAMPLE_KIND,
	PTF_ID_LABEL_SET,
	PTF_ID_PROCESS,
	PTF_ID_THREAD,
	PTF_ID_KINDS,
};

/* Most rows are of a kind that was seen a moment ago. */
#define PTF_RECENT_KINDS 1024

struct ptf_recent_kind {
	struct ptf_kind kind;
	uint32_t id;
};

struct ptf_dictionary {
	/* Interned kinds; those of processes and threads stay empty. */
	struct ptf_intern intern[PTF_ID_KINDS];
	struct ptf_thread *threads;
	size_t thread_capacity;
	uint32_t count[PTF_ID_KINDS];   /* given out; without the built-in classes */
	uint32_t written[PTF_ID_KINDS]; /* of those, defined in the file */
	struct ptf_definition_encoder encoder;
	struct ptf_recent_kind recent[PTF_RECENT_KINDS]; /* by node and class */
};

void ptf_dictionary_init(struct ptf_dictionary *d);
void ptf_dictionary_finish(struct ptf_dictionary *d);

/* Is the id 0 or one that was given out? */
bool ptf_dictionary_has(const struct ptf_dictionary *d, enum ptf_id_kind kind,
	uint32_t id);

/* Each sets *id to that of an equal thing. PTF_ERR_USAGE for unknown ids inside. */
int ptf_dictionary_string(struct ptf_dictionary *d, struct ptf_text text, uint32_t *id,
	struct ptf_error *err);
int ptf_dictionary_module(struct ptf_dictionary *d, const struct ptf_module *module,
	uint32_t *id, struct ptf_error *err);
int ptf_dictionary_function(struct ptf_dictionary *d, const struct ptf_function *function,
	uint32_t *id, struct ptf_error *err);
int ptf_dictionary_frame(struct ptf_dictionary *d, const struct ptf_frame *frame,
	uint32_t *id, struct ptf_error *err);
int ptf_dictionary_node(struct ptf_dictionary *d, uint32_t parent, uint32_t frame,
	uint32_t *id, struct ptf_error *err);
int ptf_dictionary_metric(struct ptf_dictionary *d, const struct ptf_metric *metric,
	uint32_t *id, struct ptf_error *err);
int ptf_dictionary_class(struct ptf_dictionary *d, const struct ptf_class_descriptor *cls,
	uint32_t *id, struct ptf_error *err);
/* Of a node and class that exist; that of node 0 and class 0 is 0. */
int ptf_dictionary_kind(struct ptf_dictionary *d, const struct ptf_kind *kind,
	uint32_t *id, struct ptf_error *err);
int ptf_dictionary_label_set(struct ptf_dictionary *d, const struct ptf_label_set *set,
	uint32_t *id, struct ptf_error *err);
int ptf_dictionary_thread(struct ptf_dictionary *d, const struct ptf_thread *thread,
	uint32_t *id, struct ptf_error *err);

bool ptf_dictionary_is_pending(const struct ptf_dictionary *d);

/*
 * Appends one Definitions Block with what the file lacks, as much as fits, and
 * with a process (NULL = none), which needs the next process id and is put only
 * when all else fits: *process becomes NULL then. *items is how many things the
 * Block defines.
 */
int ptf_dictionary_put(struct ptf_dictionary *d, const struct ptf_process **process,
	struct ptf_buf *payload, struct ptf_arena *arena, uint32_t *items,
	struct ptf_error *err);

#endif
