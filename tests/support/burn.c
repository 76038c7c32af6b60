/*
 * A native program for the recorder's tests.
 *
 *     burn loop MS        spins MS milliseconds of CPU time, 30 % of it in
 *                         burn_short and 70 % in burn_long, prints the truth
 *     burn exit STATUS    ends with that status
 *     burn signal NUMBER  spins 50 ms, then dies of that signal
 *     burn threads N MS   N threads, the i-th spins i * MS of CPU time
 *     burn exec MS PROGRAM ARGUMENT...   spins, then becomes PROGRAM
 *     burn fork MS        spins; so does a child; waits for it
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;

static double cpu_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static __attribute__((noinline)) void burn_short(void)
{
	for (int i = 0; i < 300000; i++)
		sink = sink * 31 + 7;
	__asm__ volatile("" ::: "memory");
}

static __attribute__((noinline)) void burn_long(void)
{
	for (int i = 0; i < 700000; i++)
		sink = sink * 31 + 7;
	__asm__ volatile("" ::: "memory");
}

static void spin(double ms)
{
	double end = cpu_ms(CLOCK_THREAD_CPUTIME_ID) + ms, now, short_ms = 0, long_ms = 0;

	while ((now = cpu_ms(CLOCK_THREAD_CPUTIME_ID)) < end) {
		double middle;

		burn_short();
		middle = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
		burn_long();
		short_ms += middle - now;
		long_ms += cpu_ms(CLOCK_THREAD_CPUTIME_ID) - middle;
	}
	printf("{\"pid\": %d, \"burn_short\": %.3f, \"burn_long\": %.3f}\n",
		(int)getpid(), short_ms, long_ms);
	fflush(stdout);
}

static void *spin_thread(void *argument)
{
	spin(*(double *)argument);
	return NULL;
}

static int spin_threads(int count, double ms)
{
	pthread_t *thread = calloc((size_t)count, sizeof *thread);
	double *share = calloc((size_t)count, sizeof *share);

	if (!thread || !share)
		return 1;
	for (int i = 0; i < count; i++) {
		share[i] = ms * (i + 1);
		if (pthread_create(&thread[i], NULL, spin_thread, &share[i]))
			return 1;
	}
	for (int i = 0; i < count; i++)
		pthread_join(thread[i], NULL);
	free(thread);
	free(share);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	double number = argc > 2 ? atof(argv[2]) : 0;

	if (!strcmp(what, "loop")) {
		spin(number);
		return 0;
	}
	if (!strcmp(what, "exit"))
		return (int)number;
	if (!strcmp(what, "signal")) {
		struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		spin(50);
		raise((int)number);
		return 1;
	}
	if (!strcmp(what, "threads") && argc > 3)
		return spin_threads((int)number, atof(argv[3]));
	if (!strcmp(what, "exec") && argc > 3) {
		spin(number);
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		return 127;
	}
	if (!strcmp(what, "fork")) {
		pid_t child = fork();

		spin(number);
		if (child == 0)
			_exit(0);
		return child < 0 || waitpid(child, NULL, 0) != child;
	}
	fputs("usage: see the head of burn.c\n", stderr);
	return 2;
}
