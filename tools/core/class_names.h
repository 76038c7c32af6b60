/* What the classes of time are called, and which belong together. */
#ifndef TOOLS_CORE_CLASS_NAMES_H
#define TOOLS_CORE_CLASS_NAMES_H

#include <stdint.h>

#include <ptf/types.h>

#define CLASS_MASK_OFF_CPU                                                               \
	(1u << PTF_CLASS_RUNNABLE | 1u << PTF_CLASS_GIL | 1u << PTF_CLASS_WAIT)
#define CLASS_MASK_CPU (((1u << PTF_CLASS_KIND_COUNT) - 1) & ~CLASS_MASK_OFF_CPU)
/* The line table's column */
#define CLASS_MASK_SYSTEM (CLASS_MASK_OFF_CPU | 1u << PTF_CLASS_KERNEL)

/* For people: "Python", "ready", "GIL"; the same in every report. */
const char *class_label(uint32_t class_kind);
/* For programs: "python", "runnable", "gil"; in all machine-readable output. */
const char *class_name(uint32_t class_kind);

#endif
