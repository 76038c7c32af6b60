/* Clocks; see clocks.h. */
#include "recorder/clocks.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t read_clock_ns(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_now_ns(void)
{
	return read_clock_ns(CLOCK_MONOTONIC);
}

uint64_t clock_thread_cpu_ns(void)
{
	return read_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t clock_process_cpu_ns(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) == 0 ? read_clock_ns(clock) : 0;
}

static bool read_boot_id(char boot_id[16])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	unsigned int byte;
	size_t n = 0;

	if (!file)
		return false;
	while (n < 16 && fscanf(file, "%2x", &byte) == 1) {
		boot_id[n++] = (char)byte;
		int dash = fgetc(file);
		if (dash != '-' && dash != EOF)
			ungetc(dash, file);
	}
	fclose(file);
	return n == 16;
}

/* Lines "monotonic SECONDS NANOSECONDS" and "boottime ...". */
static void read_namespace_offsets(struct ptf_clock *clock)
{
	FILE *file = fopen("/proc/self/timens_offsets", "re");
	char name[16];
	long long seconds, nanoseconds;

	if (!file)
		return;
	while (fscanf(file, "%15s %lld %lld", name, &seconds, &nanoseconds) == 3) {
		int64_t offset_ns = seconds * 1000000000 + nanoseconds;
		if (!strcmp(name, "monotonic"))
			clock->monotonic_offset_ns = offset_ns;
		else if (!strcmp(name, "boottime"))
			clock->boottime_offset_ns = offset_ns;
	}
	fclose(file);
}

void clock_read_all(struct ptf_clock *clock, char boot_id[16])
{
	uint64_t before_ns, after_ns;

	*clock = (struct ptf_clock){0};
	if (read_boot_id(boot_id))
		clock->boot_id = (struct ptf_text){boot_id, 16};
	read_namespace_offsets(clock);
	before_ns = read_clock_ns(CLOCK_MONOTONIC);
	clock->boottime_ns = (int64_t)read_clock_ns(CLOCK_BOOTTIME);
	clock->realtime_ns = (int64_t)read_clock_ns(CLOCK_REALTIME);
	after_ns = read_clock_ns(CLOCK_MONOTONIC);
	clock->monotonic_ns = (int64_t)(before_ns + (after_ns - before_ns) / 2);
	clock->uncertainty_ns = after_ns - before_ns;
}
