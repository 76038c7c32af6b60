/*
 * Reading objects of the target's interpreter: what a dict holds, what a type is
 * called. All may change while it is read: what is found must be checked by who
 * asked for it.
 */
#ifndef PREC_PYTHON_OBJECTS_H
#define PREC_PYTHON_OBJECTS_H

#include "recorder/cpython/walk.h"

/* False when it cannot be read. */
bool python_read_pointer(struct python_memory *memory, uintptr_t address,
	uintptr_t *pointer);

/* The value of a key of ASCII characters; 0 = not there, or not readable. */
uintptr_t python_dict_find(struct python_memory *memory,
	const struct python_version *version, uintptr_t dict, const char *key);

/* The attribute that the class sets first of all, called name; 0 = as above. */
uintptr_t python_first_attribute(struct python_memory *memory,
	const struct python_version *version, uintptr_t object, const char *name);

#define PYTHON_MODULE_DICT 16u /* in PyModuleObject */

/* "coroutine"; names may be cut. False when it cannot be read. */
#define PYTHON_TYPE_NAME_SIZE 48u
bool python_type_name(struct python_memory *memory, uintptr_t type,
	char name[PYTHON_TYPE_NAME_SIZE]);

/* Whether type is wanted or a subclass by its first bases. */
bool python_type_is(struct python_memory *memory, uintptr_t type, uintptr_t wanted);

#endif
