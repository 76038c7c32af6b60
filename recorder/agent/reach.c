/* Which programs the agent can go into; prec is told of the others. */
#include "recorder/agent/agent.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "recorder/agent/preload_check.h"

#define PATH_DEFAULT "/bin:/usr/bin"

void agent_tell_unfollowed(enum prec_unfollowed_reason reason, pid_t pid, uint32_t number,
	const char *path)
{
	struct prec_shm *shm = agent.shm;

	if (number != PREC_FIRST_PROCESS)
		atomic_fetch_add(&shm->unfollowed_child_count, 1);
	for (size_t i = 0; i < PREC_UNFOLLOWED_COUNT; i++) {
		struct prec_unfollowed *u = &shm->unfollowed[i];
		uint32_t expected = PREC_SLOT_FREE;
		if (!atomic_compare_exchange_strong(&u->state, &expected,
			    PREC_SLOT_CLAIMED))
			continue;
		u->reason = reason;
		u->pid = (uint32_t)pid;
		u->process = number;
		u->parent = agent.process;
		u->time_ns = agent_clock_ns(CLOCK_MONOTONIC);
		size_t length = path ? strnlen(path, PREC_PATH_MAX - 1) : 0;
		if (length)
			memcpy(u->path, path, length);
		u->path[length] = '\0';
		atomic_store_explicit(&u->state, PREC_SLOT_ENDED, memory_order_release);
		return;
	}
}

bool agent_has_other_pids(void)
{
	struct stat ours;

	/* Whoever is the first of its namespace was not started in prec's. */
	if (agent.owner_pid == 1)
		return true;
	return agent.shm->pid_namespace && stat("/proc/self/ns/pid", &ours) == 0 &&
		ours.st_ino != agent.shm->pid_namespace;
}

/*
 * Of a process with --no-children. One that shares our memory until it executes
 * may try several files until one is there.
 */
void agent_count_unfollowed(void)
{
	static pid_t last;
	pid_t pid = getpid();

	if (!agent_is_on() || (pid != agent.owner_pid && pid == last))
		return;
	last = pid;
	atomic_fetch_add(&agent.shm->unfollowed_child_count, 1);
}

enum prec_unfollowed_reason agent_check_program(const char *path)
{
	enum prec_unfollowed_reason reason = preload_check(path);

	/* After chroot or under another user what we need may be out of reach. */
	if (!reason &&
		(faccessat(AT_FDCWD, agent.preload, R_OK, AT_EACCESS) != 0 ||
			faccessat(AT_FDCWD, agent.shm_path, R_OK | W_OK, AT_EACCESS) !=
				0))
		reason = PREC_IS_CLOSED;
	return reason;
}

/* As execvp looks; the name itself when it is found nowhere. */
const char *agent_find_program(const char *name, char path[4096])
{
	const char *at = getenv("PATH");
	size_t name_bytes = strlen(name) + 1;

	if (strchr(name, '/'))
		return name;
	for (at = at ? at : PATH_DEFAULT;; at++) {
		size_t length = strcspn(at, ":");
		if (length + 1 + name_bytes <= 4096) {
			memcpy(path, at, length);
			path[length] = '/';
			memcpy(path + length + (length > 0), name, name_bytes);
			if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
				return path;
		}
		at += length;
		if (!*at)
			return name;
	}
}
