/*
 * What depends on the processor: one header per architecture defines
 *
 *   arch_context_pc(context)       the interrupted instruction, from the third
 *                                  argument of a signal handler
 *   arch_context_syscall(context)  the system call that begins, where the
 *                                  interrupted instruction is one
 *   arch_context_interrupt(context)   makes it return EINTR instead
 *   ARCH_ELF_MACHINE               its number in program files
 *   ARCH_SYSCALL_BYTES             size of the system call instruction
 *   arch_is_syscall(bytes)         whether those bytes are it
 *   ARCH_JUMP_BYTES                at most so many has a direct jump
 *   ARCH_CODE_ALIGNMENT            of instructions
 *   arch_is_jump(bytes, address, &target)   whether a direct jump is there that may
 *                                  leave its function, and where to
 */
#ifndef PREC_ARCH_H
#define PREC_ARCH_H

#if defined(__x86_64__)
#include "recorder/arch/x86_64.h"
#elif defined(__aarch64__)
#include "recorder/arch/aarch64.h"
#else
#error "this processor is not supported"
#endif

#endif
