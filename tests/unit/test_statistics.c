/*
 * core/statistics.h against numbers computed elsewhere: printed tables, R's
 * t.test() and wilcox.test(), or counting by hand.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/core/statistics.h"

static void close_to(double got, double wanted, double tolerance)
{
	if (!(fabs(got - wanted) <= tolerance))
		fail_msg("%.10g instead of %.10g", got, wanted);
}

static void moments(void **state)
{
	static const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};

	(void)state;
	close_to(statistics_mean(x, 8), 5, 0);
	close_to(statistics_median(x, 8), 4.5, 0);
	close_to(statistics_median(x, 7), 4, 0);
	close_to(statistics_variance(x, 8), 32.0 / 7, 1e-12);
	close_to(statistics_mean(x, 0), 0, 0);
	close_to(statistics_variance(x, 1), 0, 0);
}

/* The printed tables of Student's t. */
static void student(void **state)
{
	static const struct {
		double p, df, t;
	} table[] = {
		{0.975, 1, 12.7062},
		{0.995, 2, 9.9248},
		{0.975, 4, 2.7764},
		{0.995, 9, 3.2498},
		{0.95, 10, 1.8125},
		{0.995, 18, 2.8784},
		{0.9995, 30, 3.6460},
		{0.975, 1e6, 1.95997},
		{0.5, 7, 0},
		{0.025, 4, -2.7764},
		{0.8, 18, 0.8620},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		close_to(statistics_t_quantile(table[i].p, table[i].df), table[i].t,
			6e-5);
	assert_true(isinf(statistics_t_quantile(1, 5)));
}

/* R: t.test(y, x): 95 percent confidence interval; "sleep" of its examples. */
static const double sleep_x[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double sleep_y[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

static void intervals(void **state)
{
	static const double same[] = {3, 3, 3};
	struct statistics_interval i = statistics_welch(sleep_x, 10, sleep_y, 10, 0.95);

	(void)state;
	close_to(i.low, -0.2054832, 1e-6);
	close_to(i.high, 3.3654832, 1e-6);
	i = statistics_welch(sleep_x, 1, sleep_y, 10, 0.95);
	assert_true(isinf(i.low) && isinf(i.high));
	i = statistics_welch(same, 3, same, 3, 0.99);
	close_to(i.low, 0, 0);
	close_to(i.high, 0, 0);
	close_to(statistics_effect_size(sleep_x, 10, sleep_y, 10), 0.7970185, 1e-6);
	close_to(statistics_effect_size(same, 3, same, 3), 0, 0);
}

/* On lines of slope 3 that lie apart: what they are apart by is no slope. */
static void slopes(void **state)
{
	static const double by[] = {1, 2, 3, 11, 12, 13}, still[] = {5, 5, 5, 5, 5, 5};
	static const double value[] = {3, 6, 9, 133, 136, 139};

	(void)state;
	close_to(statistics_slope(by, value, 3, 3), 3, 1e-12);
	close_to(statistics_slope(by, value, 6, 0), 1962.0 / 154, 1e-12);
	close_to(statistics_slope(still, value, 3, 3), 0, 0);
	close_to(statistics_slope(by, value, 0, 0), 0, 0);
}

/* R: wilcox.test(y, x, conf.int = TRUE, conf.level = 0.95), without ties. */
static void shift(void **state)
{
	static const double x[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73,
		1.46};
	static const double y[] = {1.15, 0.88, 0.90, 0.74, 1.21};
	struct statistics_interval i;
	double median = statistics_shift(x, 10, y, 5, 0.95, &i);

	(void)state;
	close_to(median, -0.305, 1e-9);
	close_to(i.low, -0.76, 1e-9);
	close_to(i.high, 0.15, 1e-9);
	/* 2 * 2 runs: no interval of 95 % */
	statistics_shift(x, 2, y, 2, 0.95, &i);
	assert_true(isinf(i.low) && isinf(i.high));
}

static double p_of(const double *x, size_t n, const double *y, size_t m, int ranks)
{
	struct statistics_test test = statistics_plan(n, m, 0.01);
	double values[64], p, q;

	memcpy(values, x, n * sizeof(*x));
	memcpy(values + n, y, m * sizeof(*y));
	if (ranks)
		statistics_rank(values, n + m);
	assert_true(test.is_exact);
	statistics_permute(&test, values, 1, &p, &q);
	close_to(q, p, 0);
	return p;
}

static void exact_tests(void **state)
{
	/* All 20 relabellings by hand: only {1,2,3} and {7,8,9} reach 6. */
	static const double low[] = {1, 2, 3}, high[] = {7, 8, 9};
	static const double one[] = {1}, others[] = {2, 3, 4};
	/* R's example of wilcox.test: W = 35, p-value = 0.2544 */
	static const double x[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73,
		1.46};
	static const double y[] = {1.15, 0.88, 0.90, 0.74, 1.21};

	(void)state;
	close_to(p_of(low, 3, high, 3, 0), 2.0 / 20, 1e-12);
	close_to(p_of(high, 3, low, 3, 0), 2.0 / 20, 1e-12);
	close_to(p_of(low, 3, low, 3, 0), 1, 1e-12);
	close_to(p_of(one, 1, others, 3, 0), 2.0 / 4, 1e-12);
	close_to(p_of(x, 10, y, 5, 1), 0.2544, 5e-5);
	/* With ties; R: coin::oneway_test(distribution = "exact") */
	close_to(p_of(sleep_x, 10, sleep_y, 10, 0), 0.08145, 5e-5);
}

static void ranks(void **state)
{
	double x[] = {30, 10, 20, 20, 40, 20};
	static const double wanted[] = {5, 1, 3, 3, 6, 3};

	(void)state;
	statistics_rank(x, 6);
	assert_memory_equal(x, wanted, sizeof(x));
}

static void many_variables_at_once(void **state)
{
	/* [run][variable] */
	static const double values[] = {1, 7, 5, 2, 8, 5, 3, 9, 5, 7, 1, 5, 8, 2, 5, 9, 3,
		5};
	struct statistics_test test = statistics_plan(3, 3, 0.01);
	double p[3], q[3];

	(void)state;
	statistics_permute(&test, values, 3, p, q);
	close_to(p[0], 0.1, 1e-12);
	close_to(p[1], 0.1, 1e-12);
	close_to(p[2], 1, 1e-12);
	close_to(q[0], 0.1, 1e-12);
	close_to(q[1], 0.1, 1e-12);
	close_to(q[2], 1, 1e-12);
}

/* Three variables of four runs a side: by hand, all 70 relabellings. */
static void among_all(void **state)
{
	static const double values[8][3] = {{10, 3.1, 7}, {11, 2.7, 8}, {12, 3.3, 9},
		{10.5, 2.9, 6}, {21, 3.4, 9.5}, {23, 3.6, 7.5}, {20, 3.0, 8.5},
		{22, 3.5, 6.5}};
	struct statistics_test test = statistics_plan(4, 4, 0.05);
	double z[8][3], p[3], q[3], wanted[3] = {0}, real[3] = {0};

	(void)state;
	for (int v = 0; v < 3; v++) {
		double one[8];

		for (int run = 0; run < 8; run++)
			one[run] = values[run][v];
		for (int run = 0; run < 8; run++)
			z[run][v] = (one[run] - statistics_mean(one, 8)) /
				sqrt(statistics_variance(one, 8));
		for (int run = 0; run < 4; run++)
			real[v] += z[run][v];
	}
	/* The first differs most, then the second. */
	assert_true(fabs(real[0]) > fabs(real[1]) && fabs(real[1]) > fabs(real[2]));
	for (unsigned chosen = 0; chosen < 256; chosen++) {
		double largest = 0;

		if (__builtin_popcount(chosen) != 4)
			continue;
		for (int v = 2; v >= 0; v--) {
			double sum = 0;

			for (int run = 0; run < 8; run++)
				sum += chosen >> run & 1 ? z[run][v] : 0;
			largest = fabs(sum) > largest ? fabs(sum) : largest;
			wanted[v] += largest >= fabs(real[v]) - 1e-9 ? 1.0 / 70 : 0;
		}
	}
	statistics_permute(&test, values[0], 3, p, q);
	for (int v = 0; v < 3; v++)
		close_to(q[v], v && wanted[v] < wanted[v - 1] ? wanted[v - 1] : wanted[v],
			1e-9);
	close_to(p[0], 2.0 / 70, 1e-12);
	assert_true(q[1] > p[1]);
	close_to(q[2], p[2], 1e-12);
}

/* Drawn at random, p is nearly what trying all gives, and always the same. */
static void random_relabellings(void **state)
{
	struct statistics_test exact = statistics_plan(10, 10, 0.01), drawn = exact;
	double values[20], p, q, of_drawn, again;

	(void)state;
	memcpy(values, sleep_x, sizeof(sleep_x));
	memcpy(values + 10, sleep_y, sizeof(sleep_y));
	drawn.is_exact = 0;
	drawn.relabelling_count = 100000;
	statistics_permute(&exact, values, 1, &p, &q);
	statistics_permute(&drawn, values, 1, &of_drawn, &q);
	statistics_permute(&drawn, values, 1, &again, &q);
	close_to(of_drawn, p, 0.004);
	assert_true(of_drawn == again);
	assert_false(statistics_plan(20, 20, 0.01).is_exact);
}

static void plans(void **state)
{
	struct statistics_test test;

	(void)state;
	close_to(statistics_plan(3, 3, 0.01).smallest_p, 0.1, 1e-12);
	close_to(statistics_plan(5, 5, 0.01).smallest_p, 2.0 / 252, 1e-12);
	close_to(statistics_plan(2, 5, 0.01).smallest_p, 1.0 / 21, 1e-12);
	close_to(statistics_plan(1, 0, 0.01).smallest_p, 1, 0);
	test = statistics_plan(10, 10, 0.01);
	assert_true(test.is_exact);
	assert_int_equal(test.relabelling_count, 184756);
	test = statistics_plan(20, 20, 1e-4);
	assert_true(test.smallest_p <= 1e-6);
	assert_int_equal(statistics_runs_needed(0.01), 5);
	assert_int_equal(statistics_runs_needed(0.05), 4);
	assert_int_equal(statistics_runs_needed(1e-4), 9);
}

/*
 * Of runs that differ by what is called detectable, four in five must be
 * found; this is arithmetic of the t distribution, so the check is that of a
 * published table: 0.8 power at 0.05 for 17 a side needs d = 0.99.
 */
static void detectable(void **state)
{
	double x[17], y[17];

	(void)state;
	for (int i = 0; i < 17; i++) {
		x[i] = i % 2;
		y[i] = i % 2;
	}
	close_to(statistics_detectable(x, 17, y, 17, 0.05) /
			sqrt(statistics_variance(x, 17)),
		0.99, 0.01);
	assert_true(isinf(statistics_detectable(x, 1, y, 1, 0.05)));
}

/*
 * Intervals of sums over groups: as wide as the spread of the groups says,
 * z * sqrt(2 * groups * variance).
 */
static void resampling(void **state)
{
	enum { GROUPS = 32 };
	double x[GROUPS * 2], y[GROUPS * 2], of_group[GROUPS];
	struct statistics_interval i[2];
	double half;

	(void)state;
	for (int g = 0; g < GROUPS; g++) {
		of_group[g] = (g * 7 % 11) + 1;
		x[2 * g] = y[2 * g] = of_group[g];
		x[2 * g + 1] = 5;
		y[2 * g + 1] = 6;
	}
	statistics_bootstrap(x, y, GROUPS, 2, 0.95, i);
	half = 1.96 * sqrt(2 * GROUPS * statistics_variance(of_group, GROUPS));
	close_to(i[0].high, half, 0.06 * half);
	close_to(i[0].low, -half, 0.06 * half);
	close_to(i[1].low, GROUPS, 1e-9);
	close_to(i[1].high, GROUPS, 1e-9);
}

/* Every item comes to the front equally often. */
static void choosing(void **state)
{
	struct statistics_random random = {7};
	uint32_t items[10];
	int count[10] = {0};

	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		items[i] = i;
	for (int round = 0; round < 10000; round++) {
		statistics_choose(&random, items, 10, 3);
		for (int i = 0; i < 3; i++)
			count[items[i]]++;
	}
	for (int i = 0; i < 10; i++)
		close_to(count[i], 3000, 230); /* 5 standard deviations */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments),
		cmocka_unit_test(student),
		cmocka_unit_test(intervals),
		cmocka_unit_test(slopes),
		cmocka_unit_test(shift),
		cmocka_unit_test(exact_tests),
		cmocka_unit_test(ranks),
		cmocka_unit_test(many_variables_at_once),
		cmocka_unit_test(among_all),
		cmocka_unit_test(random_relabellings),
		cmocka_unit_test(plans),
		cmocka_unit_test(detectable),
		cmocka_unit_test(resampling),
		cmocka_unit_test(choosing),
	};

	return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
