/* Our variables in an environment; see handover.h. */
#include "recorder/agent/handover.h"

#include <stdio.h>
#include <string.h>

#include "recorder/agent/agent.h"

#define PRELOAD "LD_PRELOAD="

/* Our own variable, without its path. */
#define VALUE_BYTES 64u

bool handover_parse(struct handover *handover, const char *value)
{
	char flags[3] = "";
	int pid;
	unsigned number;

	if (sscanf(value, "%63s %d %u %2s", handover->shm_path, &pid, &number, flags) < 3)
		return false;
	handover->pid = pid;
	handover->number = number;
	handover->blocks_signal = strchr(flags, 'b') != NULL;
	handover->ignores_signal = strchr(flags, 'i') != NULL;
	return true;
}

static size_t count_variables(char *const environment[])
{
	size_t count = 0;

	while (environment && environment[count])
		count++;
	return count;
}

/* The place of LD_PRELOAD, or of the end. */
static size_t find_preload(char *const environment[])
{
	size_t place = 0;

	while (environment && environment[place] &&
		strncmp(environment[place], PRELOAD, strlen(PRELOAD)) != 0)
		place++;
	return place;
}

static const char *value_of(char *const environment[], size_t place)
{
	return environment && environment[place] ? environment[place] + strlen(PRELOAD)
						 : NULL;
}

size_t handover_bytes(char *const environment[])
{
	const char *preload = value_of(environment, find_preload(environment));

	return (count_variables(environment) + 3) * sizeof(char *) + strlen(PRELOAD) +
		strlen(agent.preload) + 2 + (preload ? strlen(preload) : 0) +
		strlen(PREC_SHM_VARIABLE) + strlen(agent.shm_path) + VALUE_BYTES;
}

char *agent_put_number(char *to, unsigned number)
{
	char digits[12];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (n)
		*to++ = digits[--n];
	*to = '\0';
	return to;
}

static void put_value(char *at, bool tells_signal)
{
	at = stpcpy(stpcpy(at, PREC_SHM_VARIABLE "="), agent.shm_path);
	at = agent_put_number(stpcpy(at, " "), (unsigned)agent.owner_pid);
	at = stpcpy(agent_put_number(stpcpy(at, " "), agent.process), " ");
	if (tells_signal && agent_thread.blocks_signal)
		at = stpcpy(at, "b");
	if (tells_signal && agent_ignores_signal())
		stpcpy(at, "i");
}

char **handover_make(char *const environment[], void *room, bool tells_signal)
{
	size_t count = count_variables(environment), place = find_preload(environment);
	const char *preload = value_of(environment, place);
	char **copy = room;
	char *at = (char *)(copy + count + 3);

	if (count)
		memcpy(copy, environment, count * sizeof *copy);
	if (place == count)
		count++;
	copy[place] = at;
	at = stpcpy(stpcpy(at, PRELOAD), agent.preload);
	if (preload)
		at = stpcpy(stpcpy(at, ":"), preload);
	at++;
	copy[count] = at;
	copy[count + 1] = NULL;
	put_value(at, tells_signal);
	return copy;
}

bool handover_renew(char **made, char *const environment[])
{
	size_t count = count_variables(environment), place = find_preload(environment);
	const char *preload = value_of(environment, place);
	size_t made_count = count + (place == count) + 1;

	if (count_variables(made) != made_count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (i != place && made[i] != environment[i])
			return false;
	if (preload &&
		strcmp(made[place] + strlen(PRELOAD) + strlen(agent.preload) + 1,
			preload) != 0)
		return false;
	put_value(made[made_count - 1], true);
	return true;
}
