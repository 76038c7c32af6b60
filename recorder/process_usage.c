/* Zombies and descriptors of processes; see process_usage.h. */
#include "recorder/process_usage.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/clocks.h"

/* linux/pidfd.h, since 6.15: exit_code stays known while a descriptor is open. */
struct pidfd_info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};
#define INFO_REQUEST _IOWR(0xff, 11, struct pidfd_info)
#define INFO_EXIT    8u

struct zombie {
	char state;
	unsigned long minor, major, user, system, child_user, child_system;
	int wait_status; /* -1 = not ours to know */
};

static bool read_stat(pid_t pid, struct zombie *z)
{
	char path[64], text[1024];

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat owner = {0};
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	bool may_know = fd >= 0 && fstat(fd, &owner) == 0 &&
		(geteuid() == 0 || geteuid() == owner.st_uid);
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = '\0';
	const char *behind_name = strrchr(text, ')');
	if (!behind_name ||
		sscanf(behind_name + 1,
			" %c %*d %*d %*d %*d %*d %*u %lu %*u %lu %*u %lu %lu %lu %lu",
			&z->state, &z->minor, &z->major, &z->user, &z->system,
			&z->child_user, &z->child_system) != 7)
		return false;
	/* The last of the fields; told as 0 to others. */
	const char *last = strrchr(behind_name, ' ');
	z->wait_status = -1;
	return !may_know || !last || sscanf(last, "%d", &z->wait_status) == 1;
}

static int to_exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
					: WEXITSTATUS(wait_status);
}

void process_usage_read(pid_t pid, int pid_fd, struct ptf_process_end *end,
	uint64_t *children_cpu_ns)
{
	struct pidfd_info info = {.mask = INFO_EXIT};
	struct zombie z;
	uint64_t cpu_ns;

	if (pid_fd >= 0 && ioctl(pid_fd, INFO_REQUEST, &info) == 0 &&
		(info.mask & INFO_EXIT))
		end->exit_status = to_exit_status(info.exit_code);
	if (!read_stat(pid, &z) || z.state != 'Z')
		return;
	/* User and system time are told in ticks, their sum is known exactly. */
	cpu_ns = clock_process_cpu_ns(pid);
	if (cpu_ns < end->cpu_ns)
		return;
	unsigned long sum = z.user + z.system;
	double user_share = sum ? (double)z.user / (double)sum : 1;
	end->cpu_ns = cpu_ns;
	end->user_ns = (uint64_t)((double)cpu_ns * user_share);
	end->system_ns = cpu_ns - end->user_ns;
	end->minor_fault_count = z.minor;
	end->major_fault_count = z.major;
	if (z.wait_status >= 0)
		end->exit_status = to_exit_status(z.wait_status);
	if (children_cpu_ns)
		*children_cpu_ns = (z.child_user + z.child_system) *
			(1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

void process_usage_read_child(pid_t pid, struct ptf_process_end *end)
{
	siginfo_t info = {0};
	struct rusage usage = {0};

	/* The system call tells the usage as well. */
	if (syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, &usage) !=
			0 ||
		info.si_pid != pid)
		return;
	end->exit_status =
		info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	end->maximum_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

void read_process_name(pid_t pid, char name[16])
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, name, 15);
	if (fd >= 0)
		close(fd);
	name[length > 0 ? length : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

bool process_is_dead(pid_t pid, int pid_fd)
{
	struct pollfd fd = {pid_fd, POLLIN, 0};
	struct zombie z;

	if (pid_fd >= 0)
		return poll(&fd, 1, 0) > 0;
	return !read_stat(pid, &z) || z.state == 'Z' || z.state == 'X';
}
