/* Weights of on-CPU samples; see ticks.h. */
#include "recorder/ticks.h"

/* A tick this much before its grid point is still that point's. */
#define EARLY_SHARE 8u

void ticks_start(struct ticks *ticks, uint64_t period_ns, uint64_t cpu_ns)
{
	ticks->period_ns = period_ns;
	ticks->grid_ns = cpu_ns;
}

uint64_t ticks_weigh(struct ticks *ticks, uint64_t cpu_ns)
{
	uint64_t reach_ns = cpu_ns + ticks->period_ns / EARLY_SHARE;
	uint64_t passed = reach_ns > ticks->grid_ns ?
		(reach_ns - ticks->grid_ns) / ticks->period_ns : 0;

	ticks->grid_ns += passed * ticks->period_ns;
	ticks->credited_ns += passed * ticks->period_ns;
	return passed * ticks->period_ns;
}

uint64_t ticks_weigh_count(struct ticks *ticks, uint64_t cpu_ns)
{
	uint64_t slack_ns = TICKS_DRIFT_MAX * ticks->period_ns;
	uint64_t weight_ns = ticks->period_ns;

	if (ticks->credited_ns + ticks->period_ns > cpu_ns + slack_ns)
		weight_ns = 0;
	else if (ticks->credited_ns + ticks->period_ns + slack_ns < cpu_ns)
		weight_ns *= 2;
	ticks->credited_ns += weight_ns;
	return weight_ns;
}

uint64_t ticks_rest(const struct ticks *ticks, uint64_t cpu_ns)
{
	return cpu_ns > ticks->credited_ns ? cpu_ns - ticks->credited_ns : 0;
}
