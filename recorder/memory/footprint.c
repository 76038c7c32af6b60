/* Levels to points; see footprint.h. */
#include "recorder/memory/footprint.h"

#include "recorder/recording.h"

#define POINT_INTERVAL_NS 100000000

void footprint_tell(struct footprint *footprint, struct recording *r,
	struct recorded_process *process)
{
	if (!footprint->is_known)
		return;
	if (footprint->highest_bytes > footprint->told_bytes &&
		footprint->highest_bytes > footprint->level_bytes)
		gauges_add(r, process, GAUGE_FOOTPRINT, footprint->highest_ns,
			footprint->highest_bytes);
	gauges_add(r, process, GAUGE_FOOTPRINT, footprint->changed_ns,
		footprint->level_bytes);
	footprint->told_bytes = footprint->highest_bytes = footprint->level_bytes;
}

void footprint_follow(struct footprint *footprint, struct recording *r,
	struct recorded_process *process, const struct memory_row *row)
{
	if (row->use == MEMORY_COPIED)
		return;
	if (row->time_ns - footprint->interval_ns >= POINT_INTERVAL_NS) {
		footprint_tell(footprint, r, process);
		footprint->interval_ns = row->time_ns;
	}
	footprint->is_known = true;
	/* Only of absurd sizes it overflows, to some number. */
	__builtin_add_overflow(footprint->level_bytes,
		row->use == MEMORY_ALLOCATED ? row->value_bytes : -row->value_bytes,
		&footprint->level_bytes);
	footprint->changed_ns = row->time_ns;
	if (footprint->level_bytes > footprint->highest_bytes) {
		footprint->highest_bytes = footprint->level_bytes;
		footprint->highest_ns = row->time_ns;
	}
}

void footprint_enter_section(struct footprint *footprint, struct recording *r,
	struct recorded_process *process)
{
	footprint->changed_ns = footprint->interval_ns = 0;
	footprint_tell(footprint, r, process);
}
