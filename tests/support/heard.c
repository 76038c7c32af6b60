/*
 * A program whose read() must end with EINTR each time that a signal comes whose
 * handler does not ask for restarts.  heard ROUNDS: prints how often it did not.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int pipe_fd[2];
static _Atomic long reader_tid;
static _Atomic long round_count;

static void hear(int number)
{
	(void)number;
}

static void *reader(void *rounds)
{
	long end = atol(rounds);
	char byte;

	reader_tid = syscall(SYS_gettid);
	while (round_count < end) {
		if (read(pipe_fd[0], &byte, 1) < 0 && errno != EINTR)
			return rounds;
		round_count++;
	}
	return NULL;
}

/* Only in read() does it sleep. */
static bool is_asleep(int stat_fd)
{
	char text[512];
	ssize_t length = pread(stat_fd, text, sizeof text - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	const char *name_end = strrchr(text, ')');
	return name_end && name_end[1] && name_end[2] == 'S';
}

static void pause_us(long time_us)
{
	struct timespec time = {0, time_us * 1000};

	nanosleep(&time, NULL);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = hear};
	long end = argc > 1 ? atol(argv[1]) : 0, unheard_count = 0;
	char path[64];
	pthread_t thread;
	void *failure;

	sigaction(SIGTERM, &action, NULL);
	if (pipe(pipe_fd) != 0 || pthread_create(&thread, NULL, reader, argv[1]) != 0)
		return 1;
	while (!reader_tid)
		pause_us(10);
	snprintf(path, sizeof path, "/proc/self/task/%ld/stat", (long)reader_tid);
	int stat_fd = open(path, O_RDONLY);
	for (long round = 0; round < end; round++) {
		while (!is_asleep(stat_fd))
			pause_us(10);
		pthread_kill(thread, SIGTERM);
		/* Half a minute is never for a busy machine. */
		for (long i = 0; round_count == round && i < 30000; i++)
			pause_us(i < 100 ? 20 : 1000);
		if (round_count == round) {
			unheard_count++;
			if (write(pipe_fd[1], "x", 1) != 1)
				return 1;
			while (round_count == round)
				pause_us(1000);
		}
		if (unheard_count == 3)
			break;
	}
	printf("%ld signals were not heard\n", unheard_count);
	if (unheard_count)
		return 3;
	pthread_join(thread, &failure);
	return failure != NULL;
}
