/*
 * Children that libc starts without a fork or exec that can be seen. Interposes
 * posix_spawn, popen and system.
 */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "recorder/agent/handover.h"

typedef int spawn_function(pid_t *restrict, const char *restrict,
	const posix_spawn_file_actions_t *, const posix_spawnattr_t *restrict,
	char *const[restrict], char *const[restrict]);

static bool follows_children(void)
{
	return agent_is_here() && agent.shm->follows_children;
}

/* Spawns by real with our variables in the environment, if path can be followed. */
static int spawn(spawn_function *real, const char *path, pid_t *pid, const char *file,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const argv[], char *const envp[])
{
	pid_t child = 0;
	envp = agent_own_environment(envp);
	size_t size = handover_bytes(envp);
	enum prec_unfollowed_reason reason = agent_check_program(path);
	void *room = MAP_FAILED;

	if (!reason)
		room = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room != MAP_FAILED)
		envp = handover_make(envp, room, true);
	int failed = real(&child, file, actions, attributes, argv, envp);
	if (room != MAP_FAILED)
		munmap(room, size);
	if (failed)
		return failed;
	if (pid)
		*pid = child;
	if (reason)
		agent_tell_unfollowed(reason, child, 0, path);
	return 0;
}

AGENT_EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
	const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
	char *const envp[restrict])
{
	AGENT_REAL(posix_spawn);
	if (!follows_children()) {
		agent_count_unfollowed();
		return real(pid, path, actions, attributes, argv, envp);
	}
	return spawn(real, path, pid, path, actions, attributes, argv, envp);
}

AGENT_EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict file,
	const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
	char *const envp[restrict])
{
	AGENT_REAL(posix_spawnp);
	char path[4096];

	if (!follows_children()) {
		agent_count_unfollowed();
		return real(pid, file, actions, attributes, argv, envp);
	}
	return spawn(real, agent_find_program(file, path), pid, file, actions, attributes,
		argv, envp);
}

/*
 * popen() takes the environment that the process has, and pclose() belongs to
 * it: for the moment of the call the process has another one, with the same
 * variables and ours. One thread at a time; others may read either of the two
 * meanwhile, and longer: ours stays until the process has changed its own, when
 * nobody may be reading. Who changes it during the call, which POSIX forbids,
 * finds ours taken out of the changed one.
 */
static struct {
	atomic_flag is_taken;
	char **_Atomic before, **_Atomic ours;
	size_t size;
} swapped = {.is_taken = ATOMIC_FLAG_INIT};

void agent_popen_unlock(void)
{
	if (environ && environ == swapped.ours)
		environ = swapped.before;
	atomic_flag_clear(&swapped.is_taken);
}

char *const *agent_own_environment(char *const environment[])
{
	return environment && environment == swapped.ours ? swapped.before : environment;
}

/* Makes ours, or what is in it of our own, anew. False without memory. */
static bool make_ours(void)
{
	char **ours = swapped.ours;

	if (ours && handover_renew(ours, environ))
		return true;
	if (ours)
		munmap(ours, swapped.size);
	swapped.ours = NULL;
	swapped.size = handover_bytes(environ);
	void *room = mmap(NULL, swapped.size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return false;
	swapped.ours = handover_make(environ, room, true);
	return true;
}

AGENT_EXPORT FILE *popen(const char *command, const char *type)
{
	AGENT_REAL(popen);
	enum prec_unfollowed_reason reason;

	if (!follows_children()) {
		agent_count_unfollowed();
		return real(command, type);
	}
	reason = agent_check_program("/bin/sh");
	while (atomic_flag_test_and_set(&swapped.is_taken))
		sched_yield();
	bool is_swapped = !reason && make_ours();
	if (is_swapped) {
		swapped.before = environ;
		environ = swapped.ours;
	}
	FILE *file = real(command, type);
	int saved_errno = errno;
	if (is_swapped && environ != swapped.ours) {
		/* It refers to what is in ours, which is not used again. */
		agent_clean_environment();
		swapped.ours = NULL;
	}
	agent_popen_unlock();
	if (reason && file)
		agent_tell_unfollowed(reason, 0, 0, "/bin/sh");
	errno = saved_errno;
	return file;
}

/* ---------------------------------------------------------------- system */

/* Signals of the process while any of its threads is in system(). */
static struct {
	pthread_mutex_t lock;
	unsigned count;
	struct sigaction interrupt, quit;
} waiting = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void ignore_signals(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	pthread_mutex_lock(&waiting.lock);
	if (waiting.count++ == 0) {
		sigaction(SIGINT, &ignore, &waiting.interrupt);
		sigaction(SIGQUIT, &ignore, &waiting.quit);
	}
	pthread_mutex_unlock(&waiting.lock);
}

static void restore_signals(void)
{
	pthread_mutex_lock(&waiting.lock);
	if (--waiting.count == 0) {
		sigaction(SIGINT, &waiting.interrupt, NULL);
		sigaction(SIGQUIT, &waiting.quit, NULL);
	}
	pthread_mutex_unlock(&waiting.lock);
}

struct shell {
	pid_t pid;
	sigset_t mask;
};

/* The calling thread is cancelled while it waits. */
static void abandon(void *data)
{
	const struct shell *shell = data;
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	kill(shell->pid, SIGKILL);
	while (waitpid(shell->pid, NULL, 0) < 0 && errno == EINTR)
		;
	restore_signals();
	pthread_sigmask(SIG_SETMASK, &shell->mask, NULL);
	pthread_setcancelstate(state, NULL);
}

static int start_shell(struct shell *shell, const char *command)
{
	char name[] = "sh", option[] = "-c";
	char *arguments[] = {name, option, (char *)(uintptr_t)command, NULL};
	posix_spawnattr_t attributes;
	sigset_t defaults;

	sigemptyset(&defaults);
	if (waiting.interrupt.sa_handler != SIG_IGN)
		sigaddset(&defaults, SIGINT);
	if (waiting.quit.sa_handler != SIG_IGN)
		sigaddset(&defaults, SIGQUIT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &shell->mask);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	int failed = posix_spawn(&shell->pid, "/bin/sh", NULL, &attributes, arguments,
		environ);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

/*
 * The shell gets an environment of ours only if we start it: what libc does, as
 * POSIX describes it.
 */
AGENT_EXPORT int system(const char *command)
{
	AGENT_REAL(system);
	struct shell shell;
	sigset_t child;
	int status = 127 << 8; /* as if the shell could not be executed */

	if (!command || !follows_children()) {
		if (command)
			agent_count_unfollowed();
		return real(command);
	}
	ignore_signals();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &child, &shell.mask);
	int failed = start_shell(&shell, command);
	if (!failed) {
		pid_t ended;
		pthread_cleanup_push(abandon, &shell);
		while ((ended = waitpid(shell.pid, &status, 0)) < 0 && errno == EINTR)
			;
		pthread_cleanup_pop(0);
		if (ended < 0)
			status = -1;
	}
	int saved_errno = failed ? failed : errno;
	restore_signals();
	pthread_sigmask(SIG_SETMASK, &shell.mask, NULL);
	errno = saved_errno;
	return status;
}
