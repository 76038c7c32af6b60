/*
 * Marks of a program's own in its trace: instants ("checkpoint written") and
 * regions ("load", "train"), which every tool shows and `--region NAME` selects.
 *
 *     #include <ptf/mark.h>
 *
 *     ptf_mark("checkpoint");
 *     ptf_region_begin("load");
 *     ...
 *     ptf_region_end("load");
 *     { PTF_REGION("train"); ... }          to the end of the block, however left
 *
 *     ptf_stop(); ... ptf_start();          not recorded meanwhile
 *
 * Nothing needs to be linked: a recorded program has the recorder's agent in
 * it, and the functions here look it up once. In a program that is not recorded
 * they cost a load and a compare. Before glibc 2.34 link with -ldl.
 *
 * A region belongs to the thread that began it and is ended by it; regions of
 * different names may overlap. Names are UTF-8 of up to 255 bytes; what is
 * longer is cut. Safe for use by any thread; not in signal handlers.
 */
#ifndef PTF_MARK_H
#define PTF_MARK_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a recorder offers; values are enum ptf_mark_kind of <ptf/types.h>. */
typedef void (*ptf_mark_function)(int kind, const char *name, size_t size);

/* NULL when the program is not recorded. */
static inline ptf_mark_function ptf_marker(void)
{
	/* (void *)-1: not looked for yet; threads that race find the same. */
	static void *found = (void *)-1;
	void *symbol = __atomic_load_n(&found, __ATOMIC_RELAXED);
	ptf_mark_function function;

	if (symbol == (void *)-1) {
		symbol = dlsym(RTLD_DEFAULT, "ptf_agent_mark");
		__atomic_store_n(&found, symbol, __ATOMIC_RELAXED);
	}
	memcpy(&function, &symbol, sizeof(function));
	return function;
}

static inline bool ptf_is_recorded(void)
{
	return ptf_marker() != NULL;
}

static inline void ptf_mark_kind_(int kind, const char *name)
{
	ptf_mark_function function = ptf_marker();

	if (function)
		function(kind, name, strlen(name));
}

/*
 * Switches the whole recording, all its processes, off and on again. What runs
 * meanwhile costs next to nothing and is counted as not recorded.
 */
static inline void ptf_switch_(int is_on)
{
	void *symbol = ptf_is_recorded() ? dlsym(RTLD_DEFAULT, "ptf_agent_switch") : NULL;
	void (*function)(int);

	memcpy(&function, &symbol, sizeof(function));
	if (function)
		function(is_on);
}

static inline void ptf_stop(void)
{
	ptf_switch_(0);
}

static inline void ptf_start(void)
{
	ptf_switch_(1);
}

static inline void ptf_mark(const char *name)
{
	ptf_mark_kind_(0, name);
}

static inline void ptf_region_begin(const char *name)
{
	ptf_mark_kind_(1, name);
}

static inline void ptf_region_end(const char *name)
{
	ptf_mark_kind_(2, name);
}

#if defined(__GNUC__)
static inline void ptf_region_leave_(const char **name)
{
	ptf_region_end(*name);
}

#define PTF_PASTE_(a, b) a##b
#define PTF_NAME_(line)  PTF_PASTE_(ptf_region_, line)
#define PTF_REGION(name)                                                                 \
	__attribute__((cleanup(ptf_region_leave_))) const char *PTF_NAME_(__LINE__) =    \
		(name);                                                                  \
	ptf_region_begin(PTF_NAME_(__LINE__))
#endif

#ifdef __cplusplus
}
#endif

#endif
