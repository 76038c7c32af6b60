/*
 * Runs a program that may not make one system call, and one that gives up its
 * own system calls: what containers, browsers and services do.
 *
 *     forbid eperm|enosys|kill CALL[,CALL...] PROGRAM ARGUMENT...
 *         the calls fail for PROGRAM, or kill it; CALL is perf_event_open,
 *         process_vm_readv, ptrace or timer_create
 *     forbid self strict|prctl|seccomp LOOPS
 *         spins LOOPS million turns before it enters seccomp (strict mode, or a
 *         filter by which any call but write, exit and sigreturn kills, set by
 *         either system call), spins as long again, says "done" and ends
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const struct {
	const char *name;
	unsigned int number;
} calls[] = {
	{"perf_event_open", SYS_perf_event_open},
	{"process_vm_readv", SYS_process_vm_readv},
	{"ptrace", SYS_ptrace},
	{"timer_create", SYS_timer_create},
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "forbid: %s: %s\n", what, strerror(errno));
	exit(125);
}

static unsigned int number_of(const char *name)
{
	for (size_t i = 0; i < LENGTH(calls); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	errno = EINVAL;
	die(name);
}

static void forbid(uint32_t action, char *names)
{
	struct sock_filter filter[64];
	struct sock_fprog program = {.filter = filter};
	unsigned short n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		offsetof(struct seccomp_data, nr));
	for (char *name = strtok(names, ","); name && n < LENGTH(filter) - 3;
		name = strtok(NULL, ",")) {
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			number_of(name), 0, 1);
		filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		die("seccomp");
}

static void enter(const char *how)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {LENGTH(filter), filter};
	int failed;

	if (!strcmp(how, "strict")) {
		failed = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	} else {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		failed = !strcmp(how, "prctl")
			? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)
			: (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	}
	if (failed)
		die("seccomp");
}

static volatile uint64_t sink;

static __attribute__((noinline)) void spin_before(long turns)
{
	for (long i = 0; i < turns; i++)
		sink = sink * 31 + 7;
}

static __attribute__((noinline)) void spin_inside(long turns)
{
	for (long i = 0; i < turns; i++)
		sink = sink * 31 + 7;
}

int main(int argc, char *argv[])
{
	if (argc == 4 && !strcmp(argv[1], "self")) {
		long turns = strtol(argv[3], NULL, 10) * 1000000;

		spin_before(turns);
		enter(argv[2]);
		spin_inside(turns);
		if (write(STDOUT_FILENO, "done\n", 5) != 5)
			_exit(1);
		/* Strict mode knows only the call that ends one thread. */
		syscall(SYS_exit, 0);
	}
	if (argc >= 4 && !strcmp(argv[1], "eperm"))
		forbid(SECCOMP_RET_ERRNO | EPERM, argv[2]);
	else if (argc >= 4 && !strcmp(argv[1], "enosys"))
		forbid(SECCOMP_RET_ERRNO | ENOSYS, argv[2]);
	else if (argc >= 4 && !strcmp(argv[1], "kill"))
		forbid(SECCOMP_RET_KILL_PROCESS, argv[2]);
	else
		return 2;
	execvp(argv[3], argv + 3);
	die(argv[3]);
}
