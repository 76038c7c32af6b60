/*
 * Runs a command and tells what it needed:
 *
 *     usage FILE COMMAND...       {"cpu_seconds": 0.123, "maximum_rss_kib": 4567}
 *
 * The status is the command's. A large program cannot find out by itself: the
 * high-water mark of a child begins with that of the process it was forked from.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage usage;
	int status;
	pid_t pid;
	FILE *out;

	if (argc < 3) {
		fputs("usage: usage FILE COMMAND...\n", stderr);
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror("usage");
		return 126;
	}
	out = fopen(argv[1], "w");
	if (!out) {
		perror(argv[1]);
		return 126;
	}
	fprintf(out, "{\"cpu_seconds\": %.6f, \"maximum_rss_kib\": %ld}\n",
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		usage.ru_maxrss);
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
