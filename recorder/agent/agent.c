/* The agent's start, and what it undoes in a forked child. */
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

struct agent agent;

uint64_t agent_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void *agent_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
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

uint64_t *agent_ring(uint32_t slot_index)
{
	const size_t chunk_bytes = PREC_CHUNK_SLOTS * PREC_RING_BYTES;
	uint32_t index = slot_index / PREC_CHUNK_SLOTS;
	uint64_t *chunk = atomic_load(&agent.chunk[index]), *expected = NULL;

	if (!chunk) {
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
	return chunk + slot_index % PREC_CHUNK_SLOTS * PREC_RING_WORDS;
}

/*
 * Takes our variables out of the environment that the program will see, in
 * place: main() has been promised this very array. Our library stands first in
 * LD_PRELOAD; what follows it was there before us.
 */
static void clean_environment(void)
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

/* A child has our memory but none of our threads' rings: it is not recorded. */
static void forget_in_child(void)
{
	if (!agent.shm)
		return;
	atomic_fetch_add(&agent.shm->unfollowed_child_count, 1);
	agent_uninstall_handler();
	agent_thread_forget();
	struct prec_shm *shm = agent.shm;
	agent.shm = NULL;
	for (size_t i = 0; i < sizeof agent.chunk / sizeof *agent.chunk; i++)
		if (agent.chunk[i])
			munmap(agent.chunk[i], PREC_CHUNK_SLOTS * PREC_RING_BYTES);
	munmap(shm, PREC_HEADER_BYTES);
}

/* Slots of the image that this one replaced: exec ended their threads. */
static void end_replaced_threads(uint32_t generation)
{
	for (uint32_t i = 0; i < agent.shm->slot_count; i++) {
		struct prec_slot *slot = &agent.shm->slot[i];
		uint32_t state = atomic_load(&slot->state);
		if (state == PREC_SLOT_ACTIVE && slot->pid == (uint32_t)agent.owner_pid &&
			slot->generation < generation)
			atomic_store(&slot->state, PREC_SLOT_ENDED);
	}
}

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv(PREC_SHM_VARIABLE);
	const char *preload = getenv("LD_PRELOAD");
	int saved_errno = errno;

	if (!path || !preload)
		return;
	snprintf(agent.shm_path, sizeof agent.shm_path, "%s", path);
	snprintf(agent.preload, sizeof agent.preload, "%.*s", (int)strcspn(preload, ":"),
		preload);
	clean_environment();
	agent.shm = map_header(agent.shm_path);
	/* A program that could not load us may have started this one. */
	if (agent.shm &&
		(atomic_load(&agent.shm->target_pid) != (uint32_t)getpid() ||
			!agent_is_on() || !agent_threads_init())) {
		munmap(agent.shm, PREC_HEADER_BYTES);
		agent.shm = NULL;
	}
	if (agent.shm) {
		uint32_t generation = atomic_fetch_add(&agent.shm->generation, 1) + 1;
		agent.owner_pid = getpid();
		agent.signal_number =
			agent.shm->source == PREC_SOURCE_PERF ? SIGTRAP : SIGVTALRM;
		agent.python.generation = generation;
		end_replaced_threads(generation);
		find_python();
		pthread_atfork(NULL, NULL, forget_in_child);
		if (agent_install_handler() == 0 && agent_thread_begin()) {
			agent_write_image(generation);
			agent_write_modules();
		}
	}
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
