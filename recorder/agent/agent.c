/* The agent's start in a program. */
#include "recorder/agent/agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "recorder/agent/handover.h"

struct agent agent;

uint64_t agent_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A part of the shared memory; NULL = prec is gone, or a limit is in the way. */
static void *map_part(const char *path, size_t offset, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	void *part =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	close(fd);
	if (part == MAP_FAILED)
		return NULL;
	madvise(part, size, MADV_DONTDUMP); /* the program's cores stay small */
	return part;
}

static struct prec_shm *map_header(const char *path)
{
	struct prec_shm *shm = map_part(path, 0, PREC_HEADER_BYTES);

	if (shm && shm->magic != PREC_SHM_MAGIC) {
		munmap(shm, PREC_HEADER_BYTES);
		return NULL;
	}
	return shm;
}

uint64_t *agent_ring(uint32_t slot_index, bool may_map)
{
	const size_t chunk_bytes = PREC_CHUNK_SLOTS * PREC_RING_BYTES;
	uint32_t index = slot_index / PREC_CHUNK_SLOTS;
	uint64_t *chunk = atomic_load(&agent.chunk[index]), *expected = NULL;

	if (!chunk && may_map) {
		chunk = map_part(agent.shm_path, PREC_HEADER_BYTES + index * chunk_bytes,
			chunk_bytes);
		if (!chunk)
			return NULL;
		/* Another thread may have been faster. */
		if (!atomic_compare_exchange_strong(&agent.chunk[index], &expected,
			    chunk)) {
			munmap(chunk, chunk_bytes);
			chunk = expected;
		}
	}
	if (!chunk)
		return NULL;
	return chunk + slot_index % PREC_CHUNK_SLOTS * PREC_RING_WORDS;
}

/*
 * Takes our variables out of the environment that the program will see, in
 * place: main() has been promised this very array. Our library stands first in
 * LD_PRELOAD; what follows it was there before us.
 */
void agent_clean_environment(void)
{
	char **to = environ;

	for (char **from = environ; *from; from++) {
		if (!strncmp(*from, PREC_SHM_VARIABLE "=", sizeof PREC_SHM_VARIABLE))
			continue;
		if (!strncmp(*from, "LD_PRELOAD=", 11)) {
			char *rest = strchr(*from, ':');
			if (!rest)
				continue;
			memmove(*from + 11, rest + 1, strlen(rest + 1) + 1);
		}
		*to++ = *from;
	}
	*to = NULL;
}

static void find_python(void)
{
	uintptr_t runtime = (uintptr_t)dlsym(RTLD_DEFAULT, "_PyRuntime");
	const unsigned long *hex = dlsym(RTLD_DEFAULT, "Py_Version"); /* from 3.11 */
	const char *(*get_version)(void) =
		(const char *(*)(void))dlsym(RTLD_DEFAULT, "Py_GetVersion");
	unsigned major, minor, micro;

	if (hex)
		agent.python_hex = (uint32_t)*hex;
	else if (get_version &&
		sscanf(get_version(), "%u.%u.%u", &major, &minor, &micro) == 3)
		agent.python_hex = major << 24 | minor << 16 | micro << 8;
	if (!runtime)
		return;
	agent.python.version = python_version_find(agent.python_hex);
	if (agent.python.version &&
		agent.python.version->minor >= PYTHON_DEBUG_OFFSETS_MINOR) {
		uint64_t is_free_threaded;
		memcpy(&is_free_threaded,
			(const char *)runtime + PYTHON_RUNTIME_FREE_THREADED, 8);
		if (is_free_threaded)
			agent.python.version = NULL;
	}
	agent.python.runtime = runtime;
	agent.python.code_type = (uintptr_t)dlsym(RTLD_DEFAULT, "PyCode_Type");
}

void agent_forget(void)
{
	struct prec_shm *shm = agent.shm;

	agent.shm = NULL;
	for (size_t i = 0; i < sizeof agent.chunk / sizeof *agent.chunk; i++) {
		uint64_t *chunk = atomic_exchange(&agent.chunk[i], NULL);
		if (chunk)
			munmap(chunk, PREC_CHUNK_SLOTS * PREC_RING_BYTES);
	}
	munmap(shm, PREC_HEADER_BYTES);
}

/* A program that could not load us may have started this one. */
static bool is_wanted(void)
{
	if (!agent_is_on() ||
		(agent.process != PREC_FIRST_PROCESS && !agent.shm->follows_children))
		return false;
	if (!agent_has_other_pids())
		return true;
	atomic_fetch_add(&agent.shm->unfollowed_child_count, 1);
	return false;
}

/* The same process as before its exec, or one more. */
static void take_number(const struct handover *handover)
{
	pid_t pid = getpid();

	agent.owner_pid = pid;
	agent.process = handover->number;
	if (handover->pid != pid && atomic_load(&agent.shm->target_pid) != (uint32_t)pid)
		agent.process = atomic_fetch_add(&agent.shm->process_count, 1) + 1;
}

static void join(int argument_count, char **arguments)
{
	const char *value = getenv(PREC_SHM_VARIABLE);
	const char *preload = getenv("LD_PRELOAD");
	struct handover handover;

	if (!value || !preload || !handover_parse(&handover, value))
		return;
	memcpy(agent.shm_path, handover.shm_path, sizeof agent.shm_path);
	snprintf(agent.preload, sizeof agent.preload, "%.*s", (int)strcspn(preload, ":"),
		preload);
	agent_clean_environment();
	agent_real_look_up_all();
	agent.shm = map_header(agent.shm_path);
	if (agent.shm) {
		take_number(&handover);
		agent.signal_number =
			agent.shm->source == PREC_SOURCE_PERF ? SIGTRAP : SIGVTALRM;
		agent_inherit_signal(handover.blocks_signal, handover.ignores_signal);
		find_python();
		if (!is_wanted() || !agent_threads_init() ||
			!agent_process_begin(argument_count, arguments, handover.number))
			agent_forget();
	}
}

/* glibc tells constructors what main() will be told. */
__attribute__((constructor)) static void start(int argument_count, char **arguments)
{
	int saved_errno = errno;

	join(argument_count, arguments);
	if (agent_memory_begin)
		agent_memory_begin();
	errno = saved_errno;
}

/* Once more what is loaded: prec may be too late to look itself. */
__attribute__((destructor)) static void stop(void)
{
	int saved_errno = errno;

	if (agent_is_here())
		agent_write_modules();
	errno = saved_errno;
}
