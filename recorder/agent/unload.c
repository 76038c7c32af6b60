/*
 * A library goes away: another may be mapped at its addresses. prec is told to
 * forget what it knows of the address space. Interposes dlclose.
 */
#include "recorder/agent/agent.h"

#include <dlfcn.h>

AGENT_EXPORT int dlclose(void *handle)
{
	AGENT_REAL(dlclose);
	int result = real(handle);

	if (agent_is_here() && agent.image_slot)
		atomic_fetch_add(&agent.image_slot->unload_count, 1);
	return result;
}
