/*
 * On whose behalf the C++ library allocates and copies.
 *
 * `new`, a std::string or a stream call malloc and memcpy inside of libstdc++. Native
 * code has no stack here, so the one frame it has must be the program's own: where it
 * went into that library. The unwinder that finds it is the one of the program's own
 * exceptions; without it, or with a libstdc++ that is linked statically, what called
 * counts.
 */
#include "recorder/agent/memory/sampled_memory.h"

#include <dlfcn.h>
#include <link.h>
#include <unwind.h>

#define FRAME_COUNT_MAX 64u

/* Of libstdc++, or of libc++abi: where its code is. */
static struct {
	uintptr_t begin, end;
} library;

static __typeof__(_Unwind_Backtrace) *backtrace_of_thread;
static __typeof__(_Unwind_GetIP) *ip_of;

static bool is_in_library(uintptr_t pc)
{
	return pc - library.begin < library.end - library.begin;
}

/* Notes where the code of the module is that has the address; only shared libraries
   are looked at: they have a name. */
static int note_library(struct dl_phdr_info *module, size_t size, void *operator_new)
{
	(void)size;
	for (size_t i = 0; module->dlpi_name[0] && i < module->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &module->dlpi_phdr[i];
		uintptr_t begin = module->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) ||
			(uintptr_t)operator_new - begin >= segment->p_memsz)
			continue;
		library.begin = begin;
		library.end = begin + segment->p_memsz;
		return 1;
	}
	return 0;
}

void memory_begin_caller(void)
{
	void *operator_new = dlsym(RTLD_DEFAULT, "_Znwm");

	backtrace_of_thread =
		(__typeof__(backtrace_of_thread))dlsym(RTLD_DEFAULT, "_Unwind_Backtrace");
	ip_of = (__typeof__(ip_of))dlsym(RTLD_DEFAULT, "_Unwind_GetIP");
	if (operator_new && backtrace_of_thread && ip_of)
		dl_iterate_phdr(note_library, operator_new);
}

struct search {
	uintptr_t pc; /* in the library, and found when that is met */
	uintptr_t caller;
	bool is_in_library;
	unsigned frame_count;
};

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *user)
{
	struct search *search = user;
	uintptr_t pc = ip_of(context);

	if (pc == search->pc)
		search->is_in_library = true;
	if (search->is_in_library && !is_in_library(pc)) {
		search->caller = pc;
		return _URC_END_OF_STACK;
	}
	return ++search->frame_count < FRAME_COUNT_MAX ? _URC_NO_REASON
						       : _URC_END_OF_STACK;
}

uintptr_t memory_caller(uintptr_t pc)
{
	struct search search = {.pc = pc};

	if (!is_in_library(pc))
		return pc;
	backtrace_of_thread(look, &search);
	return search.caller ? search.caller : pc;
}
