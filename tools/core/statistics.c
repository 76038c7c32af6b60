#include "tools/core/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/core/memory.h"

/* So many relabellings are tried out one by one; more are drawn at random. */
#define EXACT_MAX  1000000.0
#define RANDOM_MIN 100000
#define RANDOM_MAX 2000000

#define RESAMPLE_COUNT 2000

/* Chance of finding a difference that is called detectable. */
#define POWER 0.8

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double *sorted_copy(const double *x, size_t count)
{
	double *copy = memory_resized(NULL, count, sizeof(*copy));

	if (count) {
		memcpy(copy, x, count * sizeof(*copy));
		qsort(copy, count, sizeof(*copy), compare_doubles);
	}
	return copy;
}

static double median_of_sorted(const double *x, size_t count)
{
	return count == 0        ? 0
		: count % 2 == 1 ? x[count / 2]
				 : (x[count / 2 - 1] + x[count / 2]) / 2;
}

double statistics_mean(const double *x, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += x[i];
	return count ? sum / (double)count : 0;
}

double statistics_median(const double *x, size_t count)
{
	double *sorted = sorted_copy(x, count);
	double median = median_of_sorted(sorted, count);

	free(sorted);
	return median;
}

double statistics_variance(const double *x, size_t count)
{
	double mean = statistics_mean(x, count), sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (x[i] - mean) * (x[i] - mean);
	return count > 1 ? sum / (double)(count - 1) : 0;
}

/* -------------------------------------------------------- Student's t */

/*
 * The continued fraction of the incomplete beta function, by Lentz's method
 * (DLMF 8.17.22).
 */
static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1);
	double value;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	value = d;
	for (int m = 1; m <= 500; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double factor;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		value *= d * c;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		factor = d * c;
		value *= factor;
		if (fabs(factor - 1) < 1e-14)
			break;
	}
	return value;
}

static double incomplete_beta(double a, double b, double x)
{
	double front;

	if (x <= 0)
		return 0;
	if (x >= 1)
		return 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
					 : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* The share above t, for t >= 0. */
static double t_tail(double t, double df)
{
	return incomplete_beta(df / 2, 0.5, df / (df + t * t)) / 2;
}

double statistics_t_quantile(double p, double df)
{
	double tail = p < 0.5 ? p : 1 - p, low = 0, high = 1;

	if (!(df > 0) || p <= 0 || p >= 1)
		return p <= 0 ? -INFINITY : INFINITY;
	while (t_tail(high, df) > tail && high < 1e300)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-13 * high; i++) {
		double middle = (low + high) / 2;

		if (t_tail(middle, df) > tail)
			low = middle;
		else
			high = middle;
	}
	return p < 0.5 ? -high : high;
}

/* -------------------------------------------------------- differences */

/* The standard error of the difference of means, and its degrees of freedom. */
static bool welch_error(const double *x, size_t x_count, const double *y, size_t y_count,
	double *error, double *df)
{
	double v, w;

	if (x_count < 2 || y_count < 2)
		return false;
	v = statistics_variance(x, x_count) / (double)x_count;
	w = statistics_variance(y, y_count) / (double)y_count;
	*error = sqrt(v + w);
	*df = v + w > 0 ? (v + w) * (v + w) /
			(v * v / (double)(x_count - 1) + w * w / (double)(y_count - 1))
			: (double)(x_count + y_count - 2);
	return true;
}

struct statistics_interval statistics_welch(const double *x, size_t x_count,
	const double *y, size_t y_count, double confidence)
{
	double difference = statistics_mean(y, y_count) - statistics_mean(x, x_count);
	double error, df, half;

	if (!welch_error(x, x_count, y, y_count, &error, &df))
		return (struct statistics_interval){-INFINITY, INFINITY};
	half = error > 0 ? statistics_t_quantile(0.5 + confidence / 2, df) * error : 0;
	return (struct statistics_interval){difference - half, difference + half};
}

static double binomial(size_t n, size_t k)
{
	double value = 1;

	k = k < n - k ? k : n - k;
	for (size_t i = 1; i <= k; i++)
		value = value * (double)(n - k + i) / (double)i;
	return value;
}

/*
 * How many of the sorted differences on each side the interval leaves out: the
 * distribution of Mann and Whitney's U, whose generating function is the product
 * of (1 - q^(m+i)) / (1 - q^i) for i = 1..n.
 */
static size_t left_out(size_t n, size_t m, double tail)
{
	size_t size = n * m + 1, k = 0;
	double *ways = memory_zeroed(size, sizeof(*ways));
	double all = binomial(n + m, n), below = 0;

	ways[0] = 1;
	for (size_t i = 1; i <= n; i++) {
		for (size_t u = size - 1; u >= m + i && u < size; u--)
			ways[u] -= ways[u - m - i];
		for (size_t u = i; u < size; u++)
			ways[u] += ways[u - i];
	}
	while (k < size && (below + ways[k]) / all <= tail)
		below += ways[k++];
	free(ways);
	return k;
}

double statistics_shift(const double *x, size_t x_count, const double *y, size_t y_count,
	double confidence, struct statistics_interval *interval)
{
	size_t count = x_count * y_count, out;
	double *difference = memory_resized(NULL, count, sizeof(*difference));
	double median;

	*interval = (struct statistics_interval){-INFINITY, INFINITY};
	for (size_t i = 0; i < x_count; i++)
		for (size_t k = 0; k < y_count; k++)
			difference[i * y_count + k] = y[k] - x[i];
	if (count)
		qsort(difference, count, sizeof(*difference), compare_doubles);
	median = median_of_sorted(difference, count);
	out = count ? left_out(x_count, y_count, (1 - confidence) / 2) : 0;
	if (out > 0 && 2 * out <= count)
		*interval = (struct statistics_interval){difference[out - 1],
			difference[count - out]};
	free(difference);
	return median;
}

double statistics_effect_size(const double *x, size_t x_count, const double *y,
	size_t y_count)
{
	double df = (double)(x_count + y_count) - 2, pooled;

	if (x_count < 2 || y_count < 2)
		return 0;
	pooled = ((double)(x_count - 1) * statistics_variance(x, x_count) +
			 (double)(y_count - 1) * statistics_variance(y, y_count)) /
		df;
	if (!(pooled > 0))
		return 0;
	return (statistics_mean(y, y_count) - statistics_mean(x, x_count)) /
		sqrt(pooled) * (1 - 3 / (4 * df - 1));
}

static void add_products(const double *by, const double *value, size_t count,
	double *squares, double *products)
{
	double mean = statistics_mean(by, count);

	for (size_t i = 0; i < count; i++) {
		*squares += (by[i] - mean) * (by[i] - mean);
		*products += (by[i] - mean) * value[i];
	}
}

double statistics_slope(const double *by, const double *value, size_t x_count,
	size_t y_count)
{
	double squares = 0, products = 0;

	add_products(by, value, x_count, &squares, &products);
	add_products(by + x_count, value + x_count, y_count, &squares, &products);
	return squares > 0 ? products / squares : 0;
}

double statistics_detectable(const double *x, size_t x_count, const double *y,
	size_t y_count, double alpha)
{
	double error, df;

	if (!welch_error(x, x_count, y, y_count, &error, &df))
		return INFINITY;
	return error *
		(statistics_t_quantile(1 - alpha / 2, df) +
			statistics_t_quantile(POWER, df));
}

/* -------------------------------------------------------------- tests */

struct ranked {
	double value;
	size_t index;
};

static int compare_ranked(const void *a, const void *b)
{
	return compare_doubles(&((const struct ranked *)a)->value,
		&((const struct ranked *)b)->value);
}

void statistics_rank(double *x, size_t count)
{
	struct ranked *r = memory_resized(NULL, count, sizeof(*r));

	for (size_t i = 0; i < count; i++)
		r[i] = (struct ranked){x[i], i};
	if (count)
		qsort(r, count, sizeof(*r), compare_ranked);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && r[to].value == r[from].value;)
			to++;
		for (size_t i = from; i < to; i++)
			x[r[i].index] = (double)(from + 1 + to) / 2;
	}
	free(r);
}

/* As all relabellings would give it; two-sided. */
static double smallest_p(size_t x_count, size_t y_count)
{
	if (x_count == 0 || y_count == 0)
		return 1;
	/* With as many runs on both sides, exchanging the sides is as extreme. */
	return (x_count == y_count ? 2 : 1) / binomial(x_count + y_count, x_count);
}

struct statistics_test statistics_plan(size_t x_count, size_t y_count, double alpha)
{
	struct statistics_test test = {.x_count = x_count, .y_count = y_count};
	double all = x_count && y_count ? binomial(x_count + y_count, x_count) : 1;

	test.is_exact = all <= EXACT_MAX;
	if (test.is_exact) {
		test.relabelling_count = (uint64_t)all;
		test.smallest_p = smallest_p(x_count, y_count);
	} else {
		/* Many enough to tell a p of alpha from one above it. */
		double wanted = 100 / alpha;

		test.relabelling_count = wanted < RANDOM_MIN ? RANDOM_MIN
			: wanted > RANDOM_MAX                ? RANDOM_MAX
							     : (uint64_t)wanted;
		test.smallest_p = 1 / ((double)test.relabelling_count + 1);
	}
	return test;
}

size_t statistics_runs_needed(double alpha)
{
	size_t runs = 2;

	while (runs < 100 && smallest_p(runs, runs) > alpha)
		runs++;
	return runs;
}

/* One test of all variables, while relabellings go by. */
struct permuter {
	const struct statistics_test *test;
	size_t variable_count;
	/* Those that differ least come first; all have mean 0 and variance 1, or 0. */
	struct ranked *order;
	double *values;      /* [run * variable_count + rank] */
	double *extreme;     /* |sum over x| that is as far off as the real one */
	double *reached;     /* relabellings that are */
	double *reached_any; /* ... of this variable or one before it */
	double **partial;    /* [depth][rank] sums over the runs chosen so far */
};

static void count_extreme(struct permuter *s, const double *sum)
{
	double largest = 0;

	for (size_t v = 0; v < s->variable_count; v++) {
		double off = fabs(sum[v]);

		largest = off > largest ? off : largest;
		s->reached[v] += off >= s->extreme[v];
		s->reached_any[v] += largest >= s->extreme[v];
	}
}

static void add_run(const struct permuter *s, double *to, const double *from, size_t run)
{
	const double *row = s->values + run * s->variable_count;

	for (size_t v = 0; v < s->variable_count; v++)
		to[v] = from[v] + row[v];
}

/* All choices of the runs still missing from `first` on. */
static void try_all(struct permuter *s, size_t depth, size_t first)
{
	size_t runs = s->test->x_count + s->test->y_count;
	size_t missing = s->test->x_count - depth;

	if (missing == 0) {
		count_extreme(s, s->partial[depth]);
		return;
	}
	for (size_t run = first; run + missing <= runs; run++) {
		add_run(s, s->partial[depth + 1], s->partial[depth], run);
		try_all(s, depth + 1, run + 1);
	}
}

static void try_random(struct permuter *s)
{
	size_t runs = s->test->x_count + s->test->y_count;
	uint32_t *order = memory_resized(NULL, runs, sizeof(*order));
	struct statistics_random random = {1};

	for (size_t i = 0; i < runs; i++)
		order[i] = (uint32_t)i;
	for (uint64_t i = 0; i < s->test->relabelling_count; i++) {
		double *sum = s->partial[0];

		statistics_choose(&random, order, runs, s->test->x_count);
		memset(sum, 0, s->variable_count * sizeof(*sum));
		for (size_t k = 0; k < s->test->x_count; k++)
			add_run(s, sum, sum, order[k]);
		count_extreme(s, sum);
	}
	free(order);
}

/* One variable's values, with mean 0 and variance 1; all 0 if nothing varies. */
static void standardize(double *x, size_t count)
{
	double mean = statistics_mean(x, count), deviation, size = 0;

	for (size_t i = 0; i < count; i++)
		size = fabs(x[i]) > size ? fabs(x[i]) : size;
	deviation = sqrt(statistics_variance(x, count));
	/* What is left of equal numbers by rounding is no difference. */
	for (size_t i = 0; i < count; i++)
		x[i] = deviation > 1e-12 * size ? (x[i] - mean) / deviation : 0;
}

/* Standardized values of all variables in the order of their real differences. */
static void take_values(struct permuter *s, const double *values)
{
	size_t runs = s->test->x_count + s->test->y_count, count = s->variable_count;
	double *all = memory_resized(NULL, runs * count, sizeof(*all));
	double *one = memory_resized(NULL, runs, sizeof(*one));

	for (size_t v = 0; v < count; v++) {
		double real = 0;

		for (size_t run = 0; run < runs; run++)
			one[run] = values[run * count + v];
		standardize(one, runs);
		for (size_t run = 0; run < runs; run++) {
			all[run * count + v] = one[run];
			real += run < s->test->x_count ? one[run] : 0;
		}
		s->order[v] = (struct ranked){fabs(real), v};
	}
	if (count)
		qsort(s->order, count, sizeof(*s->order), compare_ranked);
	for (size_t v = 0; v < count; v++) {
		/* Equal sums of other order must count as equal. */
		s->extreme[v] = s->order[v].value - 1e-9 * (double)runs;
		for (size_t run = 0; run < runs; run++)
			s->values[run * count + v] = all[run * count + s->order[v].index];
	}
	free(all);
	free(one);
}

void statistics_permute(const struct statistics_test *test, const double *values,
	size_t variable_count, double *p, double *q)
{
	size_t runs = test->x_count + test->y_count;
	size_t depths = (test->is_exact ? test->x_count : 0) + 1;
	struct permuter s = {test, variable_count,
		memory_zeroed(variable_count, sizeof(struct ranked)),
		memory_zeroed(runs * variable_count, sizeof(double)),
		memory_zeroed(variable_count, sizeof(double)),
		memory_zeroed(variable_count, sizeof(double)),
		memory_zeroed(variable_count, sizeof(double)),
		memory_zeroed(depths, sizeof(double *))};
	/* The real labelling is one of all, and one more than those drawn. */
	double real = test->is_exact ? 0 : 1, tried, least = 0;

	for (size_t i = 0; i < depths; i++)
		s.partial[i] = memory_zeroed(variable_count, sizeof(double));
	take_values(&s, values);
	if (!test->is_exact) {
		try_random(&s);
	} else if (test->x_count != test->y_count) {
		try_all(&s, 0, 0);
	} else if (test->x_count) {
		/* Exchanging the sides changes nothing: the first run stays. */
		add_run(&s, s.partial[1], s.partial[0], 0);
		try_all(&s, 1, 1);
	}
	tried = (double)test->relabelling_count /
			(test->is_exact && test->x_count == test->y_count ? 2 : 1) +
		real;
	/* What differs less is never more certain. */
	for (size_t v = variable_count; v-- > 0;) {
		double any = (s.reached_any[v] + real) / tried;

		least = any > least ? any : least;
		p[s.order[v].index] = (s.reached[v] + real) / tried;
		q[s.order[v].index] = least;
	}
	for (size_t i = 0; i < depths; i++)
		free(s.partial[i]);
	free(s.partial);
	free(s.order);
	free(s.values);
	free(s.extreme);
	free(s.reached);
	free(s.reached_any);
}

/* --------------------------------------------------------- resampling */

size_t statistics_draw(struct statistics_random *random, size_t limit)
{
	/* splitmix64 */
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return (size_t)((unsigned __int128)z * limit >> 64);
}

void statistics_choose(struct statistics_random *random, uint32_t *items, size_t count,
	size_t chosen)
{
	for (size_t i = 0; i < chosen; i++) {
		size_t k = i + statistics_draw(random, count - i);
		uint32_t item = items[k];

		items[k] = items[i];
		items[i] = item;
	}
}

/* [resample][variable]: sums over groups drawn with replacement. */
static void resample(const double *values, size_t group_count, size_t variable_count,
	struct statistics_random *random, double sign, double *to)
{
	for (size_t r = 0; r < RESAMPLE_COUNT; r++)
		for (size_t g = 0; g < group_count; g++) {
			const double *row = values +
				statistics_draw(random, group_count) * variable_count;

			for (size_t v = 0; v < variable_count; v++)
				to[r * variable_count + v] += sign * row[v];
		}
}

static void bootstrap_some(const double *x, const double *y, size_t group_count,
	size_t variable_count, double confidence, struct statistics_interval *interval)
{
	/* Drawing from so few groups makes sums vary too little. */
	double wider = sqrt((double)group_count / (double)(group_count - 1));
	struct statistics_random random = {1};
	double *sums = memory_zeroed(RESAMPLE_COUNT * variable_count, sizeof(*sums));
	double *of_one = memory_resized(NULL, RESAMPLE_COUNT, sizeof(*of_one));
	size_t out = (size_t)((1 - confidence) / 2 * RESAMPLE_COUNT);

	resample(x, group_count, variable_count, &random, -1, sums);
	resample(y, group_count, variable_count, &random, 1, sums);
	for (size_t v = 0; v < variable_count; v++) {
		double real = 0;

		for (size_t g = 0; g < group_count; g++)
			real += y[g * variable_count + v] - x[g * variable_count + v];
		for (size_t r = 0; r < RESAMPLE_COUNT; r++)
			of_one[r] = real + (sums[r * variable_count + v] - real) * wider;
		qsort(of_one, RESAMPLE_COUNT, sizeof(*of_one), compare_doubles);
		interval[v] = (struct statistics_interval){of_one[out],
			of_one[RESAMPLE_COUNT - 1 - out]};
	}
	free(sums);
	free(of_one);
}

void statistics_bootstrap(const double *x, const double *y, size_t group_count,
	size_t variable_count, double confidence, struct statistics_interval *interval)
{
	enum { AT_A_TIME = 256 };
	double *some_x = memory_resized(NULL, group_count * AT_A_TIME, sizeof(*some_x));
	double *some_y = memory_resized(NULL, group_count * AT_A_TIME, sizeof(*some_y));

	/* Some variables at a time, as the sums of all resamples are kept. */
	for (size_t first = 0; first < variable_count; first += AT_A_TIME) {
		size_t count = variable_count - first < AT_A_TIME ? variable_count - first
								  : AT_A_TIME;

		for (size_t g = 0; g < group_count; g++) {
			memcpy(some_x + g * count, x + g * variable_count + first,
				count * sizeof(*x));
			memcpy(some_y + g * count, y + g * variable_count + first,
				count * sizeof(*y));
		}
		bootstrap_some(some_x, some_y, group_count, count, confidence,
			interval + first);
	}
	free(some_x);
	free(some_y);
}
