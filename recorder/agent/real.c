/* Looking up the functions of libc; see real.h. */
#include "recorder/agent/real.h"

#include <dlfcn.h>

/* The bounds of the section, which the linker defines. */
extern struct agent_real __start_agent_real[] __attribute__((visibility("hidden")));
extern struct agent_real __stop_agent_real[] __attribute__((visibility("hidden")));

void *agent_real_function(struct agent_real *entry)
{
	if (!entry->function)
		entry->function = dlsym(RTLD_NEXT, entry->name);
	return entry->function;
}

void agent_real_look_up_all(void)
{
	for (struct agent_real *entry = __start_agent_real; entry != __stop_agent_real;
		entry++)
		agent_real_function(entry);
}
