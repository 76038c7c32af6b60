/* aarch64: registers of a signal context and the svc instruction. */
#ifndef PREC_ARCH_AARCH64_H
#define PREC_ARCH_AARCH64_H

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#define ARCH_ELF_MACHINE    EM_AARCH64
#define ARCH_SYSCALL_BYTES  4
#define ARCH_JUMP_BYTES     4
#define ARCH_CODE_ALIGNMENT 4

static inline uintptr_t arch_context_pc(const void *context)
{
	const ucontext_t *uc = context;
	return (uintptr_t)uc->uc_mcontext.pc;
}

static inline long arch_context_syscall(const void *context)
{
	const ucontext_t *uc = context;
	return (long)uc->uc_mcontext.regs[8];
}

static inline void arch_context_interrupt(void *context)
{
	ucontext_t *uc = context;
	uc->uc_mcontext.regs[0] = (uint64_t)-EINTR;
	uc->uc_mcontext.pc += ARCH_SYSCALL_BYTES;
}

/* svc #0, little-endian. */
static inline bool arch_is_syscall(const uint8_t bytes[ARCH_SYSCALL_BYTES])
{
	return bytes[0] == 0x01 && bytes[1] == 0x00 && bytes[2] == 0x00 &&
		bytes[3] == 0xd4;
}

/* b (26 bits of distance), b.cond and cbz, cbnz (19 bits), in instructions. */
static inline bool arch_is_jump(const uint8_t bytes[ARCH_JUMP_BYTES], uint64_t address,
	uint64_t *target)
{
	uint32_t word;
	int32_t distance;

	memcpy(&word, bytes, sizeof word);
	if ((word & 0xfc000000) == 0x14000000)
		distance = (int32_t)(word << 6) >> 6;
	else if ((word & 0xff000010) == 0x54000000 || (word & 0x7e000000) == 0x34000000)
		distance = (int32_t)(word << 8) >> 13;
	else
		return false;
	*target = address + (uint64_t)distance * 4;
	return true;
}

#endif
