/*
 * The name of the trace: what stands for a rank, a process, a host in it.
 *
 *     %r  rank in a parallel run       %p  prec's process id
 *     %h  host name                    %%  a percent sign
 *
 * output_series.h has %n, the number of a trace of many.
 */
#ifndef PREC_OUTPUT_NAME_H
#define PREC_OUTPUT_NAME_H

/*
 * The rank that a launcher (mpirun, srun, ...) has told this process, decimal;
 * NULL = this is no parallel run.
 */
const char *parallel_rank(void);

/* The variables that are looked at, separated by commas. */
const char *parallel_rank_variables(void);

/*
 * A heap copy of pattern with all of it replaced; NULL after a complaint, which
 * is the user's fault.
 */
char *output_name_expand(const char *pattern);

#endif
