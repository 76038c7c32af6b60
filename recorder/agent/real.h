/*
 * The functions of libc that ours stand before.
 *
 * They are looked up when the agent starts, all of them: dlsym takes locks, and
 * the program may call any of them in a signal handler or between vfork and
 * exec. Constructors that run before ours look up what they call.
 */
#ifndef PREC_AGENT_REAL_H
#define PREC_AGENT_REAL_H

struct agent_real {
	const char *name;
	void *function; /* NULL: not looked up yet, or not in this libc */
};

void agent_real_look_up_all(void);
void *agent_real_function(struct agent_real *entry);

/* Declares real: a pointer to the next definition of name. */
#define AGENT_REAL(name)                                                                 \
	static struct agent_real entry                                                   \
		__attribute__((section("agent_real"), used)) = {#name, NULL};            \
	__typeof__(&name) real = (__typeof__(&name))agent_real_function(&entry)

#endif
