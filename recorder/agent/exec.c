/*
 * The recorded process replaces its program: the agent goes along.
 *
 * A tick that is pending over execve would kill the new image, whose handlers
 * are gone: the source is paused first. Only the recorded process itself is
 * followed: in a forked child, also one that shares our memory (vfork), the
 * call goes through untouched.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/*
 * A copy of an environment with our variables in it, in a mapping of its own:
 * malloc's state may be anything here. *size is the mapping's; NULL = no memory.
 */
static char **add_our_variables(char *const environment[], size_t *size)
{
	const char *preload = NULL;
	size_t count = 0, text = 0;

	for (; environment && environment[count]; count++)
		if (starts_with(environment[count], "LD_PRELOAD="))
			preload = environment[count] + strlen("LD_PRELOAD=");
	text = strlen(agent.preload) + (preload ? strlen(preload) : 0) +
		strlen(agent.shm_path) + 64;
	*size = (count + 3) * sizeof(char *) + text;
	char **copy = mmap(NULL, *size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return NULL;
	char *at = (char *)(copy + count + 3);
	size_t place = 0;
	for (size_t i = 0; i < count; i++)
		copy[i] = environment[i];
	while (place < count && !starts_with(copy[place], "LD_PRELOAD="))
		place++;
	if (place == count)
		count++;
	copy[place] = at;
	at = stpcpy(stpcpy(at, "LD_PRELOAD="), agent.preload);
	if (preload)
		at = stpcpy(stpcpy(at, ":"), preload);
	at++;
	copy[count] = at;
	stpcpy(stpcpy(at, PREC_SHM_VARIABLE "="), agent.shm_path);
	return copy;
}

/* What the wrappers have in common; call executes with env. */
struct exec_call {
	int (*execute)(const struct exec_call *call, char *const env[]);
	const char *file;
	int fd, flags;
	char *const *arguments;
};

/*
 * A child that shares our memory until it executes; it may try several files
 * until one is there. Forked ones are counted when they are made.
 */
static void count_vfork_child(void)
{
	static pid_t last;

	if (agent_is_on() && getpid() != last) {
		last = getpid();
		atomic_fetch_add(&agent.shm->unfollowed_child_count, 1);
	}
}

static int follow(const struct exec_call *call, char *const environment[])
{
	size_t size = 0;
	char **with_ours = agent_is_here() ? add_our_variables(environment, &size) : NULL;

	if (!with_ours) {
		count_vfork_child();
		return call->execute(call, environment);
	}
	agent_source_pause(&agent_thread);
	agent_signals_before_exec();
	call->execute(call, with_ours);
	int failed = errno;
	agent_install_handler();
	agent_source_resume(&agent_thread);
	munmap(with_ours, size);
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
	return follow(&(struct exec_call){do_execve, path, -1, 0, argv}, envp);
}

AGENT_EXPORT int execv(const char *path, char *const argv[])
{
	return follow(&(struct exec_call){do_execve, path, -1, 0, argv}, environ);
}

AGENT_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	return follow(&(struct exec_call){do_execvpe, file, -1, 0, argv}, envp);
}

AGENT_EXPORT int execvp(const char *file, char *const argv[])
{
	return follow(&(struct exec_call){do_execvpe, file, -1, 0, argv}, environ);
}

AGENT_EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	return follow(&(struct exec_call){do_fexecve, NULL, fd, 0, argv}, envp);
}

AGENT_EXPORT int execveat(int fd, const char *path, char *const argv[],
	char *const envp[], int flags)
{
	return follow(&(struct exec_call){do_execveat, path, fd, flags, argv}, envp);
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
