/*
 * Statistics of runs: is a difference between two sets of measurements more
 * than chance?
 *
 * A measurement is what one run of a program took. Two sides are two sets of
 * runs, of at least one each. Nothing here assumes that times are normally
 * distributed, but for the interval of a difference of means (Welch's), and
 * nothing depends on the clock or on an order of evaluation: the same numbers
 * always give the same result.
 */
#ifndef TOOLS_CORE_STATISTICS_H
#define TOOLS_CORE_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

struct statistics_interval {
	double low, high; /* infinite where there is too little data for a bound */
};

double statistics_mean(const double *x, size_t count);
double statistics_median(const double *x, size_t count);
/* Of a sample (divided by count - 1); 0 for fewer than two. */
double statistics_variance(const double *x, size_t count);

/* Student's t: the value that a share p of the distribution stays below. */
double statistics_t_quantile(double p, double degrees_of_freedom);

/* ------------------------------------------------------- differences */

/* Interval of mean(y) - mean(x), by Welch. confidence is 0.99 for 99 %. */
struct statistics_interval statistics_welch(const double *x, size_t x_count,
	const double *y, size_t y_count, double confidence);

/*
 * The median of all differences y - x (Hodges and Lehmann) and its interval,
 * which holds for any distribution and agrees with the test by Mann and
 * Whitney. Returns the median.
 */
double statistics_shift(const double *x, size_t x_count, const double *y, size_t y_count,
	double confidence, struct statistics_interval *interval);

/*
 * Difference of means in units of the common standard deviation, corrected for
 * few runs (Hedges' g); 0 when nothing varies.
 */
double statistics_effect_size(const double *x, size_t x_count, const double *y,
	size_t y_count);

/*
 * How much a value changes with each unit of what was measured beside it in the
 * same runs, by least squares over the deviations from the mean of each side (one
 * side where y_count is 0); 0 when `by` does not vary. The runs of x come first.
 */
double statistics_slope(const double *by, const double *value, size_t x_count,
	size_t y_count);

/*
 * The smallest difference of means that a test at this level would find in four
 * cases of five, given how much the runs vary; infinite for fewer than two runs
 * on both sides.
 */
double statistics_detectable(const double *x, size_t x_count, const double *y,
	size_t y_count, double alpha);

/* -------------------------------------------------------------- tests */

/*
 * Replaces numbers by their ranks, ties by the mean of theirs. The permutation
 * test of ranks is the exact test by Mann and Whitney.
 */
void statistics_rank(double *x, size_t count);

/* Relabellings of the runs, and the smallest p that their test can give. */
struct statistics_test {
	size_t x_count, y_count;
	uint64_t relabelling_count; /* all there are, or those drawn at random */
	int is_exact;               /* all of them */
	double smallest_p;
};

/*
 * The test for so many runs: exact where all relabellings can be tried, else with
 * as many random ones as this level asks for.
 */
struct statistics_test statistics_plan(size_t x_count, size_t y_count, double alpha);

/*
 * Two-sided permutation test of the difference of means, of many variables over
 * the same runs: values[run * variable_count + variable], the runs of x first.
 * p[variable] is the share of relabellings with a difference as large as the real
 * one. q[variable] is that among all of them: the share in which any variable that
 * differs less in reality, or this one, differs as much, in units of its standard
 * deviation (Westfall and Young, step-down). To take q <= alpha for a difference is
 * wrong anywhere with a chance of at most alpha, however they depend on each other.
 */
void statistics_permute(const struct statistics_test *test, const double *values,
	size_t variable_count, double *p, double *q);

/* Runs a side with which anything can be told at this level. */
size_t statistics_runs_needed(double alpha);

/* ------------------------------------------------------------ resampling */

/*
 * Interval of sum(y) - sum(x) for sums over groups of which other ones might as
 * well have been seen, by resampling whole groups (bootstrap); for many
 * variables: x[group * variable_count + variable]. Both have group_count groups,
 * at least 2.
 */
void statistics_bootstrap(const double *x, const double *y, size_t group_count,
	size_t variable_count, double confidence, struct statistics_interval *interval);

/* A fixed sequence of numbers that look random: the same in every run. */
struct statistics_random {
	uint64_t state;
};

/* A number from 0 to limit - 1. */
size_t statistics_draw(struct statistics_random *random, size_t limit);
/* The first `chosen` of items[count] are a random choice of them afterwards. */
void statistics_choose(struct statistics_random *random, uint32_t *items, size_t count,
	size_t chosen);

#endif
