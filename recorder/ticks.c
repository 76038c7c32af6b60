/* Weights of on-CPU samples; see ticks.h. */
#include "recorder/ticks.h"

void ticks_start(struct ticks *ticks, uint64_t period_ns, uint64_t cpu_ns)
{
	ticks->period_ns = period_ns;
	ticks->origin_ns = cpu_ns;
	ticks->grid_ns = cpu_ns;
	ticks->given_ns = 0;
}

static uint64_t give(struct ticks *ticks, uint64_t period_count)
{
	uint64_t weight_ns = period_count * ticks->period_ns;

	ticks->given_ns += weight_ns;
	ticks->credited_ns += weight_ns;
	return weight_ns;
}

uint64_t ticks_weigh(struct ticks *ticks, uint64_t cpu_ns, bool is_after_syscall)
{
	uint64_t period_ns = ticks->period_ns;
	uint64_t since_ns = cpu_ns > ticks->grid_ns ? cpu_ns - ticks->grid_ns : 0;
	uint64_t passed = (since_ns + (is_after_syscall ? 0 : period_ns / 2)) / period_ns;

	/* There was a tick, or there would be no sample. */
	if (passed == 0)
		passed = 1;
	ticks->grid_ns = is_after_syscall ? ticks->grid_ns + passed * period_ns : cpu_ns;
	uint64_t due_ns = cpu_ns - ticks->origin_ns;
	uint64_t given_ns = ticks->given_ns + passed * period_ns;
	if (given_ns > due_ns + period_ns)
		passed--;
	else if (!is_after_syscall && given_ns + period_ns < due_ns)
		passed++;
	return give(ticks, passed);
}

uint64_t ticks_weigh_count(struct ticks *ticks, uint64_t cpu_ns)
{
	uint64_t due_ns = cpu_ns - ticks->origin_ns;

	if (ticks->given_ns > due_ns)
		return 0;
	uint64_t behind = (due_ns - ticks->given_ns) / ticks->period_ns;
	return give(ticks, behind > TICKS_BEHIND_MAX ? behind - TICKS_BEHIND_MAX + 1 : 1);
}

void ticks_take_back(struct ticks *ticks, uint64_t excess_ns)
{
	/* The source may have begun anew since a part of it was given. */
	ticks->given_ns -= excess_ns < ticks->given_ns ? excess_ns : ticks->given_ns;
	ticks->credited_ns -= excess_ns;
}

int64_t ticks_rest(const struct ticks *ticks, uint64_t cpu_ns)
{
	return (int64_t)(cpu_ns - ticks->credited_ns);
}
