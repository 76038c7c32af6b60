/* Marks of a C program; prints what it measured of its regions itself. */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include <ptf/mark.h>

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void burn(double time)
{
	double end = seconds(CLOCK_THREAD_CPUTIME_ID) + time;

	while (seconds(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void *work(void *unused)
{
	PTF_REGION("worker");

	burn(0.3);
	return unused;
}

int main(void)
{
	pthread_t thread;

	ptf_region_begin("load");
	burn(0.2);
	ptf_region_end("load");
	ptf_mark("größe");
	pthread_create(&thread, NULL, work, NULL);
	burn(0.1);
	pthread_join(thread, NULL);
	printf("%s\n", ptf_is_recorded() ? "recorded" : "alone");
	return 0;
}
