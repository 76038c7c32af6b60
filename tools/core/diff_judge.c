/* The statistics of a diff: which differences are more than chance. */
#include "tools/core/diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * What is tested: at least so many samples a run, and so large a part of the
 * program. Smaller nodes are mostly noise, and each one tested makes it harder
 * for all to be found.
 */
#define TESTED_SAMPLES 5
#define TESTED_SHARE   0.005

const char *diff_verdict_name(enum diff_verdict verdict)
{
	static const char *const names[] = {"small", "insufficient", "unclear", "slower",
		"faster"};

	return names[verdict];
}

/* -------------------------------------------------------------- numbers */

/* What a column's numbers are multiplied with to be in the scale asked for. */
static double column_factor(const struct diff *d, enum diff_side side, size_t column)
{
	const struct diff_run *run = &d->side[side].runs.item[d->is_grouped ? 0 : column];
	double by = d->options.scale == DIFF_SHARE  ? run->time_ns
		: d->options.scale == DIFF_PER_UNIT ? run->unit_count
						    : 1;

	return by > 0 ? 1 / by : 0;
}

/* A measure of a node in all columns, in nanoseconds. */
static void take_columns(const struct diff *d, const struct diff_node *node,
	bool is_total, double *value)
{
	for (size_t i = 0; i < d->columns[DIFF_BASE] + d->columns[DIFF_NEW]; i++) {
		value[i] = is_total ? node->total[i] : 0;
		for (size_t k = 0; k < PTF_CLASS_KIND_COUNT && !is_total; k++)
			value[i] += node->self[i * PTF_CLASS_KIND_COUNT + k];
	}
}

static void scale_columns(const struct diff *d, double *value)
{
	for (size_t i = 0; i < d->columns[DIFF_BASE]; i++)
		value[i] *= column_factor(d, DIFF_BASE, i);
	for (size_t i = 0; i < d->columns[DIFF_NEW]; i++)
		value[d->columns[DIFF_BASE] + i] *= column_factor(d, DIFF_NEW, i);
}

static double sum_of(const double *value, size_t count)
{
	return statistics_mean(value, count) * (double)count;
}

/* The groups of one run add up to it; runs have a mean. */
static double absolute(const struct diff *d, const double *value, size_t count)
{
	return d->is_grouped ? sum_of(value, count) : statistics_mean(value, count);
}

static void measure(const struct diff *d, struct diff_measured *m, double *value)
{
	size_t n = d->columns[DIFF_BASE], k = d->columns[DIFF_NEW];
	double confidence = 1 - d->options.alpha;

	*m = (struct diff_measured){.p = 1,
		.q = 1,
		.base_ns = absolute(d, value, n),
		.new_ns = absolute(d, value + n, k),
		.interval = {-INFINITY, INFINITY},
		.detectable = INFINITY};
	scale_columns(d, value);
	if (d->is_grouped) {
		m->base = sum_of(value, n);
		m->new = sum_of(value + n, k);
		m->difference = m->new - m->base;
		return;
	}
	m->effect = statistics_effect_size(value, n, value + n, k);
	if (d->options.statistic == DIFF_MEDIAN) {
		m->base = statistics_median(value, n);
		m->new = statistics_median(value + n, k);
		m->difference = statistics_shift(value, n, value + n, k, confidence,
			&m->interval);
	} else {
		m->base = statistics_mean(value, n);
		m->new = statistics_mean(value + n, k);
		m->difference = m->new - m->base;
		m->interval = statistics_welch(value, n, value + n, k, confidence);
	}
}

static double larger_ns(const struct diff_measured *m)
{
	return m->base_ns > m->new_ns ? m->base_ns : m->new_ns;
}

/* ----------------------------------------------------------- hypotheses */

/* Nodes whose numbers are the same in all columns are one hypothesis. */
struct hypotheses {
	struct intern values;   /* id - 1 is its index */
	VEC(double) transposed; /* [column * count + hypothesis] */
};

/* A measure of a node that is tested. */
struct tested {
	struct diff_measured *measured;
	uint32_t hypothesis; /* index */
};

struct tests {
	VEC(struct tested) item;
	struct hypotheses hypotheses;
};

static void add_test(struct tests *t, struct diff_measured *m, const double *value,
	size_t columns)
{
	uint32_t id =
		intern_bytes(&t->hypotheses.values, value, columns * sizeof(*value));

	vec_push(&t->item, (struct tested){m, id - 1});
}

static void transpose(struct hypotheses *h, size_t columns)
{
	size_t count = h->values.items.count;

	if (count == 0 || columns == 0)
		return;
	vec_cover(&h->transposed, columns * count - 1);
	for (size_t i = 0; i < count; i++) {
		const double *value =
			(const void *)intern_get(&h->values, (uint32_t)i + 1).data;

		for (size_t c = 0; c < columns; c++)
			h->transposed.item[c * count + i] = value[c];
	}
}

static void free_tests(struct tests *t)
{
	vec_free(&t->item);
	intern_free(&t->hypotheses.values);
	vec_free(&t->hypotheses.transposed);
}

static double tested_from_ns(const struct diff *d)
{
	const struct diff_measured *all = &d->nodes.item[0].total_measured;
	int64_t base = diff_period_ns(d->side[DIFF_BASE].which.p),
		new = diff_period_ns(d->side[DIFF_NEW].which.p);
	double samples = TESTED_SAMPLES * (double)(base > new ? base : new);
	double share = TESTED_SHARE * larger_ns(all);
	double least = d->options.min_ns;

	least = samples > least ? samples : least;
	return share > least ? share : least;
}

/*
 * Measures all nodes, and collects what is to be tested of the views asked for;
 * the program's time is the first of the nodes, and by itself.
 */
static void collect(struct diff *d, struct tests *program, struct tests *nodes)
{
	size_t columns = d->columns[DIFF_BASE] + d->columns[DIFF_NEW];
	double *value = memory_zeroed(columns, sizeof(*value));
	double from_ns = 0;

	for (size_t i = 0; i < d->nodes.count; i++) {
		struct diff_node *node = &d->nodes.item[i];

		for (int is_total = 0; is_total < 2; is_total++) {
			struct diff_measured *m =
				is_total ? &node->total_measured : &node->self_measured;

			take_columns(d, node, is_total, value);
			measure(d, m, value);
			if (i == 0 && is_total) {
				add_test(program, m, value, columns);
				add_test(nodes, m, value, columns);
				from_ns = tested_from_ns(d);
			} else if (i > 0 && larger_ns(m) >= from_ns && larger_ns(m) > 0) {
				add_test(nodes, m, value, columns);
			}
		}
	}
	d->nodes.item[0].self_measured = d->nodes.item[0].total_measured;
	free(value);
	transpose(&program->hypotheses, columns);
	transpose(&nodes->hypotheses, columns);
}

/* p[hypothesis], of runs as they stand in rows. */
static void test_rows(const struct diff *d, const struct statistics_test *test,
	const double *rows, size_t count, double *p)
{
	size_t columns = test->x_count + test->y_count;
	double *ranks, *one;

	if (d->options.statistic == DIFF_MEAN || count == 0) {
		statistics_permute(test, rows, count, p);
		return;
	}
	ranks = memory_zeroed(columns * count, sizeof(*ranks));
	one = memory_zeroed(columns, sizeof(*one));
	for (size_t h = 0; h < count; h++) {
		for (size_t c = 0; c < columns; c++)
			one[c] = rows[c * count + h];
		statistics_rank(one, columns);
		for (size_t c = 0; c < columns; c++)
			ranks[c * count + h] = one[c];
	}
	statistics_permute(test, ranks, count, p);
	free(ranks);
	free(one);
}

static void judge_family(struct diff *d, struct tests *t,
	const struct statistics_test *test)
{
	size_t count = t->hypotheses.values.items.count;
	size_t n = test->x_count, k = test->y_count;
	double *p = memory_zeroed(count, sizeof(*p)),
	       *q = memory_zeroed(count, sizeof(*q));
	double level = d->options.alpha / (double)(count ? count : 1);

	test_rows(d, test, t->hypotheses.transposed.item, count, p);
	statistics_discoveries(p, count, q);
	for (size_t i = 0; i < t->item.count; i++) {
		struct diff_measured *m = t->item.item[i].measured;
		uint32_t h = t->item.item[i].hypothesis;
		const double *value =
			(const void *)intern_get(&t->hypotheses.values, h + 1).data;

		m->p = p[h];
		m->q = q[h];
		m->detectable = statistics_detectable(value, n, value + n, k, level);
		if (m->q <= d->options.alpha && m->difference != 0)
			m->verdict = m->difference > 0 ? DIFF_SLOWER : DIFF_FASTER;
		else
			m->verdict = test->smallest_p > level ? DIFF_INSUFFICIENT
							      : DIFF_UNCLEAR;
	}
	free(p);
	free(q);
}

/* One run a side: intervals of the sampling, and no verdict. */
static void judge_sampling(struct diff *d, struct tests *t)
{
	size_t count = t->hypotheses.values.items.count, groups = d->columns[DIFF_BASE];
	struct statistics_interval *interval = memory_zeroed(count, sizeof(*interval));

	if (groups > 1 && count)
		statistics_bootstrap(t->hypotheses.transposed.item,
			t->hypotheses.transposed.item + groups * count, groups, count,
			1 - d->options.alpha, interval);
	for (size_t i = 0; i < t->item.count; i++) {
		struct diff_measured *m = t->item.item[i].measured;

		m->verdict = DIFF_INSUFFICIENT;
		if (groups > 1)
			m->interval = interval[t->item.item[i].hypothesis];
		m->beyond_sampling = m->interval.low > 0 || m->interval.high < 0;
	}
	free(interval);
}

/*
 * Whether one place could be named among all. If not, only the program is tested,
 * and nothing else is named, so that either way false alarms of any kind stay
 * below alpha.
 */
static bool can_name_places(const struct statistics_test *test, size_t count,
	double alpha)
{
	return test->smallest_p * (double)count <= alpha;
}

void diff_judge(struct diff *d)
{
	struct tests program = {0}, nodes = {0};
	size_t n = d->columns[DIFF_BASE], k = d->columns[DIFF_NEW];

	collect(d, &program, &nodes);
	d->tested_count = nodes.hypotheses.values.items.count;
	if (d->is_grouped) {
		judge_sampling(d, &nodes);
	} else {
		d->test = statistics_plan(n, k, d->tested_count, d->options.alpha);
		judge_family(d, &nodes, &d->test);
		if (!can_name_places(&d->test, d->tested_count, d->options.alpha)) {
			struct statistics_test one =
				statistics_plan(n, k, 1, d->options.alpha);

			for (size_t i = 0; i < nodes.item.count; i++)
				nodes.item.item[i].measured->verdict = DIFF_INSUFFICIENT;
			judge_family(d, &program, &one);
		}
	}
	d->nodes.item[0].self_measured = d->nodes.item[0].total_measured;
	free_tests(&program);
	free_tests(&nodes);
}

/* ----------------------------------------------------------- self-check */

/* q of all, of runs as they stand in rows. */
static void find_q(const struct diff *d, const struct statistics_test *test,
	const double *rows, size_t count, double *q)
{
	test_rows(d, test, rows, count, q);
	statistics_discoveries(q, count, q);
}

static void take_rows(const struct hypotheses *h, const uint32_t *order, size_t columns,
	double *rows)
{
	size_t count = h->values.items.count;

	for (size_t c = 0; c < columns; c++)
		memcpy(rows + c * count, h->transposed.item + order[c] * count,
			count * sizeof(*rows));
}

/* The largest |difference| of the means in relation to the first half's. */
static double largest_relative(const struct statistics_test *test, const double *rows,
	size_t count)
{
	double largest = 0;

	for (size_t h = 0; h < count; h++) {
		double base = 0, new = 0;

		for (size_t c = 0; c < test->x_count; c++)
			base += rows[c * count + h];
		for (size_t c = 0; c < test->y_count; c++)
			new += rows[(test->x_count + c) * count + h];
		base /= (double)test->x_count;
		new /= (double)test->y_count;
		if (base > 0 && fabs(new - base) / base > largest)
			largest = fabs(new - base) / base;
	}
	return largest;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double quantile_95(double *x, size_t count)
{
	qsort(x, count, sizeof(*x), compare_doubles);
	return x[(count - 1) * 95 / 100];
}

void diff_check_itself(struct diff *d, size_t split_count, struct diff_self_check *result)
{
	struct tests program = {0}, nodes = {0};
	size_t columns = d->columns[DIFF_BASE], half = columns / 2, count;
	struct statistics_random random = {1};
	struct statistics_test one, all;
	uint32_t *order = memory_zeroed(columns, sizeof(*order));
	double *program_rows, *node_rows, *program_floor, *node_floor, *q;
	bool names_places;

	collect(d, &program, &nodes);
	count = nodes.hypotheses.values.items.count;
	one = statistics_plan(half, columns - half, 1, d->options.alpha);
	all = statistics_plan(half, columns - half, count, d->options.alpha);
	*result = (struct diff_self_check){.split_count = split_count,
		.tested_count = count,
		.test = all};
	program_rows = memory_zeroed(columns, sizeof(double));
	node_rows = memory_zeroed(columns * count, sizeof(double));
	program_floor = memory_zeroed(split_count, sizeof(double));
	node_floor = memory_zeroed(split_count, sizeof(double));
	q = memory_zeroed(count, sizeof(*q));
	names_places = can_name_places(&all, count, d->options.alpha);
	for (size_t i = 0; i < columns; i++)
		order[i] = (uint32_t)i;
	for (size_t i = 0; i < split_count; i++) {
		bool program_alarm, node_alarm = false;

		statistics_choose(&random, order, columns, half);
		take_rows(&program.hypotheses, order, columns, program_rows);
		take_rows(&nodes.hypotheses, order, columns, node_rows);
		if (names_places)
			find_q(d, &all, node_rows, count, q);
		else
			find_q(d, &one, program_rows, 1, q);
		program_alarm = q[0] <= d->options.alpha;
		for (size_t h = 1; h < count && names_places; h++)
			node_alarm = node_alarm || q[h] <= d->options.alpha;
		result->program_alarms += program_alarm;
		result->node_alarms += node_alarm;
		result->any_alarms += program_alarm || node_alarm;
		program_floor[i] = largest_relative(&one, program_rows, 1);
		node_floor[i] = largest_relative(&all, node_rows, count);
	}
	if (split_count) {
		result->program_floor = quantile_95(program_floor, split_count);
		result->node_floor = quantile_95(node_floor, split_count);
	}
	result->program_spread = sqrt(statistics_variance(program_rows, columns));
	if (statistics_mean(program_rows, columns) > 0)
		result->program_spread /= statistics_mean(program_rows, columns);
	free(order);
	free(program_rows);
	free(node_rows);
	free(program_floor);
	free(node_floor);
	free(q);
	free_tests(&program);
	free_tests(&nodes);
}

/* -------------------------------------------------------------- reading */

double diff_class_mean(const struct diff *d, const struct diff_node *node,
	enum diff_side side, uint32_t class_kind)
{
	size_t first = side == DIFF_NEW ? d->columns[DIFF_BASE] : 0;
	double sum = 0;

	for (size_t i = 0; i < d->columns[side]; i++)
		sum += node->self[(first + i) * PTF_CLASS_KIND_COUNT + class_kind] *
			column_factor(d, side, i);
	return d->is_grouped || !d->columns[side] ? sum : sum / (double)d->columns[side];
}

double diff_relative(const struct diff_measured *m)
{
	return m->base > 0 ? m->difference / m->base : m->difference > 0 ? INFINITY : 0;
}
