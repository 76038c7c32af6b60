/*
 * A native program that nothing may disturb, and that says if something did.
 *
 *     calm ROUNDS
 *
 * It makes system calls that a signal would cut short (with EINTR, or with less
 * than was asked for), in several threads at once, and has no signal of its
 * own. It also starts threads with the least of stacks, programs by vfork and
 * posix_spawn, and runs on alternative signal stacks of its own. Prints what it
 * found; all but the first line is nothing when all is well.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define LARGE   (1 << 20)

extern char **environ;

static atomic_int interrupted[16], short_result[16], wrong;

static const char *const calls[] = {"nanosleep", "poll", "epoll_wait", "select", "read",
	"write", "getrandom", "zero", "futex", "usleep", "busy poll"};

/* result is what the call gave, wanted what it had to give. */
static void judge(unsigned int call, long result, long wanted)
{
	if (result < 0 && errno == EINTR)
		interrupted[call]++;
	else if (result != wanted)
		short_result[call]++;
}

static uint64_t spin(uint64_t turns)
{
	uint64_t value = 1;

	for (uint64_t i = 0; i < turns; i++)
		value = value * 6364136223846793005u + 1442695040888963407u;
	return value;
}

static void *waits(void *argument)
{
	long rounds = *(long *)argument;
	char *buffer = malloc(LARGE);
	int zero = open("/dev/zero", O_RDONLY), pipes[2], epoll = epoll_create1(0);
	volatile uint64_t sink = 0;
	sigset_t child;

	/* While posix_spawn blocks it in the main thread, SIGCHLD would come here. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &child, NULL);
	if (!buffer || zero < 0 || epoll < 0 || pipe(pipes) != 0) {
		wrong++;
		return NULL;
	}
	epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0],
		&(struct epoll_event){.events = EPOLLIN});
	for (long i = 0; i < rounds; i++) {
		struct timespec pause = {0, 300000};
		struct timeval timeout = {0, 300};
		struct pollfd fd = {pipes[0], POLLIN, 0};
		int word = 0;
		fd_set set;

		sink += spin(20000);
		judge(0, nanosleep(&pause, NULL), 0);
		judge(1, poll(&fd, 1, 1), 0);
		judge(2, epoll_wait(epoll, &(struct epoll_event){0}, 1, 1), 0);
		FD_ZERO(&set);
		FD_SET(pipes[0], &set);
		judge(3, select(pipes[0] + 1, &set, NULL, NULL, &timeout), 0);
		judge(5, write(pipes[1], buffer, 4096), 4096);
		judge(4, read(pipes[0], buffer, 4096), 4096);
		judge(6, getrandom(buffer, LARGE, 0), LARGE);
		judge(7, read(zero, buffer, LARGE), LARGE);
		if (syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &pause, NULL, 0) !=
			0)
			judge(8, errno == ETIMEDOUT ? 0 : -1, 0);
		judge(9, usleep(100), 0);
		for (int k = 0; k < 200; k++)
			judge(10, poll(&fd, 1, 0), 0);
	}
	close(pipes[0]);
	close(pipes[1]);
	close(zero);
	close(epoll);
	free(buffer);
	return NULL;
}

static void *brief(void *argument)
{
	*(uint64_t *)argument = spin(3000);
	return NULL;
}

/* Threads with the least of stacks: a handler that needs much would break them. */
static void small_threads(void)
{
	pthread_attr_t attributes;
	pthread_t thread[8];
	uint64_t result[8] = {0};

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16384);
	for (size_t i = 0; i < 8; i++)
		if (pthread_create(&thread[i], &attributes, brief, &result[i]) != 0)
			wrong++;
	for (size_t i = 0; i < 8; i++) {
		pthread_join(thread[i], NULL);
		if (result[i] != spin(3000))
			wrong++;
	}
	pthread_attr_destroy(&attributes);
}

static void programs(void)
{
	char *const arguments[] = {(char *)(uintptr_t) "true", NULL};
	int status = -1;
	pid_t child = vfork();

	if (child == 0) {
		execv("/bin/true", arguments);
		_exit(99);
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		wrong++;
	if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) != 0 ||
		waitpid(child, &status, 0) != child || status != 0)
		wrong++;
}

static atomic_int handled;

static void handler(int number)
{
	(void)number;
	spin(2000);
	handled++;
}

/* A handler on a stack of its own, of the least size, with all blocked. */
static void own_signal_stack(void)
{
	static char memory[1 << 16];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory}, before;
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK}, old;
	sigset_t all, mask, now;

	sigaltstack(&stack, &before);
	sigfillset(&action.sa_mask);
	sigaction(SIGUSR2, &action, &old);
	for (int i = 0; i < 20; i++)
		raise(SIGUSR2);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	spin(300000);
	sigprocmask(SIG_SETMASK, NULL, &now);
	for (int number = 1; number < 32; number++)
		if (number != SIGKILL && number != SIGSTOP &&
			sigismember(&now, number) != 1)
			wrong++;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGUSR2, &old, NULL);
	sigaltstack(&before, NULL);
}

int main(int argc, char *argv[])
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	pthread_t thread[THREADS];
	long of_threads = rounds * 4;

	if (rounds <= 0)
		return 2;
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, waits, &of_threads) != 0)
			return 1;
	for (long i = 0; i < rounds; i++) {
		small_threads();
		programs();
		own_signal_stack();
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	printf("%ld rounds, %d signals of its own\n", rounds, handled);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (interrupted[i] || short_result[i])
			printf("%s: %d interrupted, %d other than asked for\n", calls[i],
				interrupted[i], short_result[i]);
	if (wrong)
		printf("%d other things went wrong\n", wrong);
	return 0;
}
