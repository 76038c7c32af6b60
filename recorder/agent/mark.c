/* Marks that the program sets itself: what <ptf/mark.h> and the ptf module find. */
#include "recorder/agent/agent.h"

#include <errno.h>
#include <time.h>

/* Of <ptf/mark.h>, which is the contract. */
AGENT_EXPORT void ptf_agent_mark(int kind, const char *name, size_t size);
AGENT_EXPORT void ptf_agent_switch(int is_on);

void ptf_agent_mark(int kind, const char *name, size_t size)
{
	int saved_errno = errno;
	uint32_t name_bytes =
		size < PREC_MARK_NAME_MAX ? (uint32_t)size : PREC_MARK_NAME_MAX;
	struct prec_mark mark = {.kind = (uint32_t)kind};

	if (!agent_is_here() || !agent_thread.slot || agent_thread.in_handler)
		return;
	/* A character of several bytes is not cut in two. */
	while (name_bytes < size && name_bytes && (name[name_bytes] & 0xc0) == 0x80)
		name_bytes--;
	mark.record =
		(struct prec_record){(uint32_t)(sizeof mark / 8) + prec_words(name_bytes),
			PREC_RECORD_MARK, 0};
	mark.name_bytes = name_bytes;
	mark.time_ns = agent_clock_ns(CLOCK_MONOTONIC);
	if (!agent_write_record(&mark, sizeof mark, name, name_bytes))
		atomic_fetch_add(&agent_thread.slot->lost_mark_count, 1);
	errno = saved_errno;
}

/* enum ptf_mark_kind, which belongs to the format. */
#define RECORDING_ON  3
#define RECORDING_OFF 4

/* Of the whole recording: all processes are switched. */
void ptf_agent_switch(int is_on)
{
	if (!agent_is_here())
		return;
	if (!is_on)
		ptf_agent_mark(RECORDING_OFF, "", 0);
	atomic_store(&agent.shm->is_off, !is_on);
	if (is_on)
		ptf_agent_mark(RECORDING_ON, "", 0);
}
