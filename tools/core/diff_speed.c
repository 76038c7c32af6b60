#include "tools/core/diff_speed.h"

#include <math.h>
#include <stdlib.h>

/*
 * So many samples a run must be of code that did not change; what is less says
 * more of the sampling than of the run.
 */
#define SPEED_SAMPLES 20

static size_t column_count(const struct diff *d)
{
	return d->columns[DIFF_BASE] + d->columns[DIFF_NEW];
}

/* A function's own time on the processor; waits do not depend on its speed. */
static double cpu_time(const struct diff_node *node, size_t column)
{
	const double *of_class = node->self + column * PTF_CLASS_KIND_COUNT;

	return of_class[PTF_CLASS_UNKNOWN] + of_class[PTF_CLASS_PYTHON] +
		of_class[PTF_CLASS_NATIVE] + of_class[PTF_CLASS_KERNEL];
}

static double mean_cpu_time(const struct diff *d, const struct diff_node *node,
	enum diff_side side)
{
	size_t first = side == DIFF_NEW ? d->columns[DIFF_BASE] : 0;
	double sum = 0;

	for (size_t i = 0; i < d->columns[side]; i++)
		sum += cpu_time(node, first + i);
	return d->columns[side] ? sum / (double)d->columns[side] : 0;
}

/* With one side alone (self-check) all code is the same. */
static bool is_unchanged(const struct diff *d, const struct diff_node *node)
{
	if (node->view != DIFF_FUNCTION || mean_cpu_time(d, node, DIFF_BASE) <= 0)
		return false;
	return d->columns[DIFF_NEW] == 0 ||
		(mean_cpu_time(d, node, DIFF_NEW) > 0 && node->function[DIFF_BASE] &&
			diff_match_is_same_code(d->match, node->function[DIFF_BASE]));
}

void diff_speed_columns(const struct diff *d, double *value)
{
	for (size_t i = 0; i < column_count(d); i++) {
		value[i] = 0;
		for (size_t k = 0; k < d->speed.functions.count; k++)
			value[i] +=
				cpu_time(&d->nodes.item[d->speed.functions.item[k]], i);
	}
}

static double sum_of_squares(const double *x, size_t count)
{
	return count ? statistics_variance(x, count) * (double)(count - 1) : 0;
}

/* From the functions as they are now. */
static void find_slowness(struct diff *d)
{
	struct diff_speed *s = &d->speed;
	size_t n = d->columns[DIFF_BASE], k = d->columns[DIFF_NEW];
	int64_t base = diff_sample_amount(d->side[DIFF_BASE].which.p, DIFF_TIME),
		new = diff_sample_amount(d->side[DIFF_NEW].which.p, DIFF_TIME);
	double least = SPEED_SAMPLES * (double)(base > new ? base : new);
	double mean, within, freedom = (double)(n + k) - (k ? 2 : 1);

	diff_speed_columns(d, s->slowness);
	mean = statistics_mean(s->slowness, n + k);
	s->use = mean > least && freedom > 1 ? DIFF_SPEED_USED : DIFF_SPEED_UNKNOWN;
	if (s->use == DIFF_SPEED_UNKNOWN)
		return;
	for (size_t i = 0; i < n + k; i++)
		s->slowness[i] = s->slowness[i] / mean - 1;
	within = sum_of_squares(s->slowness, n) + sum_of_squares(s->slowness + n, k);
	s->spread = sqrt(within / freedom);
	/* The slope costs one degree of freedom, and more where the sides differ. */
	s->widening = within > 0 ? sqrt(freedom / (freedom - 1) *
					   sum_of_squares(s->slowness, n + k) / within)
				 : 1;
}

void diff_speed_find(struct diff *d)
{
	diff_speed_free(&d->speed);
	if (d->options.scale != DIFF_EQUAL_SPEED || d->is_grouped)
		return;
	d->speed.slowness = memory_zeroed(column_count(d), sizeof(double));
	for (uint32_t i = 0; i < d->nodes.count; i++)
		if (is_unchanged(d, &d->nodes.item[i]))
			vec_push(&d->speed.functions, i);
	find_slowness(d);
}

/* How much more of the others' time a function takes on the new side. */
static double change_against_others(const struct diff *d, const struct diff_node *node)
{
	double own[DIFF_SIDE_COUNT], all[DIFF_SIDE_COUNT] = {0};

	for (enum diff_side side = 0; side < DIFF_SIDE_COUNT; side++) {
		own[side] = mean_cpu_time(d, node, side);
		for (size_t k = 0; k < d->speed.functions.count; k++)
			all[side] += mean_cpu_time(d,
				&d->nodes.item[d->speed.functions.item[k]], side);
	}
	return fabs(log(own[DIFF_NEW] / own[DIFF_BASE] *
		(all[DIFF_BASE] - own[DIFF_BASE]) / (all[DIFF_NEW] - own[DIFF_NEW])));
}

/* Of the functions that were named, the one that differs most; false = none was. */
static bool drop_function(struct diff *d)
{
	struct diff_speed *s = &d->speed;
	size_t worst = 0;
	double most = -1;

	for (size_t k = 0; k < s->functions.count; k++) {
		const struct diff_node *node = &d->nodes.item[s->functions.item[k]];
		double change = diff_is_found(&node->self_measured)
			? change_against_others(d, node)
			: -1;

		if (change > most) {
			most = change;
			worst = k;
		}
	}
	if (most < 0)
		return false;
	s->functions.item[worst] = s->functions.item[--s->functions.count];
	return true;
}

bool diff_speed_reconsider(struct diff *d)
{
	struct diff_speed *s = &d->speed;

	if (s->use != DIFF_SPEED_USED)
		return false;
	if (!diff_has_enough_runs(d))
		s->use = DIFF_SPEED_FEW_RUNS;
	else if (drop_function(d))
		find_slowness(d);
	else if (diff_is_found(&s->measured))
		s->use = DIFF_SPEED_DIFFERS;
	else
		return false;
	return true;
}

void diff_speed_level_test(const struct diff *d, double *value)
{
	size_t count = column_count(d);
	double slope;

	if (d->speed.use != DIFF_SPEED_USED)
		return;
	slope = statistics_slope(d->speed.slowness, value, count, 0);
	for (size_t i = 0; i < count; i++)
		value[i] -= slope * d->speed.slowness[i];
}

void diff_speed_level(const struct diff *d, double *value)
{
	size_t n = d->columns[DIFF_BASE], k = d->columns[DIFF_NEW];
	const double *slowness = d->speed.slowness;
	double base_mean, new_mean, slope, *relative;

	if (d->speed.use != DIFF_SPEED_USED)
		return;
	base_mean = statistics_mean(value, n);
	new_mean = statistics_mean(value + n, k);
	relative = memory_zeroed(n + k, sizeof(*relative));
	for (size_t i = 0; i < n && base_mean > 0; i++)
		relative[i] = value[i] / base_mean;
	for (size_t i = n; i < n + k && new_mean > 0; i++)
		relative[i] = value[i] / new_mean;
	/* What is not there on a side says nothing, and stays so. */
	slope = new_mean <= 0    ? statistics_slope(slowness, relative, n, 0)
		: base_mean <= 0 ? statistics_slope(slowness + n, relative + n, k, 0)
				 : statistics_slope(slowness, relative, n, k);
	for (size_t i = 0; i < n + k; i++)
		value[i] -= slope * (i < n ? base_mean : new_mean) * slowness[i];
	free(relative);
}

void diff_speed_free(struct diff_speed *speed)
{
	vec_free(&speed->functions);
	free(speed->slowness);
	*speed = (struct diff_speed){0};
}
