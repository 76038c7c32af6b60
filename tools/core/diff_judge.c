/* The statistics of a diff: which differences are more than chance. */
#include "tools/core/diff_speed.h"

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

/*
 * Samples of memory are few, as each stands for half a megabyte; a block of several
 * is counted exactly.
 */
#define TESTED_MEMORY_SAMPLES 1

/* With so many degrees of freedom Student's t is the normal distribution. */
#define NORMAL_FREEDOM 1e6

const char *diff_verdict_name(enum diff_metric metric, enum diff_verdict verdict)
{
	static const char *const names[] = {"small", "insufficient", "unclear", "larger",
		"smaller"};

	return metric != DIFF_TIME     ? names[verdict]
		: verdict == DIFF_MORE ? "slower"
		: verdict == DIFF_LESS ? "faster"
				       : names[verdict];
}

/* -------------------------------------------------------------- numbers */

/* What a column's numbers are multiplied with to be in the scale asked for. */
static double column_factor(const struct diff *d, enum diff_side side, size_t column)
{
	const struct diff_run *run = &d->side[side].runs.item[d->is_grouped ? 0 : column];
	double by = d->options.scale == DIFF_SHARE  ? run->amount
		: d->options.scale == DIFF_PER_UNIT ? run->unit_count
						    : 1;

	return by > 0 ? 1 / by : 0;
}

/* A measure of a node in all columns, in the unit of the metric. */
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

/* As wide as it must be where the runs' speed was taken out. */
static void widen(const struct diff *d, struct diff_measured *m)
{
	if (d->speed.use != DIFF_SPEED_USED)
		return;
	m->interval.low =
		m->difference - (m->difference - m->interval.low) * d->speed.widening;
	m->interval.high =
		m->difference + (m->interval.high - m->difference) * d->speed.widening;
}

/* Of values in the metric's unit, which are in the scale asked for afterwards. */
static void measure(const struct diff *d, struct diff_measured *m, double *value)
{
	size_t n = d->columns[DIFF_BASE], k = d->columns[DIFF_NEW];
	double confidence = 1 - d->options.alpha;

	*m = (struct diff_measured){.p = 1,
		.q = 1,
		.base_amount = absolute(d, value, n),
		.new_amount = absolute(d, value + n, k),
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

/*
 * One run a side, of memory: the interval of the sampling, by the blocks that were
 * met. Each side may have had one more or less that was not; that keeps the interval
 * right where they are few.
 */
static void measure_sampling(const struct diff *d, const struct diff_node *node,
	bool is_total, struct diff_measured *m)
{
	const double *variance = is_total ? node->total_variance : node->self_variance;
	double sum = 0, half;

	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		double sample = (double)diff_sample_amount(d->side[side].which.p,
			d->options.metric);
		double factor = column_factor(d, side, 0);

		if (sample <= 0)
			return;
		sum += (variance[side] + sample * sample) * factor * factor;
	}
	half = statistics_t_quantile(1 - d->options.alpha / 2, NORMAL_FREEDOM) *
		sqrt(sum);
	m->interval.low = m->difference - half;
	m->interval.high = m->difference + half;
}

static double larger_amount(const struct diff_measured *m)
{
	return m->base_amount > m->new_amount ? m->base_amount : m->new_amount;
}

/* ----------------------------------------------------------- hypotheses */

/* Nodes whose numbers are the same in all columns are one hypothesis. */
struct hypotheses {
	struct intern values;   /* id - 1 is its index */
	VEC(double) transposed; /* [column * count + hypothesis] */
};

/*
 * A measure of a node that is tested. At equal speed it is tested as measured, too:
 * with few runs a side may be slow by chance, and what differs much is then not found
 * without its slowness.
 */
struct tested {
	struct diff_measured *measured;
	uint32_t hypothesis; /* index */
	bool is_plain;       /* the second test, as measured */
};

struct tests {
	VEC(struct tested) item;
	struct hypotheses hypotheses;
};

static void add_test(struct tests *t, struct diff_measured *m, const double *value,
	size_t columns, bool is_plain)
{
	uint32_t id =
		intern_bytes(&t->hypotheses.values, value, columns * sizeof(*value));

	vec_push(&t->item, (struct tested){m, id - 1, is_plain});
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

/* The time of the code that tells the speed is tested as it is. */
static void add_speed(struct diff *d, struct tests *nodes, double *value)
{
	struct diff_measured *m = &d->speed.measured;

	if (d->speed.use != DIFF_SPEED_USED)
		return;
	diff_speed_columns(d, value);
	add_test(nodes, m, value, d->columns[DIFF_BASE] + d->columns[DIFF_NEW], false);
	measure(d, m, value);
}

/* Hypotheses, without second tests of the same. */
static size_t places_tested(const struct tests *t)
{
	bool *is_counted =
		memory_zeroed(t->hypotheses.values.items.count, sizeof(*is_counted));
	size_t count = 0;

	for (size_t i = 0; i < t->item.count; i++)
		if (!t->item.item[i].is_plain) {
			count += !is_counted[t->item.item[i].hypothesis];
			is_counted[t->item.item[i].hypothesis] = true;
		}
	free(is_counted);
	return count;
}

static void free_tests(struct tests *t)
{
	vec_free(&t->item);
	intern_free(&t->hypotheses.values);
	vec_free(&t->hypotheses.transposed);
}

static double tested_from(const struct diff *d)
{
	const struct diff_measured *all = &d->nodes.item[0].total_measured;
	enum diff_metric metric = d->options.metric;
	int64_t base = diff_sample_amount(d->side[DIFF_BASE].which.p, metric),
		new = diff_sample_amount(d->side[DIFF_NEW].which.p, metric);
	double samples = (metric == DIFF_TIME ? TESTED_SAMPLES : TESTED_MEMORY_SAMPLES) *
		(double)(base > new ? base : new);
	double share = TESTED_SHARE * larger_amount(all);
	double least = d->options.min_amount;

	least = samples > least ? samples : least;
	return share > least ? share : least;
}

/*
 * Measures all nodes, and collects what is to be tested of the views asked for; the
 * program itself is the first.
 */
static void collect(struct diff *d, struct tests *nodes)
{
	size_t columns = d->columns[DIFF_BASE] + d->columns[DIFF_NEW];
	double *value = memory_zeroed(columns, sizeof(*value));
	double *tested = memory_zeroed(columns, sizeof(*tested));
	double *plain = memory_zeroed(columns, sizeof(*plain));
	double from = 0;

	for (size_t i = 0; i < d->nodes.count; i++) {
		struct diff_node *node = &d->nodes.item[i];

		for (int is_total = 0; is_total < 2; is_total++) {
			struct diff_measured *m =
				is_total ? &node->total_measured : &node->self_measured;

			take_columns(d, node, is_total, value);
			memcpy(plain, value, columns * sizeof(*value));
			memcpy(tested, value, columns * sizeof(*value));
			diff_speed_level(d, value);
			measure(d, m, value);
			widen(d, m);
			if (d->is_grouped && d->options.metric != DIFF_TIME)
				measure_sampling(d, node, is_total, m);
			diff_speed_level_test(d, tested);
			scale_columns(d, tested);
			if (i == 0 && is_total)
				from = tested_from(d);
			else if (i == 0 || larger_amount(m) < from ||
				larger_amount(m) <= 0)
				continue;
			add_test(nodes, m, tested, columns, false);
			if (d->speed.use == DIFF_SPEED_USED)
				add_test(nodes, m, plain, columns, true);
		}
	}
	d->nodes.item[0].self_measured = d->nodes.item[0].total_measured;
	add_speed(d, nodes, value);
	free(value);
	free(tested);
	free(plain);
}

/* p and q[hypothesis], of runs as they stand in rows. */
static void test_rows(const struct diff *d, const struct statistics_test *test,
	const double *rows, size_t count, double *p, double *q)
{
	size_t columns = test->x_count + test->y_count;
	double *ranks, *one;

	if (d->options.statistic == DIFF_MEAN || count == 0) {
		statistics_permute(test, rows, count, p, q);
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
	statistics_permute(test, ranks, count, p, q);
	free(ranks);
	free(one);
}

/* A place that takes the same time at equal speed is not named for slow runs. */
static bool is_named(const struct diff *d, const struct tested *t, double q)
{
	const struct diff_measured *m = t->measured;

	return q <= d->options.alpha && m->difference != 0 &&
		(!t->is_plain || m->interval.low > 0 || m->interval.high < 0);
}

static void judge_runs(struct diff *d, struct tests *t)
{
	size_t count = t->hypotheses.values.items.count;
	size_t n = d->columns[DIFF_BASE], k = d->columns[DIFF_NEW];
	double *p = memory_zeroed(count, sizeof(*p)),
	       *q = memory_zeroed(count, sizeof(*q));
	double level = d->options.alpha / (double)(count ? count : 1);

	test_rows(d, &d->test, t->hypotheses.transposed.item, count, p, q);
	for (size_t i = 0; i < t->item.count; i++) {
		struct tested *tested = &t->item.item[i];
		struct diff_measured *m = tested->measured;
		uint32_t h = tested->hypothesis;
		const double *value =
			(const void *)intern_get(&t->hypotheses.values, h + 1).data;

		if (!tested->is_plain) {
			m->verdict = diff_has_enough_runs(d) ? DIFF_UNCLEAR
							     : DIFF_INSUFFICIENT;
			m->detectable =
				statistics_detectable(value, n, value + n, k, level) *
				(d->speed.use == DIFF_SPEED_USED ? d->speed.widening : 1);
		}
		if (tested->is_plain && (!is_named(d, tested, q[h]) || q[h] >= m->q))
			continue;
		m->p = p[h];
		m->q = q[h];
		if (is_named(d, tested, q[h]))
			m->verdict = m->difference > 0 ? DIFF_MORE : DIFF_LESS;
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

bool diff_has_enough_runs(const struct diff *d)
{
	return d->test.smallest_p <= d->options.alpha;
}

void diff_judge_together(struct diff *d, size_t count)
{
	struct tests nodes = {0};

	for (size_t i = 0; i < count; i++) {
		collect(&d[i], &nodes);
		d[i].test = statistics_plan(d->columns[DIFF_BASE], d->columns[DIFF_NEW],
			d->options.alpha);
	}
	transpose(&nodes.hypotheses, d->columns[DIFF_BASE] + d->columns[DIFF_NEW]);
	if (d->is_grouped)
		judge_sampling(d, &nodes);
	else
		judge_runs(d, &nodes);
	for (size_t i = 0; i < count; i++) {
		d[i].tested_count = places_tested(&nodes);
		d[i].nodes.item[0].self_measured = d[i].nodes.item[0].total_measured;
	}
	free_tests(&nodes);
}

void diff_judge(struct diff *d)
{
	diff_speed_find(d);
	do
		diff_judge_together(d, 1);
	while (diff_speed_reconsider(d));
}

/* ----------------------------------------------------------- self-check */

static void take_rows(const struct hypotheses *h, const uint32_t *order, size_t columns,
	double *rows)
{
	size_t count = h->values.items.count;

	for (size_t c = 0; c < columns; c++)
		memcpy(rows + c * count, h->transposed.item + order[c] * count,
			count * sizeof(*rows));
}

/* The |difference| of the means in relation to the first half's; 0 for nothing. */
static double relative_difference(const struct statistics_test *test, const double *rows,
	size_t count, size_t h)
{
	double base = 0, new = 0;

	for (size_t c = 0; c < test->x_count; c++)
		base += rows[c * count + h];
	for (size_t c = 0; c < test->y_count; c++)
		new += rows[(test->x_count + c) * count + h];
	base /= (double)test->x_count;
	new /= (double)test->y_count;
	return base > 0 ? fabs(new - base) / base : 0;
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

static double relative_spread(const double *x, size_t count)
{
	double mean = statistics_mean(x, count);

	return mean > 0 ? sqrt(statistics_variance(x, count)) / mean : 0;
}

/* What splitting the runs once says, as they stand in rows; program first. */
static void take_split(const struct diff *d, const double *rows, size_t count, double *q,
	struct diff_self_check *result, double *program_floor, double *node_floor)
{
	bool program_alarm, node_alarm = false;

	test_rows(d, &d->test, rows, count, q, q);
	program_alarm = q[0] <= d->options.alpha;
	*program_floor = relative_difference(&d->test, rows, count, 0);
	*node_floor = *program_floor;
	for (size_t h = 1; h < count; h++) {
		double difference = relative_difference(&d->test, rows, count, h);

		node_alarm = node_alarm || q[h] <= d->options.alpha;
		*node_floor = difference > *node_floor ? difference : *node_floor;
	}
	result->program_alarms += program_alarm;
	result->node_alarms += node_alarm;
	result->any_alarms += program_alarm || node_alarm;
}

/* How much the program's amount varies, as measured and in what is tested. */
static void take_spread(const struct diff *d, const double *rows, size_t count,
	struct diff_self_check *result)
{
	size_t columns = d->columns[DIFF_BASE];
	double *value = memory_zeroed(columns, sizeof(*value));

	for (size_t c = 0; c < columns; c++)
		value[c] = rows[c * count];
	result->program_even_spread = relative_spread(value, columns);
	take_columns(d, &d->nodes.item[0], true, value);
	scale_columns(d, value);
	result->program_spread = relative_spread(value, columns);
	free(value);
}

void diff_check_itself(struct diff *d, size_t split_count, struct diff_self_check *result)
{
	struct tests nodes = {0};
	size_t columns = d->columns[DIFF_BASE], half = columns / 2, count;
	struct statistics_random random = {1};
	uint32_t *order = memory_zeroed(columns, sizeof(*order));
	double *rows, *program_floor, *node_floor, *q;

	d->test = statistics_plan(half, columns - half, d->options.alpha);
	diff_speed_find(d);
	if (!diff_has_enough_runs(d))
		diff_speed_reconsider(d);
	collect(d, &nodes);
	transpose(&nodes.hypotheses, columns);
	d->tested_count = places_tested(&nodes);
	count = nodes.hypotheses.values.items.count;
	*result = (struct diff_self_check){.split_count = split_count};
	rows = memory_zeroed(columns * count, sizeof(*rows));
	program_floor = memory_zeroed(split_count, sizeof(*program_floor));
	node_floor = memory_zeroed(split_count, sizeof(*node_floor));
	q = memory_zeroed(count, sizeof(*q));
	for (size_t i = 0; i < columns; i++)
		order[i] = (uint32_t)i;
	take_rows(&nodes.hypotheses, order, columns, rows);
	take_spread(d, rows, count, result);
	for (size_t i = 0; i < split_count; i++) {
		statistics_choose(&random, order, columns, half);
		take_rows(&nodes.hypotheses, order, columns, rows);
		take_split(d, rows, count, q, result, &program_floor[i], &node_floor[i]);
	}
	if (split_count) {
		result->program_floor = quantile_95(program_floor, split_count);
		result->node_floor = quantile_95(node_floor, split_count);
	}
	free(order);
	free(rows);
	free(program_floor);
	free(node_floor);
	free(q);
	free_tests(&nodes);
}

/* -------------------------------------------------------------- reading */

double diff_class_mean(const struct diff *d, const struct diff_node *node,
	enum diff_side side, uint32_t class_kind)
{
	size_t first = side == DIFF_NEW ? d->columns[DIFF_BASE] : 0;
	const struct diff_measured *m = &node->self_measured;
	double sum = 0, all = 0,
	       level = side == DIFF_NEW ? m->new_amount : m->base_amount;

	for (size_t i = 0; i < d->columns[side]; i++) {
		const double *of_class = node->self + (first + i) * PTF_CLASS_KIND_COUNT;

		sum += of_class[class_kind] * column_factor(d, side, i);
		for (size_t k = 0; k < PTF_CLASS_KIND_COUNT; k++)
			all += of_class[k];
	}
	/* The kinds of a place's time have their parts of what it is at equal speed. */
	if (d->speed.use == DIFF_SPEED_USED)
		return all > 0 ? sum / all * level : 0;
	return d->is_grouped || !d->columns[side] ? sum : sum / (double)d->columns[side];
}

double diff_relative(const struct diff_measured *m)
{
	return m->base > 0 ? m->difference / m->base : m->difference > 0 ? INFINITY : 0;
}
