/*
 * Children that are started without a fork of ours to see: they are not
 * recorded, and counted. Interposes posix_spawn, system and popen.
 */
#include "recorder/agent/agent.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>

static void count_child(void)
{
	if (agent_is_on())
		atomic_fetch_add(&agent.shm->unfollowed_child_count, 1);
}

AGENT_EXPORT int posix_spawn(pid_t *restrict pid, const char *restrict path,
	const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
	char *const envp[restrict])
{
	AGENT_REAL(posix_spawn);
	count_child();
	return real(pid, path, actions, attributes, argv, envp);
}

AGENT_EXPORT int posix_spawnp(pid_t *restrict pid, const char *restrict file,
	const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
	char *const envp[restrict])
{
	AGENT_REAL(posix_spawnp);
	count_child();
	return real(pid, file, actions, attributes, argv, envp);
}

AGENT_EXPORT int system(const char *command)
{
	AGENT_REAL(system);
	count_child();
	return real(command);
}

AGENT_EXPORT FILE *popen(const char *command, const char *type)
{
	AGENT_REAL(popen);
	count_child();
	return real(command, type);
}
