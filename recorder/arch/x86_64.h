/* x86-64: registers of a signal context and the syscall instruction. */
#ifndef PREC_ARCH_X86_64_H
#define PREC_ARCH_X86_64_H

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#define ARCH_ELF_MACHINE    EM_X86_64
#define ARCH_SYSCALL_BYTES  2
#define ARCH_JUMP_BYTES     6
#define ARCH_CODE_ALIGNMENT 1

static inline uintptr_t arch_context_pc(const void *context)
{
	const ucontext_t *uc = context;
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
}

static inline long arch_context_syscall(const void *context)
{
	const ucontext_t *uc = context;
	return (long)uc->uc_mcontext.gregs[REG_RAX];
}

static inline void arch_context_interrupt(void *context)
{
	ucontext_t *uc = context;
	uc->uc_mcontext.gregs[REG_RAX] = -EINTR;
	uc->uc_mcontext.gregs[REG_RIP] += ARCH_SYSCALL_BYTES;
}

static inline bool arch_is_syscall(const uint8_t bytes[ARCH_SYSCALL_BYTES])
{
	return bytes[0] == 0x0f && bytes[1] == 0x05;
}

/* jmp and jcc with a distance of 32 bits. */
static inline bool arch_is_jump(const uint8_t bytes[ARCH_JUMP_BYTES], uint64_t address,
	uint64_t *target)
{
	size_t opcode_bytes;
	int32_t distance;

	if (bytes[0] == 0xe9)
		opcode_bytes = 1;
	else if (bytes[0] == 0x0f && (bytes[1] & 0xf0) == 0x80)
		opcode_bytes = 2;
	else
		return false;
	memcpy(&distance, bytes + opcode_bytes, sizeof distance);
	*target = address + opcode_bytes + sizeof distance + (uint64_t)(int64_t)distance;
	return true;
}

#endif
