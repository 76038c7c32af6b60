/* Names of traces; see output_name.h. */
#include "recorder/output/output_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "recorder/say.h"

/* Open MPI; PMIx; MPICH, Intel MPI, Hydra; MVAPICH2; Cray PALS, ALPS; IBM JSM;
   Flux; Slurm, whose variable is set outside of parallel steps too. */
#define RANK_VARIABLES                                                                   \
	X(OMPI_COMM_WORLD_RANK)                                                          \
	X(PMIX_RANK)                                                                     \
	X(PMI_RANK)                                                                      \
	X(MV2_COMM_WORLD_RANK)                                                           \
	X(PALS_RANKID)                                                                   \
	X(ALPS_APP_PE)                                                                   \
	X(JSM_NAMESPACE_RANK)                                                            \
	X(FLUX_TASK_RANK)                                                                \
	X(SLURM_PROCID)

const char *parallel_rank(void)
{
#define X(name) #name,
	static const char *const names[] = {RANK_VARIABLES};
#undef X

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value && strspn(value, "0123456789") == strlen(value) &&
			strlen(value) < 12)
			return value;
	}
	return NULL;
}

const char *parallel_rank_variables(void)
{
#define X(name) ", " #name
	return &RANK_VARIABLES[2];
#undef X
}

/* What stands for a letter; NULL after a complaint. */
static const char *value_of(char letter, const char *pattern)
{
	static char number[16];
	static struct utsname system;
	const char *rank;

	switch (letter) {
	case '%':
		return "%";
	case 'p':
		snprintf(number, sizeof number, "%d", (int)getpid());
		return number;
	case 'h':
		return uname(&system) == 0 && !strchr(system.nodename, '/')
			? system.nodename
			: "localhost";
	case 'r':
		rank = parallel_rank();
		if (!rank)
			complain("%s: this process has no rank: none of %s is set",
				pattern, parallel_rank_variables());
		return rank;
	default:
		complain("%s: only %%r (rank), %%p (process), %%h (host), %%%%, and with "
			 "--rotate one %%n (number) may stand in the name of a trace",
			pattern);
		return NULL;
	}
}

char *output_name_expand(const char *pattern)
{
	char *name = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&name, &size);

	if (!to) {
		complain("out of memory");
		return NULL;
	}
	for (const char *c = pattern; *c; c++) {
		const char *value = NULL;
		if (*c != '%') {
			fputc(*c, to);
			continue;
		}
		value = value_of(*++c, pattern);
		if (!value) {
			fclose(to);
			free(name);
			return NULL;
		}
		fputs(value, to);
	}
	if (fclose(to) != 0) {
		complain("out of memory");
		free(name);
		return NULL;
	}
	return name;
}
