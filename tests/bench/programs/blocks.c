/*
 * Work of malloc and free alone, as work.py does its own:
 *
 *     blocks THREADS UNITS        does so many, prints the CPU time of the process
 *     blocks THREADS turns CPU    does one for every line it reads, and answers with its
 *                                 CPU time in ns; one thread stays on this processor
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELD_COUNT 256u
#define PAIR_COUNT 320000u /* of a unit, over all threads */

static pthread_barrier_t begin, end;
static unsigned thread_count;

/* Sizes as programs have them: mostly small, some of a page, few large. */
static size_t size_of(unsigned chance)
{
	if (chance % 64 == 0)
		return 4096 + chance % 60000;
	return 16 + chance % (chance % 8 ? 112 : 1000);
}

static void unit(unsigned seed)
{
	void *held[HELD_COUNT] = {NULL};

	for (unsigned i = 0; i < PAIR_COUNT / thread_count; i++) {
		seed = seed * 1103515245 + 12345;
		free(held[i % HELD_COUNT]);
		held[i % HELD_COUNT] = malloc(size_of(seed >> 8));
	}
	for (unsigned i = 0; i < HELD_COUNT; i++)
		free(held[i]);
}

__attribute__((noreturn)) static void *work(void *seed)
{
	for (;;) {
		pthread_barrier_wait(&begin);
		unit(*(unsigned *)seed);
		pthread_barrier_wait(&end);
	}
}

static void all_threads(void)
{
	pthread_barrier_wait(&begin);
	unit(1);
	pthread_barrier_wait(&end);
}

static long long cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char **argv)
{
	static unsigned seeds[64];
	char line[16];

	thread_count = argc > 2 ? (unsigned)atoi(argv[1]) : 0;
	if (thread_count < 1 || thread_count > 64)
		return 2;
	if (argc > 3 && thread_count == 1) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(atoi(argv[3]), &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	pthread_barrier_init(&begin, NULL, thread_count);
	pthread_barrier_init(&end, NULL, thread_count);
	for (unsigned i = 1; i < thread_count; i++) {
		pthread_t thread;

		seeds[i] = i + 1;
		if (pthread_create(&thread, NULL, work, &seeds[i]))
			return 1;
	}
	if (strcmp(argv[2], "turns") != 0) {
		for (int i = 0; i < atoi(argv[2]); i++)
			all_threads();
		printf("{\"cpu\": %.6f}\n", (double)cpu_ns() / 1e9);
		return 0;
	}
	all_threads();
	while (fgets(line, sizeof(line), stdin)) {
		long long before = cpu_ns();

		all_threads();
		printf("%lld\n", cpu_ns() - before);
		fflush(stdout);
	}
	return 0;
}
