/*
 * A process replaces its program: the agent goes along, where it can.
 *
 * A tick that is pending over execve would kill the new image, whose handlers
 * are gone: the source is paused first. A child that shares our memory (vfork)
 * or copied it unseen has no source; for it nothing is written that its parent
 * could see but what is on the stack.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "recorder/agent/handover.h"

/* What the wrappers have in common; call executes with env. */
struct exec_call {
	int (*execute)(const struct exec_call *call, char *const env[]);
	const char *file;
	int fd, flags;
	char *const *arguments;
	bool searches_path;
};

/* Larger environments are not copied onto the stack. */
#define STACK_BYTES_MAX 65536u

/* In the process itself: paused, the way it believes it was; undone on failure. */
static void execute_here(const struct exec_call *call, char *const environment[])
{
	agent_source_pause(&agent_thread);
	agent_signals_before_exec();
	call->execute(call, environment);
	int failed = errno;
	agent_install_handler();
	agent_source_resume(&agent_thread);
	errno = failed;
}

static void execute(const struct exec_call *call, char *const environment[])
{
	if (agent_handles_signal()) {
		execute_here(call, environment);
	} else {
		agent_signals_before_exec();
		call->execute(call, environment);
	}
}

/* "/proc/self/fd/N", of a program that is given as a descriptor. */
static const char *path_of_fd(int fd, const char *file, char path[4096])
{
	size_t length = 0;

	if (fd < 0 || (file && *file == '/'))
		return file;
	length = (size_t)(agent_put_number(stpcpy(path, "/proc/self/fd/"), (unsigned)fd) -
		path);
	if (file && *file && length + 2 + strlen(file) < 4096)
		stpcpy(stpcpy(path + length, "/"), file);
	return path;
}

/* The file that will be executed, as well as it can be known. */
static enum prec_unfollowed_reason check(const struct exec_call *call)
{
	char buffer[4096];
	const char *path = call->searches_path ? agent_find_program(call->file, buffer)
					       : path_of_fd(call->fd, call->file, buffer);
	enum prec_unfollowed_reason reason = agent_check_program(path);

	if (reason)
		agent_tell_unfollowed(reason, getpid(),
			agent_is_here() ? agent.process : 0, path);
	return reason;
}

static int follow(const struct exec_call *call, char *const environment[])
{
	bool is_ours = agent_is_here();

	if (!agent.shm || atomic_load(&agent.is_sealed))
		return call->execute(call, environment);
	environment = agent_own_environment(environment);
	if (!agent_is_on() || (!is_ours && !agent.shm->follows_children)) {
		agent_count_unfollowed();
		execute(call, environment);
		return -1;
	}
	if (check(call) != PREC_FOLLOWED) {
		execute(call, environment);
		int failed = errno;
		if (is_ours)
			agent_process_begin_again();
		errno = failed;
		return -1;
	}
	size_t size = handover_bytes(environment);
	void *room = size <= STACK_BYTES_MAX
		? __builtin_alloca(size)
		: mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	if (room == MAP_FAILED) {
		execute(call, environment);
		return -1;
	}
	execute(call, handover_make(environment, room, false));
	int failed = errno;
	if (size > STACK_BYTES_MAX)
		munmap(room, size);
	errno = failed;
	return -1;
}

static int do_execve(const struct exec_call *call, char *const env[])
{
	AGENT_REAL(execve);
	return real(call->file, call->arguments, env);
}

static int do_execvpe(const struct exec_call *call, char *const env[])
{
	AGENT_REAL(execvpe);
	return real(call->file, call->arguments, env);
}

static int do_fexecve(const struct exec_call *call, char *const env[])
{
	AGENT_REAL(fexecve);
	return real(call->fd, call->arguments, env);
}

static int do_execveat(const struct exec_call *call, char *const env[])
{
	AGENT_REAL(execveat);
	return real(call->fd, call->file, call->arguments, env, call->flags);
}

AGENT_EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	return follow(&(struct exec_call){do_execve, path, -1, 0, argv, false}, envp);
}

AGENT_EXPORT int execv(const char *path, char *const argv[])
{
	return follow(&(struct exec_call){do_execve, path, -1, 0, argv, false}, environ);
}

AGENT_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	return follow(&(struct exec_call){do_execvpe, file, -1, 0, argv, true}, envp);
}

AGENT_EXPORT int execvp(const char *file, char *const argv[])
{
	return follow(&(struct exec_call){do_execvpe, file, -1, 0, argv, true}, environ);
}

AGENT_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	return follow(&(struct exec_call){do_fexecve, NULL, fd, 0, argv, false}, envp);
}

AGENT_EXPORT int execveat(int fd, const char *path, char *const argv[],
	char *const envp[], int flags)
{
	return follow(&(struct exec_call){do_execveat, path, fd, flags, argv, false},
		envp);
}

/* The argument list of execl and its kind, as an array on the caller's stack. */
#define COLLECT(array, first, list)                                                      \
	va_list list;                                                                    \
	size_t array##_count = 1;                                                        \
	va_start(list, first);                                                           \
	while (va_arg(list, char *))                                                     \
		array##_count++;                                                         \
	va_end(list);                                                                    \
	char **array = __builtin_alloca((array##_count + 1) * sizeof(char *));           \
	array[0] = (char *)(uintptr_t)(first);                                           \
	va_start(list, first);                                                           \
	for (size_t array##_i = 1; array##_i <= array##_count; array##_i++)              \
	array[array##_i] = va_arg(list, char *)

AGENT_EXPORT int execl(const char *path, const char *arg, ...)
{
	COLLECT(argv, arg, list);
	va_end(list);
	return execv(path, argv);
}

AGENT_EXPORT int execlp(const char *file, const char *arg, ...)
{
	COLLECT(argv, arg, list);
	va_end(list);
	return execvp(file, argv);
}

AGENT_EXPORT int execle(const char *path, const char *arg, ...)
{
	COLLECT(argv, arg, list);
	char *const *envp = va_arg(list, char *const *);
	va_end(list);
	return execve(path, argv, envp);
}
